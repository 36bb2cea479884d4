//! From what lies somewhere to a [`View`]: images through the readers of [`crate::subject`], bundles before they are
//! images, a bare metadata.json, a Cargo.toml.
//!
//! Of an image only that is taken along which a rule may ask for: every path that metadata.json, the compose file or
//! the config leads to, whatever it leads to, and everything below the UI's root. Each layer is read once, however
//! many files it takes; what is damaged or hostile becomes a [`Trouble`](super::view::Trouble) instead of an error.

mod bundles;
mod image;
mod platform;

use std::path::PathBuf;

pub use bundles::{bundles, fact};
pub use image::{image, unreadable};
pub use platform::{Files, fill};

use super::mentions::{self, Mentions};
use super::metadata::{self, Metadata};
use super::view::{Maker, Subject, View};
use crate::bundle::{Vcs, labels, metadata::metadata_json};
use crate::domain::Reference;
use crate::manifest::Extension;
use crate::subject::{self, Glance, Limits};

/// Bytes of memory for what is known of the layers of a platform while it is read: some 230,000 files.
const MEMORY: u64 = 28 << 20;

/// What a [`Glance`] says of a page or script.
const CALLS_SERVICE: u8 = 1;
const CALLS_CLI: u8 = 2;

/// How an image is read for its validation. Nothing is believed: each layer is read to its end.
#[must_use]
pub fn options(scratch: Option<PathBuf>) -> subject::Options {
    subject::Options {
        thorough: true,
        scratch,
        limits: Limits { content: metadata::MAX_BYTES, memory: MEMORY, ..Limits::default() },
        glance: Some(Glance { wants: is_page, limit: mentions::MAX_BYTES, look: glance, span: mentions::SPAN }),
        ..subject::Options::default()
    }
}

/// Whether a file may be a page or script of the UI: no packages of a server's own.
fn is_page(path: &str) -> bool {
    Mentions::looks_into(path) && !path.contains("node_modules/") && !path.starts_with("usr/lib/")
}

fn glance(text: &[u8]) -> u8 {
    let mut mentions = Mentions::default();
    mentions.add("", text);
    let flag = |said: &Option<String>, flag| if said.is_some() { flag } else { 0 };
    flag(&mentions.vm_service, CALLS_SERVICE) | flag(&mentions.vm_cli, CALLS_CLI)
}

/// The view of a bare metadata.json.
#[must_use]
pub fn metadata_json_alone(metadata: Metadata) -> View {
    View::of(Subject::Metadata(metadata))
}

/// The view of a project that is not built: what its images would say, but none of their files.
#[must_use]
pub fn manifest(extension: &Extension) -> View {
    let metadata = Metadata::read(&metadata_json(extension));
    let labels = labels::labels(extension, &Vcs::default());
    View { maker: Maker::CargoDext, ..named(View::of(Subject::Manifest { metadata, labels }), extension) }
}

/// Gives a view the name that Cargo.toml gives the image.
fn named(view: View, extension: &Extension) -> View {
    let tag = extension.version.to_string();
    let reference = extension.image.as_ref().and_then(|image| Reference::parse(image.as_str()).ok());
    View { reference: reference.map(|reference| reference.with_tag(&tag)), tag: Some(tag), ..view }
}
