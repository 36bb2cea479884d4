//! Every input that a fuzzer kept, and every one that once broke something, through the same functions as under the
//! fuzzer: see `fuzz/README.md`. Each must be read within the bounds that `Target::run` checks.
#![expect(clippy::disallowed_methods, reason = "the corpus is files on disk")]
#![expect(clippy::print_stdout, reason = "a test may say what it measured")]

use std::path::{Path, PathBuf};

use cargo_dext_fuzz::{TARGETS, Target};

/// The most bytes of the whole corpus: it is cloned with the code.
const MAX_BYTES: usize = 1 << 20;

/// The inputs of a target: those that reach every branch known, and those that broke something.
fn inputs(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let mut inputs = Vec::new();
    for folder in ["corpus", "broke"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(target.name);
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("the corpus can be listed").path();
            let bytes = std::fs::read(&path).expect("the corpus can be read");
            inputs.push((path, bytes));
        }
    }
    inputs.sort();
    inputs
}

/// One test for all targets, because the heap is counted for the whole process.
#[test]
fn every_input_is_read_within_bounds() {
    let mut all = 0;
    for target in &TARGETS {
        let inputs = inputs(target);
        assert!(inputs.len() >= 3, "{} has a corpus of {} inputs", target.name, inputs.len());
        let mut worst = (0, PathBuf::new());
        for (path, bytes) in inputs {
            all += bytes.len();
            // The name of the input is what a failure is searched by.
            let heap = std::panic::catch_unwind(|| target.run(&bytes)).unwrap_or_else(|_| panic!("{}", path.display()));
            worst = worst.max((heap, path));
        }
        println!("{}: {} bytes of heap for {}", target.name, worst.0, worst.1.display());
    }
    assert!(all <= MAX_BYTES, "the corpus has {all} bytes; at most {MAX_BYTES} are kept");
}

/// A folder for each target, and for no other.
#[test]
fn folders_are_those_of_targets() {
    let names = |folder: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("listed").path());
        let mut names: Vec<String> =
            entries.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
        names.sort();
        names
    };
    let targets = TARGETS.map(|target| target.name);
    assert_eq!(names("corpus"), targets);
    for name in names("broke").iter().chain(&names("dictionaries")) {
        assert!(targets.contains(&name.as_str()), "`{name}` is no target");
    }
}
