//! Images as they are, whoever made them and wherever they lie: what `inspect` shows, `validate` judges and `import`
//! takes over.
//!
//! [`Place::find`] tells from one text where an image lies, [`Subject::open`] reads its index, manifests and
//! configs, and [`Subject::files`] finds files in its layers and looks into them, layer by layer, without
//! unpacking anything; [`Subject::contents`] hands out those that somebody wants whole. Nothing that an image says is believed before its digest was checked, and nothing it says
//! makes this use more memory or time than `limits.rs` allows; nothing is written but, for a moment, the copy of
//! a large program whose headers are read, in a file without a name.
//!
//! A further kind of place is a further variant of [`Lies`] and of `source::Source`; nothing else knows where an
//! image comes from.

mod ahead;
mod archive;
mod contents;
mod damage;
mod entries;
mod entry;
mod error;
mod extension;
mod limits;
mod look;
mod model;
pub mod path;
mod pipe;
mod place;
mod read;
mod saved;
mod source;
mod tally;
mod tape;
#[cfg(test)]
mod testing;
mod tree;
mod unpack;
mod walk;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

pub use contents::{Take, Wanted};
pub use damage::LayerDamage;
pub use entries::Entries;
pub use entry::{EntryKind, Glance, Looks, Remark, Remarks};
pub use error::Error;
pub use extension::{Extension, Metadata, Program};
pub use limits::Limits;
pub use look::is_binary;
pub use model::{Document, Entry, Layer, Platform};
pub use place::{Format, Lies, Place};
pub use tree::Absence;
pub use unpack::Packing;
pub use walk::Walked;

use crate::domain::Digest;
use crate::image::Descriptor;
use crate::registry::{self, Session};
use entry::Wish;
use source::{NoBlob, Source};
use tree::{Answer, Spot, Tree};
use walk::{Expected, Manner, Stopped};

/// How an image is read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The platforms to read, as `linux/arm64`; all if there is none.
    pub platforms: Vec<String>,
    /// Whether every layer is read, instead of believing the names of layers that `cargo dext` made. An image
    /// that lies about them can show a file that another layer hides.
    pub thorough: bool,
    /// How much of a layer is read.
    pub limits: Limits,
    /// Where large programs are copied to for a moment; the system's own folder if there is none.
    pub scratch: Option<PathBuf>,
    /// What is looked for in texts.
    pub glance: Option<Glance>,
}

/// An image.
#[derive(Debug)]
pub struct Subject<'r> {
    /// Its name as messages have it.
    pub name: String,
    /// What it was read from: `oci-layout`, `oci-archive`, `docker-archive`, `engine` or `registry`.
    pub kind: &'static str,
    /// The names it has there: a tag or a whole reference each.
    pub names: Vec<String>,
    /// What its tag points at; an archive of `docker save` has no such document.
    pub root: Option<Document>,
    /// What its indexes list; nothing if it is a manifest itself.
    pub entries: Vec<Entry>,
    /// The platforms that were read.
    pub platforms: Vec<Platform>,
    source: Source<'r>,
    thorough: bool,
    manner: Manner,
    walked: RefCell<BTreeMap<Digest, Arc<Walked>>>,
    taken: Cell<u64>,
}

/// What a look for a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Here it is.
    File(FileFact),
    /// It is not there.
    Absent(Absence),
}

/// A file or folder of one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFact {
    /// Its path behind all links, without a leading `/`.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// The permission bits.
    pub mode: u32,
    /// Its length in bytes.
    pub size: u64,
    /// The hash of its content; none of what is no file or has holes.
    pub digest: Option<Digest>,
    /// The number of its layer, counted from the lowest.
    pub layer: usize,
    /// The symbolic links on the way to it.
    pub links: Vec<String>,
    /// What a look into it found; none of what is no file, has holes, or was not asked for.
    pub looks: Option<Arc<Looks>>,
    /// What a file looks like that is neither program nor script, and was not looked at further.
    pub plain: Option<&'static str>,
}

impl From<Spot> for FileFact {
    fn from(Spot { path, layer, entry, links }: Spot) -> Self {
        let entry::Entry { kind, mode, size, digest, looks, plain, .. } = entry;
        FileFact { path, kind, mode, size, digest, layer, links, looks, plain }
    }
}

/// The bytes of the document that a place stands for: an index, a manifest, or what lists the images of an
/// archive of `docker save`.
///
/// # Errors
/// When it cannot be read.
pub fn raw<'r>(
    place: &Place,
    options: &Options,
    connect: impl FnOnce() -> Result<Session<'r>, registry::Error>,
) -> Result<Vec<u8>, Error> {
    let source = source::open(place, options.scratch.as_deref(), connect)?;
    match saved_in(place, &source) {
        Some(archive) => Ok(archive.small(saved::MANIFEST)?.unwrap_or_default()),
        None => match read::root(&source, &place.name, place.tag()) {
            Ok((root, _)) => Ok(root.bytes),
            Err(error) => Err(error.told(|words| source.told(words))),
        },
    }
}

