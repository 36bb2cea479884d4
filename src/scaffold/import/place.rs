//! Where the files come from that metadata.json names.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::domain::{ImagePath, Os};
use crate::validate::metadata::MAX_HOST_PATHS;

/// Where a file or folder of the image comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// It lies in the source, at this `/`-separated path.
    Local {
        /// The path below the source's folder.
        path: String,
        /// Whether it is a folder.
        folder: bool,
    },
    /// Something puts it there that no table can say: a build stage, a download, another image.
    Made {
        /// What does, and in which line.
        how: String,
    },
    /// Nothing puts it there.
    Nowhere {
        /// What was looked at.
        how: String,
    },
}

/// What metadata.json takes a path for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// `icon`
    Icon,
    /// `ui.dashboard-tab.root`
    Ui,
    /// `vm.composefile`
    Compose,
    /// A path of `host.binaries`.
    Host(usize, Os),
}

/// The places of an image's files by their paths.
pub type Places = BTreeMap<ImagePath, Provenance>;

/// The paths that metadata.json names, spelled as there, with what they are for and where that is said; of host files
/// at most [`MAX_HOST_PATHS`].
#[must_use]
pub fn named(metadata: &Value) -> Vec<(Role, String, &str)> {
    let text = |pointer: &str| metadata.pointer(pointer).and_then(Value::as_str);
    let single = [
        (Role::Icon, "icon", text("/icon")),
        (Role::Ui, "ui.dashboard-tab.root", text("/ui/dashboard-tab/root")),
        (Role::Compose, "vm.composefile", text("/vm/composefile")),
    ];
    let single = single.into_iter().filter_map(|(role, key, path)| Some((role, key.to_owned(), path?)));
    single.chain(host(metadata).take(MAX_HOST_PATHS)).collect()
}

/// How many host files metadata.json lists beside those that are [`named`].
#[must_use]
pub fn unnamed(metadata: &Value) -> usize {
    host(metadata).skip(MAX_HOST_PATHS).count()
}

/// The host files of one group, spelled as there, with their systems.
pub fn of_group(metadata: &Value, group: usize) -> impl Iterator<Item = (Os, &str)> {
    let systems = metadata.pointer("/host/binaries").and_then(|groups| groups.get(group));
    systems.into_iter().flat_map(|systems| of_systems(systems).map(|(os, _, path)| (os, path)))
}

/// The host files of a group with their systems and places.
fn of_systems(systems: &Value) -> impl Iterator<Item = (Os, usize, &str)> {
    Os::ALL.into_iter().flat_map(move |os| {
        let entries = systems.get(os.as_str()).and_then(Value::as_array).into_iter().flatten().enumerate();
        entries.filter_map(move |(index, entry)| Some((os, index, entry.get("path")?.as_str()?)))
    })
}

fn host(metadata: &Value) -> impl Iterator<Item = (Role, String, &str)> {
    let groups = metadata.pointer("/host/binaries").and_then(Value::as_array).into_iter().flatten().enumerate();
    groups.flat_map(|(group, systems)| {
        let files = of_systems(systems);
        files.map(move |(os, index, path)| {
            (Role::Host(group, os), format!("host.binaries[{group}].{os}[{index}]"), path)
        })
    })
}

/// The file of the source, and whether it is a folder, that lands at a path which metadata.json names.
pub(super) fn local<'a>(places: &'a Places, value: &str) -> Option<(&'a str, bool)> {
    match places.get(&ImagePath::new(value).ok()?)? {
        Provenance::Local { path, folder } => Some((path, *folder)),
        Provenance::Made { .. } | Provenance::Nowhere { .. } => None,
    }
}

/// The paths that metadata.json names, each once. What cannot be a path of an image is left out.
#[must_use]
pub fn wanted(metadata: &Value) -> Vec<ImagePath> {
    let mut paths: Vec<ImagePath> =
        named(metadata).into_iter().filter_map(|(_, _, path)| ImagePath::new(path).ok()).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// The keys that say a group with a Cargo binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// `bin`
    pub name: String,
    /// `path`, where it is not the default.
    path: Option<String>,
    /// `os`, where it is not all systems.
    os: Option<Vec<Os>>,
}

/// A group as one Cargo binary, if its paths are those of one binary on each system.
#[must_use]
pub fn as_binary(metadata: &Value, group: usize) -> Option<Binary> {
    let mut patterns: Vec<(&str, String)> = Vec::new();
    let mut systems = Vec::new();
    for (os, path) in of_group(metadata, group) {
        let (folder, file) = path.rsplit_once('/')?;
        patterns.push((file.strip_suffix(os.exe_suffix())?, folder.replace(os.as_str(), "{os}")));
        systems.push(os);
    }
    let all = systems.len();
    systems.dedup();
    patterns.dedup();
    let [(name, folder)] = patterns.as_slice() else { return None };
    // Without its system in it, a path would be that of two programs.
    if all > 1 && !folder.contains("{os}") || all != systems.len() || name.is_empty() {
        return None;
    }
    let path = (folder != "/{os}").then(|| format!("{folder}/{{bin}}{{exe}}"));
    Some(Binary { name: (*name).to_owned(), path, os: (all < Os::ALL.len()).then_some(systems) })
}

impl Binary {
    /// The keys of the table.
    #[must_use]
    pub fn keys(&self) -> Map<String, Value> {
        let path = self.path.as_ref().map(|path| json!(path));
        let os = self.os.as_ref().map(|os| os.iter().map(|os| os.as_str()).collect());
        let keys = [("bin", Some(json!(self.name))), ("path", path), ("os", os)];
        keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`bin = \"{}\"`", self.name)?;
        if let Some(path) = &self.path {
            write!(f, ", `path = \"{path}\"`")?;
        }
        if let Some(os) = &self.os {
            let os: Vec<String> = os.iter().map(|os| format!("\"{os}\"")).collect();
            write!(f, ", `os = [{}]`", os.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_binary_on_each_system_is_seen() {
        let p = |path: &str| json!([{ "path": path }]);
        for (group, expected) in [
            (
                json!({ "darwin": p("/darwin/t"), "windows": p("/windows/t.exe"), "linux": p("/linux/t") }),
                Some("`bin = \"t\"`"),
            ),
            (
                json!({ "darwin": p("/host/darwin/t"), "linux": p("/host/linux/t") }),
                Some("`bin = \"t\"`, `path = \"/host/{os}/{bin}{exe}\"`, `os = [\"darwin\", \"linux\"]`"),
            ),
            (json!({ "darwin": p("/bin/t"), "windows": p("/bin/t.exe"), "linux": p("/bin/t") }), None),
            (json!({ "windows": p("/windows/t.cmd") }), None),
            (json!({ "linux": p("/linux/t"), "darwin": p("/darwin/u") }), None),
            (json!({ "linux": [{ "path": "/linux/t" }, { "path": "/linux/t" }] }), None),
            (json!({ "linux": p("t") }), None),
            (json!({}), None),
        ] {
            let metadata = json!({ "host": { "binaries": [group] } });
            assert_eq!(as_binary(&metadata, 0).map(|binary| binary.to_string()).as_deref(), expected, "{metadata}");
        }
    }
}
