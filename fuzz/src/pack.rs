//! Packs what the fuzzer writes, so that its bytes get past hashes and check sums to the reader behind them.

use std::io::{Read, Write};

use cargo_dext::domain::Digest;
use serde_json::{Value, json};

/// Bytes that are unpacked at most to tell a layer's diff id.
const MAX_UNPACKED: u64 = 16 << 20;

const BLOCK: usize = 512;

/// Gives every header of a tar the check sum it needs, where the fuzzer has changed it.
#[must_use]
pub fn sealed(tar: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    let mut at = 0;
    while at < tar.len() {
        let header = &mut tar[at..at + BLOCK];
        at += BLOCK;
        if header.iter().all(|byte| *byte == 0) {
            continue;
        }
        header[148..156].fill(b' ');
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let size = std::str::from_utf8(&header[124..135]).ok();
        let size = size.and_then(|size| usize::from_str_radix(size.trim_matches([' ', '\0']), 8).ok()).unwrap_or(0);
        at = at.saturating_add(size).min(tar.len()).next_multiple_of(BLOCK);
    }
    tar
}

/// The bytes as one member of gzip.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// The bytes as one frame of zstd.
#[must_use]
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// What a blob unpacks to, as far as it does.
#[must_use]
pub fn unpacked(blob: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    match blob {
        [0x1f, 0x8b, ..] => {
            // Whatever came before an error counts for nothing later, so the error does not matter here.
            drop(flate2::bufread::MultiGzDecoder::new(blob).take(MAX_UNPACKED).read_to_end(&mut bytes));
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            if let Ok(decoder) = ruzstd::decoding::StreamingDecoder::new(blob) {
                drop(decoder.take(MAX_UNPACKED).read_to_end(&mut bytes));
            }
        }
        _ => bytes.extend(blob),
    }
    bytes
}

/// A tar of files.
#[must_use]
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, *bytes).expect("memory takes it");
    }
    tar.into_inner().expect("memory takes it")
}

/// A descriptor of bytes.
#[must_use]
pub fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len() })
}

/// The path of bytes in a layout.
#[must_use]
pub fn blob_path(bytes: &[u8]) -> String {
    format!("blobs/sha256/{}", Digest::of(bytes).hex())
}

/// An OCI archive of an image with these layers, each with its media type.
#[must_use]
pub fn oci_archive(layers: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let diff_ids: Vec<Digest> = layers.iter().map(|(_, blob)| Digest::of(&unpacked(blob))).collect();
    let config = json!({
        "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": diff_ids },
        "config": { "Entrypoint": ["service"], "Env": ["PATH=/bin:/usr/bin"], "WorkingDir": "/" },
    });
    let config = config.to_string();
    let listed: Vec<Value> = layers.iter().map(|(media_type, blob)| descriptor(media_type, blob)).collect();
    let of_config = descriptor("application/vnd.oci.image.config.v1+json", config.as_bytes());
    let manifest = json!({ "schemaVersion": 2, "config": of_config, "layers": listed }).to_string();
    let entry = descriptor("application/vnd.oci.image.manifest.v1+json", manifest.as_bytes());
    let index = json!({ "schemaVersion": 2, "manifests": [entry] }).to_string();
    let blobs = [config.as_bytes(), manifest.as_bytes()].into_iter().chain(layers.iter().map(|(_, blob)| &blob[..]));
    let blobs: Vec<(String, &[u8])> = blobs.map(|blob| (blob_path(blob), blob)).collect();
    let mut files = vec![("oci-layout", &br#"{"imageLayoutVersion":"1.0.0"}"#[..]), ("index.json", index.as_bytes())];
    files.extend(blobs.iter().map(|(path, blob)| (path.as_str(), *blob)));
    tar(&files)
}
