//! Making, renaming and removing files and folders, so that a reader finds old or new and never a part.

#![expect(clippy::disallowed_methods, reason = "this is the room that touches the disk")]

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::Error;

/// Makes a folder and those above it.
///
/// # Errors
/// When one of them cannot be made.
pub fn create_dir_all(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(|e| Error::new("create the folder", path, e))
}

/// Opens a file to read it and to write on, and makes it if it is not there.
///
/// # Errors
/// When it cannot be opened or made.
pub fn open_or_create(path: &Path) -> Result<File, Error> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).open(path).map_err(|e| Error::new("open", path, e))
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

/// Finds out whether [`write_atomic`] could write a file, and leaves nothing behind.
///
/// # Errors
/// When there is a folder at the path, or when no file can be made in the folder it is in, or in the lowest one that is
/// there.
pub fn try_write(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Err(Error::new("write", path, io::ErrorKind::IsADirectory.into()));
    }
    let absolute = std::path::absolute(path).map_err(|e| Error::new("write", path, e))?;
    let folder = absolute.ancestors().skip(1).find(|folder| folder.symlink_metadata().is_ok());
    temp_file(folder.unwrap_or(Path::new("."))).map(drop)
}

/// Renames a file or folder.
///
/// # Errors
/// When the system refuses.
pub fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::rename(from, to).map_err(|e| Error::new("rename a finished folder to", to, e))
}

/// Gives `from` a second name, or copies it where links do not work. `to` must not exist.
fn link_or_copy(from: &Path, to: &Path) -> Result<(), Error> {
    if std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    std::fs::copy(from, to).map(drop).map_err(|e| Error::new("copy a file to", to, e))
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

/// Removes a folder that holds nothing.
///
/// # Errors
/// When it is missing or holds something.
pub fn remove_empty_dir(path: &Path) -> Result<(), Error> {
    std::fs::remove_dir(path).map_err(|e| Error::new("remove the folder", path, e))
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

/// A file without a name, in `dir` or else in the system's folder for such files; dropped, it is gone.
///
/// # Errors
/// When it cannot be made.
pub fn scratch_file(dir: Option<&Path>) -> Result<File, Error> {
    let Some(dir) = dir else {
        return tempfile::tempfile().map_err(|e| Error::new("create a temporary file in", &std::env::temp_dir(), e));
    };
    create_dir_all(dir)?;
    tempfile::tempfile_in(dir).map_err(|e| Error::new("create a temporary file in", dir, e))
}

/// Copies a file with its permissions to a place where nothing is; a reader finds the whole copy or nothing.
///
/// # Errors
/// When something is there, or the system refuses.
pub fn copy_new(from: &Path, to: &Path) -> Result<(), Error> {
    let temp = temp_file(to.parent().unwrap_or(Path::new(".")))?;
    std::fs::copy(from, temp.path()).map_err(|e| Error::new("copy a file to", to, e))?;
    temp.persist_noclobber(to).map(drop).map_err(|e| Error::new("rename a finished file to", to, e.error))
}

/// Writes a file where nothing is; a reader finds the whole content or nothing.
///
/// # Errors
/// When something is there, or the file cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut temp = temp_file(path.parent().unwrap_or(Path::new(".")))?;
    temp.as_file_mut().write_all(bytes).map_err(|e| Error::new("write", path, e))?;
    temp.persist_noclobber(path).map(drop).map_err(|e| Error::new("rename a finished file to", path, e.error))
}

/// Gives a file that is there another content and leaves it its permissions; a reader finds the old or the new content.
/// A link stays one: the file that it leads to is changed.
///
/// # Errors
/// When it is not there, must not be written to, or cannot be; what was there stays.
pub fn rewrite(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |e| Error::new("write", path, e);
    let path = &std::fs::canonicalize(path).map_err(failed)?;
    let permissions = std::fs::metadata(path).map_err(failed)?.permissions();
    // A rename would not ask.
    if permissions.readonly() {
        return Err(failed(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only")));
    }
    let mut temp = temp_file(path.parent().unwrap_or(Path::new(".")))?;
    temp.as_file_mut().write_all(bytes).map_err(failed)?;
    temp.as_file().set_permissions(permissions).map_err(failed)?;
    persist(temp, path)
}
