//! Documents to a view: the index, and of each platform the manifest and the config.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use super::Error;
use super::limits::{MAX_DEPTH, MAX_DOCUMENTS, MAX_ENTRIES, MAX_LAYERS, MAX_PLATFORMS, MAX_VALUES};
use super::model::{Document, Entry, Layer, Platform, history_of_layers};
use super::source::Source;
use super::unpack::Packing;
use crate::domain::json::Unread;
use crate::domain::{Arch, Digest, Reference, count, json};
use crate::image::document::{CONTAINERD_NAME, Config, Index, Manifest, RunsOn};
use crate::image::{Descriptor, Kind, MediaTypes};

/// The root of an image and what its indexes list.
#[derive(Debug)]
pub(super) struct Listed {
    pub root: Document,
    /// The entries of its indexes; none if it is a manifest.
    pub entries: Vec<Entry>,
    descriptors: Vec<Descriptor>,
}

/// What an image consists of: its root, the names that it has, what its indexes list, and the platforms that are wanted.
pub(super) type Image = (Document, Vec<String>, Vec<Entry>, Vec<Platform>);

/// Reads the documents of an image.
///
/// # Errors
/// As [`root`], [`list`] and [`platforms`].
pub(super) fn image(source: &Source<'_>, name: &str, tag: Option<&str>, wanted: &[String]) -> Result<Image, Error> {
    let (root, names) = root(source, name, tag)?;
    let listed = list(source, name, root)?;
    let platforms = platforms(source, name, &listed, wanted)?;
    Ok((listed.root, names, listed.entries, platforms))
}

/// Finds the document that a tag of this place stands for, and the names that it has there.
///
/// # Errors
/// When there is none, or several.
pub(super) fn root(source: &Source<'_>, image: &str, tag: Option<&str>) -> Result<(Document, Vec<String>), Error> {
    if let Source::Registry { session, reference } = source {
        let (descriptor, bytes) = session.root(reference)?;
        let Descriptor { media_type, digest, size, .. } = descriptor;
        return Ok((Document { media_type, digest, size, bytes }, vec![reference.to_string()]));
    }
    let broken = |why: &str| Error::Document {
        image: image.to_owned(),
        what: "list of images",
        digest: None,
        why: why.to_owned(),
    };
    let bytes = source.index_json()?.ok_or_else(|| broken("`index.json` is missing"))?;
    let index: Index = parse(image, "list of images", None, &bytes)?;
    match choose(image, &index.manifests, tag)? {
        Some(entry) => {
            let what = if entry.kind() == Kind::Index { "image index" } else { "image manifest" };
            let bytes = source.document(image, what, entry)?;
            let Descriptor { media_type, digest, size, .. } = entry;
            let document = Document { media_type: media_type.clone(), digest: *digest, size: *size, bytes };
            let same = index.manifests.iter().filter(|other| other.digest == entry.digest);
            Ok((document, same.flat_map(names).map(str::to_owned).collect()))
        }
        None => {
            let all = index.manifests.first().into_iter().flat_map(names).map(str::to_owned).collect();
            let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
            Ok((Document { media_type: MediaTypes::Oci.index(), digest, size, bytes }, all))
        }
    }
}

/// The entry of `index.json` that is meant; none if it lists the platforms of one image itself, as some tools
/// write it.
fn choose<'a>(image: &str, entries: &'a [Descriptor], tag: Option<&str>) -> Result<Option<&'a Descriptor>, Error> {
    let fits = |entry: &&Descriptor| match tag {
        None => true,
        Some(tag) => names(entry).any(|name| {
            name == tag || Reference::parse(name).is_ok_and(|reference| reference.tag.as_deref() == Some(tag))
        }),
    };
    let fitting: Vec<&Descriptor> = entries.iter().filter(fits).collect();
    let named: Vec<&Descriptor> = fitting.iter().copied().filter(|entry| names(entry).next().is_some()).collect();
    let candidates = if named.is_empty() { &fitting } else { &named };
    let digests: BTreeSet<Digest> = candidates.iter().map(|entry| entry.digest).collect();
    let tags: BTreeSet<Option<&str>> = candidates.iter().map(|entry| names(entry).next()).collect();
    match (candidates.first(), digests.len(), tags.len()) {
        (Some(entry), 1, _) => Ok(Some(entry)),
        (Some(_), _, 1) if candidates.len() == entries.len() => Ok(None),
        _ => Err(Error::Choice {
            image: image.to_owned(),
            wanted: tag.map(str::to_owned),
            found: entries.iter().filter_map(|entry| names(entry).next()).map(str::to_owned).collect(),
        }),
    }
}

