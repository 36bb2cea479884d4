//! Views that break one rule about URLs, and views that nearly do.

use super::{ICON, PUBLISHER};
use crate::validate::testing::Case;
use crate::validate::view::Answer;

pub const CASES: &[Case] = &[
    Case {
        rule: "E26",
        name: "another ending",
        breaks: |it| {
            it.label(ICON, "https://example.com/favicon.ico");
        },
        says: "error label com.docker.desktop.extension.icon: the icon label `https://example.com/favicon.ico` ends \
               neither in",
        near: |it| {
            it.label(ICON, "https://example.com/Icon.PNG?raw=true");
        },
    },
    Case {
        rule: "E26",
        name: "a path",
        breaks: |it| {
            it.label(ICON, "/icon.svg");
        },
        says: "warning label com.docker.desktop.extension.icon: the icon label `/icon.svg` is no http(s) URL",
        near: |it| {
            it.label(ICON, "http://example.com/icon.svg");
        },
    },
    Case {
        rule: "E26",
        name: "a page about it",
        breaks: |it| {
            it.label(ICON, "https://github.com/example/tool/blob/main/icon.svg");
        },
        says: "is a page of GitHub about the picture",
        near: |it| {
            it.label(ICON, "https://github.com/example/tool/blob/main/icon.svg?raw=true");
        },
    },
    Case {
        rule: "E26",
        name: "gone",
        breaks: |it| {
            let answer = Answer::Other("text/html".to_owned());
            it.online().answers.insert("https://example.com/icon.svg".to_owned(), answer);
        },
        says: "warning label com.docker.desktop.extension.icon: the icon `https://example.com/icon.svg` answers with \
               `text/html`",
        near: |it| {
            it.online().answers.insert("https://example.com/icon.svg".to_owned(), Answer::Picture(None));
        },
    },
    Case {
        rule: "E27",
        name: "no scheme",
        breaks: |it| {
            it.label(PUBLISHER, "www.example.com");
        },
        says: "error label com.docker.extension.publisher-url: the publisher's URL `www.example.com` is no http(s) URL",
        near: |it| {
            it.label(PUBLISHER, "HTTP://example.com");
        },
    },
];
