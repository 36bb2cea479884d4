//! The readers of `cargo-dext`, each as a function that takes the bytes of a stranger.
//!
//! A [`Target`] drives what the commands call, and checks what must hold whatever the bytes are: nobody panics, memory
//! stays within [`MAX_HEAP`], texts for people hold no control characters, reports parse, what is written reads back.
//! Two programs use these functions: the fuzzer (`cargo xtask fuzz`, a program for each target in `fuzz_targets/`) and
//! the ordinary test `tests/corpus.rs`, which runs every file of `corpus/`.

pub mod judge;
pub mod pack;
pub mod scratch;
pub mod targets;
pub mod text;

use peak_alloc::PeakAlloc;

use targets::{archive, binary, compose, docker_config, dockerfile, import, labels, lockfile, metadata_json};
use targets::{oci_json, registry, tar_layer};

/// Counts what every program that is linked with this crate takes from the heap.
#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The most heap that a target may take for one input, in bytes. `validate` promises 64 MiB for real images; an input
/// of the fuzzer has some kilobytes.
pub const MAX_HEAP: usize = 64 << 20;

/// A reader under test.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, which is that of its program and of its folder in `corpus/`.
    pub name: &'static str,
    /// What it does with an input.
    run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 12] = [
    Target { name: "archive", run: archive::run },
    Target { name: "binary", run: binary::run },
    Target { name: "compose", run: compose::run },
    Target { name: "docker_config", run: docker_config::run },
    Target { name: "dockerfile", run: dockerfile::run },
    Target { name: "import", run: import::run },
    Target { name: "labels", run: labels::run },
    Target { name: "lockfile", run: lockfile::run },
    Target { name: "metadata_json", run: metadata_json::run },
    Target { name: "oci_json", run: oci_json::run },
    Target { name: "registry", run: registry::run },
    Target { name: "tar_layer", run: tar_layer::run },
];

impl Target {
    /// Runs an input, and returns the bytes of heap that it took at most. The count is of the whole process, so that
    /// only one target may run at a time.
    ///
    /// # Panics
    /// When something does not hold: that is what a fuzzer looks for.
    pub fn run(&self, data: &[u8]) -> usize {
        let before = HEAP.current_usage();
        HEAP.reset_peak_usage();
        (self.run)(data);
        let peak = HEAP.peak_usage().saturating_sub(before);
        assert!(peak <= MAX_HEAP, "{} took {peak} bytes of heap; at most {MAX_HEAP} are allowed", self.name);
        peak
    }
}

/// Runs an input of the target of this name.
///
/// # Panics
/// When there is no such target, or something does not hold.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    target.expect("a program is named after its target").run(data);
}
