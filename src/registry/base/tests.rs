//! Bases from a registry that is a map in memory: which image is taken, what is asked for, and what is kept.

use std::cell::{Cell, RefCell};
use std::io::{Cursor, ErrorKind, Read};

use serde_json::{Value, json};
use sha2::Digest as _;

use super::*;
use crate::image::document::canonical;
use crate::registry::{self, At, Beginning};
use crate::report::Recorder;
use crate::sys::fs;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// A registry with one repository, and what it was asked for.
#[derive(Default)]
struct Shelf {
    blobs: RefCell<BTreeMap<Digest, Vec<u8>>>,
    tags: RefCell<BTreeMap<String, Digest>>,
    asked: RefCell<Vec<String>>,
    /// The blob that comes with other bytes.
    broken: Option<Digest>,
    /// After how many bytes the next blob breaks.
    breaks_after: Cell<Option<u64>>,
}

/// The end of a stream: nothing, or a failure.
struct Ending(Option<ErrorKind>);

impl Read for Ending {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.0.map_or(Ok(0), |kind| Err(kind.into()))
    }
}

impl Shelf {
    fn put(&self, media_type: &str, bytes: &[u8]) -> Value {
        self.blobs.borrow_mut().insert(Digest::of(bytes), bytes.to_vec());
        json!({ "mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len() })
    }

    /// An image of one layer, as an index lists it.
    fn image(&self, os: &str, arch: &str, variant: Option<&str>, layer: &[u8]) -> Value {
        let config = canonical(&json!({
            "os": os, "architecture": arch, "rootfs": { "type": "layers", "diff_ids": [Digest::of(layer)] },
        }));
        let (config, layer) = (self.put(CONFIG, &config), self.put(LAYER, layer));
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer], "mediaType": MANIFEST });
        let mut entry = self.put(MANIFEST, &canonical(&manifest));
        entry["platform"] = json!({ "os": os, "architecture": arch, "variant": variant });
        entry
    }

    fn index(&self, entries: &[Value]) -> Value {
        self.put(INDEX, &canonical(&json!({ "schemaVersion": 2, "manifests": entries })))
    }

    fn tag(&self, tag: &str, entry: &Value) -> Digest {
        let digest: Digest = entry["digest"].as_str().and_then(|text| text.parse().ok()).expect("a digest");
        self.tags.borrow_mut().insert(tag.to_owned(), digest);
        digest
    }

    /// Both platforms, with an attestation, under the tag `1`.
    fn ordinary(&self) -> Digest {
        let entries = [
            self.image("linux", "amd64", None, b"amd64 layer"),
            self.image("unknown", "unknown", None, b"attestation"),
            self.image("linux", "arm64", Some("v8"), b"arm64 layer"),
        ];
        self.tag("1", &self.index(&entries))
    }

    fn find(&self, reference: &Reference) -> Result<(Digest, Vec<u8>), registry::Error> {
        let what = reference.to_string();
        let at = Box::new(At { registry: String::new(), repository: String::new(), step: String::new(), sends: false });
        let tags = self.tags.borrow();
        let digest = reference.digest.or_else(|| tags.get(reference.tag.as_ref()?).copied());
        let bytes = digest.and_then(|digest| self.blobs.borrow().get(&digest).cloned());
        digest.zip(bytes).ok_or(registry::Error::NotFound { what, at })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.take()
    }
}

impl Source for Shelf {
    fn told(&self, words: &str) -> String {
        words.replace("hunter2", "<redacted>")
    }

    fn resolve(&self, reference: &Reference) -> Result<Descriptor, registry::Error> {
        self.asked.borrow_mut().push(format!("HEAD {}", reference.tag.as_deref().unwrap_or("digest")));
        self.find(reference).map(|(_, bytes)| Descriptor::of(INDEX.to_owned(), &bytes))
    }

