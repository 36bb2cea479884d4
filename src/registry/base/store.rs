//! The user's cache of bases: one folder of blobs, each under its digest, which all bases and all projects share. It is
//! an OCI layout but for its `index.json`: which images are in use is written in lock files.
//!
//! Nothing in it is believed: what is read is hashed first, and what was damaged is fetched again.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::Digest as _;

use crate::domain::Digest;
use crate::image::{Descriptor, MARKER, MAX_DOCUMENT};
use crate::registry::Beginning;
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

    /// Takes up a blob where an earlier run left it, or begins it. The store must be locked.
    pub(super) fn part(&self, blob: &Descriptor) -> Result<Part, fs::Error> {
        fs::create_dir_all(&self.blobs())?;
        // One name for each blob: what killed runs have left does not pile up.
        let path = self.root.join(format!("{}.part", blob.digest.hex()));
        let mut part = Part { file: fs::open_or_create(&path)?, path, here: Beginning::default() };
        part.look(blob.size).map_err(|error| fs::Error::new("read", &part.path, error))?;
        Ok(part)
    }

    /// Gives a blob that is whole its name.
    pub(super) fn finish(&self, part: Part, blob: &Descriptor) -> Result<(), fs::Error> {
        let Part { file, path, .. } = part;
        // Windows renames no open file.
        drop(file);
        fs::rename(&path, &self.path(&blob.digest))
    }

    /// Makes the folder a layout to those who read one.
    pub(super) fn mark(&self) -> Result<(), fs::Error> {
        let (path, content) = (self.root.join(MARKER), br#"{"imageLayoutVersion":"1.0.0"}"#);
        if fs::read(&path, MAX_DOCUMENT).is_ok_and(|there| there == content) {
            return Ok(());
        }
        fs::write_atomic(&path, content)
    }

    fn blobs(&self) -> PathBuf {
        self.root.join("blobs").join("sha256")
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.blobs().join(digest.hex())
    }
}

/// The beginning of a blob, on disk.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    here: Beginning,
}

impl Part {
    /// What is here.
    pub fn here(&self) -> &Beginning {
        &self.here
    }

    /// Reads what an earlier run has left. More than the whole is nothing.
    fn look(&mut self, size: u64) -> io::Result<()> {
        if self.file.metadata()?.len() > size {
            self.file.set_len(0)?;
        }
        let mut buffer = vec![0; CHUNK];
        loop {
            match self.file.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(length) => self.count(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        self.here.hasher.update(bytes);
        self.here.length += bytes.len() as u64;
    }

    /// Takes the rest. `moved` is told how many bytes are here.
    pub fn fill(&mut self, blob: &Descriptor, from: &mut dyn Read, moved: &mut dyn FnMut(u64)) -> Result<(), Trouble> {
        let mut buffer = vec![0; CHUNK];
        loop {
            match from.read(&mut buffer) {
                Ok(0) if Digest::from_hasher(self.here.hasher.clone()) == blob.digest => return Ok(()),
                Ok(0) => return Err(Trouble::Other),
                Ok(length) if self.here.length + length as u64 > blob.size => return Err(Trouble::Other),
                Ok(length) => {
                    let bytes = &buffer[..length];
                    self.file.write_all(bytes).map_err(|error| fs::Error::new("write", &self.path, error))?;
                    self.count(bytes);
                    moved(self.here.length);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Trouble::Read(error)),
            }
        }
    }

    /// Drops what is here, for what came is not the blob.
    pub fn remove(self) -> Result<(), fs::Error> {
        let Part { file, path, .. } = self;
        // Windows removes no open file.
        drop(file);
        fs::remove_file(&path)
    }
}
