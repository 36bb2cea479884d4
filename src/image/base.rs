//! Base images from a local OCI layout: which platforms it has, and its layers, verified, below ours.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::content::hash_file;
use super::damage::Damage;
use super::document::{Descriptor, Execution, History, RunsOn};
use super::layout::Target;
use super::media_types::MediaTypes;
use super::read::{Layout, Listed};
use super::{Error, LayerInfo};
use crate::domain::{Arch, Digest};

/// One platform's image that ours is built upon.
#[derive(Debug, Clone)]
pub struct BaseImage {
    /// How its containers start.
    pub(super) execution: Execution,
    /// How its layers came about, one entry for each.
    pub(super) history: Vec<History>,
    path: PathBuf,
    layout: Layout,
    /// Its layers and their diff ids, lowest first.
    layers: Vec<(Descriptor, Digest)>,
}

impl BaseImage {
    /// Finds the image of each CPU in a layout, and reads its manifest and config but not its layers: so it
    /// can be asked before anything is built whether the base has what is needed.
    ///
    /// Without a tag the layout must hold one image. Of several images for a CPU the one without a variant
    /// counts, or with the variant that every such CPU has, else the first.
    ///
    /// # Errors
    /// When the layout is damaged, hostile, lacks a platform, or holds layers that may not be passed on or
    /// that the family of media types has no name for.
    pub fn open(
        layout: &Path,
        tag: Option<&str>,
        archs: &[Arch],
        family: MediaTypes,
    ) -> Result<BTreeMap<Arch, BaseImage>, Error> {
        let damaged = |source| Error::Base { layout: layout.to_owned(), source };
        let files = Layout::open(layout).map_err(damaged)?;
        let manifests = platforms(&files, layout, tag).map_err(damaged)?;
        let chosen = archs.iter().map(|&arch| match choose(&manifests, arch) {
            Some(manifest) => Ok((arch, manifest.clone())),
            None => Err(Error::BasePlatform {
                layout: layout.to_owned(),
                wanted: arch.image_platform(),
                found: manifests.iter().map(|(platform, _)| platform.to_string()).collect(),
            }),
        });
        Self::chosen(layout, &chosen.collect::<Result<_, _>>()?, family)
    }

    /// As [`BaseImage::open`], where it is known which manifest is for which CPU. The layout's `index.json` is not
    /// read.
    ///
    /// # Errors
    /// As [`BaseImage::open`].
    pub fn chosen(
        layout: &Path,
        manifests: &BTreeMap<Arch, Descriptor>,
        family: MediaTypes,
    ) -> Result<BTreeMap<Arch, BaseImage>, Error> {
        let damaged = |source| Error::Base { layout: layout.to_owned(), source };
        let files = Layout::open(layout).map_err(damaged)?;
        let read =
            |(arch, manifest): (&Arch, &Descriptor)| Ok((*arch, Self::read(layout, files.clone(), manifest, family)?));
        manifests.iter().map(read).collect()
    }

    fn read(path: &Path, layout: Layout, manifest: &Descriptor, family: MediaTypes) -> Result<Self, Error> {
        let damaged = |source| Error::Base { layout: path.to_owned(), source };
        let manifest = layout.manifest(manifest).map_err(damaged)?;
        let config = layout.config(&manifest).map_err(damaged)?;
        let mut layers = Vec::new();
        for (layer, diff_id) in manifest.layers.into_iter().zip(config.rootfs.diff_ids) {
            let Some(media_type) = family.translate_layer(&layer.media_type) else {
                let why = match MediaTypes::Oci.translate_layer(&layer.media_type) {
                    Some(_) => "Docker's media types have no name for",
                    None => "is no layer that may be copied",
                };
                let media_type = layer.media_type.chars().take(100).collect();
                return Err(Error::BaseLayer { layout: path.to_owned(), media_type, why });
            };
            layers.push((Descriptor { media_type, annotations: None, platform: None, ..layer }, diff_id));
        }
        let execution = config.config.unwrap_or_default();
        let history = history_of_layers(config.history.unwrap_or_default(), layers.len());
        Ok(BaseImage { execution, history, path: path.to_owned(), layout, layers })
    }

