//! metadata.json, as Docker Desktop reads it at the root of the image.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::domain::Os;
use crate::manifest::Extension;
use crate::manifest::extension::{HostFile, HostGroup, JsonMap, Ui, Vm};

/// The bytes of metadata.json: two blanks a level, a final line break, and always the same for one extension.
///
/// The shape is the one of Docker's manual (`extensions-sdk/architecture/metadata.md`), with what the table
/// carries under `extra` merged in: objects into objects, anything else over what was there.
#[must_use]
pub fn metadata_json(extension: &Extension) -> Vec<u8> {
    let mut bytes =
        serde_json::to_vec_pretty(&root(extension)).expect("a tree of strings and JSON values has a JSON form");
    bytes.push(b'\n');
    bytes
}

/// JSON whose objects keep the order in which their keys were added.
#[derive(Debug, Clone, PartialEq)]
enum Json {
    Object(Vec<(String, Json)>),
    List(Vec<Json>),
    Plain(Value),
}

impl Json {
    fn text(text: &str) -> Self {
        Json::Plain(Value::from(text))
    }

    /// An object of the keys that have a value.
    fn object<const N: usize>(entries: [(&str, Option<Json>); N]) -> Self {
        let entries = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Json::Object(entries.collect())
    }

    /// Merges `extra` in.
    fn with(mut self, extra: &JsonMap) -> Self {
        self.merge(extra);
        self
    }

    fn merge(&mut self, extra: &JsonMap) {
        let Json::Object(entries) = self else { return };
        for (key, value) in extra {
            let known = entries.iter_mut().find(|(known, _)| known == key).map(|(_, known)| known);
            match (known, value) {
                (Some(known @ Json::Object(_)), Value::Object(extra)) => known.merge(extra),
                (Some(known), value) => *known = Json::from(value),
                (None, value) => entries.push((key.clone(), Json::from(value))),
            }
        }
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Object(map) => Json::Object(map.iter().map(|(key, value)| (key.clone(), value.into())).collect()),
            Value::Array(list) => Json::List(list.iter().map(Json::from).collect()),
            plain => Json::Plain(plain.clone()),
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Plain(value) => value.serialize(serializer),
            Json::List(list) => list.serialize(serializer),
            Json::Object(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

fn root(extension: &Extension) -> Json {
    Json::object([
        ("icon", extension.icon.as_ref().map(|icon| Json::text(&icon.value))),
        ("vm", extension.vm.as_ref().map(vm)),
        ("ui", extension.ui.as_ref().map(|ui| Json::object([("dashboard-tab", Some(tab(ui)))]))),
        ("host", extension.host.as_deref().map(|groups| Json::object([("binaries", Some(binaries(groups)))]))),
    ])
    .with(&extension.extra)
}

fn tab(ui: &Ui) -> Json {
    let backend = ui.backend_socket.as_deref().map(|socket| Json::object([("socket", Some(Json::text(socket)))]));
    Json::object([
        ("title", Some(Json::text(&ui.title))),
        ("root", Some(Json::text(&ui.root))),
        ("src", Some(Json::text(&ui.src))),
        ("backend", backend),
    ])
    .with(&ui.extra)
}

fn vm(vm: &Vm) -> Json {
    let socket = vm.socket.as_ref().map(|socket| Json::object([("socket", Some(Json::text(socket.as_str())))]));
    Json::object([
        ("image", vm.image.as_deref().map(Json::text)),
        ("composefile", vm.composefile.as_ref().map(|file| Json::text(&file.value))),
        ("exposes", socket),
    ])
    .with(&vm.extra)
}

fn binaries(groups: &[HostGroup]) -> Json {
    let system = |(os, files): &(Os, Vec<HostFile>)| {
        let files = files.iter().map(|file| Json::object([("path", Some(Json::text(&file.value)))]));
        (os.as_str().to_owned(), Json::List(files.collect()))
    };
    let group = |group: &HostGroup| Json::Object(group.files.iter().map(system).collect()).with(&group.extra);
    Json::List(groups.iter().map(group).collect())
}

#[cfg(test)]
mod tests;
