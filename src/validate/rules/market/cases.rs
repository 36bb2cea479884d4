//! Views that break one rule about the Marketplace's labels, and views that nearly do.

use super::{ACCOUNT, ADDITIONAL, CATEGORIES, CHANGELOG, DETAILED, SCREENSHOTS};
use crate::validate::testing::Case;
use crate::validate::view::Answer;

pub const CASES: &[Case] = &[
    Case {
        rule: "E24",
        name: "quotes lost",
        breaks: |it| {
            it.label(SCREENSHOTS, "[{alt:View,url:https://example.com/1.png}]");
        },
        says: "error label com.docker.extension.screenshots: the label com.docker.extension.screenshots is no JSON",
        near: |it| {
            it.label(SCREENSHOTS, " [ {\"url\": \"http://example.com/1.png\", \"alt\": \"View\"} ] ");
        },
    },
    Case {
        rule: "E24",
        name: "a bare URL",
        breaks: |it| {
            it.label(SCREENSHOTS, "https://example.com/1.png");
        },
        says: "is no JSON: expected value at line 1 column 1",
        near: |_| {},
    },
    Case {
        rule: "E24",
        name: "none",
        breaks: |it| {
            it.label(SCREENSHOTS, "[]");
        },
        says: "the list in the label com.docker.extension.screenshots is empty",
        near: |_| {},
    },
    Case {
        rule: "E24",
        name: "no alt",
        breaks: |it| {
            it.label(SCREENSHOTS, "[{\"url\":\"https://example.com/1.png\"}]");
        },
        says: "error [0], label com.docker.extension.screenshots: its item 0 has no `alt`",
        near: |_| {},
    },
    Case {
        rule: "E24",
        name: "no URL",
        breaks: |it| {
            it.label(SCREENSHOTS, "[{\"alt\":\"View\",\"url\":\"docs/1.png\"}]");
        },
        says: "error [0].url, label com.docker.extension.screenshots: `docs/1.png` is no http(s) URL",
        near: |_| {},
    },
    Case {
        rule: "E24",
        name: "another size",
        breaks: |it| {
            it.online().answers.insert("https://example.com/1.png".to_owned(), Answer::Picture(Some((1200, 800))));
        },
        says: "warning label com.docker.extension.screenshots: the screenshot `https://example.com/1.png` has 1200x800",
        near: |it| {
            it.online().answers.insert("https://example.com/1.png".to_owned(), Answer::Picture(Some((2400, 1600))));
        },
    },
    Case {
        rule: "E24",
        name: "gone",
        breaks: |it| {
            it.online().answers.insert("https://example.com/1.png".to_owned(), Answer::Status(404));
        },
        says: "warning label com.docker.extension.screenshots: the screenshot `https://example.com/1.png` answers with \
               HTTP status 404",
        near: |it| {
            it.online().answers.insert("https://example.com/1.png".to_owned(), Answer::Picture(None));
        },
    },
    Case {
        rule: "E25",
        name: "a comma is missing",
        breaks: |it| {
            it.label(
                ADDITIONAL,
                r#"[{"title":"A","url":"https://a.example"} {"title":"B","url":"https://b.example"}]"#,
            );
        },
        says: "error label com.docker.extension.additional-urls: the label com.docker.extension.additional-urls is no \
               JSON: expected `,` or `]`",
        near: |it| {
            it.label(
                ADDITIONAL,
                r#"[{"title":"A","url":"https://a.example"}, {"title":"B","url":"http://b.example"}]"#,
            );
        },
    },
    Case {
        rule: "E25",
        name: "an invalid escape",
        breaks: |it| {
            it.label(ADDITIONAL, r#"[{"title":"A\videos","url":"https://a.example"}]"#);
        },
        says: "is no JSON: invalid escape",
        near: |_| {},
    },
    Case {
        rule: "E25",
        name: "another key",
        breaks: |it| {
            it.label(ADDITIONAL, r#"[{"title":"A","url":"https://a.example","alt":"A"}]"#);
        },
        says: "warning [0], label com.docker.extension.additional-urls: its item 0 has unknown keys: `alt`",
        near: |_| {},
    },
    Case {
        rule: "E25",
        name: "empty",
        breaks: |it| {
            it.label(ADDITIONAL, "");
        },
        says: "warning label com.docker.extension.additional-urls: the label com.docker.extension.additional-urls is \
               missing or empty",
        near: |_| {},
    },
    Case {
        rule: "E25",
        name: "an empty list",
        breaks: |it| {
            it.label(ADDITIONAL, "[ ]");
        },
        says: "warning label com.docker.extension.additional-urls: the label com.docker.extension.additional-urls is \
               missing or empty",
        near: |_| {},
    },
    Case {
        rule: "W28",
        name: "capitals and blanks",
        breaks: |it| {
            it.label(CATEGORIES, "Utility tools");
        },
        says: "warning label com.docker.extension.categories: unknown categories: `Utility tools`",
        near: |it| {
            it.label(CATEGORIES, "ci-cd");
        },
    },
    Case {
        rule: "W28",
        name: "a JSON list",
        breaks: |it| {
            it.label(CATEGORIES, "[\"volumes\"]");
        },
        says: "the categories `[\"volumes\"]` are a JSON list",
        near: |_| {},
    },
    Case {
        rule: "W28",
        name: "a blank after the comma",
        breaks: |it| {
            it.label(CATEGORIES, "database, volumes");
        },
        says: "blanks in the categories `database, volumes`",
        near: |it| {
            it.label(CATEGORIES, "database,volumes");
        },
    },
    Case {
        rule: "W29",
        name: "true",
        breaks: |it| {
            it.label(ACCOUNT, "true");
        },
        says: "warning label com.docker.extension.account-info: the account info is `true`",
        near: |it| {
            it.label(ACCOUNT, "required");
        },
    },
    Case {
        rule: "W32",
        name: "a heading",
        breaks: |it| {
            it.label(DETAILED, "Intro\n## More\ntext");
        },
        says: "warning label com.docker.extension.detailed-description: the label \
               com.docker.extension.detailed-description has Markdown in it: a heading",
        near: |it| {
            it.label(DETAILED, "Issue #12 is * fixed *, see a[1](2 ** 3) and <b>C#</b>");
        },
    },
    Case {
        rule: "W32",
        name: "a link and bold",
        breaks: |it| {
            it.label(CHANGELOG, "see **this** [page](https://example.com)");
        },
        says: "com.docker.extension.changelog has Markdown in it: a link",
        near: |it| {
            it.label(CHANGELOG, "- one\n- two ** three");
        },
    },
];
