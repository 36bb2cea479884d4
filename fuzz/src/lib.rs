//! The readers of `cargo-dext`, each as a function that takes the bytes of a stranger.
//!
//! A [`Target`] drives what the commands call, and checks what must hold whatever the bytes are: nobody panics, memory
//! stays within [`MAX_HEAP`], texts for people hold no control characters, reports parse, what is written reads back.
//! Two programs use these functions: the fuzzer in `fuzz_targets/` (`cargo xtask fuzz`), and the ordinary test
//! `tests/corpus.rs`, which runs every file of `corpus/` and `broke/`.

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
    /// Its name, which is that of its folder in `corpus/`.
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

/// The variable that tells the fuzzer's program which target it is.
pub const VARIABLE: &str = "DEXT_FUZZ_TARGET";

impl Target {
    /// The target of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TARGETS.into_iter().find(|target| target.name == name)
    }

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
