//! The mistakes of real extensions, each class rebuilt as a view of our own, and exactly the rules that find it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::wild_host::HOST;
use crate::validate::Settings;
use crate::validate::metadata::Metadata;
use crate::validate::testing::{Example, Text};
use crate::validate::view::Entry;

/// A class of mistakes: its name, the mistake, and the ids of the rules that find it.
pub(super) type Row = (&'static str, fn(&mut Example), &'static [&'static str]);

const SHAPE: &[Row] = &[
    (
        "metadata.json not at the image root",
        |it| {
            it.all(|draft| draft.metadata = Text::Is(Metadata::Absent)).file("app/metadata.json", "{}");
        },
        &["E01"],
    ),
    (
        "invalid JSON",
        |it| {
            it.raw(b"{\"ui\": {\"dashboard-tab\": {\"root\": \"ui\",}}}");
        },
        &["E01"],
    ),
    (
        "unknown root keys",
        |it| {
            it.json("/name", json!("x")).json("/provider", json!("y")).json("/desktop-plugin-version", json!("1"));
        },
        &["E02"],
    ),
    (
        "icon key missing",
        |it| {
            it.json("/icon", Value::Null);
        },
        &["E03"],
    ),
    (
        "icon file never copied",
        |it| {
            it.remove("icon.svg");
        },
        &["E03"],
    ),
    (
        "ui root never filled",
        |it| {
            it.json("/ui/dashboard-tab/root", json!("/ui-new"));
        },
        &["E05"],
    ),
    (
        "src missing",
        |it| {
            it.json("/ui/dashboard-tab/src", Value::Null);
        },
        &["E05"],
    ),
    (
        "composefile name differs from the copied file",
        |it| {
            it.json("/vm/composefile", json!("docker-compose.yml"));
        },
        &["E07"],
    ),
    (
        "empty vm",
        |it| {
            it.json("/vm", json!({})).remove("ui/a.js");
        },
        &["E06"],
    ),
    (
        "vm.image and vm.composefile together",
        |it| {
            it.json("/vm/image", json!("${DESKTOP_PLUGIN_IMAGE}"));
        },
        &["E06"],
    ),
    (
        "compose names its own image by tag",
        |it| {
            it.compose("services: {tool: {image: 'example/tool:1.2.3'}}");
        },
        &["E07"],
    ),
    (
        "UI calls vm.service but no exposes",
        |it| {
            it.json("/vm/exposes", Value::Null);
        },
        &["W41"],
    ),
    (
        "ui backend.socket without vm.exposes.socket",
        |it| {
            it.json("/vm/exposes", Value::Null);
            it.json("/ui/dashboard-tab/backend", json!({ "socket": "backend.sock" }));
        },
        &["W42"],
    ),
    (
        "/var/run/docker.sock mounted instead of .raw",
        |it| {
            it.compose(
                "services: {tool: {image: '${DESKTOP_PLUGIN_IMAGE}', volumes: ['/var/run/docker.sock:/var/run/docker.sock']}}",
            );
        },
        &["W43"],
    ),
];

const LABELS: &[Row] = &[
    (
        "one platform only",
        |it| {
            it.platforms.remove(1);
            it.entries.remove(1);
        },
        &["E33"],
    ),
    (
        "non-Linux platform requested",
        |it| {
            let platform = Some("windows/amd64".to_owned());
            it.entries.push(Entry { platform, ..it.entries[0].clone() });
        },
        &["E33"],
    ),
    (
        "basic labels missing or empty",
        |it| {
            it.unlabel("org.opencontainers.image.title").unlabel("org.opencontainers.image.description");
            it.label("org.opencontainers.image.vendor", "");
        },
        &["E20"],
    ),
    (
        "values from a build ARG, empty unless given",
        |it| {
            it.label("com.docker.extension.changelog", "").label("com.docker.extension.screenshots", "");
        },
        &["E20"],
    ),
    (
        "icon label is a path, not a URL",
        |it| {
            it.label("com.docker.desktop.extension.icon", "/icon.svg");
        },
        &["E26"],
    ),
    (
        "icon label .ico",
        |it| {
            it.label("com.docker.desktop.extension.icon", "https://example.com/favicon.ico");
        },
        &["E26"],
    ),
    (
        "icon label is a GitHub /blob/ page",
        |it| {
            it.label("com.docker.desktop.extension.icon", "https://github.com/example/tool/blob/main/icon.svg");
        },
        &["E26"],
    ),
    (
        "screenshots are a bare URL",
        |it| {
            it.label("com.docker.extension.screenshots", "https://example.com/1.png");
        },
        &["E24"],
    ),
    (
        "comma missing in additional-urls",
        |it| {
            it.label(
                "com.docker.extension.additional-urls",
                r#"[{"title":"a","url":"https://a.b"}{"title":"b","url":"https://c.d"}]"#,
            );
        },
        &["E25"],
    ),
    (
        "additional-urls are a bare host",
        |it| {
            it.label("com.docker.extension.additional-urls", "example.com");
        },
        &["E25"],
    ),
    (
        "categories are JSON",
        |it| {
            it.label("com.docker.extension.categories", r#"["utility-tools"]"#);
        },
        &["W28"],
    ),
    (
        "categories are unknown words, or a version",
        |it| {
            it.label("com.docker.extension.categories", "Utility-tools,ai, 1.0.3");
        },
        &["W28"],
    ),
    (
        "account-info is true",
        |it| {
            it.label("com.docker.extension.account-info", "true");
        },
        &["W29"],
    ),
    (
        "label key typo",
        |it| {
            it.unlabel("com.docker.extension.categories").label("com.docker.extension.category", "security");
        },
        &["E20"],
    ),
    (
        "exact api.version",
        |it| {
            it.label("com.docker.desktop.extension.api.version", "0.3.0");
        },
        &["W22"],
    ),
    ("tag not semver: latest", |it| it.tag = Some("latest"), &["E35"]),
    ("tag not semver: of a pull request", |it| it.tag = Some("pr6644"), &["E35"]),
    ("tag with a v, which is parsed", |it| it.tag = Some("v0.1.0"), &[]),
    (
        "title contains \"extension\"",
        |it| {
            it.label("org.opencontainers.image.title", "My first extension");
        },
        &["W30"],
    ),
    (
        "vendor left as \"Docker Inc.\"",
        |it| {
            it.label("org.opencontainers.image.vendor", "Docker Inc.");
        },
        &["W31"],
    ),
];

#[test]
fn every_mistake_of_real_extensions_is_found_by_its_rules() {
    for (class, spoil, rules) in [SHAPE, HOST, LABELS].into_iter().flatten() {
        let mut it = Example::clean();
        spoil(&mut it);
        let found = it.found(&Settings::default());
        let ids: BTreeSet<&str> = found.iter().map(|line| &line[..3]).collect();
        assert!(ids.iter().eq(rules.iter()), "{class}: {found:#?}");
    }
}