    fn root(&self, reference: &Reference) -> Result<Vec<u8>, registry::Error> {
        self.asked.borrow_mut().push(format!("root {}", reference.tag.as_deref().unwrap_or("digest")));
        self.find(reference).map(|(_, bytes)| bytes)
    }

    fn document(&self, repository: &Reference, descriptor: &Descriptor) -> Result<Vec<u8>, registry::Error> {
        self.asked.borrow_mut().push("document".to_owned());
        self.find(&Reference { digest: Some(descriptor.digest), ..repository.clone() }).map(|(_, bytes)| bytes)
    }

    fn rest_of_blob<'s>(
        &'s self,
        repository: &Reference,
        descriptor: &Descriptor,
        beginning: Beginning,
    ) -> Result<Box<dyn Read + 's>, registry::Error> {
        let from = beginning.length as usize;
        self.asked.borrow_mut().push(if from == 0 { "blob".to_owned() } else { format!("blob from {from}") });
        let digest = Some(descriptor.digest);
        let (_, mut bytes) = self.find(&Reference { digest, ..repository.clone() })?;
        if self.broken == digest {
            bytes[0] ^= 1;
        }
        let rest = bytes.split_off(from);
        let mut hasher = beginning.hasher;
        hasher.update(&rest);
        let end = match (self.breaks_after.take(), digest == Some(Digest::from_hasher(hasher))) {
            (Some(after), _) => (after, Ending(Some(ErrorKind::ConnectionReset))),
            (None, true) => (u64::MAX, Ending(None)),
            (None, false) => (u64::MAX, Ending(Some(ErrorKind::InvalidData))),
        };
        Ok(Box::new(Cursor::new(rest).take(end.0).chain(end.1)))
    }
}

struct Room {
    temp: tempfile::TempDir,
    report: Recorder,
}

impl Room {
    fn new() -> Self {
        Room { temp: tempfile::tempdir().expect("temp"), report: Recorder::default() }
    }

    fn bases<'a>(&'a self, source: &'a Shelf, terms: Terms) -> Bases<'a> {
        Bases { source, store: Store::new(self.temp.path().join("bases")), terms, report: &self.report }
    }

    fn told(&self) -> Vec<String> {
        let told = |event: &Event| match event {
            Event::Status { verb, text } => Some(format!("{verb} {text}")),
            Event::Warning { text, .. } => Some(format!("warning {text}")),
            _ => None,
        };
        self.report.events().iter().filter_map(told).collect()
    }

    fn blob(&self, bytes: &[u8]) -> std::path::PathBuf {
        self.temp.path().join("bases/blobs/sha256").join(Digest::of(bytes).hex())
    }
}

fn reference(text: &str) -> Reference {
    Reference::parse(text).expect(text)
}

const ONLINE: Terms = Terms { locked: false, offline: false };
const OFFLINE: Terms = Terms { locked: false, offline: true };
const LOCKED: Terms = Terms { locked: true, offline: false };
const FROZEN: Terms = Terms { locked: true, offline: true };

#[test]
fn what_a_tag_stood_for_first_is_what_it_stands_for() {
    let (room, shelf, base) = (Room::new(), Shelf::default(), reference("a/b:1"));
    let first = shelf.ordinary();
    let mut lock = Lock::default();
    let bases = room.bases(&shelf, ONLINE);
    let pinned = bases.pin(&base, &Arch::ALL, &mut lock).expect("pinned");
    assert_eq!(shelf.asked(), ["root 1"], "one request settles it");
    let images = bases.open(&pinned, MediaTypes::Oci).expect("opened");
    assert_eq!(images.len(), 2);
    assert_eq!(shelf.asked(), ["document", "document", "document", "document", "blob", "blob"]);
    assert_eq!(
        room.told(),
        [format!("Locking a/b:1 {}", short(&first)), "Downloading a/b:1 for linux/amd64, linux/arm64".to_owned()]
    );
    assert_eq!(lock.get(&base).map(|locked| (locked.digest, locked.manifests.len())), Some((first, 2)));

    // The tag moves, and nobody asks.
    shelf.tag("1", &shelf.index(&[shelf.image("linux", "amd64", None, b"new")]));
    let was = lock.clone();
    let again = room.bases(&shelf, FROZEN);
    assert_eq!(again.pin(&base, &Arch::ALL, &mut lock).expect("pinned"), pinned);
    again.open(&pinned, MediaTypes::Docker).expect("opened");
    assert_eq!((lock, shelf.asked()), (was, vec![]));
}

