//! What can be wrong with a layer.

use std::io;

use super::tape::Torn;
use crate::domain::{Digest, count};

/// What is wrong with a layer.
#[derive(Debug, thiserror::Error)]
pub enum LayerDamage {
    /// Its blob is not there.
    #[error("its blob is missing")]
    Missing,
    /// Its blob is longer or shorter than its descriptor says.
    #[error("its blob has {} instead of {expected}", count(*found, "byte"))]
    Size {
        /// What the descriptor says.
        expected: u64,
        /// What there is; one more than expected where reading stopped.
        found: u64,
    },
    /// Its blob holds other bytes than its digest says.
    #[error("its blob holds other bytes, which hash to {found}")]
    Digest {
        /// What they hash to.
        found: Digest,
    },
    /// Its tar is not the one of the config.
    #[error("its tar hashes to {found}, the config says {expected}")]
    DiffId {
        /// What the config says.
        expected: Digest,
        /// What it hashes to.
        found: Digest,
    },
    /// It could not be unpacked.
    #[error("it cannot be unpacked: {0}")]
    Unpack(String),
    /// It is no tar.
    #[error("it is no whole tar: {0}")]
    Tar(String),
    /// It unpacks to more than is read.
    #[error("it unpacks to more than {} GiB", limit >> 30)]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// It unpacks to far more than any real layer of its size.
    #[error("it is a decompression bomb: {} became {unpacked} and there were more to come", count(*packed, "byte"))]
    Bomb {
        /// Bytes read.
        packed: u64,
        /// Bytes they became.
        unpacked: u64,
    },
    /// It has more entries or longer names than are kept.
    #[error("it has more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// It has more files than memory is given to.
    #[error("it has too many files to look at; reading stopped after {}", count(*entries, "file"))]
    Crowded {
        /// How many were read of this layer.
        entries: u64,
    },
    /// To unpack it takes more memory than is given to it and its files.
    #[error("it has too many files for how far back its compression looks")]
    Window,
    /// A temporary copy of one of its files failed.
    #[error("a file of it could not be looked at: {0}")]
    Spool(String),
}

impl LayerDamage {
    /// Whether reading stopped before the end.
    pub(super) fn is_bound(&self) -> bool {
        matches!(
            self,
            LayerDamage::Bomb { .. }
                | LayerDamage::TooLarge { .. }
                | LayerDamage::TooMany { .. }
                | LayerDamage::Crowded { .. }
                | LayerDamage::Window
        )
    }

    /// Whether the blob is not the one that the manifest names, so that another copy of it may be whole.
    #[must_use]
    pub fn is_of_the_blob(&self) -> bool {
        matches!(self, LayerDamage::Missing | LayerDamage::Size { .. } | LayerDamage::Digest { .. })
    }
}

impl From<io::Error> for LayerDamage {
    /// What our own readers said, or else what the unpacking library says.
    fn from(error: io::Error) -> Self {
        match error.downcast::<LayerDamage>() {
            Ok(damage) => damage,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                LayerDamage::Tar("it ends in the middle".to_owned())
            }
            Err(error) => LayerDamage::Unpack(error.to_string()),
        }
    }
}

impl From<Torn> for LayerDamage {
    fn from(torn: Torn) -> Self {
        match torn {
            Torn::Io(error) => error.into(),
            Torn::Header { .. } => LayerDamage::Tar(torn.to_string()),
        }
    }
}
