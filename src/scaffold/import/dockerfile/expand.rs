//! Quotes, escapes and variables of a word.
//!
//! Source: BuildKit, `frontend/dockerfile/shell/lex.go`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::rc::Rc;
use std::str::Chars;

use super::{Refused, edit};

/// Names that differ from platform to platform.
///
/// Source: Docker's Dockerfile reference, "Automatic platform ARGs in the global scope".
const PLATFORM: [&str; 8] = [
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
];

/// Whether Docker sets a variable by the platform.
#[must_use]
pub fn is_of_platform(name: &str) -> bool {
    PLATFORM.contains(&name)
}

/// A default within a default within a default: nobody writes more.
const MAX_DEPTH: usize = 32;

/// How many bytes are filled in for all variables of a Dockerfile. `ENV A=$A$A` doubles a value, line by line.
const MAX_FILLED: usize = 1 << 20;

/// Variables with their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Variables {
    /// `ARG`, which `ENV` wins over.
    pub(super) args: BTreeMap<String, String>,
    /// `ENV`
    pub(super) env: BTreeMap<String, String>,
    /// Those that Docker sets by the platform, as far as they are declared.
    platform: Vec<&'static str>,
    /// How many bytes were filled in so far, for these and for all that were made of them.
    filled: Rc<Cell<usize>>,
}

impl Variables {
    /// What `FROM` sees: there, what Docker sets by the platform needs no `ARG`.
    pub(super) fn global() -> Self {
        Variables { platform: PLATFORM.to_vec(), ..Variables::default() }
    }

    /// Notes an `ARG`, without which a stage does not see what Docker sets.
    pub(super) fn declare(&mut self, name: &str) {
        let new = PLATFORM.into_iter().find(|known| *known == name).filter(|known| !self.platform.contains(known));
        self.platform.extend(new);
    }

    fn is_of_platform(&self, name: &str) -> bool {
        self.get(name).is_none() && self.platform.contains(&name)
    }

    /// None, for a Dockerfile that has these.
    pub(super) fn none_yet(&self) -> Self {
        Variables { filled: Rc::clone(&self.filled), ..Variables::default() }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.env.get(name).or_else(|| self.args.get(name)).map(String::as_str)
    }

    /// A value for filling in.
    fn fill(&self, value: &str) -> Result<String, Refused> {
        self.charge(value.len())?;
        Ok(value.to_owned())
    }

    /// Counts what a value costs.
    fn charge(&self, cost: usize) -> Result<(), Refused> {
        self.filled.set(self.filled.get().saturating_add(cost));
        let fits = self.filled.get() <= MAX_FILLED;
        if fits { Ok(()) } else { Err(Refused::ours("its variables become more than is read".to_owned())) }
    }
}

/// A word with its variables filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Expanded {
    /// The text.
    pub(super) text: String,
    /// Variables that had no value.
    pub(super) unset: Vec<String>,
    /// Variables that differ from platform to platform; they stay in the text as `${NAME}`.
    pub(super) varying: Vec<String>,
}

/// Fills in a word.
///
/// # Errors
/// When a quote or brace has no partner.
pub(super) fn expand(word: &str, escape: char, variables: &Variables) -> Result<Expanded, Refused> {
    let mut lexer =
        Lexer { chars: word.chars().peekable(), escape, variables, made: Expanded::default(), depth: 0, raw: false };
    lexer.made.text = lexer.until(None)?;
    Ok(lexer.made)
}

struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
    escape: char,
    variables: &'a Variables,
    made: Expanded,
    depth: usize,
    /// Whether escapes stay, because the text is a pattern.
    raw: bool,
}

