//! Views whose platforms differ.

use serde_json::json;

use crate::domain::Arch;
use crate::validate::Settings;
use crate::validate::testing::{Case, Example};

pub const CASES: &[Case] = &[
    Case {
        rule: "W39",
        name: "a label",
        breaks: |it| {
            it.on(Arch::Arm64, |draft| {
                draft.labels.insert("org.opencontainers.image.description".to_owned(), "Old".to_owned());
            });
        },
        says: "warning label org.opencontainers.image.description: the label org.opencontainers.image.description \
               differs between linux/amd64 and linux/arm64",
        near: |it| {
            // As some base images have it.
            it.on(Arch::Arm64, |draft| {
                draft.labels.insert("architecture".to_owned(), "aarch64".to_owned());
            });
        },
    },
    Case {
        rule: "W39",
        name: "metadata.json",
        breaks: |it| {
            it.on(Arch::Arm64, |draft| draft.json("/ui/dashboard-tab/title", json!("Old")));
        },
        says: "warning metadata.json: metadata.json differs between linux/amd64 and linux/arm64",
        near: |it| {
            it.json("/ui/dashboard-tab/title", json!("Old"));
        },
    },
    Case {
        rule: "W39",
        name: "a page",
        breaks: |it| {
            it.on(Arch::Arm64, |draft| draft.file("ui/index.html", "old"));
        },
        says: "warning ui/index.html: 1 file of the UI differs between linux/amd64 and linux/arm64: `ui/index.html`",
        near: |it| {
            it.on(Arch::Arm64, |draft| draft.file("notes.txt", "old"));
        },
    },
];

#[test]
fn the_order_of_the_platforms_does_not_matter() {
    let mut it = Example::clean();
    it.on(Arch::Arm64, |draft| draft.file("ui/index.html", "old"));
    let found = it.found(&Settings::default());
    assert_eq!(found.len(), 1, "{found:?}");
    it.platforms.reverse();
    assert_eq!(it.found(&Settings::default()), found);
}
