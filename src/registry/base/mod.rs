//! Base images from registries: which image is meant is settled once and written to the lock file, and its layers are
//! fetched once and kept in the user's cache.
//!
//! [`Bases::pin`] asks for documents only, so that a base that does not fit is refused before anything is built or
//! fetched; [`Bases::open`] brings the layers that are missing. With everything locked and cached no registry is asked
//! anything.

mod error;
mod images;
pub mod lockfile;
mod source;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use error::Error;
pub use source::{Remote, Source};
pub use store::Store;

use crate::domain::{Arch, Digest, Reference};
use crate::image::document::{Config, Manifest, RunsOn};
use crate::image::{self, BaseImage, Descriptor, MediaTypes, choose};
use crate::plan::lock::{self, Lock, Locked};
use crate::registry;
use crate::report::{Event, Message, Report};
use store::{State, Trouble};

/// What Cargo's flags of the same names allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// The lock file may not change.
    pub locked: bool,
    /// The network is off limits.
    pub offline: bool,
}

/// What brings base images to this machine.
pub struct Bases<'a> {
    /// Where they come from.
    pub source: &'a dyn Source,
    /// Where they are kept.
    pub store: Store,
    /// What is allowed.
    pub terms: Terms,
    /// Who is told.
    pub report: &'a dyn Report,
}

/// A base image of which it is known what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    base: Reference,
    manifests: BTreeMap<Arch, Descriptor>,
}

/// What an update did to an entry of the lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The tag stands for what is locked.
    Unchanged(Digest),
    /// The tag was not locked.
    Added(Digest),
    /// The tag was moved.
    Updated {
        /// What was locked.
        from: Digest,
        /// What is locked now.
        to: Digest,
    },
}

