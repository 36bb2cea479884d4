//! Images that mean harm: an error or a finding, within bounded memory, and nothing is written.

use std::io::{Read, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::files;
use crate::support::sandbox::{Outcome, Sandbox};

/// A tar in the making.
type Tar = tar::Builder<Vec<u8>>;

fn member(tar: &mut Tar, path: &str, kind: tar::EntryType, link: &str, bytes: &[u8]) {
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

fn file(tar: &mut Tar, path: &str, bytes: &[u8]) {
    member(tar, path, tar::EntryType::Regular, "", bytes);
}

fn gzip(write: impl FnOnce(&mut dyn Write)) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    write(&mut encoder);
    encoder.finish().expect("memory takes it")
}

/// A layer of the members that `fill` adds.
fn layer(fill: impl FnOnce(&mut Tar)) -> Vec<u8> {
    let mut tar = Tar::new(Vec::new());
    fill(&mut tar);
    let bytes = tar.into_inner().expect("memory takes it");
    gzip(|out| out.write_all(&bytes).expect("memory takes it"))
}

/// A layer of one file of zeros: the same small member of gzip again and again.
fn zeros(path: &str, size: u64) -> Vec<u8> {
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
fn crowd() -> Vec<u8> {
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

fn put(layout: &Path, media_type: &str, bytes: &[u8]) -> Value {
    let digest = files::sha256(bytes);
    files::write(&layout.join("blobs/sha256").join(digest.trim_start_matches("sha256:")), bytes);
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}

/// Writes a layout with an image of these layers, and returns their descriptors.
fn image(layout: &Path, layers: &[Vec<u8>]) -> Vec<Value> {
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

/// Runs `inspect` with 256 MiB of address space and a minute, and sees that it wrote nothing.
fn inspect(sandbox: &Sandbox) -> Outcome {
    let before = files::fingerprint(sandbox.project());
    let limited = ["sh", "-c", "ulimit -v 262144 -t 60; exec \"$@\"", "--"];
    let outcome = sandbox.dext(["inspect", "image"]).through(limited).run();
    assert_eq!(files::fingerprint(sandbox.project()), before, "inspect only reads");
    outcome
}

const METADATA: &[u8] = br#"{"host":{"binaries":[{"linux":[{"path":"/linux/tool"}]}]}}"#;

#[test]
fn what_cannot_be_read_is_an_error() {
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("it is a decompression bomb", zeros("backend", 1 << 30)),
        ("it is a decompression bomb", zeros("metadata.json", 2 << 30)),
        ("it has more than 500000 entries", crowd()),
        ("it is no whole tar", gzip(|out| out.write_all(&[b'x'; 10_000]).expect("memory takes it"))),
    ];
    for (what, layer) in cases {
        let sandbox = Sandbox::empty();
        image(&sandbox.path("image"), &[layer]);
        let told = inspect(&sandbox).failure(1).told();
        assert!(told.contains(what) && told.contains("sha256:[DIGEST]"), "{what}: {told}");
    }
}

#[test]
fn blobs_that_are_not_what_they_should_be_are_errors() {
    type Harm = fn(&Path, &[u8]);
    let harm: [(&str, Harm); 4] = [
        ("its blob is missing", |blob, _| std::fs::remove_file(blob).expect("removed")),
        ("bytes instead of", |blob, bytes| files::write(blob, &bytes[..bytes.len() / 2])),
        ("other bytes", |blob, bytes| files::write(blob, &vec![0; bytes.len()])),
        ("is missing", |blob, _| {
            std::fs::remove_file(blob).expect("removed");
            std::fs::create_dir(blob).expect("made");
        }),
    ];
    for (what, harm) in harm {
        let sandbox = Sandbox::empty();
        let layout = sandbox.path("image");
        let layers = image(&layout, &[layer(|tar| file(tar, "metadata.json", METADATA))]);
        let digest = layers[0]["digest"].as_str().expect("a digest").trim_start_matches("sha256:").to_owned();
        let blob = layout.join("blobs/sha256").join(digest);
        let bytes = files::read(&blob);
        harm(&blob, &bytes);
        let told = inspect(&sandbox).failure(1).told();
        assert!(told.contains(what) || told.contains("no regular file"), "{what}: {told}");
    }
}

#[test]
fn what_leaves_its_folder_or_goes_in_circles_is_nothing_and_escapes_nothing() {
    let sandbox = Sandbox::empty();
    files::write(&sandbox.root().join("secret"), b"a secret");
    let secret = sandbox.root().join("secret").display().to_string();
    let link = tar::EntryType::Symlink;
    image(
        &sandbox.path("image"),
        &[layer(|tar| {
            file(tar, "metadata.json", METADATA);
            file(tar, "../../escape", b"x");
            file(tar, "/absolute", b"x");
            member(tar, "linux", link, "/a", b"");
            member(tar, "a", link, "b", b"");
            member(tar, "b", link, "a", b"");
            member(tar, "backend", link, &format!("../../../../../..{secret}"), b"");
            member(tar, "hard", tar::EntryType::Link, "../../../etc/passwd", b"");
            member(tar, "dev/sda", tar::EntryType::Block, "", b"");
        })],
    );
    let outcome = inspect(&sandbox).success();
    assert!(outcome.stdout.contains("links lead in a circle"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("it is not in the image"), "{}", outcome.stdout);
    assert!(!sandbox.root().join("escape").exists());
}

#[test]
fn documents_inside_that_mean_harm_are_told() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for (what, metadata) in [
        ("recursion limit exceeded", deep.as_bytes().to_vec()),
        ("/metadata.json is no JSON", b"\xff\xfe\x00".to_vec()),
        ("/metadata.json has 8388608 bytes, and is not read", vec![b' '; 8 << 20]),
        ("{}", b"\xef\xbb\xbf{}".to_vec()),
        ("backend  it is not in the image", br#"{"host":{"binaries":{"linux":"/x"}}}"#.to_vec()),
        ("\\u{202e}", "{\"icon\":\"\u{202e}gvs.live\"}".as_bytes().to_vec()),
        ("a damaged ELF", METADATA.to_vec()),
    ] {
        let sandbox = Sandbox::empty();
        let broken = [b"\x7fELF".as_slice(), &[0xff; 100]].concat();
        let entry = sandbox.path("image");
        image(
            &entry,
            &[layer(|tar| {
                file(tar, "metadata.json", &metadata);
                if what.contains("ELF") {
                    file(tar, "linux/tool", &broken);
                }
            })],
        );
        let outcome = inspect(&sandbox).success();
        assert!(outcome.stdout.contains(what), "{what}: {}", outcome.stdout);
    }
}
