//! Images that mean harm: nothing is written outside the project, over a file, or where Cargo would run it.

use serde_json::json;

use super::made::{self, Image};
use super::{MANIFEST, import, read};
use crate::support::bounds::{self, trees};
use crate::support::enemy::{crowd, file, layer, member, zeros};
use crate::support::files;
use crate::support::sandbox::{Outcome, Sandbox};

/// A package in `new` and the image of one CPU in `image`.
fn project(metadata: &serde_json::Value, layers: Vec<Vec<u8>>) -> Sandbox {
    let sandbox = Sandbox::named("new");
    sandbox.write("src/main.rs", "fn main() {}\n");
    sandbox.write("Cargo.toml", MANIFEST);
    let mut image = Image::of("amd64", metadata, false);
    image.files.clear();
    image.layers = layers;
    made::layout(&sandbox.root().join("image"), &[image]);
    sandbox
}

/// Imports within bounds.
#[track_caller]
fn bounded(sandbox: &Sandbox) -> Outcome {
    bounds::bounded(sandbox.dext(["import", "../image"]))
}

#[test]
fn files_stay_in_the_project_and_off_cargos_paths() {
    let metadata = json!({
        "icon": "build.rs",
        "ui": { "dashboard-tab": { "title": "Boxes", "root": ".cargo", "src": "index.html" } },
        "vm": { "composefile": "/src/bin/evil.rs" },
        "host": { "binaries": [{ "linux": [{ "path": "Cargo.toml" }, { "path": "/host/../../up" }, { "path": "/abs" }] }] },
    });
    use tar::EntryType::{Char, Link, Symlink};
    let sandbox = project(
        &metadata,
        vec![layer(|tar| {
            file(tar, "build.rs", b"fn main() {}");
            file(tar, "src/bin/evil.rs", b"fn main() {}");
            file(tar, ".cargo/config.toml", b"[build]\nrustc-wrapper = \"evil\"\n");
            file(tar, ".cargo/index.html", b"<!doctype html>");
            file(tar, ".cargo/con.js", b"1");
            file(tar, ".cargo/a:b.js", b"1");
            file(tar, "Cargo.toml", b"[package]");
            file(tar, "up", b"up");
            file(tar, "../../outside", b"out");
            file(tar, "/abs", b"#!/bin/sh\n");
            member(tar, ".cargo/passwd", Symlink, "/etc/passwd", b"");
            member(tar, ".cargo/out", Symlink, "../../../../outside", b"");
            member(tar, ".cargo/second", Link, ".cargo/index.html", b"");
            member(tar, ".cargo/nowhere", Link, "nowhere", b"");
            member(tar, ".cargo/device", Char, "", b"");
        })],
    );
    let before = files::fingerprint(sandbox.root());
    let told = bounded(&sandbox).success().told();
    let after = files::fingerprint(sandbox.root());
    let made: Vec<String> = after
        .iter()
        .filter(|(path, kind)| !before.contains_key(*path) && *kind != "folder" && !path.starts_with("cache"))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_eq!(
        made,
        [
            "new/files/build.rs",
            "new/files/src/bin/evil.rs",
            "new/host/Cargo.toml",
            "new/host/abs",
            "new/ui/config.toml",
            "new/ui/index.html",
            "new/ui/second",
        ],
        "{told}"
    );
    assert_eq!(read(&sandbox, "new/ui/second"), "<!doctype html>");
    assert!(told.contains("links and names that no installation takes, in the UI: 6"), "{told}");
    assert!(told.contains("[E45]") && told.contains("[E17]") && told.contains("[E10]"), "{told}");
}

#[test]
fn links_lead_to_files_of_the_image_only() {
    let metadata = json!({ "icon": "icon.svg", "vm": { "composefile": "compose.yaml" } });
    use tar::EntryType::Symlink;
    let sandbox = project(
        &metadata,
        vec![layer(|tar| {
            member(tar, "icon.svg", Symlink, "../../../../etc/real.svg", b"");
            file(tar, "etc/real.svg", b"<svg/>");
            member(tar, "compose.yaml", Symlink, "/etc/hostname", b"");
        })],
    );
    let told = bounded(&sandbox).success().told();
    assert_eq!(read(&sandbox, "new/icon.svg"), "<svg/>");
    assert!(!sandbox.path("icon.svg").is_symlink() && !sandbox.path("compose.yaml").exists(), "{told}");
    assert!(told.contains("[E07]") && told.contains("[E17]"), "{told}");
}

#[test]
fn what_cannot_be_read_is_an_error_and_changes_nothing() {
    let metadata = json!({ "icon": "icon.svg", "ui": { "dashboard-tab": { "title": "T", "root": "ui", "src": "x" } } });
    for (what, layers) in
        [("it is a decompression bomb", vec![zeros("ui/bomb", 2 << 30)]), ("too many files to look at", vec![crowd()])]
    {
        let sandbox = project(&metadata, layers);
        let before = files::fingerprint(sandbox.project());
        let told = bounded(&sandbox).failure(1).told();
        assert!(told.contains(what), "{what}: {told}");
        assert_eq!(files::fingerprint(sandbox.project()), before, "{what}");
    }
}

