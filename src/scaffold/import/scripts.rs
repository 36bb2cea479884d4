//! Host files that lie in the source: a group says them with `file` and one pattern for their paths, if one fits all.

use serde_json::{Map, Value, json};

use super::draft::Parts;
use super::place::local;
use crate::domain::Os;

/// The pattern of a group without `path`.
const DEFAULT: &str = "/{os}/{file}";

/// A group of lists as a group of files, if every path is that of a file of the source under its own name.
pub(super) fn of_lists(parts: &Parts<'_>, group: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut pattern: Option<String> = None;
    let mut systems: Vec<(Os, Value)> = Vec::new();
    for (key, list) in group {
        let os: Os = key.parse().ok()?;
        let paths: Vec<&str> = list.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
        let mut sources = Vec::new();
        for path in paths {
            let (folder, name) = path.rsplit_once('/')?;
            let (source, is_folder) = local(parts.places, path)?;
            let fits = !is_folder
                && !parts.is_in_page(path)
                && source.rsplit('/').next() == Some(name)
                && !path.contains(['{', '}']);
            let its = format!("{}/{{file}}", folder.replace(os.as_str(), "{os}"));
            if !fits || *pattern.get_or_insert_with(|| its.clone()) != its {
                return None;
            }
            sources.push(json!(source));
        }
        systems.push((os, if sources.len() == 1 { sources.remove(0) } else { json!(sources) }));
    }
    let pattern = pattern?;
    if systems.iter().any(|(_, sources)| sources.as_array().is_some_and(Vec::is_empty)) {
        return None;
    }
    let mut table = Map::new();
    let everywhere = systems.len() == Os::ALL.len() && systems.windows(2).all(|two| two[0].1 == two[1].1);
    let file = match everywhere {
        true => systems.remove(0).1,
        false => systems.into_iter().map(|(os, sources)| (os.as_str().to_owned(), sources)).collect(),
    };
    table.insert("file".to_owned(), file);
    if pattern != DEFAULT {
        table.insert("path".to_owned(), json!(pattern));
    }
    Some(table)
}
