//! Locks between processes.

#![expect(clippy::disallowed_methods, reason = "this is the room that touches the disk")]

use std::fs::File;
use std::io;
use std::path::Path;

use super::{Error, create_dir_all};

/// A lock that other processes wait for; dropped, it is free.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes the lock of a folder; `wait` is called once if another process holds it.
///
/// # Errors
/// When the lock file cannot be made. A file system without locks counts as unlocked, as in Cargo.
pub fn lock(path: &Path, wait: impl FnOnce()) -> Result<Lock, Error> {
    if let Some(dir) = path.parent() {
        create_dir_all(dir)?;
    }
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|e| Error::new("create the lock file", path, e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            wait();
            file.lock().map_err(|e| Error::new("lock", path, e))?;
        }
        Err(std::fs::TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {}
        Err(std::fs::TryLockError::Error(e)) => return Err(Error::new("lock", path, e)),
    }
    Ok(Lock { _file: file })
}

/// Takes a lock if no other process holds it; `None` if one does. The file must exist.
///
/// # Errors
/// When the file cannot be opened. A file system without locks counts as unlocked.
pub fn try_lock(path: &Path) -> Result<Option<Lock>, Error> {
    let file = File::options().append(true).open(path).map_err(|e| Error::new("open the lock file", path, e))?;
    match file.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        _ => Ok(Some(Lock { _file: file })),
    }
}
