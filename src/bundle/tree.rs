//! A folder on this machine as entries of an image.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Content, Entry};
use crate::domain::image_path::InvalidImagePath;
use crate::domain::{Explain, FileMode, ImagePath};
use crate::sys::fs::{self, Kind};

/// Files that file managers leave in every folder they show. They differ from machine to machine and nobody
/// means to ship them.
const JUNK: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];

/// The regular files below `folder` as entries below `to`, sorted by path. What file managers leave behind
/// (`.DS_Store`, `Thumbs.db`, `desktop.ini`) is left out; all other hidden files are kept.
///
/// # Errors
/// When the folder cannot be read, or holds something that cannot be installed on every machine: a symbolic
/// link, a device, a name that is not Unicode or that Windows refuses, two names that differ only in case.
pub fn tree(folder: &Path, to: &ImagePath, mode: FileMode) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    let mut names: BTreeMap<String, PathBuf> = BTreeMap::new();
    for found in fs::walk(folder)? {
        let on_disk = folder.join(&found.relative);
        if found.relative.file_name().is_some_and(|name| JUNK.iter().any(|junk| name.eq_ignore_ascii_case(junk))) {
            continue;
        }
        match found.kind {
            Kind::Symlink => return Err(Error::Symlink(on_disk)),
            Kind::Special => return Err(Error::Special(on_disk)),
            Kind::File(_) | Kind::Dir => {}
        }
        let path = image_path(to, &found.relative).map_err(|why| why.at(&on_disk))?;
        if let Some(other) = names.insert(path.as_str().to_lowercase(), on_disk.clone()) {
            return Err(Error::Case(other, on_disk));
        }
        if found.kind != Kind::Dir {
            entries.push(Entry { path, content: Content::OnDisk(on_disk), mode });
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

/// Why a path of the disk is none of an image.
enum Refused {
    NotUnicode,
    Path(InvalidImagePath),
}

impl Refused {
    fn at(self, path: &Path) -> Error {
        match self {
            Refused::NotUnicode => Error::NotUnicode(path.to_owned()),
            Refused::Path(error) => Error::Name(path.to_owned(), error),
        }
    }
}

fn image_path(to: &ImagePath, relative: &Path) -> Result<ImagePath, Refused> {
    let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
    to.join(&parts.ok_or(Refused::NotUnicode)?.join("/")).map_err(Refused::Path)
}

/// A folder that cannot go into an image.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk refused.
    #[error(transparent)]
    Fs(#[from] fs::Error),
    /// A symbolic link, whose creation needs a privilege on Windows: `docker cp`, and with it the extension's
    /// installation, fails there (docker/extensions-sdk's users met it in mindsdb#15 and Kafka-Sonar#43).
    #[error("`{}` is a symbolic link, which Docker Desktop cannot install on Windows", .0.display())]
    Symlink(PathBuf),
    /// A device, socket or pipe.
    #[error("`{}` is neither a file nor a folder", .0.display())]
    Special(PathBuf),
    /// A name that no image and no JSON can hold.
    #[error("the name of `{}` is not valid Unicode", .0.display())]
    NotUnicode(PathBuf),
    /// A name that Windows cannot create.
    #[error("`{}` cannot be in an image: {}", .0.display(), .1.why)]
    Name(PathBuf, InvalidImagePath),
    /// Two names that are one on macOS and Windows.
    #[error("`{}` and `{}` are one file on macOS and Windows", .0.display(), .1.display())]
    Case(PathBuf, PathBuf),
}

impl Explain for Error {
    fn help(&self) -> Option<String> {
        let help = match self {
            Error::Fs(error) => return error.help(),
            Error::Symlink(_) => "put the file itself there, or leave it out of the folder",
            Error::Special(_) => "leave it out of the folder",
            Error::NotUnicode(_) | Error::Name(..) | Error::Case(..) => "rename it",
        };
        Some(help.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("temp");
        for file in files {
            fs::write_atomic(&dir.path().join(file), file.as_bytes()).expect(file);
        }
        dir
    }

    fn walk(dir: &tempfile::TempDir) -> Result<Vec<Entry>, Error> {
        tree(dir.path(), &ImagePath::new("ui").expect("valid"), FileMode::File)
    }

    /// The error of `dir`, with the temporary folder's name left out.
    fn refused(dir: &tempfile::TempDir) -> String {
        let error = walk(dir).expect_err("refused");
        assert!(error.help().is_some(), "{error}");
        error.to_string().replace(&format!("{}/", dir.path().display()), "")
    }

    #[test]
    fn files_are_sorted_and_junk_is_left_out() {
        let dir = folder(&["b/z.js", "a-b", "a/x", "index.html", ".DS_Store", "b/thumbs.db", ".well-known/x", "é.js"]);
        let entries = walk(&dir).expect("read");
        let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        let expected = ["/ui/.well-known/x", "/ui/a-b", "/ui/a/x", "/ui/b/z.js", "/ui/index.html", "/ui/é.js"];
        assert_eq!(paths, expected);
        assert_eq!(entries[2].content, Content::OnDisk(dir.path().join("a/x")));
        assert!(entries.iter().all(|entry| entry.mode == FileMode::File));
    }

    #[test]
    fn an_empty_folder_has_no_entries_and_a_missing_one_is_an_error() {
        let dir = folder(&[]);
        assert_eq!(walk(&dir).expect("read"), []);
        let error = tree(&dir.path().join("gone"), &ImagePath::new("ui").expect("valid"), FileMode::File);
        assert!(matches!(error, Err(Error::Fs(error)) if error.is_not_found()));
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_are_refused() {
        let dir = folder(&["a"]);
        std::os::unix::fs::symlink("gone", dir.path().join("node_modules")).expect("link");
        assert_eq!(refused(&dir), "`node_modules` is a symbolic link, which Docker Desktop cannot install on Windows");

        let dir = folder(&["a"]);
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("s.sock")).expect("socket");
        assert_eq!(refused(&dir), "`s.sock` is neither a file nor a folder");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_other_systems_refuse_are_refused() {
        use std::os::unix::ffi::OsStrExt;
        for (files, message) in [
            (["x/A.js", "x/a.js"], "`x/A.js` and `x/a.js` are one file on macOS and Windows"),
            (["Ab/x", "ab/y"], "`Ab` and `ab` are one file on macOS and Windows"),
            (
                ["a:b", "c"],
                "`a:b` cannot be in an image: it has a character that Windows refuses (one of < > : \" | ? *)",
            ),
            (["b", "d/nul.js"], "`d/nul.js` cannot be in an image: a part is a device name on Windows"),
            (["a\\b", "c"], "`a\\b` cannot be in an image: it has a `\\`; parts are separated by `/`"),
        ] {
            assert_eq!(refused(&folder(&files)), message);
        }
        let dir = folder(&["a"]);
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9.js");
        fs::write_atomic(&dir.path().join(name), b"").expect("written");
        assert_eq!(refused(&dir), "the name of `caf\u{fffd}.js` is not valid Unicode");
    }
}
