//! What an upload is told, and what it says in turn.

use std::time::Duration;

use reqwest::Url;

use crate::registry::client::{Passing, UploadCall};
use crate::registry::push::Fate;

/// An answer, as far as it decides what comes next.
#[derive(Debug, Clone, Default)]
pub(in crate::registry) struct Reply {
    /// The status, none of those that may pass.
    pub status: u16,
    /// The status and what the registry said, for people.
    pub words: String,
    /// Where the upload is from now on.
    pub location: Option<Url>,
    /// How many bytes of the upload are there.
    pub held: Option<u64>,
    /// The smallest piece that the registry takes.
    pub smallest: Option<u64>,
    /// Whether the registry says that it does not know the upload, or not any more.
    pub lost: bool,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub(in crate::registry) enum Heard {
    /// An answer.
    Reply(Reply),
    /// No answer, or one that may pass.
    Passing(Passing),
}

/// What to do next.
#[derive(Debug, Clone)]
pub(in crate::registry) enum Next {
    /// Send a request.
    Send(UploadCall),
    /// Wait.
    Rest {
        /// What happened.
        why: String,
        /// How often it has happened.
        tries: u32,
        /// How long the registry asks to wait.
        after: Option<Duration>,
    },
    /// The blob is there.
    Done(Fate),
    /// Give up.
    Failed(Failure),
}

/// Why an upload is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::registry) enum Failure {
    /// The registry refuses; its last answer says why.
    Refused,
    /// It was tried often enough.
    Exhausted {
        /// How often.
        tries: u32,
        /// What happened the last time.
        last: Passing,
    },
    /// The answer makes no sense.
    Senseless(&'static str),
}
