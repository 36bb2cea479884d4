//! The table as TOML: sections under headers, known keys in the order of the documentation, long lists over several
//! lines.

use serde_json::{Map, Value};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value as Toml};

/// Keys in the order in which a person would write them; others follow in the order of the alphabet.
const ORDER: [&str; 45] = [
    "name",
    "bin",
    "package",
    "title",
    "vendor",
    "description",
    "version",
    "icon",
    "image",
    "composefile",
    "api-version",
    "ui",
    "vm",
    "host",
    "source",
    "file",
    "os",
    "root",
    "src",
    "path",
    "backend-socket",
    "socket",
    "args",
    "base",
    "mode",
    "darwin",
    "windows",
    "linux",
    "publisher-url",
    "icon-url",
    "alt",
    "url",
    "screenshots",
    "additional-urls",
    "detailed-description",
    "changelog",
    "categories",
    "account-info",
    "marketplace",
    "labels",
    "files",
    "build",
    "dir",
    "run",
    "extra",
];

/// Tables under headers of their own.
const SECTIONS: [&str; 5] = ["ui", "vm", "marketplace", "labels", "extra"];
/// Lists of such tables.
const LISTS: [&str; 2] = ["host", "files"];

/// A line of this many characters is long.
const WIDTH: usize = 100;

/// `[package.metadata.extension]`, or under another key of dots, with everything in it.
#[must_use]
pub fn toml(key: &str, table: &Map<String, Value>) -> String {
    let mut document = DocumentMut::new();
    let mut at: &mut Table = document.as_table_mut();
    let mut section = Some(section(table, true));
    let mut steps = key.split('.').peekable();
    while let Some(step) = steps.next() {
        if steps.peek().is_none() {
            at.insert(step, Item::Table(section.take().unwrap_or_default()));
            break;
        }
        let mut above = Table::new();
        above.set_implicit(true);
        at = at.entry(step).or_insert(Item::Table(above)).as_table_mut().expect("a table was just put there");
    }
    document.to_string()
}

fn rank(key: &str) -> usize {
    ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len())
}

/// The entries of a table as they are written.
pub(super) fn sorted(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| rank(key));
    entries
}

/// A table under a header. At the `top`, sections of the extension are tables too.
fn section(map: &Map<String, Value>, top: bool) -> Table {
    let mut table = Table::new();
    for (key, value) in sorted(map) {
        let headed = if top { SECTIONS.contains(&key.as_str()) } else { key == "extra" };
        let item = match value {
            Value::Object(map) if headed => Item::Table(plain(key, map)),
            Value::Array(list) if top && LISTS.contains(&key.as_str()) && !list.is_empty() => {
                let tables = list.iter().filter_map(Value::as_object).map(|map| section(map, false));
                Item::ArrayOfTables(tables.collect::<ArrayOfTables>())
            }
            value => Item::Value(laid_out(key, value)),
        };
        table.insert(key, item);
    }
    table
}

/// A section: those whose keys are the user's own have no order and no tables in them.
fn plain(name: &str, map: &Map<String, Value>) -> Table {
    if name != "labels" && name != "extra" {
        return section(map, false);
    }
    let mut table = Table::new();
    for (key, value) in map {
        table.insert(key, Item::Value(laid_out(key, value)));
    }
    table
}

/// A value; a list that would make a long line gets a line for each item.
fn laid_out(key: &str, value: &Value) -> Toml {
    let mut made = toml_value(value);
    if let Toml::Array(list) = &mut made
        && key.len() + list.to_string().len() > WIDTH
    {
        for item in list.iter_mut() {
            item.decor_mut().set_prefix("\n    ");
        }
        list.set_trailing("\n");
        list.set_trailing_comma(true);
    }
    made
}

