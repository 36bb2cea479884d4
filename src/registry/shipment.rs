//! What goes to a registry: one image of a layout, as a value.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Error;
use crate::domain::Digest;
use crate::image::document::RunsOn;
use crate::image::{Descriptor, Image, Layout};

/// One image of a layout, with all it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    /// The layout that holds it.
    pub layout: PathBuf,
    /// The index of all platforms: what tags point at.
    pub index: Descriptor,
    /// Its platforms, in the order of the index.
    pub platforms: Vec<PlatformShipment>,
    /// Configs and layers of all platforms, each once, the largest first.
    pub blobs: Vec<Descriptor>,
    /// What blobs are called in messages, where they have names.
    pub names: BTreeMap<Digest, String>,
}

/// One platform of a shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformShipment {
    /// Where it runs.
    pub platform: RunsOn,
    /// Its manifest.
    pub manifest: Descriptor,
    /// Its config.
    pub config: Descriptor,
    /// Its layers, lowest first.
    pub layers: Vec<Descriptor>,
}

impl Shipment {
    /// An image that was just written.
    #[must_use]
    pub fn of(image: &Image) -> Self {
        let platforms: Vec<PlatformShipment> = image
            .platforms
            .iter()
            .map(|platform| PlatformShipment {
                platform: RunsOn::linux(platform.arch),
                manifest: platform.manifest.clone(),
                config: platform.config.clone(),
                layers: platform.layers.iter().map(crate::image::LayerInfo::descriptor).collect(),
            })
            .collect();
        Shipment {
            layout: image.layout.clone(),
            index: image.index.clone(),
            platforms,
            blobs: Vec::new(),
            names: BTreeMap::new(),
        }
    }

    /// An image of any layout: the one with the tag, or the only one.
    ///
    /// # Errors
    /// When it is damaged or not wholly there, mixes the two families of media types, or has attestations or
    /// layers that must not be passed on.
    pub fn read(_layout: &Layout, _tag: Option<&str>) -> Result<Self, Error> {
        Err(Error::Setup { why: "not written yet".to_owned() })
    }
}
