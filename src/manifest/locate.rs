//! From a key's path to its line in Cargo.toml.

use std::fmt;
use std::ops::Range;

use toml_edit::{Array, ArrayOfTables, Document, Item, Table, TableLike, Value};

use super::mistake::{KeyPath, Step};

/// A place in a text file; both counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Location {
    /// The place of a byte of a text.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
        Location { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A parsed manifest that can be asked where its keys stand.
#[derive(Debug)]
pub struct Locator<'a> {
    text: &'a str,
    document: Option<Document<&'a str>>,
}

impl<'a> Locator<'a> {
    /// Parses a manifest. One that is no TOML has no locations.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Locator { text, document: Document::parse(text).ok() }
    }

    /// Where a key stands, or the nearest one above it that exists.
    #[must_use]
    pub fn locate(&self, path: &KeyPath) -> Option<Location> {
        let mut node = Node::Table(self.document.as_ref()?.as_table());
        let mut start = None;
        for step in &path.0 {
            let Some((below, span)) = node.below(step) else { break };
            node = below;
            // Tables that only exist because of what is in them have no span of their own.
            start = span.map(|span| span.start).or(start);
        }
        start.map(|start| Location::of(self.text, start))
    }
}

/// What a step leads to, whichever of TOML's spellings it has.
enum Node<'a> {
    Table(&'a dyn TableLike),
    Tables(&'a ArrayOfTables),
    Array(&'a Array),
    Leaf,
}

impl<'a> Node<'a> {
    fn of_item(item: &'a Item) -> Self {
        match item {
            Item::Table(table) => Node::Table(table),
            Item::ArrayOfTables(tables) => Node::Tables(tables),
            Item::Value(value) => Node::of_value(value),
            Item::None => Node::Leaf,
        }
    }

    fn of_value(value: &'a Value) -> Self {
        match value {
            Value::InlineTable(table) => Node::Table(table),
            Value::Array(array) => Node::Array(array),
            _ => Node::Leaf,
        }
    }

    fn below(&self, step: &Step) -> Option<(Node<'a>, Option<Range<usize>>)> {
        match (self, step) {
            (Node::Table(table), Step::Key(key)) => {
                let (key, item) = table.get_key_value(key)?;
                // A `[table]` is best shown at its header, any other value at its key.
                let header = item.as_table().filter(|table| !table.is_dotted() && !table.is_implicit());
                Some((Node::of_item(item), header.map_or_else(|| key.span(), Table::span)))
            }
            (Node::Tables(tables), Step::Index(index)) => {
                let table = tables.get(*index)?;
                Some((Node::Table(table), table.span()))
            }
            (Node::Array(array), Step::Index(index)) => {
                let value = array.get(*index)?;
                Some((Node::of_value(value), value.span()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# é
[package]
name = "x"

[package.metadata.extension]
title = "X"
ui = { sorce = "ui/dist", "back end" = 1 }
vm.bin = "é"; # not TOML on purpose, see below
"#;

    fn check(text: &str, path: &KeyPath, expected: Option<&str>) {
        let location = Locator::new(text).locate(path).map(|location| location.to_string());
        assert_eq!(location.as_deref(), expected, "{path}");
    }

    #[test]
    fn every_spelling_is_found() {
        let text = TEXT.replace("; # not TOML on purpose, see below", "");
        let text = format!(
            "{text}args = [\"é\", {{ x = 1 }}]\n\n[[package.metadata.extension.host]]\nbin = \"a\"\n\n\
             [[package.metadata.extension.host]]\nurl = \"é\"\n  sha256.linux-arm64 = \"0\"\n"
        );
        let table = KeyPath::dotted("package.metadata.extension");
        for (path, expected) in [
            (table.clone(), "5:1"),
            (table.key("title"), "6:1"),
            (table.key("ui").key("sorce"), "7:8"),
            (table.key("ui").key("back end"), "7:27"),
            (table.key("vm").key("bin"), "8:4"),
            (table.key("vm").key("socket"), "8:1"),
            (table.key("args").index(0), "9:9"),
            (table.key("args").index(1).key("x"), "9:16"),
            (table.key("host").index(1), "14:1"),
            (table.key("host").index(1).key("sha256").key("linux-arm64"), "16:10"),
            (table.key("host").index(1).key("sha256").key("gone"), "16:3"),
            (table.key("host").index(0).key("gone").key("gone"), "11:1"),
            (KeyPath::dotted("package.version"), "2:1"),
        ] {
            check(&text, &path, Some(expected));
        }
    }

    #[test]
    fn what_is_no_toml_has_no_places() {
        check(TEXT, &KeyPath::dotted("package"), None);
        check("", &KeyPath::dotted("package"), None);
    }
}
