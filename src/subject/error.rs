//! Why an image could not be read.

use std::path::{Path, PathBuf};

use super::damage::LayerDamage;
use super::limits;
use crate::domain::{Digest, Explain, printable, quoted};
use crate::image::Damage;
use crate::registry;
use crate::sys::{fs, process};

/// Why an image could not be read. `image` is always the image as the user named it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] fs::Error),
    /// The running engine does not give it.
    #[error(transparent)]
    Engine(#[from] process::Error),
    /// A registry does not give it.
    #[error(transparent)]
    Registry(Box<registry::Error>),
    /// A folder is no layout.
    #[error(transparent)]
    Layout(#[from] Damage),
    /// The text names nothing.
    #[error("`{image}` is neither a layout nor an archive nor an image reference: {why}")]
    Nothing {
        /// The text.
        image: String,
        /// Why it is no reference.
        why: String,
    },
    /// What is there is nothing that holds an image.
    #[error("`{}` is neither a layout nor an archive", path.display())]
    NoLayout {
        /// The folder or special file.
        path: PathBuf,
        /// The layouts right in it, as the user would name them.
        layouts: Vec<String>,
    },
    /// A file is no archive of an image.
    #[error("`{}` is no archive of an image: {why}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        why: String,
    },
    /// There are several images, or none of that name.
    #[error("{}", several(wanted.as_deref(), found))]
    Choice {
        /// The image.
        image: String,
        /// The tag that was asked for.
        wanted: Option<String>,
        /// The tags there are.
        found: Vec<String>,
    },
    /// A document is missing, damaged or hostile.
    #[error("the {what} {}", quoted(why))]
    Document {
        /// The image.
        image: String,
        /// What it is.
        what: &'static str,
        /// The platform it belongs to, as `linux/arm64`.
        platform: Option<Box<str>>,
        /// Its digest.
        digest: Option<Digest>,
        /// What is wrong with it.
        why: String,
    },
    /// What the name stands for is no image.
    #[error("it is no image but `{}`", quoted(media_type))]
    NoImage {
        /// The image.
        image: String,
        /// What it is.
        media_type: String,
    },
    /// The image lacks a platform.
    #[error("the image has no {wanted}, only {}", printable::platforms(found))]
    NoPlatform {
        /// The image.
        image: String,
        /// The platform that was asked for.
        wanted: String,
        /// The platforms it has.
        found: Vec<String>,
    },
    /// There is more of something than any real image has.
    #[error("the image has more than {limit} {what}")]
    TooMany {
        /// The image.
        image: String,
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A layer is damaged or hostile.
    #[error("the layer `{}` cannot be read: {damage}", quoted(name))]
    Layer {
        /// The image.
        image: String,
        /// What made the layer, or its number.
        name: String,
        /// The platform it belongs to, as `linux/arm64`.
        platform: Box<str>,
        /// The layer's blob.
        digest: Digest,
        /// What is wrong with it.
        damage: Box<LayerDamage>,
    },
}

fn several(wanted: Option<&str>, found: &[String]) -> String {
    let mut tags = found.iter().take(20).map(|tag| quoted(tag)).collect::<Vec<_>>().join(", ");
    if found.len() > 20 {
        tags += ", …";
    }
    match (wanted, found.is_empty()) {
        (Some(wanted), true) => format!("there is no image `{wanted}`, nor one of another name"),
        (Some(wanted), false) if found.iter().any(|tag| tag == wanted) => {
            format!("there are several images `{wanted}`")
        }
        (Some(wanted), false) => format!("there is no image `{wanted}`, only {tags}"),
        (None, true) => "there is no image".to_owned(),
        (None, false) => format!("there are several images: {tags}"),
    }
}

/// What to name instead of a folder that is no layout.
fn other_than(path: &Path, layouts: &[String]) -> String {
    let layouts: Vec<String> = layouts.iter().map(|layout| format!("`{layout}`")).collect();
    if layouts.is_empty() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        return format!("name a layout, an archive, or an image in a registry, as in docker://{name}");
    }
    format!("name a layout in it: {}", layouts.join(" or "))
}

