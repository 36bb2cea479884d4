//! What can be wrong with a layout that is read.

use std::path::PathBuf;

use super::read::{MAX_DEPTH, MAX_MANIFESTS};
use crate::domain::{Digest, Explain, quoted};
use crate::sys::fs;

/// What is wrong with a layout.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// A file of it cannot be read.
    #[error(transparent)]
    File(#[from] fs::Error),
    /// The folder is no OCI layout.
    #[error("`{}` is no OCI image layout: {why}", layout.display())]
    NotALayout {
        /// The folder.
        layout: PathBuf,
        /// What it lacks.
        why: String,
    },
    /// A document is not of the shape its media type promises.
    #[error("`{}` is no valid {what}: {source}", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A document is larger than any real one.
    #[error("`{}` says it has {size} bytes, which no {what} needs", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// The size its descriptor claims.
        size: u64,
    },
    /// A blob is not there.
    #[error("the blob {digest} is missing")]
    Missing {
        /// The blob.
        digest: Digest,
        /// Where it should be.
        path: PathBuf,
    },
    /// A blob is longer or shorter than its descriptor says.
    #[error("the blob {digest} has {found} bytes instead of {expected}")]
    Size {
        /// The blob.
        digest: Digest,
        /// Where it is.
        path: PathBuf,
        /// What its descriptor says.
        expected: u64,
        /// What it has.
        found: u64,
    },
    /// A blob's bytes are not those its name promises.
    #[error("the blob {digest} holds other bytes, which hash to {found}")]
    Digest {
        /// The blob.
        digest: Digest,
        /// Where it is.
        path: PathBuf,
        /// What its bytes hash to.
        found: Digest,
    },
    /// Indexes contain indexes without end.
    #[error("`{}` nests indexes more than {MAX_DEPTH} deep", layout.display())]
    TooDeep {
        /// The layout.
        layout: PathBuf,
    },
    /// There are more manifests than any real image has.
    #[error("`{}` lists more than {MAX_MANIFESTS} manifests", layout.display())]
    TooMany {
        /// The layout.
        layout: PathBuf,
    },
    /// The layout holds several images, or none of the asked name.
    #[error("`{}` {}", layout.display(), tags_text(wanted.as_deref(), found))]
    Tag {
        /// The layout.
        layout: PathBuf,
        /// The tag that was asked for.
        wanted: Option<String>,
        /// The tags it has.
        found: Vec<String>,
    },
    /// A config and its manifest do not agree on the layers.
    #[error("the config {config} has {diff_ids} diff ids for {layers} layers")]
    Layers {
        /// The config.
        config: Digest,
        /// How many it counts.
        diff_ids: usize,
        /// How many the manifest counts.
        layers: usize,
    },
}

fn tags_text(wanted: Option<&str>, found: &[String]) -> String {
    let tags: Vec<String> = found.iter().map(|tag| quoted(tag)).collect();
    let found = if tags.is_empty() { "no tags".to_owned() } else { format!("the tags {}", tags.join(", ")) };
    match wanted {
        Some(wanted) => format!("has no tag `{wanted}`; it has {found}"),
        None => format!("holds several images; it has {found}"),
    }
}

impl Explain for Damage {
    fn place(&self) -> Option<String> {
        match self {
            Damage::File(source) => source.place(),
            Damage::Missing { path, .. } | Damage::Size { path, .. } | Damage::Digest { path, .. } => {
                Some(path.display().to_string())
            }
            _ => None,
        }
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Damage::File(source) => return source.help(),
            Damage::Missing { .. } | Damage::Size { .. } | Damage::Digest { .. } | Damage::Layers { .. } => {
                "write or fetch the layout again"
            }
            Damage::NotALayout { .. } => "name the folder that holds `oci-layout` and `index.json`",
            Damage::Tag { .. } => "name one of its tags",
            Damage::Document { .. } | Damage::TooLarge { .. } | Damage::TooDeep { .. } | Damage::TooMany { .. } => {
                return None;
            }
        };
        Some(help.to_owned())
    }
}
