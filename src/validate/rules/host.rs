//! Rules about `host.binaries` as it is written: its shape, its names, its systems.

use std::collections::BTreeMap;

use serde_json::Value;

use super::metadata::{no_text, noun, unknown_keys};
use crate::domain::Os;
use crate::validate::findings::{Findings, Place};
use crate::validate::metadata::MAX_HOST_PATHS;
use crate::validate::rule::{Level, Needs, Rule};
use crate::validate::view::{PlatformView, View};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "E09",
        level: Level::Error,
        private: Some(Level::Error),
        title: "host.binaries is a list of {darwin|windows|linux: [{path}]}",
        why: "This is the only shape that Docker Desktop reads; what is written otherwise is refused or not installed.",
        fix: "write `[{\"darwin\": [{\"path\": \"/darwin/tool\"}], \"windows\": [{\"path\": \"/windows/tool.exe\"}], \
              \"linux\": [{\"path\": \"/linux/tool\"}]}]`",
        key: Some("host"),
        needs: Needs::Metadata,
        source: "Docker's manual, extensions-sdk/guides/invoke-host-binaries.md; survey of 46 extensions",
        check: shape_is_known,
    },
    Rule {
        id: "E11",
        level: Level::Error,
        private: Some(Level::Error),
        title: "the host files of one system have different names",
        why: "Docker Desktop copies them all into one folder, <extension>/host/<name>, whatever folders they had in \
              the image: one of two files of the same name is lost. macOS and Windows do not tell capitals apart.",
        fix: "rename one of the files",
        key: Some("host.path"),
        needs: Needs::Metadata,
        source: "lensapp/lens#5565 (docker cp into one folder); that the last one wins is not documented",
        check: names_differ,
    },
    Rule {
        id: "W15",
        level: Level::Warning,
        private: Some(Level::Warning),
        title: "host.binaries has files for darwin, windows and linux",
        why: "On a system without host files every `host.cli.exec` of the UI fails.",
        fix: "add the missing system, or say in the description which systems the extension is for",
        key: Some("host.os"),
        needs: Needs::Metadata,
        source: "docker/extensions-submissions DISTRIBUTION.md",
        check: every_system_has_files,
    },
];

fn shape_is_known(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.documents() {
        let Some(host) = document.at(&["host"]) else { continue };
        let at = |key: &str| Place::key(key).on(platform);
        if !host.is_object() {
            out.error(at("host"), format!("`host` is {}, not an object", noun(host)));
            continue;
        }
        // Rancher Desktop's own keys do no harm elsewhere.
        if let Some(keys) = unknown_keys(host, |key| key == "binaries" || key.starts_with("x-rd-")) {
            out.error(at("host"), format!("`host` has unknown keys: {keys}"));
        }
        match document.at(&["host", "binaries"]) {
            Some(Value::Array(groups)) => {
                for (nth, group) in groups.iter().enumerate() {
                    group_is_known(platform, &format!("host.binaries[{nth}]"), group, out);
                }
            }
            Some(other) => out.error(at("host.binaries"), format!("`host.binaries` is {}, not a list", noun(other))),
            None => out.warning(at("host"), "`host` has no `binaries`"),
        }
        if document.host_paths().len() == MAX_HOST_PATHS {
            let help = "pack them into one program or archive";
            let message = format!("`host.binaries` lists {MAX_HOST_PATHS} files or more; no more are looked at");
            out.warning_help(at("host.binaries"), message, help);
        }
    }
}

fn group_is_known(platform: Option<&PlatformView>, key: &str, group: &Value, out: &mut Findings<'_>) {
    let at = |key: &str| Place::key(key).on(platform);
    let Some(systems) = group.as_object() else {
        return out.error(at(key), format!("`{key}` is {}, not an object", noun(group)));
    };
    if let Some(keys) = unknown_keys(group, |key| key.parse::<Os>().is_ok()) {
        let message = format!("`{key}` has unknown keys: {keys}");
        out.error_help(at(key), message, "the keys are darwin, windows and linux");
    }
    for (os, files) in systems.iter().filter(|(os, _)| os.parse::<Os>().is_ok()) {
        let key = format!("{key}.{os}");
        let Some(files) = files.as_array() else {
            out.error(at(&key), format!("`{key}` is {}, not a list", noun(files)));
            continue;
        };
        for (nth, file) in files.iter().enumerate() {
            file_is_known(platform, &format!("{key}[{nth}]"), file, out);
        }
    }
}

fn file_is_known(platform: Option<&PlatformView>, key: &str, file: &Value, out: &mut Findings<'_>) {
    let at = |key: &str| Place::key(key).on(platform);
    let Some(fields) = file.as_object() else {
        return out.error(at(key), format!("`{key}` is {}, not an object", noun(file)));
    };
    if let Some(keys) = unknown_keys(file, |key| key == "path") {
        out.error_help(at(key), format!("`{key}` has unknown keys: {keys}"), "the only key is `path`");
    }
    match fields.get("path") {
        None => out.error(at(key), format!("`{key}` has no `path`")),
        Some(path) => {
            if let Some(what) = no_text(path) {
                out.error(at(&format!("{key}.path")), format!("`{key}.path` {what}"));
            }
        }
    }
}

fn names_differ(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.documents() {
        let mut names: BTreeMap<(Os, String), &str> = BTreeMap::new();
        for file in document.host_paths() {
            // A folder, as some list them, has no name to be copied under.
            let name = file.path.rsplit('/').next().filter(|name| !name.is_empty());
            let Some(name) = name else { continue };
            let folded = if file.os == Os::Linux { name.to_owned() } else { name.to_lowercase() };
            match names.get(&(file.os, folded.clone())) {
                // The same file listed twice is copied twice.
                Some(first) if *first == file.path => {}
                Some(first) => out.error(
                    Place::key(file.key()).on(platform),
                    format!("`{}` and `{first}` for {} are copied to one place, host/{name}", file.path, file.os),
                ),
                None => {
                    names.insert((file.os, folded), file.path);
                }
            }
        }
    }
}

fn every_system_has_files(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.documents() {
        let files = document.host_paths();
        let missing: Vec<&str> =
            Os::ALL.into_iter().filter(|os| files.iter().all(|file| file.os != *os)).map(Os::as_str).collect();
        if !files.is_empty() && !missing.is_empty() {
            let place = Place::key("host.binaries").on(platform);
            out.warning(place, format!("there are no host files for {}", missing.join(" and ")));
        }
    }
}

#[cfg(test)]
pub(super) mod cases;
