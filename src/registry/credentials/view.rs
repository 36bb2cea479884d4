//! Looking into a credentials file, with errors that say where.

use super::error::{At, Error};
use super::json::Json;

/// Who asks. The registry gets into messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) registry: &'a str,
    pub(super) repository: &'a str,
}

/// An object of a source and its place there.
#[derive(Debug, Clone)]
pub(super) struct View<'a> {
    pub(super) fields: &'a [(String, Json)],
    place: String,
    source: &'a str,
    asked: Asked<'a>,
}

impl<'a> View<'a> {
    /// The outermost value of a source.
    pub(super) fn root(value: &'a Json, source: &'a str, asked: Asked<'a>) -> Result<Self, Error> {
        View { fields: &[], place: String::new(), source, asked }.inner(value, String::new())
    }

    /// The place of a key in this object.
    pub(super) fn at(&self, key: &str) -> At {
        let dot = if self.place.is_empty() || key.is_empty() { "" } else { "." };
        At { source: self.source.to_owned(), key: format!("{}{dot}{key}", self.place) }
    }

    /// An error at a key of this object.
    pub(super) fn wrong(&self, key: &str, what: impl Into<String>) -> Error {
        Error::Content { what: what.into(), at: self.at(key), registry: self.asked.registry.to_owned() }
    }

    /// The object at a key; one that is missing or null is empty.
    pub(super) fn object(&self, name: &str) -> Result<Self, Error> {
        self.inner(self.field(name)?.unwrap_or(&Json::Null), name.to_owned())
    }

    /// An object whose key was found already; null is empty.
    pub(super) fn inner(&self, value: &'a Json, key: String) -> Result<Self, Error> {
        let fields = match value {
            Json::Object(fields) => fields.as_slice(),
            Json::Null => &[],
            other => return Err(self.unlike(&key, "an object", other)),
        };
        Ok(View { fields, place: self.at(&key).key, ..*self })
    }

    /// The text at a key, unless it is missing, null or empty.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Error> {
        match self.field(name)? {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(other) => Err(self.unlike(name, "a text", other)),
        }
    }

    /// The error of a value of another kind.
    pub(super) fn unlike(&self, key: &str, wanted: &str, found: &Json) -> Error {
        self.wrong(key, format!("should be {wanted} and is {}", found.kind()))
    }

    /// A field, found as Go finds it: without regard to case.
    fn field(&self, name: &str) -> Result<Option<&'a Json>, Error> {
        let mut found = self.fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(self.wrong(name, "is there twice")),
            (first, None) => Ok(first.map(|(_, value)| value)),
        }
    }
}
