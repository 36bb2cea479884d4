//! `--message-format json`: what programs read.

use crate::support::prebuilt;

/// The reasons and fields that the README documents.
const DOCUMENTED: [(&str, &[&str]); 4] = [
    ("dext-plan", &["plan"]),
    ("dext-artifact", &["facts", "name", "path", "platform", "size", "triple"]),
    ("dext-layer", &["cached", "diff_id", "digest", "name", "size", "uncompressed"]),
    ("dext-image", &["digest", "manifests", "path", "reference"]),
];

#[test]
fn every_line_is_a_documented_object() {
    let project = prebuilt::project();
    let packaged = project.pack(["--message-format", "json"]).run().success();
    let planned = project.pack(["--message-format", "json", "--dry-run"]).run().success();
    let mut seen = Vec::new();
    for message in packaged.json().into_iter().chain(planned.json()) {
        let message = message.as_object().expect("an object");
        let reason = message["reason"].as_str().expect("a reason");
        let (_, fields) = DOCUMENTED.iter().find(|(known, _)| *known == reason).expect(reason);
        let mut found: Vec<&str> = message.keys().map(String::as_str).filter(|key| *key != "reason").collect();
        found.sort_unstable();
        assert_eq!(found, *fields, "{reason}");
        seen.push(reason.to_owned());
    }
    for (reason, _) in DOCUMENTED {
        assert!(seen.iter().any(|seen| seen == reason), "{reason}");
    }
    // Eight binaries: two backends and six host tools. Seven layers: one is shared by both images.
    let count = |reason: &str| seen.iter().filter(|seen| *seen == reason).count();
    assert_eq!((count("dext-artifact"), count("dext-layer"), count("dext-image")), (8, 9, 1));
}

#[test]
fn the_readme_lists_the_same_fields() {
    let readme = include_str!("../../README.md");
    for (reason, fields) in DOCUMENTED {
        let line = readme.lines().find(|line| line.starts_with(&format!("| `{reason}`"))).expect(reason);
        for field in fields {
            assert!(line.contains(&format!("`{field}`")), "{reason} {field}");
        }
    }
}

#[test]
fn without_it_standard_output_is_empty() {
    let outcome = prebuilt::project().pack([]).run().success();
    assert_eq!(outcome.stdout, "");
}
