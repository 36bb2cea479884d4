//! The one way from bundles to a layout.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::thread;

use libdeflater::CompressionLvl;

use super::cache::{Cache, LIMIT};
use super::compress::{Packed, Settings, Sink, pack};
use super::content::{Contents, in_parallel};
use super::document::{RunsOn, canonical, rfc3339};
use super::layer::{Layer, Layers};
use super::layout::{Blob, Target};
use super::{BaseImage, Compression, Descriptor, Error, Image, LayerInfo, Options, PlatformImage, config};
use crate::bundle::Bundle;
use crate::domain::reference::is_tag;
use crate::domain::{Arch, Digest};
use crate::report::{Event, Message, Report};
use crate::sys::interrupt;

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
    let _deferred = interrupt::defer().ok_or(Error::Interrupted)?;
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
        let ours = places
            .iter()
            .zip(&bundle.layers)
            .map(|(&place, layer)| LayerInfo { name: layer.name.clone(), ..blobs[place].clone() });
        let stack = base.into_iter().flat_map(BaseImage::layers).chain(ours).collect();
        platforms.push(put_platform(bundle, base, stack, created.as_str(), options, &target)?);
    }
    if interrupt::asked() {
        return Err(Error::Interrupted);
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
    let (finished, to_keep) = mpsc::channel::<(Blob, Packed)>();
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
    finished: Sender<(Blob, Packed)>,
    done: u64,
    total: u64,
}

