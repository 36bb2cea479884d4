//! The signature of a Mach-O, checked as far as it can be without Apple's certificates: every page of the
//! program must have the hash that the signature says. An arm64 Mac kills a program at the first page that has
//! not, and does not start one without a signature.
//!
//! The layout is that of XNU's `osfmk/kern/cs_blobs.h`.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use object::endian::BigEndian as BE;
use object::macho;
use object::read::ReadRef;
use object::read::macho::{CodeDirectory, CodeSignature};
use serde::Serialize;
use sha2::Digest as _;

use super::source::Window;

/// What a signature is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Signature {
    /// There is none.
    Absent,
    /// Every page has the hash that the signature says.
    Valid {
        /// Whether it only seals the file (`codesign -s -`) and names nobody.
        ad_hoc: bool,
    },
    /// It is of a kind that only Apple's own tools can check.
    Unchecked {
        /// What is special about it.
        why: &'static str,
    },
    /// It does not fit the file.
    Broken {
        /// What does not fit.
        why: String,
    },
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Signature::Absent => "not signed",
            Signature::Valid { ad_hoc: true } => "signed ad hoc",
            Signature::Valid { ad_hoc: false } => "signed",
            Signature::Unchecked { .. } => "signature not checked",
            Signature::Broken { .. } => "signature broken",
        })
    }
}

/// What a signature claims, before the pages are read.
pub(super) enum Claim {
    Absent,
    Unchecked(&'static str),
    Broken(String),
    /// The directories of page hashes, and whether the signature is ad hoc.
    Pages(Vec<Directory>, bool),
}

/// One list of page hashes.
pub(super) struct Directory {
    hash: Hash,
    /// How many bytes of the program are covered.
    limit: u64,
    /// Bytes of a page.
    page: u64,
    /// The hashes of all pages, one after the other.
    hashes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha256Truncated,
    Sha384,
}

impl Hash {
    fn of(kind: macho::CsHashType) -> Option<Self> {
        match kind {
            macho::CS_HASHTYPE_SHA256 => Some(Hash::Sha256),
            macho::CS_HASHTYPE_SHA256_TRUNCATED => Some(Hash::Sha256Truncated),
            macho::CS_HASHTYPE_SHA384 => Some(Hash::Sha384),
            _ => None,
        }
    }

    const fn size(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha256Truncated => 20,
            Hash::Sha384 => 48,
        }
    }

    fn fits(self, data: &[u8], expected: &[u8]) -> bool {
        match self {
            Hash::Sha256 | Hash::Sha256Truncated => sha2::Sha256::digest(data).get(..self.size()) == Some(expected),
            Hash::Sha384 => sha2::Sha384::digest(data).as_slice() == expected,
        }
    }
}

impl Claim {
    /// Reads the signature that `LC_CODE_SIGNATURE` places in the program `data`.
    pub(super) fn read<R: Read + Seek>(data: Window<'_, R>, offset: u32, size: u32) -> Self {
        let Ok(bytes) = data.read_bytes_at(offset.into(), size.into()) else {
            return Claim::Broken("it lies outside the file or is larger than any".to_owned());
        };
        match CodeSignature::parse(bytes).map_err(|error| error.to_string()).and_then(|s| directories(&s, offset)) {
            Ok((directories, _)) if directories.is_empty() => {
                Claim::Unchecked("it has hashes of an unknown kind only, or of SHA-1")
            }
            Ok((directories, ad_hoc)) => Claim::Pages(directories, ad_hoc),
            Err(why) => Claim::Broken(why),
        }
    }
}

