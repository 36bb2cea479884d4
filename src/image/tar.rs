//! A layer's tar: the same bytes from the same entries, on any machine, whatever its umask, user or clock.
//!
//! Every header is POSIX ustar with owner 0:0 and no names. A path that ustar cannot hold (longer than its
//! two fields, or not ASCII), and a number too large for its octal field, go into a pax record before it, with
//! nothing in the record that depends on the run.

use std::collections::BTreeMap;
use std::io::{self, Write};

use tar::{EntryType, Header};

use super::Error;
use super::content::Contents;
use crate::bundle::{Entry, LayerContent};
use crate::domain::ImagePath;

/// Tar's unit; headers and contents are padded to it.
const BLOCK: u64 = 512;

/// The largest number in eleven octal digits, the field of sizes and times.
const MAX_OCTAL: u64 = 0o777_7777_7777;

/// What stands at a path of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member<'a> {
    /// A folder, which only its content implies.
    Folder,
    /// A file.
    File(&'a Entry),
}

/// The members of a layer by their path, folders before what they hold, each once.
pub(super) fn members(layer: &LayerContent) -> Result<BTreeMap<ImagePath, Member<'_>>, Error> {
    let clash = |path: &ImagePath, why| Error::Clash { path: path.clone(), layer: layer.name.clone(), why };
    let mut members = BTreeMap::new();
    for entry in &layer.entries {
        if members.insert(entry.path.clone(), Member::File(entry)).is_some() {
            return Err(clash(&entry.path, "is there twice"));
        }
    }
    for entry in &layer.entries {
        let mut parent = entry.path.parent();
        while let Some(folder) = parent {
            parent = folder.parent();
            match members.get(&folder) {
                Some(Member::Folder) => break,
                Some(Member::File(_)) => return Err(clash(&folder, "is a file and a folder at once")),
                None => members.insert(folder, Member::Folder),
            };
        }
    }
    Ok(members)
}

/// Writes the header of a folder.
pub(super) fn folder(out: &mut dyn Write, name: &str, mtime: u64) -> io::Result<()> {
    header(out, &format!("{name}/"), EntryType::Directory, 0o755, 0, mtime)
}

/// Writes the header of a file; `size` bytes of content and [`pad`] must follow.
pub(super) fn file(out: &mut dyn Write, name: &str, mode: u32, size: u64, mtime: u64) -> io::Result<()> {
    header(out, name, EntryType::Regular, mode, size, mtime)
}

/// Fills up the last block of a content of `size` bytes.
pub(super) fn pad(out: &mut dyn Write, size: u64) -> io::Result<()> {
    let rest = size.next_multiple_of(BLOCK) - size;
    out.write_all(&[0; BLOCK as usize][..rest as usize])
}

/// The length of what [`end`] writes.
pub(super) const END_LENGTH: u64 = 2 * BLOCK;

/// Ends the archive.
pub(super) fn end(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&[0; END_LENGTH as usize])
}

/// The length in bytes of a member: its headers and its padded content.
pub(super) fn length(path: &ImagePath, member: Member<'_>, contents: &Contents<'_>, mtime: u64) -> u64 {
    let mut headers = Vec::new();
    let (written, size) = match member {
        Member::Folder => (folder(&mut headers, path.relative(), mtime), 0),
        Member::File(entry) => {
            let size = contents.of(&entry.content).size;
            (file(&mut headers, path.relative(), entry.mode.bits(), size, mtime), size)
        }
    };
    written.expect("writing to a Vec does not fail");
    headers.len() as u64 + size.next_multiple_of(BLOCK)
}

fn header(out: &mut dyn Write, name: &str, kind: EntryType, mode: u32, size: u64, mtime: u64) -> io::Result<()> {
    let split = split(name);
    let mut records = Vec::new();
    if split.is_none() {
        records.extend(record("path", name));
    }
    if size > MAX_OCTAL {
        records.extend(record("size", &size.to_string()));
    }
    if mtime > MAX_OCTAL {
        records.extend(record("mtime", &mtime.to_string()));
    }
    if !records.is_empty() {
        let length = records.len() as u64;
        let extension = ustar(("", "PaxHeaders/extended"), EntryType::XHeader, 0o644, length, mtime);
        out.write_all(extension.as_bytes())?;
        out.write_all(&records)?;
        pad(out, length)?;
    }
    // A reader that knows no pax still gets a name: the tail that fits.
    let split = split.unwrap_or_else(|| ("", ascii_tail(name)));
    out.write_all(ustar(split, kind, mode, size, mtime).as_bytes())
}

