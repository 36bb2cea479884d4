//! Rules about metadata.json itself: that it is there, and what its keys hold.

use serde_json::Value;

use super::some;
use crate::domain::json::MAX_VALUES;
use crate::manifest::mistake::nearest;
use crate::validate::findings::{Findings, Place};
use crate::validate::metadata::{MAX_BYTES, Metadata};
use crate::validate::rule::{Level, Needs, Rule};
use crate::validate::tree::NodeKind;
use crate::validate::view::{PlatformView, View};

/// The keys of the root (`extensions-sdk/architecture/metadata.md`).
const ROOT_KEYS: [&str; 4] = ["icon", "ui", "vm", "host"];

/// The longest name of a socket that stays far from the 104 bytes that macOS allows for its whole path.
const LONG_SOCKET: usize = 48;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "E01",
        level: Level::Error,
        private: Some(Level::Error),
        title: "/metadata.json is at the root of the image and is JSON",
        why: "Docker Desktop reads this file first; without it, or when Go's and JavaScript's readers refuse it, \
              there is no extension to install. A key that occurs twice is a warning: the last one counts, which is \
              easy to overlook.",
        fix: "put a metadata.json of plain JSON (UTF-8 without a byte order mark, no trailing commas) at the root of \
              the image",
        key: None,
        needs: Needs::Metadata,
        source: "Docker's manual, extensions-sdk/architecture/metadata.md",
        check: is_json,
    },
    Rule {
        id: "E02",
        level: Level::Error,
        private: Some(Level::Error),
        title: "the root of metadata.json has no other keys than icon, ui, vm and host",
        why: "The root object is closed: Docker's validator answers `Additional property name is not allowed`. `name` \
              and `provider` were allowed once and are labels now.",
        fix: "remove the key; what users read stands in the image's labels",
        key: Some("extra"),
        needs: Needs::Metadata,
        source: "output of `docker extension validate` in loopDelicious/docker-extension#14",
        check: root_is_closed,
    },
    Rule {
        id: "E04",
        level: Level::Error,
        private: Some(Level::Error),
        title: "metadata.json has at least one of ui, vm and host",
        why: "An extension without any of them adds nothing to Docker Desktop.",
        fix: "add `ui`, `vm` or `host` to metadata.json",
        key: Some("ui"),
        needs: Needs::Metadata,
        source: "Docker's manual, extensions-sdk/architecture/_index.md",
        check: does_something,
    },
    Rule {
        id: "E06",
        level: Level::Error,
        private: Some(Level::Error),
        title: "vm has an image or a composefile",
        why: "Docker Desktop starts the backend from one of them. To give both is a warning: the manual says either, \
              and the validator lets it pass.",
        fix: "set `vm.image` to `${DESKTOP_PLUGIN_IMAGE}`, or `vm.composefile` to a file of the image",
        key: Some("vm"),
        needs: Needs::Metadata,
        source: "Docker's manual, extensions-sdk/architecture/metadata.md; both together: docker/extensions-submissions#218",
        check: vm_starts_something,
    },
    Rule {
        id: "E08",
        level: Level::Error,
        private: Some(Level::Error),
        title: "vm.exposes.socket is a bare file name, and ui.dashboard-tab.backend.socket the same one",
        why: "The socket is looked for as /run/guest-services/<name> in the container; a name with a folder, or two \
              different names, leaves the UI without its backend. A very long name is a warning: the whole path of a \
              socket has about 104 bytes on macOS.",
        fix: "write the same short file name, such as `backend.sock`, in both places",
        key: Some("vm.socket"),
        needs: Needs::Metadata,
        source: "survey of 168 extensions (no mismatch among them); path lengths: extensions-sdk releases v0.2.0, v0.2.4",
        check: socket_is_a_name,
    },
    Rule {
        id: "W42",
        level: Level::Warning,
        private: Some(Level::Warning),
        title: "a socket that the UI names is one that vm.exposes names",
        why: "ui.dashboard-tab.backend.socket is the old way; ddClient.extension.vm.service works through \
              vm.exposes.socket, which Docker's own template writes today.",
        fix: "add `\"exposes\": { \"socket\": … }` to `vm`",
        key: Some("vm.socket"),
        needs: Needs::Metadata,
        source: "docker extension init (SDK 0.4.2); survey of 168 extensions: 33 have exposes alone",
        check: ui_socket_is_exposed,
    },
];

fn is_json(view: &View, out: &mut Findings<'_>) {
    for (platform, metadata) in view.metadata() {
        let place = Place::metadata().on(platform);
        match metadata {
            Metadata::Absent => absent(platform, place, out),
            Metadata::NoFile(what) => out.error(place, format!("/metadata.json is {what}, not a file")),
            Metadata::TooLarge(size) => {
                out.error(place, format!("metadata.json has {size} bytes; at most {MAX_BYTES} are read"));
            }
            Metadata::TooMany(values) => {
                out.error(place, format!("metadata.json has {values} values; at most {MAX_VALUES} are read"));
            }
            Metadata::Broken(broken) => {
                out.error(place.at(broken.line, broken.column), format!("metadata.json is no JSON: {}", broken.what));
            }
            Metadata::Whole(document) => {
                if !document.value.is_object() {
                    out.error(place.clone(), format!("metadata.json is {}, not an object", noun(&document.value)));
                }
                for key in &document.repeated {
                    let place = Place::key(key).on(platform);
                    let help = "keep one of them";
                    out.warning_help(place, format!("the key `{key}` occurs twice; the last one counts"), help);
                }
            }
        }
    }
}

