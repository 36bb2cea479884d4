//! What `docker save` wrote before it knew OCI, and what skopeo still writes as `docker-archive:`: a
//! `manifest.json` that names a config and the layers of one image (moby's `image/tarexport`).
//!
//! There is no manifest, no index and no digest of a manifest, so the view has none. A layer's blob is the
//! member itself: its digest is the diff id where it is a plain tar, and is computed where it is packed.

use std::io::{self, Read};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Error;
use super::archive::Archive;
use super::limits::MAX_LAYERS;
use super::model::{Document, Layer, Platform, history_of_layers};
use super::unpack::Packing;
use crate::domain::{Digest, Reference};
use crate::image::MediaTypes;
use crate::image::document::Config;

/// The file that makes a tar one of these.
pub(super) const MANIFEST: &str = "manifest.json";

/// One image of `manifest.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// Reads the one image of an archive, or the one of a tag, and the names it has there.
///
/// # Errors
/// When something is missing, damaged or hostile, or there are several images.
pub(super) fn read(archive: &Archive, image: &str, tag: Option<&str>) -> Result<(Platform, Vec<String>), Error> {
    let broken = |why: String| Error::document(image, "list of images", None, why);
    let bytes = archive.small(MANIFEST)?.ok_or_else(|| broken(format!("`{MANIFEST}` is missing")))?;
    let all: Vec<Saved> = super::read::parse(image, "list of images", None, &bytes)?;
    let saved = choose(all, image, tag)?;
    let broken = |why: String| Error::document(image, "image config", None, why);
    let bytes = archive.small(&saved.config)?.ok_or_else(|| broken(format!("`{}` is missing", saved.config)))?;
    let config = Document {
        media_type: MediaTypes::Docker.config(),
        digest: Digest::of(&bytes),
        size: bytes.len() as u64,
        bytes,
    };
    // The file is named after its own digest.
    let name = saved.config.trim_end_matches(".json");
    if let Ok(named) = Digest::from_hex(name.rsplit('/').next().unwrap_or(name))
        && named != config.digest
    {
        return Err(broken(format!("holds other bytes than its name says, which hash to {}", config.digest)));
    }
    let said: Config = super::read::parse(image, "image config", Some(config.digest), &config.bytes)?;
    let layers = layers(archive, image, saved.layers.unwrap_or_default(), &said)?;
    let names = saved.repo_tags.unwrap_or_default();
    Ok((Platform { runs_on: said.platform.clone(), manifest: None, config, said, layers }, names))
}

fn choose(all: Vec<Saved>, image: &str, tag: Option<&str>) -> Result<Saved, Error> {
    let tags = |saved: &Saved| saved.repo_tags.clone().unwrap_or_default();
    let found = all.iter().flat_map(tags).collect();
    let wanted = tag.map(|tag| (tag, Reference::parse(tag).ok()));
    let fits = |saved: &Saved| match &wanted {
        None => true,
        Some((tag, wanted)) => tags(saved).iter().any(|name| {
            let parsed = Reference::parse(name).ok();
            name == tag
                || (parsed.is_some() && parsed == *wanted)
                || parsed.and_then(|parsed| parsed.tag).as_deref() == Some(*tag)
        }),
    };
    let mut fitting = all.into_iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(saved), None) => Ok(saved),
        _ => Err(Error::Choice { image: image.to_owned(), wanted: tag.map(str::to_owned), found }),
    }
}

fn layers(archive: &Archive, image: &str, names: Vec<String>, config: &Config) -> Result<Vec<Layer>, Error> {
    super::read::layers_fit(image, names.len(), config)?;
    if names.len() > MAX_LAYERS {
        return Err(Error::TooMany { image: image.to_owned(), what: "layers", limit: MAX_LAYERS });
    }
    let steps = history_of_layers(config, names.len());
    let all = names.iter().zip(&config.rootfs.diff_ids).zip(steps);
    all.map(|((name, diff_id), step)| Ok(layer(archive, image, name, *diff_id)?.named(step.as_deref()))).collect()
}

fn layer(archive: &Archive, image: &str, name: &str, diff_id: Digest) -> Result<Layer, Error> {
    let broken = |why: String| Error::document(image, "list of images", None, why);
    let (mut member, size) =
        archive.member(name).ok_or_else(|| broken(format!("names the layer `{name}`, which is missing")))?;
    let mut head = Vec::new();
    let unreadable = |error: io::Error| broken(format!("names the layer `{name}`, which cannot be read: {error}"));
    member.by_ref().take(4).read_to_end(&mut head).map_err(unreadable)?;
    let packing = Packing::of(&head);
    let digest = match packing {
        Packing::Plain => diff_id,
        _ => hash(&head, member).map_err(unreadable)?,
    };
    archive.name(digest, name);
    let media_type = match packing {
        Packing::Plain => "application/vnd.docker.image.rootfs.diff.tar".to_owned(),
        Packing::Gzip => MediaTypes::Docker.layer_gzip(),
        Packing::Zstd => "application/vnd.docker.image.rootfs.diff.tar.zstd".to_owned(),
    };
    Ok(Layer { name: None, ours: false, media_type, packing: Some(packing), digest, size, diff_id })
}

fn hash(head: &[u8], mut rest: impl Read) -> io::Result<Digest> {
    let mut hasher = Sha256::new_with_prefix(head);
    let mut buffer = vec![0; 128 << 10];
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return Ok(Digest::from_hasher(hasher)),
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
