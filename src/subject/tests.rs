//! Images of all kinds, and hostile ones.

use serde_json::{Value, json};

use super::testing::{Tar, TestLayer, TestLayout, gzip, image, layer, open};
use super::*;
use crate::domain::Explain;
use crate::sys::fs;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn two() -> TestLayout {
    let shared = layer(Tar::default().file("metadata.json", b"{}"));
    let own = |content: &[u8]| layer(Tar::default().file("bin/tool", content));
    let config = json!({ "Labels": { "a": "b" }, "Entrypoint": ["/bin/tool"] });
    TestLayout::new().image("amd64", config.clone(), &[shared.clone(), own(b"#!/bin/sh\n")]).image(
        "arm64",
        config,
        &[shared, own(b"#!/bin/bash\n")],
    )
}

fn names(subject: &Subject) -> Vec<String> {
    subject.platforms.iter().map(Platform::name).collect()
}

#[test]
fn a_layout_is_read_whole() {
    let layout = two().finish();
    let subject = layout.open().expect("opened");
    assert_eq!(
        (subject.kind, names(&subject)),
        ("oci-layout", vec!["linux/amd64".to_owned(), "linux/arm64".to_owned()])
    );
    let root = subject.root.as_ref().expect("a root");
    assert_eq!((root.media_type.as_str(), root.digest), (INDEX, Digest::of(&root.bytes)));
    assert_eq!(subject.platforms[0].labels()["a"], "b");
    let extension = subject.extension(&subject.platforms[1]).expect("read");
    assert_eq!(extension.metadata.expect("there").value, json!({}));
    assert!(matches!(extension.backend.expect("said").found, Found::File(file) if file.size == 12));
}

#[test]
fn platforms_are_chosen_with_and_without_their_variant() {
    let mut layout = two();
    let mut entry = layout.entries()[1].clone();
    entry["platform"]["variant"] = json!("v8");
    layout = layout.entry(entry).finish();
    for (wanted, found) in [
        ("linux/arm64", Some(2)),
        ("linux/arm64/v8", Some(1)),
        ("linux/amd64", Some(1)),
        ("linux/riscv64", None),
        ("", None),
    ] {
        let options = Options { platforms: vec![wanted.to_owned()], ..Options::default() };
        match open(&layout.root, &options) {
            Ok(subject) => assert_eq!(Some(subject.platforms.len()), found, "{wanted}"),
            Err(error) => {
                assert_eq!(found, None, "{wanted}");
                assert!(error.to_string().ends_with("only linux/amd64, linux/arm64, linux/arm64/v8"), "{error}");
            }
        }
    }
}

#[test]
fn attestations_are_listed_and_not_read() {
    let entry = json!({
        "mediaType": MANIFEST, "digest": Digest::of(b"not there"), "size": 1,
        "platform": { "os": "unknown", "architecture": "unknown" },
        "annotations": { "vnd.docker.reference.type": "attestation-manifest" },
    });
    let layout = two().entry(entry).finish();
    let subject = layout.open().expect("opened");
    let listed: Vec<(Option<&str>, bool)> =
        subject.entries.iter().map(|entry| (entry.platform.as_deref(), entry.attestation)).collect();
    let expected = [(Some("linux/amd64"), false), (Some("linux/arm64"), false), (Some("unknown/unknown"), true)];
    assert_eq!((listed.as_slice(), subject.platforms.len()), (expected.as_slice(), 2));
}

#[test]
fn an_image_without_an_index_and_an_index_without_an_image_of_its_own_are_images_too() {
    let layout = two();
    layout.list(&layout.entries()[..1]);
    let single = layout.open().expect("one manifest");
    assert_eq!(
        (names(&single), single.root.expect("a root").media_type.as_str()),
        (vec!["linux/amd64".to_owned()], MANIFEST)
    );
    layout.list(layout.entries());
    let listed = layout.open().expect("the platforms in index.json");
    assert_eq!((listed.platforms.len(), listed.root.expect("a root").media_type.as_str()), (2, INDEX));
    let mut entry = layout.entries()[0].clone();
    entry.as_object_mut().expect("an entry").remove("platform");
    layout.list(&[entry]);
    assert_eq!(names(&layout.open().expect("the platform of the config")), ["linux/amd64"]);
}

