//! An image in one tar, as skopeo, BuildKit, `docker save` or `cargo dext package --archive` writes it. It is
//! read where it lies: a list of its members is made once, and blobs are read from their places. Only a
//! compressed archive is unpacked, to a file without a name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Error;
use super::damage::LayerDamage;
use super::limits::{Limits, MAX_DOCUMENT, MAX_LINKS};
use super::path::normal;
use super::tally::{Packed, Tally, Unpacked};
use super::tape::{Kind, Tape};
use super::unpack::{Packing, unpack};
use crate::domain::Digest;
use crate::sys::fs;

/// How many members are listed, and the bytes of their names in all.
const MAX_MEMBERS: usize = 100_000;
const MAX_NAMES: usize = 32 << 20;

/// Where a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Spot {
    /// Its data begin here, and are so long.
    Data(u64, u64),
    /// It is the one at another path. Docker 20.10 and skopeo save a layer twice this way.
    Link(String),
}

/// An archive with the list of its members.
#[derive(Debug)]
pub(super) struct Archive {
    path: PathBuf,
    file: Mutex<File>,
    members: BTreeMap<String, Spot>,
    /// Blobs that have other names than in a layout.
    named: Mutex<BTreeMap<Digest, String>>,
}

impl Archive {
    /// Lists the members of an archive.
    ///
    /// # Errors
    /// When it cannot be read or is no tar, plain or compressed.
    pub fn open(path: &Path, scratch: Option<&Path>) -> Result<Self, Error> {
        let (file, _) = fs::open(path)?;
        Archive::of(file, path, scratch)
    }

    /// Lists the members of an open archive; `path` names it in errors.
    ///
    /// # Errors
    /// When it cannot be read or is no tar, plain or compressed.
    pub fn of(file: File, path: &Path, scratch: Option<&Path>) -> Result<Self, Error> {
        let broken = |why: String| Error::Archive { path: path.to_owned(), why };
        let file = plain(file, scratch).map_err(|damage| broken(damage.to_string()))??;
        let members = list(&file).map_err(&broken)?;
        Ok(Archive { path: path.to_owned(), file: Mutex::new(file), members, named: Mutex::default() })
    }

    /// Whether it has a member.
    pub fn has(&self, name: &str) -> bool {
        self.spot(name).is_some()
    }

    /// A member of at most 4 MiB, if it is there.
    ///
    /// # Errors
    /// When it is larger or cannot be read.
    pub fn small(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some((mut reader, size)) = self.member(name) else { return Ok(None) };
        let broken = |why: String| Error::Archive { path: self.path.clone(), why };
        if size > MAX_DOCUMENT {
            return Err(broken(format!("its `{name}` has {size} bytes; {MAX_DOCUMENT} are read at most")));
        }
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|error| broken(format!("its `{name}`: {error}")))?;
        Ok(Some(bytes))
    }

    /// A member and its length, if it is there.
    pub fn member(&self, name: &str) -> Option<(Part<'_>, u64)> {
        let (start, size) = self.spot(name)?;
        Some((Part { file: &self.file, at: start, end: start + size }, size))
    }

    /// A blob and its length, if it is there.
    pub fn blob(&self, digest: &Digest) -> Option<(Part<'_>, u64)> {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned();
        match named {
            Some(name) => self.member(&name),
            None => self.member(&format!("blobs/sha256/{}", digest.hex())),
        }
    }

    /// Says under which name a blob lies.
    pub fn name(&self, digest: Digest, name: &str) {
        self.named.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, name.to_owned());
    }

    /// Where a member's data are, behind all links.
    fn spot(&self, name: &str) -> Option<(u64, u64)> {
        let mut name = normal(name);
        for _ in 0..MAX_LINKS {
            match self.members.get(&name)? {
                Spot::Data(start, size) => return Some((*start, *size)),
                Spot::Link(target) => name = target.clone(),
            }
        }
        None
    }
}

/// The archive as a plain tar. The outer error says that it cannot be unpacked: what is too much of a layer is too much
/// of an archive, too.
fn plain(mut file: File, scratch: Option<&Path>) -> Result<Result<File, fs::Error>, LayerDamage> {
    let packed = Tally::default();
    let mut reader = BufReader::with_capacity(128 << 10, Packed::new(&file, &packed, u64::MAX));
    if Packing::of(io::BufRead::fill_buf(&mut reader)?) == Packing::Plain {
        file.rewind()?;
        return Ok(Ok(file));
    }
    let mut copy = match fs::scratch_file(scratch) {
        Ok(copy) => copy,
        Err(error) => return Ok(Err(error)),
    };
    let (_, stream) = unpack(reader, |_| Ok(()))?;
    io::copy(&mut Unpacked::new(stream, &packed, Limits::default()), &mut copy)?;
    copy.rewind()?;
    Ok(Ok(copy))
}

/// The members of a tar that lies in a file.
fn list(file: &File) -> Result<BTreeMap<String, Spot>, String> {
    let mut members = BTreeMap::new();
    let mut names = 0;
    let mut tape = Tape::new(BufReader::with_capacity(4 << 10, file));
    while let Some(member) = tape.next().map_err(|torn| LayerDamage::from(torn).to_string())? {
        names += member.path.len() + member.link.len();
        if members.len() >= MAX_MEMBERS || names > MAX_NAMES {
            return Err(format!("it has more than {MAX_MEMBERS} members, or longer names than any archive"));
        }
        let path = normal(&String::from_utf8_lossy(&member.path));
        let link = String::from_utf8_lossy(&member.link);
        let spot = match member.kind {
            Kind::File if !member.sparse => Spot::Data(member.offset, member.size),
            Kind::HardLink => Spot::Link(normal(&link)),
            Kind::Symlink => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                Spot::Link(normal(&if link.starts_with('/') { link.into_owned() } else { format!("{folder}/{link}") }))
            }
            _ => continue,
        };
        members.insert(path, spot);
    }
    Ok(members)
}

/// A part of a file that several readers share; each read goes to its own place first.
#[derive(Debug)]
pub(super) struct Part<'a> {
    file: &'a Mutex<File>,
    at: u64,
    end: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buffer.len());
        if length == 0 {
            return Ok(0);
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(&mut buffer[..length])?;
        self.at += read as u64;
        Ok(read)
    }
}
