//! `cargo dext init`: what is added to which manifest, what is refused, what is asked, and that the result is an
//! extension.

mod manifests;
mod refused;

use std::path::Path;

use serde_json::Value;
use snapbox::{IntoData, assert_data_eq, str};

use crate::support::files;
use crate::support::judges::judge;
use crate::support::oci::Layout;
use crate::support::prebuilt;
use crate::support::sandbox::{Outcome, Sandbox};
use crate::support::terminal::session;

const MAIN: &str = "fn main() {\n    println!(\"hello\");\n}\n";

const MANIFEST: &str = "# A tool.\n[package]\nname = \"disk-usage\" # its name\nversion = \"1.2.0\"\nedition = \"2024\"\n\
                        authors = [\"Example Ltd <x@example.com>\"]\ndescription = \"See what fills your disk\"\n";

/// A project with these files, and a program at each path of `src/` that ends in `main.rs` or lies in `bin`.
fn project(manifest: &str, programs: &[&str]) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write("Cargo.toml", manifest);
    for program in programs {
        sandbox.write(program, MAIN);
    }
    sandbox
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    String::from_utf8(files::read(&sandbox.path(path))).expect("text")
}

fn init(sandbox: &Sandbox, words: &[&str]) -> Outcome {
    sandbox.dext(["init"].iter().chain(words)).run()
}

