//! An extension that exists, as a table.
//!
//! Readers ([`folder`], [`image`]) turn a source into an [`Imported`]: metadata.json, labels, and where each file that
//! metadata.json names comes from. From there on everything is pure: [`import`] makes the table, says everything in
//! keys that keys can say, keeps the rest under `extra` and `labels`, and then reads its own table back through
//! [`crate::manifest`] and [`crate::bundle`]. So what it claims has been tried: the table gives the metadata.json and
//! the labels it was made from, or the [`Account`] says what differs.

pub mod account;
mod cargo;
pub mod dockerfile;
mod draft;
pub mod folder;
pub mod image;
pub mod json;
mod labels;
mod law;
pub mod merge;
pub mod place;
mod recipe;
pub mod render;
mod scripts;
mod seen;
mod shape;
mod stage;
pub mod start;
pub mod target;
pub mod write;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use account::{Account, Left};
pub use dockerfile::Page;
pub use law::Difference;
pub use place::{Places, Provenance};
pub use stage::Stage;
pub use start::Start;
pub use target::Target;

use super::error::Error;
use crate::domain::ImagePath;
use crate::validate::{Finding, Profile, Settings, View, validate};

/// An extension as it was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// metadata.json, as it was read.
    pub metadata: json::Found,
    /// The image's labels; `None` if nothing says them.
    pub labels: Option<BTreeMap<String, String>>,
    /// Where the files come from that metadata.json names.
    pub places: Places,
    /// Further files and folders of the source, and where they land in the image.
    pub further: Vec<(ImagePath, String)>,
    /// The image that the last stage is built on, if it is one of a registry.
    pub base: Option<String>,
    /// What builds the page, if it is built from a folder of the source.
    pub page: Option<Page>,
    /// What a container of the image starts.
    pub start: Start,
    /// The image's own name, if it is in a registry.
    pub reference: Option<String>,
    /// What the reader could not take over.
    pub left: Vec<Left>,
    /// What the rules found in the source.
    pub findings: Vec<Finding>,
}

/// The table, and what there is to say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The table, without its key.
    pub table: Map<String, Value>,
    /// What became of each part.
    pub account: Account,
}

impl Import {
    /// The table as TOML.
    #[must_use]
    pub fn toml(&self, key: &str) -> String {
        render::toml(key, &self.table)
    }

    /// The files and folders of the source that the table names, `/`-separated, each once, and none that lies in a
    /// folder that is named.
    #[must_use]
    pub fn sources(&self) -> Vec<String> {
        let table = Value::Object(self.table.clone());
        // What builds the page makes its folder.
        let page = if table.pointer("/ui/build").is_some() { "/ui/build/dir" } else { "/ui/source" };
        let single = ["/icon", "/icon/source", page, "/vm/composefile", "/vm/composefile/source"];
        let single = single.iter().filter_map(|pointer| table.pointer(pointer));
        let list = |key: &str| table.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let further: Vec<Value> = list("files").iter().filter_map(|file| file.get("source").cloned()).collect();
        let host: Vec<Value> = list("host").iter().filter_map(|group| group.get("file").cloned()).collect();
        let mut sources = std::collections::BTreeSet::new();
        for value in single.chain(&further).chain(&host) {
            texts(value, &mut sources);
        }
        let above = |source: &str| source.match_indices('/').any(|(end, _)| sources.contains(&source[..end]));
        sources.iter().filter(|source| !above(source)).cloned().collect()
    }
}

/// A text, or every text of a list or of the values of a table of systems; an icon's table names its source alone.
fn texts(value: &Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        // A compose file keeps its path, which metadata.json may begin with `/`.
        Value::String(text) => drop(found.insert(text.trim_start_matches('/').to_owned())),
        Value::Array(list) => list.iter().for_each(|value| texts(value, found)),
        Value::Object(map) if !map.contains_key("source") => map.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

/// What Docker or the Marketplace would refuse in a source.
fn judge(view: &View) -> Vec<Finding> {
    /// The old image's name and tag, which the table does not take over.
    const OF_THE_NAME: [&str; 4] = ["E35", "W36", "E37", "W38"];
    let mut settings = Settings::of(Profile::Marketplace);
    for id in OF_THE_NAME {
        settings.allow(id, None).expect("the ids of rules are those of the table of rules");
    }
    validate(view, &settings)
}

/// Makes the table of an extension for a Cargo.toml.
///
/// # Errors
/// When metadata.json is no object, or has no part that an extension needs.
pub fn import(imported: &Imported, target: &Target) -> Result<Import, Error> {
    let metadata = &imported.metadata.value;
    let object = metadata.as_object().ok_or(Error::NoObject)?;
    if !["ui", "vm", "host"].iter().any(|part| object.contains_key(*part)) {
        return Err(Error::NoPart);
    }
    let inherited = target.labels();
    let parts = draft::Parts {
        metadata,
        labels: imported.labels.as_ref(),
        places: &imported.places,
        further: &imported.further,
        base: imported.base.as_deref(),
        page: imported.page.as_ref(),
        start: &imported.start,
        origin: &target.origin,
        inherited: &inherited,
    };
    let tried = law::settle(&parts, &target.origin, &target.facts);
    let account = account::of(imported, &parts, &tried);
    Ok(Import { table: tried.table, account })
}

#[cfg(test)]
mod tests;
