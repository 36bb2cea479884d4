//! Findings as a JUnit report: a test case for each rule, as the CI servers that read it expect.

use std::fmt::Write;

use crate::validate::findings::Finding;
use crate::validate::rule::{Level, Rule};
use crate::validate::rules;
use crate::validate::settings::Settings;
use crate::validate::view::View;

/// A report about `subject`. Errors are failures, warnings are the output of a case that passed, and a rule that does
/// not count, or that this view tells nothing about, is a case that was skipped.
#[must_use]
pub fn junit(findings: &[Finding], settings: &Settings, view: &View, subject: &str) -> String {
    let cases: Vec<Case<'_>> = rules::all().map(|rule| Case::new(rule, findings, settings, view)).collect();
    let failures = cases.iter().filter(|case| !case.errors.is_empty()).count();
    let skipped = cases.iter().filter(|case| case.skipped.is_some()).count();
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"", cases.len());
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut line = |line: &str| writeln!(xml, "{line}").expect("a String takes any text");
    line(&format!("<testsuites name=\"cargo dext validate\" {counts}>"));
    line(&format!("  <testsuite name=\"{}\" {counts}>", escaped(subject)));
    for case in &cases {
        let name = format!("{} {}", case.rule.id, case.rule.title);
        let head = format!("    <testcase classname=\"cargo-dext.validate\" name=\"{}\"", escaped(&name));
        match case.body().as_str() {
            "" => line(&format!("{head}/>")),
            body => line(&format!("{head}>{body}</testcase>")),
        }
    }
    line("  </testsuite>");
    line("</testsuites>");
    xml
}

struct Case<'a> {
    rule: &'static Rule,
    errors: Vec<&'a Finding>,
    warnings: Vec<&'a Finding>,
    skipped: Option<String>,
}

impl<'a> Case<'a> {
    fn new(rule: &'static Rule, findings: &'a [Finding], settings: &Settings, view: &View) -> Self {
        let of_rule = findings.iter().filter(|finding| finding.rule == rule);
        let (errors, warnings): (Vec<_>, Vec<_>) = of_rule.partition(|finding| finding.level == Level::Error);
        let allowed = settings.allowed().find(|(id, _)| *id == rule.id);
        let skipped = match (allowed, settings.level(rule)) {
            // What cannot be allowed is told.
            _ if !errors.is_empty() => None,
            (Some((_, Some(reason))), _) => Some(format!("allowed: {reason}")),
            (Some((_, None)), _) => Some("allowed".to_owned()),
            (None, None) => Some(format!("does not apply to the profile {}", settings.profile)),
            (None, Some(_)) => rule.needs.lacking(view).map(|why| format!("was not looked for: {why}")),
        };
        Case { rule, errors, warnings, skipped }
    }

    fn body(&self) -> String {
        let lines = |findings: &[&Finding]| {
            let line = |finding: &&Finding| format!("{}: {}\nhelp: {}", finding.place, finding.message, finding.help);
            escaped(&findings.iter().map(line).collect::<Vec<_>>().join("\n"))
        };
        let failure = self.errors.first().map(|first| {
            let more =
                if self.errors.len() > 1 { format!(" and {} more", self.errors.len() - 1) } else { String::new() };
            let message = escaped(&format!("{}{more}", first.message));
            format!("<failure message=\"{message}\" type=\"{}\">{}</failure>", self.rule.id, lines(&self.errors))
        });
        let skipped = self.skipped.as_ref().map(|why| format!("<skipped message=\"{}\"/>", escaped(why)));
        let warnings = !self.warnings.is_empty();
        let output = warnings.then(|| format!("<system-out>{}</system-out>", lines(&self.warnings)));
        failure.into_iter().chain(skipped).chain(output).collect()
    }
}

/// A text for the content or an attribute of an element (XML 1.0, section 2.2 says which characters there are).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' => out.push('\n'),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
