//! Which images a base has: from the document that its tag names, through indexes, to one manifest for each platform.
//! Pure over a function that reads documents.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use super::Error;
use crate::domain::{Digest, Reference};
use crate::image::document::{Config, Index, Manifest, RunsOn};
use crate::image::{Descriptor, Kind, MAX_DEPTH, MAX_MANIFESTS, MediaTypes};

/// Reads a document of the base, given its descriptor.
pub(super) type Reading<'a> = &'a mut dyn FnMut(&Descriptor) -> Result<Vec<u8>, Error>;

/// The images that a document leads to, each with its platform, in the order of the indexes. Attestations and whatever
/// else is no image are left out.
///
/// # Errors
/// When a document is not what it should be, or there is no end to them.
pub(super) fn images(
    base: &Reference,
    root: &Descriptor,
    read: Reading<'_>,
) -> Result<Vec<(RunsOn, Descriptor)>, Error> {
    if root.kind() == Kind::Manifest {
        let config = config_of(base, root, read)?;
        let config = config.ok_or_else(|| unfit(base, root.digest, "is no container image"))?;
        return Ok(vec![(config.platform, root.clone())]);
    }
    let (mut found, mut seen, mut level) = (Vec::new(), BTreeSet::new(), vec![root.clone()]);
    for depth in 0.. {
        let mut below = Vec::new();
        for entry in level {
            if !seen.insert(entry.digest) {
                continue;
            }
            if seen.len() > MAX_MANIFESTS || below.len() > MAX_MANIFESTS {
                return Err(unfit(base, root.digest, format!("lists more than {MAX_MANIFESTS} manifests")));
            }
            match entry.kind() {
                Kind::Index if depth >= MAX_DEPTH => {
                    return Err(unfit(base, root.digest, format!("nests indexes more than {MAX_DEPTH} deep")));
                }
                Kind::Index => below.extend(parse::<Index>(base, &entry, &read(&entry)?)?.manifests),
                Kind::Manifest => found.extend(image(base, entry, read)?),
                Kind::Other => {}
            }
        }
        if below.is_empty() {
            break;
        }
        level = below;
    }
    Ok(found)
}

/// An entry of an index with the platform it says, or else its config.
fn image(base: &Reference, entry: Descriptor, read: Reading<'_>) -> Result<Option<(RunsOn, Descriptor)>, Error> {
    let platform = match &entry.platform {
        Some(platform) => Some(platform.clone()),
        None => config_of(base, &entry, read)?.map(|config| config.platform),
    };
    // BuildKit lists attestations under `unknown/unknown`.
    Ok(platform.filter(|platform| platform.os != "unknown").map(|platform| (platform, entry)))
}

/// The config of a manifest; `None` if the manifest is of something else than an image, as a chart or a signature.
fn config_of(base: &Reference, manifest: &Descriptor, read: Reading<'_>) -> Result<Option<Config>, Error> {
    let manifest: Manifest = parse(base, manifest, &read(manifest)?)?;
    if MediaTypes::ALL.iter().all(|family| family.config() != manifest.config.media_type) {
        return Ok(None);
    }
    let config = read(&manifest.config)?;
    parse(base, &manifest.config, &config).map(Some)
}

/// Describes the document that a tag or digest names, by what the document itself says and looks like: in a cache there
/// is no header beside it that would tell its type.
///
/// # Errors
/// When it is neither an index nor a manifest, or could be read as both: the specification's advice since
/// CVE-2021-41190 is to take no such document.
pub(super) fn describe(base: &Reference, bytes: &[u8]) -> Result<Descriptor, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Shape {
        schema_version: Option<u32>,
        media_type: Option<String>,
        manifests: Option<IgnoredAny>,
        config: Option<IgnoredAny>,
        layers: Option<IgnoredAny>,
    }
    let digest = Digest::of(bytes);
    let shape: Shape = serde_json::from_slice(bytes)
        .map_err(|error| unfit(base, digest, format!("is no valid document: {}", fault(&error))))?;
    let is_manifest = shape.config.is_some() || shape.layers.is_some();
    let (kind, usual) = match (shape.schema_version, shape.manifests.is_some(), is_manifest) {
        (Some(1), ..) => return Err(unfit(base, digest, "is of Docker's schema 1, which no engine of today reads")),
        (_, true, false) => (Kind::Index, MediaTypes::Oci.index()),
        (_, false, true) => (Kind::Manifest, MediaTypes::Oci.manifest()),
        (_, true, true) => return Err(unfit(base, digest, "could be read as an index and as a manifest")),
        (_, false, false) => return Err(unfit(base, digest, "is neither an index nor a manifest")),
    };
    let media_type = shape.media_type.unwrap_or(usual);
    if Kind::of(&media_type) != kind {
        return Err(unfit(
            base,
            digest,
            match Kind::of(&media_type) {
                Kind::Index => "does not look like the index it says it is",
                Kind::Manifest => "does not look like the manifest it says it is",
                Kind::Other => "says it is neither an index nor a manifest, and looks like one",
            },
        ));
    }
    Ok(Descriptor::of(media_type, bytes))
}

/// Reads a document as what its descriptor says it is.
pub(super) fn parse<T: DeserializeOwned>(base: &Reference, descriptor: &Descriptor, bytes: &[u8]) -> Result<T, Error> {
    // serde_json refuses to nest more than 128 deep, so a document cannot exhaust the stack.
    serde_json::from_slice(bytes)
        .map_err(|error| unfit(base, descriptor.digest, format!("cannot be read: {}", fault(&error))))
}

/// What is wrong with a document, in words that hold nothing of it: a registry can put there what it was shown to let
/// us in, and from the cache nobody would know it again.
fn fault(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Syntax => "it is no JSON",
        Category::Data => "it has something else than should be there",
        Category::Eof | Category::Io => "it ends too soon",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

fn unfit(base: &Reference, digest: Digest, why: impl Into<String>) -> Error {
    Error::Unfit { base: base.familiar(), digest, why: why.into() }
}
