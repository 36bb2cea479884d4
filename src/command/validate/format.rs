//! The forms in which findings are shown.

use std::collections::BTreeSet;

use clap::ValueEnum;
use serde::Serialize;

use super::subject::Judged;
use crate::command::Context;
use crate::report::{Message, Report};
use crate::sys::fs;
use crate::validate::render::{human, junit, message, sarif, summary};
use crate::validate::view::Maker;
use crate::validate::{Finding, Profile, Settings, passed_over};

/// The values of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, grouped by rule
    Human,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit's XML, for CI servers
    Junit,
}

/// All of a judgement as one object.
#[derive(Debug, Serialize)]
struct Told<'a> {
    subject: &'a str,
    profile: Profile,
    errors: usize,
    warnings: usize,
    allowed: Vec<Allowed<'a>>,
    findings: Vec<Message>,
}

/// A rule that does not count.
#[derive(Debug, Serialize)]
struct Allowed<'a> {
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// Tells of the rules that were broken and do not count, each with its reason if one was given.
pub fn tell_allowed(settings: &Settings, judged: &Judged, context: &Context) {
    let mut told = BTreeSet::new();
    for (finding, reason) in passed_over(&judged.view, settings) {
        let id = finding.rule.id;
        if told.insert(id) {
            let reason = reason.map_or_else(|| finding.message.clone(), str::to_owned);
            context.shell.status("Allowed", format!("{id}: {reason}"));
        }
    }
}

/// Prints findings to standard output.
pub fn show(format: Format, findings: &[Finding], settings: &Settings, judged: &Judged, context: &Context) {
    let (shell, name) = (&context.shell, judged.name.as_str());
    match format {
        // A program that reads messages gets these as messages, too.
        Format::Human => {
            findings.iter().for_each(|finding| shell.message(message(finding)));
            shell.print_for_people(&human(findings, shell.page(&context.env).color));
        }
        Format::Json => {
            let summary = summary(findings);
            let told = Told {
                subject: name,
                profile: settings.profile,
                errors: summary.errors,
                warnings: summary.warnings,
                allowed: settings.allowed().map(|(rule, reason)| Allowed { rule, reason }).collect(),
                findings: findings.iter().map(message).collect(),
            };
            shell.print(&format!("{}\n", serde_json::to_string_pretty(&told).unwrap_or_default()));
        }
        Format::Sarif => {
            // What stands for the image in the sources: the file that its makers edit.
            let file = if judged.view.maker == Maker::CargoDext { "Cargo.toml" } else { "Dockerfile" };
            let allowed = passed_over(&judged.view, settings);
            shell.print(&sarif(findings, &allowed, file, |path| fs::exists(&context.env.cwd.join(path))));
        }
        Format::Junit => shell.print(&junit(findings, settings, &judged.view, name)),
    }
}
