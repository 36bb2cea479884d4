//! Images that mean harm: a finding or a clear error, within bounded memory, and nothing is written.

use std::path::Path;

use super::lines;
use crate::support::bounds::bounded;
use crate::support::enemy::{crowd, file, image, layer, member, zeros, zstd_zeros};
use crate::support::files;
use crate::support::sandbox::{Outcome, Sandbox};

const METADATA: &[u8] = br#"{"icon":"icon.svg","host":{"binaries":[{"linux":[{"path":"/linux/tool"}]}]}}"#;

/// Runs `validate` on the layout `image`, and sees that it wrote nothing.
#[track_caller]
fn validate(sandbox: &Sandbox) -> Outcome {
    let before = files::fingerprint(sandbox.project());
    let outcome = judged(sandbox, "image");
    assert_eq!(files::fingerprint(sandbox.project()), before, "validate only reads");
    outcome
}

/// Runs `validate` within bounds.
#[track_caller]
pub fn judged(sandbox: &Sandbox, what: &str) -> Outcome {
    bounded(sandbox.dext(["validate", what, "--format", "json", "--profile", "private"]))
}

pub fn found(outcome: &Outcome) -> Vec<String> {
    let answer: serde_json::Value =
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("no JSON: {}", outcome.stderr));
    lines(&answer["findings"])
}

#[test]
fn layers_that_cannot_be_read_are_findings() {
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("it is a decompression bomb", zeros("backend", 1 << 30)),
        ("it is a decompression bomb", zeros("metadata.json", 2 << 30)),
        ("it has too many files to look at", crowd()),
    ];
    for (what, layer) in cases {
        let sandbox = Sandbox::empty();
        image(&sandbox.path("image"), &[layer]);
        let outcome = validate(&sandbox).failure(1);
        let found = found(&outcome);
        assert!(found[0].starts_with("error E45 the layer cannot be read: "), "{found:?}");
        let told: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        assert_eq!(told["findings"][0]["place"]["platforms"], serde_json::json!(["linux/amd64"]));
        assert!(found[0].contains(what), "{what}: {found:?}");
    }
}

#[test]
fn compressed_archives_do_not_unpack_to_more_than_layers() {
    for (name, bytes) in [("image.tar.gz", zeros("x", 1 << 30)), ("image.tar.zst", zstd_zeros("x", 6 << 30))] {
        let sandbox = Sandbox::empty();
        sandbox.write(name, bytes);
        let outcome = judged(&sandbox, name).failure(1);
        assert!(outcome.stderr.contains("it is a decompression bomb"), "{name}: {}", outcome.stderr);
    }
}

#[test]
fn what_stopped_the_reading_cannot_be_allowed() {
    let sandbox = Sandbox::empty();
    let layers = image(
        &sandbox.path("image"),
        &[layer(|tar| {
            file(tar, "metadata.json", METADATA);
            member(tar, "dev/sda", tar::EntryType::Block, "", b"");
        })],
    );
    let words = ["validate", "image", "--format", "json", "--profile", "private", "--allow", "e45"];
    let judged = || sandbox.dext(words).run();
    let whole = found(&judged());
    assert!(!whole.iter().any(|line| line.contains(" E45 ")), "a device can be allowed: {whole:?}");
    let digest = layers[0]["digest"].as_str().expect("a digest");
    let blob = sandbox.path("image/blobs/sha256").join(digest.trim_start_matches("sha256:"));
    files::write(&blob, b"x");
    let found = found(&judged().failure(1));
    assert!(found.iter().any(|line| line.starts_with("error E45 the layer cannot be read")), "{found:?}");
}

#[test]
fn blobs_that_are_not_what_they_should_be_are_findings() {
    type Harm = fn(&Path, &[u8]);
    let harm: [(&str, Harm); 3] = [
        ("its blob is missing", |blob, _| std::fs::remove_file(blob).expect("removed")),
        ("bytes instead of", |blob, bytes| files::write(blob, &bytes[..bytes.len() / 2])),
        ("other bytes", |blob, bytes| files::write(blob, &vec![0; bytes.len()])),
    ];
    for (what, harm) in harm {
        // A layer, the config, and the manifest.
        for nth in 0..3 {
            let sandbox = Sandbox::empty();
            let layout = sandbox.path("image");
            image(&layout, &[layer(|tar| file(tar, "metadata.json", METADATA))]);
            let blobs = layout.join("blobs/sha256");
            let mut all: Vec<_> =
                std::fs::read_dir(&blobs).expect("blobs").map(|blob| blob.expect("a blob").path()).collect();
            all.sort();
            harm(&all[nth], &files::read(&all[nth]));
            let found = found(&validate(&sandbox).failure(1));
            assert!(found.iter().any(|line| line.starts_with("error E45 ")), "{what}: {found:?}");
        }
    }
}

#[test]
fn what_leaves_its_folder_or_goes_in_circles_is_found_and_escapes_nothing() {
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
            member(tar, "icon.svg", link, &format!("../../../../../..{secret}"), b"");
            member(tar, "hard", tar::EntryType::Link, "hard", b"");
            member(tar, "dev/sda", tar::EntryType::Block, "", b"");
        })],
    );
    let found = found(&validate(&sandbox).failure(1));
    for line in [
        "error E03 the icon `icon.svg` is not in the image",
        "error E10 the linux file `/linux/tool` is a link that leads to itself",
        "error E45 1 entry leaves the root",
        "error E45 a hard link leads to itself",
        "warning E45 1 entry has an absolute path",
        "warning E45 1 entry is a device or pipe",
    ] {
        assert!(found.iter().any(|found| found == line), "{line}: {found:#?}");
    }
    assert!(!sandbox.root().join("escape").exists());
}

#[test]
fn documents_inside_that_mean_harm_are_findings() {
    let wide = format!("{{\"icon\":[{}0]}}", "0,".repeat(500_000));
    for (what, metadata) in [
        ("error E01 metadata.json is no JSON: it nests deeper", "[".repeat(2_000).into_bytes()),
        ("error E01 metadata.json has 200001 values", "[".repeat(200_000).into_bytes()),
        ("error E01 metadata.json has 8388608 bytes", vec![b' '; 8 << 20]),
        ("error E01 metadata.json has 500003 values; at most 10000 are read", wide.into_bytes()),
        ("error E01 metadata.json is no JSON: it begins with a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
    ] {
        let sandbox = Sandbox::empty();
        image(&sandbox.path("image"), &[layer(|tar| file(tar, "metadata.json", &metadata))]);
        let found = found(&validate(&sandbox).failure(1));
        assert!(found.iter().any(|line| line.starts_with(what)), "{what}: {found:?}");
    }
}
