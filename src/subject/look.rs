//! A look into a file while its layer streams by: its hash, its content if it is small, its headers.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, Write};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::damage::LayerDamage;
use super::entry::{Entry, Glance, Looks};
use super::walk::Manner;
use crate::build::inspect::{self, Detail, Facts, Other};
use crate::domain::Digest;
use crate::sys::fs;

/// Bytes at the beginning of a file that tell whether it is a program.
const HEAD: usize = 512;

/// The largest program whose headers are read in memory, in bytes; larger ones are copied to a file that is
/// gone when they have been read.
const IN_MEMORY: u64 = 1 << 20;

/// Programs that are looked into unasked. A base image may bring some thousands.
const MAX_UNASKED: usize = 2_000;

/// The largest document that is kept unasked, and how many bytes of them in all. A compose file is small.
const DOCUMENT: u64 = 64 << 10;
const DOCUMENTS: u64 = 2 << 20;

/// Bytes of a text that are looked at together.
const PIECE: usize = 64 << 10;

/// Looks into files, within bounds.
pub(super) struct Looker<'a> {
    manner: &'a Manner,
    unasked: usize,
    documents: u64,
    buffer: Vec<u8>,
    /// The copy of the last large program, which the next one is written over.
    copy: Option<File>,
}

impl<'a> Looker<'a> {
    pub fn new(manner: &'a Manner) -> Self {
        Looker { manner, unasked: MAX_UNASKED, documents: DOCUMENTS, buffer: vec![0; 64 << 10], copy: None }
    }

    /// Reads a file to its end.
    ///
    /// # Errors
    /// When reading fails, or the copy of a large program.
    pub fn look(
        &mut self,
        path: &str,
        entry: &mut Entry,
        wanted: bool,
        data: &mut impl Read,
    ) -> Result<(), LayerDamage> {
        let mut head = Vec::with_capacity(HEAD);
        data.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        let is_binary = is_binary(&head);
        let keep = self.keeps(path, entry.size, wanted);
        let glance = self.manner.glance.filter(|glance| !is_binary && glance.takes(path, entry.size));
        let looks_in = is_binary && (wanted || self.unasked > 0);
        let name = path.rsplit('/').next().unwrap_or_default();
        let looks = if keep || (looks_in && entry.size <= IN_MEMORY) {
            let mut bytes = Vec::with_capacity(usize::try_from(entry.size).unwrap_or_default());
            entry.digest = Some(self.hash(&head, data, &mut bytes)?);
            let facts = facts(name, Cursor::new(&bytes));
            let seen = glance.map_or(0, |glance| (glance.look)(&bytes));
            Looks { content: keep.then_some(bytes), facts, seen }
        } else if looks_in {
            Looks { content: None, facts: self.copied(name, entry, &head, data)?, seen: 0 }
        } else {
            let mut seeing = Seeing { glance, window: Vec::new(), seen: 0 };
            entry.digest = Some(self.hash(&head, data, &mut seeing)?);
            if is_binary {
                return Ok(());
            }
            Looks { content: None, facts: facts(name, Cursor::new(&head)), seen: seeing.end() }
        };
        let unneeded = !wanted && !keep && looks.seen == 0;
        match &looks.facts {
            Ok(Facts { detail: Detail::Other(Other { looks_like }), .. }) if unneeded => {
                entry.plain = Some(looks_like);
                return Ok(());
            }
            _ if unneeded && self.unasked == 0 => return Ok(()),
            _ => {}
        }
        if !wanted {
            self.unasked = self.unasked.saturating_sub(1);
        }
        entry.looks = Some(Arc::new(looks));
        Ok(())
    }

    /// What the headers of a large program say, which lie all over it.
    fn copied(
        &mut self,
        name: &str,
        entry: &mut Entry,
        head: &[u8],
        data: &mut impl Read,
    ) -> Result<Result<Facts, String>, LayerDamage> {
        let spool = |error: io::Error| LayerDamage::Spool(error.to_string());
        let mut copy = match self.copy.take() {
            Some(copy) => copy,
            None => fs::scratch_file(self.manner.scratch.as_deref())
                .map_err(|error| LayerDamage::Spool(error.to_string()))?,
        };
        copy.rewind().map_err(spool)?;
        entry.digest = Some(self.hash(head, data, &mut copy)?);
        copy.set_len(entry.size).map_err(spool)?;
        let facts = facts(name, &copy);
        self.copy = Some(copy);
        Ok(facts)
    }

    /// Whether the content is kept: of what is wanted, and of documents that metadata.json may name.
    fn keeps(&mut self, path: &str, size: u64, wanted: bool) -> bool {
        if wanted {
            return size <= self.manner.limits.content;
        }
        let is_document = [".yaml", ".yml", "metadata.json"].iter().any(|ending| path.ends_with(ending));
        let keep = is_document && size <= DOCUMENT && size <= self.documents;
        if keep {
            self.documents -= size;
        }
        keep
    }

    /// Copies what was read and what follows, and hashes it.
    fn hash(&mut self, head: &[u8], data: &mut impl Read, copy: &mut impl Write) -> Result<Digest, LayerDamage> {
        let spool = |error: io::Error| LayerDamage::Spool(error.to_string());
        let mut hasher = Sha256::new_with_prefix(head);
        copy.write_all(head).map_err(spool)?;
        loop {
            match data.read(&mut self.buffer) {
                Ok(0) => return Ok(Digest::from_hasher(hasher)),
                Ok(read) => {
                    hasher.update(&self.buffer[..read]);
                    copy.write_all(&self.buffer[..read]).map_err(spool)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn facts(name: &str, reader: impl Read + Seek) -> Result<inspect::Facts, String> {
    inspect::inspect(name, reader).map_err(|defect| defect.to_string())
}

/// A look at a text in pieces, each of which begins with the end of the one before.
struct Seeing {
    glance: Option<Glance>,
    window: Vec<u8>,
    seen: u8,
}

impl Seeing {
    fn look(&mut self) {
        self.seen |= self.glance.map_or(0, |glance| (glance.look)(&self.window));
    }

    /// What was seen in all of it.
    fn end(mut self) -> u8 {
        self.look();
        self.seen
    }
}

impl Write for Seeing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(glance) = self.glance else { return Ok(bytes.len()) };
        self.window.extend_from_slice(bytes);
        if self.window.len() >= PIECE {
            self.look();
            self.window.drain(..self.window.len().saturating_sub(glance.span));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a file begins as the programs of Linux, macOS and Windows do.
pub fn is_binary(head: &[u8]) -> bool {
    const MAGIC: [&[u8]; 7] = [
        b"\x7fELF",
        b"MZ",
        &[0xfe, 0xed, 0xfa, 0xce],
        &[0xfe, 0xed, 0xfa, 0xcf],
        &[0xce, 0xfa, 0xed, 0xfe],
        &[0xcf, 0xfa, 0xed, 0xfe],
        &[0xca, 0xfe, 0xba],
    ];
    MAGIC.iter().any(|magic| head.starts_with(magic))
}
