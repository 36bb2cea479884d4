//! The rules, a file for each family. A rule is an entry of its family's table and the function it names; the test
//! beside it has a view that breaks it and one that nearly does.

pub mod backend;
mod compose;
mod host;
mod host_files;
mod image;
mod labels;
mod market;
mod metadata;
mod same;
mod ui;
mod urls;

use super::rule::Rule;
use super::settings::UnknownRule;
use super::view::View;
use crate::domain::json;

/// The tables of all families.
const FAMILIES: [&[Rule]; 11] = [
    metadata::RULES,
    ui::RULES,
    compose::RULES,
    host::RULES,
    host_files::RULES,
    backend::RULES,
    labels::RULES,
    market::RULES,
    urls::RULES,
    image::RULES,
    same::RULES,
];

/// Every rule, by its number.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let mut rules: Vec<&'static Rule> = FAMILIES.iter().copied().flatten().collect();
    rules.sort_by_key(|rule| number(rule.id));
    rules.into_iter()
}

/// The rule of an id, in any case.
///
/// # Errors
/// When there is none; the error names the nearest.
pub fn find(id: &str) -> Result<&'static Rule, UnknownRule> {
    all().find(|rule| rule.id.eq_ignore_ascii_case(id)).ok_or_else(|| UnknownRule::new(id))
}

/// The number of an id, which orders the rules whatever their letters.
#[must_use]
pub fn number(id: &str) -> u32 {
    id.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(u32::MAX)
}

/// The addresses of pictures that labels name, each once: those of the icon and of the screenshots.
#[must_use]
pub fn picture_urls(view: &View) -> Vec<String> {
    let mut urls = Vec::new();
    for (_, labels) in view.labels() {
        urls.extend(labels::value(labels, labels::ICON).map(str::to_owned));
        let screenshots = labels::value(labels, labels::SCREENSHOTS);
        let screenshots = screenshots.and_then(|text| json::read(text.as_bytes(), json::MAX_VALUES).ok());
        let screenshots: Vec<serde_json::Value> = screenshots.unwrap_or_default();
        urls.extend(screenshots.iter().filter_map(|one| Some(one.get("url")?.as_str()?.to_owned())));
    }
    urls.retain(|url| urls::is_web(url));
    urls.sort();
    urls.dedup();
    urls
}

/// The first few of many words, for a message.
fn some<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let mut words = words.into_iter();
    let shown: Vec<String> = words.by_ref().take(SHOWN).map(|word| format!("`{word}`")).collect();
    let shown = shown.join(", ");
    match words.count() {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The cases of all families.
#[cfg(test)]
pub(super) fn cases() -> impl Iterator<Item = &'static super::testing::Case> {
    let families = [
        metadata::cases::CASES,
        ui::cases::CASES,
        compose::cases::CASES,
        host::cases::CASES,
        host_files::cases::CASES,
        backend::cases::CASES,
        labels::cases::CASES,
        market::cases::CASES,
        urls::cases::CASES,
        image::cases::CASES,
        same::cases::CASES,
    ];
    families.into_iter().flatten()
}