#[test]
fn one_of_several_images_needs_its_tag() {
    let layout = two();
    let tagged = |at: usize, tag: &str| {
        let mut entry = layout.entries()[at].clone();
        entry["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
        entry
    };
    layout.list(&[tagged(0, "a"), tagged(1, "docker.io/x/y:b")]);
    let at = |tag: &str| {
        let place = Place::find(&format!("{}{tag}", layout.root.display()), std::path::Path::new("/"))?;
        Subject::open(&place, &Options::default(), || unreachable!("no registry"))
    };
    assert_eq!(names(&at(":a").expect("found")), ["linux/amd64"]);
    assert_eq!(names(&at(":b").expect("found")), ["linux/arm64"]);
    for tag in ["", ":c"] {
        let error = at(tag).expect_err("several");
        assert!(matches!(error, Error::Choice { .. }) && error.to_string().contains("a, docker.io/x/y:b"), "{error}");
        assert!(error.help().is_some());
    }
}

#[test]
fn hostile_documents_are_errors() {
    let put = |layout: &TestLayout, media_type: &str, bytes: &[u8]| layout.put(media_type, bytes);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let nested = |layout: &TestLayout, depth: usize| {
        let mut entry = json!({ "mediaType": MANIFEST, "digest": Digest::of(b""), "size": 0 });
        for _ in 0..depth {
            entry = layout.put(INDEX, json!({ "schemaVersion": 2, "manifests": [entry] }).to_string().as_bytes());
        }
        entry
    };
    let many: Vec<Value> = (0..1_001)
        .map(|at: u32| json!({ "mediaType": "x/y", "digest": Digest::of(&at.to_le_bytes()), "size": 1 }))
        .collect();
    let manifest = |layout: &TestLayout, config: &Value, layers: &[Value]| {
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers }).to_string();
        layout.put(MANIFEST, manifest.as_bytes())
    };
    let config = |layout: &TestLayout, diff_ids: usize| {
        let diff_ids = vec![Digest::of(b""); diff_ids];
        let rootfs = json!({ "type": "layers", "diff_ids": diff_ids });
        let config = json!({ "os": "linux", "architecture": "amd64", "rootfs": rootfs }).to_string();
        layout.put("application/vnd.oci.image.config.v1+json", config.as_bytes())
    };
    type Make<'a> = Box<dyn Fn(&TestLayout) -> Value + 'a>;
    let layers = |count: usize| vec![json!({ "mediaType": "x", "digest": Digest::of(b""), "size": 0 }); count];
    let cases: Vec<(&str, Make<'_>)> = vec![
        ("is missing", Box::new(|_| json!({ "mediaType": INDEX, "digest": Digest::of(b"gone"), "size": 4 }))),
        ("is invalid", Box::new(|layout| put(layout, INDEX, deep.as_bytes()))),
        ("has more than 100000 values", Box::new(|layout| put(layout, INDEX, deep.repeat(20).as_bytes()))),
        ("is invalid", Box::new(|layout| put(layout, INDEX, b"\xff\xfe"))),
        ("is invalid", Box::new(|layout| put(layout, INDEX, b"{\"manifests\":{}}"))),
        ("is invalid", Box::new(|layout| put(layout, MANIFEST, b"{}"))),
        ("no image but `text/plain`", Box::new(|layout| put(layout, "text/plain", b"x"))),
        ("indexes in one another", Box::new(|layout| nested(layout, 6))),
        (
            "entries in its indexes",
            Box::new(|layout| {
                put(layout, INDEX, json!({ "schemaVersion": 2, "manifests": many }).to_string().as_bytes())
            }),
        ),
        (
            "99 bytes instead of",
            Box::new(|layout| {
                let mut entry = put(layout, INDEX, &[b' '; 99]);
                entry["size"] = json!(98);
                entry
            }),
        ),
        (
            "bytes; 4194304 are read at most",
            Box::new(|layout| {
                let mut entry = put(layout, INDEX, b"{}");
                entry["size"] = json!(1_u64 << 48);
                entry
            }),
        ),
        (
            "other bytes",
            Box::new(|layout| {
                let entry = put(layout, INDEX, b"{}");
                fs::write_atomic(&layout.blob_path(&Digest::of(b"{}")), b"[]").expect("written");
                entry
            }),
        ),
        ("3 diff ids for 1 layer", Box::new(|layout| manifest(layout, &config(layout, 3), &layers(1)))),
        ("more than 512 layers", Box::new(|layout| manifest(layout, &config(layout, 600), &layers(600)))),
        (
            "is missing",
            Box::new(|layout| {
                manifest(layout, &json!({ "mediaType": "x", "digest": Digest::of(b"?"), "size": 1 }), &[])
            }),
        ),
        ("is invalid", Box::new(|layout| manifest(layout, &put(layout, "x", b"[]"), &[]))),
    ];
    for (at, (what, make)) in cases.into_iter().enumerate() {
        let layout = TestLayout::new();
        layout.list(&[make(&layout)]);
        let error = layout.open().expect_err(what);
        assert!(error.to_string().contains(what), "{at} {what}: {error}");
        assert!(error.place().is_some());
    }
}

