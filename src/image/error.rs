//! What can go wrong between bundles and an image on disk.

use std::io;
use std::path::PathBuf;

use super::damage::Damage;
use crate::domain::{Arch, Explain, ImagePath, Platform, printable, quoted};
use crate::sys::fs;

/// Why an image could not be written, read or packed into an archive.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something that an archive must not replace.
    #[error("`{}` {why}, and is not replaced by an archive", path.display())]
    ArchiveTarget {
        /// Where the archive would go.
        path: PathBuf,
        /// What is there.
        why: &'static str,
    },
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A file or folder could not be used.
    #[error(transparent)]
    File(#[from] fs::Error),
    /// A file is not what it was a moment ago.
    #[error("`{}` changed while it was packaged", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// The layer it belongs to.
        layer: String,
    },
    /// Two entries of a layer cannot both be there.
    #[error("`{path}` {why}")]
    Clash {
        /// The path in the image.
        path: ImagePath,
        /// The layer.
        layer: String,
        /// What it collides with.
        why: &'static str,
    },
    /// There is nothing to make an image of.
    #[error("no platform to make an image for")]
    NoPlatform,
    /// Two bundles are for one platform.
    #[error("two images for {0}")]
    TwoImages(Platform),
    /// The creation time has no RFC 3339 form.
    #[error("{0} seconds after the epoch is later than the year 9999")]
    TooLate(u64),
    /// The tag breaks the grammar of tags.
    #[error("`{0}` is no tag: 1 to 128 letters, digits, `_`, `.` or `-`, not starting with `.` or `-`")]
    Tag(String),
    /// The compression level does not exist.
    #[error("gzip has no level {0}; levels are 1 to 12")]
    Level(u8),
    /// The output folder holds something that `cargo dext` did not write.
    #[error("`{}` {why}, so it is not replaced", dest.display())]
    Foreign {
        /// The output folder.
        dest: PathBuf,
        /// What it is.
        why: &'static str,
    },
    /// A layout is not whole.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// A base image cannot be read.
    #[error("the base image cannot be used: {source}")]
    Base {
        /// Its layout.
        layout: PathBuf,
        /// What is wrong with it.
        source: Damage,
    },
    /// A base image lacks a platform.
    #[error("the base image has no {wanted}, only {}", printable::platforms(found))]
    BasePlatform {
        /// Its layout.
        layout: PathBuf,
        /// The platform that was looked for.
        wanted: Platform,
        /// The platforms it has.
        found: Vec<String>,
    },
    /// A base image has a layer that cannot be built upon.
    #[error("the base image has a layer of type `{}`, which {why}", quoted(media_type))]
    BaseLayer {
        /// Its layout.
        layout: PathBuf,
        /// The layer's media type.
        media_type: String,
        /// Why it cannot be used.
        why: &'static str,
    },
    /// A layout holds no image for a CPU.
    #[error("`{}` holds no image for {}", layout.display(), arch.image_platform())]
    NoImageFor {
        /// The layout.
        layout: PathBuf,
        /// The CPU.
        arch: Arch,
    },
    /// An archive could not be sent where it should go.
    #[error("could not write the archive: {0}")]
    Send(io::Error),
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::File(source) => source.place(),
            Error::Changed { layer, .. } | Error::Clash { layer, .. } => Some(format!("layer `{layer}`")),
            Error::Base { layout, .. } | Error::BasePlatform { layout, .. } | Error::BaseLayer { layout, .. } => {
                Some(format!("base image {}", layout.display()))
            }
            Error::Damage(source) => source.place(),
            _ => None,
        }
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Error::File(source) => return source.help(),
            Error::Damage(source) => return source.help(),
            Error::Base { source, .. } => return source.help(),
            Error::Changed { .. } => "let other builds of this project finish, then package again",
            Error::Clash { .. } => "give one of the two another path in the image",
            Error::TooLate(_) => "set SOURCE_DATE_EPOCH to seconds since the epoch",
            Error::ArchiveTarget { .. } => "name another file, or remove this one yourself",
            Error::Foreign { .. } => "choose another output folder, or remove this one yourself",
            Error::BasePlatform { .. } => {
                "fetch the base image with all its platforms, for example with `skopeo copy --all`"
            }
            Error::BaseLayer { .. } => "choose another base image, or the other family with `--media-types`",
            Error::NoImageFor { .. } => "package for that platform first",
            Error::Interrupted
            | Error::NoPlatform
            | Error::TwoImages(_)
            | Error::Tag(_)
            | Error::Level(_)
            | Error::Send(_) => {
                return None;
            }
        };
        Some(help.to_owned())
    }
}