impl Bases<'_> {
    /// Settles which image a reference means for each CPU: what the lock says, or else what the registry says, which
    /// the lock then says too.
    ///
    /// # Errors
    /// When the base lacks a platform or cannot be used, when the registry fails, or when the terms do not allow what
    /// would have to be done.
    pub fn pin(&self, base: &Reference, archs: &[Arch], lock: &mut Lock) -> Result<Pinned, Error> {
        let key = lock::key(base);
        let locked = key.as_ref().and_then(|key| lock.get(key)).cloned();
        let root = match base.digest.or(locked.as_ref().map(|locked| locked.digest)) {
            Some(digest) => self.root_of_digest(base, digest)?,
            None => self.root_of_tag(key.as_ref().unwrap_or(base))?,
        };
        let images = images::images(base, &root, &mut |descriptor| self.document(base, descriptor))?;
        let manifests = match &locked {
            Some(locked) => locked_manifests(base, locked, &images)?,
            None => chosen(&images),
        };
        if let Some(missing) = archs.iter().find(|arch| !manifests.contains_key(arch)) {
            return Err(self.no_platform(base, *missing, &images));
        }
        if let (None, Some(key)) = (&locked, &key) {
            self.report.status("Locking", format!("{} {}", key.familiar(), short(&root.digest)));
            lock.insert(key.clone(), entry(root.digest, &manifests));
        }
        let image = key.as_ref().unwrap_or(base).to_string();
        self.report.message(Message::Base { image, digest: root.digest, from: None });
        let manifests = manifests.into_iter().filter(|(arch, _)| archs.contains(arch)).collect();
        Ok(Pinned { base: base.clone(), manifests })
    }

    /// Brings a pinned image's layers to this machine, and opens it.
    ///
    /// # Errors
    /// When it has layers that cannot be passed on, when the registry fails, or when something is missing and the
    /// network is off limits.
    pub fn open(&self, pinned: &Pinned, family: MediaTypes) -> Result<BTreeMap<Arch, BaseImage>, Error> {
        let Pinned { base, manifests } = pinned;
        for manifest in manifests.values() {
            let document: Manifest = images::parse(base, manifest, &self.document(base, manifest)?)?;
            // Whatever reads it later quotes it.
            images::parse::<Config>(base, &document.config, &self.document(base, &document.config)?)?;
        }
        self.store.mark()?;
        let unfit = |source| Error::Image { base: base.familiar(), source: Box::new(self.told(source)) };
        let images = BaseImage::cached(self.store.root(), manifests, family).map_err(unfit)?;
        let layers: BTreeMap<Digest, &Descriptor> =
            images.values().flat_map(BaseImage::descriptors).map(|layer| (layer.digest, layer)).collect();
        self.bring(pinned, layers.into_values())?;
        Ok(images)
    }

    /// Asks the registry what a tag stands for now, and changes the lock to that.
    ///
    /// # Errors
    /// When the registry fails, or what the tag stands for cannot be a base.
    pub fn update(&self, key: &Reference, lock: &mut Lock) -> Result<Change, Error> {
        if self.terms.offline {
            return Err(Error::Offline { base: key.familiar() });
        }
        // A HEAD: registries that ration requests do not count it, and what did not move is in the cache.
        let to = self.source.resolve(key)?.digest;
        let root = self.root_of_digest(key, to)?;
        let images = images::images(key, &root, &mut |descriptor| self.document(key, descriptor))?;
        let manifests = chosen(&images);
        if manifests.is_empty() {
            return Err(self.no_platform(key, Arch::Amd64, &images));
        }
        let locked = entry(to, &manifests);
        Ok(match lock.insert(key.clone(), locked.clone()) {
            None => Change::Added(to),
            Some(old) if old == locked => Change::Unchanged(to),
            Some(old) => Change::Updated { from: old.digest, to },
        })
    }

    fn root_of_tag(&self, key: &Reference) -> Result<Descriptor, Error> {
        if self.terms.locked {
            return Err(Error::LockedOut { why: format!("`{}` is not in it yet", key.familiar()) });
        }
        if self.terms.offline {
            return Err(Error::NotLocked { base: key.familiar() });
        }
        let bytes = self.source.root(key)?;
        let root = images::describe(key, &bytes)?;
        self.store.keep(&bytes)?;
        Ok(root)
    }

    fn root_of_digest(&self, base: &Reference, digest: Digest) -> Result<Descriptor, Error> {
        if let Some(bytes) = self.store.document(&digest) {
            return images::describe(base, &bytes);
        }
        self.online(base, digest)?;
        let bytes = self.source.root(&Reference { tag: None, digest: Some(digest), ..base.clone() })?;
        let root = images::describe(base, &bytes)?;
        self.store.keep(&bytes)?;
        Ok(root)
    }

    fn document(&self, base: &Reference, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        if let Some(bytes) = self.store.document(&descriptor.digest) {
            return Ok(bytes);
        }
        self.online(base, descriptor.digest)?;
        let bytes = self.source.document(base, descriptor)?;
        self.store.keep(&bytes)?;
        Ok(bytes)
    }

    /// Brings the blobs that are missing or damaged.
    fn bring<'d>(&self, pinned: &Pinned, blobs: impl Iterator<Item = &'d Descriptor>) -> Result<(), Error> {
        let base = &pinned.base;
        let missing = self.missing(blobs)?;
        let Some((first, _)) = missing.first() else { return Ok(()) };
        self.online(base, first.digest)?;
        let _lock = self.store.lock(self.report)?;
        // The process that held the lock may have brought them.
        let missing = self.missing(missing.into_iter().map(|(blob, _)| blob))?;
        if missing.is_empty() {
            return Ok(());
        }
        let platforms: Vec<String> = pinned.manifests.keys().map(|arch| arch.image_platform().to_string()).collect();
        self.report.status("Downloading", format!("{} for {}", base.familiar(), platforms.join(", ")));
        let total: u64 = missing.iter().map(|(blob, _)| blob.size).fold(0, u64::saturating_add);
        let mut before = 0;
        for (blob, state) in missing {
            if state == State::Damaged {
                let name = base.familiar();
                self.report.warning(format!("a cached layer of {name} is damaged: {}", blob.digest), None);
            }
            self.receive(base, blob, &mut |here| {
                self.report.event(Event::Progress { verb: "Downloading", done: before + here, total });
            })?;
            before += blob.size;
        }
        Ok(())
    }

    fn missing<'d>(&self, blobs: impl Iterator<Item = &'d Descriptor>) -> Result<Vec<(&'d Descriptor, State)>, Error> {
        let mut missing = Vec::new();
        for blob in blobs {
            let state = self.store.state(blob)?;
            if state != State::Whole {
                missing.push((blob, state));
            }
        }
        Ok(missing)
    }

    /// Receives a blob, from where an earlier run was interrupted.
    fn receive(&self, base: &Reference, blob: &Descriptor, moved: &mut dyn FnMut(u64)) -> Result<(), Error> {
        loop {
            let mut part = self.store.part(blob)?;
            let resumed = part.length() > 0;
            let filled = match part.length() == blob.size {
                true => part.is(blob),
                false => part.fill(blob, &mut self.source.rest_of_blob(base, blob, part.left().clone())?, moved),
            };
            let Err(trouble) = filled else { return Ok(self.store.finish(part, blob)?) };
            // All has come and is not the blob. What was there before may be why; that is tried once, for then
            // nothing is there.
            let is_wrong = matches!(trouble, Trouble::Other) || part.length() == blob.size;
            if is_wrong {
                part.remove()?;
            }
            if !(is_wrong && resumed) {
                return Err(failed(base, blob, trouble));
            }
        }
    }

    fn no_platform(&self, base: &Reference, arch: Arch, images: &[(RunsOn, Descriptor)]) -> Error {
        let found: BTreeSet<String> =
            images.iter().map(|(platform, _)| self.source.told(&platform.to_string())).collect();
        Error::Platform { base: base.familiar(), wanted: arch.image_platform(), found: found.into_iter().collect() }
    }

    /// The same with the base's own words as they may be told.
    fn told(&self, error: image::Error) -> image::Error {
        match error {
            image::Error::BaseLayer { layout, media_type, why } => {
                image::Error::BaseLayer { layout, media_type: self.source.told(&media_type), why }
            }
            other => other,
        }
    }

    fn online(&self, base: &Reference, missing: Digest) -> Result<(), Error> {
        let base = base.familiar();
        if self.terms.offline { Err(Error::NotCached { base, digest: missing }) } else { Ok(()) }
    }
}

