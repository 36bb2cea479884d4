//! Words of an instruction, and pairs of names and values.
//!
//! Source: BuildKit, `frontend/dockerfile/parser/line_parsers.go`, `parseWords` and `parseNameVal`.

use super::Refused;

/// Splits at blanks outside of quotes; quotes and escapes stay in the words.
pub(super) fn split(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ => {}
        }
        // Within single quotes nothing escapes; at the end of the line an escape is dropped.
        if c == escape && quote != Some('\'') {
            let Some(next) = chars.next() else { break };
            word.push(c);
            word.push(next);
        } else {
            word.push(c);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// How many pairs an instruction may have, which is more than all labels of an extension.
const MAX_PAIRS: usize = 1_000;

/// `a=b c="d e"`, or the old form `a b c`, which is one pair. Quotes and escapes stay.
///
/// # Errors
/// What Docker would refuse.
pub(super) fn pairs(text: &str, escape: char) -> Result<Vec<(String, String)>, Refused> {
    let words = split(text, escape);
    if words.len() > MAX_PAIRS {
        return Err(Refused::ours(format!("it has {} words; {MAX_PAIRS} are read at most", words.len())));
    }
    let Some(first) = words.first() else { return Err("it has no arguments".into()) };
    if !first.contains('=') {
        let (name, value) = text.split_once(char::is_whitespace).ok_or("it must have two arguments")?;
        return Ok(vec![(name.to_owned(), value.trim_start().to_owned())]);
    }
    let pair = |word: &String| match word.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(format!("`{}` has no `=`; it must be name=value", shortened(word)).into()),
    };
    words.iter().map(pair).collect()
}

/// The arguments of an instruction that has a list: a JSON list of texts, or words.
pub(super) fn list(text: &str, escape: char) -> (Vec<String>, bool) {
    match serde_json::from_str::<Vec<String>>(text) {
        Ok(list) => (list, true),
        Err(_) => (split(text, escape), false),
    }
}

/// A text for a message.
pub(super) fn shortened(text: &str) -> String {
    const MAX: usize = 60;
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", text[..end].escape_debug()),
        None => text.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'"),
    }
}
