//! Views that break one rule about how `host.binaries` is written, and views that nearly do.

use serde_json::json;

use crate::validate::testing::{Case, elf};

pub const CASES: &[Case] = &[
    Case {
        rule: "E09",
        name: "a foreign shape",
        breaks: |it| {
            it.json("/host/binaries", json!([{ "name": "tool", "cmd": "tool" }]));
        },
        says: "error metadata.json: host.binaries[0]: `host.binaries[0]` has unknown keys: `cmd`, `name`",
        near: |it| {
            it.json("/host/binaries", json!([]));
        },
    },
    Case {
        rule: "E09",
        name: "a text for a list",
        breaks: |it| {
            it.json("/host/binaries", json!([{ "darwin": "/darwin/tool" }, { "darwin": { "path": "/darwin/tool" } }]));
        },
        says: "host.binaries[0].darwin: `host.binaries[0].darwin` is a text, not a list",
        near: |it| {
            // Several groups, in any order of the keys.
            it.json(
                "/host/binaries",
                json!([
                    { "linux": [{ "path": "linux/tool" }] },
                    { "windows": [{ "path": "./windows/tool.exe" }], "darwin": [{ "path": "/darwin/tool" }] },
                    {},
                    { "linux": [] },
                ]),
            );
        },
    },
    Case {
        rule: "E09",
        name: "more keys than path",
        breaks: |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/linux/tool", "arch": "arm64" }]));
        },
        says: "host.binaries[0].linux[0]: `host.binaries[0].linux[0]` has unknown keys: `arch`",
        near: |_| {},
    },
    Case {
        rule: "E09",
        name: "no path",
        breaks: |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/linux/tool" }, {}, { "path": 1 }]));
        },
        says: "`host.binaries[0].linux[1]` has no `path`",
        near: |_| {},
    },
    Case {
        rule: "E09",
        name: "a key beside binaries",
        breaks: |it| {
            it.json("/host/permissions", json!([]));
        },
        says: "error metadata.json: host: `host` has unknown keys: `permissions`",
        near: |it| {
            it.json("/host/x-rd-install", json!({ "linux": "tool" }));
        },
    },
    Case {
        rule: "E09",
        name: "nothing in host",
        breaks: |it| {
            it.json("/host", json!({}));
        },
        says: "warning metadata.json: host: `host` has no `binaries`",
        near: |_| {},
    },
    Case {
        rule: "E11",
        name: "one name twice",
        breaks: |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/linux/tool" }, { "path": "/linux/b/tool" }]));
            it.program("linux/b/tool", elf);
        },
        says: "error metadata.json: host.binaries[0].linux[1].path: `/linux/b/tool` and `/linux/tool` for linux",
        near: |it| {
            // Linux tells capitals apart, and each system has a folder of its own.
            it.json("/host/binaries/0/linux", json!([{ "path": "/linux/tool" }, { "path": "/linux/b/Tool" }]));
            it.program("linux/b/Tool", elf);
        },
    },
    Case {
        rule: "W15",
        name: "a system is missing",
        breaks: |it| {
            it.json("/host/binaries", json!([{ "windows": [{ "path": "/windows/tool.exe" }] }]));
        },
        says: "warning metadata.json: host.binaries: there are no host files for darwin and linux",
        near: |it| {
            it.json(
                "/host/binaries",
                json!([
                    { "windows": [{ "path": "/windows/tool.exe" }], "linux": [{ "path": "/linux/tool" }] },
                    { "darwin": [{ "path": "/darwin/tool" }] },
                ]),
            );
        },
    },
];