/// The archive, if it is to be read as one of `docker save`.
fn saved_in<'a>(place: &Place, source: &'a Source<'_>) -> Option<&'a archive::Archive> {
    let format = match &place.lies {
        Lies::Archive { format, .. } => format.as_ref(),
        // An engine writes both forms; this one is whole, the other may list what the engine does not have.
        Lies::Engine(_) => Some(&Format::Docker),
        Lies::Layout { .. } | Lies::Registry(_) => return None,
    };
    let Source::Archive(archive) = source else { return None };
    let docker = format
        .map_or_else(|| !archive.has("index.json") && archive.has(saved::MANIFEST), |format| *format == Format::Docker);
    docker.then_some(archive)
}

impl<'r> Subject<'r> {
    /// Reads the documents of an image, but no layer.
    ///
    /// # Errors
    /// When it is not there, damaged or hostile, or lacks a platform that was asked for.
    pub fn open(
        place: &Place,
        options: &Options,
        connect: impl FnOnce() -> Result<Session<'r>, registry::Error>,
    ) -> Result<Self, Error> {
        let name = place.name.clone();
        let source = source::open(place, options.scratch.as_deref(), connect)?;
        let saved = saved_in(place, &source).map(|archive| saved::read(archive, &name, place.tag())).transpose()?;
        let (root, names, entries, platforms) = match saved {
            Some((platform, names)) => {
                let platforms: Vec<Platform> = vec![platform];
                let fits = |platform: &Platform| read::is_wanted(&platform.runs_on, &options.platforms);
                let kept: Vec<Platform> = platforms.iter().filter(|one| fits(one)).cloned().collect();
                let there = platforms.iter().map(Platform::name).collect();
                read::all_there(&name, &kept, &options.platforms, there)?;
                (None, names, Vec::new(), kept)
            }
            None => {
                let read = read::image(&source, &name, place.tag(), &options.platforms);
                let (root, names, entries, platforms) = read.map_err(|error| error.told(|words| source.told(words)))?;
                (Some(root), names, entries, platforms)
            }
        };
        let kind = match (&source, &root) {
            _ if matches!(place.lies, Lies::Engine(_)) => "engine",
            (Source::Layout { .. }, _) => "oci-layout",
            (Source::Archive(_), None) => "docker-archive",
            (Source::Archive(_), Some(_)) => "oci-archive",
            (Source::Registry { .. }, _) => "registry",
        };
        let Options { limits, glance, .. } = *options;
        let manner = Manner { limits, scratch: options.scratch.clone(), glance, taken: Arc::default() };
        let (thorough, walked, taken) = (options.thorough, RefCell::default(), Cell::default());
        Ok(Subject { name, kind, names, root, entries, platforms, source, thorough, manner, walked, taken })
    }

    /// Finds files of a platform and looks into them. Layers are read from the top, and only until every file is
    /// found; what a layer has is kept for the next question.
    ///
    /// # Errors
    /// When a layer that had to be read is damaged or hostile.
    pub fn files(&self, platform: &Platform, wanted: &[&str]) -> Result<BTreeMap<String, Found>, Error> {
        let mut wish = Wish::of(wanted.iter().copied());
        let mut found = BTreeMap::new();
        for path in wanted {
            let mut answer = self.find(platform, path, &wish)?;
            if let Found::File(fact) = &answer
                && fact.kind == EntryKind::File
                && fact.digest.is_some()
                && fact.looks.is_none()
            {
                // It lay in a layer that was read before anybody asked for it, maybe under another name.
                wish.add(&fact.path);
                self.first_name(platform, fact).iter().for_each(|first| wish.add(first));
                self.walk(platform, fact.layer, &wish)?;
                answer = self.find(platform, path, &wish)?;
            }
            found.insert((*path).to_owned(), answer);
        }
        Ok(found)
    }

    /// Shows every file and folder below a folder of a platform, folder by folder, each in the order of its names;
    /// reads all layers.
    ///
    /// # Errors
    /// When a layer is damaged or hostile.
    pub fn below(&self, platform: &Platform, folder: &str, see: &mut dyn FnMut(FileFact)) -> Result<(), Error> {
        for layer in 0..platform.layers.len() {
            self.walked(platform, layer, &Wish::default())?;
        }
        self.tree(platform, &|_, _| false).below(&path::normal(folder), &mut |spot| see(spot.into()));
        Ok(())
    }

    /// Reads a layer, if it was not read yet, and looks into the files at `wanted` on the way.
    ///
    /// # Errors
    /// When it is damaged or hostile.
    pub fn read(&self, platform: &Platform, layer: usize, wanted: &[&str]) -> Result<Arc<Walked>, Error> {
        self.walked(platform, layer, &Wish::of(wanted.iter().copied()))
    }

    /// What is at a path, without a further look into it.
    ///
    /// # Errors
    /// When a layer that had to be read is damaged or hostile.
    pub fn at(&self, platform: &Platform, path: &str) -> Result<Found, Error> {
        self.find(platform, path, &Wish::default())
    }

