//! How text, and the text of others, is put on a page.

use anstyle::{AnsiColor, Style};

use crate::domain::printable;
pub use crate::shell::Page;

/// A heading.
pub const HEADING: Style = AnsiColor::BrightGreen.on_default().bold();
/// What several platforms share.
pub const SHARED: Style = AnsiColor::BrightCyan.on_default();
/// What one platform has for itself.
pub const OWN: Style = AnsiColor::BrightBlue.on_default();
/// What is said by the way.
pub const QUIET: Style = Style::new().dimmed();
/// What is wrong.
pub const BAD: Style = AnsiColor::BrightRed.on_default().bold();

impl Page {
    /// A text in a colour.
    #[must_use]
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A text that others wrote, in one line of at most `width` columns.
    #[must_use]
    pub fn line(&self, text: &str, width: usize) -> String {
        let text = printable(text).into_owned();
        let more = if self.unicode { "…" } else { "..." };
        if text.chars().count() <= width {
            return text;
        }
        let kept = width.saturating_sub(more.chars().count());
        text.chars().take(kept).chain(more.chars()).collect()
    }

    /// As [`Page::line`], as long as the rest of the page's line behind so many columns.
    #[must_use]
    pub fn rest(&self, text: &str, taken: usize) -> String {
        self.line(text, self.width.map_or(usize::MAX, |width| width.saturating_sub(taken).max(20)))
    }

    /// A text that others wrote, which may have line breaks.
    #[must_use]
    pub fn block(&self, text: &str, indent: &str) -> String {
        let lines = text.lines().map(|line| line.trim_end().replace('\t', "  "));
        lines.map(|line| format!("{indent}{}\n", self.line(&line, usize::MAX))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        let page = Page { width: Some(30), unicode: true, color: false };
        assert_eq!(page.line("a\u{1b}[31mb\r\n", 80), "a\\u{1b}[31mb\\u{d}\\u{a}");
        assert_eq!(page.line("\u{202e}abc\u{9b}", 80), "\\u{202e}abc\\u{9b}");
        assert_eq!(page.rest("0123456789012345678901234567890", 5), "012345678901234567890123…");
        assert_eq!(page.block("a\r\n\tb\n", "  "), "  a\n    b\n");
    }
}