/// One ustar header with every field set.
fn ustar((prefix, name): (&str, &str), kind: EntryType, mode: u32, size: u64, mtime: u64) -> Header {
    let mut header = Header::new_ustar();
    let fields = header.as_ustar_mut().expect("new_ustar makes a ustar header");
    fields.name[..name.len()].copy_from_slice(name.as_bytes());
    fields.prefix[..prefix.len()].copy_from_slice(prefix.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_device_major(0).expect("a ustar header has device numbers");
    header.set_device_minor(0).expect("a ustar header has device numbers");
    header.set_size(size.min(MAX_OCTAL));
    header.set_mtime(mtime.min(MAX_OCTAL));
    header.set_cksum();
    header
}

/// The two fields of a ustar name, `prefix/name`; `None` if it does not fit.
fn split(path: &str) -> Option<(&str, &str)> {
    const NAME: usize = 100;
    const PREFIX: usize = 155;
    if !path.is_ascii() {
        return None;
    }
    if path.len() <= NAME {
        return Some(("", path));
    }
    // The leftmost cut leaves the longest name that fits; a later one would leave a longer prefix.
    let cut = path.bytes().enumerate().find(|(at, byte)| *byte == b'/' && path.len() - at - 1 <= NAME)?.0;
    (cut <= PREFIX && cut + 1 < path.len()).then(|| (&path[..cut], &path[cut + 1..]))
}

/// At most 100 bytes from the end of a name, with what is not ASCII replaced.
fn ascii_tail(name: &str) -> &str {
    let tail = name.rfind(|c: char| !c.is_ascii()).map_or(name, |at| {
        let rest = &name[at..];
        &rest[rest.chars().next().map_or(0, char::len_utf8)..]
    });
    let tail = &tail[tail.len().saturating_sub(100)..];
    if tail.trim_matches('/').is_empty() { "extended" } else { tail }
}

/// A pax record: `length key=value\n`, where the length counts itself.
fn record(key: &str, value: &str) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{generated, image_path, layer, untar};
    use super::*;

    fn one(name: &str, size: u64, mtime: u64) -> Vec<u8> {
        let mut out = Vec::new();
        file(&mut out, name, 0o755, size, mtime).expect("written");
        out
    }

    #[test]
    fn names_of_every_length_come_back_and_take_pax_only_when_they_must() {
        let part = |length: usize| "p".repeat(length);
        for (name, headers) in [
            ("a".to_owned(), 1),
            (part(100), 1),
            (part(101), 3),
            (part(255), 3),
            (format!("{}/{}", part(155), part(100)), 1),
            (format!("{}/{}", part(156), part(99)), 3),
            (format!("{}/{}", part(155), part(101)), 3),
            (format!("{}/{}/{}", part(50), part(100), part(100)), 1),
            (format!("a/{}", part(101)), 3),
            (format!("{}/x", vec![part(200); 18].join("/")), 3 + 7),
            ("ui/größe.js".to_owned(), 3),
            (format!("{}é", part(99)), 3),
            ("ü".to_owned(), 3),
        ] {
            let bytes = one(&name, 0, 0);
            assert_eq!(bytes.len() as u64 / BLOCK, headers, "{name}");
            let members = untar(&bytes);
            assert_eq!((members.len(), members[0].path.as_str()), (1, name.as_str()));
            assert_eq!((members[0].mode, members[0].owner), (0o755, (0, 0)), "{name}");
        }
    }

    #[test]
    fn long_folders_keep_their_slash() {
        for name in ["ui", &"f".repeat(99), &"f".repeat(100), &"f".repeat(255), "ordnér"] {
            let mut out = Vec::new();
            folder(&mut out, name, 5).expect("written");
            let members = untar(&out);
            assert_eq!(members[0].path, format!("{name}/"));
            assert!(members[0].folder);
            assert_eq!((members[0].mode, members[0].mtime), (0o755, 5));
        }
    }

    #[test]
    fn numbers_too_large_for_octal_go_into_pax() {
        assert_eq!(one("x", MAX_OCTAL, MAX_OCTAL).len() as u64, BLOCK);
        let bytes = one("x", MAX_OCTAL + 1, MAX_OCTAL + 1);
        let records = String::from_utf8(bytes[512..1024].to_vec()).expect("text");
        assert_eq!(records.trim_end_matches('\0'), "19 size=8589934592\n20 mtime=8589934592\n");
    }

    #[test]
    fn a_record_counts_its_own_length() {
        for length in [0, 1, 5, 89, 90, 91, 92, 988, 989, 990, 991] {
            let record = record("path", &"x".repeat(length));
            let text = String::from_utf8(record).expect("text");
            assert_eq!(text.split(' ').next().and_then(|n| n.parse().ok()), Some(text.len()), "{length}");
        }
    }

    #[test]
    fn folders_come_once_and_before_what_they_hold() {
        let entries = ["ui/b.js", "a.txt", "ui/a/x", "a/z"].map(|path| generated(path, b"")).to_vec();
        let layer = layer("ui", entries);
        let members = members(&layer).expect("no clash");
        let paths: Vec<&str> = members.keys().map(ImagePath::relative).collect();
        assert_eq!(paths, ["a", "a.txt", "a/z", "ui", "ui/a", "ui/a/x", "ui/b.js"]);
    }

    #[test]
    fn entries_that_cannot_both_be_there_are_refused() {
        for (paths, why) in
            [(["a", "a"], "`/a` is there twice"), (["a/b", "a/b/c"], "`/a/b` is a file and a folder at once")]
        {
            let layer = layer("ui", paths.map(|path| generated(path, b"")).to_vec());
            assert_eq!(members(&layer).expect_err("a clash").to_string(), why);
        }
        assert_eq!(image_path("a").relative(), "a");
    }
}