#[test]
fn only_the_wanted_platform_is_fetched() {
    let (room, shelf) = (Room::new(), Shelf::default());
    shelf.ordinary();
    let mut lock = Lock::default();
    let bases = room.bases(&shelf, ONLINE);
    let pinned = bases.pin(&reference("a/b:1"), &[Arch::Arm64], &mut lock).expect("pinned");
    assert_eq!(bases.open(&pinned, MediaTypes::Oci).expect("opened").len(), 1);
    assert_eq!(shelf.asked(), ["root 1", "document", "document", "blob"]);
    assert!(!fs::exists(&room.blob(b"amd64 layer")) && fs::exists(&room.blob(b"arm64 layer")));
    assert_eq!(lock.get(&reference("a/b:1")).map(|locked| locked.manifests.len()), Some(2), "the lock has both");
}

#[test]
fn the_terms_are_kept() {
    let (room, shelf) = (Room::new(), Shelf::default());
    let digest = shelf.ordinary();
    let fixed = Reference { tag: None, digest: Some(digest), ..reference("a/b") };
    for (base, terms, expected) in [
        (
            reference("a/b:1"),
            LOCKED,
            "cannot update the lock file because `--locked` was passed to prevent this: `a/b:1` is not in it yet",
        ),
        (
            reference("a/b:1"),
            FROZEN,
            "cannot update the lock file because `--locked` was passed to prevent this: `a/b:1` is not in it yet",
        ),
        (
            reference("a/b:1"),
            OFFLINE,
            "the base image `a/b:1` is not locked yet, and the network is off limits (`--offline`)",
        ),
        (fixed.clone(), OFFLINE, "is not in the cache, and the network is off limits (`--offline`)"),
    ] {
        let error = room.bases(&shelf, terms).pin(&base, &Arch::ALL, &mut Lock::default()).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.is_network() && shelf.asked().is_empty());
    }
    // A digest needs no lock, so `--locked` has nothing against it.
    let mut lock = Lock::default();
    let pinned = room.bases(&shelf, LOCKED).pin(&fixed, &Arch::ALL, &mut lock).expect("pinned");
    assert!(lock.is_empty());
    let refused = room.bases(&shelf, OFFLINE).open(&pinned, MediaTypes::Oci).expect_err("layers are missing");
    assert!(matches!(refused, Error::NotCached { .. }), "{refused}");
    room.bases(&shelf, ONLINE).open(&pinned, MediaTypes::Oci).expect("opened");
    room.bases(&shelf, FROZEN).open(&pinned, MediaTypes::Oci).expect("from the cache");
}

#[test]
fn a_base_without_the_platform_is_refused_and_not_locked() {
    let (room, shelf, base) = (Room::new(), Shelf::default(), reference("a/b:1"));
    let mut lock = Lock::default();
    let riscv = shelf.image("linux", "riscv64", None, b"x");
    for (entries, found) in [
        (vec![shelf.image("linux", "amd64", None, b"y"), riscv.clone()], "linux/amd64, linux/riscv64"),
        (vec![shelf.image("windows", "arm64", None, b"z"), riscv], "linux/riscv64, windows/arm64"),
        (vec![], "no platform at all"),
    ] {
        shelf.tag("1", &shelf.index(&entries));
        let error = room.bases(&shelf, ONLINE).pin(&base, &[Arch::Arm64], &mut lock).expect_err("refused");
        assert_eq!(error.to_string(), format!("the base image `a/b:1` has no linux/arm64, only {found}"));
        assert!(lock.is_empty());
    }
}

