//! Every reason for which Docker, a reviewer or a user's machine would reject an extension, found here first.
//!
//! Others fill a [`View`]: what an image, a metadata.json or a Cargo.toml says, as plain values. [`validate`] is a
//! pure function from a view and [`Settings`] to [`Finding`]s: the same view has the same findings, in the same
//! order. A rule is an entry of a table in `rules/` and one function; adding one touches one file and its test.
//!
//! Everything in a view comes from an image that nobody vouches for. The readers here ([`metadata`], [`compose`],
//! [`mentions`]) are bounded in depth, size and time; findings show foreign text without control characters, and
//! there are at most two hundred of one rule.

pub mod collect;
pub mod compose;
pub mod constraint;
pub mod findings;
mod json;
pub mod lines;
pub mod mentions;
mod merge;
pub mod metadata;
pub mod picture;
pub mod render;
pub mod rest;
pub mod rule;
pub mod rules;
pub mod settings;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod view;
pub mod yaml;

use std::collections::BTreeMap;

pub use findings::{Finding, Findings, Place};
pub use rule::{Level, Needs, Rule};
pub use settings::{Profile, Settings, UnknownRule};
pub use view::View;

/// What breaks a rule that counts: errors before warnings, then by the rule's number, in the order of the files.
#[must_use]
pub fn validate(view: &View, settings: &Settings) -> Vec<Finding> {
    let platforms: Vec<String> = view.platforms().iter().map(view::PlatformView::name).collect();
    let mut found = Vec::new();
    for rule in rules::all() {
        if let Some(worst) = settings.level(rule) {
            let mut findings = Findings::new(rule, settings.profile, worst, help(rule, view.maker), &mut found);
            (rule.check)(view, &mut findings);
            findings.end(&platforms);
        }
    }
    found.retain(|finding| settings.counts(finding.rule, finding.level));
    if settings.deny_warnings {
        found.iter_mut().for_each(|finding| finding.level = Level::Error);
    }
    // Within a rule, checks find things in the order of the files; a stable sort keeps it.
    found.sort_by_key(|finding| (std::cmp::Reverse(finding.level), rules::number(finding.rule.id)));
    found
}

/// What breaks a rule that does not count, each with the reason why it does not.
#[must_use]
pub fn passed_over<'a>(view: &View, settings: &'a Settings) -> Vec<(Finding, Option<&'a str>)> {
    let reasons: BTreeMap<&str, Option<&str>> = settings.allowed().collect();
    if reasons.is_empty() {
        return Vec::new();
    }
    let found = validate(view, &Settings::of(settings.profile));
    let passed = found.into_iter().filter(|finding| !settings.counts(finding.rule, finding.level));
    passed
        .map(|finding| (reasons.get(finding.rule.id).copied().flatten(), finding))
        .map(|(why, it)| (it, why))
        .collect()
}

/// How to fix what breaks a rule, for those who have a Cargo.toml or a Dockerfile.
fn help(rule: &Rule, maker: view::Maker) -> String {
    match (maker, rule.key) {
        (view::Maker::CargoDext, Some(key)) => {
            format!("{}; see `{key}` in [package.metadata.extension]", rule.fix)
        }
        _ => rule.fix.to_owned(),
    }
}
