//! The table as written to the extension as meant: checks, defaults, absolute paths.
//!
//! Everything is pure but the texts that stand in files of their own, which come through a function that the
//! caller gives. Whether icons, folders and other files exist is the plan's to find out.

mod backend;
#[cfg(test)]
mod bad_tables;
mod download;
mod host;
mod judging;
mod market;
mod places;
mod settings;
mod spread;
mod template;
mod ui;
mod words;

pub use host::packages;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use semver::{Version, VersionReq};

use super::de;
use super::extension::{Extension, ExtraFile, Origin};
use super::mistake::{KeyPath, Mistake, Site};
use super::raw::{RawExtension, RawFile};
use crate::domain::{FileMode, FileName, ImageName, reference};
use crate::sys;

/// The API version that everything of today's SDK works with.
///
/// Source: `@since` in `@docker/extension-api-client-types`; Docker Desktop 4.18 and later have it.
const API_VERSION: &str = ">= 0.3.4";

/// Reads a text file that the table names.
pub type ReadText<'a> = &'a dyn Fn(&Path) -> Result<String, sys::fs::Error>;

/// What a table does not say itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The package's name, or the workspace folder's.
    pub name: String,
    /// The package's version, or the one of `[workspace.package]`.
    pub version: Option<Version>,
    /// The package's description, or the one of `[workspace.package]`.
    pub description: Option<String>,
    /// The version of each member.
    pub members: BTreeMap<String, Version>,
}

/// Turns a table into an extension.
///
/// # Errors
/// Everything that is wrong in the table.
pub fn convert(
    table: serde_json::Value,
    origin: &Origin,
    facts: &Facts,
    read: ReadText<'_>,
) -> Result<Extension, Vec<Mistake>> {
    let root = KeyPath::dotted(origin.key);
    let reading = de::read::<RawExtension>(table, &root);
    let found = RefCell::new(Vec::new());
    let extension = reading.value.and_then(|raw| extension(&Site::new(root, &found), raw, origin, facts, read));
    let mut mistakes = reading.mistakes;
    // What is missing only because it could not be read has been said already.
    let told = |mistake: &Mistake| {
        reading.struck.iter().any(|key| mistake.path.starts_with(key) || key.starts_with(&mistake.path))
    };
    mistakes.extend(found.into_inner().into_iter().filter(|mistake| !told(mistake)));
    match extension {
        Some(extension) if mistakes.is_empty() => Ok(extension),
        _ => Err(mistakes.into_iter().map(printable).collect()),
    }
}

/// What a manifest quotes must not steer the terminal.
fn printable(mistake: Mistake) -> Mistake {
    let escape = |text: String| match text.chars().any(char::is_control) {
        true => text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.into() }).collect(),
        false => text,
    };
    Mistake { what: escape(mistake.what), help: mistake.help.map(escape), ..mistake }
}

fn extension(
    site: &Site<'_>,
    raw: RawExtension,
    origin: &Origin,
    facts: &Facts,
    read: ReadText<'_>,
) -> Option<Extension> {
    let title = words::required(&site.key("title"), raw.title, "title = \"…\"");
    let vendor = words::required(&site.key("vendor"), raw.vendor, "vendor = \"…\"");
    let description = description(&site.key("description"), raw.description, facts);
    let icon = raw.icon.map(|icon| ui::icon(&site.key("icon"), origin, icon));
    let image = raw.image.map(|image| site.key("image").take(ImageName::new(&image)));
    let api_version = api_version(&site.key("api-version"), raw.api_version);
    let tab_title = title.clone().unwrap_or_default();
    let ui = raw.ui.map(|ui| ui::ui(&site.key("ui"), origin, ui, &tab_title));
    let vm = raw.vm.map(|vm| backend::vm(&site.key("vm"), origin, vm));
    let host = raw.host.map(|host| host::groups(&site.key("host"), origin, host));
    let files = files(&site.key("files"), origin, raw.files.unwrap_or_default());
    let marketplace = market::marketplace(&site.key("marketplace"), origin, raw.marketplace.unwrap_or_default(), read);
    let labels = market::labels(&site.key("labels"), raw.labels.unwrap_or_default(), marketplace.as_ref());
    let build = settings::build(&site.key("build"), raw.build.unwrap_or_default());
    let validate = judging::judging(&site.key("validate"), raw.validate.unwrap_or_default());
    let name = name(&site.key("name"), raw.name, origin, facts);
    let packages = packages(vm.as_ref().and_then(Option::as_ref), host.as_ref().and_then(Option::as_ref));
    let version = version(&site.key("version"), raw.version, origin, facts, &packages);
    let extension = Extension {
        origin: origin.clone(),
        name: name?,
        version: version?,
        title: title?,
        vendor: vendor?,
        description: description?,
        icon: all(icon)?,
        image: all(image)?,
        api_version: api_version?,
        ui: all(ui)?,
        vm: all(vm)?,
        host: all(host)?,
        files: files?,
        labels: labels?,
        marketplace: marketplace?,
        build: build?,
        validate: validate?,
        extra: raw.extra,
    };
    some_part(site, &extension);
    one_socket(&site.key("ui").key("backend-socket"), &extension);
    places::check(site, &extension);
    Some(extension)
}

/// A part that is absent is fine; one that was wrong is not.
fn all<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    part.map_or(Some(None), |part| part.map(Some))
}

