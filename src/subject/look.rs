//! A look into a file while its layer streams by: its hash, its content if it is small, its headers.

use std::io::{self, Cursor, Read, Seek, Write};
use std::rc::Rc;

use sha2::{Digest as _, Sha256};

use super::damage::LayerDamage;
use super::entry::{Entry, Looks};
use super::walk::Manner;
use crate::build::inspect::{self, Detail, Facts, Other};
use crate::domain::Digest;
use crate::sys::fs;

/// Bytes at the beginning of a file that tell whether it is a program.
const HEAD: usize = 512;

/// The largest program whose headers are read in memory, in bytes; larger ones are copied to a file that is
/// gone when they have been read.
const IN_MEMORY: u64 = 4 << 20;

/// Programs that are looked into unasked. A base image may bring some thousands.
const MAX_UNASKED: usize = 2_000;

/// The largest document that is kept unasked, and how many bytes of them in all. A compose file is small.
const DOCUMENT: u64 = 64 << 10;
const DOCUMENTS: u64 = 2 << 20;

/// Looks into files, within bounds.
pub(super) struct Looker<'a> {
    manner: &'a Manner,
    unasked: usize,
    documents: u64,
    buffer: Vec<u8>,
}

impl<'a> Looker<'a> {
    pub fn new(manner: &'a Manner) -> Self {
        Looker { manner, unasked: MAX_UNASKED, documents: DOCUMENTS, buffer: vec![0; 64 << 10] }
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
        let looks = if keep || glance.is_some() || (looks_in && entry.size <= IN_MEMORY) {
            let mut bytes = Vec::with_capacity(usize::try_from(entry.size).unwrap_or_default());
            entry.digest = Some(self.hash(&head, data, &mut bytes)?);
            let facts = facts(name, Cursor::new(&bytes));
            let seen = glance.map_or(0, |glance| (glance.look)(&bytes));
            Looks { content: keep.then_some(bytes), facts, seen }
        } else if looks_in {
            let scratch = self.manner.scratch.as_deref();
            let mut copy = fs::scratch_file(scratch).map_err(|error| LayerDamage::Spool(error.to_string()))?;
            entry.digest = Some(self.hash(&head, data, &mut copy)?);
            Looks { content: None, facts: facts(name, copy), seen: 0 }
        } else {
            entry.digest = Some(self.hash(&head, data, &mut io::sink())?);
            if is_binary {
                return Ok(());
            }
            Looks { content: None, facts: facts(name, Cursor::new(&head)), seen: 0 }
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
        entry.looks = Some(Rc::new(looks));
        Ok(())
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
