//! The one way from bundles to a layout.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::thread;

use libdeflater::CompressionLvl;
use tempfile::NamedTempFile;

use super::cache::{Cache, LIMIT};
use super::compress::{Packed, Settings, Sink, pack};
use super::content::{Contents, in_parallel};
use super::document::{RunsOn, canonical, rfc3339};
use super::layer::{Layer, Layers};
use super::layout::Target;
use super::{BaseImage, Compression, Descriptor, Error, Image, LayerInfo, Options, PlatformImage, config};
use crate::bundle::Bundle;
use crate::domain::reference::is_tag;
use crate::domain::{Arch, Digest};
use crate::report::{Event, Message, Report};
use crate::sys::fs;

/// Writes the image of `bundles` as an OCI layout at `dest`, on top of the bases of the CPUs that have one.
///
/// `dest` is made, or replaced in one step if it is a layout that this function wrote.
///
/// # Errors
/// When an input cannot be read or changes meanwhile, a base is damaged, `dest` holds something else, or the
/// disk refuses. What was at `dest` is then still whole.
pub fn assemble(
    bundles: &[Bundle],
    bases: &BTreeMap<Arch, BaseImage>,
    options: &Options,
    dest: &Path,
    report: &dyn Report,
) -> Result<Image, Error> {
    let created = check(bundles, options)?;
    let target = Target::open(dest, report)?;
    let contents = Contents::read(bundles, options.threads)?;
    let layers = Layers::of(bundles, &contents, options.compression, options.created)?;
    let cache = options.cache_dir.as_deref().map(Cache::new);
    let blobs = provide(&layers.all, &contents, cache.as_ref(), options, &target, report)?;
    for bundle in bundles {
        bases.get(&bundle.arch).map_or(Ok(()), |base| base.copy_layers(&target))?;
    }

    let mut platforms = Vec::new();
    for (bundle, places) in bundles.iter().zip(&layers.of_bundle) {
        let base = bases.get(&bundle.arch);
        let ours = places.iter().zip(&bundle.layers).map(|(&place, layer)| LayerInfo {
            name: layer.name.clone(),
            media_type: options.media_types.layer_gzip(),
            ..blobs[place].clone()
        });
        let stack = base.into_iter().flat_map(BaseImage::layers).chain(ours).collect();
        platforms.push(put_platform(bundle, base, stack, created.as_str(), options, &target)?);
    }
    let image = commit(platforms, options, target)?;
    if let Some(cache) = cache {
        keep(&cache, &layers.all, &blobs, &image, report);
    }
    Ok(image)
}

/// Checks what no type rules out, and returns the creation time as documents write it.
fn check(bundles: &[Bundle], options: &Options) -> Result<String, Error> {
    let mut archs = BTreeSet::new();
    if let Some(twice) = bundles.iter().find(|bundle| !archs.insert(bundle.arch)) {
        return Err(Error::TwoImages(twice.arch.image_platform()));
    }
    if bundles.is_empty() {
        return Err(Error::NoPlatform);
    }
    if !is_tag(&options.tag) {
        return Err(Error::Tag(options.tag.clone()));
    }
    level(options.compression)?;
    rfc3339(options.created).ok_or(Error::TooLate(options.created))
}

fn level(compression: Compression) -> Result<CompressionLvl, Error> {
    let Compression::Gzip { level } = compression;
    // Level 0 would store the bytes as they are, which no layer wants.
    CompressionLvl::new(i32::from(level)).ok().filter(|_| level > 0).ok_or(Error::Level(level))
}

