//! What folders take on disk.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// A line of output.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    /// A file or folder right below the one that was asked for.
    Entry(Entry),
    /// All of them together.
    Total(Size),
}

/// A file, or a folder with all it holds.
#[derive(Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Its name; what is not Unicode is replaced.
    pub name: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// What it takes.
    #[serde(flatten)]
    pub size: Size,
}

/// How much something takes. Links are counted and not followed; a file with two names counts
/// twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Size {
    /// Bytes of the files' content.
    pub bytes: u64,
    /// How many files.
    pub files: u64,
    /// How many files and folders could not be read.
    pub unreadable: u64,
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.files += other.files;
        self.unreadable += other.unreadable;
    }
}

/// The entries of a folder by name. Each is added up when it is asked for.
pub fn entries(folder: &Path) -> io::Result<impl Iterator<Item = Entry> + use<>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
    let mut names = names.collect::<io::Result<Vec<OsString>>>()?;
    names.sort();
    let folder = folder.to_owned();
    Ok(names.into_iter().map(move |name| {
        let path = folder.join(&name);
        let is_folder = fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir());
        Entry {
            name: name.to_string_lossy().into_owned(),
            folder: is_folder,
            size: size(path),
        }
    }))
}

/// Adds up all below a path, however deep.
fn size(path: PathBuf) -> Size {
    let mut size = Size::default();
    let mut pending = vec![path];
    while let Some(path) = pending.pop() {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => match fs::read_dir(&path) {
                Ok(entries) => entries.for_each(|entry| match entry {
                    Ok(entry) => pending.push(entry.path()),
                    Err(_) => size.unreadable += 1,
                }),
                Err(_) => size.unreadable += 1,
            },
            Ok(found) => {
                size += Size {
                    bytes: found.len(),
                    files: 1,
                    unreadable: 0,
                }
            }
            Err(_) => size.unreadable += 1,
        }
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_added_up_and_links_are_not_followed() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("b/deep/deeper")).expect("folders");
        fs::write(at("b/deep/deeper/x"), [0; 1000]).expect("written");
        fs::write(at("b/y"), [0; 24]).expect("written");
        fs::write(at("a"), [0; 5]).expect("written");
        let told: Vec<Entry> = entries(folder.path()).expect("a folder").collect();
        let entry = |name: &str, folder, bytes, files| {
            let size = Size {
                bytes,
                files,
                unreadable: 0,
            };
            Entry {
                name: name.to_owned(),
                folder,
                size,
            }
        };
        assert_eq!(told, [entry("a", false, 5, 1), entry("b", true, 1024, 2)]);

        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path(), at("c"))
                .expect("a link to the folder itself");
            let link = entries(folder.path())
                .expect("a folder")
                .last()
                .expect("an entry");
            assert!(!link.folder && link.size.files == 1, "{link:?}");
        }
    }

    #[test]
    fn what_is_no_folder_is_an_error() {
        let folder = tempfile::tempdir().expect("temporary folder");
        assert!(entries(&folder.path().join("missing")).is_err());
    }
}
