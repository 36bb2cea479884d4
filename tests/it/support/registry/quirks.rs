//! How registries differ, where the specification lets them or where they do not care.

use std::time::Duration;

use super::step::Step;

/// How a registry takes part in mounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mounts {
    /// As the specification says: 201 where the source has the blob, else 202 with an upload.
    Done,
    /// 202 with an upload, always.
    Refused,
    /// 405.
    Unknown,
}

/// How the `Location` of an upload is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locations {
    /// `http://HOST/v2/…`
    Absolute,
    /// `/v2/…`
    Path,
    /// Below the address that was asked for, without a slash in front.
    Relative,
    /// On the storage host, which is another host to a client.
    Storage,
}

/// Which media types of manifests are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Families {
    /// Both, mixed at will.
    Any,
    /// Both, but one image is of one family.
    Unmixed,
    /// Docker's only.
    Docker,
}

/// What is peculiar to a registry.
#[derive(Debug, Clone)]
pub struct Quirks {
    /// How it takes part in mounts.
    pub mounts: Mounts,
    /// Whether a mount needs a token that may pull from the source.
    pub mount_wants_source_scope: bool,
    /// How the `Location` of an upload is written.
    pub locations: Locations,
    /// Whether a PUT of a manifest is answered with `Location`.
    pub manifest_location: bool,
    /// Whether answers name `Docker-Content-Digest`.
    pub digest_header: bool,
    /// The longest body of a PATCH in bytes; 416 above.
    pub longest_patch: Option<usize>,
    /// The longest body of a PUT of a blob in bytes; 416 above.
    pub longest_put: Option<usize>,
    /// The shortest piece but the last one, told as `OCI-Chunk-Min-Length`, in bytes.
    pub shortest_chunk: Option<usize>,
    /// Whether a PUT may bring the blob.
    pub monolithic: bool,
    /// Whether PATCH is known.
    pub patch: bool,
    /// Which media types of manifests are taken.
    pub families: Families,
    /// Whether a manifest needs a layer.
    pub wants_layers: bool,
    /// The most components of a repository's name.
    pub depth: usize,
    /// Whether manifests are taken before what they need is there.
    pub trusting: bool,
    /// Whether blobs are taken for what their digests say, without a look.
    pub believing: bool,
    /// Every so many-th upload is forgotten before its last PUT.
    pub forgets: Option<u32>,
    /// Whether a repository that is not there yet is a secret from tokens that may only pull.
    pub hides_absent: bool,
    /// How many tags are on a page.
    pub page: usize,
    /// How long every request takes.
    pub pause: Duration,
    /// How long an index takes to be written, by digest or by tag, where that is not `pause`.
    pub write_pause: Option<Duration>,
    /// How much longer a tag takes.
    pub tag_pause: Duration,
}

impl Quirks {
    /// How long a request takes.
    pub fn pause_of(&self, step: Step) -> Duration {
        let write = self.write_pause.unwrap_or(self.pause);
        match step {
            Step::PutIndex => write,
            Step::PutTag => write + self.tag_pause,
            _ => self.pause,
        }
    }
}

impl Default for Quirks {
    fn default() -> Self {
        Quirks {
            mounts: Mounts::Done,
            mount_wants_source_scope: true,
            locations: Locations::Absolute,
            manifest_location: true,
            digest_header: true,
            longest_patch: None,
            longest_put: None,
            shortest_chunk: None,
            monolithic: true,
            patch: true,
            families: Families::Any,
            wants_layers: false,
            depth: 8,
            trusting: false,
            believing: false,
            forgets: None,
            hides_absent: false,
            page: 100,
            pause: Duration::ZERO,
            write_pause: None,
            tag_pause: Duration::ZERO,
        }
    }
}
