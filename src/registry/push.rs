//! Sending an image.

use super::{Error, Session, Shipment, Traffic};
use crate::domain::{Digest, Reference};
use crate::image::Descriptor;
use crate::report::Report;

/// Where an image goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The repository; tag and digest do not count.
    pub repository: Reference,
    /// The tags it gets.
    pub tags: Vec<String>,
    /// Whether a tag that points elsewhere is moved.
    pub overwrite: bool,
    /// Repositories of the same registry that may have the blobs already, the likeliest first.
    pub mount_from: Vec<String>,
}

/// What became of a blob or manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was sent.
    Sent,
    /// The registry took it from another of its repositories.
    Mounted {
        /// The other repository.
        from: String,
    },
    /// It was there.
    Skipped,
}

/// What became of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagOutcome {
    /// The tag.
    pub tag: String,
    /// What became of it.
    pub change: TagChange,
}

/// How a tag changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagChange {
    /// It is new.
    Created,
    /// It pointed elsewhere.
    Moved {
        /// Where it pointed.
        from: Digest,
    },
    /// It pointed at the image already.
    Unchanged,
}

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The digest of the index.
    pub digest: Digest,
    /// The tags, in the order of the target.
    pub tags: Vec<TagOutcome>,
    /// Configs and layers, the largest first.
    pub blobs: Vec<(Descriptor, Fate)>,
    /// The manifests of the platforms, then the index.
    pub manifests: Vec<(Descriptor, Fate)>,
    /// Bytes of blobs that were sent.
    pub sent: u64,
    /// Bytes of blobs that were mounted.
    pub mounted: u64,
    /// Bytes of blobs that were there.
    pub skipped: u64,
    /// What went over the wire for it.
    pub traffic: Traffic,
}

/// What a push would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// The digest of the index.
    pub digest: Digest,
    /// The tags, in the order of the target.
    pub tags: Vec<TagOutcome>,
    /// Configs and layers, the largest first.
    pub blobs: Vec<(Descriptor, Fate)>,
    /// The manifests of the platforms, then the index.
    pub manifests: Vec<(Descriptor, Fate)>,
    /// Bytes of blobs that would be sent.
    pub sent: u64,
    /// Bytes of blobs that would be mounted.
    pub mounted: u64,
    /// Bytes of blobs that are there.
    pub skipped: u64,
    /// What went over the wire to find out.
    pub traffic: Traffic,
}

/// Sends an image: blobs, platform manifests, the index, and last the tags, which are read back.
///
/// # Errors
/// When a tag points elsewhere and may not be moved, when the registry refuses, or when it cannot be reached.
/// No tag points at anything incomplete then.
pub fn push(_session: &Session, _shipment: &Shipment, _target: &Target, _report: &dyn Report) -> Result<Pushed, Error> {
    Err(Error::Setup { why: "not written yet".to_owned() })
}

/// Says what [`push`] would do. Only questions are sent.
///
/// # Errors
/// As [`push`].
pub fn survey(
    _session: &Session,
    _shipment: &Shipment,
    _target: &Target,
    _report: &dyn Report,
) -> Result<Survey, Error> {
    Err(Error::Setup { why: "not written yet".to_owned() })
}