fn failed(base: &Reference, blob: &Descriptor, trouble: Trouble) -> Error {
    let unfit = |why: String| Error::Unfit { base: base.familiar(), digest: blob.digest, why };
    match trouble {
        Trouble::Fs(error) => error.into(),
        Trouble::Other => unfit("came with other bytes".to_owned()),
        Trouble::Read(error) => match error.downcast::<registry::Error>() {
            Ok(error) => error.into(),
            Err(error) => unfit(format!("could not be read: {error}")),
        },
    }
}

/// The images that an extension can be built on.
fn chosen(images: &[(RunsOn, Descriptor)]) -> BTreeMap<Arch, Descriptor> {
    Arch::ALL.into_iter().filter_map(|arch| Some((arch, choose(images, arch)?.clone()))).collect()
}

/// The images that the lock names, as the index lists them.
fn locked_manifests(
    base: &Reference,
    locked: &Locked,
    images: &[(RunsOn, Descriptor)],
) -> Result<BTreeMap<Arch, Descriptor>, Error> {
    let find = |(arch, digest): (&Arch, &Digest)| {
        let listed = images.iter().find(|(platform, image)| image.digest == *digest && platform.is_linux(*arch));
        let unlisted =
            || Error::Inconsistent { base: base.familiar(), platform: arch.image_platform(), digest: *digest };
        listed.map(|(_, image)| (*arch, image.clone())).ok_or_else(unlisted)
    };
    locked.manifests.iter().map(find).collect()
}

fn entry(digest: Digest, manifests: &BTreeMap<Arch, Descriptor>) -> Locked {
    Locked { digest, manifests: manifests.iter().map(|(arch, manifest)| (*arch, manifest.digest)).collect() }
}

/// A digest as people compare them: its first twelve digits, as Docker prints an id.
#[must_use]
pub fn short(digest: &Digest) -> String {
    format!("sha256:{}", &digest.hex()[..12])
}
