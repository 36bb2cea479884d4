//! What a container of the image starts.

use std::fmt;

use crate::domain::ImagePath;

/// Characters that mean more to a shell than themselves.
const SPECIAL: &str = "$`\"'\\|&;<>()*?[]{}#~=%!\n";

/// `ENTRYPOINT` and `CMD`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Start {
    /// `ENTRYPOINT`
    pub entrypoint: Option<Command>,
    /// `CMD`
    pub cmd: Option<Command>,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A program and its arguments.
    Words(Vec<String>),
    /// A line for `/bin/sh -c`.
    Shell(String),
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Words(words) => f.pad(&words.join(" ")),
            Command::Shell(line) => f.pad(line),
        }
    }
}

impl Command {
    /// The words, if a shell would take them for no more.
    fn words(&self) -> Option<Vec<String>> {
        match self {
            Command::Words(words) => Some(words.clone()),
            Command::Shell(line) if line.contains(|c| SPECIAL.contains(c)) => None,
            Command::Shell(line) => Some(line.split_whitespace().map(str::to_owned).collect()),
        }
    }
}

impl Start {
    /// What a stage that is built on this one starts: an entry point of its own forgets the inherited command.
    #[must_use]
    pub fn then(self, later: &Start) -> Start {
        match &later.entrypoint {
            Some(_) => later.clone(),
            None => Start { entrypoint: self.entrypoint, cmd: later.cmd.clone().or(self.cmd) },
        }
    }

    /// `ENTRYPOINT` and `CMD` as lines, as far as there are any.
    pub fn lines(&self) -> impl Iterator<Item = (&'static str, String)> {
        let both = [("ENTRYPOINT", &self.entrypoint), ("CMD", &self.cmd)];
        both.into_iter().filter_map(|(name, command)| Some((name, command.as_ref()?.to_string())))
    }

    /// The program with its path in the image, and its arguments, where both are certain.
    ///
    /// Source: Docker's Dockerfile reference, "Understand how CMD and ENTRYPOINT interact".
    #[must_use]
    pub fn program(&self) -> Option<(ImagePath, Vec<String>)> {
        let mut words = match (&self.entrypoint, &self.cmd) {
            (Some(shell @ Command::Shell(_)), _) => shell.words()?,
            (Some(entrypoint), None) => entrypoint.words()?,
            (Some(entrypoint), Some(Command::Words(args))) => [entrypoint.words()?, args.clone()].concat(),
            (Some(_), Some(Command::Shell(_))) => return None,
            (None, cmd) => cmd.as_ref()?.words()?,
        };
        if !words.first()?.starts_with('/') {
            return None;
        }
        let program = ImagePath::new(&words.remove(0)).ok()?;
        Some((program, words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_where_it_is_certain() {
        let words = |text: &str| Some(Command::Words(text.split(' ').map(str::to_owned).collect()));
        let shell = |text: &str| Some(Command::Shell(text.to_owned()));
        for (entrypoint, cmd, expected) in [
            (words("/a -b"), None, Some("/a -b")),
            (words("/a"), words("-b c"), Some("/a -b c")),
            (words("/a"), shell("-b"), None),
            (None, words("/a"), Some("/a")),
            (None, shell("/a  -b c"), Some("/a -b c")),
            (None, shell("/a -b $X"), None),
            (None, shell("/a && /b"), None),
            (shell("/a"), words("ignored"), Some("/a")),
            (words("a"), None, None),
            (words(""), None, None),
            (None, Some(Command::Words(vec![])), None),
            (words("/../a"), None, None),
            (None, None, None),
        ] {
            let start = Start { entrypoint, cmd };
            let told = start.program().map(|(path, args)| [vec![path.to_string()], args].concat().join(" "));
            assert_eq!(told.as_deref(), expected, "{start:?}");
        }
    }
}
