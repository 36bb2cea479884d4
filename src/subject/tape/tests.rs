//! What tars of friends and enemies are read as.

use super::super::testing::{Tar, sealed};
use super::*;

fn members(bytes: &[u8]) -> Result<Vec<(Member, Vec<u8>)>, Torn> {
    let mut tape = Tape::new(Stream(bytes));
    let mut members = Vec::new();
    while let Some(member) = tape.next()? {
        let mut data = Vec::new();
        tape.read_to_end(&mut data)?;
        members.push((member, data));
    }
    Ok(members)
}

#[test]
fn what_the_tar_crate_writes_is_read() {
    let long = "d/".repeat(120) + "file";
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |path: &str, kind: tar::EntryType, link: Option<&str>, data: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(data.len() as u64);
        header.set_mode(0o640);
        match link {
            Some(link) => builder.append_link(&mut header, path, link).expect("appended"),
            None => builder.append_data(&mut header, path, data).expect("appended"),
        }
    };
    add("a", tar::EntryType::Regular, None, b"content");
    add(&long, tar::EntryType::Regular, None, &[7; 513]);
    add("dir", tar::EntryType::Directory, None, b"");
    add("sym", tar::EntryType::Symlink, Some(&long), b"");
    add("hard", tar::EntryType::Link, Some("a"), b"");
    let bytes = builder.into_inner().expect("written");
    let read = members(&bytes).expect("read");
    let seen: Vec<(String, Kind, String, usize)> = read
        .iter()
        .map(|(member, data)| {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
            (text(&member.path), member.kind, text(&member.link), data.len())
        })
        .collect();
    let expected = [
        ("a".to_owned(), Kind::File, String::new(), 7),
        (long.clone(), Kind::File, String::new(), 513),
        ("dir".to_owned(), Kind::Dir, String::new(), 0),
        ("sym".to_owned(), Kind::Symlink, long, 0),
        ("hard".to_owned(), Kind::HardLink, "a".to_owned(), 0),
    ];
    assert_eq!(seen, expected);
    assert_eq!(read[0].0.mode, 0o640);
    assert_eq!(&bytes[read[0].0.offset as usize..][..7], b"content");
}

/// A record of PAX, which counts its own length.
fn record(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let length =
        (1..).find(|length: &usize| length.to_string().len() + rest.len() == *length).expect("some length fits");
    format!("{length}{rest}").into_bytes()
}

#[test]
fn extensions_of_pax_count_for_the_next_member_alone() {
    let records = [record("path", "größe/\u{1F600}"), record("size", "3"), record("mtime", "1.5")].concat();
    let tar = Tar::default()
        .raw(b"global", b'g', b"", records.len() as u64, &records)
        .raw(b"x", b'x', b"", records.len() as u64, &records)
        .raw(b"short", b'0', b"", 999, b"abc")
        .file("other", b"de");
    let read = members(&tar.end()).expect("read");
    let seen: Vec<(&[u8], &[u8])> =
        read.iter().map(|(member, data)| (member.path.as_slice(), data.as_slice())).collect();
    assert_eq!(seen, [("größe/\u{1F600}".as_bytes(), b"abc".as_slice()), (b"other", b"de")]);
}

#[test]
fn files_with_holes_are_told_and_passed_over() {
    let pax =
        [record("GNU.sparse.major", "1"), record("GNU.sparse.name", "holes"), record("GNU.sparse.realsize", "1000000")];
    let pax = pax.concat();
    let mut header = [0_u8; 512];
    header[..3].copy_from_slice(b"old");
    header[124..135].copy_from_slice(b"00000000003");
    header[156] = b'S';
    header[257..265].copy_from_slice(b"ustar  \0");
    header[482] = 1;
    header[483..494].copy_from_slice(b"00003641100");
    let mut tar =
        Tar::default().raw(b"x", b'x', b"", pax.len() as u64, &pax).file("GNUSparseFile.0/holes", b"map and data");
    tar.0.extend(sealed(header));
    tar.0.extend([0; 512]);
    tar.0.extend(b"abc");
    tar.0.resize(tar.0.len().next_multiple_of(512), 0);
    let read = members(&tar.file("last", b"x").end()).expect("read");
    let seen: Vec<(&[u8], u64, bool)> =
        read.iter().map(|(member, _)| (member.path.as_slice(), member.size, member.sparse)).collect();
    assert_eq!(seen, [(b"holes".as_slice(), 1_000_000, true), (b"old", 1_000_000, true), (b"last", 1, false)]);
}

