//! An extension that exists, as a table.
//!
//! Readers ([`folder`]) turn a source into an [`Imported`]: metadata.json, labels, and where each file that
//! metadata.json names comes from. From there on everything is pure: [`import`] makes the table, says everything in
//! keys that keys can say, keeps the rest under `extra` and `labels`, and then reads its own table back through
//! [`crate::manifest`] and [`crate::bundle`]. So what it claims has been tried: the table gives the metadata.json and
//! the labels it was made from, or the [`Account`] says what differs.

pub mod account;
pub mod dockerfile;
mod draft;
pub mod faults;
pub mod folder;
pub mod json;
mod labels;
mod law;
pub mod merge;
pub mod place;
pub mod render;
mod shape;
pub mod target;
pub mod write;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use account::{Account, Fault, Left};
pub use law::Difference;
pub use place::{Places, Provenance};
pub use target::Target;

use super::error::Error;

/// An extension as it was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// metadata.json, as it was read.
    pub metadata: json::Found,
    /// The image's labels; `None` if nothing says them.
    pub labels: Option<BTreeMap<String, String>>,
    /// Where the files come from that metadata.json names.
    pub places: Places,
    /// The image that the last stage is built on, if it is one of a registry.
    pub base: Option<String>,
    /// What the reader could not take over.
    pub left: Vec<Left>,
    /// Mistakes that the reader found.
    pub faults: Vec<Fault>,
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

    /// The files and folders of the source that the table names, `/`-separated, each once and no file of a folder
    /// that is named.
    #[must_use]
    pub fn sources(&self) -> Vec<String> {
        let pointers = ["/icon", "/icon/source", "/ui/source", "/vm/composefile/source"];
        let table = Value::Object(self.table.clone());
        let single = pointers.iter().filter_map(|pointer| table.pointer(pointer)?.as_str().map(str::to_owned));
        // A bare compose file keeps its path, which metadata.json may begin with `/`.
        let compose = table.pointer("/vm/composefile").and_then(Value::as_str).map(|path| path.trim_start_matches('/').to_owned());
        let files = table.get("files").and_then(Value::as_array).into_iter().flatten();
        let files = files.filter_map(|file| file.get("source")?.as_str().map(str::to_owned));
        let mut sources: Vec<String> = single.chain(compose).chain(files).collect();
        sources.sort_unstable();
        sources.dedup();
        let all = sources.clone();
        sources.retain(|source| !all.iter().any(|folder| source.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))));
        sources
    }
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
        base: imported.base.as_deref(),
        inherited: &inherited,
    };
    let tried = law::settle(&parts, &target.origin, &target.facts);
    let account = account::of(imported, &parts, &tried, target);
    Ok(Import { table: tried.table, account })
}

#[cfg(test)]
mod tests;
