//! Reading files, whole, in part, or for their digest.

#![expect(clippy::disallowed_methods, reason = "this is the room that touches the disk")]

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::Error;
use crate::domain::Digest;

/// Opens a regular file for reading and returns its length in bytes.
///
/// # Errors
/// When it cannot be opened or is no regular file.
pub fn open(path: &Path) -> Result<(File, u64), Error> {
    let open = || {
        // Opening a pipe that nobody writes to would wait for ever.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok((file, size))
    };
    open().map_err(|e| Error::new("open", path, e))
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// When it cannot be read or is larger.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let (file, size) = open(path)?;
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(limit)).unwrap_or_default());
    BufReader::new(file).take(limit + 1).read_to_end(&mut bytes).map_err(|e| Error::new("read", path, e))?;
    if bytes.len() as u64 > limit {
        return Err(Error::new("read", path, io::Error::other(format!("it is larger than {limit} bytes"))));
    }
    Ok(bytes)
}

/// Reads the first bytes of a file, at most `count`.
///
/// # Errors
/// When it cannot be read.
pub fn read_head(path: &Path, count: u64) -> Result<Vec<u8>, Error> {
    let mut head = Vec::new();
    open(path)?.0.take(count).read_to_end(&mut head).map_err(|e| Error::new("read", path, e))?;
    Ok(head)
}

/// Reads a whole text file of at most 16 MiB.
///
/// # Errors
/// When it cannot be read, is larger, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Error> {
    String::from_utf8(read(path, 16 << 20)?)
        .map_err(|e| Error::new("read", path, io::Error::new(io::ErrorKind::InvalidData, e.utf8_error())))
}

/// The digest of a file's content, read in pieces.
///
/// # Errors
/// When it cannot be read.
pub fn digest(path: &Path) -> Result<Digest, Error> {
    use sha2::Digest as _;
    let (mut file, _) = open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Digest::from_hasher(hasher)),
            Ok(read) => hasher.update(&buffer[..read]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Error::new("read", path, e)),
        }
    }
}
