//! Copies the files of an import into place, and the table into Cargo.toml: all of it, or nothing.

use std::path::{Path, PathBuf};

use super::Target;
use super::account::Printable;
use super::dockerfile::Context;
use super::folder::Disk;
use super::merge::{NoPlace, merged};
use crate::report::Report;
use crate::scaffold::{Error, init};
use crate::sys::fs::{self, Kind};
use crate::sys::interrupt;

/// The most files, and bytes of all files together, that are copied. A `node_modules` folder that a Dockerfile copies
/// has more.
pub(super) const MAX_FILES: usize = 20_000;
pub(super) const MAX_BYTES: u64 = 1 << 30;

/// What is to be copied where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Copies {
    /// Files by their `/`-separated paths below both folders.
    pub files: Vec<String>,
    /// Files that are in place already.
    pub there: Vec<String>,
    /// Links, which no image of an extension should have, and other things that are no files.
    pub passed_over: Vec<String>,
}

impl Copies {
    /// Tells what becomes of the files.
    pub fn tell(&self, report: &dyn Report) {
        let report = &Printable(report);
        let named = |files: &[String]| match files {
            [first, .., last] if files.len() > 4 => format!("{} files, `{first}` to `{last}`", files.len()),
            files => files.iter().map(|file| format!("`{file}`")).collect::<Vec<_>>().join(", "),
        };
        for (verb, files) in [("Copied", &self.files), ("Found", &self.there)] {
            if !files.is_empty() {
                report.status(verb, named(files));
            }
        }
        if !self.passed_over.is_empty() {
            let help = "Docker Desktop on Windows cannot install an extension with links (E17)".to_owned();
            report.warning(format!("not copied, because no regular file: {}", named(&self.passed_over)), Some(help));
        }
    }
}

/// What has to be copied so that every one of `sources` is below `to`. Packages that npm has installed beside a
/// package.json are left where they are: it installs them again.
///
/// # Errors
/// When a file with another content is in the way, something cannot be read, or there is too much of it.
pub fn copies(from: &Path, to: &Path, sources: &[String]) -> Result<Copies, Error> {
    let root = fs::canonical(from)?;
    let disk = Disk::new(&root);
    let mut copies = Copies::default();
    let mut bytes = 0;
    for source in sources {
        let mut found = Vec::new();
        match disk.kind(source) {
            Some(Kind::Dir) => {
                let packages = |relative: &Path| {
                    let relative = relative.to_string_lossy();
                    let above = relative.strip_suffix("node_modules");
                    let package = above.map(|above| join(source, &format!("{above}package.json")));
                    package.is_some_and(|package| matches!(disk.kind(&package), Some(Kind::File(_))))
                };
                for below in fs::walk_without(&disk.path(source), &packages)? {
                    let parts = below.relative.components().map(|part| part.as_os_str().to_str());
                    let Some(parts) = parts.collect::<Option<Vec<_>>>() else {
                        copies.passed_over.push(below.relative.display().to_string());
                        continue;
                    };
                    let path = join(source, &parts.join("/"));
                    match below.kind {
                        Kind::File(size) => found.push((path, size)),
                        Kind::Dir => {}
                        Kind::Symlink | Kind::Special => copies.passed_over.push(path),
                    }
                }
            }
            Some(Kind::File(size)) => found.push((source.clone(), size)),
            _ => copies.passed_over.push(source.clone()),
        }
        for (path, size) in found {
            bytes += size;
            if copies.files.len() + copies.there.len() == MAX_FILES || bytes > MAX_BYTES {
                return Err(Error::TooMuch { source_path: source.clone(), files: MAX_FILES, bytes: MAX_BYTES });
            }
            place(&disk, to, path, &mut copies)?;
        }
    }
    Ok(copies)
}

fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

