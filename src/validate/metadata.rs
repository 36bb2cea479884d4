//! metadata.json: from bytes to a tree, with everything that is wrong with the text, and the questions that rules
//! ask it. The values a question finds are of the right type; what is of the wrong one is the business of the rules
//! about shapes.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::domain::{Digest, Os, json};

/// The largest metadata.json that is read, in bytes. The longest seen in a real extension has about 20 KiB.
pub const MAX_BYTES: u64 = 1 << 20;

/// How many files of `host.binaries` are looked at. The longest list seen in a real extension has about 300.
pub const MAX_HOST_PATHS: usize = 2_000;

/// How many repeated keys are remembered.
const MAX_REPEATED: usize = 20;

/// What there is at `/metadata.json`.
#[derive(Debug, Clone, PartialEq)]
pub enum Metadata {
    /// Nothing.
    Absent,
    /// Something that is no file, as the object of a sentence: `a folder`.
    NoFile(&'static str),
    /// A file of more than [`MAX_BYTES`].
    TooLarge(u64),
    /// A file of so many values, which are more than [`json::MAX_VALUES`].
    TooMany(usize),
    /// A file that is no JSON.
    Broken(Broken),
    /// JSON. Platforms that have the same share it.
    Whole(Arc<Document>),
}

/// Why a text is no JSON that Docker Desktop reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong, as a lower-case fragment.
    pub what: String,
    /// The line, counted from 1, where that is known.
    pub line: Option<u64>,
    /// The column, counted from 1.
    pub column: Option<u64>,
}

/// A metadata.json that is JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What it says; of a repeated key the last value, as Go and JavaScript take it.
    pub value: Value,
    /// The paths of keys that occur twice, the first twenty.
    pub repeated: Vec<String>,
    /// The hash of its bytes.
    pub digest: Digest,
    /// Its text, in which keys have their lines.
    pub text: Box<str>,
}

/// One file of `host.binaries`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostPath<'a> {
    /// The operating system it is listed for.
    pub os: Os,
    /// The path as it is written.
    pub path: &'a str,
    /// The place of its group in `host.binaries`.
    pub group: usize,
    /// Its place in the group's list.
    pub item: usize,
}

impl HostPath<'_> {
    /// Where it stands: `host.binaries[0].darwin[1].path`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("host.binaries[{}].{}[{}].path", self.group, self.os, self.item)
    }
}

impl Metadata {
    /// Reads the bytes of a metadata.json.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        // A tree takes many times the memory of its text, so it is made of few values only.
        let values = json::values(bytes);
        if values > json::MAX_VALUES {
            return Metadata::TooMany(values);
        }
        match parse(bytes) {
            Ok(document) => Metadata::Whole(Arc::new(document)),
            Err(broken) => Metadata::Broken(broken),
        }
    }

    /// The document, if there is a whole one.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        match self {
            Metadata::Whole(document) => Some(document),
            _ => None,
        }
    }
}

impl Document {
    /// The value at a path of keys, if everything above it is an object.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.value, |value, key| value.as_object()?.get(*key))
    }

    /// The text at a path of keys, unless it is blank.
    #[must_use]
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_str().filter(|text| !text.trim().is_empty())
    }

    /// `icon`.
    #[must_use]
    pub fn icon(&self) -> Option<&str> {
        self.text(&["icon"])
    }

    /// `ui.dashboard-tab.root`.
    #[must_use]
    pub fn ui_root(&self) -> Option<&str> {
        self.text(&["ui", "dashboard-tab", "root"])
    }

    /// `ui.dashboard-tab.src`.
    #[must_use]
    pub fn ui_src(&self) -> Option<&str> {
        self.text(&["ui", "dashboard-tab", "src"])
    }

    /// `ui.dashboard-tab.backend.socket`.
    #[must_use]
    pub fn ui_socket(&self) -> Option<&str> {
        self.text(&["ui", "dashboard-tab", "backend", "socket"])
    }

    /// `vm.exposes.socket`.
    #[must_use]
    pub fn vm_socket(&self) -> Option<&str> {
        self.text(&["vm", "exposes", "socket"])
    }

    /// `vm.image`.
    #[must_use]
    pub fn vm_image(&self) -> Option<&str> {
        self.text(&["vm", "image"])
    }

    /// `vm.composefile`.
    #[must_use]
    pub fn composefile(&self) -> Option<&str> {
        self.text(&["vm", "composefile"])
    }

    /// The files of `host.binaries` that are listed in the one shape Docker Desktop reads, in the order written, at
    /// most [`MAX_HOST_PATHS`].
    #[must_use]
    pub fn host_paths(&self) -> Vec<HostPath<'_>> {
        let groups = self.at(&["host", "binaries"]).and_then(Value::as_array).into_iter().flatten().enumerate();
        let lists = groups.flat_map(|(group, lists)| {
            let lists = lists.as_object().into_iter().flatten();
            lists.filter_map(move |(os, files)| Some((group, os.parse::<Os>().ok()?, files.as_array()?)))
        });
        let files = lists.flat_map(|(group, os, files)| {
            let files = files.iter().enumerate();
            files.filter_map(move |(item, file)| {
                let path = file.as_object()?.get("path")?.as_str().filter(|path| !path.trim().is_empty())?;
                Some(HostPath { os, path, group, item })
            })
        });
        files.take(MAX_HOST_PATHS).collect()
    }
}

