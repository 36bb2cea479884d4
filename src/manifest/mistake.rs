//! What is wrong in the table, and at which key.

use std::cell::RefCell;
use std::fmt;

/// One step of a [`KeyPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A key of a table.
    Key(String),
    /// A place in a list, counted from 0.
    Index(usize),
}

/// The way to a value of a TOML file, written `package.metadata.extension.host[1].sha256`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyPath(pub Vec<Step>);

impl KeyPath {
    /// The path of plain keys joined by dots.
    #[must_use]
    pub fn dotted(keys: &str) -> Self {
        KeyPath(keys.split('.').map(|key| Step::Key(key.to_owned())).collect())
    }

    /// The path of a key below this one.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.then([Step::Key(key.to_owned())])
    }

    /// The path of a list's item below this one, counted from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.then([Step::Index(index)])
    }

    /// This path and further steps.
    #[must_use]
    pub fn then(&self, steps: impl IntoIterator<Item = Step>) -> Self {
        KeyPath(self.0.iter().cloned().chain(steps).collect())
    }

    /// The path below the extension's table, for messages that name a second key.
    #[must_use]
    pub fn in_table(&self) -> Self {
        let table = self.0.iter().position(|step| *step == Step::Key("extension".to_owned()));
        KeyPath(self.0[table.map_or(0, |at| at + 1)..].to_vec())
    }

    /// Whether this path is `above` or leads on from there.
    #[must_use]
    pub fn starts_with(&self, above: &KeyPath) -> bool {
        self.0.starts_with(&above.0)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    let dot = if nth == 0 { "" } else { "." };
                    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
                    if bare { write!(f, "{dot}{key}")? } else { write!(f, "{dot}{key:?}")? }
                }
            }
        }
        Ok(())
    }
}

/// One thing that is wrong in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The key it is at.
    pub path: KeyPath,
    /// What is wrong, as a lower-case fragment.
    pub what: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// Where a conversion stands: a key, and the list that mistakes go to.
#[derive(Debug, Clone)]
pub struct Site<'a> {
    /// The key.
    pub path: KeyPath,
    mistakes: &'a RefCell<Vec<Mistake>>,
}

impl<'a> Site<'a> {
    /// Stands at `path` and collects in `mistakes`.
    pub fn new(path: KeyPath, mistakes: &'a RefCell<Vec<Mistake>>) -> Self {
        Site { path, mistakes }
    }

    /// Stands at a key below.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        Site { path: self.path.key(key), mistakes: self.mistakes }
    }

    /// Stands at an item of a list.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Site { path: self.path.index(index), mistakes: self.mistakes }
    }

    /// Stands somewhere else in the same file.
    #[must_use]
    pub fn at(&self, path: KeyPath) -> Self {
        Site { path, mistakes: self.mistakes }
    }

    /// Notes what is wrong here. Always `None`, so that a conversion can end with it.
    pub fn wrong<T>(&self, what: impl fmt::Display) -> Option<T> {
        self.note(what, None)
    }

    /// Notes what is wrong here and what to write instead. Always `None`.
    pub fn wrong_help<T>(&self, what: impl fmt::Display, help: impl fmt::Display) -> Option<T> {
        self.note(what, Some(help.to_string()))
    }

    /// Takes a value, or notes the error.
    pub fn take<T, E: fmt::Display>(&self, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.wrong::<()>(error)).ok()
    }

    fn note<T>(&self, what: impl fmt::Display, help: Option<String>) -> Option<T> {
        self.mistakes.borrow_mut().push(Mistake { path: self.path.clone(), what: what.to_string(), help });
        None
    }
}

/// The known word that `word` was most likely meant to be.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    // A third of the letters may differ: more than that is another word, as in Cargo's own hints.
    let allowed = |candidate: &str| candidate.chars().count().max(length).max(3) / 3;
    known
        .into_iter()
        // Comparing takes memory for each pair of letters, and an image's own words may have a million of them.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= allowed(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_in_toml() {
        let path = KeyPath::dotted("package.metadata.extension").key("host").index(1).key("sha256").key("linux/arm64");
        assert_eq!(path.to_string(), r#"package.metadata.extension.host[1].sha256."linux/arm64""#);
        assert!(path.starts_with(&KeyPath::dotted("package.metadata")));
        assert!(!path.starts_with(&KeyPath::dotted("package.meta")));
    }

    #[test]
    fn the_nearest_word_is_near() {
        let known = ["source", "socket", "src", "title", "api-version"];
        for (word, expected) in [
            ("sorce", Some("source")),
            ("sokcet", Some("socket")),
            ("Title", Some("title")),
            ("api_version", Some("api-version")),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
        // A comparison would take some hundred megabytes.
        assert_eq!(nearest(&"s".repeat(1 << 20), known), None);
    }
}
