//! `cargo xtask readme`: the help texts in README.md are what the program prints, between markers:
//!
//! ```text
//! <!-- help: package -->      the help of `cargo dext package`; without a name, of `cargo dext`
//! <!-- /help -->
//! ```

use crate::Result;
use crate::command::Cmd;
use crate::places::Places;
use crate::program;
use crate::setup::Tools;

const OPEN: &str = "<!-- help:";
const CLOSE: &str = "<!-- /help -->";

/// Writes the current help texts into README.md, or checks that they are there.
///
/// # Errors
/// When a marker is wrong, the program does not print a help, or a check finds an old one.
pub fn run(places: &Places, tools: &Tools, check: bool) -> Result {
    let file = places.root.join("README.md");
    let written = std::fs::read_to_string(&file)?;
    let program = program::build(places, tools, false)?;
    let current = renewed(&written, |command| {
        let help = Cmd::new(&program)
            .arg("dext")
            .args(command.split_whitespace())
            .arg("--help")
            .env("COLUMNS", "100")
            .env("NO_COLOR", "1");
        help.read()
    })?;
    if written == current {
        return Ok(());
    }
    if check {
        print!("{}", difference("README.md", &written, &current));
        return Err("README.md is not current; run `cargo xtask readme`".into());
    }
    std::fs::write(&file, current)?;
    println!("wrote {}", file.display());
    Ok(())
}

/// The text with the help between every pair of markers renewed.
fn renewed(text: &str, mut help: impl FnMut(&str) -> Result<String>) -> Result<String> {
    let (mut out, mut lines) = (String::new(), text.lines());
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(command) = line.strip_prefix(OPEN) else { continue };
        let command = command.strip_suffix("-->").ok_or_else(|| format!("the marker `{line}` has no end"))?.trim();
        if !lines.by_ref().any(|line| line == CLOSE) {
            return Err(format!("no `{CLOSE}` after `{line}`").into());
        }
        let help = help(command)?;
        let help: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
        out.push_str(&format!("```text\n{}\n```\n{CLOSE}\n", help.join("\n")));
    }
    Ok(out)
}

/// The lines that differ, between what both texts have in common at their start and end.
pub fn difference(file: &str, old: &str, new: &str) -> String {
    let (mut old, mut new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    old.drain(..start);
    new.drain(..start);
    while old.last().is_some_and(|line| new.last() == Some(line)) {
        old.pop();
        new.pop();
    }
    let signed = |sign: char, lines: Vec<&str>| lines.iter().map(|line| format!("{sign}{line}\n")).collect::<String>();
    format!("{file}:{}\n{}{}", start + 1, signed('-', old), signed('+', new))
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "# x\n<!-- help: package -->\nold\n<!-- /help -->\nend\n";

    #[test]
    fn the_help_between_markers_is_renewed_and_stays() {
        let renew = |text: &str| renewed(text, |command| Ok(format!("Usage: {command}  \n  -v\n\n")));
        let once = renew(README).unwrap();
        assert_eq!(once, "# x\n<!-- help: package -->\n```text\nUsage: package\n  -v\n```\n<!-- /help -->\nend\n");
        assert_eq!(renew(&once).unwrap(), once);
    }

    #[test]
    fn an_open_marker_and_a_failing_help_are_errors() {
        assert!(renewed("<!-- help: x -->\n", |_| Ok(String::new())).is_err());
        assert!(renewed("<!-- help: x\n<!-- /help -->\n", |_| Ok(String::new())).is_err());
        assert!(renewed(README, |_| Err("no".into())).is_err());
    }

    #[test]
    fn a_difference_shows_only_what_differs() {
        assert_eq!(difference("x.md", "a\nb\nc\n", "a\nx\ny\nc\n"), "x.md:2\n-b\n+x\n+y\n");
    }
}