#[test]
fn an_image_for_one_platform_needs_no_index() {
    let (room, shelf, base) = (Room::new(), Shelf::default(), reference("a/b:1"));
    let digest = shelf.tag("1", &shelf.image("linux", "arm64", None, b"x"));
    let mut lock = Lock::default();
    let bases = room.bases(&shelf, ONLINE);
    let pinned = bases.pin(&base, &[Arch::Arm64], &mut lock).expect("pinned");
    bases.open(&pinned, MediaTypes::Oci).expect("opened");
    let locked = lock.get(&base).expect("locked");
    assert_eq!((locked.digest, locked.manifests.get(&Arch::Arm64)), (digest, Some(&digest)));
    assert!(matches!(bases.pin(&base, &Arch::ALL, &mut lock), Err(Error::Platform { .. })));
}

#[test]
fn indexes_are_followed_to_a_depth_and_platforms_found_in_configs() {
    for (depth, fine) in [(1, true), (4, true), (5, false), (40, false)] {
        let (room, shelf) = (Room::new(), Shelf::default());
        let mut entry = shelf.image("linux", "amd64", None, b"x");
        entry.as_object_mut().expect("an object").remove("platform");
        for _ in 0..depth {
            entry = shelf.index(&[entry]);
        }
        shelf.tag("1", &entry);
        let pinned = room.bases(&shelf, ONLINE).pin(&reference("a/b:1"), &[Arch::Amd64], &mut Lock::default());
        match pinned {
            Ok(_) => assert!(fine, "{depth}"),
            Err(error) => assert!(!fine && error.to_string().contains("nests indexes"), "{depth}: {error}"),
        }
    }
}

