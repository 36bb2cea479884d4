//! Patterns: of names and paths as `COPY` and `.dockerignore` have them, and of texts as `${NAME%.*}` has them.
//!
//! Source: Go's `filepath.Match`, moby's `patternmatcher` and BuildKit's `frontend/dockerfile/shell/lex.go`.

use std::cell::Cell;

use super::copies::Context;
use super::stages::joined;

/// How many paths a pattern may stand for.
const MAX_MATCHES: usize = 1_000;

/// What one part of a pattern stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// This character.
    One(char),
    /// Any character, but no `/` in a path.
    Any,
    /// A character of these ranges, or of none of them.
    Set { ranges: Vec<(char, char)>, others: bool },
    /// Any characters, but no `/` in a path.
    Run,
    /// `**`: any characters.
    Deep,
    /// `**/`: any folders, or none.
    Folders,
}

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    is_path: bool,
}

impl Pattern {
    /// A pattern of a path: `*`, `?`, `[a-z]`, `**` and `\`.
    pub(super) fn of_path(text: &str) -> Self {
        let mut parts = Vec::new();
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            parts.push(match c {
                '*' if chars.get(at) == Some(&'*') => {
                    at += 1;
                    let folder = chars.get(at) == Some(&'/');
                    at += usize::from(folder);
                    if at == chars.len() { Part::Deep } else { Part::Folders }
                }
                '*' => Part::Run,
                '?' => Part::Any,
                '[' => match set(&chars[at..]) {
                    Some((part, taken)) => {
                        at += taken;
                        part
                    }
                    None => Part::One('['),
                },
                '\\' if at < chars.len() => {
                    at += 1;
                    Part::One(chars[at - 1])
                }
                c => Part::One(c),
            });
        }
        Pattern { parts, is_path: true }
    }

    /// A pattern of a text: `*`, `?` and `\`, and `/` is a character as any other.
    ///
    /// # Errors
    /// When `\` stands before what needs none.
    pub(super) fn of_text(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '*' => Part::Run,
                '?' => Part::Any,
                '\\' => match chars.next() {
                    Some(next @ ('*' | '?' | '\\' | '}' | '/')) => Part::One(next),
                    _ => return Err("the pattern has a `\\` before what needs none".to_owned()),
                },
                c => Part::One(c),
            });
        }
        Ok(Pattern { parts, is_path: false })
    }

    /// The same pattern for texts that are read from their end.
    pub(super) fn reversed(mut self) -> Self {
        self.parts.reverse();
        self
    }

    /// How many parts it has.
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether all of the text fits.
    pub(super) fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        self.ends(&text).last() == Some(&true)
    }

    /// For each length, whether as much of the beginning fits.
    pub(super) fn ends(&self, text: &[char]) -> Vec<bool> {
        let mut reached = vec![false; text.len() + 1];
        reached[0] = true;
        for part in &self.parts {
            reached = self.step(part, &reached, text);
        }
        reached
    }

    fn step(&self, part: &Part, before: &[bool], text: &[char]) -> Vec<bool> {
        let plain = |c: char| !self.is_path || c != '/';
        let mut after = vec![false; before.len()];
        let mut begun = before[0];
        after[0] = before[0] && matches!(part, Part::Run | Part::Deep | Part::Folders);
        for (at, &c) in text.iter().enumerate() {
            after[at + 1] = match part {
                Part::One(one) => before[at] && c == *one,
                Part::Any => before[at] && plain(c),
                Part::Set { ranges, others } => {
                    let within = ranges.iter().any(|(first, last)| (*first..=*last).contains(&c));
                    before[at] && plain(c) && within != *others
                }
                Part::Run => before[at + 1] || after[at] && plain(c),
                Part::Deep => before[at + 1] || after[at],
                Part::Folders => before[at + 1] || begun && c == '/',
            };
            begun |= before[at + 1];
        }
        after
    }
}

/// What follows `[`, and how long it is.
fn set(chars: &[char]) -> Option<(Part, usize)> {
    let others = matches!(chars.first(), Some('^'));
    let mut at = usize::from(others);
    let mut ranges = Vec::new();
    let one = |at: &mut usize| {
        *at += usize::from(chars.get(*at) == Some(&'\\'));
        *at += 1;
        chars.get(*at - 1).copied()
    };
    while ranges.is_empty() || chars.get(at) != Some(&']') {
        let first = one(&mut at)?;
        let mut last = first;
        if chars.get(at) == Some(&'-') {
            at += 1;
            last = one(&mut at)?;
        }
        ranges.push((first, last));
    }
    Some((Part::Set { ranges, others }, at + 1))
}

/// Whether a source of a copy is a pattern.
pub(super) fn is_pattern(source: &str) -> bool {
    source.contains(['*', '?', '['])
}

/// The paths that a source of a copy stands for.
pub(super) fn matches(source: &str, context: &dyn Context) -> Vec<String> {
    let source = joined("/", source);
    let source = source.trim_start_matches('/');
    if !is_pattern(source) {
        return vec![source.to_owned()];
    }
    let mut paths = vec![String::new()];
    for part in source.split('/') {
        let pattern = Pattern::of_path(part);
        let step = |folder: &String| {
            let names = if is_pattern(part) { context.names(folder) } else { vec![part.to_owned()] };
            let fitting = names.into_iter().filter(|name| pattern.fits(name));
            fitting.map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") }).collect::<Vec<_>>()
        };
        // Links can lead back to their own folder.
        paths = paths.iter().flat_map(step).take(MAX_MATCHES).collect();
    }
    paths
}

