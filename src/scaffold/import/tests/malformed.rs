//! Values that real labels have and should not: each is carried over as it is, and the rule that it breaks is told.

use super::*;
use crate::scaffold::import::folder;
use crate::sys::fs;

/// Every label that the Marketplace asks for, as a Dockerfile sets it.
const SOUND: &str = r#"LABEL org.opencontainers.image.title="Boxes" \
      org.opencontainers.image.description="Sorts boxes" \
      org.opencontainers.image.vendor="Example Ltd" \
      com.docker.desktop.extension.api.version=">= 0.3.4" \
      com.docker.desktop.extension.icon="https://example.com/icon.svg" \
      com.docker.extension.screenshots='[{"alt":"Main","url":"https://example.com/1.png"}]' \
      com.docker.extension.detailed-description="<p>Sorts boxes</p>" \
      com.docker.extension.publisher-url="https://example.com" \
      com.docker.extension.additional-urls='[{"title":"Support","url":"https://example.com"}]' \
      com.docker.extension.changelog="<p>New</p>" \
      com.docker.extension.categories="utility-tools"
"#;

/// What folder import says of an extension with further lines at the end of its Dockerfile: its labels, the rules it
/// breaks, what was not taken over.
fn told(lines: &str) -> (BTreeMap<String, String>, Vec<&'static str>, Vec<String>) {
    let dir = tempfile::tempdir().expect("temp");
    let metadata = r#"{"icon":"icon.svg","vm":{"image":"${DESKTOP_PLUGIN_IMAGE}"}}"#;
    let dockerfile = format!("FROM scratch\nCOPY metadata.json icon.svg /\nCMD [\"/boxes\"]\n{SOUND}{lines}\n");
    for (path, text) in [("metadata.json", metadata), ("icon.svg", "<svg/>"), ("Dockerfile", &dockerfile)] {
        fs::write_atomic(&dir.path().join(path), text.as_bytes()).expect(path);
    }
    let imported = folder::read(dir.path()).expect("read");
    let import = import(&imported, &target()).expect("imported");
    assert!(import.account.tried && import.account.differs.is_empty(), "{lines}: {:#?}", import.account);
    let (_, mut has) = generated(&import);
    import.account.by_cargo.iter().for_each(|(label, _)| drop(has.remove(label)));
    let labels = imported.labels.expect("a Dockerfile says them");
    assert_eq!(has, labels, "{lines}: {}", import.toml("x"));
    let left = import.account.left.iter().map(|left| left.what.clone()).filter(|what| !what.contains("CMD"));
    let rules = import.account.findings.iter().map(|finding| finding.rule.id).collect();
    (labels, rules, left.collect())
}

