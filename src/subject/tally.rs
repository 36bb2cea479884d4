//! Counting and hashing what streams by, and stopping it where it becomes too much.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::damage::LayerDamage;
use super::limits::Limits;
use crate::domain::Digest;

/// The number and the hash of the bytes that were read so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    hasher: RefCell<Sha256>,
    bytes: Cell<u64>,
    failure: RefCell<Option<io::Error>>,
}

impl Tally {
    pub fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    pub fn digest(&self) -> Digest {
        Digest::from_hasher(self.hasher.borrow().clone())
    }

    /// Why the reader itself failed, if it did.
    pub fn failure(&self) -> Option<io::Error> {
        self.failure.borrow_mut().take()
    }

    fn take(&self, bytes: &[u8]) {
        self.hasher.borrow_mut().update(bytes);
        self.bytes.set(self.bytes.get() + bytes.len() as u64);
    }
}

/// A blob as it comes from its source, never more of it than its descriptor says and one byte.
pub(super) struct Packed<'a, R> {
    reader: R,
    tally: &'a Tally,
    expected: u64,
}

impl<'a, R: Read> Packed<'a, R> {
    pub fn new(reader: R, tally: &'a Tally, expected: u64) -> Self {
        Packed { reader, tally, expected }
    }
}

impl<R: Read> Read for Packed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = self.expected.saturating_add(1).saturating_sub(self.tally.bytes());
        let length = usize::try_from(allowed).unwrap_or(usize::MAX).min(buffer.len());
        match self.reader.read(&mut buffer[..length]) {
            Ok(read) => {
                self.tally.take(&buffer[..read]);
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                // What unpacks it says only that it failed; this one knows why.
                let kind = error.kind();
                *self.tally.failure.borrow_mut() = Some(error);
                Err(kind.into())
            }
        }
    }
}

/// The unpacked layer.
pub(super) struct Unpacked<'a, R> {
    reader: R,
    bytes: u64,
    packed: &'a Tally,
    limits: Limits,
}

impl<'a, R: Read> Unpacked<'a, R> {
    pub fn new(reader: R, packed: &'a Tally, limits: Limits) -> Self {
        Unpacked { reader, bytes: 0, packed, limits }
    }

    fn too_much(&self) -> Option<LayerDamage> {
        let (unpacked, packed) = (self.bytes, self.packed.bytes());
        if unpacked > self.limits.unpacked {
            return Some(LayerDamage::TooLarge { limit: self.limits.unpacked });
        }
        let bomb = unpacked > self.limits.harmless && unpacked / packed.max(1) > self.limits.ratio;
        bomb.then_some(LayerDamage::Bomb { packed, unpacked })
    }
}

impl<R: Read> Read for Unpacked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes += read as u64;
        match self.too_much() {
            Some(damage) => Err(io::Error::other(damage)),
            None => Ok(read),
        }
    }
}
