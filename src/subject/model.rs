//! What an image says of itself, whoever made it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::unpack::Packing;
use crate::domain::Digest;
use crate::image::document::{Config, Execution, RunsOn};

/// A document as it lies there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// What it is.
    pub media_type: String,
    /// Its hash.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// Its bytes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// An entry of the image's index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What it points at.
    pub media_type: String,
    /// Its hash.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// Where it runs, as `linux/arm64`, if the entry says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// What else is said of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Whether it is no image but says something about one: BuildKit's entries for `unknown/unknown`.
    pub attestation: bool,
}

/// One platform's image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Where it runs.
    pub runs_on: RunsOn,
    /// Its manifest; an archive of `docker save` has none.
    pub manifest: Option<Document>,
    /// Its config.
    pub config: Document,
    /// What the config says.
    pub said: Config,
    /// Its layers, lowest first.
    pub layers: Vec<Layer>,
}

impl Platform {
    /// The platform as `linux/arm64`.
    #[must_use]
    pub fn name(&self) -> String {
        self.runs_on.to_string()
    }

    /// How a container of it starts.
    #[must_use]
    pub fn execution(&self) -> Execution {
        self.said.config.clone().unwrap_or_default()
    }

    /// What is said of it.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        self.said.config.as_ref().and_then(|config| config.labels.clone()).unwrap_or_default()
    }
}

/// One layer of a platform's image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// What made it: the name that `cargo dext` gave it, or else the history's command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether `cargo dext` made it, as the history says.
    pub ours: bool,
    /// What the manifest says it is.
    pub media_type: String,
    /// How it is packed, as the media type says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packing: Option<Packing>,
    /// The hash of the blob.
    pub digest: Digest,
    /// The length of the blob in bytes.
    pub size: u64,
    /// The hash of the tar in it, as the config says.
    pub diff_id: Digest,
}

/// What `cargo dext` writes into the history of its layers, before their names.
const OURS: &str = "cargo dext: ";

impl Layer {
    /// Takes the name from what the history says of it.
    pub(super) fn named(mut self, created_by: Option<&str>) -> Self {
        let ours = created_by.and_then(|text| text.strip_prefix(OURS));
        self.ours = ours.is_some();
        self.name = ours.or(created_by).map(str::to_owned);
        self
    }
}

/// What the history says of each layer, if it has one entry for each.
pub(super) fn history_of_layers(config: &Config, layers: usize) -> Vec<Option<String>> {
    let steps = config.history.iter().flatten().filter(|step| step.empty_layer != Some(true));
    let said: Vec<Option<String>> = steps.map(|step| step.created_by.clone()).collect();
    if said.len() == layers { said } else { vec![None; layers] }
}
