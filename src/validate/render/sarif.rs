//! Findings as SARIF 2.1.0 (OASIS standard), for code scanning.
//!
//! GitHub shows a result only if it has a location with the path of a file, and takes the texts of its page from the
//! rule's `shortDescription`, `fullDescription` and `help`.

use serde_json::{Value, json};

use crate::validate::findings::{Finding, Place};
use crate::validate::rule::{Level, Rule};
use crate::validate::rules;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A SARIF log of one run. `file` is the file of the sources that stands for the image, from the root of the
/// repository and with `/`: findings about labels, layers and the image itself are shown there, and so are those in
/// files that exist in the image only. `known` says which other files the sources have under the same name. What was
/// allowed is in it too, as suppressed, with its reason.
#[must_use]
pub fn sarif(
    findings: &[Finding],
    allowed: &[(Finding, Option<&str>)],
    file: &str,
    known: impl Fn(&str) -> bool,
) -> String {
    let rules: Vec<&Rule> = rules::all().collect();
    let allowed = allowed.iter().map(|(finding, reason)| {
        let mut suppressed = result(finding, &rules, file, &known);
        suppressed["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
        if reason.is_none() {
            suppressed["suppressions"] = json!([{ "kind": "external" }]);
        }
        suppressed
    });
    let results = findings.iter().map(|finding| result(finding, &rules, file, &known)).chain(allowed);
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cargo-dext",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).expect("a tree of texts and numbers has a JSON form");
    text.push('\n');
    text
}

fn descriptor(rule: &Rule) -> Value {
    let help = format!("{}\n\nFix: {}\n\nSource: {}", rule.why, rule.fix, rule.source);
    let markdown = format!("{}\n\n**Fix:** {}\n\n*Source:* {}", rule.why, rule.fix, rule.source);
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": help, "markdown": markdown },
        "defaultConfiguration": { "level": level(rule.level) },
        "properties": { "tags": ["docker-desktop-extension"], "precision": "high" },
    })
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

fn result(finding: &Finding, rules: &[&Rule], file: &str, known: &impl Fn(&str) -> bool) -> Value {
    let place = &finding.place;
    let in_sources = place.file.as_deref().filter(|path| known(path));
    let region = json!({
        "startLine": place.line.filter(|_| in_sources.is_some()).unwrap_or(1).max(1),
        "startColumn": place.column.filter(|_| in_sources.is_some()).unwrap_or(1).max(1),
    });
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(in_sources.unwrap_or(file)) },
        "region": region,
    } });
    if let Some(logical) = logical(place) {
        location["logicalLocations"] = json!([logical]);
    }
    json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rules.iter().position(|rule| *rule == finding.rule),
        "level": level(finding.level),
        "message": { "text": format!("{} ({place}). Help: {}", finding.message, finding.help) },
        "locations": [location],
        "partialFingerprints": { "dextFinding/v1": fingerprint(finding) },
    })
}

/// The key or label, which is where an author looks.
fn logical(place: &Place) -> Option<Value> {
    let (name, kind) = match (&place.key, &place.label) {
        (_, Some(label)) => (label, "member"),
        (Some(key), None) => (key, "member"),
        (None, None) => return None,
    };
    Some(json!({ "fullyQualifiedName": name, "kind": kind }))
}

/// What stays the same when the same thing is found again.
fn fingerprint(finding: &Finding) -> String {
    let place = Place { line: None, column: None, layer: None, ..finding.place.clone() };
    crate::domain::Digest::of(format!("{} {place}: {}", finding.rule.id, finding.message).as_bytes()).hex()
}

/// A relative path as a URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}
