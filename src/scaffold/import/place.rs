//! Where the files come from that metadata.json names.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::{ImagePath, Os};

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
        /// What to write once it exists.
        help: String,
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

/// The paths that metadata.json names, spelled as there, with what they are for and where that is said.
#[must_use]
pub fn named(metadata: &Value) -> Vec<(Role, String, &str)> {
    let text = |pointer: &str| metadata.pointer(pointer).and_then(Value::as_str);
    let single = [
        (Role::Icon, "icon", text("/icon")),
        (Role::Ui, "ui.dashboard-tab.root", text("/ui/dashboard-tab/root")),
        (Role::Compose, "vm.composefile", text("/vm/composefile")),
    ];
    let single = single.into_iter().filter_map(|(role, key, path)| Some((role, key.to_owned(), path?)));
    single.chain(host(metadata)).collect()
}

fn host(metadata: &Value) -> impl Iterator<Item = (Role, String, &str)> {
    let groups = metadata.pointer("/host/binaries").and_then(Value::as_array).into_iter().flatten().enumerate();
    groups.flat_map(|(group, systems)| {
        Os::ALL.into_iter().flat_map(move |os| {
            let entries = systems.get(os.as_str()).and_then(Value::as_array).into_iter().flatten().enumerate();
            entries.filter_map(move |(index, entry)| {
                let path = entry.get("path")?.as_str()?;
                Some((Role::Host(group, os), format!("host.binaries[{group}].{os}[{index}]"), path))
            })
        })
    })
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
