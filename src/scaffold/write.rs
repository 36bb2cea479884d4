//! Puts a project on the disk: all of it, or nothing.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::project::File;
use crate::sys::{Invocation, fs};

/// Writes the files to a folder that does not exist or is empty, and runs the commands of `finish` among them.
///
/// Everything is made in a temporary folder first and then renamed, so that a failure leaves nothing behind.
///
/// # Errors
/// When something is in the folder, the disk refuses, or `finish` fails.
pub fn write(files: &[File], finish: Vec<Invocation>, folder: &Path) -> Result<(), Error> {
    let exists = is_empty_folder(folder)?;
    // The temporary folder must be on the same file system; an existing folder may be one of its own.
    let beside = if exists { folder } else { folder.parent().unwrap_or(folder) };
    fs::create_dir_all(beside)?;
    let staging = fs::temp_dir(beside)?;
    for file in files {
        fs::write_atomic(&staging.path().join(file.path), file.content.as_bytes())?;
    }
    for finish in finish {
        finish.cwd(staging.path()).read()?;
    }
    if exists {
        fill(folder, staging.path())
    } else {
        fs::rename(staging.path(), folder)?;
        // The temporary folder has its final name now and stays.
        drop(staging.keep());
        Ok(())
    }
}

/// Whether the folder exists and is empty; `false` if nothing is there.
///
/// # Errors
/// When something is in the folder, or something else is there.
pub fn is_empty_folder(folder: &Path) -> Result<bool, Error> {
    match fs::kind_followed(folder) {
        Ok(fs::Kind::Dir) if fs::is_empty_dir(folder)? => Ok(true),
        Ok(fs::Kind::Dir) => Err(Error::NotEmpty(folder.to_owned())),
        Ok(_) => Err(Error::NotAFolder(folder.to_owned())),
        // A link to nowhere is there, though what it leads to is not.
        Err(error) if error.is_not_found() && !fs::exists(folder) => Ok(false),
        Err(error) if error.is_not_found() => Err(Error::NotAFolder(folder.to_owned())),
        Err(error) => Err(error.into()),
    }
}

/// Moves what was made into the folder, and back out if that fails half-way.
fn fill(folder: &Path, staging: &Path) -> Result<(), Error> {
    let mut moved: Vec<PathBuf> = Vec::new();
    for made in fs::list(staging)? {
        let name = made.path.file_name().unwrap_or_default();
        if let Err(error) = fs::rename(&made.path, &folder.join(name)) {
            for path in moved {
                // The first failure is what the user has to know.
                let _ = fs::rename(&folder.join(path.file_name().unwrap_or_default()), &path);
            }
            return Err(error.into());
        }
        moved.push(made.path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> [File; 2] {
        [
            File { path: "Cargo.toml", content: "x".to_owned() },
            File { path: ".github/workflows/a.yml", content: "y".to_owned() },
        ]
    }

    fn listing(folder: &Path) -> Vec<String> {
        let files = fs::walk(folder).expect("walked").into_iter().filter(|found| found.kind != fs::Kind::Dir);
        files.map(|found| found.relative.to_string_lossy().replace('\\', "/")).collect()
    }

    const WRITTEN: [&str; 2] = [".github/workflows/a.yml", "Cargo.toml"];

    #[test]
    fn a_new_folder_and_an_empty_one_are_filled() {
        let dir = tempfile::tempdir().expect("temp");
        for folder in [dir.path().join("a/b/new"), dir.path().join("empty")] {
            if folder.ends_with("empty") {
                fs::create_dir_all(&folder).expect("folder");
            }
            write(&files(), Vec::new(), &folder).expect("written");
            assert_eq!(listing(&folder), WRITTEN);
            assert!(matches!(write(&files(), Vec::new(), &folder), Err(Error::NotEmpty(_))), "a second time");
            assert_eq!(listing(&folder), WRITTEN);
        }
    }

    #[test]
    fn what_is_there_is_not_touched() {
        let dir = tempfile::tempdir().expect("temp");
        fs::write_atomic(&dir.path().join("file"), b"precious").expect("written");
        let error = write(&files(), Vec::new(), &dir.path().join("file")).expect_err("it is no folder");
        assert!(matches!(error, Error::NotAFolder(_)), "{error}");
        assert!(write(&files(), Vec::new(), &dir.path().join("file/below")).is_err());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", dir.path().join("link")).expect("link");
            let error = write(&files(), Vec::new(), &dir.path().join("link")).expect_err("it is a link");
            assert!(matches!(error, Error::NotAFolder(_)), "{error}");
        }
        assert_eq!(fs::read(&dir.path().join("file"), 100).expect("still there"), b"precious");
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let dir = tempfile::tempdir().expect("temp");
        fs::create_dir_all(&dir.path().join("empty")).expect("folder");
        for folder in ["new", "empty"] {
            let finish = Invocation::new("dext-no-such-program");
            let error = write(&files(), vec![finish], &dir.path().join(folder)).expect_err("it cannot be run");
            assert!(matches!(error, Error::Vcs(_)), "{error}");
        }
        // A file where a folder is needed.
        let [file, _] = files();
        let below = File { path: "Cargo.toml/x", content: String::new() };
        assert!(matches!(write(&[file, below], Vec::new(), &dir.path().join("new")), Err(Error::Fs(_))));
        let left: Vec<_> = fs::walk(dir.path()).expect("walked").into_iter().map(|found| found.relative).collect();
        assert_eq!(left, [PathBuf::from("empty")]);
    }
}
