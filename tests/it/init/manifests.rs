//! Every shape of a manifest: its bytes stay, and Cargo reads the result as before, with the table.

use std::process::Command;

use serde_json::{Value, json};
use snapbox::{IntoData, assert_data_eq, str};

use super::{MAIN, init, project, read};
use crate::support::files;
use crate::support::sandbox::Sandbox;

const PACKAGE: &str = "[package]\nname = \"x\"\nversion = \"1.2.3\"\nedition = \"2024\"\ndescription = \"A tool\"\n";

/// What Cargo itself says of a manifest.
fn cargo_metadata(sandbox: &Sandbox, manifest: &str) -> Value {
    let command = sandbox.dext(["unused"]).command();
    let vars = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(sandbox.path(manifest))
        .env_clear()
        .envs(vars)
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Takes the extension's table out of what Cargo says.
fn without_table(mut said: Value) -> (Value, Vec<Value>) {
    let mut tables = Vec::new();
    let mut strip = |holder: &mut Value| {
        let Some(metadata) = holder["metadata"].as_object_mut() else { return };
        tables.extend(metadata.remove("extension"));
        if metadata.is_empty() {
            holder["metadata"] = Value::Null;
        }
    };
    strip(&mut said);
    said["packages"].as_array_mut().expect("packages").iter_mut().for_each(strip);
    (said, tables)
}

/// Runs `init` and checks everything that is true of every manifest; returns the manifest's new text.
#[track_caller]
fn changed(sandbox: &Sandbox, folder: &str, words: &[&str]) -> String {
    let manifest = format!("{folder}Cargo.toml");
    let (before, _) = without_table(cargo_metadata(sandbox, &manifest));
    let line: Vec<&str> =
        words.iter().copied().chain(["--vendor", "V"]).chain((!folder.is_empty()).then_some(folder)).collect();
    init(sandbox, &line).success();
    let (after, tables) = without_table(cargo_metadata(sandbox, &manifest));
    assert_eq!(after, before, "Cargo reads everything else as before");
    assert_eq!(tables.len(), 1);
    let place = sandbox.path(folder);
    sandbox.dext(["metadata"]).cwd(&place).run().success();
    sandbox.dext(["package", "--dry-run"]).cwd(&place).run().success();
    read(sandbox, &manifest)
}

/// The table that is added to [`PACKAGE`] and its kin.
const TABLE: &str = "[package.metadata.extension]\ntitle = \"X\"\nvendor = \"V\"\nicon = \"assets/icon.svg\"\n\n\
                     [package.metadata.extension.ui]\nsource = \"ui\"\n\n[[package.metadata.extension.host]]\nbin = \"x\"\n";

#[test]
fn every_byte_of_a_package_stays() {
    let windows = |text: &str| text.replace('\n', "\r\n");
    let table = format!("\n{TABLE}");
    for (before, added) in [
        (PACKAGE.to_owned(), table.clone()),
        (format!("# first\n\n{PACKAGE}\n[dependencies] # none\n# last\n"), table.clone()),
        (PACKAGE.trim_end().to_owned(), format!("\n{table}")),
        (format!("{PACKAGE}\n\n"), TABLE.to_owned()),
        (windows(PACKAGE), windows(&table)),
        (windows(&format!("{PACKAGE}\n")), windows(TABLE)),
        (format!("\u{feff}{PACKAGE}"), table.clone()),
        (windows(&format!("\u{feff}{PACKAGE}")), windows(&table)),
        (format!("{PACKAGE}metadata.docs.rs.all-features = true # why\n\n[features]\n"), table.clone()),
        (format!("{PACKAGE}\n[package.metadata]\na.b = 1\n\n[package.metadata.docs.rs]\n"), table.clone()),
        (format!("[package.metadata.docs.rs]\nall-features = true\n\n{PACKAGE}"), table.clone()),
        (
            "package.name = \"x\"\npackage.version = \"1.2.3\"\npackage.edition = \"2024\"\npackage.description = 'A'\n"
                .to_owned(),
            table.clone(),
        ),
        (format!("{PACKAGE}\n[[bin]]\nname = \"x\"\npath = \"src/main.rs\"\n\n[lints.rust]\nunsafe_code = 'forbid'"), format!("\n{table}")),
        (format!("{PACKAGE}\n[profile.release]\nstrip = true\n\n[workspace]\nmetadata.a = [\n  1, # one\n]\n"), table.clone()),
        (
            "package.name = \"x\"\npackage.\"version\" = \"1.0.0\"\npackage.edition = '2024'\npackage.description = 'A'\n\
             package.metadata.docs.rs = { all-features = true } # why\nworkspace = {}\n"
                .to_owned(),
            table.clone(),
        ),
        (
            format!(
                "[\"package\"]\n{}[package . metadata . a]\n\tb = 1\n[[package.metadata.\"l\"]]\n# last",
                &PACKAGE["[package]\n".len()..],
            ),
            format!("\n{table}"),
        ),
        (
            windows(
                "[package]\nname = \"x\"\nversion.workspace = true\nedition = { workspace = true }\n\
                 description.workspace = true\n\n  [package.metadata] # mine\n  a = '''\n[package.metadata.extension]\n'''\n\n\
                 [workspace]\n[workspace.package]\nversion = \"1.0.0\" # v\nedition = \"2024\"\ndescription = \"A\"\n",
            ),
            windows(&table),
        ),
    ] {
        let sandbox = project(&before, &["src/main.rs"]);
        assert_eq!(changed(&sandbox, "", &[]), format!("{before}{added}"), "{before:?}");
    }
}

#[test]
fn an_inline_table_on_the_way_gets_a_header() {
    let before = format!(
        "{PACKAGE}# About metadata.\nmetadata = {{ a = 1, b = {{ c = [2] }} }} # here\n\n[lib] # it\npath = \"src/main.rs\"\n"
    );
    let sandbox = project(&before, &["src/main.rs"]);
    let after = changed(&sandbox, "", &["--host", "x"]);
    let header = "\n# About metadata.\n[package.metadata] # here\na = 1\nb = { c = [2] }\n";
    let rest = "\n[lib] # it\npath = \"src/main.rs\"\n";
    assert_eq!(after, format!("{PACKAGE}{header}{rest}\n{TABLE}"));
}

#[test]
fn a_member_inherits_and_keeps_its_table_to_itself() {
    let root = "[workspace]\nmembers = [\"tools/*\"]\nresolver = \"3\"\n\n[workspace.package]\nversion = \"2.0.0\"\n\
                edition = \"2024\"\ndescription = \"Inherited\"\nlicense = \"MIT\"\n";
    let member = "[package]\nname = \"x\"\nversion.workspace = true\nedition = { workspace = true }\n\
                  description.workspace = true\n";
    let sandbox = project(root, &["tools/x/src/main.rs", "tools/y/src/main.rs"]);
    sandbox.write("tools/x/Cargo.toml", member);
    sandbox.write("tools/y/Cargo.toml", member.replace("\"x\"", "\"y\""));
    assert_eq!(changed(&sandbox, "tools/x/", &[]), format!("{member}\n{TABLE}"));
    assert_eq!(read(&sandbox, "Cargo.toml"), root);
    assert!(sandbox.path("tools/x/ui/index.html").exists() && !sandbox.path("ui").exists());
    let labels = sandbox.dext(["metadata", "--labels"]).cwd(sandbox.path("tools/x")).run().success().stdout;
    assert!(labels.contains("Inherited") && labels.contains("2.0.0"), "{labels}");
}

#[test]
fn a_workspace_holds_the_table_itself() {
    let root = "[workspace]\nmembers = [\"server\", \"cli\", \"xtask\"]\nresolver = \"3\"\n";
    let sandbox = Sandbox::named("Disk Usage");
    sandbox.write("Cargo.toml", root);
    for (name, version) in [("server", "0.2.0"), ("cli", "0.10.0"), ("xtask", "0.0.0")] {
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n");
        sandbox.write(format!("{name}/Cargo.toml"), manifest);
        sandbox.write(format!("{name}/src/main.rs"), MAIN);
    }
    let after = changed(&sandbox, "", &[]);
    assert_data_eq!(
        after.strip_prefix(root).expect("every byte stays"),
        str![[r#"

[workspace.metadata.extension]
name = "disk-usage"
title = "Disk Usage"
vendor = "V"
description = "Disk Usage in Docker Desktop"
version = "0.10.0"
icon = "assets/icon.svg"

[workspace.metadata.extension.ui]
source = "ui"

[workspace.metadata.extension.vm]
bin = "server"

[[workspace.metadata.extension.host]]
bin = "cli"

"#]]
        .raw()
    );
}

#[test]
fn binaries_are_told_apart() {
    let root = "[workspace]\nmembers = [\"*\"]\nexclude = [\"target\", \"assets\", \"ui\"]\nresolver = \"3\"\n\n\
                [workspace.package]\nversion = \"1.0.0\"\n";
    let sandbox = Sandbox::named("tools");
    sandbox.write("Cargo.toml", root);
    for name in ["a", "b"] {
        let bin = "[[bin]]\nname = \"tool\"\npath = \"src/main.rs\"\n";
        let features = if name == "b" { "required-features = [\"cli\"]\n\n[features]\ncli = []\n" } else { "" };
        let package = format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n");
        sandbox.write(format!("{name}/Cargo.toml"), package + bin + features);
        sandbox.write(format!("{name}/src/main.rs"), MAIN);
    }
    let told = init(&sandbox, &[]).failure(1).told();
    assert_data_eq!(
        told,
        str![[r#"
error: could not determine which binary is the host tool: there are `a/tool`, `b/tool`
  help: name it, as with `--host a/tool`, or pass `--no-host` for no host tool

"#]]
        .raw()
    );
    let told = init(&sandbox, &["--host", "tool"]).failure(1).told();
    assert!(told.contains("several packages have a binary `tool`: `a`, `b`") && told.contains("`a/tool`"), "{told}");
    let after = changed(&sandbox, "", &["--host", "b/tool", "--ui", "none"]);
    assert!(after.contains("build = { features = [\"cli\"] }\n"), "{after}");
    assert!(after.ends_with("[[workspace.metadata.extension.host]]\nbin = \"tool\"\npackage = \"b\"\n"), "{after}");
    let metadata: Value = serde_json::from_str(&sandbox.run(["metadata"]).stdout).expect("JSON");
    assert_eq!(metadata["host"]["binaries"][0]["linux"], json!([{ "path": "/linux/tool" }]));
}

#[test]
fn what_cargo_run_starts_is_the_tool() {
    let manifest = format!("{PACKAGE}default-run = \"y\"\n");
    let sandbox = project(&manifest, &["src/bin/x.rs", "src/bin/y.rs"]);
    assert!(changed(&sandbox, "", &[]).ends_with("[[package.metadata.extension.host]]\nbin = \"y\"\n"));
}

#[test]
fn a_library_can_be_a_page_alone() {
    let sandbox = project(PACKAGE, &[]);
    sandbox.write("src/lib.rs", "");
    let told = init(&sandbox, &[]).failure(1).told();
    assert!(told.contains("no package has a binary target") && told.contains("`--no-backend --no-host`"), "{told}");
    let after = changed(&sandbox, "", &["--no-backend", "--no-host"]);
    assert!(after.ends_with("[package.metadata.extension.ui]\nsource = \"ui\"\n"), "{after}");
}

#[cfg(unix)]
#[test]
fn a_manifest_that_is_a_link_stays_one() {
    let sandbox = project(PACKAGE, &["src/main.rs"]);
    std::fs::rename(sandbox.path("Cargo.toml"), sandbox.path("real.toml")).expect("renamed");
    std::os::unix::fs::symlink("real.toml", sandbox.path("Cargo.toml")).expect("linked");
    init(&sandbox, &["--vendor", "V"]).success();
    assert!(sandbox.path("Cargo.toml").is_symlink());
    let text = std::fs::read_to_string(sandbox.path("real.toml")).expect("read");
    assert!(text.contains("[package.metadata.extension]"), "{text}");
}

#[test]
fn the_mode_of_the_manifest_stays() {
    let sandbox = project(PACKAGE, &["src/main.rs"]);
    files::set_mode(&sandbox.path("Cargo.toml"), 0o600);
    init(&sandbox, &["--vendor", "V"]).success();
    let fingerprint = &sandbox.sources()[std::path::Path::new("Cargo.toml")];
    assert!(fingerprint.starts_with("100600 "), "{fingerprint}");
}
