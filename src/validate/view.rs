//! What rules look at: everything about an extension that a rule may ask for, as plain values. Whoever reads images,
//! engines, registries or Cargo.toml fills it; no rule knows where it comes from.
//!
//! What cannot be known cannot be asked: a bare metadata.json has neither labels nor files, an extension that was not
//! built has no files.

use std::collections::BTreeMap;

use super::compose::Compose;
use super::mentions::Mentions;
use super::metadata::{Document, Metadata};
use super::rest::Rest;
use super::tree::FileTree;
use super::yaml;
use crate::build::inspect::Facts;
use crate::domain::{Arch, Reference};
use crate::image::document::RunsOn;

/// The labels of an image.
pub type Labels = BTreeMap<String, String>;

/// An extension, as far as it is known.
#[derive(Debug, Clone)]
pub struct View {
    /// What was read.
    pub subject: Subject,
    /// Who made it, which decides what a finding tells its reader to change.
    pub maker: Maker,
    /// The image's name, if it has one. Its `tag` is not asked; see the next field.
    pub reference: Option<Reference>,
    /// The tag it has or is to get.
    pub tag: Option<String>,
    /// What the network said, if it was asked.
    pub online: Option<Online>,
}

/// What was read.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A metadata.json alone.
    Metadata(Metadata),
    /// A project's Cargo.toml: what its images would say.
    Manifest {
        /// The metadata.json they would hold.
        metadata: Metadata,
        /// The labels they would have.
        labels: Labels,
    },
    /// An image.
    Image(ImageView),
}

/// Who made the extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// `cargo dext`: findings name the key of Cargo.toml.
    CargoDext,
    /// Something else: findings name the file.
    Other,
}

/// An image.
#[derive(Debug, Clone, Default)]
pub struct ImageView {
    /// Whether every platform there is can be seen here. A running engine and `docker save` hold one of several.
    pub complete: bool,
    /// What its index lists; empty where it has none.
    pub entries: Vec<Entry>,
    /// Its platforms, in the index's order.
    pub platforms: Vec<PlatformView>,
    /// What is damaged or hostile in it, apart from what belongs to one platform.
    pub trouble: Vec<Trouble>,
}

/// An entry of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it runs, as it is written: `linux/arm64/v8`; none where the entry does not say.
    pub platform: Option<String>,
    /// What it points at.
    pub media_type: String,
    /// Whether it says something about an image instead of being one.
    pub attestation: bool,
}

/// One platform's image.
#[derive(Debug, Clone)]
pub struct PlatformView {
    /// Where it runs, as the index says, or its config where there is no index.
    pub runs_on: RunsOn,
    /// Where it runs as its config says, if there is one yet.
    pub said: Option<RunsOn>,
    /// Its labels.
    pub labels: Labels,
    /// How a container of it starts.
    pub start: Start,
    /// What lies at `/metadata.json`.
    pub metadata: Metadata,
    /// Its files.
    pub files: FileTree,
    /// What its UI has beyond the files and folders that are remembered one by one.
    pub rest: Rest,
    /// What its layers are called, lowest first.
    pub layers: Vec<String>,
    /// What was read of files from their first bytes, by path behind all links and without a leading `/`: all host
    /// files, the programs that containers start, and programs of the base (see `rules::backend::BASE`).
    pub programs: BTreeMap<String, Result<Facts, String>>,
    /// The compose file that metadata.json names, if that is a file.
    pub composefile: Option<Result<Compose, yaml::Broken>>,
    /// What its UI calls.
    pub mentions: Mentions,
    /// What is damaged or hostile in it.
    pub trouble: Vec<Trouble>,
}

/// How a container starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// `Entrypoint`.
    pub entrypoint: Vec<String>,
    /// `Cmd`.
    pub command: Vec<String>,
    /// `WorkingDir`.
    pub folder: String,
    /// The folders of `PATH` in `Env`.
    pub search: Vec<String>,
}

/// Something damaged or hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Whether it makes the image unusable, or only is nothing an image should have.
    pub fatal: bool,
    /// What it is, as a lower-case fragment: `2 entries leave the root`.
    pub what: String,
    /// The first path it was found at.
    pub path: Option<String>,
    /// The layer it was found in.
    pub layer: Option<String>,
    /// The platform whose image it was found in, where that image has no view of its own.
    pub platform: Option<String>,
}