#[test]
fn every_malformed_value_is_carried_over_and_told() {
    assert_eq!(told("").1, [""; 0]);
    assert_eq!(told("").2, [""; 0]);
    let links = "com.docker.extension.additional-urls";
    let shots = "com.docker.extension.screenshots";
    let categories = "com.docker.extension.categories";
    let account = "com.docker.extension.account-info";
    let api = "com.docker.desktop.extension.api.version";
    let icon = "com.docker.desktop.extension.icon";
    for (name, line, value, rules) in [
        (
            links,
            r#"'[{"title":"A","url":"https://a.example"} {"title":"B","url":"https://b.example"}]'"#,
            r#"[{"title":"A","url":"https://a.example"} {"title":"B","url":"https://b.example"}]"#,
            &["E25"][..],
        ),
        (
            links,
            r#"'[{"title":"A","url":"https://a.example\videos"}]'"#,
            r#"[{"title":"A","url":"https://a.example\videos"}]"#,
            &["E25"],
        ),
        (links, "https://example.com/x?y=z", "https://example.com/x?y=z", &["E25"]),
        (links, "example.com", "example.com", &["E25"]),
        (
            links,
            r#"'[{"title":"A","url":"https://a.example","alt":"x"}]'"#,
            r#"[{"title":"A","url":"https://a.example","alt":"x"}]"#,
            &["E25"],
        ),
        (links, r#""[{"title":"A","url":"https://a.example"}]""#, "[{title:A,url:https://a.example}]", &["E25"]),
        (links, r#"'[{"title":"A","url":"http://a.example"}]'"#, r#"[{"title":"A","url":"http://a.example"}]"#, &[]),
        (links, "''", "", &["E25"]),
        (shots, "https://example.com/1.png", "https://example.com/1.png", &["E24"]),
        (
            shots,
            "\"https://example.com/1.png,https://example.com/2.png\"",
            "https://example.com/1.png,https://example.com/2.png",
            &["E24"],
        ),
        (shots, "\"\"", "", &["E20"]),
        (shots, "'[]'", "[]", &["E24"]),
        (categories, r#"'["utility-tools","volumes"]'"#, r#"["utility-tools","volumes"]"#, &["W28"]),
        (categories, "Utility-Tools", "Utility-Tools", &["W28"]),
        (categories, "\"utility-tools, volumes\"", "utility-tools, volumes", &["W28"]),
        (categories, "boxes", "boxes", &["W28"]),
        (categories, "1.0.3", "1.0.3", &["W28"]),
        (categories, "\"\"", "", &["E20"]),
        (account, "true", "true", &["W29"]),
        (account, "required", "required", &[]),
        (api, "0.3.4", "0.3.4", &["W22"]),
        (api, "\">=0.2.3\"", ">=0.2.3", &[]),
        (icon, "docker.svg", "docker.svg", &["E26"]),
        (icon, "https://example.com/icon.ico", "https://example.com/icon.ico", &["E26"]),
        (
            icon,
            "https://github.com/example/x/blob/main/icon.svg",
            "https://github.com/example/x/blob/main/icon.svg",
            &["E26"],
        ),
        ("com.docker.extension.category", "volumes", "volumes", &[]),
        ("license", "MIT-0", "MIT-0", &[]),
        ("org.opencontainers.image.title", "\"Boxes extension\"", "Boxes extension", &["W30"]),
        ("org.opencontainers.image.vendor", "\"Docker Inc.\"", "Docker Inc.", &["W31"]),
        ("com.docker.extension.changelog", "\"# New\"", "# New", &["W32"]),
        ("com.docker.extension.publisher-url", "example.com", "example.com", &["E27"]),
    ] {
        let (labels, found, left) = told(&format!("LABEL {name}={line}"));
        assert_eq!(labels[name], value, "{name}={line}");
        assert_eq!(found, rules, "{name}={line}");
        let again = SOUND.contains(&format!("{name}="));
        let told = format!("the label {name} of line 4 of the Dockerfile: line 15 sets it again");
        assert_eq!(left, if again { vec![told] } else { Vec::new() }, "{name}={line}");
    }
}

#[test]
fn values_from_arguments_are_told_when_they_are_empty() {
    let (labels, rules, left) = told(
        "ARG CHANGELOG\nARG ICON=https://example.com/i.svg\nLABEL com.docker.extension.changelog=$CHANGELOG com.docker.desktop.extension.icon=\"${ICON}\"",
    );
    assert_eq!(labels["com.docker.desktop.extension.icon"], "https://example.com/i.svg");
    assert_eq!(rules, ["E20"]);
    assert_eq!(
        left[1..2],
        ["the label com.docker.extension.changelog of line 4 of the Dockerfile: line 17 sets it again"]
    );
    assert!(left[2].ends_with("(line 17 of the Dockerfile) as far as it is made of CHANGELOG"), "{left:?}");
}

#[test]
fn what_docker_refuses_is_told_and_not_repaired() {
    for (line, why) in [
        (
            "LABEL com.docker.extension.categories=\"volumes\" broken",
            "line 15 of the Dockerfile: `broken` has no `=`; it must be name=value",
        ),
        ("LABEL com.docker.extension.categories=\"volumes", "line 15 of the Dockerfile: a `\"` has no partner"),
        ("LABEL com.docker.extension.categories", "line 15 of the Dockerfile: it must have two arguments"),
        ("LABEL com.docker.extension.categories=${X", "line 15 of the Dockerfile: a `}` is missing"),
    ] {
        let (labels, rules, left) = told(line);
        assert_eq!(labels["com.docker.extension.categories"], "utility-tools", "{line}");
        assert_eq!((rules.as_slice(), left), (&[][..], vec![why.to_owned()]), "{line}");
    }
}
