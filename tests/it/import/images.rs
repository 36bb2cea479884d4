//! Images that are imported: wherever they lie, the table says what they say.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use snapbox::{IntoData, assert_data_eq, str};

use super::made::{self, Image};
use super::{MANIFEST, dext, import, read};
use crate::inspect::others::{build, context};
use crate::support::distribution::Registry;
use crate::support::enemy::{file, layer};
use crate::support::files;
use crate::support::judges::{accept, engine, judge};
use crate::support::prebuilt;
use crate::support::sandbox::Sandbox;

/// A package without a table in `new`, and an image for each CPU in the layout `image`.
fn project(images: &[Image]) -> Sandbox {
    let sandbox = Sandbox::named("new");
    sandbox.write("src/main.rs", "fn main() {}\n");
    sandbox.write("Cargo.toml", MANIFEST);
    made::layout(&sandbox.root().join("image"), images);
    sandbox
}

/// metadata.json with these files for users' machines, and everything else that an extension has.
fn metadata(host: &Value) -> Value {
    json!({
        "icon": "/img/boxes.svg",
        "ui": { "dashboard-tab": { "title": "Boxes", "root": "/usr/share/page", "src": "index.html" } },
        "vm": { "composefile": "docker-compose.yaml", "exposes": { "socket": "boxes.sock" } },
        "host": host,
    })
}

fn both(metadata: &Value, varying: bool) -> [Image; 2] {
    ["amd64", "arm64"].map(|arch| Image::of(arch, metadata, varying))
}

/// What the program says now is what the image said.
#[track_caller]
fn law(sandbox: &Sandbox, metadata: &Value, labels: &BTreeMap<String, String>, name: &str) {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let manifest = read(sandbox, "new/Cargo.toml");
    assert_eq!(parsed(&dext(sandbox, &["metadata"])), *metadata, "{name}: {manifest}");
    assert_eq!(parsed(&dext(sandbox, &["metadata", "--labels"])), json!(labels), "{name}: {manifest}");
}

fn p(path: &str) -> Value {
    json!([{ "path": path }])
}

/// The variants of the survey; what is in them is our own.
fn variants() -> Vec<(&'static str, Value)> {
    let all = |name: &str| {
        json!({
            "darwin": p(&format!("/darwin/{name}")), "windows": p(&format!("/windows/{name}.exe")),
            "linux": p(&format!("/linux/{name}")),
        })
    };
    let lists = [
        ("V1", json!([])),
        ("V2", json!([all("tool")])),
        (
            "V3",
            json!([{ "darwin": [{ "path": "/darwin/a" }, { "path": "/darwin/b" }], "windows": [{ "path": "/windows/a.exe" }, { "path": "/windows/b.exe" }], "linux": [{ "path": "/linux/a" }, { "path": "/linux/b" }] }]),
        ),
        ("V4", json!([all("a"), all("b")])),
        ("V5", json!([all("a"), { "windows": p("/host/windows/setup.bat") }])),
        ("V6", json!([{ "darwin": p("/darwin/tool"), "windows": p("/windows/tool.exe") }])),
        ("V7", json!([{ "windows": [{ "path": "/host/windows/tool.cmd" }, { "path": "/host/windows/step.ps1" }] }])),
        ("V8", json!([{ "darwin": p("/host/tool.sh"), "linux": p("/host/tool.sh"), "windows": p("/host/tool.cmd") }])),
        (
            "V9",
            json!([{ "darwin": p("/host/darwin-amd64/tool"), "linux": p("/host/linux-amd64/tool"), "windows": p("/host/windows-amd64/tool.exe") }]),
        ),
        (
            "V10",
            json!([{ "darwin": [{ "path": "/darwin/check.sh" }, { "path": "/darwin/tool-amd" }, { "path": "/darwin/tool-arm" }], "linux": [{ "path": "/linux/tool-amd" }], "windows": p("/windows/tool-amd.exe") }]),
        ),
        (
            "V11",
            json!([{ "windows": [{ "path": "/windows/" }, { "path": "/windows/tool.exe" }, { "path": "/windows/lib/" }, { "path": "/windows/lib/x.dll" }] }]),
        ),
        ("V12", json!([{ "name": "tool", "cmd": "tool" }])),
        ("V13", json!([{ "darwin": p("/darwin/tool") }])),
        ("V14", json!([{ "darwin": p("/darwin/tool") }, { "path": "/usr/bin/tool" }])),
        ("V15", json!([{ "darwin": { "path": "/darwin/a" }, "windows": { "command": "powershell" } }])),
        ("V17", json!([{ "name": "tool", "linux": [{ "path": "/linux/tool", "arch": "arm64" }] }])),
    ];
    let mut variants: Vec<_> = lists.into_iter().map(|(name, list)| (name, json!({ "binaries": list }))).collect();
    variants.push(("V16", json!({ "binaries": [all("tool")], "permissions": [{ "connect": { "allowed": ["*"] } }] })));
    variants
}

