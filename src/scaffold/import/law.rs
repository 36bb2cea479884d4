//! The table is read back: it must give the metadata.json and the labels that it was made from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::draft::{self, Part, Parts};
use super::labels::{VERSION, WORDS};
use crate::domain::json::{MAX_VALUES, read};
use crate::manifest::Extension;
use crate::manifest::convert::{Facts, convert};
use crate::manifest::extension::Origin;
use crate::manifest::mistake::{KeyPath, Mistake};
use crate::{bundle, sys};

/// Stands in for a text that the user has to write, while the rest is tried.
const MISSING: &str = "…";

/// A table that Cargo.toml can hold, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tried {
    /// The table.
    pub(super) table: Map<String, Value>,
    /// What the keys refused, with the reason: it is verbatim or left out now.
    pub(super) refused: BTreeMap<Part, String>,
    /// Keys that the user has to write.
    pub(super) missing: Vec<&'static str>,
    /// What is wrong and has no part.
    pub(super) wrong: Vec<Mistake>,
    /// What the table gives otherwise than the source has it.
    pub(super) differs: Vec<Difference>,
    /// The version, if something says it.
    pub(super) version: Option<String>,
}

/// A value that is not the same after import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `metadata.json icon` or `label x`.
    pub what: String,
    /// The value in the source, if it has one.
    pub was: Option<String>,
    /// The value of the table, if it has one.
    pub is: Option<String>,
}

/// Makes tables until one is accepted; every round says one part more verbatim, so there is an end.
pub(super) fn settle(parts: &Parts<'_>, origin: &Origin, facts: &Facts) -> Tried {
    let mut refused: BTreeMap<Part, String> = BTreeMap::new();
    loop {
        let verbatim: BTreeSet<Part> = refused.keys().cloned().collect();
        let table = draft::table(parts, &verbatim);
        let missing = missing(&table, origin, facts);
        let mut wrong = match back(&table, &missing, origin, facts) {
            Ok(extension) => {
                let differs = differences(parts, &missing, &extension);
                let version = (!missing.contains(&"version")).then(|| extension.version.to_string());
                return Tried { table, refused, missing, wrong: Vec::new(), differs, version };
            }
            Err(mistakes) => mistakes,
        };
        let before = refused.len();
        wrong.retain(|mistake| {
            let part = draft::part_of(&mistake.path.in_table(), &table).and_then(|part| larger(part, &verbatim));
            let has_part = part.is_some();
            if let Some(part) = part {
                refused.entry(part).or_insert_with(|| mistake.what.clone());
            }
            !has_part
        });
        if refused.len() == before {
            let version = facts.version.as_ref().map(ToString::to_string);
            return Tried { table, refused, missing, wrong, differs: Vec::new(), version };
        }
    }
}

/// A part, or the one around it where it is verbatim already; `None` if nothing is left to say otherwise.
fn larger(part: Part, verbatim: &BTreeSet<Part>) -> Option<Part> {
    if !verbatim.contains(&part) {
        return Some(part);
    }
    match part {
        Part::TabSocket => larger(Part::Ui, verbatim),
        Part::Base | Part::Backend | Part::VmImage | Part::VmSocket | Part::Composefile => larger(Part::Vm, verbatim),
        Part::Listed(group, _) => larger(Part::Group(group), verbatim),
        Part::Group(_) => larger(Part::Host, verbatim),
        Part::Market(_) | Part::Icon | Part::Ui | Part::Vm | Part::Host => None,
        Part::Word(_) | Part::Label(_) | Part::File(_) => None,
    }
}

/// Keys that a table must have, and neither it nor Cargo.toml has.
fn missing(table: &Map<String, Value>, origin: &Origin, facts: &Facts) -> Vec<&'static str> {
    let described = facts.description.as_deref().is_some_and(|text| !text.trim().is_empty());
    let wanted = [
        ("title", true),
        ("vendor", true),
        ("description", !described),
        ("version", origin.package.is_none() && facts.version.is_none() && !bins_tell_it(table, origin, facts)),
    ];
    wanted.into_iter().filter(|(key, wanted)| *wanted && !table.contains_key(*key)).map(|(key, _)| key).collect()
}

/// Whether the packages of all binaries that the table names have one version.
fn bins_tell_it(table: &Map<String, Value>, origin: &Origin, facts: &Facts) -> bool {
    let host = table.get("host").and_then(Value::as_array).into_iter().flatten();
    let bins = table.get("vm").into_iter().chain(host).filter_map(|keys| keys.get("bin")?.as_str());
    let packages = bins.filter_map(|name| origin.bins.iter().find(|bin| bin.name.as_str() == name));
    let versions: BTreeSet<_> = packages.map(|bin| facts.members.get(&bin.package)).collect();
    versions.len() == 1 && !versions.contains(&None)
}

fn back(
    table: &Map<String, Value>,
    missing: &[&str],
    origin: &Origin,
    facts: &Facts,
) -> Result<Extension, Vec<Mistake>> {
    let mut table = table.clone();
    for key in missing {
        table.insert((*key).to_owned(), json!(if *key == "version" { "0.0.0" } else { MISSING }));
    }
    let none = |path: &Path| Err(sys::fs::Error::new("read", path, std::io::ErrorKind::NotFound.into()));
    convert(Value::Object(table), origin, facts, &none)
}

/// What an extension gives otherwise than the source has it. The labels that Cargo.toml brings are told elsewhere.
fn differences(parts: &Parts<'_>, missing: &[&str], extension: &Extension) -> Vec<Difference> {
    let mut found = Vec::new();
    let metadata = serde_json::from_slice(&bundle::metadata::metadata_json(extension)).unwrap_or_default();
    compare("metadata.json", parts.metadata, &metadata, &mut found);
    let Some(was) = parts.labels else { return found };
    let is = bundle::labels::labels(extension, &bundle::Vcs::default());
    let by_cargo = |name: &str| name == VERSION || parts.inherited.contains_key(name);
    let unsaid = |name: &str| WORDS.iter().any(|(key, label)| *label == name && missing.contains(key));
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let added = |name: &str| by_cargo(name) && !was.contains_key(name);
    for name in names.into_iter().filter(|name| !unsaid(name) && !added(name)) {
        let (was, is) = (was.get(name), is.get(name));
        if !same(was, is) {
            found.push(Difference { what: format!("label {name}"), was: was.cloned(), is: is.cloned() });
        }
    }
    found
}

/// Two labels are the same if their texts are, or if both are the same JSON list.
fn same(was: Option<&String>, is: Option<&String>) -> bool {
    let list = |text: Option<&String>| read::<Value>(text?.as_bytes(), MAX_VALUES).ok().filter(Value::is_array);
    was == is || list(was).is_some_and(|was| Some(was) == list(is))
}

/// The smallest parts of two JSON values that differ.
fn compare(what: &str, was: &Value, is: &Value, found: &mut Vec<Difference>) {
    match (was, is) {
        (Value::Object(was), Value::Object(is)) => {
            let keys: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
            for key in keys {
                let what = format!("{what} {}", KeyPath::default().key(key));
                match (was.get(key), is.get(key)) {
                    (Some(was), Some(is)) => compare(&what, was, is, found),
                    (was, is) => {
                        let text = |value: Option<&Value>| value.map(Value::to_string);
                        found.push(Difference { what, was: text(was), is: text(is) });
                    }
                }
            }
        }
        _ if was == is => {}
        _ => found.push(Difference { what: what.to_owned(), was: Some(was.to_string()), is: Some(is.to_string()) }),
    }
}
