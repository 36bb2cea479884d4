//! One walk over a layer: every entry, and of the files that may matter what they are. Nothing is written to
//! disk but a large program for the moment in which its headers are read.

use std::collections::BTreeSet;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::damage::LayerDamage;
use super::entries::{Collected, Entries};
use super::entry::{Entry, EntryKind, Glance, Remark, Remarks, Wish};
use super::limits::{Limits, MAX_LINKS, MAX_PATH};
use super::look::Looker;
use super::pipe::{Incoming, piped};
use super::tally::{Packed, Tally, Unpacked};
use super::tape::{Kind, Member, Stream, Tape};
use super::unpack::{Packing, unpack};
use crate::domain::Digest;

/// Bytes that are read of a blob at a time.
const CHUNK: usize = 128 << 10;

/// What a layer holds.
#[derive(Debug)]
pub struct Walked {
    /// Its entries by their paths, without a leading `/`.
    pub entries: Entries,
    /// The folders whose content in lower layers is hidden (`.wh..wh..opq`).
    pub opaque: BTreeSet<String>,
    /// The paths that are removed from lower layers (`.wh.NAME`).
    pub gone: BTreeSet<String>,
    /// The length of the tar in bytes.
    pub unpacked: u64,
    /// The hash of the tar.
    pub diff_id: Digest,
    /// How the blob is packed.
    pub packing: Packing,
    /// What is strange about it.
    pub remarks: Remarks,
    /// Bytes of memory that all this takes, more or less.
    pub(super) weight: u64,
}

/// Bytes of memory for the path of something that hides others, without its text.
const WHITEOUT: u64 = 80;

/// What a layer must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// Bytes of the blob.
    pub size: u64,
    /// The hash of the blob.
    pub digest: Digest,
    /// The hash of the tar, where a config says it.
    pub diff_id: Option<Digest>,
}

/// How a walk ended early.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The layer is damaged.
    Damage(LayerDamage),
    /// Its source failed.
    Source(io::Error),
}

/// How layers are walked.
#[derive(Debug, Clone)]
pub(super) struct Manner {
    pub limits: Limits,
    /// Where large programs are copied to for a moment; the system's folder if there is none.
    pub scratch: Option<PathBuf>,
    /// What is looked for in texts.
    pub glance: Option<Glance>,
    /// Bytes of memory that are taken, more or less, by all that was walked and is being walked.
    pub taken: Arc<AtomicU64>,
}

impl Manner {
    /// Takes memory.
    pub(super) fn take(&self, bytes: u64, none_left: impl FnOnce() -> LayerDamage) -> Result<(), LayerDamage> {
        let taken = self.taken.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if taken <= self.limits.memory { Ok(()) } else { Err(none_left()) }
    }
}

/// Walks a layer from its first byte to its last one. It is unpacked on this thread and looked into on another one.
///
/// # Errors
/// When it is not what it must be, or its source fails.
pub(super) fn walk(blob: impl Read, expected: Expected, wish: &Wish, manner: &Manner) -> Result<Walked, Stopped> {
    let packed = Tally::default();
    let mut reader = BufReader::with_capacity(CHUNK, Packed::new(blob, &packed, expected.size));
    let result = read(&mut reader, &packed, wish, manner);
    // The hash of the blob is that of all its bytes; it also tells a damaged blob from a strange one.
    let drained = match &result {
        Err(Stopped::Damage(damage)) if damage.is_bound() => Ok(0),
        _ => io::copy(&mut reader, &mut io::sink()),
    };
    if let Some(failure) = packed.failure() {
        return Err(Stopped::Source(failure));
    }
    drained.map_err(Stopped::Source)?;
    let damage = match result {
        Err(Stopped::Source(failure)) => return Err(Stopped::Source(failure)),
        Err(Stopped::Damage(bound)) if bound.is_bound() => bound,
        _ if packed.bytes() != expected.size => LayerDamage::Size { expected: expected.size, found: packed.bytes() },
        _ if packed.digest() != expected.digest => LayerDamage::Digest { found: packed.digest() },
        Err(Stopped::Damage(damage)) => damage,
        Ok(walked) => match expected.diff_id {
            Some(diff_id) if walked.diff_id != diff_id => {
                LayerDamage::DiffId { expected: diff_id, found: walked.diff_id }
            }
            _ => return Ok(walked),
        },
    };
    Err(Stopped::Damage(damage))
}

fn read(reader: &mut impl io::BufRead, packed: &Tally, wish: &Wish, manner: &Manner) -> Result<Walked, Stopped> {
    let grow = |bytes| manner.take(bytes, || LayerDamage::Window).map_err(io::Error::other);
    let (packing, stream) = unpack(reader, grow).map_err(|error| Stopped::Damage(error.into()))?;
    let mut stream = Unpacked::new(stream, packed, manner.limits);
    let looked = piped(&mut stream, |incoming| look(incoming, packing, wish, manner)).map_err(Stopped::Source)?;
    looked.map_err(Stopped::Damage)
}