/// The names that an entry of `index.json` has: its tag, or a whole reference.
fn names(entry: &Descriptor) -> impl Iterator<Item = &str> {
    let containerd = entry.annotations.as_ref().and_then(|all| all.get(CONTAINERD_NAME)).map(String::as_str);
    entry.tag().into_iter().chain(containerd)
}

/// Follows the indexes of an image.
///
/// # Errors
/// When one is missing, damaged or hostile.
pub(super) fn list(source: &Source<'_>, image: &str, root: Document) -> Result<Listed, Error> {
    let no_image = |media_type: &str| Error::NoImage { image: image.to_owned(), media_type: media_type.to_owned() };
    let top = match Kind::of(&root.media_type) {
        Kind::Index => parse::<Index>(image, "image index", Some(root.digest), &root.bytes)?.manifests,
        Kind::Manifest => vec![Descriptor {
            media_type: root.media_type.clone(),
            digest: root.digest,
            size: root.size,
            platform: None,
            annotations: None,
        }],
        Kind::Other => return Err(no_image(&root.media_type)),
    };
    let too_many = || Error::TooMany { image: image.to_owned(), what: "entries in its indexes", limit: MAX_ENTRIES };
    let mut descriptors = Vec::new();
    let mut level = top;
    for depth in 1.. {
        let mut below = Vec::new();
        for descriptor in level {
            if descriptors.len() + below.len() >= MAX_ENTRIES {
                return Err(too_many());
            }
            if descriptor.kind() != Kind::Index {
                descriptors.push(descriptor);
            } else if depth == MAX_DEPTH {
                return Err(Error::TooMany {
                    image: image.to_owned(),
                    what: "indexes in one another",
                    limit: MAX_DEPTH,
                });
            } else {
                let bytes = source.document(image, "image index", &descriptor)?;
                below.extend(parse::<Index>(image, "image index", Some(descriptor.digest), &bytes)?.manifests);
            }
        }
        if below.is_empty() {
            break;
        }
        level = below;
    }
    let is_index = Kind::of(&root.media_type) == Kind::Index;
    let entries = descriptors.iter().filter(|_| is_index).map(|one| entry(source, one)).collect();
    Ok(Listed { root, entries, descriptors })
}

fn entry(source: &Source<'_>, descriptor: &Descriptor) -> Entry {
    Entry {
        media_type: media_type_of(source, descriptor),
        digest: descriptor.digest,
        size: descriptor.size,
        platform: descriptor.platform.as_ref().map(|on| platform_of(source, on).to_string()),
        annotations: descriptor.annotations.clone().unwrap_or_default(),
        attestation: is_attestation(descriptor),
    }
}

/// A media type as it may be told. Those that mean something hold nothing else.
fn media_type_of(source: &Source<'_>, descriptor: &Descriptor) -> String {
    let Descriptor { media_type, .. } = descriptor;
    let known = descriptor.kind() != Kind::Other || MediaTypes::Oci.translate_layer(media_type).is_some();
    if known { media_type.clone() } else { source.told(media_type) }
}

/// A platform as it may be told.
fn platform_of(source: &Source<'_>, on: &RunsOn) -> RunsOn {
    let usual = Arch::ALL.into_iter().any(|arch| on.is_linux(arch)) && on.variant.is_none();
    let told = |words: &String| source.told(words);
    match usual {
        true => on.clone(),
        false => {
            RunsOn { architecture: told(&on.architecture), os: told(&on.os), variant: on.variant.as_ref().map(told) }
        }
    }
}

/// Whether an entry says something about an image and is none (BuildKit's `docs/attestations`).
fn is_attestation(descriptor: &Descriptor) -> bool {
    let unknown = descriptor.platform.as_ref().is_some_and(|on| on.os == "unknown" && on.architecture == "unknown");
    let said = descriptor.annotations.as_ref().is_some_and(|all| all.contains_key("vnd.docker.reference.type"));
    unknown || said
}

