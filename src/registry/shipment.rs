//! What goes to a registry: one image of a layout, as a value.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::Error;
use crate::domain::Digest;
use crate::image::document::{Manifest, RunsOn};
use crate::image::{Descriptor, Image, Layout, MAX_DOCUMENT, MediaTypes};
use crate::sys::fs;

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
    /// What layers are called in messages, where they have names.
    pub names: BTreeMap<Digest, String>,
    /// Whether the blobs are known to be what their digests say. Those of a layout that may come from anywhere are
    /// hashed while they are sent: a registry that does not do that would publish damage.
    pub proven: bool,
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
        let platform = |platform: &crate::image::PlatformImage| PlatformShipment {
            platform: RunsOn::linux(platform.arch),
            manifest: platform.manifest.clone(),
            config: platform.config.clone(),
            layers: platform.layers.iter().map(crate::image::LayerInfo::descriptor).collect(),
        };
        let layers = image.platforms.iter().flat_map(|platform| &platform.layers);
        let names = layers.map(|layer| (layer.digest, layer.name.clone())).collect();
        let platforms = image.platforms.iter().map(platform).collect();
        Shipment { proven: true, ..Shipment::new(image.layout.clone(), image.index.clone(), platforms, names) }
    }

    /// An image of any layout: the one with the tag, or the only one.
    ///
    /// # Errors
    /// When a document of it is damaged, a blob is absent or of another size, it mixes the two families of media types,
    /// or it has attestations or layers that must not be passed on.
    pub fn read(layout: &Layout, tag: Option<&str>) -> Result<Self, Error> {
        let root = layout.root().to_owned();
        let unfit = |why: String| Error::Unfit { layout: root.clone(), why };
        let listing = layout.list(tag)?;
        let [index] = listing.roots.as_slice() else {
            return Err(unfit(format!("it holds {} images; name one by its tag", listing.roots.len())));
        };
        let family = MediaTypes::ALL.into_iter().find(|family| family.index() == index.media_type);
        let Some(family) = family else {
            return Err(unfit(format!("its `index.json` leads to `{}`, not to an image index", index.media_type)));
        };
        if listing.indexes.len() > 1 {
            return Err(unfit("its index lists further indexes".to_owned()));
        }
        if let Some(other) = listing.others.first() {
            return Err(unfit(format!("its index lists something of the type `{}`", other.media_type)));
        }
        let mut platforms = Vec::with_capacity(listing.manifests.len());
        for listed in &listing.manifests {
            let manifest = layout.manifest(&listed.descriptor)?;
            let platform = listed.platform.clone().unwrap_or_default();
            judge(family, &listed.descriptor, &platform, &manifest).map_err(unfit)?;
            let Manifest { config, layers, .. } = manifest;
            platforms.push(PlatformShipment { platform, manifest: listed.descriptor.clone(), config, layers });
        }
        if platforms.is_empty() {
            return Err(unfit("its index lists no platform".to_owned()));
        }
        let index = Descriptor { platform: None, annotations: None, ..index.clone() };
        let shipment = Shipment::new(root, index, platforms, BTreeMap::new());
        for blob in &shipment.blobs {
            // What is sent will be hashed, so that here the length is enough.
            layout.presence(blob)?;
        }
        Ok(shipment)
    }

    fn new(
        layout: PathBuf,
        index: Descriptor,
        platforms: Vec<PlatformShipment>,
        names: BTreeMap<Digest, String>,
    ) -> Self {
        let mut seen = BTreeSet::new();
        let all = platforms.iter().flat_map(|platform| platform.layers.iter().chain([&platform.config]));
        let mut blobs: Vec<Descriptor> = all.filter(|blob| seen.insert(blob.digest)).cloned().collect();
        blobs.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.digest.cmp(&b.digest)));
        Shipment { layout, index, platforms, blobs, names, proven: false }
    }

    /// The manifests of the platforms, then the index.
    pub fn documents(&self) -> impl Iterator<Item = &Descriptor> {
        self.platforms.iter().map(|platform| &platform.manifest).chain([&self.index])
    }

    /// What a blob is called in messages.
    pub(super) fn name_of(&self, blob: &Descriptor) -> String {
        let is_config = self.platforms.iter().any(|platform| platform.config.digest == blob.digest);
        match self.names.get(&blob.digest) {
            _ if is_config => format!("the config {}", blob.digest),
            Some(name) => format!("the layer `{name}` {}", blob.digest),
            None => format!("the layer {}", blob.digest),
        }
    }

    /// What a blob is called beside a bar.
    pub(super) fn label_of(&self, blob: &Descriptor) -> String {
        let short = || blob.digest.hex().chars().take(12).collect();
        self.names.get(&blob.digest).cloned().unwrap_or_else(short)
    }

    /// Where a blob is.
    pub(super) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.layout.join("blobs").join("sha256").join(digest.hex())
    }

    /// The bytes of a manifest or of the index, as they are in the layout.
    pub(super) fn read_document(&self, document: &Descriptor) -> Result<Vec<u8>, Error> {
        let path = self.blob_path(&document.digest);
        let bytes = fs::read(&path, MAX_DOCUMENT)?;
        if Digest::of(&bytes) == document.digest { Ok(bytes) } else { Err(Error::Changed { path }) }
    }
}

/// Whether a platform's manifest is one that every registry takes.
fn judge(family: MediaTypes, entry: &Descriptor, platform: &RunsOn, manifest: &Manifest) -> Result<(), String> {
    let annotations = entry.annotations.as_ref();
    if platform.os == "unknown" || annotations.is_some_and(|all| all.contains_key("vnd.docker.reference.type")) {
        return Err("it has attestations, which Docker's extension tools and some registries stumble over".to_owned());
    }
    let mixed = |what: &str, media_type: &str| {
        Err(format!("{what} is `{media_type}` below an index of the other family; Quay and others refuse that"))
    };
    if entry.media_type != family.manifest() {
        return mixed("a manifest", &entry.media_type);
    }
    if manifest.config.media_type != family.config() {
        return mixed("a config", &manifest.config.media_type);
    }
    if manifest.layers.is_empty() {
        return Err(format!("its {platform} has no layers, which ECR and others refuse"));
    }
    for layer in &manifest.layers {
        match family.translate_layer(&layer.media_type) {
            None => return Err(format!("a layer is `{}`, which must not be passed on", layer.media_type)),
            Some(own) if own != layer.media_type => return mixed("a layer", &layer.media_type),
            Some(_) => {}
        }
    }
    Ok(())
}
