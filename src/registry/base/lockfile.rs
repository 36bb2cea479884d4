//! The lock file on disk. It lies beside `Cargo.lock`, in the workspace's folder: the extensions of one workspace share
//! it, so that one tag stands for one image in all of them.

use std::path::{Path, PathBuf};

use super::Error;
use crate::plan::lock::{self, Lock};
use crate::sys::fs;

/// The lock file of a workspace.
#[derive(Debug, Clone)]
pub struct LockFile {
    path: PathBuf,
    /// What it said when it was read.
    was: Lock,
}

impl LockFile {
    /// Reads the lock file of a workspace; one that is not there locks nothing.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn read(workspace: &Path) -> Result<Self, Error> {
        let path = workspace.join(lock::FILE);
        let was = match fs::read(&path, lock::MAX_BYTES) {
            Ok(bytes) => Lock::parse(&String::from_utf8_lossy(&bytes), &path)?,
            Err(error) if error.is_not_found() => Lock::default(),
            Err(error) => return Err(error.into()),
        };
        Ok(LockFile { path, was })
    }

    /// What it says.
    #[must_use]
    pub fn lock(&self) -> &Lock {
        &self.was
    }

    /// Whether a lock says something new.
    ///
    /// # Errors
    /// When it does, and is `locked`.
    pub fn changes(&self, lock: &Lock, locked: bool) -> Result<bool, Error> {
        match *lock != self.was {
            true if locked => Err(Error::LockedOut { why: self.difference(lock) }),
            changes => Ok(changes),
        }
    }

    /// Writes a lock that says something new. One that locks nothing is no file.
    ///
    /// # Errors
    /// When it says something new and is `locked`, or cannot be written.
    pub fn write(&self, lock: &Lock, locked: bool) -> Result<(), Error> {
        if !self.changes(lock, locked)? {
            return Ok(());
        }
        if lock.is_empty() {
            Ok(fs::remove_file(&self.path)?)
        } else {
            Ok(fs::write_atomic(&self.path, lock.render().as_bytes())?)
        }
    }

    /// What of a lock is new, in a few words.
    fn difference(&self, lock: &Lock) -> String {
        let moved = lock.keys().find(|key| lock.get(key) != self.was.get(key));
        match moved.map(|key| (key.familiar(), self.was.get(key))) {
            Some((name, Some(_))) => format!("`{name}` has moved"),
            Some((name, None)) => format!("`{name}` is not in it yet"),
            None => "it has entries that nobody uses".to_owned(),
        }
    }
}
