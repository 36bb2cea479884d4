//! Quotes, escapes and variables of a word.
//!
//! Source: BuildKit, `frontend/dockerfile/shell/lex.go`.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

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

/// A default within a default within a default: nobody writes more.
const MAX_DEPTH: usize = 32;

/// Variables with their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Variables {
    /// `ARG`, which `ENV` wins over.
    pub(super) args: BTreeMap<String, String>,
    /// `ENV`
    pub(super) env: BTreeMap<String, String>,
}

impl Variables {
    fn get(&self, name: &str) -> Option<&str> {
        self.env.get(name).or_else(|| self.args.get(name)).map(String::as_str)
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
pub(super) fn expand(word: &str, escape: char, variables: &Variables) -> Result<Expanded, String> {
    let mut lexer = Lexer { chars: word.chars().peekable(), escape, variables, made: Expanded::default(), depth: 0 };
    lexer.made.text = lexer.until(None)?;
    Ok(lexer.made)
}

struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
    escape: char,
    variables: &'a Variables,
    made: Expanded,
    depth: usize,
}

impl Lexer<'_> {
    fn until(&mut self, stop: Option<char>) -> Result<String, String> {
        let mut text = String::new();
        while let Some(c) = self.chars.next() {
            match c {
                _ if Some(c) == stop => return Ok(text),
                '\'' => text.push_str(&self.single_quoted()?),
                '"' => text.push_str(&self.double_quoted()?),
                '$' => text.push_str(&self.dollar()?),
                _ if c == self.escape => text.extend(self.chars.next()),
                _ => text.push(c),
            }
        }
        match stop {
            Some(stop) => Err(format!("a `{stop}` is missing")),
            None => Ok(text),
        }
    }

    fn single_quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.chars.next() {
                None => return Err("a `'` has no partner".to_owned()),
                Some('\'') => return Ok(text),
                Some(c) => text.push(c),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.chars.next() {
                None => return Err("a `\"` has no partner".to_owned()),
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

    fn dollar(&mut self) -> Result<String, String> {
        if self.chars.peek() == Some(&'{') {
            self.chars.next();
            return self.braced();
        }
        let name = self.name();
        Ok(if name.is_empty() { "$".to_owned() } else { self.value(&name) })
    }

    /// What follows `${`.
    fn braced(&mut self) -> Result<String, String> {
        let name = self.name();
        if name.is_empty() {
            return Err("`${` is followed by no name".to_owned());
        }
        let mut modifier = self.chars.next().ok_or("a `}` is missing")?;
        if modifier == '}' {
            return Ok(self.value(&name));
        }
        let empty_counts = modifier == ':';
        if empty_counts {
            modifier = self.chars.next().ok_or("a `}` is missing")?;
        }
        if self.depth == MAX_DEPTH {
            return Err("`${` is nested too deep".to_owned());
        }
        // What the other value does not need is not missed.
        let before = self.made.clone();
        self.depth += 1;
        let word = self.until(Some('}'))?;
        self.depth -= 1;
        if PLATFORM.contains(&name.as_str()) {
            self.made = before;
            return Ok(self.value(&name));
        }
        let value = self.variables.get(&name).filter(|value| !(empty_counts && value.is_empty())).map(str::to_owned);
        match (modifier, value) {
            ('-', None) | ('+', Some(_)) => Ok(word),
            ('-' | '?', Some(value)) => {
                self.made = before;
                Ok(value)
            }
            ('+', None) => {
                self.made = before;
                Ok(String::new())
            }
            ('?', None) => Err(format!("`{name}` must be given")),
            (other, _) => Err(format!("`${{{name}{other}` is not understood")),
        }
    }

    fn value(&mut self, name: &str) -> String {
        match self.variables.get(name) {
            Some(value) => value.to_owned(),
            None if PLATFORM.contains(&name) => {
                self.made.varying.push(name.to_owned());
                format!("${{{name}}}")
            }
            None => {
                self.made.unset.push(name.to_owned());
                String::new()
            }
        }
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
