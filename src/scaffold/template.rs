//! The little language of the files in `template/`, a part of Mustache: `{{name}}` stands for a value;
//! `{{#flag}}` and `{{/flag}}`, each on a line of its own, stand around lines that only some projects have, and
//! `{{^flag}}` around those that only the others have.

use std::collections::{BTreeMap, BTreeSet};

use super::escape::Escape;

/// What placeholders stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values {
    /// Names of a safe alphabet. They are written as they are in every language.
    pub words: BTreeMap<&'static str, String>,
    /// What a person wrote. It is escaped.
    pub texts: BTreeMap<&'static str, String>,
    /// What the project has.
    pub flags: BTreeSet<&'static str>,
}

impl Values {
    fn value(&self, name: &str, escape: Escape) -> Option<String> {
        self.words.get(name).cloned().or_else(|| Some(escape.apply(self.texts.get(name)?)))
    }
}

/// Fills in a template. A placeholder that stands for nothing stays as it is; so do values that look like one.
#[must_use]
pub fn fill(template: &str, values: &Values, escape: Escape) -> String {
    let mut text = String::with_capacity(template.len());
    let mut wanted = Vec::new();
    for line in template.lines() {
        match section(line) {
            Some(Section::Open { flag, with }) => wanted.push(values.flags.contains(flag) == with),
            Some(Section::Close(_)) => drop(wanted.pop()),
            None if wanted.iter().all(|wanted| *wanted) => {
                fill_line(&mut text, line, values, escape);
                text.push('\n');
            }
            None => {}
        }
    }
    text
}

/// A line that opens or closes a section.
#[derive(Debug, PartialEq, Eq)]
enum Section<'a> {
    Open { flag: &'a str, with: bool },
    Close(&'a str),
}

fn section(line: &str) -> Option<Section<'_>> {
    let inner = line.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    match inner.split_at_checked(1)? {
        ("#", flag) => Some(Section::Open { flag, with: true }),
        ("^", flag) => Some(Section::Open { flag, with: false }),
        ("/", flag) => Some(Section::Close(flag)),
        _ => None,
    }
}

fn fill_line(text: &mut String, line: &str, values: &Values, escape: Escape) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        text.push_str(before);
        match after.split_once("}}").and_then(|(name, after)| Some((values.value(name, escape)?, after))) {
            Some((value, after)) => {
                text.push_str(&value);
                rest = after;
            }
            None => {
                text.push_str("{{");
                rest = after;
            }
        }
    }
    text.push_str(rest);
}

/// What is wrong with a template: sections that do not fit together, and placeholders that stand for nothing.
#[cfg(test)]
pub(super) fn mistakes(template: &str, values: &Values, flags: &[&str]) -> Vec<String> {
    let mut open = Vec::new();
    let mut mistakes = Vec::new();
    for line in template.lines() {
        match section(line) {
            Some(Section::Open { flag, .. }) if flags.contains(&flag) => open.push(flag),
            Some(Section::Close(flag)) if open.last() == Some(&flag) => drop(open.pop()),
            Some(_) => mistakes.push(line.to_owned()),
            None => mistakes.extend(
                // `${{ … }}` is GitHub's.
                line.replace("${{", "")
                    .split("{{")
                    .skip(1)
                    .filter_map(|after| Some(after.split_once("}}")?.0))
                    .filter(|name| values.value(name, Escape::Plain).is_none())
                    .map(str::to_owned),
            ),
        }
    }
    mistakes.extend(open.into_iter().map(|flag| format!("{flag} is never closed")));
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values {
            words: [("name", "disk_usage".to_owned())].into(),
            texts: [("title", "{{name}} & co_".to_owned())].into(),
            flags: ["a"].into(),
        }
    }

    #[test]
    fn values_are_filled_in_once() {
        for (template, filled) in [
            ("x {{name}}-{{name}} y", "x disk_usage-disk_usage y\n"),
            ("`{{name}}` {{title}}", "`disk_usage` {{name}} \\& co\\_\n"),
            ("${{ name }} {{other}} {{", "${{ name }} {{other}} {{\n"),
            ("{{{{name}}", "{{disk_usage\n"),
            ("a\r\nb", "a\nb\n"),
            ("", ""),
        ] {
            assert_eq!(fill(template, &values(), Escape::Markdown), filled, "{template}");
        }
    }

    #[test]
    fn sections_come_and_go() {
        let template =
            "1\n{{#a}}\n2\n  {{^b}}\n3\n  {{/b}}\n{{#b}}\n4\n{{#a}}\n5\n{{/a}}\n{{/b}}\n{{/a}}\n{{^a}}\n6\n{{/a}}\n7";
        assert_eq!(fill(template, &values(), Escape::Plain), "1\n2\n3\n7\n");
        assert_eq!(mistakes(template, &values(), &["a", "b"]), [""; 0]);
    }

    #[test]
    fn mistakes_are_found() {
        let template = "{{#a}}\n{{nothing}}\n{{/b}}\n{{#c}}\n{{/c}}";
        let found = ["nothing", "{{/b}}", "{{#c}}", "{{/c}}", "a is never closed"];
        assert_eq!(mistakes(template, &values(), &["a", "b"]), found);
    }
}