#[test]
fn too_many_platforms_are_not_read() {
    let mut layout = two();
    for at in 0..70 {
        let mut entry = layout.entries()[0].clone();
        entry["platform"]["variant"] = json!(format!("v{at}"));
        layout = layout.entry(entry);
    }
    assert!(matches!(layout.finish().open(), Err(Error::TooMany { what: "platforms", .. })));
}

#[test]
fn layers_that_are_not_there_or_not_theirs_are_named() {
    type Harm = fn(&TestLayout, &Digest);
    let harm: [(&str, Harm); 3] = [
        ("its blob is missing", |layout, digest| fs::remove_file(&layout.blob_path(digest)).expect("removed")),
        ("1 byte instead of", |layout, digest| fs::write_atomic(&layout.blob_path(digest), b"x").expect("written")),
        ("other bytes", |layout, digest| {
            let size = fs::read(&layout.blob_path(digest), 1 << 20).expect("read").len();
            fs::write_atomic(&layout.blob_path(digest), &vec![0; size]).expect("written");
        }),
    ];
    for (what, harm) in harm {
        let layout = image(&[TestLayer { created_by: Some("COPY x"), ..layer(Tar::default().file("a", b"a")) }]);
        let subject = layout.open().expect("the documents are whole");
        harm(&layout, &subject.platforms[0].layers[0].digest);
        let error = subject.files(&subject.platforms[0], &["/a"]).expect_err(what).to_string();
        assert!(error.contains(what) && error.contains("`COPY x`"), "{error}");
    }
}

/// An archive as `docker save` of version 20.10 writes it, with a layer that is a link to another one.
fn saved(tags: &[&str]) -> (Tar, Vec<u8>) {
    let low = Tar::default().file("metadata.json", b"{}").end();
    let high = Tar::default().file("x", b"x").end();
    let config = json!({
        "os": "linux", "architecture": "arm64", "variant": "v8", "config": { "Labels": { "a": "b" } },
        "rootfs": { "type": "layers", "diff_ids": [Digest::of(&low), Digest::of(&high), Digest::of(&low)] },
        "history": [{ "created_by": "COPY a" }, { "created_by": "LABEL a=b", "empty_layer": true },
                    { "created_by": "COPY b" }, { "created_by": "COPY c" }],
    });
    let config = config.to_string().into_bytes();
    let name = format!("{}.json", Digest::of(&config).hex());
    let list = json!([{ "Config": name, "RepoTags": tags, "Layers": ["1/layer.tar", "2/layer.tar", "3/layer.tar"] }]);
    let list = list.to_string();
    let tar = Tar::default()
        .dir("1/")
        .file("1/layer.tar", &low)
        .file("./2/layer.tar", &gzip(&high))
        .symlink("3/layer.tar", "../1/layer.tar")
        .file(&name, &config)
        .file("repositories", b"{}")
        .file("manifest.json", list.as_bytes());
    (tar, config)
}

fn archive(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let temp = tempfile::tempdir().expect("temp");
    let path = temp.path().join("image.tar");
    fs::write_atomic(&path, bytes).expect("written");
    (temp, path)
}

#[test]
fn what_docker_saved_is_seen_as_one_platform() {
    let (tar, config) = saved(&["example/x:1"]);
    let plain = tar.end();
    for bytes in [plain.clone(), gzip(&plain), super::testing::zstd(&plain)] {
        let (_temp, path) = archive(&bytes);
        let subject = open(&path, &Options::default()).expect("opened");
        assert_eq!((subject.kind, subject.root.is_none(), subject.entries.len()), ("docker-archive", true, 0));
        assert_eq!(names(&subject), ["linux/arm64/v8"]);
        let platform = &subject.platforms[0];
        assert_eq!((platform.config.digest, &platform.manifest), (Digest::of(&config), &None));
        let layers: Vec<(Option<&str>, Option<Packing>)> =
            platform.layers.iter().map(|layer| (layer.name.as_deref(), layer.packing)).collect();
        let expected = [
            (Some("COPY a"), Some(Packing::Plain)),
            (Some("COPY b"), Some(Packing::Gzip)),
            (Some("COPY c"), Some(Packing::Plain)),
        ];
        assert_eq!(layers, expected);
        assert_eq!(platform.layers[0].digest, platform.layers[2].digest);
        let found = subject.files(platform, &["/x", "/metadata.json"]).expect("read");
        assert!(found.values().all(|found| matches!(found, Found::File(_))));
    }
}

