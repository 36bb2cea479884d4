//! Views that break one rule about labels, and views that nearly do.

use crate::domain::Arch;
use crate::validate::Settings;
use crate::validate::testing::{Case, Example};
use crate::validate::view::Maker;

use super::{API_VERSION, CATEGORIES, SCREENSHOTS, TITLE, VENDOR};

pub const CASES: &[Case] = &[
    Case {
        rule: "E20",
        name: "missing",
        breaks: |it| {
            it.unlabel(CATEGORIES).label("com.docker.extension.category", "volumes");
        },
        says: "error label com.docker.extension.categories: the label com.docker.extension.categories is missing",
        near: |it| {
            it.label("com.docker.extension.category", "volumes");
        },
    },
    Case {
        rule: "E20",
        name: "empty",
        breaks: |it| {
            it.label(SCREENSHOTS, " ").maker = Maker::CargoDext;
        },
        says: "the label com.docker.extension.screenshots is empty",
        near: |_| {},
    },
    Case {
        rule: "E21",
        name: "no version",
        breaks: |it| {
            it.label(API_VERSION, ">= newest");
        },
        says: "error label com.docker.desktop.extension.api.version: the API version `>= newest` has no version at \
               `newest`",
        near: |it| {
            it.label(API_VERSION, ">=0.2.3, <2");
        },
    },
    Case {
        rule: "W22",
        name: "one exact version",
        breaks: |it| {
            it.label(API_VERSION, "0.3.4");
        },
        says: "warning label com.docker.desktop.extension.api.version: the API version `0.3.4` matches one version",
        near: |it| {
            it.label(API_VERSION, "^0.3.4 || 0.4.2");
        },
    },
    Case {
        rule: "W23",
        name: "of the future",
        breaks: |it| {
            it.label(API_VERSION, ">= 0.5.0");
        },
        says: "the API version `>= 0.5.0` is above 0.4.2",
        near: |it| {
            it.label(API_VERSION, ">= 0.4.2");
        },
    },
    Case {
        rule: "W23",
        name: "above the newest",
        breaks: |it| {
            it.label(API_VERSION, "> 0.4.2");
        },
        says: "the API version `> 0.4.2` is above 0.4.2",
        near: |it| {
            it.label(API_VERSION, "> 0.4.1");
        },
    },
    Case {
        rule: "W30",
        name: "the word",
        breaks: |it| {
            it.label(TITLE, "Tool Extension");
        },
        says: "warning label org.opencontainers.image.title: the title `Tool Extension` says \"extension\"",
        near: |it| {
            it.label(TITLE, "Extend your tools");
        },
    },
    Case {
        rule: "W31",
        name: "Docker's",
        breaks: |it| {
            it.label(VENDOR, "Docker Inc.");
        },
        says: "warning label org.opencontainers.image.vendor: the vendor `Docker Inc.` is a template's",
        near: |it| {
            it.label(VENDOR, "Docker Inc.").reference = Some("docker/tool");
        },
    },
    Case {
        rule: "W31",
        name: "the manual's",
        breaks: |it| {
            it.label(VENDOR, "Awesome Inc.");
        },
        says: "the vendor `Awesome Inc.`",
        near: |it| {
            it.label(VENDOR, "Dockerlabs Inc.");
        },
    },
];

#[test]
fn what_one_platform_lacks_is_said_of_it() {
    let mut it = Example::clean();
    it.on(Arch::Arm64, |draft| {
        draft.labels.remove(VENDOR);
    });
    let found = it.found(&Settings::default());
    assert!(found[0].starts_with("E20 error label org.opencontainers.image.vendor (linux/arm64):"), "{found:?}");
    assert!(found[1].starts_with("W39 warning label org.opencontainers.image.vendor:"), "{found:?}");
}
