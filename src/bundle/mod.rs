//! Artifacts to bundles: what goes where in each image, as lists. After this floor nobody knows what a
//! Docker extension is.

pub mod entry;
pub mod error;
pub mod labels;
pub mod metadata;
pub mod pack;
pub mod tree;
pub mod vcs;

use std::collections::BTreeMap;

pub use entry::{Content, Entry};
pub use error::Error;
pub use vcs::Vcs;

use crate::domain::Arch;

/// Everything one platform's image is made of, except its base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The CPU of the image; the operating system is always Linux.
    pub arch: Arch,
    /// The layers, lowest first.
    pub layers: Vec<LayerContent>,
    /// What the image's config says.
    pub config: ImageConfig,
}

/// The files of one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerContent {
    /// What it is called in reports and in the image's history, e.g. `ui` or `host dutool darwin`.
    pub name: String,
    /// Its files, sorted by path, no path twice.
    pub entries: Vec<Entry>,
}

/// The part of an image's config that the extension decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageConfig {
    /// Labels, equal on every platform.
    pub labels: BTreeMap<String, String>,
    /// What runs when a container of the image starts.
    pub entrypoint: Option<Vec<String>>,
    /// The arguments of the entry point.
    pub cmd: Option<Vec<String>>,
}
