//! Images that mean harm: an error or a finding, within bounded memory, and nothing is written.

use std::path::Path;

use crate::support::enemy::{crowd, file, gzip, image, layer, member, zeros};
use crate::support::files;
use crate::support::sandbox::{Outcome, Sandbox};

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
fn no_platform_steers_the_terminal() {
    let sandbox = Sandbox::empty();
    let entry = |digit: &str| {
        let platform =
            serde_json::json!({ "os": "linux", "architecture": "\u{1b}[2Jm68k\nerror: \u{202e}all is lost" });
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let digest = format!("sha256:{}", digit.repeat(64));
        serde_json::json!({ "mediaType": media_type, "digest": digest, "size": 2, "platform": platform })
    };
    let index = serde_json::json!({ "schemaVersion": 2, "manifests": [entry("0"), entry("1")] });
    sandbox.write("image/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
    sandbox.write("image/index.json", index.to_string());
    let outcome = sandbox.dext(["inspect", "image", "--platform", "linux/amd64", "--color", "never"]).run().failure(1);
    let name = r"linux/\u{1b}[2Jm68k\u{a}error: \u{202e}all is lost";
    let told = format!("error: the image has no linux/amd64, only {name}, {name}\n");
    assert!(outcome.stderr.starts_with(&told), "{}", outcome.stderr);
    // A digest is quoted, too.
    sandbox.edit("image/index.json", &"0".repeat(64), "\\u001b[2J\\nerror: no");
    let outcome = sandbox.dext(["inspect", "image", "--color", "never"]).run().failure(1);
    let told = r"error: the list of images is invalid: `\u{1b}[2J\u{a}error: no` is no SHA-256 digest";
    assert!(outcome.stderr.starts_with(told), "{}", outcome.stderr);
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
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels)).into_bytes();
    for (what, metadata) in [
        ("recursion limit exceeded", deep(5_000)),
        ("/metadata.json has 200001 values, and is not read", deep(200_000)),
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
