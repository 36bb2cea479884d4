//! Views that break one rule about the UI, and views that nearly do.

use serde_json::{Value, json};

use crate::domain::Arch;
use crate::validate::testing::Case;

pub const CASES: &[Case] = &[
    Case {
        rule: "E03",
        name: "no key",
        breaks: |it| {
            it.json("/icon", Value::Null);
        },
        says: "error metadata.json: metadata.json has no `icon`",
        near: |it| {
            it.json("/icon", json!("/icon.svg"));
        },
    },
    Case {
        rule: "E03",
        name: "missing on one platform",
        breaks: |it| {
            it.on(Arch::Arm64, |draft| draft.remove("icon.svg"));
        },
        says: "error metadata.json: icon (linux/arm64): the icon `icon.svg` is not in the image",
        near: |it| {
            it.json("/icon", json!("./assets/../icon.svg"));
        },
    },
    Case {
        rule: "E03",
        name: "a number",
        breaks: |it| {
            it.json("/icon", json!(1));
        },
        says: "`icon` is a number, not a text",
        near: |_| {},
    },
    Case {
        rule: "E03",
        name: "a URL",
        breaks: |it| {
            it.json("/icon", json!("https://example.com/icon.svg"));
        },
        says: "is a URL; it must be a file of the image",
        near: |_| {},
    },
    Case {
        rule: "E03",
        name: "a folder",
        breaks: |it| {
            it.remove("icon.svg").all(|draft| draft.dir("icon.svg"));
        },
        says: "the icon `icon.svg` is a folder, not a file",
        near: |_| {},
    },
    Case {
        rule: "E03",
        name: "another ending",
        breaks: |it| {
            it.json("/icon", json!("icon.ico")).file("icon.ico", "");
        },
        says: "warning metadata.json: icon: the icon `icon.ico` is neither",
        near: |it| {
            it.json("/icon", json!("Icon.PNG")).file("Icon.PNG", "");
        },
    },
    Case {
        rule: "E05",
        name: "no src",
        breaks: |it| {
            it.json("/ui/dashboard-tab/src", Value::Null);
        },
        says: "error metadata.json: ui.dashboard-tab: `ui.dashboard-tab` has no `src`",
        near: |it| {
            it.json("/ui/dashboard-tab/src", json!("index.html?v0.4.0"));
        },
    },
    Case {
        rule: "E05",
        name: "the root was never filled",
        breaks: |it| {
            it.remove("ui/index.html").remove("ui/a.js");
        },
        says: "ui.dashboard-tab.root: the root `ui` is not in the image",
        near: |it| {
            it.json("/ui/dashboard-tab/root", json!("/ui")).json("/ui/dashboard-tab/src", json!("/index.html"));
        },
    },
    Case {
        rule: "E05",
        name: "the page is missing",
        breaks: |it| {
            it.json("/ui/dashboard-tab/src", json!("main.html"));
        },
        says: "ui.dashboard-tab.src: the page `main.html` in the root `ui` is not in the image",
        near: |it| {
            it.json("/ui/dashboard-tab/src", json!("./v2/index.html")).file("ui/v2/index.html", "");
        },
    },
    Case {
        rule: "E05",
        name: "an empty title",
        breaks: |it| {
            it.json("/ui/dashboard-tab/title", json!(" "));
        },
        says: "ui.dashboard-tab.title: `title` is empty",
        near: |_| {},
    },
    Case {
        rule: "E05",
        name: "no tab",
        breaks: |it| {
            it.json("/ui", json!({}));
        },
        says: "metadata.json: ui: `ui` has no `dashboard-tab`",
        near: |it| {
            it.json("/ui", Value::Null);
        },
    },
    Case {
        rule: "E05",
        name: "out of the root",
        breaks: |it| {
            it.json("/ui/dashboard-tab/src", json!("../icon.svg"));
        },
        says: "the page `../icon.svg` leads out of the root `ui`",
        near: |it| {
            it.json("/ui/dashboard-tab/src", json!("http://localhost:8080/x"));
        },
    },
    Case {
        rule: "E17",
        name: "links in the UI",
        breaks: |it| {
            it.link("ui/b.js", "a.js").link("ui/c.js", "/nowhere");
        },
        says: "error ui/b.js, layer the layer: the UI has 2 symbolic links, the first is `/ui/b.js`",
        near: |it| {
            it.link("uib.js", "ui/a.js");
        },
    },
    Case {
        rule: "E17",
        name: "a host file is a link",
        breaks: |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/bin/tool" }])).link("bin/tool", "/linux/tool");
        },
        says: "metadata.json: host.binaries[0].linux[0].path, layer the layer: `/bin/tool` is a symbolic link",
        near: |it| {
            // The folder is a link, the file is not.
            it.json("/host/binaries/0/linux", json!([{ "path": "/opt/tool" }])).link("opt", "linux");
        },
    },
    Case {
        rule: "W18",
        name: "node_modules",
        breaks: |it| {
            it.file("ui/node_modules/x/index.js", "");
        },
        says: "warning metadata.json: ui.dashboard-tab.root: the UI holds `/ui/node_modules`",
        near: |it| {
            it.file("node_modules/x/index.js", "").file("ui/node_modules.txt", "");
        },
    },
    Case {
        rule: "W18",
        name: "a large UI",
        breaks: |it| {
            it.file("ui/film.mp4", "")
                .all(|draft| draft.files.get_mut("ui/film.mp4").expect("film").size = Some(65 << 20));
        },
        says: "the UI has 65 MiB",
        near: |it| {
            it.file("ui/film.mp4", "")
                .all(|draft| draft.files.get_mut("ui/film.mp4").expect("film").size = Some(63 << 20));
        },
    },
    Case {
        rule: "W41",
        name: "called, not exposed",
        breaks: |it| {
            it.json("/vm/exposes", Value::Null);
        },
        says: "warning ui/a.js: the UI calls `ddClient.extension.vm.service`",
        near: |it| {
            it.json("/vm/exposes", Value::Null).file("ui/a.js", "if (ddClient.extension.vm?.service) show()");
        },
    },
];