#[test]
fn hostile_documents_are_refused() {
    let shelf = Shelf::default();
    let many: Vec<Value> = (0..1_001_u32).map(|i| shelf.image("linux", "s390x", None, &i.to_le_bytes())).collect();
    let chart = shelf.put("application/vnd.cncf.helm.config.v1+json", b"{}");
    let both = json!({ "schemaVersion": 2, "manifests": [], "layers": [], "config": chart });
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let lying = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "manifests": [] });
    let sha512 = json!({ "mediaType": MANIFEST, "digest": format!("sha512:{}", "0".repeat(128)), "size": 2 });
    for (why, bytes) in [
        ("lists more than 1000 manifests", canonical(&json!({ "schemaVersion": 2, "manifests": many }))),
        ("could be read as an index and as a manifest", canonical(&both)),
        ("is no container image", canonical(&json!({ "schemaVersion": 2, "config": chart, "layers": [] }))),
        ("is neither an index nor a manifest", b"{}".to_vec()),
        ("is of Docker's schema 1", br#"{"schemaVersion":1,"fsLayers":[]}"#.to_vec()),
        ("does not look like the", canonical(&lying)),
        ("cannot be read", canonical(&json!({ "schemaVersion": 2, "manifests": [sha512] }))),
        ("is no valid document", b"<html>".to_vec()),
        ("is no valid document", deep.into_bytes()),
    ] {
        let room = Room::new();
        shelf.tag("1", &shelf.put(INDEX, &bytes));
        let error = room.bases(&shelf, ONLINE).pin(&reference("a/b:1"), &[Arch::Amd64], &mut Lock::default());
        let error = error.expect_err(why).to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
}

#[test]
fn damage_in_the_cache_is_found_and_mended() {
    let (room, shelf, base) = (Room::new(), Shelf::default(), reference("a/b:1"));
    shelf.ordinary();
    let mut lock = Lock::default();
    let bases = room.bases(&shelf, ONLINE);
    let pinned = bases.pin(&base, &[Arch::Amd64], &mut lock).expect("pinned");
    bases.open(&pinned, MediaTypes::Oci).expect("opened");
    shelf.asked();
    let layer = room.blob(b"amd64 layer");
    for (harm, expected) in [(Some(&b"amd64 lay"[..]), true), (Some(b"AMD64 layer"), true), (None, false)] {
        match harm {
            Some(bytes) => fs::write_atomic(&layer, bytes).expect("written"),
            None => fs::remove_file(&layer).expect("removed"),
        }
        let offline = room.bases(&shelf, OFFLINE).open(&pinned, MediaTypes::Oci).expect_err("not whole");
        assert!(matches!(offline, Error::NotCached { .. }), "{offline}");
        let warned = room.told().len();
        bases.open(&pinned, MediaTypes::Oci).expect("mended");
        assert_eq!(room.told()[warned..].iter().any(|line| line.contains("is damaged")), expected);
        assert_eq!(fs::read(&layer, 100).expect("there"), b"amd64 layer");
        assert_eq!(shelf.asked(), ["blob"], "only that one");
    }
    // Documents too, the index among them, and what makes the folder a layout.
    fs::remove_file(&room.temp.path().join("bases/oci-layout")).expect("removed");
    for blob in fs::list(&room.temp.path().join("bases/blobs/sha256")).expect("listed") {
        fs::write_atomic(&blob.path, b"{}").expect("written");
    }
    let pinned = bases.pin(&base, &[Arch::Amd64], &mut lock).expect("pinned");
    bases.open(&pinned, MediaTypes::Oci).expect("mended");
    assert_eq!(shelf.asked(), ["root digest", "document", "document", "blob"]);
}

#[test]
fn other_bytes_than_promised_are_not_kept() {
    let room = Room::new();
    let shelf = Shelf { broken: Some(Digest::of(b"amd64 layer")), ..Shelf::default() };
    shelf.ordinary();
    let bases = room.bases(&shelf, ONLINE);
    let pinned = bases.pin(&reference("a/b:1"), &[Arch::Amd64], &mut Lock::default()).expect("pinned");
    let error = bases.open(&pinned, MediaTypes::Oci).expect_err("refused");
    assert!(error.to_string().contains("could not be read: invalid data"), "{error}");
    assert!(!fs::exists(&room.blob(b"amd64 layer")));
    let left = fs::list(&room.temp.path().join("bases")).expect("listed");
    assert!(left.iter().all(|file| file.path.extension().is_none_or(|extension| extension != "part")));
}

#[test]
fn what_a_broken_run_has_brought_is_not_fetched_again() {
    for (left, asked) in [
        (None, &["blob from 5"][..]),
        (Some(&b"AMD64"[..]), &["blob from 5", "blob"]),
        (Some(b"amd64 layer"), &[]),
        (Some(b"amd64 LAYER"), &["blob"]),
        (Some(b"much longer than the layer"), &["blob"]),
    ] {
        let (room, shelf) = (Room::new(), Shelf::default());
        shelf.ordinary();
        let bases = room.bases(&shelf, ONLINE);
        let pinned = bases.pin(&reference("a/b:1"), &[Arch::Amd64], &mut Lock::default()).expect("pinned");
        shelf.breaks_after.set(Some(5));
        let error = bases.open(&pinned, MediaTypes::Oci).expect_err("it broke");
        assert!(error.to_string().contains("could not be read"), "{error}");
        let part = room.temp.path().join("bases").join(format!("{}.part", Digest::of(b"amd64 layer").hex()));
        assert_eq!(fs::read(&part, 100).expect("kept"), b"amd64");
        left.into_iter().for_each(|left| fs::write_atomic(&part, left).expect("written"));
        shelf.asked();
        bases.open(&pinned, MediaTypes::Oci).expect("opened");
        assert_eq!(shelf.asked(), asked, "{left:?}");
        assert_eq!(fs::read(&room.blob(b"amd64 layer"), 100).expect("there"), b"amd64 layer");
        assert!(!fs::exists(&part));
        let done = room.report.events().into_iter().rev().find_map(|event| match event {
            Event::Progress { done, total, .. } => Some((done, total)),
            _ => None,
        });
        assert!(done.is_none_or(|(done, total)| done == total || left.is_some()), "{done:?}");
    }
}

#[test]
fn layers_that_may_not_be_passed_on_are_refused_before_they_are_fetched() {
    let (room, shelf) = (Room::new(), Shelf::default());
    let config = json!({ "os": "linux", "architecture": "amd64", "rootfs": { "type": "layers", "diff_ids": [Digest::of(b"x")] } });
    let config = shelf.put(CONFIG, &canonical(&config));
    for (media_type, family) in [
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MediaTypes::Oci),
        ("application/vnd.oci.image.layer.v1.tar+zstd", MediaTypes::Docker),
    ] {
        let layer = shelf.put(media_type, b"x");
        let manifest = canonical(&json!({ "schemaVersion": 2, "config": config, "layers": [layer] }));
        shelf.tag("1", &shelf.put(MANIFEST, &manifest));
        let bases = room.bases(&shelf, ONLINE);
        let pinned = bases.pin(&reference("a/b:1"), &[Arch::Amd64], &mut Lock::default()).expect("pinned");
        let error = bases.open(&pinned, family).expect_err("refused");
        assert!(error.to_string().contains("has a layer of type"), "{error}");
        assert!(!shelf.asked().contains(&"blob".to_owned()));
    }
}

