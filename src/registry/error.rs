//! What can go wrong between this machine and a registry.

use std::fmt;
use std::path::PathBuf;

use super::credentials;
use crate::domain::{Digest, Explain, Reference};
use crate::image::Damage;
use crate::sys::fs;

/// Which step of what went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The registry as the user writes it.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// What was being done, as "looking for the tag 1.2.3".
    pub step: String,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}, {}", self.registry, self.repository, self.step)
    }
}

/// Why an image could not be sent, found or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// Certificates, proxy or the runtime cannot be set up.
    #[error("could not prepare to talk to registries: {why}")]
    Setup {
        /// What failed.
        why: String,
    },
    /// The user's credentials cannot be read.
    #[error(transparent)]
    Credentials(#[from] credentials::Error),
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] fs::Error),
    /// The layout is not whole.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// The layout holds something that is not sent to registries.
    #[error("`{}` cannot be sent to a registry: {why}", layout.display())]
    Unfit {
        /// The layout.
        layout: PathBuf,
        /// What it holds.
        why: String,
    },
    /// A file of the layout is not what its name says.
    #[error("`{}` is not what its name says any more", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A tag points at another image.
    #[error("the tag `{tag}` exists and points at {there}, not at {ours}")]
    TagExists {
        /// The repository.
        repository: Reference,
        /// The tag.
        tag: String,
        /// What it points at.
        there: Digest,
        /// The image that should get it.
        ours: Digest,
    },
    /// There is no such tag, manifest, blob or repository.
    #[error("the registry has no {what}")]
    NotFound {
        /// What is not there.
        what: String,
        /// Where it was looked for.
        at: At,
    },
    /// The registry does not let us in.
    #[error("the registry denies access: {answer}")]
    Denied {
        /// Where.
        at: At,
        /// The status and what it said.
        answer: String,
        /// Where our credentials came from.
        origin: String,
    },
    /// The registry refused.
    #[error("the registry answered {answer}")]
    Refused {
        /// Where.
        at: At,
        /// The status.
        status: u16,
        /// The status and what it said.
        answer: String,
    },
    /// The certificate of the registry, or of its token server, is not one that this machine trusts.
    #[error("the certificate of {host} is not trusted: {why}")]
    Certificate {
        /// Whose certificate.
        host: String,
        /// What is wrong with it.
        why: String,
        /// Where.
        at: At,
    },
    /// It did not work, however often it was tried.
    #[error("failed {tries} times, at last because {why}")]
    Unreachable {
        /// Where.
        at: At,
        /// How often it was tried.
        tries: u32,
        /// What went wrong the last time.
        why: String,
    },
    /// The registry answers what it must not.
    #[error("the registry's answer makes no sense: {why}")]
    Answer {
        /// Where.
        at: At,
        /// What is wrong with it.
        why: String,
    },
    /// A tag was written and does not point at the image.
    #[error("the tag `{tag}` was written, but the registry answers {}", found.map_or_else(|| "that it does not exist".to_owned(), |found| format!("that it points at {found}")))]
    ReadBack {
        /// Where.
        at: At,
        /// The tag.
        tag: String,
        /// What it points at.
        found: Option<Digest>,
        /// The image it should point at.
        ours: Digest,
    },
}

impl Error {
    /// Whether the network or a registry is at fault, not the input or this machine. A tag that exists is the
    /// input's matter: the registry is in order.
    #[must_use]
    pub fn is_network(&self) -> bool {
        !matches!(
            self,
            Error::Interrupted
                | Error::Setup { .. }
                | Error::Credentials(_)
                | Error::File(_)
                | Error::Damage(_)
                | Error::Unfit { .. }
                | Error::Changed { .. }
                | Error::TagExists { .. }
        )
    }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Credentials(error) => error.place(),
            Error::File(error) => error.place(),
            Error::Damage(error) => error.place(),
            Error::TagExists { repository, tag, .. } => Some(repository.with_tag(tag).familiar()),
            Error::NotFound { at, .. }
            | Error::Denied { at, .. }
            | Error::Refused { at, .. }
            | Error::Certificate { at, .. }
            | Error::Unreachable { at, .. }
            | Error::Answer { at, .. }
            | Error::ReadBack { at, .. } => Some(at.to_string()),
            Error::Interrupted | Error::Setup { .. } | Error::Unfit { .. } | Error::Changed { .. } => None,
        }
    }

    fn help(&self) -> Option<String> {
        None
    }
}