#[test]
fn archives_that_lack_something_say_what() {
    let (whole, config) = saved(&["example/x:1"]);
    let name = format!("{}.json", Digest::of(&config).hex());
    let list = |config: &str, layers: &[&str]| {
        json!([{ "Config": config, "RepoTags": null, "Layers": layers }]).to_string().into_bytes()
    };
    let with = |list: Vec<u8>| whole.clone().file("manifest.json", &list);
    let fitting = ["1/layer.tar", "2/layer.tar", "3/layer.tar"];
    let cut = |bytes: &[u8]| bytes[..bytes.len() - 20].to_vec();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("no whole tar", vec![]),
        ("`index.json` is missing", Tar::default().file("readme", b"x").end()),
        ("is no header", b"text".repeat(1000)),
        ("`gone.json` is missing", with(list("gone.json", &fitting)).end()),
        ("which is missing", with(list(&name, &["1/layer.tar", "nope", "2/layer.tar"])).end()),
        ("3 diff ids for 1 layer", with(list(&name, &["1/layer.tar"])).end()),
        ("is invalid", with(b"{}".to_vec()).end()),
        ("is invalid", with(b"[{}]".to_vec()).end()),
        ("there is no image", with(b"[]".to_vec()).end()),
        ("`../../etc/passwd` is missing", with(list("../../etc/passwd", &fitting)).end()),
        ("which is missing", whole.clone().symlink("3/layer.tar", "layer.tar").end()),
        ("other bytes than its name says", whole.clone().file(&name, b"{}").end()),
        ("it ends in the middle", whole.0[..whole.0.len() - 600].to_vec()),
        ("it ends in the middle", cut(&gzip(&whole.0))),
        ("it ends in the middle", cut(&super::testing::zstd(&whole.0))),
    ];
    for (at, (what, bytes)) in cases.into_iter().enumerate() {
        let (_temp, path) = archive(&bytes);
        let error = match open(&path, &Options::default()) {
            Ok(subject) => panic!("{at} {what}: {subject:?}"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(what) || (at == 0 && error.contains("is missing")), "{at} {what}: {error}");
    }
}

#[test]
fn an_archive_of_both_kinds_is_read_as_the_one_that_is_asked_for() {
    let layout = two().finish();
    let (mut tar, _) = saved(&["example/x:1"]);
    for found in fs::walk(&layout.root).expect("walked") {
        if let fs::Kind::File(_) = found.kind {
            let bytes = fs::read(&layout.root.join(&found.relative), 1 << 20).expect("read");
            tar = tar.file(found.relative.to_str().expect("UTF-8"), &bytes);
        }
    }
    let (_temp, path) = archive(&tar.end());
    let at = |prefix: &str, suffix: &str| {
        let place = Place::find(&format!("{prefix}{}{suffix}", path.display()), std::path::Path::new("/"));
        Subject::open(&place.expect("there"), &Options::default(), || unreachable!("no registry"))
    };
    for (prefix, suffix, kind) in [
        ("", "", "oci-archive"),
        ("", ":1.0.0", "oci-archive"),
        ("oci-archive:", "", "oci-archive"),
        ("docker-archive:", "", "docker-archive"),
        ("docker-archive:", ":example/x:1", "docker-archive"),
        ("docker-archive:", ":docker.io/example/x:1", "docker-archive"),
        ("docker-archive:", ":1", "docker-archive"),
    ] {
        assert_eq!(at(prefix, suffix).expect(prefix).kind, kind, "{prefix}{suffix}");
    }
    assert!(at("docker-archive:", ":example/x:2").is_err());
    let same = at("", "").expect("opened");
    let other = layout.open().expect("opened");
    assert_eq!(same.platforms, other.platforms);
    let options = Options::default();
    let raw =
        |text: &str| raw(&Place::find(text, std::path::Path::new("/")).expect("there"), &options, || unreachable!());
    assert_eq!(raw(path.to_str().expect("UTF-8")).expect("raw"), other.root.expect("a root").bytes);
}