fn parse(bytes: &[u8]) -> Result<Document, Broken> {
    let broken = |what: &str| Broken { what: what.to_owned(), line: None, column: None };
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(Broken { line: Some(1), column: Some(1), ..broken("it begins with a byte order mark") });
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(broken("it is UTF-16; JSON is UTF-8"));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(broken("it is empty"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    let repeated = RefCell::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let tree = Tree { path: String::new(), repeated: &repeated };
    let value = tree.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match value {
        Ok(value) => {
            Ok(Document { value, repeated: repeated.into_inner(), digest: Digest::of(bytes), text: text.into() })
        }
        Err(error) => Err(syntax(&error)),
    }
}

fn not_utf8(bytes: &[u8], at: usize) -> Broken {
    let before = &bytes[..at];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = at - before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1) + 1;
    Broken { what: "it is not UTF-8".to_owned(), line: Some(line as u64), column: Some(column as u64) }
}

/// serde_json's own words without the place at their end, which is told apart.
fn syntax(error: &serde_json::Error) -> Broken {
    let (line, column) = (error.line() as u64, error.column() as u64);
    let what = error.to_string();
    let what = what.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&what);
    let what = if what == "recursion limit exceeded" { "it nests deeper than 128 levels" } else { what };
    Broken { what: what.to_owned(), line: Some(line), column: Some(column) }
}

/// Reads JSON as `serde_json::Value` does, and notes the keys that occur twice in one object.
#[derive(Clone)]
struct Tree<'a> {
    path: String,
    repeated: &'a RefCell<Vec<String>>,
}

impl Tree<'_> {
    /// The reader of what is below a key; without paths when nobody will ask for more of them.
    fn below(&self, step: fmt::Arguments<'_>) -> Self {
        let full = self.repeated.borrow().len() >= MAX_REPEATED;
        let path = if full { String::new() } else { format!("{}{step}", self.path) };
        Tree { path, repeated: self.repeated }
    }

    fn key(&self, key: &str) -> Self {
        let key: String = key.chars().take(80).collect();
        if self.path.is_empty() { self.below(format_args!("{key}")) } else { self.below(format_args!(".{key}")) }
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self.below(format_args!("[{}]", values.len())))? {
            if values.is_empty() {
                // The first room that a list takes by itself is for four.
                values.reserve_exact(1);
            }
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            let below = self.key(&key);
            let path = below.path.clone();
            let value = entries.next_value_seed(below)?;
            if map.insert(key, value).is_some() && self.repeated.borrow().len() < MAX_REPEATED {
                self.repeated.borrow_mut().push(path);
            }
        }
        Ok(Value::Object(map))
    }
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer).map_err(|error| D::Error::custom(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_says_where() {
        let deep = "[".repeat(1_000);
        for (text, what, place) in [
            (&b"{\n  \"a\": 1,\n}"[..], "trailing comma", Some((3, 1))),
            (b"\xef\xbb\xbf{}", "it begins with a byte order mark", Some((1, 1))),
            (b"\xff\xfe{\0", "it is UTF-16; JSON is UTF-8", None),
            (b" \r\n", "it is empty", None),
            (b"{\n\"a\xff\": 1}", "it is not UTF-8", Some((2, 3))),
            (b"{} {}", "trailing characters", Some((1, 4))),
            (b"{\"a\": 1e999}", "number out of range", Some((1, 11))),
            (deep.as_bytes(), "it nests deeper than 128 levels", Some((1, 128))),
            (b"{\"a\": ", "EOF while parsing a value", Some((1, 6))),
            (b"{1: 2}", "key must be a string", Some((1, 2))),
        ] {
            let Metadata::Broken(broken) = Metadata::read(text) else { panic!("{what}") };
            assert_eq!((broken.what.as_str(), broken.line.zip(broken.column)), (what, place), "{what}");
        }
    }

    #[test]
    fn windows_line_ends_are_json() {
        assert_eq!(Metadata::read(b"{\r\n\"icon\": \"a\"\r\n}\r\n").document().and_then(Document::icon), Some("a"));
    }

    #[test]
    fn repeated_keys_are_noted_and_the_last_counts() {
        let metadata =
            Metadata::read(br#"{"a": [{"b": 1, "b": 2}], "icon": "x", "c": {"d": {}, "d": 1}, "icon": "y"}"#);
        let document = metadata.document().expect("JSON");
        assert_eq!(document.repeated, ["a[0].b", "c.d", "icon"]);
        assert_eq!(document.icon(), Some("y"));
        let many = format!("{{{}\"a\": 1}}", "\"a\": {\"x\": 1, \"x\": 2}, ".repeat(1000));
        assert_eq!(Metadata::read(many.as_bytes()).document().map(|it| it.repeated.len()), Some(MAX_REPEATED));
    }

    #[test]
    fn host_paths_are_those_of_the_shape_that_is_alive() {
        let metadata = Metadata::read(
            br#"{"host": {"binaries": [
                {"darwin": [{"path": "/d/a"}, {}, {"path": "/d/b"}], "plan9": [{"path": "/x"}]},
                {"windows": [{"path": 1}, {"path": " "}], "linux": {"path": "/dead"}},
                [], null, {"linux": [{"path": "/l"}]}
            ]}}"#,
        );
        let paths = metadata.document().expect("JSON").host_paths();
        let paths: Vec<String> = paths.iter().map(|file| format!("{} {}", file.key(), file.path)).collect();
        assert_eq!(
            paths,
            [
                "host.binaries[0].darwin[0].path /d/a",
                "host.binaries[0].darwin[2].path /d/b",
                "host.binaries[4].linux[0].path /l"
            ]
        );
    }
}