/// Reads the images of the platforms that are wanted, of all if none is named.
///
/// # Errors
/// When a document is missing, damaged or hostile, or a wanted platform is not there.
pub(super) fn platforms(
    source: &Source<'_>,
    image: &str,
    listed: &Listed,
    wanted: &[String],
) -> Result<Vec<Platform>, Error> {
    let images: Vec<&Descriptor> = listed
        .descriptors
        .iter()
        .filter(|entry| entry.kind() == Kind::Manifest && !is_attestation(entry))
        .filter(|entry| entry.platform.as_ref().is_none_or(|on| is_wanted(on, wanted)))
        .collect();
    if images.len() > MAX_PLATFORMS {
        return Err(Error::TooMany { image: image.to_owned(), what: "platforms", limit: MAX_PLATFORMS });
    }
    let mut platforms = Vec::new();
    let (mut bytes, mut values) = (0, 0);
    for descriptor in images {
        let platform = platform(source, image, descriptor)?;
        for document in platform.manifest.iter().chain([&platform.config]) {
            bytes += document.size;
            values += json::values(&document.bytes);
        }
        if bytes > MAX_DOCUMENTS || values > MAX_VALUES {
            let why =
                format!("and those before it have more than {MAX_DOCUMENTS} bytes or {MAX_VALUES} values together");
            let digest = Some(descriptor.digest);
            return Err(Error::Document { image: image.to_owned(), what: "image manifest", digest, why });
        }
        if is_wanted(&platform.runs_on, wanted) {
            platforms.push(platform);
        }
    }
    all_there(image, &platforms, wanted, listed.entries.iter().filter_map(|entry| entry.platform.clone()).collect())?;
    Ok(platforms)
}

/// Checks that every wanted platform was found.
///
/// # Errors
/// When one was not.
pub(super) fn all_there(
    image: &str,
    platforms: &[Platform],
    wanted: &[String],
    mut found: Vec<String>,
) -> Result<(), Error> {
    let missing =
        wanted.iter().find(|one| !platforms.iter().any(|platform| is_wanted(&platform.runs_on, &[(*one).clone()])));
    let Some(missing) = missing else { return Ok(()) };
    if found.is_empty() {
        found = platforms.iter().map(Platform::name).collect();
    }
    Err(Error::NoPlatform { image: image.to_owned(), wanted: missing.clone(), found })
}

/// Whether `wanted` names the platform, with its variant or without.
pub(super) fn is_wanted(on: &RunsOn, wanted: &[String]) -> bool {
    let short = RunsOn { variant: None, ..on.clone() }.to_string();
    wanted.is_empty() || wanted.iter().any(|one| *one == short || *one == on.to_string())
}

fn platform(source: &Source<'_>, image: &str, descriptor: &Descriptor) -> Result<Platform, Error> {
    let bytes = source.document(image, "image manifest", descriptor)?;
    let manifest: Manifest = parse(image, "image manifest", Some(descriptor.digest), &bytes)?;
    let document =
        Document { media_type: descriptor.media_type.clone(), digest: descriptor.digest, size: descriptor.size, bytes };
    let bytes = source.document(image, "image config", &manifest.config)?;
    let said: Config = parse(image, "image config", Some(manifest.config.digest), &bytes)?;
    let Descriptor { media_type, digest, size, .. } = manifest.config;
    let config = Document { media_type, digest, size, bytes };
    layers_fit(image, manifest.layers.len(), &said)?;
    let steps = history_of_layers(&said, manifest.layers.len());
    let layers = manifest.layers.into_iter().zip(&said.rootfs.diff_ids).zip(steps).map(|((layer, diff_id), step)| {
        let packing = Packing::announced(&layer.media_type);
        let media_type = media_type_of(source, &layer);
        let Descriptor { digest, size, .. } = layer;
        Layer { name: None, ours: false, media_type, packing, digest, size, diff_id: *diff_id }.named(step.as_deref())
    });
    let layers: Vec<Layer> = layers.collect();
    let runs_on = platform_of(source, descriptor.platform.as_ref().unwrap_or(&said.platform));
    Ok(Platform { runs_on, manifest: Some(document), config, said, layers })
}

/// Checks that a config has one diff id for each layer.
///
/// # Errors
/// When it has more or fewer, or there are more layers than any engine takes.
pub(super) fn layers_fit(image: &str, layers: usize, config: &Config) -> Result<(), Error> {
    if layers > MAX_LAYERS {
        return Err(Error::TooMany { image: image.to_owned(), what: "layers", limit: MAX_LAYERS });
    }
    let diff_ids = config.rootfs.diff_ids.len();
    if diff_ids == layers {
        return Ok(());
    }
    let why = format!("has {} for {}", count(diff_ids as u64, "diff id"), count(layers as u64, "layer"));
    Err(Error::Document { image: image.to_owned(), what: "image config", digest: None, why })
}

/// Reads JSON.
///
/// # Errors
/// When it has more values than any document of an image, or is another one.
pub(super) fn parse<T: DeserializeOwned>(
    image: &str,
    what: &'static str,
    digest: Option<Digest>,
    bytes: &[u8],
) -> Result<T, Error> {
    json::read(bytes, MAX_VALUES).map_err(|unread| {
        let why = match unread {
            Unread::TooMany { most, .. } => format!("has more than {most} values"),
            Unread::Json(error) => format!("is invalid: {error}"),
        };
        Error::Document { image: image.to_owned(), what, digest, why }
    })
}
