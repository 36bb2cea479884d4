//! Mistakes of the source that Docker, its validator or the Marketplace would refuse. They are told and carried over
//! as they are; the numbers are those of the rules of `cargo dext validate`.

use std::collections::{BTreeMap, BTreeSet};

use semver::VersionReq;
use serde_json::{Map, Value};

use super::place::{Role, named};
use super::{Fault, Imported, Provenance};
use crate::domain::{ImagePath, Os, is_picture};
use crate::manifest::extension::{Link, Screenshot};
use crate::validate::rules::{SLUGS, required_labels};

/// The mistakes that can be seen in metadata.json, the labels, and the places of files.
#[must_use]
pub fn find(imported: &Imported) -> Vec<Fault> {
    let mut faults = Faults(imported.faults.clone());
    let metadata = &imported.metadata.value;
    for key in &imported.metadata.repeated {
        faults.add("E01", format!("metadata.json has the key `{key}` twice; the last one counts"));
    }
    root(metadata, &mut faults);
    tab(metadata, &mut faults);
    vm(metadata, &mut faults);
    host(metadata, &mut faults);
    files(imported, &mut faults);
    if let Some(labels) = &imported.labels {
        self::labels(labels, &mut faults);
    }
    faults.0.sort_by_key(|fault| number(fault.rule));
    faults.0
}

/// Rules in the order of their numbers; what has none comes last.
fn number(rule: &str) -> u32 {
    rule.get(1..).and_then(|digits| digits.parse().ok()).unwrap_or(u32::MAX)
}

struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, rule: &'static str, what: impl Into<String>) {
        self.0.push(Fault { rule, what: what.into(), help: None });
    }
}

fn root(metadata: &Value, faults: &mut Faults) {
    for key in metadata.as_object().into_iter().flat_map(Map::keys) {
        if !["icon", "ui", "vm", "host"].contains(&key.as_str()) {
            faults.add("E02", format!("metadata.json has the key `{key}`, which Docker's validator refuses"));
        }
    }
    match metadata.get("icon") {
        None => faults.add("E03", "metadata.json has no `icon`"),
        Some(Value::String(icon)) if !is_picture(icon) => {
            faults.add("E03", format!("the icon `{icon}` is no .svg, .png or .jpg file"));
        }
        Some(Value::String(_)) => {}
        Some(_) => faults.add("E03", "`icon` is no text"),
    }
}

fn tab(metadata: &Value, faults: &mut Faults) {
    let Some(ui) = metadata.get("ui") else { return };
    let Some(tab) = ui.get("dashboard-tab") else {
        return faults.add("E05", "`ui` has no `dashboard-tab`");
    };
    for key in ["title", "root", "src"] {
        if tab.get(key).and_then(Value::as_str).is_none_or(str::is_empty) {
            faults.add("E05", format!("`ui.dashboard-tab` has no `{key}`"));
        }
    }
}

fn vm(metadata: &Value, faults: &mut Faults) {
    let Some(vm) = metadata.get("vm") else { return };
    match (vm.get("image").is_some(), vm.get("composefile").is_some()) {
        (false, false) => faults.add("E06", "`vm` has neither `image` nor `composefile`"),
        (true, true) => faults.add("E06", "`vm` has both `image` and `composefile`; Docker's manual knows one"),
        _ => {}
    }
    let tab = metadata.pointer("/ui/dashboard-tab/backend/socket").and_then(Value::as_str);
    match (vm.pointer("/exposes/socket"), tab) {
        (Some(Value::String(socket)), _) if socket.contains('/') || socket.is_empty() => {
            faults.add("E08", format!("the socket `{socket}` is no bare file name"));
        }
        (Some(Value::String(socket)), Some(tab)) if socket != tab => {
            faults.add("E08", format!("the tab's socket `{tab}` is not the backend's, `{socket}`"));
        }
        (Some(Value::String(_)) | None, _) => {}
        (Some(_), _) => faults.add("E08", "`vm.exposes.socket` is no text"),
    }
}

fn host(metadata: &Value, faults: &mut Faults) {
    let Some(host) = metadata.get("host") else { return };
    let Some(groups) = host.get("binaries").and_then(Value::as_array) else {
        return faults.add("E09", "`host` has no list `binaries`");
    };
    for (index, group) in groups.iter().enumerate() {
        let Some(group) = group.as_object() else {
            faults.add("E09", format!("`host.binaries[{index}]` is no object"));
            continue;
        };
        for (key, files) in group {
            let sound = |entry: &Value| {
                entry
                    .as_object()
                    .is_some_and(|entry| entry.len() == 1 && entry.get("path").is_some_and(Value::is_string))
            };
            if key.parse::<Os>().is_err() {
                faults
                    .add("E09", format!("`host.binaries[{index}]` has the key `{key}`, which is no operating system"));
            } else if !files.as_array().is_some_and(|files| files.iter().all(sound)) {
                faults.add("E09", format!("`host.binaries[{index}].{key}` is no list of `{{ \"path\": … }}`"));
            }
        }
    }
    names(metadata, faults);
}

