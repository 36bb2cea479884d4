//! metadata.json as a table can hold it: everything that TOML has no word for is named and left out.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

use crate::validate::metadata::Document;

/// Deeper values are left out: TOML readers stop at 80 levels, and the table itself takes some.
const MAX_DEPTH: usize = 48;

/// The key that Cargo's JSON has for a date, which no other object may have.
const DATE: &str = "$__toml_private_datetime";

/// What was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The value, without what TOML cannot hold.
    pub value: Value,
    /// What was left out: the way to it, and why.
    pub left_out: Vec<(String, &'static str)>,
}

/// Takes over what a metadata.json says.
#[must_use]
pub fn of(document: &Document) -> Found {
    let mut found = Found::default();
    let at = At { path: String::new(), depth: 0, found: &mut found };
    // A value that was read once can be read again.
    found.value = at.deserialize(&document.value).ok().flatten().unwrap_or_default();
    found
}

/// A place in the document, and the list that is written to. Gives `None` for what TOML cannot hold.
struct At<'a> {
    path: String,
    depth: usize,
    found: &'a mut Found,
}

impl At<'_> {
    fn below(&mut self, path: String) -> At<'_> {
        At { path, depth: self.depth + 1, found: self.found }
    }

    fn leave_out<T>(self, why: &'static str) -> Option<T> {
        self.found.left_out.push((self.path, why));
        None
    }
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.depth > MAX_DEPTH {
            serde::de::IgnoredAny::deserialize(deserializer)?;
            return Ok(self.leave_out("it is nested too deep for TOML"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(self.leave_out("TOML has no `null`"))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Some(Value::Bool(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Value::from(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        match i64::try_from(number) {
            Ok(number) => Ok(Some(Value::from(number))),
            Err(_) => Ok(self.leave_out("TOML has no number as large")),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Number::from_f64(number).map(|number| Some(Value::Number(number))).ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Value::from(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut items, mut index) = (Vec::new(), 0);
        loop {
            let path = format!("{}[{index}]", self.path);
            let Some(item) = list.next_element_seed(self.below(path))? else { return Ok(Some(Value::Array(items))) };
            items.extend(item);
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            let value = entries.next_value_seed(self.below(path))?;
            map.extend(value.map(|value| (key, value)));
        }
        match map.contains_key(DATE) {
            true => Ok(self.leave_out("Cargo takes an object with such a key for a date")),
            false => Ok(Some(Value::Object(map))),
        }
    }
}
