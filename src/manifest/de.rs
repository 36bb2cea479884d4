//! Reads a JSON value into a Rust type, and says at which key it went wrong.
//!
//! `serde_json`'s own errors know a line and a column of JSON text, which nobody has written here: the value
//! comes from `cargo metadata`. What helps is the key's path in Cargo.toml.

use std::fmt;

use serde::de::{self, DeserializeOwned, IntoDeserializer, Unexpected};
use serde_json::Value;

use super::mistake::{KeyPath, Mistake, Step, nearest};

/// More mistakes than this are not looked for.
const MAX_MISTAKES: usize = 100;

/// The key of the table that `cargo metadata` writes for a date, which JSON does not have.
const DATE: &str = "$__toml_private_datetime";

/// What was read: the value, if enough of it could be understood, and all that was wrong.
#[derive(Debug)]
pub struct Reading<T> {
    /// The value, without the parts that were wrong.
    pub value: Option<T>,
    /// Everything that was wrong.
    pub mistakes: Vec<Mistake>,
    /// The keys that `value` lacks because of a mistake.
    pub struck: Vec<KeyPath>,
}

/// Reads `value`, which stands at `root`.
///
/// Serde stops at the first mistake. To find them all, the wrong part is struck out (TOML has no null, so
/// null is free to mean that) and the rest is read again.
pub fn read<T: DeserializeOwned>(mut value: Value, root: &KeyPath) -> Reading<T> {
    let (mut mistakes, mut struck) = (Vec::new(), Vec::new());
    loop {
        let error = match T::deserialize(Reader(&value)) {
            Ok(read) => return Reading { value: Some(read), mistakes, struck },
            Err(error) => error,
        };
        let steps: Vec<Step> = error.steps.into_iter().rev().collect();
        let path = root.then(steps.iter().cloned());
        // A part that was struck out is missing only because of that.
        if !struck.iter().any(|above| path.starts_with(above)) {
            mistakes.push(Mistake { path: path.clone(), what: error.what, help: error.help });
        }
        struck.push(path);
        if let (Some(meant), Some((_, parent))) = (error.meant, steps.split_last()) {
            struck.push(root.then(parent.iter().cloned()).key(&meant));
        }
        if !strike(&mut value, &steps) || mistakes.len() == MAX_MISTAKES {
            return Reading { value: None, mistakes, struck };
        }
    }
}

/// Puts null where `steps` lead to, or where the last of them stops existing. The whole value is not struck.
fn strike(value: &mut Value, steps: &[Step]) -> bool {
    let Some((first, rest)) = steps.split_first() else { return false };
    let below = match (first, value) {
        (Step::Key(key), Value::Object(map)) => map.get_mut(key),
        (Step::Index(index), Value::Array(list)) => list.get_mut(*index),
        _ => None,
    };
    let Some(below) = below.filter(|below| !below.is_null()) else { return false };
    // A key that is missing cannot be struck; the table that lacks it can.
    if !strike(below, rest) {
        *below = Value::Null;
    }
    true
}

/// Serde's view of a JSON value in which null means "not there".
#[derive(Clone, Copy)]
struct Reader<'de>(&'de Value);

impl<'de> de::Deserializer<'de> for Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(map) if map.contains_key(DATE) => {
                Err(de::Error::invalid_type(Unexpected::Other("a date"), &visitor))
            }
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => visitor.visit_i64(integer),
                (None, Some(float)) => visitor.visit_f64(float),
                (None, None) => Err(de::Error::custom(format_args!("the number {number} is out of range"))),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(list) => visitor.visit_seq(Items { list, next: 0 }),
            Value::Object(map) => visitor.visit_map(Entries { rest: map.iter(), value: None }),
        }
    }

    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_struct<V: de::Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            // Derived code would take a list for the fields in their order.
            Value::Array(_) => Err(de::Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: de::Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Items<'de> {
    list: &'de [Value],
    next: usize,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        while let Some(item) = self.list.get(self.next) {
            let index = self.next;
            self.next += 1;
            if !item.is_null() {
                return seed.deserialize(Reader(item)).map(Some).map_err(|error| error.below(Step::Index(index)));
            }
        }
        Ok(None)
    }
}

struct Entries<'de> {
    rest: serde_json::map::Iter<'de>,
    value: Option<(&'de str, &'de Value)>,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.rest.by_ref().find(|(_, value)| !value.is_null()) else { return Ok(None) };
        self.value = Some((key, value));
        seed.deserialize(key.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (key, value) = self.value.take().expect("serde asks for a value after its key");
        seed.deserialize(Reader(value)).map_err(|error| error.below(Step::Key(key.to_owned())))
    }
}

/// A mistake on its way up to the root.
#[derive(Debug)]
struct Error {
    /// The steps to the value, innermost first.
    steps: Vec<Step>,
    what: String,
    help: Option<String>,
    /// The key that was probably meant.
    meant: Option<String>,
}

