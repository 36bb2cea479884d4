//! The user's cache of bases: one folder of blobs, each under its digest, which all bases and all projects share. It is
//! an OCI layout but for its `index.json`: which images are in use is written in lock files.
//!
//! Nothing in it is believed: what is read is hashed first, and what was damaged is fetched again.

use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::domain::Digest;
use crate::image::{Descriptor, MARKER, MAX_DOCUMENT};
use crate::report::Report;
use crate::sys::fs;

/// Bytes moved at a time.
const CHUNK: usize = 128 << 10;

/// Blobs by digest.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

/// What the store has of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Missing,
    Damaged,
    Whole,
}

/// Why a blob could not be received.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Its source failed.
    Read(io::Error),
    /// Other bytes came than the digest promises.
    Other,
    /// The disk.
    Fs(fs::Error),
}

impl From<fs::Error> for Trouble {
    fn from(error: fs::Error) -> Self {
        Trouble::Fs(error)
    }
}

impl Store {
    /// The store in a folder, which need not exist.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Store { root }
    }

    /// Its folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Keeps other processes from fetching what this one is about to fetch.
    pub(super) fn lock(&self, report: &dyn Report) -> Result<fs::Lock, fs::Error> {
        fs::lock(&self.root.join(".lock"), || {
            report.status("Blocking", "waiting for file lock on the cache of base images".to_owned());
        })
    }

    /// A document; `None` if it is not there or not whole.
    pub(super) fn document(&self, digest: &Digest) -> Option<Vec<u8>> {
        fs::read(&self.path(digest), MAX_DOCUMENT).ok().filter(|bytes| Digest::of(bytes) == *digest)
    }

    /// Keeps a document.
    pub(super) fn keep(&self, bytes: &[u8]) -> Result<(), fs::Error> {
        self.mark()?;
        fs::write_atomic(&self.path(&Digest::of(bytes)), bytes)
    }

    /// What is there of a blob.
    pub(super) fn state(&self, blob: &Descriptor) -> Result<State, fs::Error> {
        let path = self.path(&blob.digest);
        match fs::kind_followed(&path) {
            Err(error) if error.is_not_found() => Ok(State::Missing),
            Err(error) => Err(error),
            Ok(fs::Kind::File(size)) if size == blob.size && fs::digest(&path)? == blob.digest => Ok(State::Whole),
            Ok(_) => Ok(State::Damaged),
        }
    }

    /// Receives a blob, which gets its name when it is whole. `moved` is told how many bytes have come. The store must
    /// be locked.
    pub(super) fn receive(
        &self,
        blob: &Descriptor,
        from: &mut dyn Read,
        moved: &mut dyn FnMut(u64),
    ) -> Result<(), Trouble> {
        self.mark()?;
        fs::create_dir_all(&self.blobs())?;
        // One name for each blob: what a killed run has left is written over, and does not pile up.
        let part = self.root.join(format!("{}.part", blob.digest.hex()));
        let mut file = fs::open_or_create(&part)?;
        let writing = |error| Trouble::Fs(fs::Error::new("write", &part, error));
        file.set_len(0).and_then(|()| file.rewind()).map_err(writing)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; CHUNK];
        let mut size = 0;
        let whole = loop {
            match from.read(&mut buffer) {
                Ok(0) if size == blob.size && Digest::from_hasher(hasher.clone()) == blob.digest => break Ok(()),
                Ok(0) => break Err(Trouble::Other),
                Ok(length) if size + length as u64 > blob.size => break Err(Trouble::Other),
                Ok(length) => {
                    hasher.update(&buffer[..length]);
                    file.write_all(&buffer[..length]).map_err(writing)?;
                    size += length as u64;
                    moved(length as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(Trouble::Read(error)),
            }
        };
        // Windows neither renames nor removes an open file.
        drop(file);
        if whole.is_err() {
            fs::remove_file(&part)?;
            return whole;
        }
        Ok(fs::rename(&part, &self.path(&blob.digest))?)
    }

    /// Makes the folder a layout to those who read one.
    fn mark(&self) -> Result<(), fs::Error> {
        let marker = self.root.join(MARKER);
        if fs::exists(&marker) { Ok(()) } else { fs::write_atomic(&marker, br#"{"imageLayoutVersion":"1.0.0"}"#) }
    }

    fn blobs(&self) -> PathBuf {
        self.root.join("blobs").join("sha256")
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.blobs().join(digest.hex())
    }
}
