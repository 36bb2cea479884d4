//! How a text is written into a file, by the file's language.

use std::fmt::Write;

/// The language around a placeholder, which says how a text is escaped there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// Plain text: nothing is escaped.
    Plain,
    /// Inside a basic string of TOML, between its quotes.
    Toml,
    /// Text in HTML, or an attribute's value between double quotes.
    Html,
    /// A run of text in Markdown, not at the start of a line.
    Markdown,
}

impl Escape {
    /// Writes a text of one line so that it is read back as it is.
    #[must_use]
    pub fn apply(self, text: &str) -> String {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            match self {
                Escape::Plain => escaped.push(c),
                Escape::Toml => toml(&mut escaped, c),
                Escape::Html => html(&mut escaped, c),
                Escape::Markdown => markdown(&mut escaped, c),
            }
        }
        escaped
    }
}

/// Source: <https://toml.io/en/v1.0.0#string>, basic strings.
fn toml(out: &mut String, c: char) {
    match c {
        '"' | '\\' => out.extend(['\\', c]),
        '\u{0}'..='\u{1f}' | '\u{7f}' => {
            write!(out, "\\u{:04X}", u32::from(c)).expect("a string takes all that is written");
        }
        c => out.push(c),
    }
}

/// Source: <https://html.spec.whatwg.org/multipage/syntax.html#character-references>.
fn html(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        c => out.push(c),
    }
}

/// Any ASCII punctuation may have a backslash (<https://spec.commonmark.org/0.31.2/#backslash-escapes>); it
/// gets one where it can mean something in CommonMark, in a table, or to GitHub.
fn markdown(out: &mut String, c: char) {
    if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '#' | '|' | '~' | '!' | '$' | ':' | '@') {
        out.push('\\');
    }
    out.push(c);
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = "Größe \"x\" & 'y' <b>\\ *z* `q` 容量 {{name}} |";

    #[test]
    fn toml_reads_it_back() {
        for text in [NASTY, "", "\u{7f}\u{0}\t", "'''\"\"\""] {
            let document = format!("key = \"{}\"", Escape::Toml.apply(text));
            let read: toml_edit::DocumentMut = document.parse().expect(&document);
            assert_eq!(read["key"].as_str(), Some(text));
        }
    }

    #[test]
    fn html_has_no_markup_left() {
        assert_eq!(Escape::Html.apply(NASTY), "Größe &quot;x&quot; &amp; 'y' &lt;b&gt;\\ *z* `q` 容量 {{name}} |");
    }

    #[test]
    fn markdown_has_no_markup_left() {
        assert_eq!(Escape::Markdown.apply(NASTY), "Größe \"x\" \\& 'y' \\<b\\>\\\\ \\*z\\* \\`q\\` 容量 {{name}} \\|");
    }

    #[test]
    fn plain_text_stays() {
        assert_eq!(Escape::Plain.apply(NASTY), NASTY);
    }
}
