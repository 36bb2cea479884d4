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
        let mut images = BTreeMap::new();
        for &arch in archs {
            let chosen = choose(&manifests, arch).ok_or_else(|| Error::BasePlatform {
                layout: layout.to_owned(),
                wanted: arch.image_platform(),
                found: manifests.iter().map(|(platform, _)| platform.to_string()).collect(),
            })?;
            images.insert(arch, Self::read(layout, files.clone(), chosen, family)?);
        }
        Ok(images)
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

/// The image for a CPU that runs on the most of its kind.
fn choose(images: &[(RunsOn, Descriptor)], arch: Arch) -> Option<&Descriptor> {
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
mod tests {
    use serde_json::{Value, json};

    use super::super::document::{Config, canonical};
    use super::super::testing::{Room, blob, noise};
    use super::super::{Image, assemble, blob_path, fsck};
    use super::*;
    use crate::report::Recorder;
    use crate::sys::fs;

    /// A layout as other tools write it, put together by hand.
    struct Foreign {
        root: PathBuf,
        entries: Vec<Value>,
    }

    impl Foreign {
        fn new(room: &Room) -> Self {
            let root = room.path("base");
            fs::write_atomic(&root.join("oci-layout"), br#"{"imageLayoutVersion": "1.0.0"}"#).expect("written");
            Foreign { root, entries: Vec::new() }
        }

        fn put(&self, media_type: &str, bytes: &[u8]) -> Value {
            fs::write_atomic(&blob_path(&self.root, &Digest::of(bytes)), bytes).expect("written");
            json!({ "mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len() })
        }

        /// Adds one platform's image, with one layer of `bytes`.
        fn image(&mut self, platform: Option<(&str, &str)>, layer_type: &str, bytes: &[u8]) {
            let arch = platform.map_or("amd64", |(arch, _)| arch);
            let config = json!({
                "architecture": arch, "os": "linux", "created": "2020-01-01T00:00:00Z",
                "config": {
                    "Env": ["PATH=/bin"], "WorkingDir": "/srv", "User": "1000", "Entrypoint": ["/base"],
                    "Cmd": ["base"], "Labels": { "org.opencontainers.image.title": "Base" }, "Volumes": null,
                },
                "rootfs": { "type": "layers", "diff_ids": [Digest::of(b"diff")] },
                "history": [
                    { "created": "2020-01-01T00:00:00Z", "created_by": "ADD rootfs" },
                    { "created_by": "LABEL org.opencontainers.image.title=Base", "empty_layer": true },
                ],
            });
            let config = self.put("application/vnd.oci.image.config.v1+json", &canonical(&config));
            let layer = self.put(layer_type, bytes);
            let manifest = canonical(&json!({ "schemaVersion": 2, "config": config, "layers": [layer] }));
            let mut entry = self.put("application/vnd.oci.image.manifest.v1+json", &manifest);
            if let Some((arch, variant)) = platform {
                entry["platform"] = json!({ "architecture": arch, "os": "linux", "variant": variant });
            }
            self.entries.push(entry);
        }

        /// Writes `index.json` around an index of the images.
        fn finish(&self) {
            let index = canonical(&json!({ "schemaVersion": 2, "manifests": self.entries }));
            let entry = self.put("application/vnd.oci.image.index.v1+json", &index);
            self.list(&[entry]);
        }

        fn list(&self, entries: &[Value]) {
            let index = canonical(&json!({ "schemaVersion": 2, "manifests": entries }));
            fs::write_atomic(&self.root.join("index.json"), &index).expect("written");
        }

        fn open(&self, archs: &[Arch]) -> Result<BTreeMap<Arch, BaseImage>, Error> {
            BaseImage::open(&self.root, None, archs, MediaTypes::Oci)
        }
    }

    const GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    fn on_base(room: &Room, base: &Foreign) -> Result<Image, Error> {
        let bases = base.open(&Arch::ALL)?;
        assemble(&room.bundles(), &bases, &room.options(), &room.path("layout"), &Recorder::default())
    }

    fn both(room: &Room) -> Foreign {
        let mut base = Foreign::new(room);
        base.image(Some(("amd64", "")), GZIP, &noise(300_000, 1));
        base.image(Some(("arm64", "v8")), GZIP, &noise(1_000, 2));
        base.finish();
        base
    }

    #[test]
    fn the_base_lies_below_and_says_how_to_run_but_not_what_it_is() {
        let room = Room::new();
        let base = both(&room);
        let image = on_base(&room, &base).expect("assembled");
        fsck(&image.layout, 1).expect("whole");
        let names: Vec<&str> = image.platforms[0].layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, ["base", "ui", "host tool"]);
        let lowest = &image.platforms[0].layers[0];
        assert_eq!(blob(&image.layout, &lowest.digest), noise(300_000, 1));
        assert_eq!(lowest.media_type, "application/vnd.oci.image.layer.v1.tar+gzip", "families are not mixed");
        let config: Config =
            serde_json::from_slice(&blob(&image.layout, &image.platforms[1].config.digest)).expect("a config");
        let execution = config.config.expect("says how to run");
        assert_eq!(execution.env, Some(vec!["PATH=/bin".to_owned()]));
        assert_eq!((execution.working_dir.as_deref(), execution.user.as_deref()), (Some("/srv"), Some("1000")));
        assert_eq!((execution.entrypoint, execution.cmd), (Some(vec!["/backend".to_owned()]), None));
        assert_eq!(execution.labels, Some(room.bundles()[1].config.labels.clone()));
        assert_eq!(config.rootfs.diff_ids[0], Digest::of(b"diff"));
        let steps: Vec<String> =
            config.history.unwrap_or_default().into_iter().filter_map(|step| step.created_by).collect();
        assert_eq!(steps, ["ADD rootfs", "cargo dext: ui", "cargo dext: host tool"]);
    }

    #[test]
    fn a_bundle_without_an_entry_point_keeps_the_base_s() {
        let room = Room::new();
        let bases = both(&room).open(&[Arch::Amd64]).expect("opened");
        let mut bundles = room.bundles();
        bundles.truncate(1);
        bundles[0].config = Default::default();
        let image = assemble(&bundles, &bases, &room.options(), &room.path("layout"), &Recorder::default());
        let image = image.expect("assembled");
        let config: Config =
            serde_json::from_slice(&blob(&image.layout, &image.platforms[0].config.digest)).expect("a config");
        let execution = config.config.expect("says how to run");
        assert_eq!(execution.entrypoint, Some(vec!["/base".to_owned()]));
        assert_eq!((execution.cmd, execution.labels), (Some(vec!["base".to_owned()]), None));
    }

    #[test]
    fn a_missing_platform_names_those_that_are_there() {
        let room = Room::new();
        let mut base = Foreign::new(&room);
        base.image(Some(("amd64", "v3")), GZIP, b"x");
        base.image(Some(("riscv64", "")), GZIP, b"y");
        base.image(Some(("unknown", "")), GZIP, b"z");
        base.entries[2]["platform"]["os"] = json!("unknown");
        base.finish();
        let error = base.open(&Arch::ALL).expect_err("refused");
        assert_eq!(error.to_string(), "the base image has no linux/arm64, only linux/amd64/v3, linux/riscv64");
        assert_eq!(base.open(&[Arch::Amd64]).expect("opened").len(), 1);
    }

    #[test]
    fn the_most_general_variant_counts() {
        for (variants, chosen) in [(vec!["v9", "v8", ""], 2), (vec!["v9", "v8"], 1), (vec!["v9", "v9.1"], 0)] {
            let room = Room::new();
            let mut base = Foreign::new(&room);
            for (at, variant) in variants.iter().enumerate() {
                base.image(Some(("arm64", variant)), GZIP, &[at as u8]);
            }
            base.finish();
            let base = base.open(&[Arch::Arm64]).expect("opened");
            assert_eq!(base[&Arch::Arm64].layers[0].0.digest, Digest::of(&[chosen]), "{variants:?}");
        }
    }

    #[test]
    fn a_platform_may_stand_in_the_config_alone() {
        let room = Room::new();
        let mut base = Foreign::new(&room);
        base.image(None, GZIP, b"x");
        base.list(&base.entries);
        assert_eq!(base.open(&[Arch::Amd64]).expect("opened").len(), 1);
        assert!(matches!(base.open(&[Arch::Arm64]), Err(Error::BasePlatform { .. })));
    }

    #[test]
    fn several_images_need_a_tag() {
        let room = Room::new();
        let mut base = Foreign::new(&room);
        base.image(Some(("amd64", "")), GZIP, b"x");
        base.image(Some(("amd64", "")), GZIP, b"y");
        for (entry, tag) in base.entries.iter_mut().zip(["a", "b"]) {
            entry["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
        }
        base.list(&base.entries);
        assert!(matches!(base.open(&[Arch::Amd64]), Err(Error::Base { source: Damage::Tag { .. }, .. })));
        let tagged = BaseImage::open(&base.root, Some("b"), &[Arch::Amd64], MediaTypes::Oci).expect("opened");
        assert_eq!(tagged[&Arch::Amd64].layers[0].0.digest, Digest::of(b"y"));
    }

    #[test]
    fn layers_that_cannot_be_passed_on_are_refused() {
        for (media_type, family, why) in [
            ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MediaTypes::Oci, "is no layer"),
            ("application/vnd.oci.image.layer.v1.tar+zstd", MediaTypes::Docker, "Docker's media types"),
        ] {
            let room = Room::new();
            let mut base = Foreign::new(&room);
            base.image(Some(("amd64", "")), media_type, b"x");
            base.finish();
            let refused = BaseImage::open(&base.root, None, &[Arch::Amd64], family).expect_err("refused");
            assert!(refused.to_string().contains(why), "{refused}");
        }
    }

    #[test]
    fn damaged_layers_stop_the_image() {
        type Harm = fn(&Path);
        let harm: [(&str, Harm); 3] = [
            ("missing", |path| fs::remove_file(path).expect("removed")),
            ("instead of", |path| fs::write_atomic(path, &[0; 299_999]).expect("written")),
            ("other bytes", |path| fs::write_atomic(path, &[0; 300_000]).expect("written")),
        ];
        for (what, harm) in harm {
            let room = Room::new();
            let base = both(&room);
            harm(&blob_path(&base.root, &Digest::of(&noise(300_000, 1))));
            let error = on_base(&room, &base).expect_err("refused").to_string();
            assert!(error.contains(what), "{error}");
            assert!(!fs::exists(&room.path("layout")));
        }
    }

    #[test]
    fn a_config_must_fit_its_manifest() {
        let room = Room::new();
        let mut base = Foreign::new(&room);
        let config = json!({ "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": [] } });
        let config = base.put("application/vnd.oci.image.config.v1+json", &canonical(&config));
        let layer = base.put(GZIP, b"x");
        let manifest = canonical(&json!({ "schemaVersion": 2, "config": config, "layers": [layer] }));
        let entry = base.put("application/vnd.oci.image.manifest.v1+json", &manifest);
        base.entries.push(entry);
        base.finish();
        assert!(matches!(base.open(&[Arch::Amd64]), Err(Error::Base { source: Damage::Layers { .. }, .. })));
    }
}