/// Brings the blob of every layer into the layout, from the cache or by packing it.
fn provide(
    layers: &[Layer<'_>],
    contents: &Contents<'_>,
    cache: Option<&Cache>,
    options: &Options,
    target: &Target,
    report: &dyn Report,
) -> Result<Vec<LayerInfo>, Error> {
    let mut found = in_parallel(layers, options.threads, |layer| {
        let Some((cache, packed)) = cache.and_then(|cache| Some((cache, cache.find(&layer.key)?))) else {
            return Ok(None);
        };
        // Another process may prune the cache meanwhile; then the layer is packed again.
        let linked = target.link(&cache.blob(&layer.key), &packed.digest);
        Ok::<_, Error>(linked.is_ok().then_some(packed))
    })?;
    let cached: Vec<bool> = found.iter().map(Option::is_some).collect();
    let missing: Vec<usize> = (0..layers.len()).filter(|&at| !cached[at]).collect();
    let to_pack: Vec<&Layer<'_>> = missing.iter().map(|&at| &layers[at]).collect();
    for (at, packed) in missing.into_iter().zip(pack_layers(&to_pack, contents, options, target, report)?) {
        found[at] = Some(packed);
    }
    let blobs = layers.iter().zip(found.into_iter().flatten()).zip(cached);
    let blobs = blobs.map(|((layer, packed), cached)| LayerInfo {
        name: layer.name.to_owned(),
        media_type: options.media_types.layer_gzip(),
        digest: packed.digest,
        size: packed.size,
        diff_id: packed.diff_id,
        uncompressed: Some(packed.uncompressed),
        cached,
    });
    let blobs: Vec<LayerInfo> = blobs.collect();
    blobs.iter().for_each(|layer| tell(layer, report));
    Ok(blobs)
}

fn tell(layer: &LayerInfo, report: &dyn Report) {
    report.message(Message::Layer {
        name: layer.name.clone(),
        digest: layer.digest,
        diff_id: layer.diff_id,
        size: layer.size,
        uncompressed: layer.uncompressed.unwrap_or_default(),
        cached: layer.cached,
    });
}

fn pack_layers(
    layers: &[&Layer<'_>],
    contents: &Contents<'_>,
    options: &Options,
    target: &Target,
    report: &dyn Report,
) -> Result<Vec<Packed>, Error> {
    if layers.is_empty() {
        return Ok(Vec::new());
    }
    let settings = Settings { threads: options.threads, level: level(options.compression)? };
    let total = layers.iter().map(|layer| layer.tar_bytes(contents, options.created)).sum();
    let (finished, to_keep) = mpsc::channel::<(NamedTempFile, Packed)>();
    thread::scope(|scope| {
        // Waiting for the disk must not keep the next layer from being packed.
        let keeper = scope.spawn(move || {
            to_keep.into_iter().map(|(blob, packed)| target.keep(blob, &packed.digest).map(|()| packed)).collect()
        });
        let mut sink = Blobs { target, report, finished, done: 0, total };
        let feed = |at: usize, out: &mut dyn io::Write| layers[at].write(contents, options.created, out);
        let packed = pack(layers.len(), settings, feed, &mut sink);
        drop(sink);
        let kept: Result<Vec<Packed>, Error> = keeper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // When the keeper fails, the packer fails too, but only with the news that the keeper is gone.
        let kept = kept?;
        packed.map(|()| kept)
    })
}

/// Where packed layers go: temporary files in the layout, then the thread that makes them last.
struct Blobs<'a> {
    target: &'a Target,
    report: &'a dyn Report,
    finished: Sender<(NamedTempFile, Packed)>,
    done: u64,
    total: u64,
}

impl Sink for Blobs<'_> {
    type Blob = NamedTempFile;

    fn begin(&mut self, _: usize) -> Result<NamedTempFile, Error> {
        self.target.begin()
    }

    fn advance(&mut self, bytes: u64) {
        self.done += bytes;
        self.report.event(Event::Progress { verb: "Packing", done: self.done, total: self.total });
    }

    fn failed(&self, blob: &NamedTempFile, source: io::Error) -> Error {
        fs::Error::new("write", blob.path(), source).into()
    }

    fn finish(&mut self, _: usize, blob: NamedTempFile, packed: Packed) -> Result<(), Error> {
        self.finished.send((blob, packed)).map_err(|_| Error::Send(io::ErrorKind::BrokenPipe.into()))
    }
}

fn put_platform(
    bundle: &Bundle,
    base: Option<&BaseImage>,
    layers: Vec<LayerInfo>,
    created: &str,
    options: &Options,
    target: &Target,
) -> Result<PlatformImage, Error> {
    let family = options.media_types;
    let config = canonical(&config::config(bundle, base, &layers, created));
    let manifest = canonical(&config::manifest(family, &config, &layers));
    target.put(&config)?;
    target.put(&manifest)?;
    let platform = Some(RunsOn::linux(bundle.arch));
    Ok(PlatformImage {
        arch: bundle.arch,
        manifest: Descriptor { platform, ..Descriptor::of(family.manifest(), &manifest) },
        config: Descriptor::of(family.config(), &config),
        layers,
    })
}

fn commit(platforms: Vec<PlatformImage>, options: &Options, target: Target) -> Result<Image, Error> {
    let family = options.media_types;
    let manifests = platforms.iter().map(|platform| platform.manifest.clone()).collect();
    let bytes = canonical(&config::index(family, manifests));
    target.put(&bytes)?;
    let index = Descriptor::of(family.index(), &bytes);
    let reference = options.name.as_ref().map(|name| name.with_tag(&options.tag));
    let name = reference.as_ref().map(ToString::to_string);
    let index_json = canonical(&config::layout_index(index.clone(), &options.tag, name.as_deref()));
    let image = Image { layout: target.dest().to_owned(), reference, index, platforms };
    let used = image.blobs().iter().map(|blob| blob.digest).collect();
    target.commit(&index_json, &used)?;
    Ok(image)
}

/// Keeps the layers for the next run. The image is finished by now, so a cache that cannot be written is told
/// and forgiven.
fn keep(cache: &Cache, layers: &[Layer<'_>], blobs: &[LayerInfo], image: &Image, report: &dyn Report) {
    let stored = layers.iter().zip(blobs).filter(|(_, blob)| !blob.cached).try_for_each(|(layer, blob)| {
        let &LayerInfo { digest, size, diff_id, uncompressed, .. } = blob;
        let packed = Packed { digest, size, diff_id, uncompressed: uncompressed.unwrap_or_default() };
        cache.store(&layer.key, packed, &image.blob_path(&digest))
    });
    let used: BTreeSet<Digest> = layers.iter().map(|layer| layer.key).collect();
    if let Err(error) = stored.and_then(|()| cache.prune(&used, LIMIT)) {
        report.warning(
            format!("the layers could not be kept for the next run: {error}"),
            Some("check the folder, or remove it; the image itself is finished".to_owned()),
        );
    }
}