fn look(incoming: Incoming, packing: Packing, wish: &Wish, manner: &Manner) -> Result<Walked, LayerDamage> {
    let mut tape = Tape::new(Stream(incoming));
    let mut walk = Walk::new(wish, manner);
    while let Some(member) = tape.next()? {
        walk.member(member, &mut tape)?;
    }
    // The hash of the tar is that of all its bytes, those behind its end too.
    let mut incoming = tape.into_inner().0;
    io::copy(&mut incoming, &mut io::sink())?;
    let (unpacked, diff_id) = incoming.end();
    Ok(Walked { packing, unpacked, diff_id, ..walk.finish() })
}

/// What was seen so far.
struct Walk<'a> {
    wish: &'a Wish,
    looker: Looker<'a>,
    manner: &'a Manner,
    names: u64,
    count: u64,
    entries: Collected,
    walked: Walked,
}

impl<'a> Walk<'a> {
    fn new(wish: &'a Wish, manner: &'a Manner) -> Self {
        let walked = Walked {
            entries: Entries::default(),
            opaque: BTreeSet::new(),
            gone: BTreeSet::new(),
            unpacked: 0,
            diff_id: Digest::of(&[]),
            packing: Packing::Plain,
            remarks: Remarks::default(),
            weight: 0,
        };
        let looker = Looker::new(manner);
        Walk { wish, looker, manner, names: 0, count: 0, entries: Collected::default(), walked }
    }

    fn member(&mut self, member: Member, data: &mut impl Read) -> Result<(), LayerDamage> {
        self.count += 1;
        self.names += (member.path.len() + member.link.len()) as u64;
        let limits = &self.manner.limits;
        if self.count > limits.entries {
            return Err(LayerDamage::TooMany { what: "entries", limit: limits.entries });
        }
        if self.names > limits.names {
            return Err(LayerDamage::TooMany { what: "bytes of names", limit: limits.names });
        }
        if member.path.len().max(member.link.len()) > MAX_PATH {
            return Err(LayerDamage::TooMany { what: "bytes in a path", limit: MAX_PATH as u64 });
        }
        let Some(path) = self.path(&member) else { return Ok(()) };
        if self.whiteout(&path) {
            return self.weigh(WHITEOUT + path.len() as u64);
        }
        let mut entry = Entry::new(member.kind, member.mode, member.size);
        match member.kind {
            Kind::File if member.sparse => self.remark(Remark::Sparse, &path),
            Kind::File => self.looker.look(&path, &mut entry, self.wish.wants(&path), data)?,
            Kind::Symlink => entry.kind = EntryKind::Symlink(text(&member.link)),
            Kind::HardLink => entry.kind = EntryKind::HardLink(text(&member.link)),
            Kind::Special => self.remark(Remark::Special, &path),
            Kind::Dir => {}
        }
        let weight = self.entries.add(&path, entry);
        self.weigh(weight)
    }

    /// Counts what is kept in memory.
    fn weigh(&mut self, bytes: u64) -> Result<(), LayerDamage> {
        self.walked.weight += bytes;
        self.manner.take(bytes, || LayerDamage::Crowded { entries: self.count })
    }

    /// The path without what Docker drops from it, too; none for the root itself and for paths that leave it.
    fn path(&mut self, member: &Member) -> Option<String> {
        let written = text(&member.path);
        if std::str::from_utf8(&member.path).is_err() {
            self.remark(Remark::NotUnicode, &written);
        }
        if written.starts_with('/') {
            self.remark(Remark::Absolute, &written);
        }
        let parts: Vec<&str> = written.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") {
            self.remark(Remark::Leaves, &written);
            return None;
        }
        let path = parts.join("/");
        (!path.is_empty()).then_some(path)
    }

    /// Takes an entry that only hides others (`layer.md` of the image specification).
    fn whiteout(&mut self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some(hidden) = name.strip_prefix(".wh.") else { return false };
        match hidden {
            ".wh..opq" => {
                self.walked.opaque.insert(folder.to_owned());
            }
            // What aufs kept for itself.
            _ if hidden.starts_with(".wh.") => {}
            "" | "." | ".." => self.remark(Remark::Leaves, path),
            _ => {
                let separator = if folder.is_empty() { "" } else { "/" };
                self.walked.gone.insert(format!("{folder}{separator}{hidden}"));
            }
        }
        true
    }

    fn remark(&mut self, remark: Remark, path: &str) {
        self.walked.remarks.add(remark, path);
    }

    fn finish(mut self) -> Walked {
        let remarks = &mut self.walked.remarks;
        self.walked.entries = self.entries.finish(|path| remarks.add(Remark::Twice, path));
        for path in self.walked.entries.join_hard_links(MAX_LINKS) {
            self.walked.remarks.add(Remark::LinkOutside, &path);
        }
        self.walked
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
