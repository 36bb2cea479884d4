//! What is on the disk: kinds, listings, whole trees.

#![expect(clippy::disallowed_methods, reason = "this is the room that touches the disk")]

use std::path::{Path, PathBuf};

use super::Error;

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
    walk_without(root, &|_| false)
}

/// As [`walk`], passing over what `skip` says, and all below it. `skip` gets the path below `root`.
///
/// # Errors
/// When a folder cannot be read.
pub fn walk_without(root: &Path, skip: &dyn Fn(&Path) -> bool) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(dir) = pending.pop() {
        let path = root.join(&dir);
        for entry in std::fs::read_dir(&path).map_err(|e| Error::new("list the folder", &path, e))? {
            let entry = entry.map_err(|e| Error::new("list the folder", &path, e))?;
            let relative = dir.join(entry.file_name());
            if skip(&relative) {
                continue;
            }
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

/// The names of the first `most` entries of a folder, sorted; those that are not Unicode are left out. Nothing, if it
/// cannot be listed.
#[must_use]
pub fn first_names(dir: &Path, most: usize) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().take(most);
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Whether a folder holds nothing.
///
/// # Errors
/// When it cannot be listed.
pub fn is_empty_dir(path: &Path) -> Result<bool, Error> {
    let mut entries = std::fs::read_dir(path).map_err(|e| Error::new("list the folder", path, e))?;
    Ok(entries.next().is_none())
}

/// Whether anybody may execute the file at `path`. Where files have no such bit, all of them may be executed.
///
/// # Errors
/// When nothing is there or it cannot be told.
pub fn is_executable(path: &Path) -> Result<bool, Error> {
    let meta = std::fs::metadata(path).map_err(|e| Error::new("look at", path, e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Ok(meta.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        drop(meta);
        Ok(true)
    }
}
