//! Versions and constraints as the label `com.docker.desktop.extension.api.version` holds them: `0.3.4`, `>= 0.3.4`,
//! `>=0.2.3`, `>= 1.4.7, < 2.0`, `^1.2 || ~2.1`.
//!
//! What is read is what the usual library of Go programs reads (Masterminds/semver): one to three numbers, an
//! optional `v`, a wildcard, and constraints joined by commas, blanks and `||`. Which library Docker Desktop uses is
//! not known; all values seen in 166 real extensions are read.

use std::fmt;

use semver::{BuildMetadata, Prerelease, Version};

/// The newest version of the SDK that is known (`@docker/extension-api-client` 0.4.2).
pub const NEWEST: Version =
    Version { major: 0, minor: 4, patch: 2, pre: Prerelease::EMPTY, build: BuildMetadata::EMPTY };

/// The longest text that is read, in bytes.
const MAX_BYTES: usize = 256;

/// A list of alternatives, each a list of bounds that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint(Vec<Vec<Bound>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    operator: &'static str,
    /// The version with zeros for what was not written; none for a mere `*`.
    version: Option<Version>,
    /// Whether all three numbers were written.
    full: bool,
}

/// Why a text is no constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoConstraint(String);

impl fmt::Display for NoConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The operators, longer ones before those they begin with.
const OPERATORS: [&str; 11] = ["!=", ">=", "<=", "=>", "=<", "~>", ">", "<", "=", "~", "^"];

impl Constraint {
    /// Reads a constraint.
    ///
    /// # Errors
    /// Why it is none, as what follows it in a sentence.
    pub fn parse(text: &str) -> Result<Self, NoConstraint> {
        if text.len() > MAX_BYTES {
            return Err(NoConstraint(format!("has {} bytes", text.len())));
        }
        let alternatives = text.split("||").map(|part| bounds(part.trim()));
        alternatives.collect::<Result<_, _>>().map(Constraint)
    }

    /// The one version that it matches, if it is written as one.
    #[must_use]
    pub fn exact(&self) -> Option<&Version> {
        match self.0.as_slice() {
            [bounds] => match bounds.as_slice() {
                [Bound { operator: "=", version, full: true }] => version.as_ref(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether no version up to this one matches: each alternative has a bound that begins above it.
    #[must_use]
    pub fn is_above(&self, version: &Version) -> bool {
        let above = |bound: &Bound| {
            bound.version.as_ref().is_some_and(|least| match bound.operator {
                "<" | "<=" | "=<" | "!=" => false,
                ">" => least >= version,
                _ => least > version,
            })
        };
        self.0.iter().all(|bounds| bounds.iter().any(above))
    }
}

fn bounds(text: &str) -> Result<Vec<Bound>, NoConstraint> {
    let mut rest = text;
    let mut bounds = Vec::new();
    loop {
        let trimmed = rest.trim_start();
        let operator = OPERATORS.into_iter().find(|operator| trimmed.starts_with(operator));
        let version = trimmed[operator.map_or(0, str::len)..].trim_start();
        let end = version.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(version.len());
        bounds.push(bound(operator.unwrap_or("="), &version[..end])?);
        let after = version[end..].trim_start();
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(bounds),
            None => rest = after,
        }
    }
}

fn bound(operator: &'static str, text: &str) -> Result<Bound, NoConstraint> {
    let no_version = || {
        NoConstraint(if text.is_empty() { "lacks a version".to_owned() } else { format!("has no version at `{text}`") })
    };
    let plain = text.strip_prefix('v').unwrap_or(text);
    if matches!(plain, "*" | "x" | "X") {
        return Ok(Bound { operator, version: None, full: false });
    }
    let (numbers, suffix) = plain.split_at(plain.find(['-', '+']).unwrap_or(plain.len()));
    let parts: Vec<&str> = numbers.split('.').collect();
    let wild = parts.iter().position(|part| matches!(*part, "*" | "x" | "X")).unwrap_or(parts.len());
    if parts.len() > 3 || parts[wild..].iter().any(|part| !matches!(*part, "*" | "x" | "X")) {
        return Err(no_version());
    }
    let mut three = parts[..wild].to_vec();
    three.resize(3, "0");
    let version = Version::parse(&format!("{}{suffix}", three.join("."))).map_err(|_| no_version())?;
    Ok(Bound { operator, version: Some(version), full: wild == 3 })
}

/// The version that a tag names: one to three numbers, with or without `v`. `latest` names none.
#[must_use]
pub fn version_of_tag(tag: &str) -> Option<Version> {
    let plain = tag.strip_prefix('v').unwrap_or(tag);
    let (numbers, suffix) = plain.split_at(plain.find(['-', '+']).unwrap_or(plain.len()));
    let mut parts: Vec<&str> = numbers.split('.').collect();
    if parts.len() > 3 {
        return None;
    }
    parts.resize(3, "0");
    Version::parse(&format!("{}{suffix}", parts.join("."))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_real_extensions_write_is_read() {
        for (text, exact) in [
            ("0.3.4", Some("0.3.4")),
            ("= 0.3.4", Some("0.3.4")),
            (">= 0.2.3", None),
            (">=0.2.3", None),
            (">= 1.4.7, < 2.0", None),
            (">=1.4.7 <2", None),
            ("^1.2 || ~0.2", None),
            ("0.3", None),
            ("0.3.x", None),
            ("v0.3.4", Some("0.3.4")),
            ("*", None),
            ("<= 0.4.2", None),
            (">= 0.3.0-beta.1", None),
        ] {
            let constraint = Constraint::parse(text).unwrap_or_else(|why| panic!("{text} {why}"));
            assert_eq!(constraint.exact().map(ToString::to_string).as_deref(), exact, "{text}");
        }
    }

    #[test]
    fn what_begins_above_a_version_does_not_match_it() {
        for text in [">= 0.4.3", "> 0.4.2", "0.4.3", "~0.5", "^1", ">= 0.5, < 2", "< 1, > 0.4.2", "^1.2 || > 0.4.2"] {
            assert!(Constraint::parse(text).is_ok_and(|it| it.is_above(&NEWEST)), "{text}");
        }
        for text in [">= 0.4.2", "> 0.4.1", "0.4.2", "0.4", "<= 0.5", "!= 0.5", "*", "^1.2 || <1", ">= 0.3.4, < 9"] {
            assert!(Constraint::parse(text).is_ok_and(|it| !it.is_above(&NEWEST)), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", ">=", ">= ", "latest", "0.3.4.5", ">= 0.3.4,", "1.x.2", ">> 1", "0.3.4 || ", &"1,".repeat(200)]
        {
            assert!(Constraint::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn tags_name_versions() {
        for (tag, version) in [
            ("1.2.3", Some("1.2.3")),
            ("v0.1.0", Some("0.1.0")),
            ("1.2", Some("1.2.0")),
            ("1.0.0-rc.1", Some("1.0.0-rc.1")),
        ] {
            assert_eq!(version_of_tag(tag).map(|version| version.to_string()).as_deref(), version, "{tag}");
        }
        for tag in ["latest", "main", "pr6644", "1.2.3.4", "", "v", "1.x"] {
            assert_eq!(version_of_tag(tag), None, "{tag}");
        }
    }
}