/// Collects the directories whose hashes are known here. `end` is where the signature begins, up to which
/// everything must be covered.
fn directories(signature: &CodeSignature<'_>, end: u32) -> Result<(Vec<Directory>, bool), String> {
    // A signature has a directory in slot 0 and at most five alternates, the same of other hashes.
    let most = 1 + macho::CSSLOT_ALTERNATE_CODEDIRECTORY_MAX as usize;
    let (mut found, mut count, mut ad_hoc) = (Vec::new(), 0, false);
    for blob in signature.blobs() {
        let blob = blob.map_err(|error| error.to_string())?;
        let Some(directory) = blob.code_directory().map_err(|error| error.to_string())? else {
            continue;
        };
        count += 1;
        if count > most {
            return Err("it has more than six code directories".to_owned());
        }
        ad_hoc |= directory.header().flags.get(BE).contains(macho::CS_ADHOC);
        if let Some(hash) = Hash::of(directory.header().hash_type) {
            check_special(signature, &directory, hash)?;
            found.push(pages(&directory, hash, end.into())?);
        }
    }
    if count == 0 { Err("it has no code directory".to_owned()) } else { Ok((found, ad_hoc)) }
}

/// Reads the page hashes of a directory.
fn pages(directory: &CodeDirectory<'_>, hash: Hash, end: u64) -> Result<Directory, String> {
    let header = directory.header();
    if usize::from(header.hash_size) != hash.size() {
        return Err("the size of its hashes is not that of their kind".to_owned());
    }
    // Pages of 4 and 16 KiB are the ones there are; the kernel takes no smaller ones.
    if !(12..=16).contains(&header.page_size) {
        return Err("its pages have a size that macOS does not know".to_owned());
    }
    let page = 1_u64 << header.page_size;
    let (limit, count) = (directory.code_limit(), header.n_code_slots.get(BE));
    if limit != end {
        return Err(format!("it covers {limit} bytes of {end}"));
    }
    if u64::from(count) != limit.div_ceil(page) {
        return Err(format!("it has hashes for {count} pages of {}", limit.div_ceil(page)));
    }
    let mut hashes = Vec::new();
    for index in 0..count {
        hashes.extend_from_slice(directory.code_hash(index).map_err(|error| error.to_string())?);
    }
    Ok(Directory { hash, limit, page, hashes })
}

/// Checks the parts of the signature itself that a directory seals, such as entitlements.
fn check_special(signature: &CodeSignature<'_>, directory: &CodeDirectory<'_>, hash: Hash) -> Result<(), String> {
    for blob in signature.blobs() {
        let blob = blob.map_err(|error| error.to_string())?;
        let slot = blob.slot();
        if slot.0 == 0 || slot.0 > directory.header().n_special_slots.get(BE) {
            continue;
        }
        let expected = directory.special_hash(slot).map_err(|error| error.to_string())?;
        if !hash.fits(blob.data(), expected) {
            return Err(format!("its part {} was changed", slot.0));
        }
    }
    Ok(())
}

/// Reads the pages of the program that begins at `start` and checks their hashes.
///
/// # Errors
/// When reading fails.
pub(super) fn check<R: Read + Seek>(reader: &mut R, start: u64, claim: Claim) -> io::Result<Signature> {
    let (directories, ad_hoc) = match claim {
        Claim::Absent => return Ok(Signature::Absent),
        Claim::Unchecked(why) => return Ok(Signature::Unchecked { why }),
        Claim::Broken(why) => return Ok(Signature::Broken { why }),
        Claim::Pages(directories, ad_hoc) => (directories, ad_hoc),
    };
    for directory in &directories {
        reader.seek(SeekFrom::Start(start))?;
        if let Some(page) = changed_page(reader, directory)? {
            let why = format!("the page at byte {page} is not the one that was signed");
            return Ok(Signature::Broken { why });
        }
    }
    Ok(Signature::Valid { ad_hoc })
}

/// The offset of the first page that does not have its hash.
fn changed_page<R: Read>(reader: &mut R, directory: &Directory) -> io::Result<Option<u64>> {
    let mut page = Vec::new();
    let mut offset = 0;
    for expected in directory.hashes.chunks_exact(directory.hash.size()) {
        page.clear();
        let length = directory.page.min(directory.limit - offset);
        if reader.by_ref().take(length).read_to_end(&mut page)? as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if !directory.hash.fits(&page, expected) {
            return Ok(Some(offset));
        }
        offset += length;
    }
    Ok(None)
}
