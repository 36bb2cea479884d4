//! The words after `cargo xtask`: a few flags do not need a parser of their own language.

use crate::Result;

/// The words that have not been understood yet.
#[derive(Debug)]
pub struct Args(Vec<String>);

impl Args {
    /// Takes the words of a command line, without the program's name.
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        Args(words.into_iter().collect())
    }

    /// Takes the first word.
    pub fn first(&mut self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Takes a flag, and says whether it was there.
    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() < before
    }

    /// Takes every `--name value` and `--name=value`.
    ///
    /// # Errors
    /// When a value is missing.
    pub fn values(&mut self, name: &str) -> Result<Vec<String>> {
        let (mut values, mut rest) = (Vec::new(), Vec::new());
        let mut words = std::mem::take(&mut self.0).into_iter();
        while let Some(word) = words.next() {
            if word == name {
                values.push(words.next().ok_or_else(|| format!("{name} wants a value"))?);
            } else if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
                values.push(value.to_owned());
            } else {
                rest.push(word);
            }
        }
        self.0 = rest;
        Ok(values)
    }

    /// The remaining words, none of which may look like a flag.
    ///
    /// # Errors
    /// When one does: nobody has taken it, so it is unknown.
    pub fn words(self) -> Result<Vec<String>> {
        match self.0.iter().find(|word| word.starts_with('-')) {
            Some(flag) => Err(format!("unexpected `{flag}`; see `cargo xtask --help`").into()),
            None => Ok(self.0),
        }
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// When something is.
    pub fn end(self) -> Result {
        match self.0.first() {
            Some(word) => Err(format!("unexpected `{word}`; see `cargo xtask --help`").into()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Args {
        Args::new(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn flags_and_values_are_taken_wherever_they_stand() {
        let mut args = args("test fmt --toolchain=rustup --strict --only a clippy --only b");
        assert_eq!(args.first().as_deref(), Some("test"));
        assert!(args.flag("--strict") && !args.flag("--strict"));
        assert_eq!(args.values("--only").unwrap(), ["a", "b"]);
        assert_eq!(args.values("--toolchain").unwrap(), ["rustup"]);
        assert_eq!(args.words().unwrap(), ["fmt", "clippy"]);
    }

    #[test]
    fn what_nobody_took_is_refused() {
        assert!(args("--stric").words().is_err() && args("x").end().is_err() && args("").end().is_ok());
        assert!(args("--only").values("--only").is_err());
    }
}
