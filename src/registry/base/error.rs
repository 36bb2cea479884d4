//! Why a base image cannot be had.

use crate::domain::{Digest, Explain, Platform, printable};
use crate::plan::lock;
use crate::sys::fs;
use crate::{image, registry};

/// A base image that cannot be had, or not in the way that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The registry.
    #[error(transparent)]
    Registry(Box<registry::Error>),
    /// The text of the lock file.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// `--locked`, and the lock file would change.
    #[error("cannot update the lock file because `--locked` was passed to prevent this: {why}")]
    LockedOut {
        /// What would change.
        why: String,
    },
    /// `--offline`, and the lock file does not say which image is meant.
    #[error("the base image `{base}` is not locked yet, and the network is off limits (`--offline`)")]
    NotLocked {
        /// The base.
        base: String,
    },
    /// `--offline`, and the registry would have to be asked.
    #[error("no registry can be asked for `{base}`, because the network is off limits (`--offline`)")]
    Offline {
        /// The base.
        base: String,
    },
    /// `--offline`, and a part of the image is not on this machine.
    #[error("the base image `{base}` is not in the cache, and the network is off limits (`--offline`)")]
    NotCached {
        /// The base.
        base: String,
        /// What is missing of it.
        digest: Digest,
    },
    /// The base has no image for a platform.
    #[error("the base image `{base}` has no {wanted}, only {}", printable::platforms(found))]
    Platform {
        /// The base.
        base: String,
        /// The platform that was looked for.
        wanted: Platform,
        /// The platforms it has.
        found: Vec<String>,
    },
    /// The lock file names a manifest that the locked index does not list.
    #[error("the lock file says that {platform} of `{base}` is {digest}, which its index does not list")]
    Inconsistent {
        /// The base.
        base: String,
        /// The platform.
        platform: Platform,
        /// The manifest of the lock file.
        digest: Digest,
    },
    /// A document of the base is not what it should be.
    #[error("the base image `{base}` cannot be used: {digest} {why}")]
    Unfit {
        /// The base.
        base: String,
        /// The document.
        digest: Digest,
        /// What is wrong with it.
        why: String,
    },
    /// The image itself cannot be built upon.
    #[error("{source}")]
    Image {
        /// The base.
        base: String,
        /// Why not.
        source: Box<image::Error>,
    },
    /// The cache or the lock file cannot be read or written.
    #[error(transparent)]
    Fs(#[from] fs::Error),
}

impl From<registry::Error> for Error {
    fn from(error: registry::Error) -> Self {
        Error::Registry(Box::new(error))
    }
}

impl Error {
    /// Whether the network or the registry is at fault, not the user's input or this machine.
    #[must_use]
    pub fn is_network(&self) -> bool {
        matches!(self, Error::Registry(error) if error.is_network())
    }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Registry(error) => error.place(),
            Error::Lock(error) => error.place(),
            Error::Fs(error) => error.place(),
            Error::LockedOut { .. } | Error::Inconsistent { .. } => Some(lock::FILE.to_owned()),
            Error::NotCached { base, digest } => Some(format!("base image {base}, {digest}")),
            Error::NotLocked { base }
            | Error::Offline { base }
            | Error::Platform { base, .. }
            | Error::Unfit { base, .. }
            | Error::Image { base, .. } => Some(format!("base image {base}")),
        }
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Error::Registry(error) if matches!(**error, registry::Error::NotFound { .. }) => {
                "check `vm.base`; if its image was removed, `cargo dext update` takes what the tag stands for now"
            }
            Error::Registry(error) => return error.help(),
            Error::Lock(error) => return error.help(),
            Error::Fs(error) => return error.help(),
            Error::Image { source, .. } => return source.help(),
            Error::LockedOut { .. } => "run `cargo dext update`, and commit the lock file",
            Error::Offline { .. } => "leave `--offline` out",
            Error::NotLocked { .. } => "run `cargo dext update` once without `--offline`",
            Error::NotCached { .. } => "run `cargo dext package` once without `--offline`",
            Error::Platform { .. } => {
                "choose another `vm.base`, or package for one CPU only with `--platform linux/amd64` or `linux/arm64`"
            }
            Error::Inconsistent { .. } => "run `cargo dext update`, and look at what changes in the lock file",
            Error::Unfit { .. } => "check that `vm.base` names a container image; `cargo dext update` takes a new one",
        };
        Some(help.to_owned())
    }
}
