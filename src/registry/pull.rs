//! Reading from registries: what tags stand for, documents, and lists of tags. Blobs are in `stream.rs`.

mod tags;

use std::io::Read;

use super::client;
use super::stream::{Beginning, Stream};
use super::{Error, Session};
use crate::domain::{Digest, Reference};
use crate::image::{Descriptor, MAX_DOCUMENT, MediaTypes};

impl Session<'_> {
    /// What a tag or digest stands for; without either, what `latest` does.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it does not exist; when the registry refuses or cannot be reached.
    pub fn resolve(&self, reference: &Reference) -> Result<Descriptor, Error> {
        let (door, name) = (self.reading(reference)?, name(reference));
        let talk = self.talk(&door);
        let (step, what) = (format!("looking for {}", the(reference)), called(reference));
        let found = self.run(talk.look_up(&step, &name))?;
        found.map(|found| found.descriptor).ok_or_else(|| Error::NotFound { what, at: talk.at(&step) })
    }

    /// The document that a tag or digest stands for, by one request.
    ///
    /// # Errors
    /// As [`Session::document`].
    pub fn root(&self, reference: &Reference) -> Result<(Descriptor, Vec<u8>), Error> {
        let (door, name) = (self.reading(reference)?, name(reference));
        let talk = self.talk(&door);
        let (step, what) = (format!("reading {}", the(reference)), called(reference));
        let found = self.run(talk.fetch_document(&step, &name))?;
        let found = found.and_then(|found| Some((found.descriptor, found.bytes?)));
        found.ok_or_else(|| Error::NotFound { what, at: talk.at(&step) })
    }

    /// An index, manifest or config of at most 4 MiB.
    ///
    /// # Errors
    /// When it does not exist, is larger, or is not what the descriptor says; when the registry refuses or
    /// cannot be reached.
    pub fn document(&self, repository: &Reference, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        let door = self.reading(repository)?;
        let talk = self.talk(&door);
        let step = format!("reading {}", descriptor.digest);
        let missing = || Error::NotFound { what: descriptor.digest.to_string(), at: talk.at(&step) };
        if descriptor.size > MAX_DOCUMENT {
            return Err(talk.senseless(&step, format!("a document of {} bytes is too large", descriptor.size)));
        }
        let bytes = if !is_document(descriptor) {
            let answer = self.run(talk.ask(&step, &client::fetch(descriptor, 0)))?;
            match answer.code() {
                200 => answer.body,
                404 => return Err(missing()),
                _ => return Err(talk.refusal(&step, &answer)),
            }
        } else {
            let found = self.run(talk.fetch_document(&step, &descriptor.digest.to_string()))?;
            found.and_then(|found| found.bytes).ok_or_else(missing)?
        };
        if bytes.len() as u64 == descriptor.size && Digest::of(&bytes) == descriptor.digest {
            Ok(bytes)
        } else {
            Err(talk.senseless(&step, format!("what came is not {}", descriptor.digest)))
        }
    }

    /// A blob's bytes as they come. A stream that breaks is taken up where it broke. Reading fails at the end if
    /// the bytes are not those of the descriptor, so that nothing may be trusted before that. The cause of an
    /// error of reading is an [`Error`].
    ///
    /// # Errors
    /// When it does not exist, or the registry refuses or cannot be reached.
    pub fn blob<'s>(&'s self, repository: &Reference, descriptor: &Descriptor) -> Result<Box<dyn Read + 's>, Error> {
        self.rest_of_blob(repository, descriptor, Beginning::default())
    }

    /// As [`Session::blob`], after a beginning that is here already: what follows it comes, and the two together must
    /// be the blob.
    ///
    /// # Errors
    /// As [`Session::blob`].
    pub fn rest_of_blob<'s>(
        &'s self,
        repository: &Reference,
        descriptor: &Descriptor,
        beginning: Beginning,
    ) -> Result<Box<dyn Read + 's>, Error> {
        Ok(Box::new(Stream::open(self, self.reading(repository)?, descriptor, beginning)?))
    }

    /// All tags of a repository, in the registry's order.
    ///
    /// # Errors
    /// When the repository does not exist or has more than 100,000 tags, or the registry refuses or cannot be reached.
    pub fn tags(&self, repository: &Reference) -> Result<Vec<String>, Error> {
        let door = self.reading(repository)?;
        let talk = self.talk(&door);
        self.run(tags::list(talk))
    }
}

/// What is asked for: the digest if there is one, or the tag.
fn name(reference: &Reference) -> String {
    match (&reference.digest, &reference.tag) {
        (Some(digest), _) => digest.to_string(),
        (None, Some(tag)) => tag.clone(),
        (None, None) => "latest".to_owned(),
    }
}

/// What is asked for, as a sentence calls it: `tag 1.0.0`, or a digest, which needs no other word.
fn called(reference: &Reference) -> String {
    let name = name(reference);
    if reference.digest.is_some() { name } else { format!("tag {name}") }
}

/// The same with the article that a tag needs.
fn the(reference: &Reference) -> String {
    let article = if reference.digest.is_some() { "" } else { "the " };
    format!("{article}{}", called(reference))
}

/// Whether a registry has it among its manifests, not among its blobs.
fn is_document(descriptor: &Descriptor) -> bool {
    let is = |family: &MediaTypes| [family.index(), family.manifest()].contains(&descriptor.media_type);
    MediaTypes::ALL.iter().any(is)
}
