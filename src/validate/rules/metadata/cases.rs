//! Views that break one rule about metadata.json, and views that nearly do.

use serde_json::{Value, json};

use crate::validate::metadata::Metadata;
use crate::validate::testing::{Case, Text, clean_metadata};

pub const CASES: &[Case] = &[
    Case {
        rule: "E01",
        name: "absent",
        breaks: |it| {
            it.all(|draft| draft.metadata = Text::Is(Metadata::Absent));
        },
        says: "error metadata.json: there is no /metadata.json",
        near: |_| {},
    },
    Case {
        rule: "E01",
        name: "elsewhere",
        breaks: |it| {
            it.all(|draft| draft.metadata = Text::Is(Metadata::Absent)).file("app/metadata.json", "{}");
        },
        says: "error metadata.json: there is no /metadata.json, but one at /app/metadata.json",
        near: |it| {
            it.file("app/metadata.json", "{}");
        },
    },
    Case {
        rule: "E01",
        name: "a folder, on one platform",
        breaks: |it| it.platforms[1].metadata = Text::Is(Metadata::NoFile("a folder")),
        says: "error metadata.json (linux/arm64): /metadata.json is a folder, not a file",
        near: |_| {},
    },
    Case {
        rule: "E01",
        name: "too large",
        breaks: |it| {
            it.all(|draft| draft.metadata = Text::Is(Metadata::TooLarge(5 << 20)));
        },
        says: "metadata.json has 5242880 bytes",
        near: |_| {},
    },
    Case {
        rule: "E01",
        name: "too many values",
        breaks: |it| {
            it.raw(format!("[{}0]", "0,".repeat(10_000)).as_bytes());
        },
        says: "error metadata.json: metadata.json has 10002 values; at most 10000 are read",
        // Those of a text are none.
        near: |it| {
            it.json("/ui/dashboard-tab/title", Value::from("[0,".repeat(10_000)));
        },
    },
    Case {
        rule: "E01",
        name: "a trailing comma",
        breaks: |it| {
            it.raw(b"{\n  \"icon\": \"icon.svg\",\n}");
        },
        says: "error metadata.json:3:1: metadata.json is no JSON: trailing comma",
        near: |it| {
            // Windows line ends are blanks to JSON.
            let text = serde_json::to_string_pretty(&clean_metadata()).expect("JSON").replace('\n', "\r\n");
            it.raw(text.as_bytes());
        },
    },
    Case {
        rule: "E01",
        name: "a byte order mark",
        breaks: |it| {
            it.raw(b"\xef\xbb\xbf{}");
        },
        says: "metadata.json:1:1: metadata.json is no JSON: it begins with a byte order mark",
        near: |_| {},
    },
    Case {
        rule: "E01",
        name: "a list",
        breaks: |it| {
            it.raw(b"[]");
        },
        says: "metadata.json is a list, not an object",
        near: |_| {},
    },
    Case {
        rule: "E01",
        name: "a repeated key",
        breaks: |it| {
            let text = clean_metadata().to_string().replacen('{', "{\"icon\":\"old.svg\",", 1);
            it.raw(text.as_bytes());
        },
        says: "warning metadata.json: icon: the key `icon` occurs twice",
        near: |it| {
            it.json("/ui/dashboard-tab/icon", json!("the same key elsewhere"));
        },
    },
    Case {
        rule: "E02",
        name: "obsolete keys",
        breaks: |it| {
            it.json("/name", json!("Tool")).json("/provider", json!("Somebody"));
        },
        says: "error metadata.json: name: unknown key `name` at the root",
        near: |it| {
            it.json("/ui/dashboard-tab/name", json!("Tool"));
        },
    },
    Case {
        rule: "E04",
        name: "nothing to do",
        breaks: |it| {
            it.raw(br#"{"icon": "icon.svg"}"#);
        },
        says: "metadata.json has none of `ui`, `vm` and `host`",
        near: |it| {
            it.raw(br#"{"icon": "icon.svg", "vm": {"image": "${DESKTOP_PLUGIN_IMAGE}"}}"#);
        },
    },
    Case {
        rule: "E06",
        name: "an empty vm",
        breaks: |it| {
            it.json("/vm", json!({})).file("ui/a.js", "");
        },
        says: "error metadata.json: vm: `vm` has neither",
        near: |it| {
            it.json("/vm", Value::Null).file("ui/a.js", "");
        },
    },
    Case {
        rule: "E06",
        name: "both",
        breaks: |it| {
            it.json("/vm/image", json!("${DESKTOP_PLUGIN_IMAGE}"));
        },
        says: "warning metadata.json: vm: `vm` has both",
        near: |it| {
            it.json("/vm/image", json!("${DESKTOP_PLUGIN_IMAGE}")).json("/vm/composefile", Value::Null);
        },
    },
    Case {
        rule: "E06",
        name: "of the wrong type",
        breaks: |it| {
            it.json("/vm/composefile", json!(["docker-compose.yaml"]));
        },
        says: "error metadata.json: vm.composefile: `vm.composefile` is a list, not a text",
        near: |_| {},
    },
    Case {
        rule: "E08",
        name: "a folder in the name",
        breaks: |it| {
            it.json("/vm/exposes/socket", json!("/run/guest-services/backend.sock"));
        },
        says: "vm.exposes.socket: the socket `/run/guest-services/backend.sock` is no bare file name",
        near: |it| {
            it.json("/vm/exposes/socket", json!("my-tool.v2.sock"));
        },
    },
    Case {
        rule: "E08",
        name: "two names",
        breaks: |it| {
            it.json("/ui/dashboard-tab/backend", json!({ "socket": "other.sock" }));
        },
        says: "the UI names the socket `other.sock`, the backend exposes `backend.sock`",
        near: |it| {
            it.json("/ui/dashboard-tab/backend", json!({ "socket": "backend.sock" }));
        },
    },
    Case {
        rule: "E08",
        name: "a long name",
        breaks: |it| {
            it.json("/vm/exposes/socket", json!("a".repeat(49)));
        },
        says: "warning metadata.json: vm.exposes.socket: the socket's name",
        near: |it| {
            it.json("/vm/exposes/socket", json!("a".repeat(48)));
        },
    },
    Case {
        rule: "E08",
        name: "an object",
        breaks: |it| {
            it.json("/vm/exposes/socket", json!({ "name": "backend.sock" }));
        },
        says: "`vm.exposes.socket` is an object, not a text",
        near: |_| {},
    },
    Case {
        rule: "W42",
        name: "not exposed",
        breaks: |it| {
            it.json("/vm/exposes", Value::Null);
            it.json("/ui/dashboard-tab/backend", json!({ "socket": "backend.sock" }));
        },
        says: "warning metadata.json: ui.dashboard-tab.backend.socket: the UI names the socket `backend.sock`",
        near: |it| {
            it.json("/ui/dashboard-tab/backend", json!({ "tcp": "9000" }));
        },
    },
];
