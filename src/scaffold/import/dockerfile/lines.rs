//! The text of a Dockerfile as instructions: directives, comments, continuations, heredocs.
//!
//! Source: BuildKit, `frontend/dockerfile/parser/{parser,directives}.go`.

use super::{Broken, words};

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instruction {
    /// The line that it begins on, counted from 1.
    pub(super) line: usize,
    /// Its name in capitals.
    pub(super) name: String,
    /// `--key=value` in front of its arguments.
    pub(super) flags: Vec<(String, String)>,
    /// The rest, with continuations joined.
    pub(super) rest: String,
    /// What its heredocs hold, if it has some.
    pub(super) heredoc: Option<String>,
    /// The character that escapes.
    pub(super) escape: char,
}

impl Instruction {
    pub(super) fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(flag, _)| flag == name).map(|(_, value)| value.as_str())
    }
}

/// How many instructions are read. Long Dockerfiles have a hundred.
const MAX_INSTRUCTIONS: usize = 1_000;

/// The instructions, and what is wrong by line.
pub(super) fn instructions(text: &str) -> (Vec<Instruction>, Vec<Broken>) {
    let (mut all, mut broken) = (Vec::new(), Vec::new());
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let escape = escape(text);
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    while let Some((line, first)) = lines.next() {
        let first = first.trim_start();
        if first.is_empty() || first.starts_with('#') {
            continue;
        }
        if all.len() == MAX_INSTRUCTIONS {
            let what = format!("it is the {}th instruction, and is not read", MAX_INSTRUCTIONS + 1);
            broken.push(Broken { ours: true, ..Broken::new(line, what) });
            break;
        }
        let mut whole = String::new();
        let mut more = add(&mut whole, first, escape);
        while more {
            let Some((_, next)) = lines.next() else { break };
            if !next.trim().is_empty() && !next.trim_start().starts_with('#') {
                more = add(&mut whole, next, escape);
            }
        }
        if whole.trim().is_empty() {
            continue;
        }
        let mut instruction = instruction(line, &whole, escape);
        for end in heredocs(&instruction) {
            let text = instruction.heredoc.get_or_insert_default();
            if !lines.any(|(_, line)| end.reads(line, text)) {
                broken.push(Broken::new(line, format!("the heredoc `{}` has no end", end.name)));
                break;
            }
        }
        all.push(instruction);
    }
    (all, broken)
}

/// Adds a line without the sign that the next one belongs to it, and says whether it had that sign. Two escape
/// characters in a row are none.
fn add(whole: &mut String, line: &str, escape: char) -> bool {
    let trimmed = line.trim_end_matches([' ', '\t', '\r']);
    match trimmed.strip_suffix(escape) {
        Some(rest) if !rest.ends_with(escape) => {
            whole.push_str(rest);
            true
        }
        _ => {
            whole.push_str(line);
            false
        }
    }
}

/// The escape character, which a directive at the very top can set.
fn escape(text: &str) -> char {
    for line in text.lines() {
        let Some(directive) = line.trim().strip_prefix('#').and_then(|rest| rest.split_once('=')) else { break };
        let (name, value) = (directive.0.trim().to_ascii_lowercase(), directive.1.trim());
        match (name.as_str(), value) {
            ("escape", "`") => return '`',
            ("escape", _) => return '\\',
            (name, _) if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {}
            _ => break,
        }
    }
    '\\'
}

fn instruction(line: usize, whole: &str, escape: char) -> Instruction {
    let whole = whole.trim();
    let (name, mut rest) = whole.split_once(char::is_whitespace).unwrap_or((whole, ""));
    let mut flags = Vec::new();
    loop {
        rest = rest.trim_start();
        let word = rest.split(char::is_whitespace).next().unwrap_or_default();
        let Some(flag) = word.strip_prefix("--") else { break };
        rest = &rest[word.len()..];
        if flag.is_empty() {
            break;
        }
        let (key, value) = flag.split_once('=').unwrap_or((flag, ""));
        flags.push((key.to_owned(), value.to_owned()));
    }
    let (name, rest) = (name.to_ascii_uppercase(), rest.trim().to_owned());
    Instruction { line, name, flags, rest, heredoc: None, escape }
}

/// The line that ends a heredoc.
struct End {
    name: String,
    tabs: bool,
}

impl End {
    /// Adds a line to the text, unless it is the end.
    fn reads(&self, line: &str, text: &mut String) -> bool {
        let line = if self.tabs { line.trim_start_matches('\t') } else { line };
        let is_end = line == self.name;
        if !is_end {
            text.push_str(line);
            text.push('\n');
        }
        is_end
    }
}

/// The heredocs of an instruction that can have them, in order.
fn heredocs(instruction: &Instruction) -> Vec<End> {
    if !["RUN", "COPY", "ADD"].contains(&instruction.name.as_str()) {
        return Vec::new();
    }
    let words = words::split(&instruction.rest, instruction.escape);
    words.iter().filter_map(|word| end(word)).collect()
}

/// `<<EOF`, `<<-EOF`, `3<<"EOF"`
fn end(word: &str) -> Option<End> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (tabs, name) = rest.strip_prefix('-').map_or((false, rest), |name| (true, name));
    let unquoted = ['"', '\''].into_iter().find_map(|quote| name.strip_prefix(quote)?.strip_suffix(quote));
    let name = unquoted.unwrap_or(name);
    let sound = !name.is_empty() && !name.contains(['<', '"', '\'']);
    sound.then(|| End { name: name.to_owned(), tabs })
}