fn toml_value(value: &Value) -> Toml {
    match value {
        Value::Bool(flag) => Toml::from(*flag),
        Value::String(text) => Toml::from(text.as_str()),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Toml::from(number),
            None => Toml::from(number.as_f64().unwrap_or_default()),
        },
        Value::Array(list) => Toml::Array(list.iter().map(toml_value).collect::<Array>()),
        Value::Object(map) => {
            let mut table = InlineTable::new();
            for (key, value) in sorted(map) {
                table.insert(key, toml_value(value));
            }
            Toml::InlineTable(table)
        }
        // The reader has left these out.
        Value::Null => Toml::from(""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use snapbox::{assert_data_eq, str};

    use super::*;
    use crate::manifest::testing;

    fn check(table: &Value) -> String {
        let text = toml("package.metadata.extension", table.as_object().expect("a table"));
        let read = testing::json(&text);
        assert_eq!(read.pointer("/package/metadata/extension"), Some(table), "{text}");
        text
    }

    #[test]
    fn it_reads_as_if_a_person_had_written_it() {
        let table = json!({
            "extra": { "name": "x", "host": { "x-rd-install": { "linux": ["/a.sh", "-y"] } } },
            "vm": { "socket": "a.sock", "composefile": "compose.yaml", "extra": { "port": 1 } },
            "host": [{ "linux": ["/linux/tool"], "darwin": ["/darwin/tool"] }, { "extra": { "path": "/x" } }],
            "files": [{ "path": "/linux/tool", "source": "bin/tool", "mode": "executable" }],
            "labels": { "com.example.team": "disks" },
            "vendor": "Example Ltd",
            "title": "It's \"X\"",
            "marketplace": { "changelog": "<p>\n  One\n</p>\n", "screenshots": [
                { "url": "https://example.com/pictures/of/the/main/view.png", "alt": "Main view" },
                { "url": "https://example.com/pictures/of/another/view.png", "alt": "Other view" },
            ] },
            "icon": { "path": "img/icon.svg", "source": "icon.svg" },
        });
        assert_data_eq!(
            check(&table),
            str![[r#"
[package.metadata.extension]
title = """It's "X""""
vendor = "Example Ltd"
icon = { source = "icon.svg", path = "img/icon.svg" }

[package.metadata.extension.vm]
composefile = "compose.yaml"
socket = "a.sock"

[package.metadata.extension.vm.extra]
port = 1

[[package.metadata.extension.host]]
darwin = ["/darwin/tool"]
linux = ["/linux/tool"]

[[package.metadata.extension.host]]

[package.metadata.extension.host.extra]
path = "/x"

[package.metadata.extension.marketplace]
screenshots = [
    { alt = "Main view", url = "https://example.com/pictures/of/the/main/view.png" },
    { alt = "Other view", url = "https://example.com/pictures/of/another/view.png" },
]
changelog = """
<p>
  One
</p>
"""

[package.metadata.extension.labels]
"com.example.team" = "disks"

[[package.metadata.extension.files]]
source = "bin/tool"
path = "/linux/tool"
mode = "executable"

[package.metadata.extension.extra]
host = { x-rd-install = { linux = ["/a.sh", "-y"] } }
name = "x"

"#]]
        );
    }

    #[test]
    fn every_value_comes_back() {
        for text in [
            "",
            "\"",
            "'",
            "'''\"\"\"",
            "\\",
            "a\nb",
            "a\r\nb",
            "\r",
            "\t",
            "\u{0}\u{7f}\u{1b}",
            "\u{feff}é🎉",
            "\n",
            "\n\n'''",
            " ",
        ] {
            check(&json!({ "title": text, "labels": { text: text }, "extra": { text: [text, { text: text }] } }));
        }
        for number in
            [json!(0), json!(-0.0), json!(1.5e300), json!(i64::MIN), json!(i64::MAX), json!(1e-300), json!(3.0)]
        {
            check(&json!({ "extra": { "a": number, "b": [[number, true, []], {}, [{ "c": { "d": {} } }]] } }));
        }
        check(&json!({ "host": [], "vm": {}, "ui": {} }));
    }
}