impl Sink for Blobs<'_> {
    type Blob = Blob;

    fn begin(&mut self, _: usize) -> Result<Blob, Error> {
        self.target.begin()
    }

    fn advance(&mut self, bytes: u64) {
        self.done += bytes;
        self.report.event(Event::Progress { verb: "Packing", done: self.done, total: self.total });
    }

    fn failed(&self, source: io::Error) -> Error {
        self.target.failed(source)
    }

    fn finish(&mut self, _: usize, blob: Blob, packed: Packed) -> Result<(), Error> {
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

#[cfg(test)]
mod tests {
    use super::super::fsck;
    use super::super::testing::{
        Room, Unpacked, blob, bundle, generated, gunzip, layer, noise, options, snapshot, untar,
    };
    use super::*;
    use crate::bundle::ImageConfig;
    use crate::report::Recorder;
    use crate::sys::fs;

    fn run(room: &Room, bundles: &[Bundle], options: &Options, dest: &str) -> Result<Image, Error> {
        assemble(bundles, &BTreeMap::new(), options, &room.path(dest), &Recorder::default())
    }

    fn unpacked(image: &Image, layer: &LayerInfo) -> Vec<Unpacked> {
        untar(&gunzip(&blob(&image.layout, &layer.digest)))
    }

    #[test]
    fn layers_hold_what_the_bundles_say() {
        let room = Room::new();
        let bundles = room.bundles();
        let image = room.assemble(&bundles);
        fsck(&image.layout, 2).expect("whole");
        let members = unpacked(&image, &image.platforms[0].layers[0]);
        let seen: Vec<_> = members.iter().map(|m| (m.path.as_str(), m.mode, m.mtime, m.owner)).collect();
        let (owner, time) = ((0, 0), 0);
        assert_eq!(
            seen,
            [("metadata.json", 0o644, time, owner), ("ui/", 0o755, time, owner), ("ui/index.html", 0o755, time, owner)]
        );
        assert_eq!((members[0].bytes.as_slice(), members[2].bytes.as_slice()), (&b"{}"[..], &b"<p>hello</p>"[..]));
        let tool = unpacked(&image, &image.platforms[1].layers[1]);
        assert_eq!(tool.last().map(|m| m.path.as_str()), Some("host/arm64/tool"));
        assert!(tool.last().is_some_and(|m| m.bytes == noise(70_000, Arch::Arm64 as u64)));
        for layer in image.platforms.iter().flat_map(|platform| &platform.layers) {
            let tar = gunzip(&blob(&image.layout, &layer.digest));
            assert_eq!((layer.diff_id, layer.uncompressed), (Digest::of(&tar), Some(tar.len() as u64)));
        }
    }

    #[test]
    fn the_same_bundles_give_the_same_bytes_anywhere() {
        let room = Room::new();
        let first = room.assemble(&room.bundles());
        let expected = snapshot(&first.layout);
        for (case, options) in [
            ("one thread, no cache", Options { threads: 1, ..options() }),
            ("eight threads, no cache", Options { threads: 8, ..options() }),
            ("no threads, warm cache", Options { threads: 0, ..room.options() }),
        ] {
            // Other folders, and inputs with other times.
            let other = Room::new();
            let image = run(&other, &other.bundles(), &options, "elsewhere").expect(case);
            assert!(snapshot(&image.layout) == expected, "{case}");
        }
        let warm = run(&room, &room.bundles(), &room.options(), "other").expect("warm");
        assert!(warm.platforms.iter().flat_map(|p| &p.layers).all(|layer| layer.cached));
        assert!(snapshot(&warm.layout) == expected);
    }

    /// Every machine must make the same image, and a new version of this crate too unless it means not to:
    /// then the version in `PACKER` changes with this digest.
    #[test]
    fn the_bytes_are_those_of_every_other_machine() {
        let room = Room::new();
        let words: Vec<Vec<u8>> = (0..200).map(|at| noise(3 + at % 11, at as u64)).collect();
        let picks = noise(300_000, 7).into_iter().map(|pick| words[usize::from(pick) % words.len()].as_slice());
        let text = picks.collect::<Vec<_>>().concat();
        let mut bundles = room.bundles();
        bundles[1].layers.push(layer("text", vec![room.file("größe/text", &text)]));
        let image = run(&room, &bundles, &Options { threads: 3, created: 1_700_000_000, ..options() }, "layout");
        let digest = image.expect("assembled").index.digest;
        assert_eq!(digest.to_string(), "sha256:4c1c5449a61e343f58dd3f7ba3604b18ae0db291feaf958eaf1b977f4af80e54");
    }

    #[test]
    fn layouts_do_not_depend_on_what_was_there() {
        let room = Room::new();
        let expected = snapshot(&room.assemble(&room.bundles()).layout);
        let mut other = room.bundles();
        other[0].layers[1].entries.push(generated("more", b"more"));
        assert!(snapshot(&room.assemble(&other).layout) != expected);
        assert!(snapshot(&room.assemble(&room.bundles()).layout) == expected);
    }

    #[test]
    fn shared_layers_are_packed_and_told_once() {
        let room = Room::new();
        let report = Recorder::default();
        let image = assemble(&room.bundles(), &BTreeMap::new(), &options(), &room.path("layout"), &report);
        let image = image.expect("assembled");
        let [amd64, arm64] = &image.platforms[..] else { panic!("two platforms") };
        assert_eq!(amd64.layers[0].digest, arm64.layers[0].digest);
        assert_ne!(amd64.layers[1].digest, arm64.layers[1].digest);
        let told: Vec<String> = report
            .events()
            .into_iter()
            .filter_map(|event| match event {
                Event::Message(Message::Layer { name, cached: false, .. }) => Some(name),
                _ => None,
            })
            .collect();
        assert_eq!(told, ["ui", "host tool", "host tool"]);
    }

    #[test]
    fn progress_ends_at_its_total() {
        let room = Room::new();
        let report = Recorder::default();
        assemble(&room.bundles(), &BTreeMap::new(), &options(), &room.path("layout"), &report).expect("assembled");
        let progress: Vec<(u64, u64)> = report
            .events()
            .into_iter()
            .filter_map(|event| match event {
                Event::Progress { done, total, .. } => Some((done, total)),
                _ => None,
            })
            .collect();
        assert!(progress.is_sorted() && progress.iter().all(|(done, total)| done <= total));
        assert!(progress.last().is_some_and(|(done, total)| done == total));
    }

    #[test]
    fn one_changed_file_moves_one_layer() {
        let room = Room::new();
        let before = room.assemble(&room.bundles());
        let bundles = room.bundles();
        room.file("host/arm64/tool", b"changed");
        let after = room.assemble(&bundles);
        let layers = |image: &Image| -> Vec<(Digest, bool)> {
            image.platforms.iter().flat_map(|p| &p.layers).map(|layer| (layer.digest, layer.cached)).collect()
        };
        let (before, after) = (layers(&before), layers(&after));
        let moved: Vec<bool> = before.iter().zip(&after).map(|(b, a)| b.0 != a.0).collect();
        assert_eq!(moved, [false, false, false, true]);
        assert_eq!(after.iter().map(|(_, cached)| *cached).collect::<Vec<_>>(), [true, true, true, false]);
    }

    #[test]
    fn time_and_level_are_part_of_a_layer() {
        let room = Room::new();
        let mut digests = BTreeSet::new();
        for (created, level) in [(0, 6), (1, 6), (0, 1)] {
            let options = Options { created, compression: Compression::Gzip { level }, ..room.options() };
            let image = run(&room, &room.bundles(), &options, "layout").expect("assembled");
            assert!(image.platforms[0].layers.iter().all(|layer| !layer.cached));
            assert_eq!(unpacked(&image, &image.platforms[0].layers[0])[0].mtime, created);
            digests.insert(image.platforms[0].layers[0].digest);
        }
        assert_eq!(digests.len(), 3);
    }

    #[test]
    fn empty_files_empty_layers_and_no_layers_are_images_too() {
        let room = Room::new();
        for layers in [
            vec![],
            vec![layer("nothing", vec![])],
            vec![layer("empty", vec![generated("a", b""), room.file("b", b"")])],
            vec![layer("twice", vec![generated("a", b"x")]), layer("again", vec![generated("a", b"x")])],
        ] {
            let count = layers.len();
            let expected: Vec<String> = layers.iter().map(|layer| layer.name.clone()).collect();
            let image = run(&room, &[bundle(Arch::Amd64, layers)], &room.options(), "layout").expect("assembled");
            fsck(&image.layout, 1).expect("whole");
            assert_eq!(image.platforms[0].layers.len(), count);
            let names = |layers: &[LayerInfo]| layers.iter().map(|layer| layer.name.clone()).collect::<Vec<_>>();
            assert_eq!(names(&image.platforms[0].layers), expected, "layers keep their names, even equal ones");
            for layer in &image.platforms[0].layers {
                unpacked(&image, layer).iter().for_each(|member| assert!(member.bytes.len() <= 1));
            }
        }
    }

    #[test]
    fn a_damaged_cache_changes_nothing() {
        let room = Room::new();
        let image = room.assemble(&room.bundles());
        let expected = snapshot(&image.layout);
        for file in fs::walk(&room.path("cache")).expect("walked") {
            if matches!(file.kind, fs::Kind::File(_)) {
                fs::write_atomic(&room.path("cache").join(&file.relative), b"damaged").expect("written");
                assert!(snapshot(&room.assemble(&room.bundles()).layout) == expected, "{:?}", file.relative);
            }
        }
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_told_and_forgiven() {
        let room = Room::new();
        fs::write_atomic(&room.path("cache"), b"a file").expect("written");
        let report = Recorder::default();
        let image = assemble(&room.bundles(), &BTreeMap::new(), &room.options(), &room.path("layout"), &report);
        fsck(&image.expect("assembled").layout, 1).expect("whole");
        assert!(report.events().iter().any(|event| matches!(event, Event::Warning { .. })));
    }

    #[test]
    fn what_no_image_can_be_made_of_is_refused_before_anything_is_written() {
        let room = Room::new();
        let bundles = room.bundles();
        let twice = [bundles[0].clone(), bundles[0].clone()];
        let with = |change: fn(&mut Options)| {
            let mut options = options();
            change(&mut options);
            options
        };
        let cases: [(&[Bundle], Options, &str); 6] = [
            (&[], options(), "no platform to make an image for"),
            (&twice, options(), "two images for linux/amd64"),
            (&bundles, with(|o| o.tag = "-x".to_owned()), "`-x` is no tag"),
            (&bundles, with(|o| o.created = u64::MAX), "later than the year 9999"),
            (&bundles, with(|o| o.compression = Compression::Gzip { level: 0 }), "no level 0"),
            (&bundles, with(|o| o.compression = Compression::Gzip { level: 13 }), "no level 13"),
        ];
        for (bundles, options, what) in cases {
            let error = run(&room, bundles, &options, "layout").expect_err(what).to_string();
            assert!(error.contains(what), "{error}");
            assert!(!fs::exists(&room.path("layout")));
        }
    }

    #[test]
    fn labels_equal_on_both_platforms_come_in_one_order() {
        let room = Room::new();
        let labels: BTreeMap<String, String> = (0..50).map(|i| (format!("label.{i}"), "x".to_owned())).collect();
        let mut bundles = room.bundles();
        for bundle in &mut bundles {
            bundle.config = ImageConfig { labels: labels.clone(), ..ImageConfig::default() };
        }
        let image = room.assemble(&bundles);
        let text = String::from_utf8(blob(&image.layout, &image.platforms[0].config.digest)).expect("JSON");
        let places: Vec<Option<usize>> = labels.keys().map(|label| text.find(&format!("\"{label}\""))).collect();
        assert!(places.is_sorted() && places.iter().all(Option::is_some));
    }
}
