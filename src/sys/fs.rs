//! Files and folders. Every error names its path.

#![expect(clippy::disallowed_methods, reason = "this is the room that touches the disk")]

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use crate::domain::Explain;

/// What the file system refused.
#[derive(Debug, thiserror::Error)]
#[error("could not {action} `{}`: {source}", path.display())]
pub struct Error {
    /// What was tried, as a verb: "read", "create the folder".
    pub action: &'static str,
    /// The path it was tried on.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl Error {
    /// Makes the error of `action` on `path`.
    pub fn new(action: &'static str, path: &Path, source: io::Error) -> Self {
        Error { action, path: path.to_owned(), source }
    }

    /// Whether nothing exists at the path.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }
}

impl Explain for Error {
    fn help(&self) -> Option<String> {
        match self.source.kind() {
            io::ErrorKind::PermissionDenied => {
                Some("check the permissions of the file and of the folders above it".to_owned())
            }
            io::ErrorKind::StorageFull => Some("free some space; nothing that existed before was changed".to_owned()),
            _ => None,
        }
    }
}

/// What a folder holds at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file of so many bytes.
    File(u64),
    /// A folder.
    Dir,
    /// A symbolic link, which is never followed.
    Symlink,
    /// A device, socket or pipe.
    Special,
}

fn kind_of(meta: &std::fs::Metadata) -> Kind {
    match meta.file_type() {
        kind if kind.is_symlink() => Kind::Symlink,
        kind if kind.is_dir() => Kind::Dir,
        kind if kind.is_file() => Kind::File(meta.len()),
        _ => Kind::Special,
    }
}

/// What is at `path`, without following a link at its end.
///
/// # Errors
/// When nothing is there or it cannot be told.
pub fn kind(path: &Path) -> Result<Kind, Error> {
    std::fs::symlink_metadata(path).map(|meta| kind_of(&meta)).map_err(|e| Error::new("look at", path, e))
}

/// What is at `path`, with links followed.
///
/// # Errors
/// When nothing is there or it cannot be told.
pub fn kind_followed(path: &Path) -> Result<Kind, Error> {
    std::fs::metadata(path).map(|meta| kind_of(&meta)).map_err(|e| Error::new("look at", path, e))
}

/// Whether anything is at `path`.
#[must_use]
pub fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// The path with all links resolved.
///
/// # Errors
/// When a part of it is missing.
pub fn canonical(path: &Path) -> Result<PathBuf, Error> {
    std::fs::canonicalize(path).map_err(|e| Error::new("resolve", path, e))
}

/// One path that [`walk`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The path below the walked folder; its parts are the file system's own names.
    pub relative: PathBuf,
    /// What it is.
    pub kind: Kind,
}

/// Everything below `root` except `root`, folders before what they hold, sorted bytewise. Links are
/// reported and not followed.
///
/// # Errors
/// When a folder cannot be read.
pub fn walk(root: &Path) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(dir) = pending.pop() {
        let path = root.join(&dir);
        for entry in std::fs::read_dir(&path).map_err(|e| Error::new("list the folder", &path, e))? {
            let entry = entry.map_err(|e| Error::new("list the folder", &path, e))?;
            let relative = dir.join(entry.file_name());
            let kind = kind(&root.join(&relative))?;
            if kind == Kind::Dir {
                pending.push(relative.clone());
            }
            found.push(Found { relative, kind });
        }
    }
    found.sort_by(|a, b| a.relative.as_os_str().as_encoded_bytes().cmp(b.relative.as_os_str().as_encoded_bytes()));
    Ok(found)
}

