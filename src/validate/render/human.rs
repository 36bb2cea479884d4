//! Findings as clippy would show them, grouped by rule.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use crate::domain::count;
use crate::validate::findings::Finding;
use crate::validate::rule::Level;

/// How many findings of a level there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
}

/// Counts findings by level.
#[must_use]
pub fn summary(findings: &[Finding]) -> Summary {
    let errors = findings.iter().filter(|finding| finding.level == Level::Error).count();
    Summary { errors, warnings: findings.len() - errors }
}

impl std::fmt::Display for Summary {
    /// `2 errors, 1 warning`, or `nothing found`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&match (self.errors, self.warnings) {
            (0, 0) => "nothing found".to_owned(),
            (errors, 0) => count(errors as u64, "error"),
            (0, warnings) => count(warnings as u64, "warning"),
            (errors, warnings) => format!("{}, {}", count(errors as u64, "error"), count(warnings as u64, "warning")),
        })
    }
}

struct Palette {
    error: Style,
    warning: Style,
    note: Style,
    bold: Style,
}

const COLOURED: Palette = Palette {
    error: AnsiColor::BrightRed.on_default().bold(),
    warning: AnsiColor::BrightYellow.on_default().bold(),
    note: AnsiColor::BrightBlue.on_default().bold(),
    bold: Style::new().bold(),
};

const PLAIN: Palette = Palette { error: Style::new(), warning: Style::new(), note: Style::new(), bold: Style::new() };

/// Findings for people: what, where, and for the first of each rule why and what to do about it; a help that differs
/// is told each time.
///
/// ```text
/// error[E03]: the icon `icon.svg` is not in the image
///   --> metadata.json: icon (linux/arm64)
///   = why: A missing icon makes installing fail, …
///   = help: copy an .svg or .png into the image and name its path in `icon`
/// ```
#[must_use]
pub fn human(findings: &[Finding], coloured: bool) -> String {
    let Palette { error, warning, note, bold } = if coloured { COLOURED } else { PLAIN };
    let mut text = String::new();
    for (nth, finding) in findings.iter().enumerate() {
        let before =
            findings[..nth].last().filter(|before| before.rule == finding.rule && before.level == finding.level);
        let level = if finding.level == Level::Error { error } else { warning };
        let (name, id) = (finding.level, finding.rule.id);
        let mut line = |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("a String takes any text");
        line(format_args!("{level}{name}[{id}]{level:#}{bold}: {}{bold:#}", finding.message));
        line(format_args!("  {note}-->{note:#} {}", finding.place));
        if before.is_none() {
            line(format_args!("  {note}={note:#} {bold}why{bold:#}: {}", finding.rule.why));
        }
        if before.is_none_or(|before| before.help != finding.help) {
            line(format_args!("  {note}={note:#} {bold}help{bold:#}: {}", finding.help));
        }
        // Findings of one rule stand together.
        let goes_on =
            findings.get(nth + 1).is_some_and(|next| next.rule == finding.rule && next.level == finding.level);
        if !goes_on {
            text.push('\n');
        }
    }
    text
}
