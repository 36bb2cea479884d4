//! Findings: what rules found, where, and in which order it is told.

use std::fmt::{self, Write};

use serde::Serialize;

use super::merge::merge;
use super::rule::{Level, Rule};
use super::settings::Profile;
use super::view::PlatformView;
use crate::domain::steers;

/// How many findings of one rule are kept. A hostile file must not become a million lines.
const MAX_OF_A_RULE: usize = 200;

/// The longest text of a finding, in characters.
const MAX_TEXT: usize = 600;

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad it is.
    pub level: Level,
    /// What is wrong, as a lower-case fragment with the value that is.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What to do about it.
    pub help: String,
}

impl PartialEq for Rule {
    /// Ids are unique.
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// Where something is wrong. What does not apply is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// A file of the image, without a leading `/`, or `Cargo.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The key in that file: `host.binaries[0].darwin[1].path`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The line in that file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column in that line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// The label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The layer, by its name or the command that made it. Where platforms have it in different ones, each with its
    /// platform: `3 (linux/amd64), 4 (linux/arm64)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The platforms' images, as `linux/arm64`; empty where all of them have it or it belongs to none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
}

impl Place {
    /// Nowhere in particular: the image.
    #[must_use]
    pub fn image() -> Self {
        Place::default()
    }

    /// A file.
    #[must_use]
    pub fn file(path: &str) -> Self {
        Place { file: Some(path.trim_start_matches('/').to_owned()), ..Place::default() }
    }

    /// metadata.json as a whole.
    #[must_use]
    pub fn metadata() -> Self {
        Place::file("metadata.json")
    }

    /// A key of metadata.json.
    #[must_use]
    pub fn key(key: impl Into<String>) -> Self {
        Place { key: Some(key.into()), ..Place::metadata() }
    }

    /// A label.
    #[must_use]
    pub fn label(label: &str) -> Self {
        Place { label: Some(label.to_owned()), ..Place::default() }
    }

    /// The same place at a line.
    #[must_use]
    pub fn at(self, line: Option<u64>, column: Option<u64>) -> Self {
        Place { line, column, ..self }
    }

    /// The same place in a layer.
    #[must_use]
    pub fn in_layer(self, layer: Option<&str>) -> Self {
        Place { layer: layer.map(str::to_owned), ..self }
    }

    /// The same place in a platform's image.
    #[must_use]
    pub fn on(self, platform: Option<&PlatformView>) -> Self {
        Place { platforms: platform.iter().map(|platform| platform.name()).collect(), ..self }
    }
}

impl fmt::Display for Place {
    /// `metadata.json: host.binaries[0].darwin[1].path (linux/arm64)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.file.clone().unwrap_or_default();
        if let Some(line) = self.line {
            write!(text, ":{line}")?;
            self.column.iter().try_for_each(|column| write!(text, ":{column}"))?;
        }
        let mut add = |word: &str, part: Option<&String>, between: &str| {
            let Some(part) = part else { return };
            if !text.is_empty() {
                text += between;
            }
            text += word;
            text += part;
        };
        add("", self.key.as_ref(), ": ");
        add("label ", self.label.as_ref(), ", ");
        add("layer ", self.layer.as_ref(), ", ");
        if text.is_empty() {
            text = "the image".to_owned();
        }
        if !self.platforms.is_empty() {
            write!(text, " ({})", self.platforms.join(", "))?;
        }
        f.pad(&text)
    }
}

/// Where the check of one rule puts what it finds.
#[derive(Debug)]
pub struct Findings<'a> {
    rule: &'static Rule,
    profile: Profile,
    worst: Level,
    help: String,
    found: &'a mut Vec<Finding>,
    start: usize,
    left_out: usize,
}

impl<'a> Findings<'a> {
    /// A collector for a rule whose gravest level is `worst`.
    pub(super) fn new(
        rule: &'static Rule,
        profile: Profile,
        worst: Level,
        help: String,
        found: &'a mut Vec<Finding>,
    ) -> Self {
        let start = found.len();
        Findings { rule, profile, worst, help, found, start, left_out: 0 }
    }

    /// What the extension is for.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// Notes what breaks the rule.
    pub fn error(&mut self, place: Place, message: impl Into<String>) {
        self.add(Level::Error, place, message.into(), None);
    }

    /// Notes what breaks the rule, and what to do about this very thing.
    pub fn error_help(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.add(Level::Error, place, message.into(), Some(help.into()));
    }

    /// Notes a lesser breach.
    pub fn warning(&mut self, place: Place, message: impl Into<String>) {
        self.add(Level::Warning, place, message.into(), None);
    }

    /// Notes a lesser breach, and what to do about this very thing.
    pub fn warning_help(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.add(Level::Warning, place, message.into(), Some(help.into()));
    }

    fn add(&mut self, level: Level, place: Place, message: String, help: Option<String>) {
        if self.found.len() - self.start >= MAX_OF_A_RULE {
            self.left_out += 1;
            return;
        }
        let help = help.unwrap_or_else(|| self.help.clone());
        let level = level.min(self.worst);
        let (message, help, place) = (shown(&message), shown(&help), place.shown());
        self.found.push(Finding { rule: self.rule, level, message, place, help });
    }

    /// Ends the check: what several platforms have in common becomes one finding.
    pub(super) fn end(self, all: &[String]) {
        let Findings { rule, found, start, left_out, help, worst, .. } = self;
        let merged = merge(found.split_off(start), all);
        found.extend(merged);
        if left_out > 0 {
            let are = if left_out == 1 { "is" } else { "are" };
            let message = format!("and {left_out} more of these, which {are} left out");
            found.push(Finding { rule, level: worst, message, place: Place::image(), help });
        }
    }
}

impl Place {
    fn shown(self) -> Self {
        Place {
            file: self.file.as_deref().map(shown),
            key: self.key.as_deref().map(shown),
            label: self.label.as_deref().map(shown),
            layer: self.layer.as_deref().map(shown),
            platforms: self.platforms.iter().map(|platform| shown(platform)).collect(),
            ..self
        }
    }
}

/// A text that no terminal takes for a command: an image's own words are in it.
fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MAX_TEXT));
    let mut length = 0;
    for c in text.chars() {
        if length >= MAX_TEXT {
            out.push('…');
            break;
        }
        let shown = if steers(c) { c.escape_default().to_string() } else { c.to_string() };
        // What is escaped becomes longer.
        length += shown.chars().count();
        out.push_str(&shown);
    }
    out
}