fn absent(platform: Option<&PlatformView>, place: Place, out: &mut Findings<'_>) {
    let files = platform.into_iter().flat_map(|platform| platform.files.below(""));
    let mut files = files.filter(|(_, node)| node.kind == NodeKind::File).map(|(path, _)| path);
    match files.find(|path| path.ends_with("/metadata.json") && !path.contains("node_modules/")) {
        None => out.error(place, "there is no /metadata.json"),
        Some(path) => out.error_help(
            place,
            format!("there is no /metadata.json, but one at /{path}"),
            "copy it to the root of the image: `COPY metadata.json /`",
        ),
    }
}

fn root_is_closed(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.documents() {
        let keys = document.value.as_object().into_iter().flat_map(|root| root.keys());
        for key in keys.filter(|key| !ROOT_KEYS.contains(&key.as_str())) {
            let place = Place::key(key).on(platform);
            let message = format!("unknown key `{key}` at the root of metadata.json");
            let label = match key.as_str() {
                "name" | "title" => Some("org.opencontainers.image.title"),
                "provider" | "vendor" | "publisher" => Some("org.opencontainers.image.vendor"),
                "description" => Some("org.opencontainers.image.description"),
                "api-version" => Some("com.docker.desktop.extension.api.version"),
                "screenshots" => Some("com.docker.extension.screenshots"),
                _ => None,
            };
            match (label, nearest(key, ROOT_KEYS)) {
                (Some(label), _) => out.error_help(place, message, format!("remove it; it is the label {label} now")),
                (None, Some(near)) => out.error_help(place, message, format!("did you mean `{near}`?")),
                (None, None) => out.error(place, message),
            }
        }
    }
}

fn does_something(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.documents() {
        if let Some(root) = document.value.as_object()
            && !["ui", "vm", "host"].iter().any(|key| root.contains_key(*key))
        {
            out.error(Place::metadata().on(platform), "metadata.json has none of `ui`, `vm` and `host`");
        }
    }
}

fn vm_starts_something(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.documents() {
        let Some(vm) = document.at(&["vm"]) else { continue };
        let place = |key: &str| Place::key(key).on(platform);
        let Some(vm) = vm.as_object() else {
            out.error(place("vm"), format!("`vm` is {}, not an object", noun(vm)));
            continue;
        };
        for key in ["image", "composefile"] {
            if let Some(value) = vm.get(key)
                && let Some(what) = no_text(value)
            {
                out.error(place(&format!("vm.{key}")), format!("`vm.{key}` {what}"));
            }
        }
        match (vm.contains_key("image"), vm.contains_key("composefile")) {
            (false, false) => out.error(place("vm"), "`vm` has neither `image` nor `composefile`"),
            (true, true) => {
                let help = "remove `vm.image`; a service of the compose file can use `${DESKTOP_PLUGIN_IMAGE}`";
                out.warning_help(place("vm"), "`vm` has both `image` and `composefile`", help);
            }
            _ => {}
        }
    }
}

fn socket_is_a_name(view: &View, out: &mut Findings<'_>) {
    const VM: &str = "vm.exposes.socket";
    const UI: &str = "ui.dashboard-tab.backend.socket";
    for (platform, document) in view.documents() {
        let place = |key: &str| Place::key(key).on(platform);
        let exposes = document.at(&["vm", "exposes"]);
        if let Some(exposes) = exposes.filter(|exposes| !exposes.is_object()) {
            out.error(place("vm.exposes"), format!("`vm.exposes` is {}, not an object", noun(exposes)));
        }
        let sockets = [
            (VM, document.at(&["vm", "exposes", "socket"])),
            (UI, document.at(&["ui", "dashboard-tab", "backend", "socket"])),
        ];
        for (key, socket) in sockets {
            let Some(socket) = socket else { continue };
            match (no_text(socket), socket.as_str()) {
                (Some(what), _) => out.error(place(key), format!("`{key}` {what}")),
                (None, Some(name)) if name.contains(['/', '\\']) || matches!(name, "." | "..") => {
                    out.error(place(key), format!("the socket `{name}` is no bare file name"));
                }
                (None, Some(name)) if name.len() > LONG_SOCKET => {
                    out.warning(place(key), format!("the socket's name `{name}` has {} bytes", name.len()));
                }
                _ => {}
            }
        }
        if let (Some(vm), Some(ui)) = (document.vm_socket(), document.ui_socket())
            && vm != ui
        {
            out.error(place(UI), format!("the UI names the socket `{ui}`, the backend exposes `{vm}`"));
        }
    }
}

fn ui_socket_is_exposed(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.documents() {
        if let Some(socket) = document.ui_socket()
            && document.at(&["vm", "exposes", "socket"]).is_none()
        {
            let place = Place::key("ui.dashboard-tab.backend.socket").on(platform);
            let help = format!("add `\"exposes\": {{ \"socket\": \"{socket}\" }}` to `vm`");
            out.warning_help(place, format!("the UI names the socket `{socket}`, and `vm.exposes` none"), help);
        }
    }
}

/// What a value is, as the object of a sentence.
pub(super) const fn noun(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What is wrong with a value that is no text with something in it, as what follows its key in a sentence.
pub(super) fn no_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => Some("is empty".to_owned()),
        Value::String(_) => None,
        other => Some(format!("is {}, not a text", noun(other))),
    }
}

/// The keys of an object that are not among the known ones, for a message.
pub(super) fn unknown_keys(value: &Value, is_known: impl Fn(&str) -> bool) -> Option<String> {
    let keys = value.as_object().into_iter().flat_map(|object| object.keys());
    let mut unknown = keys.map(String::as_str).filter(|key| !is_known(key)).peekable();
    unknown.peek().is_some().then(|| some(unknown))
}

#[cfg(test)]
pub(super) mod cases;
