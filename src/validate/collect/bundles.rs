//! What is about to become an image: the same view as of the finished one, before anything is written. Files of a
//! base image are not in it; the base is another's work, and what is found in it cannot be mended in Cargo.toml.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::platform::{self, Files};
use crate::build::inspect::{self, Detail, Facts, Other};
use crate::bundle::{Bundle, Content, Entry};
use crate::image::document::RunsOn;
use crate::manifest::Extension;
use crate::subject::{Absence, EntryKind, Error, FileFact, Found, Looks, path};
use crate::sys::fs;
use crate::validate::view::{ImageView, Maker, PlatformView, Start, Subject, View};

/// The bytes at the beginning of a text or other file that tell what it is.
const HEAD: u64 = 512;

/// The view of the images that bundles become.
///
/// # Errors
/// When a file cannot be read.
pub fn bundles(extension: &Extension, bundles: &[Bundle]) -> Result<View, Error> {
    let platforms = bundles.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    // Who packages for one CPU only does so knowingly; publishing asks again.
    let image = ImageView { platforms, ..ImageView::default() };
    let view = View { maker: Maker::CargoDext, ..View::of(Subject::Image(image)) };
    Ok(super::named(view, extension))
}

fn one(bundle: &Bundle) -> Result<PlatformView, Error> {
    let mut view = PlatformView::empty(RunsOn::linux(bundle.arch));
    view.labels = bundle.config.labels.clone();
    view.start = Start {
        entrypoint: bundle.config.entrypoint.clone().unwrap_or_default(),
        command: bundle.config.cmd.clone().unwrap_or_default(),
        ..Start::default()
    };
    view.layers = bundle.layers.iter().map(|layer| layer.name.clone()).collect();
    let mut files = Packed::default();
    for (at, layer) in bundle.layers.iter().enumerate() {
        for entry in &layer.entries {
            files.entries.insert(entry.path.relative().to_owned(), (at, entry));
        }
    }
    platform::fill(&mut view, &files)?;
    Ok(view)
}

/// The files of a bundle by path, each with the number of its layer, and what was found out about them.
#[derive(Default)]
struct Packed<'a> {
    entries: BTreeMap<String, (usize, &'a Entry)>,
    known: RefCell<BTreeMap<String, FileFact>>,
}

impl Packed<'_> {
    fn folder(path: String) -> FileFact {
        let kind = EntryKind::Dir;
        FileFact {
            path,
            kind,
            mode: 0o755,
            size: 0,
            digest: None,
            layer: 0,
            links: Vec::new(),
            looks: None,
            plain: None,
        }
    }

    fn fact(&self, path: &str, layer: usize, entry: &Entry) -> Result<FileFact, Error> {
        if let Some(fact) = self.known.borrow().get(path) {
            return Ok(fact.clone());
        }
        let fact = fact(path.to_owned(), layer, entry)?;
        self.known.borrow_mut().insert(path.to_owned(), fact.clone());
        Ok(fact)
    }

    fn has_below(&self, folder: &str) -> bool {
        let start = format!("{folder}/");
        self.entries.range(start.clone()..).next().is_some_and(|(path, _)| path.starts_with(&start))
    }
}

impl Files for Packed<'_> {
    fn at(&self, path: &str) -> Result<Found, Error> {
        let path = path::normal(path);
        match self.entries.get(&path) {
            Some((layer, entry)) => Ok(Found::File(self.fact(&path, *layer, entry)?)),
            None if path.is_empty() || self.has_below(&path) => Ok(Found::File(Packed::folder(path))),
            None => Ok(Found::Absent(Absence::Missing)),
        }
    }

    fn below(&self, folder: &str, see: &mut dyn FnMut(FileFact)) -> Result<(), Error> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut files = self.entries.range(start.clone()..).take_while(|(path, _)| path.starts_with(&start));
        files.try_for_each(|(path, (layer, entry))| {
            see(self.fact(path, *layer, entry)?);
            Ok(())
        })
    }

    fn content(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(match self.entries.get(&path::normal(path)).map(|(_, entry)| &entry.content) {
            Some(Content::Generated(bytes)) => Some(bytes.clone()),
            Some(Content::OnDisk(file)) => Some(fs::read(file, crate::validate::metadata::MAX_BYTES)?),
            None => None,
        })
    }
}

/// What is known of a file that is on this machine, or was just made.
///
/// # Errors
/// When it cannot be read.
pub fn fact(path: String, layer: usize, entry: &Entry) -> Result<FileFact, Error> {
    let name = entry.path.file_name();
    let (size, head) = match &entry.content {
        Content::Generated(bytes) => (bytes.len() as u64, bytes.clone()),
        Content::OnDisk(file) => {
            let size = match fs::kind_followed(file)? {
                fs::Kind::File(size) => size,
                _ => 0,
            };
            (size, fs::read_head(file, HEAD)?)
        }
    };
    let facts = match &entry.content {
        Content::OnDisk(file) if crate::subject::is_binary(&head) => {
            let (file, _) = fs::open(file)?;
            inspect::inspect(name, file).map_err(|defect| defect.to_string())
        }
        _ => inspect::inspect(name, std::io::Cursor::new(&head)).map_err(|defect| defect.to_string()),
    };
    let seen = seen(&path, size, entry)?;
    let plain = match &facts {
        Ok(Facts { detail: Detail::Other(Other { looks_like }), .. }) => Some(*looks_like),
        _ => None,
    };
    let looks = (plain.is_none() || seen != 0).then(|| Arc::new(Looks { content: None, facts, seen }));
    // Both images hold the same file, so its hash is not asked.
    Ok(FileFact {
        path,
        kind: EntryKind::File,
        mode: entry.mode.bits(),
        size,
        digest: None,
        layer,
        links: Vec::new(),
        looks,
        plain,
    })
}

/// What a page or script calls.
fn seen(path: &str, size: u64, entry: &Entry) -> Result<u8, Error> {
    if !super::is_page(path) || size > crate::validate::mentions::MAX_BYTES {
        return Ok(0);
    }
    match &entry.content {
        Content::Generated(bytes) => Ok(super::glance(bytes)),
        Content::OnDisk(file) => Ok(super::glance(&fs::read(file, size.max(1))?)),
    }
}