impl Lexer<'_> {
    fn until(&mut self, stop: Option<char>) -> Result<String, Refused> {
        let mut text = String::new();
        while let Some(c) = self.chars.next() {
            match c {
                _ if Some(c) == stop => return Ok(text),
                '\'' => text.push_str(&self.single_quoted()?),
                '"' => text.push_str(&self.double_quoted()?),
                '$' => text.push_str(&self.dollar()?),
                _ if c == self.escape => text.extend(self.raw.then_some(c).into_iter().chain(self.chars.next())),
                _ => text.push(c),
            }
        }
        match stop {
            Some(stop) => Err(format!("a `{stop}` is missing").into()),
            None => Ok(text),
        }
    }

    fn single_quoted(&mut self) -> Result<String, Refused> {
        let mut text = String::new();
        loop {
            match self.chars.next() {
                None => return Err("a `'` has no partner".into()),
                Some('\'') => return Ok(text),
                Some(c) => text.push(c),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<String, Refused> {
        let mut text = String::new();
        loop {
            match self.chars.next() {
                None => return Err("a `\"` has no partner".into()),
                Some('"') => return Ok(text),
                Some('$') => text.push_str(&self.dollar()?),
                Some(c) if c == self.escape => match self.chars.peek() {
                    None => {}
                    // Other escapes are left as they are.
                    Some(&next) if next == '"' || next == '$' || next == self.escape => text.extend(self.chars.next()),
                    Some(_) => text.push(c),
                },
                Some(c) => text.push(c),
            }
        }
    }

    fn dollar(&mut self) -> Result<String, Refused> {
        if self.chars.peek() == Some(&'{') {
            self.chars.next();
            return self.braced();
        }
        let name = self.name();
        if name.is_empty() { Ok("$".to_owned()) } else { self.value(&name) }
    }

    /// What follows `${`.
    fn braced(&mut self) -> Result<String, Refused> {
        let name = self.name();
        if name.is_empty() {
            return Err("`${` is followed by no name".into());
        }
        let mut modifier = self.chars.next().ok_or("a `}` is missing")?;
        if modifier == '}' {
            return self.value(&name);
        }
        let empty_counts = modifier == ':';
        if empty_counts {
            modifier = self.chars.next().ok_or("a `}` is missing")?;
        }
        if self.depth == MAX_DEPTH {
            return Err(Refused::ours("`${` is nested too deep".to_owned()));
        }
        // What the other value does not need is not missed.
        let before = (self.made.unset.len(), self.made.varying.len());
        let (word, with) = self.words_of(modifier)?;
        let variables = self.variables;
        if variables.is_of_platform(&name) {
            self.forget(before);
            return self.value(&name);
        }
        if "#%/".contains(modifier) && !empty_counts {
            let value = self.value(&name)?;
            return edit::edited(&value, modifier, &word, with.as_deref(), &|cost| variables.charge(cost));
        }
        let value = variables.get(&name).filter(|value| !(empty_counts && value.is_empty()));
        match (modifier, value) {
            ('-', None) | ('+', Some(_)) => Ok(word),
            ('-' | '?', Some(value)) => {
                self.forget(before);
                variables.fill(value)
            }
            ('+', None) => {
                self.forget(before);
                Ok(String::new())
            }
            ('?', None) => Err(format!("`{name}` must be given").into()),
            (other, _) => Err(format!("`${{{name}{other}` is not understood").into()),
        }
    }

    /// What follows a modifier, up to `}`: one text, or for `/` a pattern and what replaces it. A second `/` stays at
    /// the beginning of the pattern.
    fn words_of(&mut self, modifier: char) -> Result<(String, Option<String>), Refused> {
        let raw = std::mem::replace(&mut self.raw, "#%/".contains(modifier));
        self.depth += 1;
        let words = if modifier == '/' {
            let all = self.chars.next_if_eq(&'/').map(String::from).unwrap_or_default();
            let pattern = self.until(Some('/'))?;
            (all + &pattern, Some(self.until(Some('}'))?))
        } else {
            (self.until(Some('}'))?, None)
        };
        self.depth -= 1;
        self.raw = raw;
        Ok(words)
    }

    /// Drops the names that were added after there were so many.
    fn forget(&mut self, (unset, varying): (usize, usize)) {
        self.made.unset.truncate(unset);
        self.made.varying.truncate(varying);
    }

    fn value(&mut self, name: &str) -> Result<String, Refused> {
        Ok(match self.variables.get(name) {
            Some(value) => self.variables.fill(value)?,
            None if self.variables.is_of_platform(name) => {
                self.made.varying.push(name.to_owned());
                format!("${{{name}}}")
            }
            None => {
                self.made.unset.push(name.to_owned());
                String::new()
            }
        })
    }

    /// Letters, digits and `_`; digits alone where it begins with one; or one special character.
    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(&c) = self.chars.peek() {
            let digits_only = name.starts_with(|c: char| c.is_ascii_digit());
            if name.is_empty() && "@*#?-$!".contains(c) {
                self.chars.next();
                return c.to_string();
            }
            if !(c.is_alphanumeric() || c == '_') || digits_only && !c.is_ascii_digit() {
                break;
            }
            name.push(c);
            self.chars.next();
        }
        name
    }
}
