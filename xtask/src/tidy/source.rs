//! A file, and for Rust the same text without comments and literals, so that rules see code only.

use super::Finding;

/// A tracked file.
#[derive(Debug)]
pub struct Source {
    /// Where it is, relative to the checkout.
    pub path: String,
    /// What is in it.
    pub text: String,
    /// The text with every comment and every literal's content blanked; line breaks stay.
    pub code: String,
}

impl Source {
    /// Reads the text.
    pub fn new(path: &str, text: String) -> Self {
        let code = if path.ends_with(".rs") { blanked(&text) } else { String::new() };
        Source { path: path.to_owned(), text, code }
    }

    /// Whether it is a Rust file.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The code before the unit tests, which stand at the end of a file or in a `tests.rs` beside it.
    pub fn code_before_tests(&self) -> &str {
        if self.path.ends_with("/tests.rs") {
            return "";
        }
        let tests = self.code.find("\n#[cfg(test)]\nmod tests").map_or(self.code.len(), |at| at + 1);
        &self.code[..tests]
    }

    /// A finding at a byte of [`Source::code`].
    pub fn finding(&self, at: usize, what: impl Into<String>) -> Finding {
        self.finding_in_line(self.code[..at].matches('\n').count() + 1, what)
    }

    /// A finding in a line, counted from 1.
    pub fn finding_in_line(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding { file: self.path.clone(), line, what: what.into() }
    }
}

/// Blanks comments, strings and characters. Every character becomes one space, a line break stays one.
fn blanked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while at < chars.len() {
        let end = literal_end(&chars, at).unwrap_or(at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that starts here ends, if one does.
fn literal_end(chars: &[char], at: usize) -> Option<usize> {
    let next = chars.get(at + 1).copied();
    match (chars[at], next) {
        ('/', Some('/')) => Some(position(chars, at, |rest| rest[0] == '\n')),
        ('/', Some('*')) => Some(block_comment_end(chars, at)),
        ('"', _) => Some(string_end(chars, at)),
        ('r', Some('"' | '#')) if at == 0 || !is_word(chars[at - 1]) || "bc".contains(chars[at - 1]) => {
            raw_string_end(chars, at)
        }
        ('\'', Some('\\')) => Some(position(chars, at + 3, |rest| rest[0] == '\'') + 1),
        // A quote that no quote follows after one character begins a lifetime.
        ('\'', Some(_)) if chars.get(at + 2) == Some(&'\'') => Some(at + 3),
        _ => None,
    }
    .map(|end| end.min(chars.len()))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The first position from `from` where the rest matches, else the end.
fn position(chars: &[char], from: usize, matches: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|at| matches(&chars[*at..])).unwrap_or(chars.len())
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < chars.len() {
        if chars[at..].starts_with(&['/', '*']) {
            (depth, at) = (depth + 1, at + 2);
        } else if chars[at..].starts_with(&['*', '/']) {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn string_end(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The end of `r"…"` or `r#"…"#`, or nothing for a raw name such as `r#type`.
fn raw_string_end(chars: &[char], start: usize) -> Option<usize> {
    let fences = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    let open = start + 1 + fences;
    (chars.get(open) == Some(&'"')).then(|| {
        let closes =
            |rest: &[char]| rest[0] == '"' && rest.len() > fences && rest[1..=fences].iter().all(|c| *c == '#');
        position(chars, open + 1, closes) + 1 + fences
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_left() {
        let cases = [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"x("a \" // b") y"#, r"x(           ) y"),
            ("x(r#\"a \" b\"#) y", "x(          ) y"),
            (r"m('\'', '{', 'a', &'a x)", "m(    ,    ,    , &'a x)"),
            (r"m('\u{1F600}') }", "m(           ) }"),
            ("r#type r", "r#type r"),
            ("\"open", "     "),
        ];
        for (text, code) in cases {
            assert_eq!(blanked(text), code, "{text}");
        }
    }

    #[test]
    fn the_tests_of_a_file_are_told_from_its_code() {
        let source = Source::new("a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {}\n".to_owned());
        assert_eq!(source.code_before_tests(), "fn a() {}\n");
        assert_eq!(source.finding(10, "x").line, 2);
        assert_eq!(Source::new("src/a/tests.rs", "fn a() {}\n".to_owned()).code_before_tests(), "");
    }
}
