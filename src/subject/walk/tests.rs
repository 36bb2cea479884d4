//! Layers of friends and enemies.

use super::super::testing::{Tar, gzip, zstd};
use super::*;

fn expected(blob: &[u8], tar: &[u8]) -> Expected {
    Expected { size: blob.len() as u64, digest: Digest::of(blob), diff_id: Some(Digest::of(tar)) }
}

fn manner(limits: Limits) -> Manner {
    Manner { limits, scratch: None, glance: None, taken: Arc::default() }
}

fn at(walked: &Walked, path: &str) -> Entry {
    walked.entries.get(path).unwrap_or_else(|| panic!("no {path}"))
}

fn paths(walked: &Walked) -> Vec<String> {
    walked.entries.iter().map(|(path, _)| path).collect()
}

fn walked(tar: Tar) -> Walked {
    let tar = tar.end();
    walk(&*tar, expected(&tar, &tar), &Wish::default(), &manner(Limits::default())).expect("walked")
}

fn damage(blob: &[u8], expected: Expected, limits: Limits) -> LayerDamage {
    match walk(blob, expected, &Wish::default(), &manner(limits)) {
        Err(Stopped::Damage(damage)) => damage,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_packing_holds_the_same_files() {
    let tar = Tar::default().dir("bin/").file("bin/tool", &[b'x'; 100_000]).file("empty", b"").end();
    let (half, rest) = tar.split_at(5_000);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0], b"abc".as_slice()].concat();
    for (packing, blob) in [
        (Packing::Plain, tar.clone()),
        (Packing::Gzip, gzip(&tar)),
        (Packing::Gzip, [gzip(half), gzip(b""), gzip(rest)].concat()),
        (Packing::Zstd, zstd(&tar)),
        (Packing::Zstd, [skippable.clone(), zstd(half), skippable.clone(), zstd(rest), skippable].concat()),
    ] {
        let walked = walk(&*blob, expected(&blob, &tar), &Wish::default(), &manner(Limits::default()));
        let walked = walked.expect("walked");
        assert_eq!((walked.packing, walked.unpacked), (packing, tar.len() as u64));
        let sizes: Vec<u64> = walked.entries.iter().map(|(_, entry)| entry.size).collect();
        assert_eq!(
            (paths(&walked), sizes),
            (vec!["bin".into(), "empty".into(), "bin/tool".into()], vec![0, 0, 100_000])
        );
        assert_eq!(at(&walked, "bin/tool").digest, Some(Digest::of(&[b'x'; 100_000])));
    }
}

#[test]
fn programs_and_documents_are_looked_into_unasked_and_others_when_wanted() {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/binaries/darwin-arm64");
    let exe = crate::sys::fs::read(std::path::Path::new(fixture), 1 << 20).expect("read");
    let tar = Tar::default()
        .file("bin/tool", &exe)
        .file("metadata.json", b"{}")
        .file("docker-compose.yaml", b"services: {}")
        .file("ui/index.html", b"<p>")
        .file("run.sh", b"#!/bin/sh\n")
        .end();
    let wish = Wish::of(["/run.sh"]);
    let walked = walk(&*tar, expected(&tar, &tar), &wish, &manner(Limits::default())).expect("walked");
    let looks = |path: &str| at(&walked, path).looks;
    let facts = looks("bin/tool").expect("looked").facts.clone().expect("facts");
    assert!(!facts.platforms.is_empty() && looks("bin/tool").expect("looked").content.is_none());
    assert_eq!(looks("metadata.json").expect("looked").content.as_deref(), Some(b"{}".as_slice()));
    assert!(looks("docker-compose.yaml").expect("looked").content.is_some());
    assert!(looks("run.sh").expect("looked").content.is_some());
    assert!(looks("ui/index.html").is_none());
}

#[test]
fn a_large_document_is_not_kept() {
    let limits = Limits { content: 1_000, ..Limits::default() };
    let tar = Tar::default().file("metadata.json", &[b' '; 100_000]).end();
    let wish = Wish::of(["/metadata.json"]);
    let walked = walk(&*tar, expected(&tar, &tar), &wish, &manner(limits)).expect("walked");
    let entry = at(&walked, "metadata.json");
    assert_eq!((entry.size, &entry.looks.as_ref().expect("looked").content), (100_000, &None));
}

#[test]
fn whiteouts_hide_and_are_no_files() {
    let tar = Tar::default()
        .file("a/.wh.b", b"")
        .file(".wh.top", b"")
        .file("opaque/.wh..wh..opq", b"")
        .file(".wh..wh.plnk/1", b"")
        .file(".wh..wh.aufs", b"")
        .file("x/.wh...", b"");
    let walked = walked(tar);
    assert_eq!(walked.gone.iter().map(String::as_str).collect::<Vec<_>>(), ["a/b", "top"]);
    assert_eq!(walked.opaque.iter().map(String::as_str).collect::<Vec<_>>(), ["opaque"]);
    assert_eq!(paths(&walked), [".wh..wh.plnk/1"]);
}

#[test]
fn what_is_strange_is_told() {
    let tar = Tar::default()
        .file("/abs", b"1")
        .file("../../etc/passwd", b"2")
        .file("a/../b", b"3")
        .raw(b"bad\xff", b'0', b"", 0, b"")
        .raw(b"dev/null", b'3', b"", 0, b"")
        .raw(b"pipe", b'6', b"", 0, b"")
        .file("twice", b"old")
        .file("twice", b"new")
        .dir("dir/")
        .dir("dir/")
        .hard_link("link", "elsewhere");
    let walked = walked(tar);
    let remarks: Vec<(Remark, u64)> = walked.remarks.iter().map(|(remark, _, count)| (remark, count)).collect();
    let expected = [
        (Remark::Absolute, 1),
        (Remark::Leaves, 2),
        (Remark::NotUnicode, 1),
        (Remark::Special, 2),
        (Remark::Twice, 1),
        (Remark::LinkOutside, 1),
    ];
    assert_eq!(remarks, expected);
    assert!(!paths(&walked).iter().any(|path| path.contains("passwd") || path == "b"));
    assert_eq!(at(&walked, "twice").digest, Some(Digest::of(b"new")));
    assert_eq!(at(&walked, "abs").size, 1);
}

