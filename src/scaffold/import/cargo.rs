//! Programs of the image that a binary of the workspace has the name of: Cargo builds them from now on. What lies in
//! the source as a file stays a file.

use serde_json::{Map, Value, json};

use super::Provenance;
use super::draft::Parts;
use super::place::{as_binary, of_group};
use crate::domain::ImagePath;
use crate::manifest::extension::Origin;

/// Whether the table can name a binary without its package: its own package has it, or no two others.
fn is_known(origin: &Origin, name: &str) -> bool {
    let mut packages = origin.bins.iter().filter(|bin| bin.name.as_str() == name).map(|bin| Some(&*bin.package));
    let own = packages.clone().any(|package| package == origin.package.as_deref());
    own || packages.next().is_some() && packages.next().is_none()
}

/// Whether something makes the file, so that the source does not have it.
fn is_made(parts: &Parts<'_>, path: &ImagePath) -> bool {
    matches!(parts.places.get(path), Some(Provenance::Made { .. }))
}

/// The keys of `vm` for the backend, if Cargo builds it.
pub(super) fn backend(parts: &Parts<'_>) -> Option<Map<String, Value>> {
    let (path, args) = parts.start.program()?;
    let name = path.file_name();
    if !is_known(parts.origin, name) || !is_made(parts, &path) {
        return None;
    }
    let mut keys = Map::new();
    keys.insert("bin".to_owned(), json!(name));
    if path.relative() != name {
        keys.insert("path".to_owned(), json!(path));
    }
    if !args.is_empty() {
        keys.insert("args".to_owned(), json!(args));
    }
    Some(keys)
}

/// A group of `host` whose files are one program on each system, if Cargo builds it.
pub(super) fn group(parts: &Parts<'_>, index: usize) -> Option<Map<String, Value>> {
    let binary = as_binary(parts.metadata, index)?;
    let made = |value: &str| ImagePath::new(value).is_ok_and(|path| is_made(parts, &path));
    let all_made = of_group(parts.metadata, index).all(|(_, path)| made(path));
    (all_made && is_known(parts.origin, &binary.name)).then(|| binary.keys())
}

/// What Cargo builds, in words: the binary and the paths of metadata.json.
pub(super) fn told(parts: &Parts<'_>, table: &Map<String, Value>) -> Vec<String> {
    let bin = |keys: &Value| keys.get("bin").and_then(Value::as_str).map(str::to_owned);
    let backend = table.get("vm").and_then(bin).zip(parts.start.program());
    let backend = backend.map(|(bin, (path, _))| format!("the Cargo binary `{bin}` as the backend `{path}`"));
    let groups = table.get("host").and_then(Value::as_array).into_iter().flatten().enumerate();
    let groups = groups.filter_map(|(index, keys)| {
        let bin = bin(keys)?;
        let paths: Vec<String> = of_group(parts.metadata, index).map(|(_, path)| format!("`{path}`")).collect();
        Some(format!("the Cargo binary `{bin}` as {}", paths.join(", ")))
    });
    backend.into_iter().chain(groups).collect()
}
