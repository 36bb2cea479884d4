//! Checked newtypes for names that end up in commands, paths and references.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::image_path::defect;

/// A name that breaks its own kind's rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no {kind}: {why}")]
pub struct InvalidName {
    /// The name as it was written.
    pub name: String,
    /// What it should have been.
    pub kind: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $check:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks the name.
            ///
            /// # Errors
            /// What is wrong with it.
            pub fn new(name: &str) -> Result<Self, InvalidName> {
                match $check(name) {
                    None => Ok(Self(name.to_owned())),
                    Some(why) => Err(InvalidName { name: name.to_owned(), kind: $kind, why }),
                }
            }

            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

names! {
    /// The name of a Cargo binary target, without `.exe`.
    BinName, "name of a Cargo binary", bin_defect;
    /// One part of a path: a bare file name that every operating system can create.
    FileName, "bare file name", file_defect;
    /// An image's name without tag and digest: `[host[:port]/]namespace/repository`.
    ImageName, "image name without tag", image_defect;
}

fn bin_defect(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.starts_with('-') {
        Some("it starts with a dash")
    } else if !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) {
        Some("it has a character other than letters, digits, `-` and `_`")
    } else {
        None
    }
}

fn file_defect(name: &str) -> Option<&'static str> {
    if name.is_empty() || name == "." {
        Some("it names no file")
    } else if name.contains('/') {
        Some("it has a `/`")
    } else {
        defect(name)
    }
}

fn image_defect(name: &str) -> Option<&'static str> {
    match super::reference::Reference::parse(name) {
        Err(error) => Some(error.why),
        Ok(reference) if reference.digest.is_some() => Some("it has a digest"),
        Ok(reference) if reference.tag.is_some() => Some("it has a tag; the tag is the package's version"),
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(BinName::new("disk-usage_2").is_ok());
        for name in ["", "-x", "a/b", "a b", "../x"] {
            assert!(BinName::new(name).is_err(), "{name}");
        }
        assert!(FileName::new("backend.sock").is_ok());
        for name in ["", ".", "..", "a/b", "nul", "a\\b"] {
            assert!(FileName::new(name).is_err(), "{name}");
        }
        assert!(ImageName::new("example/disk-usage").is_ok());
        assert!(ImageName::new("localhost:5000/a/b").is_ok());
        for name in ["", "a/b:1.0.0", "A/b", "a//b", "https://x/y"] {
            assert!(ImageName::new(name).is_err(), "{name}");
        }
    }
}
