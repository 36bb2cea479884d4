//! The parts of metadata.json as tables: the inverse of [`crate::bundle::metadata`].

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::draft::Part;
use crate::domain::Os;

/// A part as a table or list of tables, and what beside it has no key.
pub(super) type Split<T = Map<String, Value>> = (T, Map<String, Value>);

/// `ui`: a table needs all three texts of the tab, because it would write the ones that are missing.
pub(super) fn ui(value: &Value, verbatim: &BTreeSet<Part>) -> Option<Split> {
    if verbatim.contains(&Part::Ui) {
        return None;
    }
    let mut beside = value.as_object()?.clone();
    let Some(Value::Object(mut rest)) = beside.remove("dashboard-tab") else { return None };
    let mut table = Map::new();
    for key in ["title", "root", "src"] {
        let text = rest.remove(key).filter(Value::is_string)?;
        table.insert(key.to_owned(), text);
    }
    if !verbatim.contains(&Part::TabSocket) {
        let socket = take_nested(&mut rest, "backend", "socket");
        table.extend(socket.map(|socket| ("backend-socket".to_owned(), socket)));
    }
    with_extra(&mut table, rest);
    Some((table, beside))
}

/// `vm`: an object of any content is a table.
pub(super) fn vm(value: &Value, verbatim: &BTreeSet<Part>) -> Option<Map<String, Value>> {
    if verbatim.contains(&Part::Vm) {
        return None;
    }
    let mut rest = value.as_object()?.clone();
    let mut table = Map::new();
    for (part, key) in [(Part::VmImage, "image"), (Part::Composefile, "composefile")] {
        if !verbatim.contains(&part) && rest.get(key).is_some_and(Value::is_string) {
            table.extend(rest.remove(key).map(|text| (key.to_owned(), text)));
        }
    }
    if !verbatim.contains(&Part::VmSocket) {
        let socket = take_nested(&mut rest, "exposes", "socket");
        table.extend(socket.map(|socket| ("socket".to_owned(), socket)));
    }
    with_extra(&mut table, rest);
    Some(table)
}

/// `host`: its groups, and what beside `binaries` has no key.
pub(super) fn host(value: &Value, verbatim: &BTreeSet<Part>) -> Option<Split<Vec<Map<String, Value>>>> {
    if verbatim.contains(&Part::Host) {
        return None;
    }
    let mut beside = value.as_object()?.clone();
    let Some(Value::Array(groups)) = beside.remove("binaries") else { return None };
    let groups = groups.iter().enumerate().map(|(index, value)| group(value, index, verbatim));
    Some((groups.collect::<Option<_>>()?, beside))
}

fn group(value: &Value, index: usize, verbatim: &BTreeSet<Part>) -> Option<Map<String, Value>> {
    let mut rest = value.as_object()?.clone();
    if rest.is_empty() {
        return None;
    }
    let mut table = Map::new();
    for os in Os::ALL {
        let typed = !verbatim.contains(&Part::Group(index)) && !verbatim.contains(&Part::Listed(index, os));
        if let Some(paths) = rest.get(os.as_str()).filter(|_| typed).and_then(paths) {
            table.insert(os.as_str().to_owned(), paths);
            rest.remove(os.as_str());
        }
    }
    with_extra(&mut table, rest);
    Some(table)
}

/// A list of `{ "path": … }` and nothing else, as the list of the paths.
fn paths(list: &Value) -> Option<Value> {
    let path = |entry: &Value| match entry.as_object() {
        Some(entry) if entry.len() == 1 => entry.get("path").filter(|path| path.is_string()).cloned(),
        _ => None,
    };
    list.as_array()?.iter().map(path).collect()
}

/// Takes the text `inner` out of the object `outer`, and the object too if nothing else is in it.
fn take_nested(map: &mut Map<String, Value>, outer: &str, inner: &str) -> Option<Value> {
    let object = map.get_mut(outer)?.as_object_mut()?;
    if !object.get(inner)?.is_string() {
        return None;
    }
    let text = object.remove(inner);
    if object.is_empty() {
        map.remove(outer);
    }
    text
}

fn with_extra(table: &mut Map<String, Value>, rest: Map<String, Value>) {
    if !rest.is_empty() {
        table.insert("extra".to_owned(), Value::Object(rest));
    }
}
