//! YAML as a small tree, within bounds: a compose file is read from an image that nobody vouches for.
//!
//! The parser gives events and never copies what an alias names, so that this file decides how much an alias may
//! become.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser, ScanError};

/// The longest text that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// How many values there may be once every alias stands for what it names. Long compose files have a thousand; here, a
/// value of three bytes takes up to three hundred of memory.
const MAX_VALUES: usize = 20_000;

/// How many bytes all their texts may have.
const MAX_TEXT: usize = 2 << 20;

/// How deep values may nest.
const MAX_DEPTH: usize = 64;

/// A YAML value. Compose files hold nothing whose type would have to be guessed: every plain value is its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Yaml {
    /// A text, number, truth value or null, as it is written.
    Text(String),
    /// A list.
    List(Vec<Yaml>),
    /// A mapping in the order written. Keys that are no texts are left out.
    Map(Vec<(String, Yaml)>),
}

/// Why a text is no YAML, or more than is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong, as a lower-case fragment.
    pub what: String,
    /// The line, counted from 1.
    pub line: u64,
}

impl Yaml {
    /// The value of a key of a mapping, its merged-in keys (`<<`) last.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        let Yaml::Map(entries) = self else { return None };
        let own = entries.iter().find(|(known, _)| known == key).map(|(_, value)| value);
        own.or_else(|| {
            let merged = entries.iter().find(|(known, _)| known == "<<").map(|(_, value)| value)?;
            match merged {
                Yaml::List(list) => list.iter().find_map(|map| map.get(key)),
                map => map.get(key),
            }
        })
    }

    /// The text of a plain value.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Yaml::Text(text) => Some(text),
            Yaml::List(_) | Yaml::Map(_) => None,
        }
    }

    /// Whether it is the value of a key that nothing was written for.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.text(), Some("" | "~" | "null"))
    }

    /// Values and bytes of text in it.
    fn weight(&self) -> (usize, usize) {
        let add = |(values, text): (usize, usize), more: (usize, usize)| (values + more.0, text + more.1);
        match self {
            Yaml::Text(text) => (1, text.len()),
            Yaml::List(list) => list.iter().map(Yaml::weight).fold((1, 0), add),
            Yaml::Map(map) => map.iter().map(|(key, value)| add(value.weight(), (0, key.len()))).fold((1, 0), add),
        }
    }
}

/// Reads the first document of a text.
///
/// # Errors
/// When the text is no YAML, or when it is larger, deeper or has more values than any compose file.
pub fn parse(text: &str) -> Result<Yaml, Broken> {
    if text.len() > MAX_BYTES {
        return Err(Broken { what: format!("it has {} bytes; {MAX_BYTES} are read at most", text.len()), line: 1 });
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| syntax(&error))?;
        let line = span.start.line() as u64;
        match event {
            Event::DocumentEnd => break,
            event => builder.take(event).map_err(|what| Broken { what: what.to_owned(), line })?,
        }
    }
    Ok(builder.root.unwrap_or(Yaml::Text(String::new())))
}

fn syntax(error: &ScanError) -> Broken {
    Broken { what: error.info().to_owned(), line: error.marker().line() as u64 }
}