#[test]
fn every_variant_comes_back_from_layouts_and_archives() {
    for (nth, (name, host)) in variants().into_iter().enumerate() {
        let metadata = metadata(&host);
        // Every other one has files that differ from CPU to CPU, and every third is an archive.
        let sandbox = project(&both(&metadata, nth % 2 == 1));
        let image = sandbox.root().join("image");
        let source = if nth % 3 == 0 { "../image.tar" } else { "../image" };
        made::archive(&image, &sandbox.root().join("image.tar"));
        let told = import(&sandbox, &[source]).success().told();
        assert!(told.contains("the table gives the same metadata.json and labels"), "{name}: {told}");
        law(&sandbox, &metadata, &made::labels(), name);
        for file in ["boxes.svg", "docker-compose.yaml", "ui/index.html", "ui/assets/style.css"] {
            assert!(sandbox.path(file).is_file(), "{name}: {file}");
        }
    }
}

#[test]
fn an_engine_a_registry_and_what_docker_saves() {
    let metadata = metadata(&json!({ "binaries": [{ "linux": p("/linux/tool") }] }));
    let images = both(&metadata, false);
    let Some(skopeo) = judge("skopeo") else { return };
    let saved = project(&images);
    let from = format!("oci:{}:1.2.0", saved.root().join("image").display());
    let to = format!("docker-archive:{}:example/boxes:1.2.0", saved.root().join("saved.tar").display());
    accept(&skopeo, ["--insecure-policy", "--override-arch", "arm64", "--override-os", "linux", "copy", &from, &to]);
    import(&saved, &["docker-archive:../saved.tar"]).success();
    law(&saved, &metadata, &made::labels(), "docker save");

    if let Some(program) = judge("docker-registry") {
        let registry = Registry::start(&program, saved.root());
        let name = format!("{}/example/boxes:1.2.0", registry.address);
        let to = format!("docker://{name}");
        accept(&skopeo, ["--insecure-policy", "copy", "--all", "--dest-tls-verify=false", &from, &to]);
        let sandbox = project(&images);
        import(&sandbox, &[&name]).success();
        law(&sandbox, &metadata, &made::labels(), "registry");
        assert_eq!(files::read(&sandbox.path("host/linux/tool")), images[0].files["linux/tool"]);
        let gone = import(&sandbox, &[&name.replace("1.2.0", "9.9.9"), "--print"]);
        assert_eq!(gone.code, Some(3), "{}", gone.stderr);
    }
    if let Some(engine) = engine() {
        let file = saved.root().join("saved.tar").display().to_string();
        engine.say(["load", "-i", &file]);
        let sandbox = project(&images);
        let new = sandbox.project().to_owned();
        let words = ["import", "docker-daemon:example/boxes:1.2.0"];
        sandbox.dext(words).cwd(new).env("DOCKER_HOST", engine.host()).run().success();
        law(&sandbox, &metadata, &made::labels(), "engine");
    }
}

