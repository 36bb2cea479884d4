//! What the tests of this floor and of the bundle share: tables written as TOML, in a made-up workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use toml_edit::{Document, Item};

use super::convert::{Facts, convert};
use super::extension::{Extension, Origin, WorkspaceBin};
use super::mistake::Mistake;
use crate::domain::BinName;
use crate::sys;

/// The package `disk-usage` 1.2.3 in `/ext`, with a backend, two tools, and a second member that also has
/// `dutool2`.
pub(crate) fn origin() -> Origin {
    let bin = |package: &str, name: &str| WorkspaceBin {
        package: package.to_owned(),
        dir: PathBuf::from("/ext").join(package),
        package_id: format!("path+file:///ext/{package}#1.2.3"),
        name: BinName::new(name).expect(name),
        required_features: Vec::new(),
    };
    Origin {
        manifest_path: PathBuf::from("/ext/Cargo.toml"),
        key: "package.metadata.extension",
        dir: PathBuf::from("/ext"),
        workspace_root: PathBuf::from("/ext"),
        target_dir: PathBuf::from("/ext/target"),
        package: Some("disk-usage".to_owned()),
        bins: vec![
            bin("disk-usage", "disk-usage-backend"),
            bin("disk-usage", "dutool"),
            bin("disk-usage", "dutool2"),
            bin("tools", "dutool2"),
            bin("tools", "extra-tool"),
            bin("more-tools", "twice"),
            bin("tools", "twice"),
        ],
        repository: Some("https://example.com/repository".to_owned()),
        license: Some("MIT".to_owned()),
        bases: BTreeSet::new(),
        dependencies: Vec::new(),
    }
}

pub(crate) fn facts() -> Facts {
    Facts {
        name: "disk-usage".to_owned(),
        version: Some(semver::Version::new(1, 2, 3)),
        description: Some("See what\nfills your disk".to_owned()),
        members: BTreeMap::from([
            ("disk-usage".to_owned(), semver::Version::new(1, 2, 3)),
            ("tools".to_owned(), semver::Version::new(0, 4, 0)),
            ("more-tools".to_owned(), semver::Version::new(0, 5, 0)),
        ]),
    }
}

/// `docs/text.html` is the only file there is.
pub(crate) fn texts(path: &Path) -> Result<String, sys::fs::Error> {
    if path == Path::new("/ext/docs/text.html") {
        return Ok("\u{feff}<p>One</p>\r\n<p>Two</p>\r\n".to_owned());
    }
    if path == Path::new("/ext/docs/empty.html") {
        return Ok("\n".to_owned());
    }
    Err(sys::fs::Error::new("read", path, std::io::Error::other("no such file")))
}

/// A table of TOML as `cargo metadata` prints it. Headers are relative: `[ui]`.
pub(crate) fn json(toml: &str) -> Value {
    let document = Document::parse(toml.to_owned()).unwrap_or_else(|error| panic!("{toml}\n{error}"));
    of_item(document.as_item())
}

fn of_item(item: &Item) -> Value {
    match item {
        Item::Table(table) => table.iter().map(|(key, item)| (key.to_owned(), of_item(item))).collect(),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| of_item(&Item::Table(table.clone()))).collect(),
        Item::Value(value) => of_value(value),
        Item::None => Value::Null,
    }
}

fn of_value(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::from(text.value().as_str()),
        toml_edit::Value::Integer(number) => Value::from(*number.value()),
        toml_edit::Value::Float(number) => Value::from(*number.value()),
        toml_edit::Value::Boolean(flag) => Value::from(*flag.value()),
        toml_edit::Value::Datetime(date) => serde_json::json!({ "$__toml_private_datetime": date.value().to_string() }),
        toml_edit::Value::Array(array) => array.iter().map(of_value).collect(),
        toml_edit::Value::InlineTable(table) => {
            table.iter().map(|(key, value)| (key.to_owned(), of_value(value))).collect()
        }
    }
}

/// Converts a table to which `title` and `vendor` are added.
pub(crate) fn read(toml: &str) -> Result<Extension, Vec<Mistake>> {
    let toml = format!("title = \"Disk Usage\"\nvendor = \"Example Ltd\"\n{toml}");
    convert(json(&toml), &origin(), &facts(), &texts)
}

/// As [`read`], for tables that are right.
pub(crate) fn extension(toml: &str) -> Extension {
    read(toml).unwrap_or_else(|mistakes| panic!("{toml}\n{}", told(&mistakes)))
}

/// As [`read`], for tables that are wrong: the mistakes as text, with keys relative to the table.
pub(crate) fn mistakes(toml: &str) -> String {
    match read(toml) {
        Ok(_) => "no mistake\n".to_owned(),
        Err(mistakes) => told(&mistakes),
    }
}

pub(crate) fn told(mistakes: &[Mistake]) -> String {
    mistakes.iter().fold(String::new(), |mut text, mistake| {
        writeln!(text, "{}: {}", mistake.path.in_table(), mistake.what).expect("a String takes all");
        if let Some(help) = &mistake.help {
            writeln!(text, "  help: {help}").expect("a String takes all");
        }
        text
    })
}

/// A table that uses every section.
pub(crate) fn ordinary_table() -> String {
    let table = r#"
        description = "See what fills your disk"
        icon = "assets/icon.svg"
        image = "example/disk-usage"
        api-version = ">= 0.3.4"

        [ui]
        source = "ui/dist"
        build = { dir = "ui", run = ["npm ci", "npm run build"] }
        title = "Disk Usage"
        root = "ui"
        src = "index.html"

        [vm]
        bin = "disk-usage-backend"
        socket = "backend.sock"
        args = ["--socket", "/run/guest-services/backend.sock"]
        base = "scratch"

        [[host]]
        bin = "dutool"
        os = ["darwin", "windows", "linux"]

        [[host]]
        name = "kubectl"
        url = "https://dl.example.com/release/v1.31.0/bin/{os}/{arch}/kubectl{exe}"
        fallback = { windows-arm64 = "windows-amd64" }
        [host.sha256]
        darwin-amd64 = "HASH"
        darwin-arm64 = "HASH"
        windows-amd64 = "HASH"
        linux-amd64 = "HASH"
        linux-arm64 = "HASH"

        [[host]]
        file = { darwin = "scripts/run.sh", linux = "scripts/run.sh", windows = "scripts/run.cmd" }
        path = "/host/{os}/{file}"

        [marketplace]
        publisher-url = "https://example.com"
        icon-url = "https://example.com/icon.svg"
        screenshots = [{ alt = "Main view", url = "https://example.com/1.png" }]
        additional-urls = [{ title = "Support", url = "https://example.com/support" }]
        detailed-description = { file = "docs/text.html" }
        changelog = "<p>New</p>"
        categories = ["utility-tools"]

        [labels]
        "com.example.team" = "disks"

        [[files]]
        source = "data"
        path = "/data"
        mode = "0644"

        [build]
        profile = "release"
        features = ["full"]
        builder = { darwin-arm64 = "zig" }
        triple = { windows-amd64 = "x86_64-pc-windows-gnullvm" }
        macos-minimum = "11.0"
        glibc = "2.17"

        [extra.host]
        x-rd-install = { linux = "/install.sh" }
    "#;
    table.replace("HASH", &"0".repeat(64))
}
