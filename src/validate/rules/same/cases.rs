//! Views whose platforms differ.

use serde_json::json;

use crate::domain::Arch;
use crate::validate::testing::Case;

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
