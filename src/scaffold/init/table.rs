//! The table, from what is wanted and what is found.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Build, Found, Page, Wanted};
use crate::manifest::extension::WorkspaceBin;
use crate::scaffold::ProjectName;
use crate::scaffold::project::VENDOR;

/// Where the icon is written if there is none.
pub(super) const ICON: &str = "assets/icon.svg";

/// Where Docker Desktop puts sockets.
///
/// Source: Docker's manual, `extensions-sdk/build/backend-extension-tutorial.md`.
const SOCKETS: &str = "/run/guest-services";

/// What people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Texts {
    pub title: String,
    pub vendor: String,
    pub description: String,
}

/// The texts, and notes on those that nobody said.
pub(super) fn texts(found: &Found, wanted: &Wanted, notes: &mut Vec<String>) -> Texts {
    let said = |text: &Option<String>| text.as_ref().map(|text| text.trim().to_owned());
    let title = said(&wanted.title).unwrap_or_else(|| found.title());
    let vendor = said(&wanted.vendor).or_else(|| found.author.clone()).unwrap_or_else(|| {
        notes.push(format!("the vendor is `{VENDOR}`: change it in Cargo.toml, or pass --vendor"));
        VENDOR.to_owned()
    });
    let description = said(&wanted.description).or_else(|| found.description()).unwrap_or_else(|| {
        let description = found.stand_in_description(Some(&title));
        notes.push(format!("the description is `{description}`: change it in Cargo.toml, or pass --description"));
        description
    });
    Texts { title, vendor, description }
}

/// The table, and notes on what it cannot know.
pub(super) fn table(found: &Found, wanted: &Wanted, texts: &Texts, notes: &mut Vec<String>) -> Map<String, Value> {
    let facts = &found.target.facts;
    let mut table = Map::new();
    let mut put = |key: &str, value: Value| drop(table.insert(key.to_owned(), value));
    if found.target.origin.package.is_none() {
        // The folder's name is another on each machine.
        put("name", name(found, wanted).into());
        if let Some(version) = version(found, wanted, notes) {
            put("version", version.into());
        }
    }
    put("title", texts.title.as_str().into());
    put("vendor", texts.vendor.as_str().into());
    if wanted.description.is_some() || facts.description.as_deref().is_none_or(|text| text.trim().is_empty()) {
        put("description", texts.description.as_str().into());
    }
    put("icon", found.icon.unwrap_or(ICON).into());
    match &wanted.image {
        Some(image) => put("image", image.as_str().into()),
        None => notes.push("no image is named yet: add `image = \"…\"` to the table before you publish".to_owned()),
    }
    if let Some(ui) = ui(&wanted.page) {
        put("ui", ui);
    }
    if let Some(backend) = &wanted.backend {
        put("vm", vm(found, backend, wanted.socket.as_deref(), notes));
    }
    if !wanted.host.is_empty() {
        put("host", wanted.host.iter().map(|tool| Value::Object(bin(found, tool))).collect());
    }
    let bins = wanted.backend.iter().chain(&wanted.host);
    let features: BTreeSet<&String> = bins.flat_map(|bin| &bin.required_features).collect();
    if !features.is_empty() {
        put("build", json!({ "features": features }));
    }
    table
}

/// The name of a workspace's extension: the folder's, as far as it is a good one.
fn name(found: &Found, wanted: &Wanted) -> String {
    let bin = wanted.backend.iter().chain(&wanted.host).next().map(|bin| bin.name.to_string());
    let near = ProjectName::near(&found.target.facts.name).map(|name| name.to_string());
    near.or(bin).unwrap_or_else(|| "extension".to_owned())
}

/// The version, if neither the workspace nor the packages that are named say one.
fn version(found: &Found, wanted: &Wanted, notes: &mut Vec<String>) -> Option<String> {
    let facts = &found.target.facts;
    let bins = wanted.backend.iter().chain(&wanted.host);
    let versions: BTreeSet<_> = bins.filter_map(|bin| facts.members.get(&bin.package)).collect();
    if facts.version.is_some() || versions.len() == 1 {
        return None;
    }
    let version = versions.last().map_or_else(|| "0.1.0".to_owned(), ToString::to_string);
    notes.push(format!("the version is `{version}`, because the packages do not agree on one: it is the image's tag"));
    Some(version)
}

fn ui(page: &Page) -> Option<Value> {
    match page {
        Page::None => None,
        Page::Written | Page::There => Some(json!({ "source": super::page::FOLDER })),
        Page::Folder { source, build: None } => Some(json!({ "source": source })),
        Page::Folder { source, build: Some(Build { dir, run }) } => {
            Some(json!({ "source": source, "build": { "dir": dir, "run": run } }))
        }
    }
}

fn vm(found: &Found, backend: &WorkspaceBin, socket: Option<&str>, notes: &mut Vec<String>) -> Value {
    let mut vm = bin(found, backend);
    match socket {
        Some(socket) => {
            notes.push(format!(
                "the backend is started without arguments, and must listen on `{SOCKETS}/{socket}`: if it has to be \
                 told, add `args` to the table"
            ));
            vm.insert("socket".to_owned(), socket.into());
        }
        None => notes.push(format!(
            "the page cannot call the backend: once it listens on a socket in `{SOCKETS}`, add `socket = \"…\"` to the \
             table, and `args` if it has to be told"
        )),
    }
    Value::Object(vm)
}

/// The keys that name a binary.
fn bin(found: &Found, bin: &WorkspaceBin) -> Map<String, Value> {
    let mut keys = Map::from_iter([("bin".to_owned(), Value::from(bin.name.as_str()))]);
    if found.bins.needs_package(bin) {
        keys.insert("package".to_owned(), bin.package.as_str().into());
    }
    keys
}
