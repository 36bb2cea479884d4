//! A folder as the rules see it: the image that its Dockerfile would make, as far as that can be told without making
//! it. What a build stage makes is taken for a file that is as it should be.

use std::sync::Arc;

use super::dockerfile::{Dockerfile, Sent};
use super::folder::{Disk, METADATA, beside};
use super::place::Provenance;
use super::start::Command;
use crate::bundle::{Content, Entry};
use crate::domain::{FileMode, ImagePath};
use crate::image::document::RunsOn;
use crate::subject::path::normal;
use crate::subject::{Absence, EntryKind, Error, FileFact, Found};
use crate::sys::fs::{self, Kind};
use crate::validate::View;
use crate::validate::collect::{self, Files};
use crate::validate::metadata::{Document, MAX_BYTES};
use crate::validate::view::{ImageView, Labels, Maker, PlatformView, Start, Subject};

/// A CPU that is none, so that nobody asks whether programs are for it.
const ANY_CPU: &str = "any";

/// More files of a UI than real ones have, and no more are looked at.
const MAX_FILES: usize = 20_000;

/// What is started where only the base image says it.
const OF_THE_BASE: &str = "command-of-the-base-image";

/// A folder and what it says of its image.
pub(super) struct Folder<'a> {
    pub(super) disk: &'a Disk<'a>,
    /// What of it `docker build` is sent.
    pub(super) sent: &'a Sent<'a>,
    pub(super) dockerfile: Option<&'a Dockerfile>,
    /// The file that is read as metadata.json.
    pub(super) metadata: &'a str,
    pub(super) document: &'a Arc<Document>,
}

impl Folder<'_> {
    /// The image. Without a Dockerfile nothing is known but metadata.json.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn view(&self) -> Result<View, Error> {
        let Some(dockerfile) = self.dockerfile else {
            let metadata = crate::validate::metadata::Metadata::Whole(Arc::clone(self.document));
            return Ok(View { maker: Maker::CargoDext, ..View::of(Subject::Metadata(metadata)) });
        };
        let runs_on = RunsOn { os: "linux".to_owned(), architecture: ANY_CPU.to_owned(), ..RunsOn::default() };
        let mut platform = PlatformView::empty(runs_on);
        platform.labels = dockerfile.labels().into_iter().map(|(name, label)| (name, label.value)).collect::<Labels>();
        platform.start = start(dockerfile);
        collect::fill(&mut platform, self)?;
        let made = |path: &str| matches!(self.place(path), Some(Provenance::Made { .. }));
        if self.document.composefile().is_some_and(made) {
            platform.composefile = None;
        }
        let image = ImageView { platforms: vec![platform], ..ImageView::default() };
        Ok(View { maker: Maker::CargoDext, ..View::of(Subject::Image(image)) })
    }

    /// Where a path of the image comes from; nothing of what is no path.
    fn place(&self, path: &str) -> Option<Provenance> {
        let path = ImagePath::new(path).ok()?;
        if path.relative() == METADATA {
            return Some(Provenance::Local { path: self.metadata.to_owned(), folder: false });
        }
        Some(match self.dockerfile {
            Some(dockerfile) => self.sent.place(dockerfile, &path),
            None => beside(&path, self.disk),
        })
    }

    /// Whether a path that something makes is that of the UI's folder.
    fn is_root(&self, path: &str) -> bool {
        self.document.ui_root().is_some_and(|root| normal(root) == path)
    }

    /// What is known of a file of the folder.
    fn on_disk(&self, path: &str, relative: &str) -> Result<FileFact, Error> {
        let image_path = ImagePath::new(path).map_err(|error| {
            let error = std::io::Error::new(std::io::ErrorKind::InvalidInput, error);
            fs::Error::new("take over", &self.disk.path(relative), error)
        })?;
        let file = self.disk.path(relative);
        let set = self.dockerfile.is_some_and(Dockerfile::sets_modes);
        let mode = if set || fs::is_executable(&file)? { FileMode::Executable } else { FileMode::File };
        collect::fact(path.to_owned(), 0, &Entry { path: image_path, content: Content::OnDisk(file), mode })
    }
}

/// What a container starts. What a base image would start is not known, but something.
fn start(dockerfile: &Dockerfile) -> Start {
    let start = dockerfile.start();
    let words = |command: Option<Command>| match command {
        Some(Command::Words(words)) => words,
        Some(Command::Shell(line)) => vec!["/bin/sh".to_owned(), "-c".to_owned(), line],
        None => Vec::new(),
    };
    let of_the_base = start == super::Start::default() && dockerfile.base().is_some();
    let command = if of_the_base { vec![OF_THE_BASE.to_owned()] } else { words(start.cmd) };
    Start { entrypoint: words(start.entrypoint), command, ..Start::default() }
}

/// A folder, or a file that nobody has seen.
fn unseen(path: String, kind: EntryKind) -> FileFact {
    FileFact { path, kind, mode: 0o755, size: 0, digest: None, layer: 0, links: Vec::new(), looks: None, plain: None }
}

impl Files for Folder<'_> {
    fn at(&self, path: &str) -> Result<Found, Error> {
        let path = normal(path);
        Ok(match self.place(&path) {
            Some(Provenance::Local { folder: true, .. }) => Found::File(unseen(path, EntryKind::Dir)),
            Some(Provenance::Local { path: relative, folder: false }) => Found::File(self.on_disk(&path, &relative)?),
            Some(Provenance::Made { .. }) if self.is_root(&path) => Found::File(unseen(path, EntryKind::Dir)),
            Some(Provenance::Made { .. }) => Found::File(unseen(path, EntryKind::File)),
            None if path.is_empty() => Found::File(unseen(path, EntryKind::Dir)),
            Some(Provenance::Nowhere { .. }) | None => Found::Absent(Absence::Missing),
        })
    }

    /// Only the UI's folder is listed, if it is one of the source; nobody asks for programs that nothing names.
    fn below(&self, folder: &str, see: &mut dyn FnMut(FileFact)) -> Result<(), Error> {
        if !self.is_root(folder) {
            return Ok(());
        }
        let Some(Provenance::Local { path: relative, folder: true }) = self.place(folder) else {
            return Ok(());
        };
        for found in fs::walk(&self.disk.path(&relative))?.into_iter().take(MAX_FILES) {
            let Some(below) = found.relative.to_str().map(|path| path.replace('\\', "/")) else { continue };
            let path = format!("{folder}/{below}");
            if ImagePath::new(&path).is_err() {
                continue;
            }
            see(match found.kind {
                Kind::File(_) => self.on_disk(&path, &format!("{relative}/{below}"))?,
                Kind::Dir => unseen(path, EntryKind::Dir),
                Kind::Symlink => unseen(path, EntryKind::Symlink("its target".to_owned())),
                Kind::Special => unseen(path, EntryKind::Special),
            });
        }
        Ok(())
    }

    fn content(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        match self.place(path) {
            Some(Provenance::Local { path: relative, folder: false }) => {
                Ok(Some(fs::read(&self.disk.path(&relative), MAX_BYTES)?))
            }
            _ => Ok(None),
        }
    }
}