/// An extension has at least one of the three parts.
///
/// Source: Docker's manual, `extensions-sdk/architecture/_index.md`.
fn some_part(site: &Site<'_>, extension: &Extension) {
    let written = extension.ui.is_some() || extension.vm.is_some() || extension.host.is_some();
    if !written && !["ui", "vm", "host"].iter().any(|part| extension.extra.contains_key(*part)) {
        site.wrong_help::<()>("the extension has neither `ui` nor `vm` nor `host`", "add one of them");
    }
}

/// The tab's older spelling of the backend's socket names the same socket: no extension has two, and Docker's
/// manual knows one.
fn one_socket(site: &Site<'_>, extension: &Extension) {
    let tab = extension.ui.as_ref().and_then(|ui| ui.backend_socket.as_deref());
    let vm = extension.vm.as_ref().and_then(|vm| vm.socket.as_ref()).map(FileName::as_str);
    if let (Some(tab), Some(vm)) = (tab, vm)
        && tab != vm
    {
        site.wrong_help::<()>(
            format_args!("the tab's socket `{tab}` is not the backend's, `{vm}`"),
            "leave `backend-socket` out; `vm.socket` is enough",
        );
    }
}

fn description(site: &Site<'_>, written: Option<String>, facts: &Facts) -> Option<String> {
    match (written, &facts.description) {
        (Some(text), _) => words::line(site, text),
        // Cargo lets a package's description run over several lines; a label shows it on one.
        (None, Some(text)) if !text.trim().is_empty() => Some(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        (None, _) => site.wrong_help("`description` is missing", "add `description = \"…\"` here or to the package"),
    }
}

fn api_version(site: &Site<'_>, written: Option<String>) -> Option<String> {
    let Some(text) = written else { return Some(API_VERSION.to_owned()) };
    match VersionReq::parse(&text) {
        Ok(_) => Some(text),
        Err(error) => site.wrong_help(
            format_args!("`{text}` is no version constraint: {error}"),
            format_args!("write one such as `{API_VERSION}` or `>= 0.3.4, < 1.0.0`"),
        ),
    }
}

fn name(site: &Site<'_>, written: Option<String>, origin: &Origin, facts: &Facts) -> Option<String> {
    if let (Some(_), Some(package)) = (&written, &origin.package) {
        return site.wrong_help(
            format_args!("the name is the package's, `{package}`"),
            "leave `name` out; only `[workspace.metadata.extension]` has it",
        );
    }
    let name = written.unwrap_or_else(|| facts.name.clone());
    // The name becomes a folder of the target folder.
    match FileName::new(&name) {
        Ok(_) => Some(name),
        Err(error) => site.wrong_help(error, "set `name`"),
    }
}

/// The version is the image's tag. A workspace's table may say it; otherwise it is the one of
/// `[workspace.package]`, otherwise the one version of all packages whose binaries the table names.
fn version(
    site: &Site<'_>,
    written: Option<String>,
    origin: &Origin,
    facts: &Facts,
    packages: &BTreeSet<&str>,
) -> Option<Version> {
    let version = match (written, &origin.package, &facts.version) {
        (Some(_), Some(package), _) => {
            return site.wrong_help(
                format_args!("the version is that of the package `{package}`"),
                "leave `version` out; only `[workspace.metadata.extension]` has it",
            );
        }
        (Some(text), None, _) => match Version::parse(&text) {
            Ok(version) => version,
            Err(error) => return site.wrong(format_args!("`{text}` is no semantic version: {error}")),
        },
        (None, _, Some(version)) => version.clone(),
        (None, _, None) => {
            let versions: BTreeSet<&Version> = packages.iter().filter_map(|name| facts.members.get(*name)).collect();
            match versions.first() {
                Some(version) if versions.len() == 1 => (*version).clone(),
                _ => {
                    return site.wrong_help(
                        "the version, which is the image's tag, is not known",
                        "add `version = \"…\"` here or to `[workspace.package]`",
                    );
                }
            }
        }
    };
    // A tag has no `+`.
    if reference::is_tag(&version.to_string()) {
        return Some(version);
    }
    let place = if origin.package.is_some() { "package.version" } else { "workspace.package.version" };
    site.at(KeyPath::dotted(place)).wrong_help(
        format_args!("the version `{version}` cannot be the tag of an image"),
        "a tag is at most 128 letters, digits, `_`, `.` and `-`; leave out what follows the `+`",
    )
}

fn files(site: &Site<'_>, origin: &Origin, raw: Vec<RawFile>) -> Option<Vec<ExtraFile>> {
    let file = |(index, raw): (usize, RawFile)| {
        let site = site.index(index);
        let source = words::source(&site.key("source"), origin, &raw.source);
        let path = words::image_path(&site.key("path"), &raw.path);
        let mode = raw.mode.map(|mode| match mode.as_str() {
            "0755" | "755" | "executable" => Some(FileMode::Executable),
            "0644" | "644" | "file" => Some(FileMode::File),
            other => site.key("mode").wrong_help(
                format_args!("`{other}` is no mode"),
                "write `executable` (0755) or `file` (0644); without `mode`, a script or program is executable",
            ),
        });
        Some(ExtraFile { source: source?, path: path?, mode: all(mode)? })
    };
    every(raw.into_iter().enumerate().map(file))
}

/// All values, after every one has been looked at.
fn every<T>(values: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let values: Vec<Option<T>> = values.collect();
    values.into_iter().collect()
}

#[cfg(test)]
mod tests;
