//! The law: a table that was imported gives the metadata.json and the labels that it was made from. The fixtures are
//! our own; their variants are numbered as in the survey of real extensions.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::bundle;
use crate::domain::ImagePath;
use crate::manifest::convert::convert;
use crate::manifest::testing::{facts, json, origin, texts, told};
use crate::validate::metadata::Metadata;

fn target() -> Target {
    Target { origin: origin(), facts: facts(), text: String::new() }
}

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The labels that no extension is without.
fn basic() -> BTreeMap<String, String> {
    labels(&[
        ("org.opencontainers.image.title", "Tool"),
        ("org.opencontainers.image.description", "Does things"),
        ("org.opencontainers.image.vendor", "Example Ltd"),
        ("com.docker.desktop.extension.api.version", ">=0.3.0"),
    ])
}

fn read(text: &str) -> Option<json::Found> {
    Metadata::read(text.as_bytes()).document().map(super::json::of)
}

fn found(metadata: &Value) -> json::Found {
    read(&metadata.to_string()).expect("JSON")
}

/// Every path that the metadata names comes from a file of the same path.
fn all_local(metadata: &Value) -> Places {
    let local = |path: ImagePath| {
        let folder = metadata.pointer("/ui/dashboard-tab/root").and_then(Value::as_str);
        let folder =
            folder.and_then(|root| ImagePath::new(root).ok()) == Some(path.clone()) || path.as_str() == "/windows";
        (path.clone(), Provenance::Local { path: format!("old{path}"), folder })
    };
    place::wanted(metadata).into_iter().map(local).collect()
}

/// The table as a stranger reads it: from its text, through the manifest, to what is generated.
fn generated(import: &Import) -> (Value, BTreeMap<String, String>) {
    let text = import.toml("package.metadata.extension");
    let read = json(&text).pointer("/package/metadata/extension").cloned().unwrap_or_default();
    let extension =
        convert(read, &origin(), &facts(), &texts).unwrap_or_else(|mistakes| panic!("{text}\n{}", told(&mistakes)));
    let metadata = serde_json::from_slice(&bundle::metadata::metadata_json(&extension)).expect("JSON");
    (metadata, bundle::labels::labels(&extension, &bundle::Vcs::default()))
}

/// Checks the law, with every file in the source and with none.
fn law(name: &str, metadata: &Value, labels: &BTreeMap<String, String>) -> [Import; 2] {
    [all_local(metadata), Places::new()].map(|places| law_with(name, metadata, labels, places))
}