impl Trouble {
    /// What makes the image unusable.
    #[must_use]
    pub fn fatal(what: String) -> Self {
        Trouble { fatal: true, what, path: None, layer: None, platform: None }
    }
}

/// What the network said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Online {
    /// What the URLs of icon and screenshots answered.
    pub answers: BTreeMap<String, Answer>,
    /// The tags of the repository, if it answered.
    pub tags: Option<Vec<String>>,
}

/// What a URL answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A picture, with its width and height in pixels where they could be read.
    Picture(Option<(u32, u32)>),
    /// Something that is no picture: its media type.
    Other(String),
    /// An error of HTTP.
    Status(u16),
    /// Nothing: why.
    Failed(String),
}

impl View {
    /// A view of a subject without a name and without the network.
    #[must_use]
    pub const fn of(subject: Subject) -> Self {
        View { subject, maker: Maker::Other, reference: None, tag: None, online: None }
    }

    /// The platforms of an image; none of other subjects.
    #[must_use]
    pub fn platforms(&self) -> &[PlatformView] {
        match &self.subject {
            Subject::Image(image) => &image.platforms,
            Subject::Metadata(_) | Subject::Manifest { .. } => &[],
        }
    }

    /// Every metadata.json that was looked for, with the platform it belongs to.
    pub fn metadata(&self) -> impl Iterator<Item = (Option<&PlatformView>, &Metadata)> {
        let alone = match &self.subject {
            Subject::Metadata(metadata) | Subject::Manifest { metadata, .. } => Some((None, metadata)),
            Subject::Image(_) => None,
        };
        alone.into_iter().chain(self.platforms().iter().map(|platform| (Some(platform), &platform.metadata)))
    }

    /// Every metadata.json that is JSON.
    pub fn documents(&self) -> impl Iterator<Item = (Option<&PlatformView>, &Document)> {
        self.metadata().filter_map(|(platform, metadata)| Some((platform, metadata.document()?)))
    }

    /// Every platform whose metadata.json is JSON.
    pub fn whole(&self) -> impl Iterator<Item = (&PlatformView, &Document)> {
        self.platforms().iter().filter_map(|platform| Some((platform, platform.metadata.document()?)))
    }

    /// Every set of labels, with the platform it belongs to.
    pub fn labels(&self) -> impl Iterator<Item = (Option<&PlatformView>, &Labels)> {
        let alone = match &self.subject {
            Subject::Manifest { labels, .. } => Some((None, labels)),
            Subject::Metadata(_) | Subject::Image(_) => None,
        };
        alone.into_iter().chain(self.platforms().iter().map(|platform| (Some(platform), &platform.labels)))
    }

    /// The image, if that is what was read.
    #[must_use]
    pub const fn image(&self) -> Option<&ImageView> {
        match &self.subject {
            Subject::Image(image) => Some(image),
            Subject::Metadata(_) | Subject::Manifest { .. } => None,
        }
    }
}

impl PlatformView {
    /// An empty image for a platform.
    #[must_use]
    pub fn empty(runs_on: RunsOn) -> Self {
        PlatformView {
            runs_on,
            said: None,
            labels: Labels::new(),
            start: Start::default(),
            metadata: Metadata::Absent,
            files: FileTree::default(),
            rest: Rest::default(),
            layers: Vec::new(),
            programs: BTreeMap::new(),
            composefile: None,
            mentions: Mentions::default(),
            trouble: Vec::new(),
        }
    }

    /// The platform as `linux/arm64`, and the variant where it says something.
    #[must_use]
    pub fn name(&self) -> String {
        self.runs_on.to_string()
    }

    /// Its CPU, if Docker Desktop runs on it.
    #[must_use]
    pub fn arch(&self) -> Option<Arch> {
        Arch::ALL.into_iter().find(|arch| self.runs_on.is_linux(*arch))
    }

    /// The name of a layer.
    #[must_use]
    pub fn layer(&self, at: Option<usize>) -> Option<&str> {
        self.layers.get(at?).map(String::as_str)
    }
}
