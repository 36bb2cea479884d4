//! What a rule is: data about it, and a pure function that looks for what it is about.

use std::fmt;

use serde::Serialize;

use super::findings::Findings;
use super::view::View;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It may not work, or not everywhere.
    Warning,
    /// Docker, a reviewer or a user's machine refuses it.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Error => "error",
            Level::Warning => "warning",
        })
    }
}

/// A rule.
///
/// The letter of an id is the level of its gravest finding for the Marketplace: `E` an error, `W` a warning. Some
/// rules about errors have a lesser finding too, which is a warning of the same id; their `why` says so.
#[derive(Debug)]
pub struct Rule {
    /// Its name for ever, such as `E01`.
    pub id: &'static str,
    /// The level of its gravest finding for the Marketplace.
    pub level: Level,
    /// The same for a private extension; none where it does not apply.
    pub private: Option<Level>,
    /// What must hold, as a sentence without a dot.
    pub title: &'static str,
    /// Why it matters, as sentences.
    pub why: &'static str,
    /// How to fix it, as an imperative fragment.
    pub fix: &'static str,
    /// The key below `[package.metadata.extension]` that decides it, for users of `cargo dext`.
    pub key: Option<&'static str>,
    /// Who says so.
    pub source: &'static str,
    /// Looks for breaches.
    pub check: fn(&View, &mut Findings<'_>),
}
