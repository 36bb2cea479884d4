//! The image's labels as keys: the inverse of [`crate::bundle::labels`].

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::draft::{Part, Parts};
use crate::domain::json::{self, MAX_VALUES};
use crate::manifest::extension::{Link, Screenshot};

/// The label of the version, which is always the package's.
pub(super) const VERSION: &str = "org.opencontainers.image.version";

/// Labels that every extension has, and their keys.
pub(super) const WORDS: [(&str, &str); 4] = [
    ("title", "org.opencontainers.image.title"),
    ("vendor", "org.opencontainers.image.vendor"),
    ("description", "org.opencontainers.image.description"),
    ("api-version", "com.docker.desktop.extension.api.version"),
];

/// Labels that `marketplace` has keys for.
pub(super) const MARKET: [(&str, &str); 8] = [
    ("publisher-url", "com.docker.extension.publisher-url"),
    ("icon-url", "com.docker.desktop.extension.icon"),
    ("screenshots", "com.docker.extension.screenshots"),
    ("additional-urls", "com.docker.extension.additional-urls"),
    ("detailed-description", "com.docker.extension.detailed-description"),
    ("changelog", "com.docker.extension.changelog"),
    ("categories", "com.docker.extension.categories"),
    ("account-info", "com.docker.extension.account-info"),
];

fn label<'a>(parts: &Parts<'a>, name: &str) -> Option<&'a str> {
    parts.labels?.get(name).map(String::as_str)
}

/// `title`, `vendor`, `description` and `api-version`. A title that no label says is the tab's.
pub(super) fn words(parts: &Parts<'_>, verbatim: &BTreeSet<Part>) -> Map<String, Value> {
    let said = WORDS.into_iter().filter_map(|(key, name)| {
        let text = label(parts, name).filter(|_| !verbatim.contains(&Part::Word(key.to_owned())))?;
        Some((key.to_owned(), json!(text)))
    });
    let mut words: Map<String, Value> = said.collect();
    let tab = parts.metadata.pointer("/ui/dashboard-tab/title").filter(|title| title.is_string());
    if let (false, Some(title)) = (words.contains_key("title"), tab) {
        words.insert("title".to_owned(), title.clone());
    }
    words
}

/// `marketplace`
pub(super) fn marketplace(parts: &Parts<'_>, verbatim: &BTreeSet<Part>) -> Map<String, Value> {
    let said =
        MARKET.into_iter().filter_map(|(key, name)| Some((key.to_owned(), market_value(parts, key, name, verbatim)?)));
    said.collect()
}

/// The value of a key of `marketplace`; `None` if the label is missing, or its text is no such value.
fn market_value(parts: &Parts<'_>, key: &str, name: &str, verbatim: &BTreeSet<Part>) -> Option<Value> {
    let text = label(parts, name).filter(|_| !verbatim.contains(&Part::Market(key.to_owned())))?;
    match key {
        "screenshots" => list::<Screenshot>(text),
        "additional-urls" => list::<Link>(text),
        "categories" if text.is_empty() || text.matches(',').count() >= MAX_VALUES => None,
        "categories" => Some(text.split(',').collect()),
        _ => Some(json!(text)),
    }
}

/// JSON that is a list of `T` and nothing more.
fn list<T: DeserializeOwned + Serialize>(text: &str) -> Option<Value> {
    let value: Value = json::read(text.as_bytes(), MAX_VALUES).ok()?;
    let typed = serde_json::to_value(serde_json::from_str::<Vec<T>>(text).ok()?).ok()?;
    // A list also reads as a struct, but is not what would be written.
    (typed == value).then_some(value)
}

/// `labels`: every label that no other key sets.
pub(super) fn further(parts: &Parts<'_>, verbatim: &BTreeSet<Part>) -> Map<String, Value> {
    let set_otherwise = |name: &str| {
        let market = MARKET.iter().find(|(_, label)| *label == name);
        let by_market = market.is_some_and(|(key, name)| market_value(parts, key, name, verbatim).is_some());
        name == VERSION || by_market || WORDS.iter().any(|(_, label)| *label == name)
    };
    let labels = parts.labels.into_iter().flatten().filter(|(name, value)| {
        let inherited = parts.inherited.get(name.as_str()) == Some(value);
        !set_otherwise(name) && !inherited && !verbatim.contains(&Part::Label((*name).clone()))
    });
    labels.map(|(name, value)| (name.clone(), json!(value))).collect()
}