#[test]
fn where_platforms_differ_it_is_told() {
    let metadata = metadata(&json!({ "binaries": [
        { "darwin": p("/darwin/boxctl"), "windows": p("/windows/boxctl.exe"), "linux": p("/linux/boxctl") },
        { "linux": p("/host/open.sh"), "darwin": p("/host/open.sh") },
    ] }));
    let mut images = both(&metadata, true);
    for image in &mut images {
        image.files.insert("host/open.sh".to_owned(), b"#!/bin/sh\n".to_vec());
        image.files.insert("service".to_owned(), files::read(&files::program(&format!("linux-{}", image.arch))));
        image.entrypoint =
            vec!["/service".to_owned(), "--socket".to_owned(), "/run/guest-services/boxes.sock".to_owned()];
    }
    images[1].files.remove("windows/boxctl.exe");
    images[1].files.insert("usr/share/page/index.html".to_owned(), b"<!doctype html><title>Arm</title>".to_vec());
    images[1].files.insert("usr/share/page/more.js".to_owned(), b"1".to_vec());
    images[1].labels.insert("com.example.team".to_owned(), "arms".to_owned());
    images[1].files.insert("docker-compose.yaml".to_owned(), b"services: {}\n".to_vec());
    images[1].metadata.push('\n');
    let sandbox = project(&images);
    let told = import(&sandbox, &["../image"]).success().told();
    assert_data_eq!(told, str![[r#"
  Taken over title, vendor, description, icon, api-version, ui.title, ui.source, ui.root, ui.src, vm.composefile, vm.socket, host (2), marketplace.screenshots, marketplace.categories
  Kept as is labels."com.example.team": no key of the table says it
warning: not taken over: `/docker-compose.yaml` as it is for linux/arm64: it is another file; that of linux/amd64 was taken
  help: a table says the same for all platforms (W39)
warning: not taken over: metadata.json as it is for linux/arm64: it is another one; that of linux/amd64 was taken
  help: a table says the same for all platforms (W39)
warning: not taken over: labels as they are for linux/arm64: `com.example.team`; those of linux/amd64 were taken
  help: a table says the same for all platforms (W39)
warning: not taken over: the UI as it is for linux/arm64: 2 files differ, the first is `/usr/share/page/index.html`; that of linux/amd64 was taken
  help: a table says the same for all platforms (W39)
warning: not taken over: `ENV` of the image: LOG=info
  help: if the backend needs it, build a base image that has it, and name that as `vm.base`
warning: not taken over: `WORKDIR` of the image: /srv
  help: if the backend needs it, build a base image that has it, and name that as `vm.base`
warning: not taken over: `EXPOSE` of the image: 8080/tcp
  help: if the backend needs it, build a base image that has it, and name that as `vm.base`
warning: not taken over: the file of host.binaries[0].darwin[0], `/darwin/boxctl`: it is another one in the image for linux/arm64, and a file of the table is the same for all
  help: name it with `[[files]]` once it is there; or let Cargo build it: in `host[0]`, `bin = "boxctl"` stands for all its lists
warning: not taken over: the file of host.binaries[0].windows[0], `/windows/boxctl.exe`: it is not in the image for linux/arm64, and a file of the table is the same for all
  help: name it with `[[files]]` once it is there; or let Cargo build it: in `host[0]`, `bin = "boxctl"` stands for all its lists
warning: not taken over: the file of host.binaries[0].linux[0], `/linux/boxctl`: it is another one in the image for linux/arm64, and a file of the table is the same for all
  help: name it with `[[files]]` once it is there; or let Cargo build it: in `host[0]`, `bin = "boxctl"` stands for all its lists
warning: not taken over: `ENTRYPOINT` of the image: /service --socket /run/guest-services/boxes.sock
  help: name the backend's Cargo binary as `vm.bin`, and its arguments as `vm.args`
warning: the compose file has no service [E07] (docker-compose.yaml: services (linux/arm64))
  help: copy the compose file under the name that metadata.json gives it, and let its first service use `image: ${DESKTOP_PLUGIN_IMAGE}`; see `vm.composefile` in [package.metadata.extension]
warning: the windows file `/windows/boxctl.exe` is not in the image [E10] (metadata.json: host.binaries[0].windows[0].path (linux/arm64))
  help: copy the file to that path in the image of every platform, with `COPY --chmod=0755` if it is a program; see `host` in [package.metadata.extension]
warning: the windows file `/windows/boxctl.exe`: it is a script for /bin/sh, which no windows machine runs [E12] (metadata.json: host.binaries[0].windows[0].path, layer 2 (linux/amd64))
  help: list a program that was built for that system; see `host` in [package.metadata.extension]
warning: the label com.docker.desktop.extension.icon is missing [E20] (label com.docker.desktop.extension.icon)
  help: set `marketplace.icon-url` in [package.metadata.extension]
warning: the label com.docker.extension.detailed-description is missing [E20] (label com.docker.extension.detailed-description)
  help: set `marketplace.detailed-description` in [package.metadata.extension]
warning: the label com.docker.extension.publisher-url is missing [E20] (label com.docker.extension.publisher-url)
  help: set `marketplace.publisher-url` in [package.metadata.extension]
warning: the label com.docker.extension.changelog is missing [E20] (label com.docker.extension.changelog)
  help: set `marketplace.changelog` in [package.metadata.extension]
warning: the label com.docker.extension.additional-urls is missing or empty [E25] (label com.docker.extension.additional-urls)
  help: add links to documentation, support, terms of service and privacy
warning: metadata.json differs between linux/amd64 and linux/arm64 [W39] (metadata.json)
  help: build all platforms from the same files, and set the labels in the last stage
warning: 2 files of the UI differ between linux/amd64 and linux/arm64: `usr/share/page/index.html`, `usr/share/page/more.js` [W39] (usr/share/page/index.html)
  help: build all platforms from the same files, and set the labels in the last stage
     Checked apart from that, the table gives the same metadata.json and labels
      Copied 5 files, `boxes.svg` to `ui/index.html`
       Added [package.metadata.extension] to Cargo.toml

"#]].raw());
    assert_data_eq!(
        read(&sandbox, "new/Cargo.toml").replace(MANIFEST, ""),
        str![[r#"

[package.metadata.extension]
title = "Boxes"
vendor = "Example Ltd"
description = "Sorts boxes"
icon = { source = "boxes.svg", path = "/img/boxes.svg" }
api-version = ">= 0.3.4"

[package.metadata.extension.ui]
title = "Boxes"
source = "ui"
root = "/usr/share/page"
src = "index.html"

[package.metadata.extension.vm]
composefile = "docker-compose.yaml"
socket = "boxes.sock"

[[package.metadata.extension.host]]
darwin = ["/darwin/boxctl"]
windows = ["/windows/boxctl.exe"]
linux = ["/linux/boxctl"]

[[package.metadata.extension.host]]
file = { darwin = "host/open.sh", linux = "host/open.sh" }
path = "/host/{file}"

[package.metadata.extension.marketplace]
screenshots = [{ alt = "Main", url = "https://example.com/1.png" }]
categories = ["utility-tools", "volumes"]

[package.metadata.extension.labels]
"com.example.team" = "boxes"

"#]]
        .raw()
    );
    assert_eq!(read(&sandbox, "new/ui/index.html"), "<!doctype html><title>Boxes</title>");
    assert!(!sandbox.path("ui/more.js").exists() && !sandbox.path("host/linux").exists());
    law(&sandbox, &metadata, &made::labels(), "differing");
}

#[test]
fn files_that_nothing_names_are_told() {
    for (files, told_of) in [
        (&["usr/share/page/more.js"][..], None),
        (&["server.py", "etc/conf/a"], Some("2 files of the image that nothing names, such as `/server.py`")),
    ] {
        let mut image = Image::of("amd64", &metadata(&json!([])), false);
        image.layers.push(layer(|tar| files.iter().for_each(|path| file(tar, path, b"1"))));
        let told = import(&project(&[image]), &["../image"]).success().told();
        let line = told.lines().find(|line| line.contains("nothing names"));
        assert_eq!(line.map(|line| line.trim_start_matches("warning: not taken over: ")), told_of, "{told}");
    }
}

#[test]
fn what_is_left_out_of_a_large_ui_is_told() {
    let metadata = metadata(&json!([]));
    let mut image = Image::of("amd64", &metadata, false);
    image.layers.push(layer(|tar| (0..10_100).for_each(|at| file(tar, &format!("usr/share/page/{at:05}.js"), b"1"))));
    let sandbox = project(&[image]);
    let told = import(&sandbox, &["../image"]).success().told();
    let left = told.lines().find(|line| line.contains("further files of the UI, which has too many"));
    let left = left.expect(&told);
    assert!(left.starts_with("warning: not taken over: "), "{left}");
    let number: usize = left.split_whitespace().find_map(|word| word.parse().ok()).expect("how many");
    // The page itself is taken in any case.
    let taken = std::fs::read_dir(sandbox.path("ui")).expect("a folder").count();
    assert!((10_000..10_100).contains(&taken) && number + taken >= 10_102, "{number}, {taken}");
    assert!(sandbox.path("ui/index.html").exists());
    assert!(!told.contains("Checked the table"), "{told}");
}

#[test]
fn what_is_packaged_comes_back_and_is_packaged_again() {
    let old = prebuilt::project();
    old.pack(["--archive", "oci.tar"]).run().success();
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let both = [["metadata"].as_slice(), &["metadata", "--labels"]];
    let before = both.map(|words| parsed(&old.run(words).stdout));
    let manifest = std::fs::read_to_string(old.path("Cargo.toml")).expect("text");
    let (package, _) = manifest.split_once("[package.metadata").expect("a table");
    let new = prebuilt::project();
    new.write("Cargo.toml", package);
    std::fs::remove_dir_all(new.path("ui")).expect("the UI comes from the image");
    std::fs::remove_file(new.path("icon.svg")).expect("the icon comes from the image");
    let image = old.path("oci.tar").display().to_string();
    let told = new.run(["import", &image]).told();
    assert!(told.contains("Builds the Cargo binary `backend` as the backend `/backend`"), "{told}");
    assert!(
        told.contains("Builds the Cargo binary `tool` as `/darwin/tool`, `/windows/tool.exe`, `/linux/tool`"),
        "{told}"
    );
    assert_eq!(both.map(|words| parsed(&new.run(words).stdout)), before);
    assert_eq!(new.sources(), {
        let mut sources = old.sources();
        sources.insert("Cargo.toml".into(), new.sources()[std::path::Path::new("Cargo.toml")].clone());
        sources.remove(std::path::Path::new("oci.tar"));
        sources
    });
    new.pack([]).run().success();
    new.run(["validate", "--profile", "private", "target/dext/demo"]);
    let content = |project: &Sandbox| {
        let layout = crate::support::oci::Layout::read(&project.layout("demo")).expect("whole");
        let files = layout.images.iter().map(|image| {
            let files = image.files().into_iter().map(|(path, entry)| (path.to_owned(), files::sha256(&entry.bytes)));
            (image.platform.clone(), image.config["config"].clone(), files.collect::<BTreeMap<_, _>>())
        });
        files.collect::<Vec<_>>()
    };
    assert_eq!(content(&new), content(&old), "the same files, labels and entry point");
}

#[test]
fn what_buildah_made_comes_back() {
    let old = prebuilt::project();
    old.pack([]).run().success();
    let Some(buildah) = judge("buildah") else { return };
    context(&old);
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let metadata = parsed(&old.run(["metadata"]).stdout);
    for format in ["oci", "docker"] {
        let layout = old.path(format).display().to_string();
        build(&buildah, &old, format, &format!("oci:{layout}:1.2.3"));
        let facts = parsed(&old.run(["inspect", &layout, "--format", "json"]).stdout);
        let sandbox = Sandbox::named("new");
        sandbox.write("src/main.rs", "fn main() {}\n");
        sandbox.write("Cargo.toml", MANIFEST.replace("1.2.0", "1.2.3"));
        let told = import(&sandbox, &[&layout]).success().told();
        assert!(told.contains("it is another one in the image for linux/"), "{told}");
        assert_eq!(parsed(&dext(&sandbox, &["metadata"])), metadata);
        let labels = parsed(&dext(&sandbox, &["metadata", "--labels"]));
        assert_eq!(labels, facts["platforms"][0]["labels"], "{format}: with `io.buildah.version`");
    }
}

#[test]
fn print_reads_and_writes_nothing() {
    let metadata = metadata(&json!({ "binaries": [] }));
    let sandbox = project(&both(&metadata, false));
    let before = sandbox.sources();
    let printed = import(&sandbox, &["../image", "--print"]).success().stdout;
    assert_eq!(sandbox.sources(), before);
    let told = import(&sandbox, &["../image", "--print", "--message-format", "json"]).success();
    let line = told.message("dext-import");
    assert_eq!((&line["toml"], &line["table"]["title"]), (&json!(printed), &json!("Boxes")));
    assert!(told.json().iter().any(|message| message["reason"] == "dext-finding" && message["rule"] == "E20"));

    sandbox.write("ui/assets/style.css", "mine");
    let before = sandbox.sources();
    let told = import(&sandbox, &["../image"]).failure(1).told();
    assert!(told.contains("exists and is another file than the one to copy"), "{told}");
    assert_eq!(sandbox.sources(), before, "all or nothing");
    std::fs::remove_file(sandbox.path("ui/assets/style.css")).expect("removed");

    import(&sandbox, &["../image:1.2.0"]).success();
    assert_eq!(read(&sandbox, "new/Cargo.toml"), format!("{MANIFEST}\n{printed}"));
    let left: Vec<_> = std::fs::read_dir(sandbox.root().join("cache/tmp")).into_iter().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}
