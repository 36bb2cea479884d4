//! What a user may say about rules: what the extension is for, which rules do not count, and whether warnings do.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::rule::{Level, Rule};
use super::rules;
use crate::domain::Explain;
use crate::manifest::Extension;
use crate::manifest::extension::Origin;
use crate::manifest::mistake::nearest;

/// The rule about images that can be read. Its errors cannot be allowed: what was not read was not judged.
const WHOLE: &str = "E45";

/// What an extension is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Docker's Marketplace: everything its validator and its reviewers ask for.
    #[default]
    Marketplace,
    /// A company's own machines: what makes it work there.
    Private,
}

impl Profile {
    /// The profiles by name.
    pub const ALL: [Profile; 2] = [Profile::Marketplace, Profile::Private];

    /// The name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Profile::Marketplace => "marketplace",
            Profile::Private => "private",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Profile::ALL.into_iter().find(|profile| profile.as_str() == text).ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}

/// A word that is no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no profile; there are `marketplace` and `private`")]
pub struct UnknownProfile(pub String);

/// How findings are judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// What the extension is for.
    pub profile: Profile,
    /// Whether a warning is an error.
    pub deny_warnings: bool,
    /// The rules that do not count, each with the reason if one was given.
    allowed: BTreeMap<&'static str, Option<String>>,
}

impl Settings {
    /// Settings for a profile under which every rule counts.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Settings { profile, ..Settings::default() }
    }

    /// Lets a rule not count. Ids are taken in any case.
    ///
    /// # Errors
    /// When there is no such rule; the error names the nearest.
    pub fn allow(&mut self, id: &str, reason: Option<String>) -> Result<(), UnknownRule> {
        let rule = rules::find(id)?;
        self.allowed.insert(rule.id, reason);
        Ok(())
    }

    /// What a project's table says, and where it leaves that open, the profile for where its image goes.
    ///
    /// # Errors
    /// When the table names a rule that does not exist.
    pub fn of_project(extension: &Extension, otherwise: Profile) -> Result<Self, Misnamed> {
        let said = &extension.validate;
        // The manifest's floor has seen that it is one of the two.
        let profile = said.profile.as_deref().and_then(|profile| profile.parse().ok()).unwrap_or(otherwise);
        let mut settings = Settings { deny_warnings: said.deny_warnings, ..Settings::of(profile) };
        for (at, allowed) in said.allow.iter().enumerate() {
            settings.allow(&allowed.id, Some(allowed.reason.clone())).map_err(|rule| {
                let Origin { manifest_path, key, .. } = &extension.origin;
                let place = format!("{}, {key}.validate.allow[{at}].id", manifest_path.display());
                Misnamed { rule, place: Some(place) }
            })?;
        }
        Ok(settings)
    }

    /// The rules that do not count, by id, with their reasons.
    pub fn allowed(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        self.allowed.iter().map(|(id, reason)| (*id, reason.as_deref()))
    }

    /// The level of a rule's gravest finding; none where the rule does not count.
    #[must_use]
    pub fn level(&self, rule: &Rule) -> Option<Level> {
        let level = match self.profile {
            Profile::Marketplace => Some(rule.level),
            Profile::Private => rule.private,
        };
        level.filter(|_| rule.id == WHOLE || !self.allowed.contains_key(rule.id))
    }

    /// Whether a finding of a rule that counts does: of the one about what can be read, an error always.
    #[must_use]
    pub fn counts(&self, rule: &Rule, level: Level) -> bool {
        let firm = rule.id == WHOLE && level == Level::Error;
        firm || !self.allowed.contains_key(rule.id)
    }
}

/// An id that no rule has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{id}`")]
pub struct UnknownRule {
    /// The id.
    pub id: String,
    /// The rule that was most likely meant.
    pub nearest: Option<&'static str>,
}

impl UnknownRule {
    pub(super) fn new(id: &str) -> Self {
        let id: String = id.chars().take(80).collect();
        // People forget which letter an id has, and the zero of E01.
        let digits = |id: &str| id.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<u32>().ok();
        let same = rules::all().find(|rule| digits(&id).is_some() && digits(rule.id) == digits(&id));
        let near = same.map(|rule| rule.id).or_else(|| nearest(&id, rules::all().map(|rule| rule.id)));
        UnknownRule { id, nearest: near }
    }
}

/// An id that no rule has, and who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct Misnamed {
    /// The id.
    pub rule: UnknownRule,
    /// The key of Cargo.toml; none for the command line.
    pub place: Option<String>,
}

impl From<UnknownRule> for Misnamed {
    fn from(rule: UnknownRule) -> Self {
        Misnamed { rule, place: None }
    }
}

impl Explain for Misnamed {
    fn place(&self) -> Option<String> {
        self.place.clone()
    }

    fn help(&self) -> Option<String> {
        self.rule.help()
    }
}

impl Explain for UnknownRule {
    fn help(&self) -> Option<String> {
        Some(match self.nearest.and_then(|id| rules::find(id).ok()) {
            Some(rule) => format!("did you mean {}, \"{}\"?", rule.id, rule.title),
            None => "`--explain all` lists the rules".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_rules_are_refused_with_the_nearest() {
        let mut settings = Settings::default();
        for (id, near) in [("W03", Some("E03")), ("e3", Some("E03")), ("03", Some("E03")), ("zebra", None), ("", None)]
        {
            assert_eq!(settings.allow(id, None).map_err(|error| error.nearest), Err(near), "{id}");
        }
        assert_eq!(UnknownRule::new("W03").help().unwrap_or_default().split(',').next(), Some("did you mean E03"));
        assert_eq!(settings.allow("w28", Some("ours".to_owned())), Ok(()));
        assert_eq!(settings.allowed().collect::<Vec<_>>(), [("W28", Some("ours"))]);
    }

    #[test]
    fn a_profile_decides_the_level() {
        let rule = rules::find("E33").expect("E33");
        assert_eq!(Settings::default().level(rule), Some(Level::Error));
        assert_eq!(Settings::of(Profile::Private).level(rule), Some(Level::Warning));
        assert_eq!(Settings::of(Profile::Private).level(rules::find("E37").expect("E37")), None);
        let mut settings = Settings::default();
        settings.allow("E33", None).expect("E33");
        assert_eq!(settings.level(rule), None);
        assert_eq!("private".parse(), Ok(Profile::Private));
        assert!("Market".parse::<Profile>().is_err());
    }
}
