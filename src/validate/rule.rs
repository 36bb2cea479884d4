//! What a rule is: data about it, and a pure function that looks for what it is about.

use std::fmt;

use serde::Serialize;

use super::findings::Findings;
use super::view::{Subject, View};

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

/// What a rule looks at first of all. One that looks at more passes over what is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// metadata.json, which every subject has.
    Metadata,
    /// The labels.
    Labels,
    /// The files and platforms of an image.
    Image,
    /// The image's name.
    Name,
    /// The image's tag.
    Tag,
    /// The tags that a registry told of.
    Tags,
}

impl Needs {
    /// Why nothing can be looked for in a view; nothing if it can be.
    #[must_use]
    pub fn lacking(self, view: &View) -> Option<&'static str> {
        let image = view.image().is_some();
        let tags = view.online.as_ref().is_some_and(|online| online.tags.is_some());
        let (there, why) = match self {
            Needs::Metadata => (true, ""),
            Needs::Labels => (image || matches!(view.subject, Subject::Manifest { .. }), "there are no labels"),
            Needs::Image => (image, "there is no image"),
            Needs::Name => (view.reference.is_some(), "the image has no name"),
            Needs::Tag => (view.tag.is_some(), "the image has no tag"),
            Needs::Tags => (tags && view.tag.is_some(), "the tags of the repository were not asked for"),
        };
        (!there).then_some(why)
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
    /// What must be known of an extension to look for it at all.
    pub needs: Needs,
    /// Who says so.
    pub source: &'static str,
    /// Looks for breaches.
    pub check: fn(&View, &mut Findings<'_>),
}