/// Docker Desktop copies all host files of a system into one folder.
fn names(metadata: &Value, faults: &mut Faults) {
    let mut seen: BTreeMap<(Os, String), &str> = BTreeMap::new();
    for (role, _, path) in named(metadata) {
        let Role::Host(_, os) = role else { continue };
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if let Some(first) = seen.insert((os, name.to_lowercase()), path) {
            faults.add("E11", format!("on {os}, `{first}` and `{path}` both become `host/{name}`"));
        }
    }
}

/// Files that metadata.json names and nothing brings.
fn files(imported: &Imported, faults: &mut Faults) {
    let mut told = BTreeSet::new();
    for (role, key, value) in named(&imported.metadata.value) {
        let rule = match role {
            Role::Icon => "E03",
            Role::Ui => "E05",
            Role::Compose => "E07",
            Role::Host(..) => "E10",
        };
        match ImagePath::new(value) {
            Err(error) => faults.add(rule, format!("{key}: {error}")),
            Ok(path) => {
                if let (Some(Provenance::Nowhere { how }), true) =
                    (imported.places.get(&path), told.insert(path.clone()))
                {
                    faults.add(rule, format!("{key}, `{value}`: {how}"));
                }
            }
        }
    }
}

fn labels(labels: &BTreeMap<String, String>, faults: &mut Faults) {
    for name in required_labels() {
        match labels.get(name).map(|value| value.trim()) {
            None => faults.add("E20", format!("the label {name} is missing")),
            Some("") if faults.0.iter().any(|fault| fault.rule == "E20" && fault.what.starts_with(name)) => {}
            Some("") => faults.add("E20", format!("the label {name} is empty")),
            Some(_) => {}
        }
    }
    let filled = |name: &str| labels.get(name).map(String::as_str).filter(|value| !value.trim().is_empty());
    if let Some(version) = filled("com.docker.desktop.extension.api.version") {
        api_version(version, faults);
    }
    if let Some(text) = filled("com.docker.extension.screenshots")
        && serde_json::from_str::<Vec<Screenshot>>(text).map_or(true, |list| list.is_empty())
    {
        faults.add("E24", "the label com.docker.extension.screenshots is no JSON list of { alt, url }");
    }
    if let Some(text) = filled("com.docker.extension.additional-urls")
        && serde_json::from_str::<Vec<Link>>(text).is_err()
    {
        faults.add("E25", "the label com.docker.extension.additional-urls is no JSON list of { title, url }");
    }
    if let Some(icon) = filled("com.docker.desktop.extension.icon")
        && !(is_link(icon) && is_picture(icon.split(['?', '#']).next().unwrap_or_default()))
    {
        faults.add("E26", format!("the icon's label is no link to an .svg, .png or .jpg file: {icon:?}"));
    }
    if let Some(link) = filled("com.docker.extension.publisher-url").filter(|link| !is_link(link)) {
        faults.add("E27", format!("the publisher's label is no web address: {link:?}"));
    }
    if let Some(text) = filled("com.docker.extension.categories") {
        let unknown: Vec<&str> = text.split(',').filter(|slug| !SLUGS.contains(slug)).collect();
        if !unknown.is_empty() {
            faults.add("W28", format!("categories that the Marketplace does not have: {unknown:?}"));
        }
    }
    if let Some(text) = filled("com.docker.extension.account-info").filter(|text| *text != "required") {
        faults.add(
            "W29",
            format!("the label com.docker.extension.account-info is neither `required` nor empty: {text:?}"),
        );
    }
    if filled("org.opencontainers.image.title").is_some_and(|title| title.to_lowercase().contains("extension")) {
        faults.add("W30", "the title has the word `extension`");
    }
    if filled("org.opencontainers.image.vendor").is_some_and(|vendor| vendor.trim().eq_ignore_ascii_case("Docker Inc."))
    {
        faults.add("W31", "the vendor is the template's, `Docker Inc.`");
    }
}

fn is_link(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme))
}

fn api_version(text: &str, faults: &mut Faults) {
    if VersionReq::parse(text).is_err() {
        faults.add("E21", format!("the API version is no version constraint: {text:?}"));
    } else if text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains(',') {
        faults.add("W22", format!("the API version `{text}` is met by this version alone; `>= {text}` is meant"));
    }
}