    /// How many layers it has.
    #[must_use]
    pub fn layer_count(&self) -> usize {
        self.layers.len()
    }

    /// Its layers as they stand in our image, lowest first.
    pub fn descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        self.layers.iter().map(|(layer, _)| layer)
    }

    /// Its layers as they stand in our image.
    pub(super) fn layers(&self) -> impl Iterator<Item = LayerInfo> {
        self.layers.iter().map(|(layer, diff_id)| LayerInfo {
            name: "base".to_owned(),
            media_type: layer.media_type.clone(),
            digest: layer.digest,
            size: layer.size,
            diff_id: *diff_id,
            uncompressed: None,
            cached: false,
        })
    }

    /// Copies its layers into a layout, each verified on the way.
    ///
    /// # Errors
    /// When one is missing, of another size, or not what its digest says.
    pub(super) fn copy_layers(&self, target: &Target) -> Result<(), Error> {
        for (layer, _) in &self.layers {
            let there = hash_file(&target.blob_path(&layer.digest));
            if !there.is_ok_and(|there| there.digest == layer.digest && there.size == layer.size) {
                self.copy(layer, target)?;
            }
        }
        Ok(())
    }

    fn copy(&self, layer: &Descriptor, target: &Target) -> Result<(), Error> {
        let mut blob = target.begin()?;
        let copied = self.layout.copy(layer, |bytes| blob.write_all(bytes).map_err(|e| target.failed(e)));
        copied.map_err(|error| match error {
            Error::Damage(source) => Error::Base { layout: self.path.clone(), source },
            other => other,
        })?;
        target.keep(blob, &layer.digest)
    }
}

/// The images of a layout with their platforms, from the index entry or else from the config.
fn platforms(layout: &Layout, path: &Path, tag: Option<&str>) -> Result<Vec<(RunsOn, Descriptor)>, Damage> {
    let listing = layout.list(tag)?;
    // Some tools list the platforms of one image right here; only names tell several images apart.
    let named: BTreeSet<Digest> = listing.roots.iter().filter(|e| e.tag().is_some()).map(|e| e.digest).collect();
    if named.len() > 1 {
        let found = listing.roots.iter().filter_map(Descriptor::tag).map(str::to_owned).collect();
        return Err(Damage::Tag { layout: path.to_owned(), wanted: None, found });
    }
    let mut images = Vec::new();
    for Listed { descriptor, platform } in listing.manifests {
        let platform = match platform {
            Some(platform) => platform,
            None => layout.config(&layout.manifest(&descriptor)?)?.platform,
        };
        // Attestations are listed under `unknown/unknown`.
        if platform.os != "unknown" {
            images.push((platform, descriptor));
        }
    }
    Ok(images)
}

/// The Linux image for a CPU, of several the one that runs on the most of its kind: that without a variant, or with the
/// variant that every such CPU has, else the first.
#[must_use]
pub fn choose(images: &[(RunsOn, Descriptor)], arch: Arch) -> Option<&Descriptor> {
    let baseline = match arch {
        Arch::Amd64 => "v1",
        Arch::Arm64 => "v8",
    };
    let rank = |platform: &RunsOn| match platform.variant.as_deref() {
        None | Some("") => 0,
        Some(variant) if variant == baseline => 1,
        Some(_) => 2,
    };
    let fitting = images.iter().filter(|(platform, _)| platform.is_linux(arch));
    fitting.min_by_key(|(platform, _)| rank(platform)).map(|(_, descriptor)| descriptor)
}

/// One entry for each layer. Steps that made no layer are left out: they set labels and the like, which are
/// not inherited. A history that does not fit its layers is replaced.
fn history_of_layers(history: Vec<History>, layers: usize) -> Vec<History> {
    let kept: Vec<History> = history.into_iter().filter(|step| step.empty_layer != Some(true)).collect();
    if kept.len() == layers {
        return kept;
    }
    let base = History { created: None, created_by: Some("base image".to_owned()), empty_layer: None };
    vec![base; layers]
}

#[cfg(test)]
mod tests;
