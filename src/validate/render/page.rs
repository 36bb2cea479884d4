//! RULES.md.

use super::level_name;
use crate::validate::rule::Rule;
use crate::validate::rules;

/// The page of all rules, as it lies in the repository. `cargo xtask rules` writes it.
#[must_use]
pub fn rules_md() -> String {
    let head = "<!-- Written by `cargo xtask rules` from src/validate/rules; do not edit. -->\n\
        # What `cargo dext validate` checks\n\n\
        An id is a rule's name for ever. `E` rules find errors, `W` rules warnings; some `E` rules have a lesser \
        finding too, a warning under the same id, which their text tells. The second level is the one of \
        `--profile private`. `--allow ID` lets a rule not count, `--deny warnings` makes errors of warnings, and \
        `--explain ID` prints what stands here.\n\n\
        | id | Marketplace | private | what must hold |\n|---|---|---|---|\n";
    let row = |rule: &'static Rule| {
        let (id, title) = (rule.id, cell(rule.title));
        let anchor = id.to_lowercase();
        format!("| [{id}](#{anchor}) | {} | {} | {title} |\n", level_name(Some(rule.level)), level_name(rule.private))
    };
    let table: String = rules::all().map(row).collect();
    let sections: String = rules::all().map(section).collect();
    format!("{head}{table}{sections}")
}

fn section(rule: &'static Rule) -> String {
    let key = rule.key.map_or_else(String::new, |key| format!(" With `cargo dext`: `{key}` in Cargo.toml."));
    format!(
        "\n## {}\n\n**{}.** {}\n\n* Fix: {}.{key}\n* Source: {}\n",
        rule.id,
        markdown(rule.title),
        markdown(rule.why),
        markdown(rule.fix),
        markdown(rule.source)
    )
}

/// A text in which `<name>` stays what it is; what stands between backticks stays so anyway.
fn markdown(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts
        .map(|(nth, part)| if nth % 2 == 0 { part.replace('<', "&lt;").replace('*', "\\*") } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("`")
}

/// A text that ends no cell of a table.
fn cell(text: &str) -> String {
    markdown(text).replace('|', "\\|")
}