#[test]
fn an_update_takes_what_the_tag_stands_for_now() {
    let (room, shelf, key) = (Room::new(), Shelf::default(), reference("a/b:1"));
    let first = shelf.ordinary();
    let mut lock = Lock::default();
    let bases = room.bases(&shelf, LOCKED);
    assert_eq!(bases.update(&key, &mut lock).expect("asked"), Change::Added(first));
    assert_eq!(shelf.asked(), ["HEAD 1", "root digest"]);
    assert_eq!(bases.update(&key, &mut lock).expect("asked"), Change::Unchanged(first));
    assert_eq!(shelf.asked(), ["HEAD 1"], "nothing but a HEAD where nothing moved");
    let entries = [shelf.image("linux", "amd64", None, b"new")];
    let list = canonical(&json!({ "schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": entries }));
    let second = shelf.tag("1", &shelf.put(DOCKER_LIST, &list));
    assert_eq!(bases.update(&key, &mut lock).expect("asked"), Change::Updated { from: first, to: second });
    assert_eq!(lock.get(&key).map(|locked| (locked.digest, locked.manifests.len())), Some((second, 1)));
    assert!(matches!(room.bases(&shelf, OFFLINE).update(&key, &mut lock), Err(Error::Offline { .. })));
    shelf.tag("1", &shelf.index(&[shelf.image("windows", "amd64", None, b"w")]));
    let was = lock.clone();
    assert!(matches!(bases.update(&key, &mut lock), Err(Error::Platform { .. })));
    assert_eq!(lock, was);
}

#[test]
fn a_lock_that_its_index_belies_is_refused() {
    let (room, shelf, base) = (Room::new(), Shelf::default(), reference("a/b:1"));
    let digest = shelf.ordinary();
    let other = Digest::of(b"elsewhere");
    let mut lock = Lock::default();
    lock.insert(base.clone(), Locked { digest, manifests: [(Arch::Amd64, other)].into() });
    let error = room.bases(&shelf, ONLINE).pin(&base, &[Arch::Amd64], &mut lock).expect_err("refused");
    assert!(error.to_string().contains("which its index does not list"), "{error}");
    // The advice is to update, which mends it.
    room.bases(&shelf, ONLINE).update(&base, &mut lock).expect("asked");
    room.bases(&shelf, ONLINE).pin(&base, &Arch::ALL, &mut lock).expect("mended");
}