impl Error {
    fn below(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Error { steps: Vec::new(), what: what.to_string(), help: None, meant: None }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let wanted = wanted(expected);
        let help = match found {
            Unexpected::Map if wanted == "a list" => Some("write the header with two brackets: `[[…]]`".to_owned()),
            Unexpected::Str(text) if wanted == "a list" => Some(format!("write `[{text:?}]`")),
            Unexpected::Other(_) => Some("put the date in quotes".to_owned()),
            _ => None,
        };
        Error { help, ..Self::custom(format_args!("expected {wanted}, found {}", Found(found))) }
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        let meant = nearest(key, known.iter().copied());
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known keys are {}", list(known)),
        };
        Error {
            steps: vec![Step::Key(key.to_owned())],
            what: format!("unknown key `{key}`"),
            help: Some(help),
            meant: meant.map(str::to_owned),
        }
    }

    fn missing_field(key: &'static str) -> Self {
        Error { steps: vec![Step::Key(key.to_owned())], ..Self::custom(format_args!("the key `{key}` is missing")) }
    }
}

/// Names in backticks, joined by commas.
pub fn list<T: fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What was expected, in TOML's words where serde has its own.
fn wanted(expected: &dyn de::Expected) -> String {
    match expected.to_string() {
        text if text.starts_with("struct ") || text == "a map" => "a table".to_owned(),
        text if text == "a sequence" => "a list".to_owned(),
        text if text == "a boolean" => "true or false".to_owned(),
        text if text == "any valid JSON value" => "what JSON can hold too".to_owned(),
        text => text,
    }
}

/// What was found, in TOML's words.
struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Bool(flag) => write!(f, "{flag}"),
            Unexpected::Signed(number) => write!(f, "the number {number}"),
            Unexpected::Unsigned(number) => write!(f, "the number {number}"),
            Unexpected::Float(number) => write!(f, "the number {number}"),
            Unexpected::Str(text) => write!(f, "the string {text:?}"),
            Unexpected::Seq => f.write_str("a list"),
            Unexpected::Map => f.write_str("a table"),
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Outer {
        title: Option<String>,
        inner: Option<Vec<Inner>>,
        words: Option<BTreeMap<String, String>>,
        all_at_once: Option<bool>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        alt: String,
        list: Option<Vec<String>>,
    }

    fn check(value: Value, expected: &[&str]) -> Option<Outer> {
        let reading = read::<Outer>(value, &KeyPath::dotted("t"));
        let lines: Vec<String> = reading
            .mistakes
            .iter()
            .map(|m| format!("{}: {}{}", m.path, m.what, m.help.as_ref().map(|h| format!("; {h}")).unwrap_or_default()))
            .collect();
        assert_eq!(lines, expected);
        reading.value
    }

    #[test]
    fn a_right_value_is_read() {
        let value = json!({"title": "x", "inner": [{"alt": "a"}], "words": {"k": "v"}, "all-at-once": true});
        let outer = check(value, &[]).expect("read");
        assert_eq!(outer.all_at_once, Some(true));
        assert_eq!(outer.inner.map(|inner| inner.len()), Some(1));
    }

    #[test]
    fn every_mistake_has_its_path() {
        let value = json!({
            "titel": "x",
            "zebra": 1,
            "all-at-once": "yes",
            "words": {"k": 3, "l": {"x": 1}},
            "inner": [{"alt": ["a"], "list": "x"}, 7, {"list": [true]}, {"alt": "fine"}],
        });
        let outer = check(
            value,
            &[
                r#"t.all-at-once: expected true or false, found the string "yes""#,
                "t.inner[0].alt: expected a string, found a list",
                r#"t.inner[0].list: expected a list, found the string "x"; write `["x"]`"#,
                "t.inner[1]: expected a table, found the number 7",
                "t.inner[2].list[0]: expected a string, found true",
                "t.inner[2].alt: the key `alt` is missing",
                "t.titel: unknown key `titel`; did you mean `title`?",
                "t.words.k: expected a string, found the number 3",
                "t.words.l: expected a string, found a table",
                "t.zebra: unknown key `zebra`; known keys are `title`, `inner`, `words`, `all-at-once`",
            ],
        );
        assert_eq!(outer.and_then(|outer| outer.inner).map(|inner| inner.len()), Some(1));
    }

    #[test]
    fn a_root_of_another_kind_is_one_mistake() {
        assert_eq!(check(json!([1]), &["t: expected a table, found a list"]), None);
    }

    #[test]
    fn mistakes_are_bounded() {
        let many: serde_json::Map<String, Value> = (0..1000).map(|n| (format!("zebra{n}"), json!(1))).collect();
        let reading = read::<Outer>(Value::Object(many), &KeyPath::dotted("t"));
        assert_eq!(reading.mistakes.len(), MAX_MISTAKES);
    }
}