fn law_with(name: &str, metadata: &Value, labels: &BTreeMap<String, String>, places: Places) -> Import {
    let imported = Imported { metadata: found(metadata), labels: Some(labels.clone()), places, ..Imported::default() };
    let import = import(&imported, &target()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(import.account.tried && import.account.differs.is_empty(), "{name}: {:#?}", import.account);
    let (is, mut has) = generated(&import);
    assert_eq!(is, *metadata, "{name}: {}", import.toml("x"));
    for (label, _) in &import.account.by_cargo {
        has.remove(label);
    }
    let lists = |labels: &BTreeMap<String, String>| -> BTreeMap<String, Value> {
        let list = |text: &String| serde_json::from_str(text).ok().filter(Value::is_array);
        labels.iter().map(|(name, text)| (name.clone(), list(text).unwrap_or_else(|| json!(text)))).collect()
    };
    assert_eq!(lists(&has), lists(labels), "{name}");
    import
}

/// Checks the law for a list of host binaries, and which keys it is said in.
fn binaries(name: &str, list: Value, expected: &Value) {
    let [_, import] = law(name, &json!({ "host": { "binaries": list } }), &basic());
    let said = import.table.get("host").or_else(|| import.table.get("extra"));
    assert_eq!(said, Some(expected), "{name}");
}

#[test]
fn v1_to_v9_are_said_in_keys() {
    let p = |path: &str| json!([{ "path": path }]);
    binaries("V1", json!([]), &json!([]));
    binaries(
        "V2",
        json!([{ "darwin": p("/darwin/tool"), "windows": p("/windows/tool.exe"), "linux": p("/linux/tool") }]),
        &json!([{ "darwin": ["/darwin/tool"], "windows": ["/windows/tool.exe"], "linux": ["/linux/tool"] }]),
    );
    binaries(
        "V3",
        json!([{ "darwin": [{ "path": "/darwin/a" }, { "path": "/darwin/b" }], "windows": [{ "path": "/windows/a.exe" }, { "path": "/windows/b.exe" }], "linux": [{ "path": "/linux/a" }, { "path": "/linux/b" }] }]),
        &json!([{ "darwin": ["/darwin/a", "/darwin/b"], "windows": ["/windows/a.exe", "/windows/b.exe"], "linux": ["/linux/a", "/linux/b"] }]),
    );
    binaries(
        "V4",
        json!([{ "linux": p("/linux/a"), "darwin": p("/darwin/a"), "windows": p("/windows/a.exe") }, { "linux": p("/linux/b"), "darwin": p("/darwin/b"), "windows": p("/windows/b.exe") }]),
        &json!([{ "linux": ["/linux/a"], "darwin": ["/darwin/a"], "windows": ["/windows/a.exe"] }, { "linux": ["/linux/b"], "darwin": ["/darwin/b"], "windows": ["/windows/b.exe"] }]),
    );
    binaries(
        "V5",
        json!([{ "linux": p("/linux/a"), "darwin": p("/darwin/a"), "windows": p("/windows/a.exe") }, { "windows": p("/host/windows/setup.bat") }]),
        &json!([{ "linux": ["/linux/a"], "darwin": ["/darwin/a"], "windows": ["/windows/a.exe"] }, { "windows": ["/host/windows/setup.bat"] }]),
    );
    binaries(
        "V6",
        json!([{ "darwin": p("/darwin/tool"), "windows": p("/windows/tool.exe") }]),
        &json!([{ "darwin": ["/darwin/tool"], "windows": ["/windows/tool.exe"] }]),
    );
    binaries(
        "V7",
        json!([{ "windows": [{ "path": "/host/windows/tool.cmd" }, { "path": "/host/windows/step.ps1" }] }]),
        &json!([{ "windows": ["/host/windows/tool.cmd", "/host/windows/step.ps1"] }]),
    );
    binaries(
        "V8",
        json!([{ "darwin": p("/host/tool.sh"), "linux": p("/host/tool.sh"), "windows": p("/host/tool.cmd") }]),
        &json!([{ "darwin": ["/host/tool.sh"], "linux": ["/host/tool.sh"], "windows": ["/host/tool.cmd"] }]),
    );
    binaries(
        "V9",
        json!([{ "darwin": p("/host/darwin-amd64/tool"), "linux": p("/host/linux-amd64/tool"), "windows": p("/host/windows-amd64/tool.exe") }]),
        &json!([{ "darwin": ["/host/darwin-amd64/tool"], "linux": ["/host/linux-amd64/tool"], "windows": ["/host/windows-amd64/tool.exe"] }]),
    );
}

#[test]
fn v10_to_v13_are_said_in_keys_or_kept() {
    binaries(
        "V10",
        json!([{ "darwin": [{ "path": "/darwin/check.sh" }, { "path": "/darwin/tool-darwin-amd" }, { "path": "/darwin/tool-darwin-arm" }], "linux": [{ "path": "/linux/tool-linux-amd" }, { "path": "/linux/tool-linux-arm" }], "windows": [{ "path": "/windows/tool-windows-amd.exe" }] }]),
        &json!([{ "darwin": ["/darwin/check.sh", "/darwin/tool-darwin-amd", "/darwin/tool-darwin-arm"], "linux": ["/linux/tool-linux-amd", "/linux/tool-linux-arm"], "windows": ["/windows/tool-windows-amd.exe"] }]),
    );
    binaries(
        "V11",
        json!([{ "windows": [{ "path": "/windows/" }, { "path": "/windows/tool.exe" }, { "path": "/windows/lib/" }, { "path": "/windows/lib/x.dll" }] }]),
        &json!([{ "windows": ["/windows/", "/windows/tool.exe", "/windows/lib/", "/windows/lib/x.dll"] }]),
    );
    let twice = json!([{ "path": "/windows/a/x.dll" }, { "path": "/windows/b/x.dll" }]);
    binaries(
        "V11 with a name twice",
        json!([{ "windows": twice, "linux": [{ "path": "/linux/x" }] }]),
        &json!([{ "extra": { "windows": twice, "linux": [{ "path": "/linux/x" }] } }]),
    );
    binaries(
        "V12",
        json!([{ "name": "tool", "cmd": "tool" }]),
        &json!([{ "extra": { "name": "tool", "cmd": "tool" } }]),
    );
    binaries("V13", json!([{ "darwin": [{ "path": "/darwin/tool" }] }]), &json!([{ "darwin": ["/darwin/tool"] }]));
    binaries(
        "V13 with an empty list",
        json!([{ "darwin": [{ "path": "/darwin/tool" }], "linux": [] }]),
        &json!([{ "darwin": ["/darwin/tool"], "linux": [] }]),
    );
}

#[test]
fn v14_to_v17_are_kept() {
    binaries(
        "V14",
        json!([{ "darwin": [{ "path": "/darwin/tool" }] }, { "path": "/usr/bin/tool" }]),
        &json!([{ "darwin": ["/darwin/tool"] }, { "extra": { "path": "/usr/bin/tool" } }]),
    );
    let before_release = [
        json!([{ "darwin": "/darwin/a" }, { "darwin": "/darwin/b" }]),
        json!([{ "darwin": { "path": "/darwin/a" }, "windows": { "command": "powershell", "args": ["install.ps1"] } }, { "darwin": { "path": "/darwin/b" } }]),
        json!([{ "windows": { "assetsPath": "/windows", "script": "install.ps1", "command": "powershell" } }]),
        json!([{ "windows": [{ "path": "/windows", "command": "powershell", "args": ["install.ps1"] }] }]),
        json!([{ "windows": [{ "path": "/windows/a.exe" }, { "path": "/windows", "install": { "command": "./windows/install.ps1", "requiresAdmin": true } }] }]),
    ];
    for (nth, list) in before_release.into_iter().enumerate() {
        let groups: Vec<Value> = list.as_array().into_iter().flatten().map(|group| json!({ "extra": group })).collect();
        binaries(&format!("V15 {nth}"), list, &json!(groups));
    }
    let [_, import] = law(
        "V16",
        &json!({ "host": { "binaries": [{ "linux": [{ "path": "/linux/tool" }] }], "permissions": [{ "connect": { "allowed": ["*"] } }] } }),
        &basic(),
    );
    assert_eq!(import.table["host"], json!([{ "linux": ["/linux/tool"] }]));
    assert_eq!(import.table["extra"], json!({ "host": { "permissions": [{ "connect": { "allowed": ["*"] } }] } }));
    binaries(
        "V17",
        json!([{ "name": "tool", "darwin": [{ "path": "/darwin/tool", "arch": "arm64" }], "linux": [{ "path": "/linux/tool" }] }]),
        &json!([{ "linux": ["/linux/tool"], "extra": { "name": "tool", "darwin": [{ "path": "/darwin/tool", "arch": "arm64" }] } }]),
    );
    for odd in [json!({}), json!("x"), json!([{}]), json!(["x"]), json!([[]]), json!([{ "linux": [] }, {}])] {
        binaries("odd", odd.clone(), &json!({ "host": { "binaries": odd } }));
    }
    for odd in [json!({}), json!("x"), json!([]), json!({ "x-rd-install": { "linux": ["/a.sh"] } })] {
        let [_, import] = law("odd host", &json!({ "host": odd }), &basic());
        assert_eq!(import.table["extra"], json!({ "host": odd }));
    }
}

#[test]
fn scripts_of_the_source_are_files() {
    let p = |path: &str| json!([{ "path": path }]);
    for (list, expected) in [
        (
            json!([{ "darwin": p("/host/t.sh"), "linux": p("/host/t.sh"), "windows": p("/host/t.cmd") }]),
            json!([{ "file": { "darwin": "old/host/t.sh", "linux": "old/host/t.sh", "windows": "old/host/t.cmd" }, "path": "/host/{file}" }]),
        ),
        (
            json!([{ "darwin": p("h/a.properties"), "linux": p("h/a.properties"), "windows": p("h/a.properties") }]),
            json!([{ "file": "old/h/a.properties", "path": "h/{file}" }]),
        ),
        (
            json!([{ "windows": [{ "path": "/windows/b.cmd" }, { "path": "/windows/a.ps1" }] }]),
            json!([{ "file": { "windows": ["old/windows/b.cmd", "old/windows/a.ps1"] } }]),
        ),
        (
            json!([{ "linux": p("/linux/a"), "darwin": [{ "path": "/mac/a" }] }]),
            json!([{ "linux": ["/linux/a"], "darwin": ["/mac/a"] }]),
        ),
    ] {
        let metadata = json!({ "host": { "binaries": list } });
        let places = all_local(&metadata);
        let imported = Imported { metadata: found(&metadata), labels: Some(basic()), places, ..Imported::default() };
        let import = import(&imported, &target()).expect("imported");
        assert_eq!(import.table["host"], expected);
        assert_eq!(generated(&import).0, metadata);
        assert!(!import.sources().is_empty());
        assert_eq!(import.table.contains_key("files"), import.table["host"][0].get("file").is_none());
    }
}

mod generated;
mod keys;
mod malformed;
