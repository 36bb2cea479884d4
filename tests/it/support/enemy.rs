//! Layouts that mean harm, written byte by byte.

use std::io::{Read, Write};
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

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

/// A tar of one file of zeros as one frame of zstd: blocks that say how often a byte comes (RFC 8878, section 3.1.1.2).
pub fn zstd_zeros(path: &str, size: u64) -> Vec<u8> {
    const BLOCK: usize = 128 << 10;
    let block = |kind: usize, length: usize| (length << 3 | kind << 1).to_le_bytes()[..3].to_vec();
    let mut header = tar::Header::new_gnu();
    header.set_path(path).expect("a short path");
    header.set_size(size);
    header.set_cksum();
    let head = [vec![0x28, 0xb5, 0x2f, 0xfd, 0, 10 << 3], block(0, 512), header.as_bytes().to_vec()].concat();
    let zeros = [block(1, BLOCK), vec![0]].concat();
    let last = [block(1, 1024).into_iter().enumerate().map(|(at, byte)| byte | u8::from(at == 0)).collect(), vec![0]];
    [head, zeros.repeat((size >> 17) as usize), last.concat()].concat()
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
    let mut hasher = Sha256::new();
    let mut all = flate2::read::MultiGzDecoder::new(blob).take(512 << 20);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match all.read(&mut buffer).expect("the layers of these tests can be unpacked") {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    format!("sha256:{}", hasher.finalize().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")))
}

/// Writes a blob and returns its descriptor.
pub fn put(layout: &Path, media_type: &str, bytes: &[u8]) -> Value {
    let digest = files::sha256(bytes);
    files::write(&layout.join("blobs/sha256").join(digest.trim_start_matches("sha256:")), bytes);
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}

/// A layer of many files with long names in many folders, as npm leaves them, and of some files of another kind.
pub fn forest(root: &str, files: usize, others: &[(&str, &[u8])]) -> Vec<u8> {
    let write = |out: &mut dyn Write| {
        let mut tar = tar::Builder::new(out);
        let mut add = |path: &str, bytes: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, path, bytes).expect("memory takes it");
        };
        others.iter().for_each(|(path, bytes)| add(path, bytes));
        for at in 0..files {
            let mix = (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let folder = format!("{root}/node_modules/@organisation-{}/component-{}/dist/esm", at / 1_000, at / 10);
            add(
                &format!("{folder}/module-with-a-long-name-{mix:016x}.js"),
                format!("export default {mix};\n").as_bytes(),
            );
        }
        tar.finish().expect("memory takes it");
    };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    write(&mut encoder);
    encoder.finish().expect("memory takes it")
}

/// A layer of many symbolic links in one folder, and of a file of another kind.
pub fn links(root: &str, count: usize, (path, bytes): (&str, &[u8])) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(&mut encoder);
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    tar.append_data(&mut header, path, bytes).expect("memory takes it");
    for at in 0..count {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, format!("{root}/{at}"), "x").expect("memory takes it");
    }
    tar.finish().expect("memory takes it");
    drop(tar);
    encoder.finish().expect("memory takes it")
}

/// Writes a layout with an image of these layers, and returns their descriptors.
pub fn image(layout: &Path, layers: &[Vec<u8>]) -> Vec<Value> {
    images(layout, &[("amd64", json!({ "Entrypoint": ["/backend"] }), layers)])
}

/// Writes a layout with an image for several CPUs, each with what its config says of containers and with layers of its
/// own, and returns the descriptors of all layers.
pub fn images(layout: &Path, platforms: &[(&str, Value, &[Vec<u8>])]) -> Vec<Value> {
    files::write(&layout.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#);
    let (mut entries, mut all) = (Vec::new(), Vec::new());
    for (arch, config, layers) in platforms {
        let diff_ids: Vec<String> = layers.iter().map(|layer| diff_id(layer)).collect();
        let config = json!({
            "os": "linux", "architecture": arch, "config": config,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let config = put(layout, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let layers: Vec<Value> =
            layers.iter().map(|layer| put(layout, "application/vnd.oci.image.layer.v1.tar+gzip", layer)).collect();
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers }).to_string();
        let mut entry = put(layout, "application/vnd.oci.image.manifest.v1+json", manifest.as_bytes());
        entry["platform"] = json!({ "os": "linux", "architecture": arch });
        entries.push(entry);
        all.extend(layers);
    }
    let index = json!({ "schemaVersion": 2, "manifests": entries }).to_string();
    let index = put(layout, "application/vnd.oci.image.index.v1+json", index.as_bytes());
    let list = json!({ "schemaVersion": 2, "manifests": [index] }).to_string();
    files::write(&layout.join("index.json"), list.as_bytes());
    all
}