fn place(disk: &Disk<'_>, to: &Path, path: String, copies: &mut Copies) -> Result<(), Error> {
    let (from, to) = (disk.path(&path), Disk::new(to).path(&path));
    match fs::kind(&to) {
        Err(error) if error.is_not_found() => copies.files.push(path),
        Err(error) => return Err(error.into()),
        Ok(_) if fs::canonical(&to).ok() == Some(fs::canonical(&from)?) => copies.there.push(path),
        Ok(Kind::File(_)) if fs::digest(&to)? == fs::digest(&from)? => copies.there.push(path),
        Ok(_) => return Err(Error::InTheWay(to)),
    }
    Ok(())
}

/// The text of Cargo.toml with the table.
///
/// # Errors
/// When it has a table for an extension already, or cannot hold one.
pub fn manifest(target: &Target, table: &str) -> Result<String, Error> {
    let path = || target.origin.manifest_path.clone();
    merged(&target.text, target.origin.key, table).map_err(|why| match why {
        NoPlace::Taken => Error::HasTable { path: path(), key: target.origin.key },
        NoPlace::NoTable => Error::NoTable { path: path(), key: target.origin.key },
        NoPlace::Broken(why) => Error::BrokenManifest { path: path(), why },
    })
}

/// Copies the files, then writes Cargo.toml. If something fails, or Ctrl-C is pressed, what was copied is removed again.
///
/// # Errors
/// When Cargo.toml is not what was looked at, or the disk refuses.
pub fn write(from: &Path, copies: &Copies, target: &Target, manifest: &str) -> Result<(), Error> {
    let _whole = interrupt::defer().ok_or(Error::Interrupted)?;
    let root = fs::canonical(from)?;
    let mut made = Made::default();
    let all = copies.files.iter().try_for_each(|path| {
        if interrupt::asked() {
            return Err(Error::Interrupted);
        }
        Ok(made.copy(&Disk::new(&root).path(path), &Disk::new(&target.origin.dir).path(path))?)
    });
    // Copying takes time, in which somebody may have gone on writing.
    let path = &target.origin.manifest_path;
    let all = all.and_then(|()| match fs::read_text(path)? == target.text {
        true => Ok(fs::rewrite(path, manifest.as_bytes())?),
        false => Err(init::Error::Changed { path: path.clone() }.into()),
    });
    if all.is_err() {
        made.undo();
    }
    all
}

/// What was made so far, in order.
#[derive(Debug, Default)]
pub(in crate::scaffold) struct Made {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Made {
    fn copy(&mut self, from: &Path, to: &Path) -> Result<(), fs::Error> {
        self.file(to, || fs::copy_new(from, to))
    }

    /// Writes a file where nothing is.
    ///
    /// # Errors
    /// When something is there, or the disk refuses.
    pub(in crate::scaffold) fn create(&mut self, path: &Path, bytes: &[u8]) -> Result<(), fs::Error> {
        self.file(path, || fs::write_new(path, bytes))
    }

    fn file(&mut self, path: &Path, make: impl FnOnce() -> Result<(), fs::Error>) -> Result<(), fs::Error> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let missing: Vec<&Path> = folder.ancestors().take_while(|dir| !fs::exists(dir)).collect();
        self.folders.extend(missing.into_iter().rev().map(Path::to_owned));
        fs::create_dir_all(folder)?;
        make()?;
        self.files.push(path.to_owned());
        Ok(())
    }

