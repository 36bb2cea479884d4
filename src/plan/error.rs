//! Why no plan can be made.

use crate::domain::{Explain, Platform, TargetTriple};
use crate::manifest::extension::Builder;

/// A manifest and a request that do not fit together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A builder that cannot link a platform.
    #[error("the builder `{builder}` cannot build {platform} ({triple}): {why}")]
    Builder {
        /// The builder that was asked for.
        builder: Builder,
        /// The platform.
        platform: Platform,
        /// The triple.
        triple: TargetTriple,
        /// What is in the way.
        why: String,
        /// Who asked for it.
        because: &'static str,
        /// What to do instead.
        help: String,
    },
    /// Two binaries of one name in one Cargo call.
    #[error("two packages have a binary `{name}`: `{first}` and `{second}`")]
    SameBin {
        /// The name.
        name: String,
        /// One package.
        first: String,
        /// The other package.
        second: String,
    },
    /// Two files for one path of an image.
    #[error("two files land at {path} in the {platform} image")]
    SamePath {
        /// The path.
        path: String,
        /// The image.
        platform: Platform,
        /// Who puts them there.
        keys: String,
    },
    /// A part of the table that only `metadata` can do without.
    #[error("the table says nothing of where {what} comes from")]
    NoSource {
        /// What is missing.
        what: &'static str,
        /// The key to add.
        key: String,
    },
    /// `--only` names a platform that nothing is built for.
    #[error("nothing is built for {platform}")]
    NothingFor {
        /// The platform.
        platform: Platform,
    },
    /// An image with more layers than engines take.
    #[error("the {platform} image would have {count} layers; engines take at most {limit}")]
    TooManyLayers {
        /// The image.
        platform: Platform,
        /// Its layers.
        count: usize,
        /// What overlay file systems allow.
        limit: usize,
    },
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Builder { because, .. } => Some((*because).to_owned()),
            Error::SamePath { keys, .. } => Some(keys.clone()),
            Error::NoSource { key, .. } => Some(key.clone()),
            Error::SameBin { .. } | Error::NothingFor { .. } | Error::TooManyLayers { .. } => None,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Error::Builder { help, .. } => help.clone(),
            Error::SameBin { name, .. } => {
                format!("rename one of them with a `[[bin]]` section, e.g. `name = \"{name}-2\"`")
            }
            Error::SamePath { .. } => "give one of them another `path`".to_owned(),
            Error::NoSource { key, .. } => {
                format!("add `{key}`, or use `cargo dext metadata` if a Dockerfile copies it")
            }
            Error::NothingFor { .. } => "leave `--only` out, or add the platform to a `host` group".to_owned(),
            Error::TooManyLayers { .. } => "put programs that change together into one `[[files]]` folder".to_owned(),
        })
    }
}