#[test]
fn an_image_that_is_no_extension_says_why() {
    let valid = json!({ "vm": {} });
    for (metadata, what) in [
        ("{\n\"ui\": ", "metadata.json is no JSON: EOF while parsing a value (E01)"),
        ("\u{feff}{}", "metadata.json is no JSON: it begins with a byte order mark (E01)"),
        ("[]", "metadata.json is no JSON object (E01)"),
        ("{}", "metadata.json has neither `ui` nor `vm` nor `host` (E04)"),
    ] {
        let sandbox = project(&valid, Vec::new());
        let mut image = Image::of("amd64", &valid, false);
        metadata.clone_into(&mut image.metadata);
        made::layout(&sandbox.root().join("other"), &[image]);
        let told = import(&sandbox, &["../other"]).failure(1).told();
        assert!(told.contains(what), "{what}: {told}");
    }
    let gone = layer(|tar| {
        file(tar, ".wh.metadata.json", b"");
        file(tar, "/abs", b"1");
    });
    let sandbox = project(&valid, vec![gone]);
    let told = import(&sandbox, &["../image"]).failure(1).told();
    assert!(told.contains("there is no /metadata.json (E01)"), "{told}");
}

/// A package in `new`, and a folder with these files in `old`.
fn beside(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = project(&json!({ "vm": {} }), Vec::new());
    files.iter().for_each(|(path, text)| files::write(&sandbox.root().join("old").join(path), text.as_bytes()));
    sandbox
}

#[test]
fn many_values_cost_little_memory() {
    for (what, tree) in trees(0) {
        for (place, metadata) in [
            ("at the root", format!("{{\"vm\":{{}},\"x\":{tree}}}")),
            ("vm", format!("{{\"vm\":{{\"x\":{tree}}}}}")),
            ("host", format!("{{\"host\":{{\"binaries\":[{{\"linux\":{tree}}}]}}}}")),
        ] {
            let sandbox =
                beside(&[("metadata.json", &metadata), ("Dockerfile", "FROM scratch\nCOPY metadata.json /\n")]);
            eprint!("{what}, {place}, folder: ");
            let folder = bounds::bounded(sandbox.dext(["import", "../old"]));
            let mut image = Image::of("amd64", &json!({}), false);
            image.metadata = metadata;
            made::layout(&sandbox.root().join("other"), &[image]);
            eprint!("{what}, {place}, image: ");
            let image = bounds::bounded(sandbox.dext(["import", "../other", "--print"]));
            for outcome in [folder, image] {
                match what.starts_with("fewer") {
                    true => drop(outcome.success()),
                    false => {
                        assert!(outcome.failure(1).told().contains("values; at most 10000 are read (E01)"), "{what}")
                    }
                }
            }
        }
    }
}

#[test]
fn labels_of_many_values_cost_little_memory() {
    for (what, tree) in trees(0).into_iter().chain([("commas", ",".repeat(1 << 20))]) {
        for label in ["screenshots", "additional-urls", "categories"] {
            let sandbox = project(&json!({ "vm": {} }), Vec::new());
            let mut image = Image::of("amd64", &json!({ "vm": {} }), false);
            image.labels.insert(format!("com.docker.extension.{label}"), tree.clone());
            made::layout(&sandbox.root().join("other"), &[image]);
            eprint!("{what}, {label}: ");
            bounds::bounded(sandbox.dext(["import", "../other"])).success();
        }
    }
}

#[test]
fn many_host_files_and_many_copies_are_looked_for_in_time() {
    let file = |at: usize| json!({ "path": format!("/l/t{at}") });
    let few: Vec<_> = (0..2_000).map(file).collect();
    let groups: Vec<_> = (0..2_400).map(|at| json!({ "linux": [file(at)] })).collect();
    let many: Vec<_> = (0..4_900).map(file).collect();
    let copies = |to: &str| (0..990).map(|at| format!("COPY t{at} *.md {to}\n")).collect::<String>();
    for (what, host) in
        [("a list", json!([{ "linux": few }])), ("groups", json!(groups)), ("more", json!([{ "linux": many }]))]
    {
        for to in ["/", "/l/", "/l", "/x/"] {
            let metadata = json!({ "vm": { "image": "x" }, "host": { "binaries": host } }).to_string();
            let dockerfile = format!("FROM scratch\n{}", copies(to));
            let sandbox =
                beside(&[("metadata.json", &metadata), ("Dockerfile", &dockerfile), ("t1", "1"), ("a.md", "a")]);
            eprint!("{what} to {to}: ");
            let told = bounds::bounded(sandbox.dext(["import", "../old"])).success().told();
            let more = match what {
                "a list" => None,
                "groups" => Some("400 further files of host.binaries: at most 2000 are looked for"),
                _ => Some("2900 further files of host.binaries: at most 2000 are looked for"),
            };
            assert_eq!(more.is_some(), told.contains("further files"), "{told}");
            assert!(told.contains(more.unwrap_or_default()), "{told}");
        }
    }
}