    /// Removes everything again.
    pub(in crate::scaffold) fn undo(self) {
        // The first failure is what the user has to know.
        for file in self.files {
            let _ = fs::remove_file(&file);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_empty_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("temp");
        for (path, text) in files {
            fs::write_atomic(&dir.path().join(path), text.as_bytes()).expect(path);
        }
        dir
    }

    fn listing(folder: &Path) -> Vec<String> {
        let found = fs::walk(folder).expect("walked").into_iter();
        found.map(|found| found.relative.to_string_lossy().replace('\\', "/")).collect()
    }

    fn of(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_there_already_is_not_copied() {
        let from = folder(&[("a/b.txt", "1"), ("a/c/d.txt", "2"), ("e.txt", "3"), ("unwanted", "4")]);
        let to = folder(&[("a/b.txt", "1")]);
        let wanted = of(&["a", "e.txt", "gone"]);
        let copies = copies(from.path(), to.path(), &wanted).expect("nothing is in the way");
        assert_eq!(copies.files, ["a/c/d.txt", "e.txt"]);
        assert_eq!((copies.there, copies.passed_over), (of(&["a/b.txt"]), of(&["gone"])));
        let same = super::copies(from.path(), from.path(), &wanted).expect("they are in place");
        assert_eq!((same.files.len(), same.there.len()), (0, 3));
    }

    #[test]
    fn installed_packages_are_left_where_they_are() {
        let from = folder(&[
            ("ui/package.json", "{}"),
            ("ui/node_modules/x/index.js", "1"),
            ("ui/src/main.js", "2"),
            ("page/node_modules/x.js", "3"),
        ]);
        let to = folder(&[]);
        let copies = copies(from.path(), to.path(), &of(&["page", "ui"])).expect("nothing is in the way");
        assert_eq!(copies.files, ["page/node_modules/x.js", "ui/package.json", "ui/src/main.js"]);
    }

    #[test]
    fn another_file_is_in_the_way() {
        let from = folder(&[("a/b.txt", "1")]);
        for other in [folder(&[("a/b.txt", "2")]), folder(&[("a/b.txt/c", "1")]), folder(&[("a", "1")])] {
            let before = listing(other.path());
            let result = copies(from.path(), other.path(), &of(&["a/b.txt"]));
            assert!(matches!(result, Err(Error::InTheWay(_) | Error::Fs(_))), "{result:?}");
            assert_eq!(listing(other.path()), before);
        }
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let from = folder(&[("a/b/c.txt", "1"), ("d.txt", "2")]);
        let to = folder(&[("Cargo.toml", "[package]\nname = \"x\"\n")]);
        let target = Target { text: "[package]\nname = \"x\"\n".to_owned(), ..Target::imagined(to.path()) };
        let text = manifest(&target, "[package.metadata.extension]\n").expect("merged");
        let wanted = of(&["a", "d.txt"]);
        let planned = copies(from.path(), to.path(), &wanted).expect("nothing is in the way");
        // Somebody is faster with the last of them.
        fs::write_atomic(&to.path().join("d.txt"), b"mine").expect("written");
        assert!(write(from.path(), &planned, &target, &text).is_err());
        assert_eq!(listing(to.path()), ["Cargo.toml", "d.txt"]);
        assert_eq!(fs::read_text(&to.path().join("Cargo.toml")).expect("read"), target.text);
        fs::remove_file(&to.path().join("d.txt")).expect("removed");
        // Somebody edits the manifest meanwhile.
        let manifest_path = to.path().join("Cargo.toml");
        fs::write_atomic(&manifest_path, b"# mine\n").expect("written");
        let error = write(from.path(), &planned, &target, &text).expect_err("it would be lost");
        assert!(matches!(error, Error::Init(init::Error::Changed { .. })), "{error}");
        assert_eq!(listing(to.path()), ["Cargo.toml"]);
        fs::write_atomic(&manifest_path, target.text.as_bytes()).expect("written");
        write(from.path(), &planned, &target, &text).expect("written");
        assert_eq!(listing(to.path()), ["Cargo.toml", "a", "a/b", "a/b/c.txt", "d.txt"]);
        assert_eq!(fs::read_text(&to.path().join("Cargo.toml")).expect("read"), text);
    }

    #[test]
    fn a_manifest_that_cannot_take_it_is_refused() {
        let told = |text: &str| {
            let target = Target { text: text.to_owned(), ..Target::imagined(Path::new("x")) };
            manifest(&target, "[package.metadata.extension]\n").map_err(|error| error.to_string())
        };
        assert_eq!(
            told("[package.metadata.extension]"),
            Err("Cargo.toml has `[package.metadata.extension]` already".to_owned())
        );
        assert!(told("[package]\nmetadata = 1").is_err());
        assert!(told("[").is_err());
    }
}
