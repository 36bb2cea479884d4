//! Files for readers that want a path, in a folder that is gone afterwards.
#![expect(clippy::disallowed_methods, reason = "inputs of a fuzzer become files here")]

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder for one input.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    written: usize,
}

impl Scratch {
    /// An empty folder.
    ///
    /// # Panics
    /// When the machine has no room for it.
    #[must_use]
    pub fn new() -> Self {
        Scratch { folder: tempfile::tempdir().expect("a temporary folder can be made"), written: 0 }
    }

    /// Writes a file.
    ///
    /// # Panics
    /// When the machine has no room for it.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        let parent = path.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(parent).expect("a folder can be made in an own one");
        if !path.exists() {
            self.written += 1;
        }
        std::fs::write(&path, bytes).expect("a file can be written in an own folder");
        path
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Checks that the readers have added nothing to the folder.
    ///
    /// # Panics
    /// When they have.
    pub fn untouched(self) {
        assert_eq!(count(self.folder.path()), self.written, "a reader wrote something");
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch::new()
    }
}

/// How many files there are below a folder.
fn count(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("an own folder can be listed");
    let one = |path: PathBuf| if path.is_dir() { count(&path) } else { 1 };
    entries.map(|entry| one(entry.expect("an own folder can be listed").path())).sum()
}
