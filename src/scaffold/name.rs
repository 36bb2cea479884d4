//! The name of a new extension, from which those of its crates, binaries and image follow.

use std::fmt;

use crate::domain::FileName;
use crate::domain::name::InvalidName;

/// The longest name, as crates.io has it.
const MAX_BYTES: usize = 64;

/// A name that is at once part of Cargo package names, of file names on three systems and of an image
/// reference: lower-case letters and digits in groups joined by single dashes or underscores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectName(String);

impl ProjectName {
    /// Checks the name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(name: &str) -> Result<Self, InvalidName> {
        match defect(name) {
            None => Ok(ProjectName(name.to_owned())),
            Some(why) => Err(InvalidName { name: name.to_owned(), kind: "name for an extension", why }),
        }
    }

    /// The nearest name to any text: `Disk Usage!` is near `disk-usage`. There may be none.
    #[must_use]
    pub fn near(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let groups = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|group| !group.is_empty());
        let joined = groups.collect::<Vec<_>>().join("-");
        let letters = joined.trim_start_matches(|c: char| !c.is_ascii_lowercase());
        let short = letters.get(..letters.len().min(MAX_BYTES))?;
        Self::new(short.trim_end_matches('-')).ok()
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a title: `disk-usage` is `Disk Usage`. The word "extension" goes, because the Marketplace's
    /// reviewers do not want it in titles.
    #[must_use]
    pub fn title(&self) -> String {
        let words: Vec<&str> = self.0.split(['-', '_']).collect();
        let telling: Vec<&str> = words.iter().copied().filter(|word| *word != "extension").collect();
        let words = if telling.is_empty() { words } else { telling };
        words.into_iter().map(capitalised).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}

fn defect(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > MAX_BYTES {
        Some("it is longer than 64 characters")
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("it does not start with a lower-case letter")
    } else if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')) {
        Some("it has a character other than lower-case letters, digits, `-` and `_`")
    } else if name.split(['-', '_']).any(str::is_empty) {
        Some("it ends in `-` or `_`, or has two of them in a row")
    } else if FileName::new(name).is_err() {
        Some("it is a device on Windows, where no folder can be called so")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for name in ["x", "disk-usage", "disk_usage", "a1-2b", "fn", "test", "core", "null", &"a".repeat(64)] {
            assert!(ProjectName::new(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "2048",
            "-x",
            "x-",
            "a--b",
            "a_-b",
            "Disk",
            "größe",
            "a b",
            "a.b",
            "a/b",
            "nul",
            "com1",
            &"a".repeat(65),
        ] {
            assert!(ProjectName::new(name).is_err(), "{name}");
        }
    }

    #[test]
    fn every_near_name_is_a_name() {
        let long = format!("{}-{}", "a".repeat(63), "b");
        for (text, near) in [
            ("Disk Usage!", Some("disk-usage")),
            ("2048 game", Some("game")),
            ("__x__", Some("x")),
            ("Größe", Some("gr-e")),
            ("容量", None),
            ("", None),
            (long.as_str(), Some(&long[..63])),
        ] {
            assert_eq!(ProjectName::near(text).as_ref().map(ProjectName::as_str), near, "{text}");
        }
    }

    #[test]
    fn titles() {
        for (name, title) in [
            ("disk-usage", "Disk Usage"),
            ("x", "X"),
            ("k8s_view2", "K8s View2"),
            ("my-extension", "My"),
            ("extension", "Extension"),
        ] {
            assert_eq!(ProjectName::new(name).expect(name).title(), title);
        }
    }
}
