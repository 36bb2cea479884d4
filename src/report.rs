//! What happened, as data. Stages tell it to a [`Report`]; only `shell` prints it.

use serde::Serialize;

use crate::domain::{Digest, Platform};

/// Something a user or a program may want to know.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A step began or ended: Cargo's verb column and its text, e.g. `Compiling`, `x v1.0.0`.
    Status {
        /// The verb, at most 12 letters.
        verb: &'static str,
        /// What it is done to.
        text: String,
    },
    /// As `Status`, shown with `-v` only.
    Detail {
        /// The verb, at most 12 letters.
        verb: &'static str,
        /// What it is done to.
        text: String,
    },
    /// Something that may be wrong but does not stop the work.
    Warning {
        /// What it is.
        text: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// How far a long step has come. `done == total` ends it.
    Progress {
        /// The verb of the bar.
        verb: &'static str,
        /// Units done, bytes or files.
        done: u64,
        /// All units.
        total: u64,
    },
    /// How far one of several things has come that are under way at once. `done == total` ends it.
    Transfer {
        /// Which one: a number that stays the same until it has ended.
        id: usize,
        /// What it is.
        label: String,
        /// Bytes done.
        done: u64,
        /// All its bytes.
        total: u64,
    },
    /// A line for programs: printed as JSON where `--message-format json` asks for it.
    Message(Message),
}

/// The machine-readable lines, told apart by `reason` as Cargo's are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "reason")]
pub enum Message {
    /// The plan of a run.
    #[serde(rename = "dext-plan")]
    Plan {
        /// The plan, as `--dry-run` prints it.
        plan: serde_json::Value,
    },
    /// A binary that was built or found and verified.
    #[serde(rename = "dext-artifact")]
    Artifact {
        /// The binary's name.
        name: String,
        /// The platform it is for.
        platform: Platform,
        /// The target triple, for binaries that Cargo built.
        #[serde(skip_serializing_if = "Option::is_none")]
        triple: Option<String>,
        /// Where it is on this machine.
        path: String,
        /// Its size in bytes.
        size: u64,
        /// What was read from its headers.
        facts: serde_json::Value,
    },
    /// A layer that is ready.
    #[serde(rename = "dext-layer")]
    Layer {
        /// The layer's name in the plan.
        name: String,
        /// The digest of the blob.
        digest: Digest,
        /// The digest of the uncompressed tar.
        diff_id: Digest,
        /// Bytes of the blob.
        size: u64,
        /// Bytes of the uncompressed tar.
        uncompressed: u64,
        /// Whether it was found in the cache and not compressed again.
        cached: bool,
    },
    /// The finished image.
    #[serde(rename = "dext-image")]
    Image {
        /// Its name and tag, if the manifest has an image name.
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// The digest of the index.
        digest: Digest,
        /// The digest of each platform's manifest.
        manifests: Vec<PlatformManifest>,
        /// Where it was written.
        path: String,
    },
    /// Something that `validate` found.
    #[serde(rename = "dext-finding")]
    Finding {
        /// The id of the rule, such as `E03`.
        rule: &'static str,
        /// `error` or `warning`.
        level: &'static str,
        /// What is wrong.
        message: String,
        /// Where: an object of `file`, `key`, `line`, `column`, `label`, `layer` and `platforms`, as far as they apply.
        place: serde_json::Value,
        /// Why it matters.
        why: &'static str,
        /// What to do about it.
        help: String,
        /// Who says so.
        source: &'static str,
    },
    /// A base image is settled.
    #[serde(rename = "dext-base")]
    Base {
        /// Its name in full.
        image: String,
        /// The digest of its index, or of its manifest if it has no index.
        digest: Digest,
        /// What the lock file said before an update.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<Digest>,
    },
    /// What publishing did, or with `--dry-run` would do.
    #[serde(rename = "dext-push")]
    Push(Push),
}

/// The fields of [`Message::Push`]. All sizes are bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Push {
    /// Whether nothing was sent, and all of it is what would be.
    pub dry_run: bool,
    /// Registry and repository, as `docker.io/example/x`.
    pub repository: String,
    /// The digest of the index.
    pub digest: Digest,
    /// What became of each tag.
    pub tags: Vec<PushedTag>,
    /// The image of each platform.
    pub platforms: Vec<PushedPlatform>,
    /// What became of each config and layer, the largest first.
    pub blobs: Vec<PushedBlob>,
    /// Bytes of blobs that were sent.
    pub sent: u64,
    /// Bytes of blobs that the registry took from another of its repositories.
    pub mounted: u64,
    /// Bytes of blobs that were there.
    pub skipped: u64,
    /// Requests to the registry.
    pub requests: u64,
    /// Requests to its token server.
    pub token_requests: u64,
    /// Requests that were repeated after a passing fault.
    pub retries: u64,
    /// Where Docker Desktop offers it to people who have the link; Docker Hub only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<String>,
}

/// A tag in [`Push`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PushedTag {
    /// The tag.
    pub tag: String,
    /// The whole reference: name, tag and digest.
    pub reference: String,
    /// `created`, `moved` or `unchanged`.
    pub outcome: &'static str,
    /// The digest that a moved tag pointed at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Digest>,
}

/// A platform's image in [`Push`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PushedPlatform {
    /// The platform, as `linux/arm64`.
    pub platform: String,
    /// The digest of the manifest.
    pub digest: Digest,
    /// Bytes of all its layers.
    pub size: u64,
}

/// A blob in [`Push`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PushedBlob {
    /// The layer's name in the plan, or `config` and the platform; a layout of others may have no names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its digest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// Its size.
    pub size: u64,
    /// `sent`, `mounted` or `skipped`.
    pub fate: &'static str,
    /// The repository that a mounted blob came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// One platform's manifest in [`Message::Image`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlatformManifest {
    /// The platform.
    pub platform: Platform,
    /// The digest of the manifest.
    pub digest: Digest,
    /// Bytes of all its layers.
    pub size: u64,
}

/// Where events go. Shared by threads.
pub trait Report: Sync {
    /// Takes an event.
    fn event(&self, event: Event);

    /// Tells a step.
    fn status(&self, verb: &'static str, text: String) {
        self.event(Event::Status { verb, text });
    }

    /// Tells a step that only `-v` shows.
    fn detail(&self, verb: &'static str, text: String) {
        self.event(Event::Detail { verb, text });
    }

    /// Tells a doubt.
    fn warning(&self, text: String, help: Option<String>) {
        self.event(Event::Warning { text, help });
    }

    /// Tells programs.
    fn message(&self, message: Message) {
        self.event(Event::Message(message));
    }
}

/// A report that keeps every event, for tests and for runs that print later.
#[derive(Debug, Default)]
pub struct Recorder(std::sync::Mutex<Vec<Event>>);

impl Recorder {
    /// The events so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Report for Recorder {
    fn event(&self, event: Event) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(event);
    }
}