/// Opens a regular file for reading and returns its length in bytes.
///
/// # Errors
/// When it cannot be opened or is no regular file.
pub fn open(path: &Path) -> Result<(File, u64), Error> {
    let open = || {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if meta.is_file() { Ok((file, meta.len())) } else { Err(io::Error::other("it is no regular file")) }
    };
    open().map_err(|e| Error::new("open", path, e))
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// When it cannot be read or is larger.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let (file, size) = open(path)?;
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(limit)).unwrap_or_default());
    BufReader::new(file).take(limit + 1).read_to_end(&mut bytes).map_err(|e| Error::new("read", path, e))?;
    if bytes.len() as u64 > limit {
        return Err(Error::new("read", path, io::Error::other(format!("it is larger than {limit} bytes"))));
    }
    Ok(bytes)
}

/// Reads a whole text file of at most 16 MiB.
///
/// # Errors
/// When it cannot be read, is larger, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Error> {
    String::from_utf8(read(path, 16 << 20)?)
        .map_err(|e| Error::new("read", path, io::Error::new(io::ErrorKind::InvalidData, e.utf8_error())))
}

/// Makes a folder and those above it.
///
/// # Errors
/// When one of them cannot be made.
pub fn create_dir_all(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(|e| Error::new("create the folder", path, e))
}

/// Makes a file that must not exist yet.
///
/// # Errors
/// When it exists or cannot be made.
pub fn create_new(path: &Path) -> Result<File, Error> {
    File::options().write(true).create_new(true).open(path).map_err(|e| Error::new("create", path, e))
}

/// A temporary file beside its final place; dropped, it is gone.
///
/// # Errors
/// When it cannot be made.
pub fn temp_file(dir: &Path) -> Result<tempfile::NamedTempFile, Error> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tmp-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The file is renamed to its final name, so it gets the mode of an ordinary file from the start.
        builder.permissions(std::fs::Permissions::from_mode(0o644));
    }
    builder.tempfile_in(dir).map_err(|e| Error::new("create a temporary file in", dir, e))
}

/// A temporary folder in `dir`; dropped, it is gone.
///
/// # Errors
/// When it cannot be made.
pub fn temp_dir(dir: &Path) -> Result<tempfile::TempDir, Error> {
    temp_dir_named(dir, ".tmp-")
}

/// Gives a temporary file its final name, in one step, over what was there.
///
/// # Errors
/// When the rename fails.
pub fn persist(temp: tempfile::NamedTempFile, path: &Path) -> Result<(), Error> {
    temp.persist(path).map(drop).map_err(|e| Error::new("rename a finished file to", path, e.error))
}

/// Writes a file so that a reader finds the old or the new content, never a part.
///
/// # Errors
/// When it cannot be written; what was there stays.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let dir = path.parent().unwrap_or(Path::new("."));
    create_dir_all(dir)?;
    let mut temp = temp_file(dir)?;
    temp.as_file_mut().write_all(bytes).map_err(|e| Error::new("write", path, e))?;
    persist(temp, path)
}

/// Renames a file or folder.
///
/// # Errors
/// When the system refuses.
pub fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::rename(from, to).map_err(|e| Error::new("rename a finished folder to", to, e))
}

/// Gives `from` a second name, or copies it where links do not work. `to` must not exist.
///
/// # Errors
/// When neither works.
pub fn link_or_copy(from: &Path, to: &Path) -> Result<(), Error> {
    if std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    std::fs::copy(from, to).map(drop).map_err(|e| Error::new("copy a file to", to, e))
}

/// Removes a file, if it is there.
///
/// # Errors
/// When it is there and stays.
pub fn remove_file(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::new("remove", path, e)),
        _ => Ok(()),
    }
}

/// Removes a folder and all below it, if it is there.
///
/// # Errors
/// When it is there and stays.
pub fn remove_dir_all(path: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::new("remove the folder", path, e)),
        _ => Ok(()),
    }
}

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

/// One path right below a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The folder's path joined with the name.
    pub path: PathBuf,
    /// The name; `None` where it is not Unicode.
    pub name: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// When its content was last written.
    pub modified: std::time::SystemTime,
}

