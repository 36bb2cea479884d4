//! What the tests of this floor share: small bundles, and a reader of layers that shares no code with their
//! writer.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use super::{Compression, Image, MediaTypes, Options, assemble, blob_path};
use crate::bundle::{Bundle, Content, Entry, ImageConfig, LayerContent};
use crate::domain::{Arch, Digest, FileMode, ImagePath, Reference};
use crate::report::Recorder;
use crate::sys::fs;

/// A folder for one test, with inputs, a layout and a cache in it.
pub(super) struct Room {
    dir: tempfile::TempDir,
}

impl Room {
    pub(super) fn new() -> Self {
        Room { dir: tempfile::tempdir().expect("temp") }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes an input and returns the entry that packs it as an executable.
    pub(super) fn file(&self, path: &str, bytes: &[u8]) -> Entry {
        let source = self.path("inputs").join(path);
        fs::write_atomic(&source, bytes).expect("written");
        Entry { path: image_path(path), content: Content::OnDisk(source), mode: FileMode::Executable }
    }

    /// Two platforms that share a layer and have one of their own each.
    pub(super) fn bundles(&self) -> Vec<Bundle> {
        let shared = layer("ui", vec![generated("metadata.json", b"{}"), self.file("ui/index.html", b"<p>hello</p>")]);
        let own = |arch: Arch| {
            let name = format!("host/{arch}/tool");
            layer("host tool", vec![self.file(&name, &noise(70_000, arch as u64))])
        };
        Arch::ALL.map(|arch| bundle(arch, vec![shared.clone(), own(arch)])).to_vec()
    }

    /// Assembles into `layout`, with the cache `cache`.
    pub(super) fn assemble(&self, bundles: &[Bundle]) -> Image {
        assemble(bundles, &BTreeMap::new(), &self.options(), &self.path("layout"), &Recorder::default())
            .expect("assembled")
    }

    pub(super) fn options(&self) -> Options {
        Options { cache_dir: Some(self.path("cache")), ..options() }
    }
}

pub(super) fn options() -> Options {
    Options {
        tag: "1.0.0".to_owned(),
        name: Some(Reference::parse("example/disk-usage").expect("valid")),
        compression: Compression::default(),
        created: 0,
        threads: 2,
        media_types: MediaTypes::Oci,
        cache_dir: None,
    }
}

pub(super) fn image_path(path: &str) -> ImagePath {
    ImagePath::new(path).expect("valid")
}

pub(super) fn generated(path: &str, bytes: &[u8]) -> Entry {
    Entry { path: image_path(path), content: Content::Generated(bytes.to_vec()), mode: FileMode::File }
}

pub(super) fn layer(name: &str, entries: Vec<Entry>) -> LayerContent {
    LayerContent { name: name.to_owned(), entries }
}

pub(super) fn bundle(arch: Arch, layers: Vec<LayerContent>) -> Bundle {
    let labels = BTreeMap::from([("org.opencontainers.image.title".to_owned(), "Disk\nUsage".to_owned())]);
    let config = ImageConfig { labels, entrypoint: Some(vec!["/backend".to_owned()]), cmd: None };
    Bundle { arch, layers, config }
}

/// Bytes that do not compress, the same every time.
pub(super) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// A member of a layer as an unpacker sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unpacked {
    pub(super) path: String,
    pub(super) mode: u32,
    pub(super) mtime: u64,
    pub(super) owner: (u64, u64),
    pub(super) folder: bool,
    pub(super) bytes: Vec<u8>,
}

/// Reads a tar.
pub(super) fn untar(bytes: &[u8]) -> Vec<Unpacked> {
    let mut archive = ::tar::Archive::new(Cursor::new(bytes));
    let entries = archive.entries().expect("a tar");
    let read = |entry: std::io::Result<::tar::Entry<'_, _>>| {
        let mut entry: ::tar::Entry<'_, Cursor<&[u8]>> = entry.expect("a member");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("its content");
        let header = entry.header();
        Unpacked {
            path: String::from_utf8(entry.path_bytes().into_owned()).expect("UTF-8"),
            mode: header.mode().expect("mode"),
            mtime: header.mtime().expect("mtime"),
            owner: (header.uid().expect("uid"), header.gid().expect("gid")),
            folder: header.entry_type().is_dir(),
            bytes,
        }
    };
    entries.map(read).collect()
}

/// Unpacks all members of a gzip file.
pub(super) fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out).expect("gzip");
    out
}

pub(super) fn blob(layout: &Path, digest: &Digest) -> Vec<u8> {
    fs::read(&blob_path(layout, digest), 1 << 30).expect("a blob")
}

/// Every file below a folder with its bytes.
pub(super) fn snapshot(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::walk(dir).expect("walked").into_iter().filter(|found| found.kind != fs::Kind::Dir);
    files.map(|found| (found.relative.clone(), fs::read(&dir.join(&found.relative), 1 << 30).expect("read"))).collect()
}
