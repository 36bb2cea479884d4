//! Layers, layouts and archives for the tests, as others and as enemies write them.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Options, Place, Subject};
use crate::domain::Digest;
use crate::registry;
use crate::sys::fs;

/// A tar that is put together member by member, with whatever the headers shall say.
#[derive(Debug, Clone, Default)]
pub(super) struct Tar(pub Vec<u8>);

impl Tar {
    /// Adds a member of any type, whose header may say another size than its data have.
    pub fn raw(mut self, path: &[u8], flag: u8, link: &[u8], size: u64, data: &[u8]) -> Self {
        let mut header = [0_u8; 512];
        header[..path.len()].copy_from_slice(path);
        header[100..107].copy_from_slice(b"0000755");
        header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        header[156] = flag;
        header[157..157 + link.len()].copy_from_slice(link);
        header[257..265].copy_from_slice(b"ustar\x0000");
        self.0.extend(sealed(header));
        self.0.extend(data);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub fn file(self, path: &str, data: &[u8]) -> Self {
        self.raw(path.as_bytes(), b'0', b"", data.len() as u64, data)
    }

    pub fn dir(self, path: &str) -> Self {
        self.raw(path.as_bytes(), b'5', b"", 0, b"")
    }

    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.raw(path.as_bytes(), b'2', target.as_bytes(), 0, b"")
    }

    pub fn hard_link(self, path: &str, target: &str) -> Self {
        self.raw(path.as_bytes(), b'1', target.as_bytes(), 0, b"")
    }

    /// The bytes with the end of an archive.
    pub fn end(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }
}

/// A header with its checksum.
pub(super) fn sealed(mut header: [u8; 512]) -> [u8; 512] {
    header[148..156].fill(b' ');
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header
}

/// The bytes in one gzip member.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// The bytes in one frame of zstd.
pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A layer of a test's image.
#[derive(Debug, Clone)]
pub(super) struct TestLayer {
    pub blob: Vec<u8>,
    pub tar: Vec<u8>,
    pub media_type: &'static str,
    pub created_by: Option<&'static str>,
}

/// A gzip-compressed layer.
pub(super) fn layer(tar: Tar) -> TestLayer {
    let tar = tar.end();
    let media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    TestLayer { blob: gzip(&tar), tar, media_type, created_by: None }
}

/// A layout of images, one platform each.
#[derive(Debug)]
pub(super) struct TestLayout {
    _temp: tempfile::TempDir,
    pub root: PathBuf,
    entries: Vec<Value>,
}

impl TestLayout {
    pub fn new() -> Self {
        let temp = tempfile::tempdir().expect("temp");
        let root = temp.path().join("layout");
        fs::write_atomic(&root.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#).expect("written");
        TestLayout { _temp: temp, root, entries: Vec::new() }
    }

    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.hex())
    }

    pub fn put(&self, media_type: &str, bytes: &[u8]) -> Value {
        fs::write_atomic(&self.blob_path(&Digest::of(bytes)), bytes).expect("written");
        json!({ "mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len() })
    }

    /// Adds an image for linux on a CPU.
    pub fn image(mut self, arch: &str, config: Value, layers: &[TestLayer]) -> Self {
        let history: Vec<Value> = layers.iter().map(|layer| json!({ "created_by": layer.created_by })).collect();
        let diff_ids: Vec<Digest> = layers.iter().map(|layer| Digest::of(&layer.tar)).collect();
        let config = json!({
            "architecture": arch, "os": "linux", "config": config, "history": history,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let config = self.put("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let layers: Vec<Value> = layers.iter().map(|layer| self.put(layer.media_type, &layer.blob)).collect();
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers }).to_string();
        let mut entry = self.put("application/vnd.oci.image.manifest.v1+json", manifest.as_bytes());
        entry["platform"] = json!({ "os": "linux", "architecture": arch });
        self.entries.push(entry);
        self
    }

    /// Adds an entry to the index.
    pub fn entry(mut self, entry: Value) -> Self {
        self.entries.push(entry);
        self
    }

    /// Writes an index of the images, and `index.json` around it.
    pub fn finish(self) -> Self {
        let index = json!({ "schemaVersion": 2, "manifests": self.entries }).to_string();
        let mut entry = self.put("application/vnd.oci.image.index.v1+json", index.as_bytes());
        entry["annotations"] = json!({ "org.opencontainers.image.ref.name": "1.0.0" });
        self.list(&[entry]);
        self
    }

    pub fn list(&self, entries: &[Value]) {
        let index = json!({ "schemaVersion": 2, "manifests": entries }).to_string();
        fs::write_atomic(&self.root.join("index.json"), index.as_bytes()).expect("written");
    }

    /// The entries of the index.
    pub fn entries(&self) -> &[Value] {
        &self.entries
    }

    pub fn open(&self) -> Result<Subject<'static>, super::Error> {
        open(&self.root, &Options::default())
    }
}

/// Opens what lies at a path.
pub(super) fn open(path: &Path, options: &Options) -> Result<Subject<'static>, super::Error> {
    let place = Place::find(path.to_str().expect("a path in Unicode"), Path::new("/"))?;
    Subject::open(&place, options, || Err(registry::Error::NoAddress { name: "no registry here".to_owned() }))
}

/// A layout of one platform with these layers.
pub(super) fn image(layers: &[TestLayer]) -> TestLayout {
    TestLayout::new().image("amd64", json!({}), layers).finish()
}