#[test]
fn second_names_have_what_the_first_has() {
    let tar = Tar::default()
        .hard_link("before", "./a")
        .file("a", b"content")
        .hard_link("after", "/a")
        .hard_link("further", "after")
        .hard_link("circle", "round")
        .hard_link("round", "circle");
    let walked = walked(tar);
    for name in ["before", "after", "further"] {
        assert_eq!((at(&walked, name).size, at(&walked, name).kind), (7, EntryKind::File), "{name}");
    }
    assert!(matches!(at(&walked, "circle").kind, EntryKind::HardLink(_)));
}

#[test]
fn a_layer_is_what_its_digests_say_or_damaged() {
    let tar = Tar::default().file("a", &[1; 50_000]).end();
    let blob = gzip(&tar);
    let right = expected(&blob, &tar);
    let mut flipped = blob.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x10;
    let cases: Vec<(&str, Vec<u8>, Expected)> = vec![
        ("instead of", blob[..blob.len() - 9].to_vec(), right),
        ("instead of", [blob.as_slice(), b"x"].concat(), right),
        ("other bytes", flipped, right),
        ("other bytes", blob.clone(), Expected { digest: Digest::of(b"x"), ..right }),
        ("the config says", blob.clone(), Expected { diff_id: Some(Digest::of(b"x")), ..right }),
        ("instead of", blob.clone(), Expected { size: 5, ..right }),
        ("instead of", blob.clone(), Expected { size: u64::MAX, ..right }),
    ];
    for (what, blob, expected) in cases {
        let damage = damage(&blob, expected, Limits::default()).to_string();
        assert!(damage.contains(what), "{damage}");
    }
}

#[test]
fn a_whole_blob_that_is_no_layer_says_why() {
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("no whole tar", b"just text".repeat(100)),
        ("no whole tar", gzip(&Tar::default().file("a", &[1; 5_000]).0[..3_000])),
        ("", gzip(&[1; 5_000])[..40].to_vec()),
        ("cannot be unpacked", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xffgarbage that is no gzip at all".to_vec()),
        ("cannot be unpacked", b"\x28\xb5\x2f\xfdgarbage that is no zstd at all".to_vec()),
        ("cannot be unpacked", [gzip(&Tar::default().end()), b"trailing bytes that are no member".to_vec()].concat()),
    ];
    for (what, blob) in cases {
        let expected = Expected { size: blob.len() as u64, digest: Digest::of(&blob), diff_id: None };
        let damage = damage(&blob, expected, Limits::default()).to_string();
        assert!(damage.contains(what), "{what}: {damage}");
    }
}

#[test]
fn bombs_and_crowds_are_stopped() {
    let small =
        Limits { harmless: 1 << 20, unpacked: 8 << 20, entries: 100, names: 10_000, ratio: 50, ..Limits::default() };
    let zeros = Tar::default().file("zeros", &vec![0; 4 << 20]).end();
    let noise: Vec<u8> = (0..9_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let large = Tar::default().file("noise", &noise).end();
    let crowd = (0..200).fold(Tar::default(), |tar, at| tar.file(&format!("f{at}"), b"")).end();
    let long = (0..90).fold(Tar::default(), |tar, at| {
        let name = format!("{at}").repeat(60);
        tar.raw(b"x", b'L', b"", name.len() as u64, name.as_bytes()).file("x", b"").raw(
            b"x",
            b'L',
            b"",
            99,
            &[b'n'; 99],
        )
    });
    for (what, blob) in [
        ("decompression bomb", gzip(&zeros)),
        ("decompression bomb", zstd(&zeros)),
        ("unpacks to more than", large),
        ("more than 100 entries", gzip(&crowd)),
        ("more than 10000 bytes of names", gzip(&long.file("y", b"").end())),
    ] {
        let expected = Expected { size: blob.len() as u64, digest: Digest::of(&blob), diff_id: None };
        let damage = damage(&blob, expected, small).to_string();
        assert!(damage.contains(what), "{what}: {damage}");
    }
}

#[test]
fn a_source_that_fails_is_not_taken_for_a_damaged_layer() {
    struct Broken(usize);
    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::other("the network went away"));
            }
            self.0 -= 1;
            buffer[..512].copy_from_slice(&Tar::default().file("a", b"").0);
            Ok(512)
        }
    }
    let expected = Expected { size: 1 << 20, digest: Digest::of(b""), diff_id: None };
    match walk(Broken(3), expected, &Wish::default(), &manner(Limits::default())) {
        Err(Stopped::Source(error)) => assert_eq!(error.to_string(), "the network went away"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn paths_that_no_system_makes_end_the_walk() {
    let long = |length: usize| {
        let name = "d/".repeat(length / 2);
        Tar::default().raw(b"x", b'L', b"", name.len() as u64, name.as_bytes()).file("x", b"").end()
    };
    for (length, fits) in [(MAX_PATH, true), (MAX_PATH + 2, false)] {
        let tar = long(length);
        let walked = walk(&*tar, expected(&tar, &tar), &Wish::default(), &manner(Limits::default()));
        assert_eq!(walked.is_ok(), fits, "{length}");
    }
}