/// A list or mapping whose end has not come yet, with the number of its anchor, 0 for none.
enum Open {
    List(Vec<Yaml>, usize),
    Map { entries: Vec<(String, Yaml)>, known: BTreeSet<String>, key: Option<Yaml>, anchor: usize },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Yaml, (usize, usize))>,
    root: Option<Yaml>,
    values: usize,
    text: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                self.grow(1, text.len())?;
                self.add(Yaml::Text(text.into_owned()), anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(Open::List(Vec::new(), anchor)),
            Event::MappingStart(anchor, _) => {
                self.begin(Open::Map { entries: Vec::new(), known: BTreeSet::new(), key: None, anchor })
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(list, anchor)) => self.add(Yaml::List(list), anchor),
                Some(Open::Map { entries, anchor, .. }) => self.add(Yaml::Map(entries), anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let (values, text) = self
                    .anchors
                    .get(&anchor)
                    .ok_or("an alias stands in the value that it names")
                    .map(|(_, weight)| *weight)?;
                self.grow(values, text)?;
                let value = self.anchors.get(&anchor).map(|(value, _)| value.clone());
                value.map_or(Ok(()), |value| self.add(value, 0))
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, open: Open) -> Result<(), &'static str> {
        if self.open.len() >= MAX_DEPTH {
            return Err("it nests deeper than 64 levels");
        }
        self.open.push(open);
        self.grow(1, 0)
    }

    fn grow(&mut self, values: usize, text: usize) -> Result<(), &'static str> {
        self.values += values;
        self.text += text;
        let fits = self.values <= MAX_VALUES && self.text <= MAX_TEXT;
        if fits { Ok(()) } else { Err("its aliases and values become more than any compose file holds") }
    }

    fn add(&mut self, value: Yaml, anchor: usize) -> Result<(), &'static str> {
        if anchor != 0 {
            let weight = value.weight();
            self.grow(weight.0, weight.1)?;
            self.anchors.insert(anchor, (value.clone(), weight));
        }
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::List(list, _)) => list.push(value),
            Some(Open::Map { entries, known, key, .. }) => match key.take() {
                // As the YAML library of Compose (go.yaml.in/yaml/v3) has it.
                None if value.text().is_some_and(|name| !known.insert(name.to_owned())) => {
                    return Err("a key occurs twice in one mapping, which Compose refuses");
                }
                None => *key = Some(value),
                Some(Yaml::Text(name)) => entries.push((name, value)),
                Some(_) => {}
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Option<&Yaml>) -> &str {
        value.and_then(Yaml::text).unwrap_or("-")
    }

    #[test]
    fn values_are_found_through_aliases_and_merges() {
        let yaml =
            parse("x: &x\r\n  a: 1\n  b: two\nys:\n  - <<: *x\n    b: 3\n  - *x\n? [k]\n: v\nys2: {<<: [*x]}\nx2: ~\n");
        let yaml = yaml.expect("YAML");
        let Some(Yaml::List(list)) = yaml.get("ys") else { panic!("{yaml:?}") };
        assert_eq!((text(list[0].get("a")), text(list[0].get("b")), text(list[1].get("b"))), ("1", "3", "two"));
        assert_eq!(text(yaml.get("ys2").and_then(|map| map.get("b"))), "two");
        assert!(yaml.get("x2").is_some_and(Yaml::is_null));
        let twice = parse("a: {b: 1}\nc: {b: 1}\na: 2").expect_err("a key twice");
        assert_eq!((twice.what.as_str(), twice.line), ("a key occurs twice in one mapping, which Compose refuses", 3));
        assert_eq!(parse(""), Ok(Yaml::Text(String::new())));
    }

    #[test]
    fn hostile_texts_are_refused_within_bounds() {
        let bomb: String = (1..40).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1)).collect();
        for (text, what) in [
            (format!("a0: &a0 x\n{bomb}"), "its aliases and values become more"),
            ("[".repeat(100_000), "recursion limit exceeded"),
            (format!("{}x{}", "[".repeat(65), "]".repeat(65)), "it nests deeper than 64 levels"),
            ("- ".repeat(100_000), "it nests deeper"),
            ("? ".repeat(100_000), "it nests deeper"),
            ("a: &a [*a]".to_owned(), "an alias stands in"),
            ("a: *b".to_owned(), "while parsing node, found unknown anchor"),
            ("a: [1".to_owned(), ""),
            ("a: 'x".to_owned(), ""),
            ("\t- a: %".to_owned(), ""),
            ("x".repeat(MAX_BYTES + 1), "it has 1048577 bytes"),
        ] {
            let broken = parse(&text).expect_err(&text.chars().take(40).collect::<String>());
            assert!(broken.what.starts_with(what), "{}", broken.what);
        }
        let long: String = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(5000));
        assert!(parse(&long).is_err());
    }
}
