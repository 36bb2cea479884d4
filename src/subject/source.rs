//! Where documents and blobs come from: a folder, a file, a registry.

use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use super::archive::Archive;
use super::limits::MAX_DOCUMENT;
use super::{Error, Lies, Place};
use crate::domain::{Digest, Reference, count};
use crate::image::{Descriptor, Layout};
use crate::registry::{self, Session};
use crate::sys::{Invocation, fs};

/// Where an image comes from.
#[derive(Debug)]
pub(super) enum Source<'r> {
    /// An OCI layout.
    Layout {
        /// The folder.
        dir: PathBuf,
        /// What knows where its blobs are.
        layout: Layout,
    },
    /// A tar.
    Archive(Archive),
    /// A registry.
    Registry {
        /// The door to it.
        session: Box<Session<'r>>,
        /// Which image.
        reference: Reference,
    },
}

/// An image on a disk, which several threads may read at once.
#[derive(Debug, Clone, Copy)]
pub(super) enum Local<'a> {
    /// An OCI layout.
    Layout(&'a Layout),
    /// A tar.
    Archive(&'a Archive),
}

/// Why a blob does not come.
#[derive(Debug)]
pub(super) enum NoBlob {
    /// It is not there.
    Missing,
    /// It is of another size.
    Size(u64),
    /// It cannot be read.
    Failed(Error),
}

impl Source<'_> {
    /// The bytes of `index.json`; none of a registry and of what is no layout.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn index_json(&self) -> Result<Option<Vec<u8>>, Error> {
        match self {
            Source::Layout { dir, .. } => Ok(Some(fs::read(&dir.join("index.json"), MAX_DOCUMENT)?)),
            Source::Archive(archive) => archive.small("index.json"),
            Source::Registry { .. } => Ok(None),
        }
    }

    /// A document, of the size and with the hash that its descriptor says.
    ///
    /// # Errors
    /// When it is missing, damaged, too large, or does not come.
    pub fn document(&self, image: &str, what: &'static str, wanted: &Descriptor) -> Result<Vec<u8>, Error> {
        let digest = wanted.digest;
        if wanted.size > MAX_DOCUMENT {
            return Err(Error::too_large(image, what, digest, wanted.size));
        }
        if let Source::Registry { session, reference } = self {
            return Ok(session.document(reference, wanted)?);
        }
        let broken = |why| Error::Document { image: image.to_owned(), what, digest: Some(digest), why };
        let blob = self.blob(wanted).map_err(|no| match no {
            NoBlob::Missing => broken("is missing".to_owned()),
            NoBlob::Size(found) => broken(format!("has {} instead of {}", count(found, "byte"), wanted.size)),
            NoBlob::Failed(error) => error,
        })?;
        let mut bytes = Vec::new();
        let read = blob.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes);
        read.map_err(|error| broken(format!("could not be read: {error}")))?;
        let found = Digest::of(&bytes);
        if bytes.len() as u64 != wanted.size {
            Err(broken(format!("has {} instead of {}", count(bytes.len() as u64, "byte"), wanted.size)))
        } else if found != digest {
            Err(broken(format!("holds other bytes, which hash to {found}")))
        } else {
            Ok(bytes)
        }
    }

    /// The bytes of a blob as they come; whoever reads them compares them with the descriptor.
    ///
    /// # Errors
    /// When it is not there, is seen to be of another size, or does not come.
    pub fn blob(&self, wanted: &Descriptor) -> Result<Box<dyn Read + '_>, NoBlob> {
        match self {
            Source::Layout { layout, .. } => Local::Layout(layout).blob(wanted),
            Source::Archive(archive) => Local::Archive(archive).blob(wanted),
            Source::Registry { session, reference } => {
                session.blob(reference, wanted).map_err(|error| NoBlob::Failed(error.into()))
            }
        }
    }

    /// The image, if it lies on a disk.
    pub fn local(&self) -> Option<Local<'_>> {
        match self {
            Source::Layout { layout, .. } => Some(Local::Layout(layout)),
            Source::Archive(archive) => Some(Local::Archive(archive)),
            Source::Registry { .. } => None,
        }
    }

    /// Words of the image, without secrets that a registry was shown and has put among them.
    pub fn told(&self, words: &str) -> String {
        match self {
            Source::Registry { session, .. } => session.told(words),
            Source::Layout { .. } | Source::Archive(_) => words.to_owned(),
        }
    }

    /// What made a read fail.
    pub fn failure(&self, image: &str, error: io::Error) -> Error {
        match error.downcast::<registry::Error>() {
            Ok(error) => error.into(),
            Err(error) => fs::Error::new("read", Path::new(image), error).into(),
        }
    }
}

impl<'a> Local<'a> {
    /// As [`Source::blob`].
    ///
    /// # Errors
    /// As there.
    pub fn blob(self, wanted: &Descriptor) -> Result<Box<dyn Read + 'a>, NoBlob> {
        match self {
            Local::Layout(layout) => {
                let (file, size) = match fs::open(&layout.blob_path(&wanted.digest)) {
                    Ok(opened) => opened,
                    Err(error) if error.is_not_found() => return Err(NoBlob::Missing),
                    Err(error) => return Err(NoBlob::Failed(error.into())),
                };
                if size == wanted.size { Ok(Box::new(file)) } else { Err(NoBlob::Size(size)) }
            }
            Local::Archive(archive) => match archive.blob(&wanted.digest) {
                None => Err(NoBlob::Missing),
                Some((_, size)) if size != wanted.size => Err(NoBlob::Size(size)),
                Some((reader, _)) => Ok(Box::new(reader)),
            },
        }
    }
}

/// What the running engine writes of an image, in a file that is gone afterwards.
fn save(name: &str, scratch: Option<&Path>) -> Result<Archive, Error> {
    let docker = Invocation::new("docker").args(["save", name]);
    let mut file = fs::scratch_file(scratch)?;
    let (copied, status) = docker.stream(|saved| io::copy(saved, &mut file))?;
    if !status.success() {
        return Err(docker.failed(status, String::new()).into());
    }
    copied
        .and_then(|_| file.rewind())
        .map_err(|error| fs::Error::new("write", Path::new("a temporary file"), error))?;
    Archive::of(file, Path::new(name), scratch)
}

/// Opens what a place names.
///
/// # Errors
/// When nothing is there, or it is no layout and no archive.
pub(super) fn open<'r>(
    place: &Place,
    scratch: Option<&Path>,
    connect: impl FnOnce() -> Result<Session<'r>, registry::Error>,
) -> Result<Source<'r>, Error> {
    Ok(match &place.lies {
        Lies::Layout { dir, .. } => Source::Layout { dir: dir.clone(), layout: Layout::open(dir)? },
        Lies::Archive { file, .. } => Source::Archive(Archive::open(file, scratch)?),
        Lies::Engine(name) => Source::Archive(save(name, scratch)?),
        Lies::Registry(reference) => Source::Registry { session: Box::new(connect()?), reference: reference.clone() },
    })
}