/// Patterns of which the last that fits decides: what `.dockerignore` or `--exclude` leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Patterns {
    /// The pattern, its text, and whether it takes again what an earlier one leaves out.
    all: Vec<(Pattern, String, bool)>,
    /// How much was compared.
    work: Cell<usize>,
}

/// How many patterns there may be, and how long each may be.
const MAX_PATTERNS: usize = 500;
const MAX_LENGTH: usize = 200;

/// How many characters are compared for all paths.
const MAX_WORK: usize = 1 << 28;

impl Patterns {
    /// Reads one pattern a line, and says which lines are more than is read.
    pub(super) fn read<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> (Self, Vec<usize>) {
        let (mut all, mut unread) = (Patterns::default(), Vec::new());
        for (line, text) in lines {
            let text = text.trim();
            let (text, again) = text.strip_prefix('!').map_or((text, false), |text| (text.trim(), true));
            let text = joined("/", text);
            let text = text.trim_start_matches('/');
            if text.is_empty() {
                continue;
            }
            if all.all.len() == MAX_PATTERNS || text.len() > MAX_LENGTH {
                unread.push(line);
                continue;
            }
            all.all.push((Pattern::of_path(text), text.to_owned(), again));
        }
        (all, unread)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn may(&self, work: usize) -> bool {
        self.work.set(self.work.get().saturating_add(work));
        !self.is_too_much()
    }

    /// Whether there was more to compare than is compared.
    pub(super) fn is_too_much(&self) -> bool {
        self.work.get() > MAX_WORK
    }

    /// Whether a path, or a folder above it, is left out.
    pub(super) fn leave_out(&self, path: &str) -> bool {
        let above: Vec<&str> = path.match_indices('/').map(|(end, _)| &path[..end]).chain([path]).collect();
        let mut out = false;
        for (pattern, text, again) in &self.all {
            let fits = |path: &&str| match is_pattern(text) || text.contains('\\') {
                true => self.may(path.len().saturating_mul(pattern.len())) && pattern.fits(path),
                false => self.may(1) && path == text,
            };
            if *again == out && above.iter().any(fits) {
                out = !again;
            }
        }
        out
    }

    /// Whether something below a folder that is left out may be taken again.
    pub(super) fn take_below(&self, folder: &str) -> bool {
        let below = |text: &str| text.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.all.iter().any(|(_, text, again)| *again && (below(text) || is_pattern(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_fit_as_docker_says() {
        for (pattern, fitting, others) in [
            ("*.sh", &["a.sh", ".sh"][..], &["a.sh/b", "d/a.sh", "a.s"][..]),
            ("[tu]ool[0-9]", &["tool2", "uool9"], &["vool2", "toola", "[tu]ool2"]),
            ("[^a]b", &["bb"], &["ab", "/b"]),
            ("[a", &["[a"], &["a"]),
            (r"\*a[\]]", &["*a]"], &["xa]"]),
            ("a?c", &["abc"], &["a/c", "ac"]),
            ("**/x", &["x", "a/x", "a/b/x"], &["ax", "x/a"]),
            ("a/**", &["a/b", "a/b/c"], &["a", "ab"]),
            ("**", &["a", "a/b"], &[]),
            ("a/**/b", &["a/b", "a/x/y/b"], &["a/xb"]),
        ] {
            let read = Pattern::of_path(pattern);
            assert_eq!(fitting.iter().find(|path| !read.fits(path)), None, "{pattern}");
            assert_eq!(others.iter().find(|path| read.fits(path)), None, "{pattern}");
        }
        assert!(!Pattern::of_path(&"*a".repeat(100)).fits(&format!("{}b", "a".repeat(200))));
    }

    #[test]
    fn the_last_pattern_that_fits_decides() {
        let read = |text: &str| Patterns::read(text.lines().enumerate()).0;
        for (text, out, taken) in [
            ("ui/secret*\n# no comment here\n\n", &["ui/secret.txt", "ui/secrets/a"][..], &["ui/x", "secret.txt"][..]),
            ("*\n!ui\n!metadata.json", &["x", "x/y"], &["ui", "ui/x", "metadata.json"]),
            ("/ui/\n!ui/keep", &["ui", "ui/x"], &["ui/keep", "ui/keep/x"]),
            ("**/*.map\n", &["a.map", "a/b.map"], &["a.maps"]),
            ("*\n!*.md\nb.md", &["b.md"], &["a.md"]),
        ] {
            let read = read(text);
            assert_eq!(out.iter().find(|path| !read.leave_out(path)), None, "{text}");
            assert_eq!(taken.iter().find(|path| read.leave_out(path)), None, "{text}");
        }
        assert!(read("ui\n!ui/keep").take_below("ui") && !read("ui\n!uikeep").take_below("ui"));
        assert_eq!(Patterns::read(["a".repeat(201).as_str()].into_iter().enumerate()).1, [0]);
    }
}
