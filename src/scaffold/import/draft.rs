//! metadata.json and labels as a table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::dockerfile::Page;
use super::place::{Places, Role, local, named};
use super::{Start, cargo, labels, scripts, shape};
use crate::domain::{ImagePath, Os};
use crate::manifest::extension::Origin;
use crate::manifest::mistake::{KeyPath, Step};

/// A part of the table that can be carried verbatim or left out where its key refuses the value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `icon`
    Icon,
    /// `ui`
    Ui,
    /// `ui.backend-socket`
    TabSocket,
    /// `vm`
    Vm,
    /// `vm.base`
    Base,
    /// `vm.bin`, with `vm.path` and `vm.args`
    Backend,
    /// `vm.image`
    VmImage,
    /// `vm.composefile`
    Composefile,
    /// `vm.socket`
    VmSocket,
    /// `host`
    Host,
    /// One `[[host]]`.
    Group(usize),
    /// The list of one operating system of a `[[host]]`.
    Listed(usize, Os),
    /// `title`, `vendor`, `description` or `api-version`, which is left out: no other key can set its label.
    Word(String),
    /// A key of `marketplace`, whose label goes to `labels`.
    Market(String),
    /// A label, which is left out.
    Label(String),
    /// A file that lands at a path, which is left out.
    File(String),
}

/// What the table is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    /// metadata.json, an object.
    pub(super) metadata: &'a Value,
    /// The labels, if there is something that says them.
    pub(super) labels: Option<&'a BTreeMap<String, String>>,
    /// Where files come from.
    pub(super) places: &'a Places,
    /// Further files, and where they land.
    pub(super) further: &'a [(ImagePath, String)],
    /// The image that the backend's image is built on.
    pub(super) base: Option<&'a str>,
    /// What builds the page.
    pub(super) page: Option<&'a Page>,
    /// What a container starts.
    pub(super) start: &'a Start,
    /// The Cargo.toml that gets the table.
    pub(super) origin: &'a Origin,
    /// Labels that Cargo.toml itself brings.
    pub(super) inherited: &'a BTreeMap<&'static str, String>,
}

impl Parts<'_> {
    /// Whether a path lies in the folder of the page, which brings it.
    pub(super) fn is_in_page(&self, value: &str) -> bool {
        let root = self.metadata.pointer("/ui/dashboard-tab/root").and_then(Value::as_str);
        let Some((root, path)) = root.zip(ImagePath::new(value).ok()) else { return false };
        let brought = self.page.is_some() || local(self.places, root).is_some_and(|(_, folder)| folder);
        brought && ImagePath::new(root).is_ok_and(|root| path != root && path.starts_with(&root))
    }
}

/// The table, with the parts of `verbatim` said otherwise or not at all.
pub(super) fn table(parts: &Parts<'_>, verbatim: &BTreeSet<Part>) -> Map<String, Value> {
    let mut table = labels::words(parts, verbatim);
    let mut extra = Map::new();
    for (key, value) in parts.metadata.as_object().into_iter().flatten() {
        let kept = match key.as_str() {
            "icon" => icon(parts, value, verbatim).map(|icon| ("icon", icon, Map::new())),
            "ui" => shape::ui(value, verbatim).map(|(ui, beside)| ("ui", with_source(parts, ui), beside)),
            "vm" => shape::vm(value, verbatim).map(|vm| ("vm", machine(parts, vm, verbatim), Map::new())),
            "host" => shape::host(value, verbatim).map(|(mut groups, beside)| {
                for (index, group) in groups.iter_mut().enumerate() {
                    let built = || cargo::group(parts, index).filter(|_| !verbatim.contains(&Part::Group(index)));
                    if let Some(said) = scripts::of_lists(parts, group).or_else(built) {
                        *group = said;
                    }
                }
                ("host", json!(groups), beside)
            }),
            _ => None,
        };
        match kept {
            Some((_, value, beside)) => {
                table.insert(key.clone(), value);
                if !beside.is_empty() {
                    extra.insert(key.clone(), Value::Object(beside));
                }
            }
            None => drop(extra.insert(key.clone(), value.clone())),
        }
    }
    let files = files(parts, &table, verbatim);
    let sections = [
        ("marketplace", Value::Object(labels::marketplace(parts, verbatim))),
        ("labels", Value::Object(labels::further(parts, verbatim))),
        ("files", Value::Array(files)),
        ("extra", Value::Object(extra)),
    ];
    let filled = |value: &Value| !matches!(value, Value::Array(list) if list.is_empty()) && *value != json!({});
    table.extend(sections.into_iter().filter(|(_, value)| filled(value)).map(|(key, value)| (key.to_owned(), value)));
    table
}

/// The icon's key needs a file; a bare one lands at the root under its own name.
fn icon(parts: &Parts<'_>, value: &Value, verbatim: &BTreeSet<Part>) -> Option<Value> {
    let value = value.as_str().filter(|value| !verbatim.contains(&Part::Icon) && !parts.is_in_page(value))?;
    let (source, _) = local(parts.places, value).filter(|(_, folder)| !folder)?;
    let lands = source.rsplit('/').next().unwrap_or(source);
    Some(if lands == value { json!(source) } else { json!({ "source": source, "path": value }) })
}