/// What lies right below a folder, sorted by path. What vanishes meanwhile is left out.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(dir: &Path) -> Result<Vec<Listed>, Error> {
    let failed = |e| Error::new("list the folder", dir, e);
    let mut listed = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(meta) = entry.metadata() else { continue };
        let modified = meta.modified().map_err(failed)?;
        let name = entry.file_name().into_string().ok();
        listed.push(Listed { path: entry.path(), name, kind: kind_of(&meta), modified });
    }
    listed.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(listed)
}

/// Sets the time at which a file says it was written.
///
/// # Errors
/// When the system refuses.
pub fn set_modified(path: &Path, time: std::time::SystemTime) -> Result<(), Error> {
    File::options()
        .append(true)
        .open(path)
        .and_then(|file| file.set_modified(time))
        .map_err(|e| Error::new("set the time of", path, e))
}

/// Waits until a file's bytes have reached the disk.
///
/// # Errors
/// When the disk refuses them.
pub fn sync_file(file: &File, path: &Path) -> Result<(), Error> {
    file.sync_all().map_err(|e| Error::new("flush to disk", path, e))
}

/// Waits until the names in a folder have reached the disk. Windows and some network file systems have no such
/// call; there it does nothing.
///
/// # Errors
/// When the disk refuses them.
pub fn sync_dir(path: &Path) -> Result<(), Error> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(path).and_then(|dir| dir.sync_all()) {
        Err(e) if !matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Err(Error::new("flush to disk", path, e))
        }
        _ => Ok(()),
    }
}

/// Removes a folder that holds nothing.
///
/// # Errors
/// When it is missing or holds something.
pub fn remove_empty_dir(path: &Path) -> Result<(), Error> {
    std::fs::remove_dir(path).map_err(|e| Error::new("remove the folder", path, e))
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

/// A temporary folder in `dir` whose name begins with `prefix`; dropped, it is gone.
///
/// # Errors
/// When it cannot be made.
pub fn temp_dir_named(dir: &Path, prefix: &str) -> Result<tempfile::TempDir, Error> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The folder is renamed to its final name, so it gets the mode of an ordinary folder from the start.
        builder.permissions(std::fs::Permissions::from_mode(0o755));
    }
    builder.tempdir_in(dir).map_err(|e| Error::new("create a temporary folder in", dir, e))
}

/// Gives `from` a second name in place of what is at `to`, or copies it there where links do not work; a
/// reader of `to` finds the old or the new file.
///
/// # Errors
/// When neither works; what was there stays.
pub fn replace_with_link(from: &Path, to: &Path) -> Result<(), Error> {
    let mut name = std::ffi::OsString::from(".tmp-");
    name.push(to.file_name().unwrap_or_default());
    let temp = to.with_file_name(name);
    remove_file(&temp)?;
    let replaced = link_or_copy(from, &temp)
        .and_then(|()| std::fs::rename(&temp, to).map_err(|e| Error::new("rename a finished file to", to, e)));
    // POSIX leaves both names when they are links to one file already.
    remove_file(&temp)?;
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walk_is_sorted_and_does_not_follow_links() {
        let dir = tempfile::tempdir().expect("temp");
        for name in ["b/z", "b.txt", "a"] {
            write_atomic(&dir.path().join(name), b"x").expect("written");
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("a", dir.path().join("link")).expect("link");
        let found: Vec<String> =
            walk(dir.path()).expect("walked").iter().map(|f| f.relative.display().to_string()).collect();
        assert_eq!(
            found,
            if cfg!(unix) { vec!["a", "b", "b.txt", "b/z", "link"] } else { vec!["a", "b", "b.txt", "b\\z"] }
        );
    }

    #[test]
    fn a_file_over_the_limit_is_not_read() {
        let dir = tempfile::tempdir().expect("temp");
        let path = dir.path().join("x");
        write_atomic(&path, b"12345").expect("written");
        assert_eq!(read(&path, 5).expect("fits"), b"12345");
        assert!(read(&path, 4).is_err());
    }
}