    /// Forgets what was read of all layers but those of `platforms`. What was made of the others takes `taken` bytes of
    /// memory by now, which the next layers cannot have.
    pub fn keep_only(&self, platforms: &[Platform], taken: u64) {
        self.taken.set(taken);
        let kept: BTreeSet<Digest> = platforms.iter().flat_map(|one| &one.layers).map(|layer| layer.digest).collect();
        self.walked.borrow_mut().retain(|digest, _| kept.contains(digest));
    }

    /// The first name in its layer of a file that is there under several.
    fn first_name(&self, platform: &Platform, fact: &FileFact) -> Option<String> {
        self.walked.borrow().get(&platform.layers[fact.layer].digest)?.entries.get(&fact.path)?.stored_as
    }

    fn find(&self, platform: &Platform, path: &str, wish: &Wish) -> Result<Found, Error> {
        let hinted = |layer: usize, path: &str| extension::cannot_hold(&platform.layers[layer], path);
        if !self.thorough && platform.layers.iter().any(|layer| layer.ours) {
            // A file that the names do not lead to may still be in any layer.
            if let found @ Found::File(_) = self.find_with(platform, path, wish, &hinted)? {
                return Ok(found);
            }
        }
        self.find_with(platform, path, wish, &|_, _| false)
    }

    fn find_with(
        &self,
        platform: &Platform,
        path: &str,
        wish: &Wish,
        pass_over: &dyn Fn(usize, &str) -> bool,
    ) -> Result<Found, Error> {
        loop {
            match self.tree(platform, pass_over).resolve(path) {
                Answer::Found(spot) => return Ok(Found::File(spot.into())),
                Answer::Absent(why) => return Ok(Found::Absent(why)),
                Answer::Unread(layer) => {
                    self.walked(platform, layer, wish)?;
                }
            }
        }
    }

    fn tree<'a>(&self, platform: &Platform, pass_over: &'a dyn Fn(usize, &str) -> bool) -> Tree<'a> {
        let walked = self.walked.borrow();
        let layers = platform.layers.iter().map(|layer| walked.get(&layer.digest).cloned()).collect();
        Tree { layers, pass_over }
    }

    /// What a layer holds, read if it was not read yet.
    fn walked(&self, platform: &Platform, layer: usize, wish: &Wish) -> Result<Arc<Walked>, Error> {
        let known = self.walked.borrow().get(&platform.layers[layer].digest).cloned();
        match known {
            // Two configs may say different things of one blob.
            Some(walked) if walked.diff_id == platform.layers[layer].diff_id => Ok(walked),
            _ => self.walk(platform, layer, wish),
        }
    }

    fn damaged(&self, platform: &Platform, at: usize, damage: LayerDamage) -> Error {
        let layer = &platform.layers[at];
        let error = Error::Layer {
            image: self.name.clone(),
            platform: platform.name().into(),
            name: layer.name.clone().unwrap_or_else(|| (at + 1).to_string()),
            digest: layer.digest,
            damage: Box::new(damage),
        };
        error.told(|words| self.source.told(words))
    }

    /// The bytes of a layer's blob as they come.
    fn blob(&self, platform: &Platform, at: usize) -> Result<Box<dyn Read + '_>, Error> {
        let layer = &platform.layers[at];
        let damaged = |damage| self.damaged(platform, at, damage);
        self.source.blob(&descriptor(layer)).map_err(|no| match no {
            NoBlob::Missing => damaged(LayerDamage::Missing),
            NoBlob::Size(found) => damaged(LayerDamage::Size { expected: layer.size, found }),
            NoBlob::Failed(error) => error,
        })
    }

    fn walk(&self, platform: &Platform, at: usize, wish: &Wish) -> Result<Arc<Walked>, Error> {
        let layer = &platform.layers[at];
        let blob = self.blob(platform, at)?;
        let walked = walk::walk(blob, expected(layer), wish, &self.manner()).map_err(|stopped| match stopped {
            Stopped::Damage(damage) => self.damaged(platform, at, damage),
            Stopped::Source(error) => self.source.failure(&self.name, error),
        })?;
        let walked = Arc::new(walked);
        self.walked.borrow_mut().insert(layer.digest, Arc::clone(&walked));
        Ok(walked)
    }

    /// How the next layers are walked, with the memory that the ones before have left.
    fn manner(&self) -> Manner {
        let held: u64 = self.walked.borrow().values().map(|walked| walked.weight).sum();
        Manner { taken: Arc::new(AtomicU64::new(held + self.taken.get())), ..self.manner.clone() }
    }

    /// The layers that were read so far.
    #[must_use]
    pub fn layers_read(&self) -> BTreeSet<Digest> {
        self.walked.borrow().keys().copied().collect()
    }
}

fn descriptor(layer: &Layer) -> Descriptor {
    Descriptor {
        media_type: layer.media_type.clone(),
        digest: layer.digest,
        size: layer.size,
        platform: None,
        annotations: None,
    }
}

fn expected(layer: &Layer) -> Expected {
    Expected { size: layer.size, digest: layer.digest, diff_id: Some(layer.diff_id) }
}

#[cfg(test)]
mod tests;
