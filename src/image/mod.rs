//! Bundles to one multi-arch image on disk. Before this floor nobody knows what a blob is.
//!
//! [`assemble`] hashes every input, finds the layers that bundles share or that the cache has, packs the
//! others, and writes an OCI layout whose bytes depend on nothing but its arguments. [`archive`] packs a
//! finished layout into one file, [`fsck()`] proves one whole, [`BaseImage`] is what lies below our layers.
//!
//! Time goes to compression, so everything is arranged around it: see `compress.rs`. Memory is a few buffers
//! a thread, whatever the size of the image.

pub mod archive;
mod assemble;
mod base;
mod cache;
mod compress;
mod config;
mod content;
mod damage;
pub mod document;
mod error;
mod fsck;
mod layer;
mod layout;
mod media_types;
mod read;
mod tar;
#[cfg(test)]
mod testing;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

pub use assemble::assemble;
pub use base::{BaseImage, choose};
pub use damage::Damage;
pub use document::Descriptor;
pub use error::Error;
pub use fsck::{Whole, fsck};
pub use media_types::{Kind, MediaTypes};
pub use read::{Layout, Listed, Listing, MARKER, MAX_DEPTH, MAX_DOCUMENT, MAX_MANIFESTS};

use crate::domain::{Arch, Digest, Reference};
use crate::report::{Message, PlatformManifest};

/// How an image is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// The tag that the image has in the layout.
    pub tag: String,
    /// The image's name, whose own tag and digest do not count; engines that load the layout use it.
    pub name: Option<Reference>,
    /// How layers are packed.
    pub compression: Compression,
    /// Seconds since the epoch: the time of every file, layer and config. `SOURCE_DATE_EPOCH`, or 0.
    pub created: u64,
    /// How many threads hash and pack. The image does not depend on it.
    pub threads: usize,
    /// Which family of media types to use.
    pub media_types: MediaTypes,
    /// Where finished layers are kept between runs; without it every layer is packed again.
    pub cache_dir: Option<PathBuf>,
}

/// How layers are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Gzip members of 1 MiB each, by libdeflate.
    Gzip {
        /// libdeflate's level, 1 to 12.
        level: u8,
    },
}

impl Default for Compression {
    /// Level 6: the fastest whose blobs are smaller than those of `pigz -6` and of buildah.
    fn default() -> Self {
        Compression::Gzip { level: 6 }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Compression::Gzip { level } = self;
        write!(f, "gzip -{level}")
    }
}

/// An image on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The layout that holds it.
    pub layout: PathBuf,
    /// Its name with its tag, if it has one.
    pub reference: Option<Reference>,
    /// The index of all platforms: what a registry's tag points at.
    pub index: Descriptor,
    /// Its platforms, in the order of the bundles.
    pub platforms: Vec<PlatformImage>,
}

/// One platform of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformImage {
    /// The CPU; the operating system is Linux.
    pub arch: Arch,
    /// Its manifest.
    pub manifest: Descriptor,
    /// Its config.
    pub config: Descriptor,
    /// Its layers, lowest first.
    pub layers: Vec<LayerInfo>,
}

/// One layer of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerInfo {
    /// What it is called in the bundle; `base` for a layer of the base image.
    pub name: String,
    /// The media type of the blob.
    pub media_type: String,
    /// The hash of the blob.
    pub digest: Digest,
    /// The length of the blob in bytes.
    pub size: u64,
    /// The hash of the tar in it.
    pub diff_id: Digest,
    /// The length of the tar in bytes; not known of a base image's layers.
    pub uncompressed: Option<u64>,
    /// Whether it was found in the cache and not packed again.
    pub cached: bool,
}

impl LayerInfo {
    /// The blob as manifests name it.
    #[must_use]
    pub fn descriptor(&self) -> Descriptor {
        let (media_type, digest, size) = (self.media_type.clone(), self.digest, self.size);
        Descriptor { media_type, digest, size, platform: None, annotations: None }
    }
}

impl Image {
    /// Where a blob of the image is.
    #[must_use]
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        blob_path(&self.layout, digest)
    }

    /// Every blob of the image, each once, those before others that those others need: layers and configs,
    /// then manifests, then the index.
    #[must_use]
    pub fn blobs(&self) -> Vec<Descriptor> {
        let layers = self.platforms.iter().flat_map(|p| p.layers.iter().map(LayerInfo::descriptor));
        let configs = self.platforms.iter().map(|p| p.config.clone());
        let manifests = self.platforms.iter().map(|p| p.manifest.clone());
        let mut seen = BTreeMap::new();
        let all = layers.chain(configs).chain(manifests).chain([self.index.clone()]);
        all.filter(|blob| seen.insert(blob.digest, ()).is_none()).collect()
    }

    /// The image as programs are told of it.
    #[must_use]
    pub fn message(&self) -> Message {
        let manifests = self.platforms.iter().map(|platform| PlatformManifest {
            platform: platform.arch.image_platform(),
            digest: platform.manifest.digest,
            size: platform.layers.iter().map(|layer| layer.size).sum(),
        });
        Message::Image {
            reference: self.reference.as_ref().map(Reference::familiar),
            digest: self.index.digest,
            manifests: manifests.collect(),
            path: self.layout.display().to_string(),
        }
    }
}

/// Where a layout keeps a blob (`image-layout.md` of the specification).
fn blob_path(layout: &Path, digest: &Digest) -> PathBuf {
    layout.join("blobs").join("sha256").join(digest.hex())
}