fn with_source(parts: &Parts<'_>, mut ui: Map<String, Value>) -> Value {
    let root = ui.get("root").and_then(Value::as_str).unwrap_or_default();
    if let Some((source, true)) = local(parts.places, root) {
        let source = json!(source);
        ui.insert("source".to_owned(), source);
    } else if let Some(Page { dir, source, run, .. }) = parts.page {
        ui.insert("source".to_owned(), json!(source));
        ui.insert("build".to_owned(), json!({ "dir": dir, "run": run }));
    }
    Value::Object(ui)
}

/// The compose file's key needs a file too. A base would make `image` appear where there is neither `image` nor
/// `composefile`.
fn machine(parts: &Parts<'_>, mut vm: Map<String, Value>, verbatim: &BTreeSet<Part>) -> Value {
    if let Some(Value::String(value)) = vm.get("composefile").cloned() {
        match local(parts.places, &value).filter(|(_, folder)| !folder && !parts.is_in_page(&value)) {
            Some((source, _)) if source == value.trim_start_matches('/') => {}
            Some((source, _)) => {
                vm.insert("composefile".to_owned(), json!({ "source": source, "path": value }));
            }
            None => {
                vm.remove("composefile");
                let extra = vm.entry("extra").or_insert_with(|| json!({}));
                extra["composefile"] = json!(value);
            }
        }
    }
    let runs = vm.contains_key("image") || vm.contains_key("composefile");
    let backend = cargo::backend(parts).filter(|_| runs && !verbatim.contains(&Part::Backend));
    vm.extend(backend.into_iter().flatten());
    if let Some(base) = parts.base.filter(|_| runs && !verbatim.contains(&Part::Base)) {
        vm.insert("base".to_owned(), json!(base));
    }
    Value::Object(vm)
}

/// Files that no other key of the table brings.
fn files(parts: &Parts<'_>, table: &Map<String, Value>, verbatim: &BTreeSet<Part>) -> Vec<Value> {
    let has = |key: &str, below: &str| table.get(key).is_some_and(|part| part.get(below).is_some());
    let mut files: Vec<(ImagePath, &str, bool)> = Vec::new();
    let mut named = named(parts.metadata);
    // Folders before what lies in them.
    named.sort_by_key(|(_, _, path)| path.len());
    for (role, _, value) in named {
        let brought = match role {
            Role::Icon => table.contains_key("icon"),
            Role::Ui => has("ui", "source"),
            Role::Compose => has("vm", "composefile"),
            Role::Host(group, _) => {
                let keys = table.get("host").and_then(|host| host.get(group));
                keys.is_some_and(|keys| keys.get("file").or(keys.get("bin")).is_some())
            }
        };
        let (Some((source, _)), Ok(path)) = (local(parts.places, value), ImagePath::new(value)) else { continue };
        let covered = files.iter().any(|(folder, from, _)| {
            path.starts_with(folder) && source == format!("{from}{}", &path.as_str()[folder.as_str().len()..])
        });
        if !brought && !covered && !parts.is_in_page(value) && !verbatim.contains(&Part::File(path.to_string())) {
            files.push((path, source, matches!(role, Role::Host(..))));
        }
    }
    let file = |(path, source, program): (ImagePath, &str, bool)| match program {
        // The host runs it, so it is executable whatever its content looks like.
        true => json!({ "source": source, "path": path, "mode": "executable" }),
        false => json!({ "source": source, "path": path }),
    };
    let further = parts.further.iter().filter(|(path, _)| !verbatim.contains(&Part::File(path.to_string())));
    let further = further.map(|(path, source)| (path.clone(), source.as_str(), false));
    files.into_iter().chain(further).map(file).collect()
}

/// The part that a mistake is about; `at` is its key below the table.
pub(super) fn part_of(at: &KeyPath, table: &Map<String, Value>) -> Option<Part> {
    let keys: Vec<&str> =
        at.0.iter().map_while(|step| if let Step::Key(key) = step { Some(&**key) } else { None }).collect();
    Some(match (keys.as_slice(), at.0.get(1), at.0.get(2)) {
        (["icon", ..], ..) => Part::Icon,
        (["ui", "backend-socket"], ..) => Part::TabSocket,
        (["ui", ..], ..) => Part::Ui,
        (["vm", "image"], ..) => Part::VmImage,
        (["vm", "composefile", ..], ..) => Part::Composefile,
        (["vm", "socket"], ..) => Part::VmSocket,
        (["vm", "base", ..], ..) => Part::Base,
        (["vm", "bin" | "path" | "args" | "package", ..], ..) => Part::Backend,
        (["vm", ..], ..) => Part::Vm,
        (["host"], Some(Step::Index(group)), Some(Step::Key(os))) if os.parse::<Os>().is_ok() => {
            Part::Listed(*group, os.parse().ok()?)
        }
        (["host"], Some(Step::Index(group)), _) => Part::Group(*group),
        (["host", ..], ..) => Part::Host,
        (["marketplace", key, ..], ..) => Part::Market((*key).to_owned()),
        (["labels", label], ..) => Part::Label((*label).to_owned()),
        (["files"], Some(Step::Index(index)), _) => {
            Part::File(table.get("files")?.get(index)?.get("path")?.as_str()?.to_owned())
        }
        ([word], None, _) if ["title", "vendor", "description", "api-version"].contains(word) => {
            Part::Word((*word).to_owned())
        }
        _ => return None,
    })
}
