//! Texts of others, as a terminal may show them.

use std::borrow::Cow;

/// Whether a character steers a terminal, a line break included, or turns the direction of what follows. In a text of
/// others it could hide what stands beside it, or pass for something that we say.
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A text of others on one line, in which every character that steers is written out: `\u{1b}`.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    spelled_out(text, steers)
}

/// As [`printable`], with its line breaks and tabs, for texts of several lines.
#[must_use]
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    spelled_out(text, |c| !matches!(c, '\n' | '\t') && steers(c))
}

/// The most that is quoted of a text of others, in characters.
const MAX_QUOTED: usize = 300;

/// A text of others within a sentence of ours: [`printable`], and not longer than anybody reads.
#[must_use]
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => printable(&text[..end]).into_owned() + "…",
        None => printable(text).into_owned(),
    }
}

/// The most platforms that are listed in a sentence.
const MAX_LISTED: usize = 20;

/// The platforms that an image has, where it lacks the one that is wanted.
#[must_use]
pub fn platforms(found: &[String]) -> String {
    let mut listed: Vec<String> = found.iter().take(MAX_LISTED).map(|one| quoted(one)).collect();
    if found.len() > MAX_LISTED {
        listed.push("…".to_owned());
    }
    if listed.is_empty() { "no platform at all".to_owned() } else { listed.join(", ") }
}

fn spelled_out(text: &str, steers: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&steers) {
        return Cow::Borrowed(text);
    }
    let spelled = |c: char| if steers(c) { c.escape_unicode().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(spelled).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut() {
        assert_eq!(quoted("a\nb"), "a\\u{a}b");
        assert_eq!(quoted(&"ş".repeat(MAX_QUOTED)), "ş".repeat(MAX_QUOTED));
        assert_eq!(quoted(&"ş".repeat(MAX_QUOTED + 1)), "ş".repeat(MAX_QUOTED) + "…");
        assert_eq!(platforms(&[]), "no platform at all");
        assert_eq!(platforms(&["linux/\u{1b}[2J".to_owned(), "a/b".to_owned()]), "linux/\\u{1b}[2J, a/b");
        assert!(platforms(&vec!["a/b".to_owned(); MAX_LISTED + 1]).ends_with("a/b, …"));
    }

    #[test]
    fn what_steers_is_written_out() {
        for (text, line, lines) in [
            ("linux/amd64", "linux/amd64", "linux/amd64"),
            ("a\u{1b}[2J\tb\r\n", "a\\u{1b}[2J\\u{9}b\\u{d}\\u{a}", "a\\u{1b}[2J\tb\\u{d}\n"),
            ("\u{202e}ab\u{9b}\u{feff}", "\\u{202e}ab\\u{9b}\\u{feff}", "\\u{202e}ab\\u{9b}\\u{feff}"),
            ("ş ü 語", "ş ü 語", "ş ü 語"),
        ] {
            assert_eq!((&*printable(text), &*printable_lines(text)), (line, lines));
        }
    }
}
