//! A file under way: what has come of it, and its hash so far.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::Error;
use crate::domain::Digest;
use crate::sys::fs;

/// The longest entity tag that is kept, in bytes.
const MAX_TAG: u64 = 1024;

/// The beginning of a file, on disk.
pub(super) struct Part {
    path: PathBuf,
    tag_path: PathBuf,
    file: File,
    hasher: Sha256,
    len: u64,
    is_pieced: bool,
}

impl Part {
    /// Opens what earlier runs brought of the file with this hash, or begins it.
    pub(super) fn open(cache: &Path, digest: &Digest) -> Result<Self, Error> {
        let path = cache.join(format!("{}.part", digest.hex()));
        let tag_path = cache.join(format!("{}.etag", digest.hex()));
        fs::create_dir_all(&cache.join("sha256"))?;
        let mut file = fs::open_or_create(&path)?;
        let (hasher, len) = hash(&mut file).map_err(|error| Error::io("read", &path, error))?;
        Ok(Part { path, tag_path, file, hasher, len, is_pieced: false })
    }

    /// How many bytes are there.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The hash of what is there.
    pub(super) fn digest(&self) -> Digest {
        Digest::from_hasher(self.hasher.clone())
    }

    /// Whether more than one answer of a server went into it.
    pub(super) fn is_pieced(&self) -> bool {
        self.is_pieced
    }

    /// The entity tag of the file on the server, if it is known and a strong one: `If-Range` takes no other
    /// (RFC 9110, 13.1.5).
    pub(super) fn tag(&self) -> Option<String> {
        let tag = String::from_utf8(fs::read(&self.tag_path, MAX_TAG).ok()?).ok()?;
        (tag.starts_with('"') && tag.ends_with('"')).then_some(tag)
    }

    /// Takes the first answer, or one that does not continue the others: what was there is dropped.
    pub(super) fn restart(&mut self, tag: Option<&str>) -> Result<(), Error> {
        self.file.set_len(0).and_then(|()| self.file.rewind()).map_err(|error| self.error(error))?;
        self.hasher = Sha256::new();
        self.len = 0;
        self.is_pieced = false;
        match tag {
            Some(tag) if tag.len() as u64 <= MAX_TAG => Ok(fs::write_atomic(&self.tag_path, tag.as_bytes())?),
            _ => Ok(fs::remove_file(&self.tag_path)?),
        }
    }

    /// Takes an answer that continues the others.
    pub(super) fn resume(&mut self) {
        self.is_pieced = self.len > 0;
    }

    /// Adds bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(|error| self.error(error))?;
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Gives the finished file its place.
    pub(super) fn finish(self, path: &Path) -> Result<(), Error> {
        let Part { path: part, tag_path, file, .. } = self;
        // Windows renames no open file.
        drop(file);
        fs::rename(&part, path)?;
        Ok(fs::remove_file(&tag_path)?)
    }

    /// Stops for now: what has come stays for the next run.
    pub(super) fn leave(self) -> Result<(), Error> {
        let Part { path, tag_path, file, len, .. } = self;
        if len == 0 {
            // Windows removes no open file.
            drop(file);
            fs::remove_file(&path)?;
            fs::remove_file(&tag_path)?;
        }
        Ok(())
    }

    fn error(&self, source: io::Error) -> Error {
        Error::io("write", &self.path, source)
    }
}

/// Reads to the end: the hash's state, and how many bytes there were.
pub(super) fn hash(reader: &mut impl Read) -> io::Result<(Sha256, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    let mut len = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok((hasher, len)),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                len += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
