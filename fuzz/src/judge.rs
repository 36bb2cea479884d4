//! Every rule over a view, and every report about what they find.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::OnceLock;

use cargo_dext::build::inspect::{Facts, inspect};
use cargo_dext::domain::Arch;
use cargo_dext::image::document::RunsOn;
use cargo_dext::validate::render::{human, junit, message, sarif, summary};
use cargo_dext::validate::tree::{Node, NodeKind};
use cargo_dext::validate::view::{Entry, ImageView, Maker, PlatformView, Subject};
use cargo_dext::validate::{Finding, Profile, Settings, View, validate};

use crate::text::printable;

/// How many findings of one rule there may be: two hundred, and one that counts the others.
const MAX_OF_A_RULE: usize = 201;

/// The longest message, in characters.
const MAX_MESSAGE: usize = 700;

/// Of how many lists of findings one is shown in the formats that list all rules, too: they take longer than all rules.
const SHOWN: usize = 16;

/// Judges a view as every command would, and shows the findings in every format.
///
/// # Panics
/// When a finding or a report is not as it must be.
pub fn judge(view: &View) {
    let mut strict = Settings::of(Profile::Private);
    strict.deny_warnings = true;
    drop(validate(view, &strict));
    let settings = Settings::of(Profile::Marketplace);
    let findings = validate(view, &settings);
    bounded(&findings);
    shown(&findings, &settings, view);
}

fn bounded(findings: &[Finding]) {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.rule.id).or_insert(0) += 1;
        let length = finding.message.chars().count();
        assert!(length <= MAX_MESSAGE, "{} says {length} characters", finding.rule.id);
        for text in [&finding.message, &finding.help, &finding.place.to_string()] {
            printable(text);
            assert!(!text.contains('\n'), "{} says several lines: {text:?}", finding.rule.id);
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    assert!(most.is_none_or(|(_, count)| count <= MAX_OF_A_RULE), "too many findings: {most:?}");
}

fn shown(findings: &[Finding], settings: &Settings, view: &View) {
    printable(&human(findings, false));
    drop(human(findings, true));
    let summary = summary(findings);
    assert_eq!(summary.errors + summary.warnings, findings.len());
    for finding in findings {
        serde_json::to_string(&message(finding)).expect("a message is JSON");
    }
    let letters: usize = findings.iter().map(|finding| finding.message.len()).sum();
    if letters.is_multiple_of(SHOWN) {
        reported(findings, settings, view);
    }
}

fn reported(findings: &[Finding], settings: &Settings, view: &View) {
    let report = sarif(findings, &[], "image", |path| path.ends_with(".json"));
    let report: serde_json::Value = serde_json::from_str(&report).expect("SARIF is JSON");
    assert_eq!(report["runs"][0]["results"].as_array().map(Vec::len), Some(findings.len()));
    let report = junit(findings, settings, view, "image");
    printable(&report);
    let tags = |start: &str| report.matches(start).count();
    let closed = tags("</") + tags("/>") + tags("?>");
    assert_eq!(tags("<"), closed + tags("</"), "elements of JUnit that are not closed: {report}");
}

/// The view of an image for both CPUs, whose platforms are alike.
#[must_use]
pub fn image(platform: PlatformView, maker: Maker) -> View {
    let entry = |arch: Arch| Entry {
        platform: Some(arch.image_platform().to_string()),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        attestation: false,
    };
    let other = PlatformView { runs_on: RunsOn::linux(Arch::Arm64), ..platform.clone() };
    let image = ImageView {
        complete: true,
        entries: Arch::ALL.into_iter().map(entry).collect(),
        platforms: vec![platform, other],
        trouble: Vec::new(),
    };
    View { maker, ..View::of(Subject::Image(image)) }
}

/// An empty platform.
#[must_use]
pub fn platform() -> PlatformView {
    PlatformView::empty(RunsOn::linux(Arch::Amd64))
}

/// Puts a file at a path; `choice` says which of some programs and texts it is.
pub fn put(platform: &mut PlatformView, path: &str, choice: usize) {
    let kinds = [NodeKind::File, NodeKind::Dir, NodeKind::Symlink("/ui".to_owned()), NodeKind::Special];
    // Most things in an image are files.
    let kind = kinds[(choice / 3) % 16 % 13 % 4].clone();
    let kind = if choice.is_multiple_of(3) { kind } else { NodeKind::File };
    let mode = if choice.is_multiple_of(5) { 0o644 } else { 0o755 };
    let path = cargo_dext::subject::path::normal(path);
    let facts = facts();
    platform.files.insert(&path, Node { kind, mode, size: choice as u64, layer: None, digest: None });
    platform.programs.insert(path, facts[choice % facts.len()].clone());
}

/// What is known of some programs and texts.
fn facts() -> &'static [Result<Facts, String>] {
    static FACTS: OnceLock<Vec<Result<Facts, String>>> = OnceLock::new();
    const FILES: [(&str, &[u8]); 9] = [
        ("tool", include_bytes!("../../tests/fixtures/binaries/linux-amd64")),
        ("tool", include_bytes!("../../tests/fixtures/binaries/linux-arm64")),
        ("tool", include_bytes!("../../tests/fixtures/binaries/linux-amd64-glibc-2.34")),
        ("tool", include_bytes!("../../tests/fixtures/binaries/darwin-amd64")),
        ("tool", include_bytes!("../../tests/fixtures/binaries/darwin-arm64")),
        ("tool.exe", include_bytes!("../../tests/fixtures/binaries/windows-amd64.exe")),
        ("tool.sh", b"#!/bin/sh\r\necho\n"),
        ("tool.txt", b"some text"),
        ("empty", b""),
    ];
    FACTS.get_or_init(|| {
        let read = |(name, bytes): &(&str, &[u8])| inspect(name, Cursor::new(*bytes)).map_err(|e| e.to_string());
        FILES.iter().map(read).collect()
    })
}
