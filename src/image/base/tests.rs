//! Bases as other tools write them, whole and broken.

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
