//! What is said of other subjects than images, in other profiles, and of what is hostile.

use std::collections::BTreeSet;

use serde_json::json;

use crate::bundle::{self, metadata::metadata_json};
use crate::domain::Arch;
use crate::manifest::testing::{extension, ordinary_table};
use crate::validate::metadata::Metadata;
use crate::validate::testing::{Example, clean_labels, clean_metadata, found};
use crate::validate::view::{Labels, Maker, Subject, View};
use crate::validate::{Level, Needs, Profile, Settings, rules, validate};

fn alone(text: &str) -> View {
    View::of(Subject::Metadata(Metadata::read(text.as_bytes())))
}

#[test]
fn a_bare_metadata_json_is_judged_by_what_it_says() {
    assert_eq!(found(&alone(&clean_metadata().to_string()), &Settings::default()), [""; 0]);
    let text = r#"{"icon": "x.ico", "vm": {}, "host": {"binaries": [{"linux": [{"path": "/x"}]}]}, "uii": 1}"#;
    assert_eq!(
        found(&alone(text), &Settings::default()),
        [
            "E02 error metadata.json: uii: unknown key `uii` at the root of metadata.json",
            "E06 error metadata.json: vm: `vm` has neither `image` nor `composefile`",
            "E03 warning metadata.json: icon: the icon `x.ico` is neither .svg nor .png nor .jpg",
            "W15 warning metadata.json: host.binaries: there are no host files for darwin and windows",
        ]
    );
    assert_eq!(found(&alone("{"), &Settings::default()).len(), 1);
}

/// What a rule says that it needs is what it looks at.
#[test]
fn a_rule_finds_nothing_where_what_it_needs_is_not_there() {
    let mut alone_suffices = BTreeSet::new();
    for case in rules::cases() {
        let mut it = Example::clean();
        (case.breaks)(&mut it);
        let whole = it.view();
        let platform = &whole.platforms()[0];
        let metadata = || platform.metadata.clone();
        let bare = View::of(Subject::Metadata(metadata()));
        let manifest = View::of(Subject::Manifest { metadata: metadata(), labels: platform.labels.clone() });
        for view in [&whole, &bare, &manifest] {
            for finding in validate(view, &Settings::default()) {
                assert_eq!(finding.rule.needs.lacking(view), None, "{}: {}", case.name, finding.rule.id);
            }
        }
        alone_suffices.extend(validate(&bare, &Settings::default()).iter().map(|finding| finding.rule.id));
    }
    let said: BTreeSet<&str> = rules::all().filter(|rule| rule.needs == Needs::Metadata).map(|rule| rule.id).collect();
    assert_eq!(alone_suffices, said);
}

#[test]
fn a_manifest_is_judged_by_metadata_labels_and_name() {
    let metadata = || Metadata::read(clean_metadata().to_string().as_bytes());
    let view = |labels: Labels| View {
        maker: Maker::CargoDext,
        tag: Some("1.0.0".to_owned()),
        ..View::of(Subject::Manifest { metadata: metadata(), labels })
    };
    assert_eq!(found(&view(clean_labels()), &Settings::default()), [""; 0]);
    let mut labels = clean_labels();
    labels.remove("com.docker.extension.changelog");
    let findings = validate(&view(labels), &Settings::default());
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].help, "set `marketplace.changelog` in [package.metadata.extension]");
}

/// What `cargo dext` writes itself breaks no rule.
#[test]
fn our_own_metadata_and_labels_are_clean() {
    for profile in Profile::ALL {
        let extension = extension(&ordinary_table());
        let subject = Subject::Manifest {
            metadata: Metadata::read(&metadata_json(&extension)),
            labels: bundle::labels::labels(&extension, &bundle::vcs::Vcs::default()),
        };
        let view = View { maker: Maker::CargoDext, tag: Some(extension.version.to_string()), ..View::of(subject) };
        assert_eq!(found(&view, &Settings::of(profile)), [""; 0], "{profile}");
    }
}

#[test]
fn a_private_extension_is_judged_more_mildly() {
    let mut it = Example::clean();
    it.tag = Some("latest");
    it.reference = Some("registry.example.com/a/b/c");
    it.platforms.remove(1);
    it.entries.remove(1);
    it.all(|draft| draft.labels.clear());
    let found = it.found(&Settings::of(Profile::Private));
    let heads: Vec<String> = found.iter().map(|line| line.split(' ').take(4).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        heads,
        [
            "E20 error label com.docker.desktop.extension.api.version:",
            "E20 warning label org.opencontainers.image.title:",
            "E20 warning label org.opencontainers.image.description:",
            "E20 warning label org.opencontainers.image.vendor:",
            "E33 warning the image:",
        ]
    );
    let marketplace = it.found(&Settings::default());
    assert!(marketplace.len() > 12 && marketplace.iter().any(|line| line.starts_with("W38")), "{marketplace:#?}");
}

#[test]
fn warnings_can_be_denied_and_rules_allowed() {
    let mut it = Example::clean();
    it.label("com.docker.desktop.extension.api.version", "0.3.4").tag = Some("latest");
    let mut settings = Settings::default();
    settings.deny_warnings = true;
    let levels: Vec<Level> = validate(&it.view(), &settings).iter().map(|finding| finding.level).collect();
    assert_eq!(levels, [Level::Error, Level::Error]);
    settings.allow("w22", None).expect("a rule");
    assert_eq!(it.found(&settings), ["E35 error the image: the tag `latest` is no version"]);
}

#[test]
fn what_platforms_have_in_common_is_said_once() {
    let mut it = Example::clean();
    it.remove("linux/tool").remove("windows/tool.exe");
    it.on(Arch::Amd64, |draft| draft.remove("darwin/tool"));
    assert_eq!(
        it.found(&Settings::default()),
        [
            "E10 error metadata.json: host.binaries[0].darwin[0].path (linux/amd64): the darwin file `/darwin/tool` is \
             not in the image",
            "E10 error metadata.json: host.binaries[0].linux[0].path: the linux file `/linux/tool` is not in the image",
            "E10 error metadata.json: host.binaries[0].windows[0].path: the windows file `/windows/tool.exe` is not in \
             the image",
        ]
    );
}

#[test]
fn hostile_values_stay_few_and_harmless() {
    let mut it = Example::clean();
    for nth in 0..5000 {
        it.platforms[0].json(&format!("/\u{1b}[2J\u{202e}{nth}"), json!(1));
    }
    let lists: Vec<_> = (0..2_200).map(|nth| json!({ "path": format!("/{nth}/../../x") })).collect();
    it.json("/host/binaries/0/linux", json!(lists));
    it.label("org.opencontainers.image.title", &format!("extension {}", "x".repeat(1 << 20)));
    let findings = validate(&it.view(), &Settings::default());
    for rule in rules::all() {
        assert!(findings.iter().filter(|finding| finding.rule == rule).count() <= 201, "{}", rule.id);
    }
    for finding in &findings {
        let text = format!("{}{}{}", finding.message, finding.place, finding.help);
        assert!(text.len() < 4000 && !text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
    assert!(findings.iter().any(|finding| finding.message == "and 4800 more of these, which are left out"));
}

#[test]
fn the_same_view_has_the_same_findings() {
    for case in rules::cases() {
        let mut it = Example::clean();
        (case.breaks)(&mut it);
        assert_eq!(it.found(&Settings::default()), it.found(&Settings::default()));
    }
}