#[test]
fn numbers_may_be_binary() {
    let mut header = [0_u8; 512];
    header[0] = b'a';
    header[124] = 0x80;
    header[135] = 5;
    header[156] = b'0';
    let mut bytes = sealed(header).to_vec();
    bytes.extend(b"12345");
    bytes.resize(1024 + 1024, 0);
    assert_eq!(members(&bytes).expect("read")[0].1, b"12345");
}

#[test]
fn damage_is_an_error_and_never_more() {
    let long = Tar::default().raw(b"x", b'L', b"", 2 << 20, &vec![b'a'; 2 << 20]).file("y", b"").end();
    let huge = Tar::default().raw(b"x", b'0', b"", 0o77_777_777_777, b"abc").end();
    let mut negative = [0_u8; 512];
    negative[0] = b'a';
    negative[124..136].fill(0xff);
    let mut overflow = [0_u8; 512];
    overflow[0] = b'a';
    overflow[124] = 0x80;
    overflow[128..136].fill(0xff);
    let mut letters = [0_u8; 512];
    letters[0] = b'a';
    letters[124..130].copy_from_slice(b"000zzz");
    let pax = |bytes: &[u8]| Tar::default().raw(b"x", b'x', b"", bytes.len() as u64, bytes).file("y", b"z").end();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("text", b"this is no tar at all".repeat(100)),
        ("short", b"this is no tar".to_vec()),
        ("a long name", long),
        ("a size beyond the end", huge),
        ("a negative size", sealed(negative).to_vec()),
        ("an overflowing size", sealed(overflow).to_vec()),
        ("letters for a size", sealed(letters).to_vec()),
        ("a record without a length", pax(b"x path=y\n")),
        ("a record longer than all", pax(b"99999999999999999999 path=y\n")),
        ("a record of no bytes", pax(b"0 path=y\n")),
        ("a record without a line break", pax(b"9 path=y")),
        ("a record without a value", pax(b"8 pathy\n")),
        ("a size that is none", pax(&record("size", "-1"))),
    ];
    for (case, bytes) in cases {
        assert!(members(&bytes).is_err(), "{case}");
    }
}

#[test]
fn every_cut_is_an_end_or_an_error() {
    let whole = Tar::default().raw(b"x", b'L', b"", 3, b"abc").file("y", &[1; 700]).symlink("z", "y").end();
    for cut in 0..whole.len() {
        let _ = members(&whole[..cut]);
    }
    assert!(members(&whole[..512 + 512 + 512 + 600]).is_err());
    assert_eq!(members(&whole[..whole.len() - 1024]).expect("a missing end is an end").len(), 2);
}

#[test]
fn any_bytes_are_read_without_panic() {
    let whole = Tar::default().raw(b"x", b'x', b"", 9, b"9 path=y\n").file("y", &[1; 700]).end();
    let mut seed = 7_u64;
    for _ in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..4 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % bytes.len();
            bytes[at] = (seed >> 24) as u8;
            if at < 512 {
                // Only a header whose sum is right is looked into.
                let mut header: [u8; 512] = bytes[..512].try_into().expect("a block");
                header = sealed(header);
                bytes[..512].copy_from_slice(&header);
            }
        }
        let _ = members(&bytes);
    }
}
