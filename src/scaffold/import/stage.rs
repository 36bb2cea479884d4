//! The files that a project takes from an image, for a moment in a folder of their own: from there on they are those
//! of any other source.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::image::Contents;
use crate::subject::{Error, Subject, Wanted};
use crate::sys::fs;

/// A folder that is gone when this is dropped.
#[derive(Debug)]
pub struct Stage(tempfile::TempDir);

impl Stage {
    /// Reads the files that `sources` names, or that lie in a folder it names, into a new folder below `scratch`.
    /// What has another content than before is left out.
    ///
    /// # Errors
    /// When a layer does not come or is damaged, or the disk refuses.
    pub fn read(subject: &Subject<'_>, contents: &Contents, sources: &[String], scratch: &Path) -> Result<Self, Error> {
        fs::create_dir_all(scratch)?;
        let stage = Stage(fs::temp_dir(scratch)?);
        for folder in contents.folders.iter().filter(|folder| sources.contains(folder)) {
            fs::create_dir_all(&stage.path().join(folder))?;
        }
        let named = |path: &str| {
            let in_it = |source: &String| path.strip_prefix(source.as_str()).is_some_and(|rest| rest.starts_with('/'));
            sources.iter().any(|source| source == path || in_it(source))
        };
        // Behind links, two paths may be one file.
        let mut wanted: BTreeMap<&Wanted, Vec<&str>> = BTreeMap::new();
        for (path, file) in contents.files.iter().filter(|(path, _)| named(path)) {
            wanted.entry(file).or_default().push(path);
        }
        let Some(platform) = subject.platforms.get(contents.platform) else { return Ok(stage) };
        let files: Vec<Wanted> = wanted.keys().map(|file| (*file).clone()).collect();
        let missing = subject.contents(platform, &files, &mut |file, data| {
            let Some(to) = wanted.get(file).and_then(|paths| paths.first()) else { return Ok(()) };
            put(data, &stage.path().join(to))
        })?;
        for (file, paths) in wanted {
            let Some((first, others)) = paths.split_first() else { continue };
            let first = stage.path().join(first);
            if missing.contains(file) {
                // It may have come with another content.
                let _ = fs::remove_file(&first);
                continue;
            }
            for other in others {
                let other = stage.path().join(other);
                fs::create_dir_all(other.parent().unwrap_or(stage.path()))?;
                fs::copy_new(&first, &other)?;
            }
        }
        Ok(stage)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Writes what comes into a file.
fn put(data: &mut dyn io::Read, to: &Path) -> Result<(), fs::Error> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = fs::temp_file(folder)?;
    io::copy(data, &mut file).map_err(|error| fs::Error::new("write", to, error))?;
    fs::persist(file, to)
}
