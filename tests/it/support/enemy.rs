//! Layouts that mean harm, written byte by byte.

use std::io::{Read, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::files;

/// A tar in the making.
pub type Tar = tar::Builder<Vec<u8>>;

/// Adds a member as an enemy may write it.
pub fn member(tar: &mut Tar, path: &str, kind: tar::EntryType, link: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    // Written as bytes, because the builder refuses what an enemy writes.
    let (name, target) = (path.as_bytes(), link.as_bytes());
    let raw = header.as_gnu_mut().expect("a header of GNU");
    raw.name[..name.len()].copy_from_slice(name);
    raw.linkname[..target.len()].copy_from_slice(target);
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    tar.append(&header, bytes).expect("memory takes it");
}

/// Adds a file.
pub fn file(tar: &mut Tar, path: &str, bytes: &[u8]) {
    member(tar, path, tar::EntryType::Regular, "", bytes);
}

/// What `write` writes, as one member of gzip.
pub fn gzip(write: impl FnOnce(&mut dyn Write)) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    write(&mut encoder);
    encoder.finish().expect("memory takes it")
}

/// A layer of the members that `fill` adds.
pub fn layer(fill: impl FnOnce(&mut Tar)) -> Vec<u8> {
    let mut tar = Tar::new(Vec::new());
    fill(&mut tar);
    let bytes = tar.into_inner().expect("memory takes it");
    gzip(|out| out.write_all(&bytes).expect("memory takes it"))
}

/// A layer of one file of zeros: the same small member of gzip again and again.
pub fn zeros(path: &str, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(path).expect("a short path");
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    let head = gzip(|out| out.write_all(header.as_bytes()).expect("memory takes it"));
    let block = gzip(|out| out.write_all(&[0; 1 << 20]).expect("memory takes it"));
    [head, block.repeat((size >> 20) as usize + 1)].concat()
}

/// A layer of a million entries: the same thousand, a thousand times.
pub fn crowd() -> Vec<u8> {
    let thousand = gzip(|out| {
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        for at in 0..1_000 {
            header.set_path(format!("d/{at}")).expect("a short path");
            header.set_cksum();
            out.write_all(header.as_bytes()).expect("memory takes it");
        }
    });
    thousand.repeat(1_000)
}

/// The hash of what a layer unpacks to; of a large one anything, because nobody gets that far.
fn diff_id(blob: &[u8]) -> String {
    let mut bytes = Vec::new();
    let all = flate2::read::MultiGzDecoder::new(blob).take(64 << 20).read_to_end(&mut bytes);
    all.expect("the layers of these tests can be unpacked");
    files::sha256(&bytes)
}

/// Writes a blob and returns its descriptor.
pub fn put(layout: &Path, media_type: &str, bytes: &[u8]) -> Value {
    let digest = files::sha256(bytes);
    files::write(&layout.join("blobs/sha256").join(digest.trim_start_matches("sha256:")), bytes);
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}

/// Writes a layout with an image of these layers, and returns their descriptors.
pub fn image(layout: &Path, layers: &[Vec<u8>]) -> Vec<Value> {
    files::write(&layout.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#);
    let diff_ids: Vec<String> = layers.iter().map(|layer| diff_id(layer)).collect();
    let config = json!({
        "os": "linux", "architecture": "amd64", "config": { "Entrypoint": ["/backend"] },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    let config = put(layout, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
    let layers: Vec<Value> =
        layers.iter().map(|layer| put(layout, "application/vnd.oci.image.layer.v1.tar+gzip", layer)).collect();
    let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers }).to_string();
    let entry = put(layout, "application/vnd.oci.image.manifest.v1+json", manifest.as_bytes());
    let index = json!({ "schemaVersion": 2, "manifests": [entry] }).to_string();
    files::write(&layout.join("index.json"), index.as_bytes());
    layers
}