impl Error {
    /// Whether the network or a registry is at fault.
    #[must_use]
    pub fn is_network(&self) -> bool {
        matches!(self, Error::Registry(error) if error.is_network())
    }

    /// The same with all that the image says in other words: what a registry sends may hold what the registry was sent.
    pub(super) fn told(self, tell: impl Fn(&str) -> String) -> Self {
        match self {
            Error::Document { image, what, platform, digest, why } => {
                let platform = platform.map(|platform| tell(&platform).into());
                Error::Document { image, what, platform, digest, why: tell(&why) }
            }
            Error::NoImage { image, media_type } => Error::NoImage { image, media_type: tell(&media_type) },
            Error::NoPlatform { image, wanted, found } => {
                Error::NoPlatform { image, wanted, found: found.iter().map(|one| tell(one)).collect() }
            }
            Error::Layer { image, platform, name, digest, damage } => {
                Error::Layer { image, platform: tell(&platform).into(), name: tell(&name), digest, damage }
            }
            other => other,
        }
    }

    /// A document that is larger than any real one.
    pub(super) fn too_large(image: &str, what: &'static str, digest: Digest, size: u64) -> Self {
        let why = format!("says it has {size} bytes; {} are read at most", limits::MAX_DOCUMENT);
        Error::document(image, what, Some(digest), why)
    }

    /// A document that is missing, damaged or hostile.
    pub(super) fn document(image: &str, what: &'static str, digest: Option<Digest>, why: String) -> Self {
        Error::Document { image: image.to_owned(), what, platform: None, digest, why }
    }

    /// The same of a document of this platform.
    pub(super) fn on(mut self, name: &str) -> Self {
        if let Error::Document { platform, .. } = &mut self {
            *platform = Some(name.into());
        }
        self
    }

    /// The platform whose document or layer it is.
    #[must_use]
    pub fn platform(&self) -> Option<&str> {
        match self {
            Error::Document { platform, .. } => platform.as_deref(),
            Error::Layer { platform, .. } => Some(platform),
            _ => None,
        }
    }
}

impl From<registry::Error> for Error {
    fn from(error: registry::Error) -> Self {
        Error::Registry(Box::new(error))
    }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::File(error) => error.place(),
            Error::Registry(error) => error.place(),
            Error::Layout(error) => error.place(),
            Error::Nothing { .. } | Error::NoLayout { .. } | Error::Archive { .. } | Error::Engine(_) => None,
            Error::Document { image, digest: Some(digest), .. } | Error::Layer { image, digest, .. } => {
                let platform = self.platform().map_or_else(String::new, |platform| format!(" for {platform}"));
                Some(format!("{image}{platform}, blob {digest}"))
            }
            Error::Document { image, .. }
            | Error::Choice { image, .. }
            | Error::NoImage { image, .. }
            | Error::NoPlatform { image, .. }
            | Error::TooMany { image, .. } => Some(image.clone()),
        }
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Error::File(error) => return error.help(),
            Error::Registry(error) => return error.help(),
            Error::Layout(error) => return error.help(),
            Error::Engine(error) => return error.help(),
            Error::Nothing { .. } => {
                "name a folder or file that exists, or an image as `docker pull` takes it, e.g. example/tool:1.0.0"
            }
            Error::NoLayout { layouts, path } => return Some(other_than(path, layouts)),
            Error::Archive { .. } => "name an OCI archive, or a file that `docker save` wrote",
            Error::Choice { .. } => "add the tag of one image behind a colon",
            Error::NoPlatform { .. } => "name one of those with `--platform`, or none",
            Error::Layer { damage, .. } if damage.is_of_the_blob() => "copy or package the image again",
            Error::Layer { .. } | Error::Document { .. } | Error::NoImage { .. } | Error::TooMany { .. } => {
                return None;
            }
        };
        Some(help.to_owned())
    }
}