#[test]
fn a_package_becomes_an_extension() {
    let sandbox = project(MANIFEST, &["src/main.rs", "src/bin/disk-usage-server.rs"]);
    sandbox.write(".git/HEAD", "");
    let told = init(&sandbox, &["--image", "ghcr.io/example/disk-usage"]).success().told();
    assert_data_eq!(told, str![[r#"
     Created assets/icon.svg, ui/index.html, .gitignore
       Added [package.metadata.extension] to Cargo.toml: backend `disk-usage-server`, host tool `disk-usage`, page in `ui`
        Note the page cannot call the backend: once it listens on a socket in `/run/guest-services`, add `socket = "…"` to the table, and `args` if it has to be told
        Next cargo dext package

"#]].raw());
    assert_data_eq!(
        read(&sandbox, "Cargo.toml"),
        str![[r#"
# A tool.
[package]
name = "disk-usage" # its name
version = "1.2.0"
edition = "2024"
authors = ["Example Ltd <x@example.com>"]
description = "See what fills your disk"

[package.metadata.extension]
title = "Disk Usage"
vendor = "Example Ltd"
icon = "assets/icon.svg"
image = "ghcr.io/example/disk-usage"

[package.metadata.extension.ui]
source = "ui"

[package.metadata.extension.vm]
bin = "disk-usage-server"

[[package.metadata.extension.host]]
bin = "disk-usage"

"#]]
        .raw()
    );
    let validated = sandbox.run(["validate", "--profile", "private"]).told();
    assert!(validated.ends_with("Validated disk-usage for private use: nothing found\n"), "{validated}");
    sandbox.run(["package", "--dry-run"]);
}

#[test]
fn flags_decide() {
    let sandbox = project(MANIFEST, &["src/main.rs", "src/bin/disk-usage-server.rs", "src/bin/other.rs"]);
    let words =
        "init --backend other --socket other.sock --host disk-usage --host disk-usage-server --ui none --vendor V";
    let mut line: Vec<&str> = words.split(' ').collect();
    line.extend(["--title", "It's \"X\" <b>", "--description", "Größe", "--image", "example/x"]);
    let told = sandbox.run(line).told();
    assert!(told.contains("listen on `/run/guest-services/other.sock`: if it has to be told"), "{told}");
    assert_data_eq!(
        read(&sandbox, "Cargo.toml").strip_prefix(MANIFEST).expect("every byte stays"),
        str![[r#"

[package.metadata.extension]
title = """It's "X" <b>"""
vendor = "V"
description = "Größe"
icon = "assets/icon.svg"
image = "example/x"

[package.metadata.extension.vm]
bin = "other"
socket = "other.sock"

[[package.metadata.extension.host]]
bin = "disk-usage"

[[package.metadata.extension.host]]
bin = "disk-usage-server"

"#]]
        .raw()
    );
    let metadata: Value = serde_json::from_str(&sandbox.run(["metadata"]).stdout).expect("JSON");
    assert_eq!(metadata["vm"]["exposes"]["socket"], "other.sock");
    assert!(!sandbox.path("ui").exists(), "no page is wanted");
}

#[test]
fn what_is_there_is_used_and_stays() {
    let sandbox = project(MANIFEST, &["src/main.rs"]);
    for (path, content) in [("icon.png", "png"), ("ui/index.html", "<p>mine</p>"), (".gitignore", "mine")] {
        sandbox.write(path, content);
    }
    sandbox.write(".git/HEAD", "");
    let before = sandbox.sources();
    let told = init(&sandbox, &["--yes"]).success().told();
    assert!(told.starts_with("       Found icon.png, ui/index.html\n") && !told.contains("Created"), "{told}");
    let mut after = sandbox.sources();
    after.insert("Cargo.toml".into(), before[Path::new("Cargo.toml")].clone());
    assert_eq!(after, before);
    assert!(read(&sandbox, "Cargo.toml").contains("icon = \"icon.png\"\n"));
}

#[test]
fn a_page_that_is_built_is_built() {
    for (lock, commands) in [
        (None, r#"["npm install", "npm run build"]"#),
        (Some("package-lock.json"), r#"["npm ci", "npm run build"]"#),
        (Some("pnpm-lock.yaml"), r#"["pnpm install --frozen-lockfile", "pnpm run build"]"#),
        (Some("yarn.lock"), r#"["yarn install", "yarn run build"]"#),
    ] {
        let sandbox = project(MANIFEST, &["src/main.rs"]);
        sandbox.write("web/package.json", "{}");
        if let Some(lock) = lock {
            sandbox.write(format!("web/{lock}"), "");
        }
        init(&sandbox, &["--ui", "web/../web/dist"]).success();
        let table = read(&sandbox, "Cargo.toml");
        let build = format!("source = \"web/dist\"\nbuild = {{ dir = \"web\", run = {commands} }}\n");
        assert!(table.contains(&build), "{table}");
        sandbox.run(["package", "--dry-run"]);
    }
}

#[test]
fn npm_builds_the_page_that_is_there() {
    if judge("npm").is_none() {
        return;
    }
    let sandbox = prebuilt::project();
    let manifest = read(&sandbox, "Cargo.toml");
    let (before, _) = manifest.split_once("[package.metadata.extension]").expect("the fixture has a table");
    sandbox.write("Cargo.toml", before);
    std::fs::rename(sandbox.path("ui"), sandbox.path("page")).expect("moved");
    let package = r#"{ "name": "page", "version": "1.0.0", "scripts": { "build": "node build.cjs" } }"#;
    let lock = r#"{ "name": "page", "version": "1.0.0", "lockfileVersion": 3, "packages": { "": {} } }"#;
    let build = "require('fs').cpSync('../page', 'dist', { recursive: true });";
    for (path, content) in [("ui/package.json", package), ("ui/package-lock.json", lock), ("ui/build.cjs", build)] {
        sandbox.write(path, content);
    }
    init(&sandbox, &["--ui", "ui/dist", "--image", "ghcr.io/example/prebuilt"]).success();
    assert!(!sandbox.path("ui/dist").exists() && !sandbox.path("ui/index.html").exists(), "nothing is written there");
    sandbox.pack(["--quiet"]).run().success();
    let layout = sandbox.layout("demo");
    for image in &Layout::read(&layout).expect("whole").images {
        let found = image.files();
        assert!(found.contains_key("ui/index.html") && !found.contains_key("ui/package.json"), "{:?}", found.keys());
    }
    let told = sandbox.run(["validate", "--profile", "private", &layout.display().to_string()]).told();
    assert!(!told.contains("error"), "{told}");
}

#[test]
fn the_page_is_safe_and_names_what_there_is() {
    let sandbox = project(MANIFEST, &["src/main.rs", "src/bin/server.rs"]);
    init(&sandbox, &["--socket", "x.sock", "--title", "<b> & \"q\" {{description}}"]).success();
    let page = read(&sandbox, "ui/index.html");
    assert!(page.contains("<h1>&lt;b&gt; &amp; &quot;q&quot; {{description}}</h1>"), "{page}");
    assert!(page.contains("? \"disk-usage.exe\" : \"disk-usage\"") && page.contains("vm.service.get"), "{page}");
    assert!(!page.contains("{{#") && !page.contains("<script"), "{page}");
    let bare = project(MANIFEST, &["src/main.rs"]);
    init(&bare, &["--backend", "disk-usage", "--no-host"]).success();
    assert!(!read(&bare, "ui/index.html").contains("ddClient"), "nothing is there to be called");
}

#[test]
fn it_packages_for_six_platforms_and_validates() {
    let sandbox = prebuilt::project();
    let manifest = read(&sandbox, "Cargo.toml");
    let (before, _) = manifest.split_once("[package.metadata.extension]").expect("the fixture has a table");
    sandbox.write("Cargo.toml", before);
    for path in ["ui", "icon.svg"] {
        let path = sandbox.path(path);
        let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    }
    init(&sandbox, &["--image", "ghcr.io/example/prebuilt"]).success();
    sandbox.pack(["--quiet"]).run().success();
    let layout = sandbox.layout("demo");
    assert!(Layout::read(&layout).is_ok());
    let told = sandbox.run(["validate", "--profile", "private", &layout.display().to_string()]).told();
    assert!(!told.contains("error"), "{told}");
}

#[test]
fn a_crate_in_a_folder_with_blanks_builds() {
    let sandbox = Sandbox::named("my crate, größe");
    sandbox.write("Cargo.toml", MANIFEST);
    sandbox.write("src/main.rs", MAIN);
    let told = sandbox.dext(["init", "my crate, größe"]).cwd(sandbox.root()).run().success().told();
    assert!(told.contains("Next cargo dext package --manifest-path 'my crate, größe/Cargo.toml'\n"), "{told}");
    assert!(told.contains("to my crate, größe/Cargo.toml: host tool `disk-usage`, page in `ui`\n"), "{told}");
    sandbox.run(["package", "--only", "linux/amd64"]);
    assert!(sandbox.path("target/x86_64-unknown-linux-musl/release/disk-usage").is_file());
}

#[test]
fn at_a_terminal_it_asks() {
    let manifest = "[package]\nname = \"x\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
    let bins = ["src/main.rs", "src/bin/y.rs", "src/bin/x-daemon.rs"];
    let sandbox = project(manifest, &bins);
    let tools = "Tools on the user's own system, one or several: `x`, `x-daemon`, `y` or none: ";
    let (socket, image) = ("Socket the backend listens on, or none [none]: ", "without a tag, or none [none]: ");
    let steps = [
        ("Backend in Docker Desktop's virtual machine: `x`, `x-daemon`, `y` or none [x-daemon]: ", "\n"),
        (tools, "z\n"),
        ("there is no binary `z`", ""),
        (tools, "x, y\n"),
        (socket, "/x\n"),
        ("it has a `/`", ""),
        (socket, "x.sock\n"),
        ("Who offers the extension [Your Company]: ", "Example Ltd\n"),
        ("What it is, in a sentence [X in Docker Desktop]: ", "A tool\n"),
        (image, "A/B\n"),
        ("`A/B` is no image name", ""),
        (image, "example/x\n"),
    ];
    let Some(session) = session(&sandbox.dext(["init"]), &steps) else { return };
    assert_eq!(session.code, Some(0), "{}", session.screen);
    // Each step has waited for its question, unless there was none.
    steps.iter().for_each(|(question, _)| assert!(session.screen.contains(question), "{question}: {}", session.screen));
    assert_data_eq!(
        read(&sandbox, "Cargo.toml").strip_prefix(manifest).expect("every byte stays"),
        str![[r#"

[package.metadata.extension]
title = "X"
vendor = "Example Ltd"
description = "A tool"
icon = "assets/icon.svg"
image = "example/x"

[package.metadata.extension.ui]
source = "ui"

[package.metadata.extension.vm]
bin = "x-daemon"
socket = "x.sock"

[[package.metadata.extension.host]]
bin = "x"

[[package.metadata.extension.host]]
bin = "y"

"#]]
        .raw()
    );
}

#[test]
fn nobody_is_asked_in_vain() {
    if judge("script").is_none() {
        return;
    }
    for words in [&["init", "--yes"][..], &["init", "-q"], &["init", "--message-format", "json"]] {
        let sandbox = project(MANIFEST, &["src/main.rs"]);
        let session = session(&sandbox.dext(words), &[]).expect("there is a terminal");
        assert_eq!(session.code, Some(0), "{words:?}: {}", session.screen);
        assert!(!session.screen.contains("]: "), "{words:?}: {}", session.screen);
    }
    // Ctrl-D and Ctrl-C are no answers.
    for (typed, code, said) in
        [("", 1, "error: the input ended before the question was answered"), ("\u{3}", 130, "^C")]
    {
        let sandbox = project(MANIFEST, &["src/main.rs"]);
        let before = sandbox.sources();
        let steps = [("or none [none]: ", "\n"), ("or none [disk-usage]: ", typed)];
        let session = session(&sandbox.dext(["init"]), &steps).expect("there is a terminal");
        assert_eq!(session.code, Some(code), "{}", session.screen);
        assert!(session.screen.contains(said), "{}", session.screen);
        assert_eq!(sandbox.sources(), before);
    }
}
