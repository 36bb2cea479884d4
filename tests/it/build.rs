//! Compiling: profiles, features, lock files, errors, and what the user's own configuration says. Real builds
//! of a small workspace, for as few platforms as show the point.

use std::path::PathBuf;

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::headers::Program;
use crate::support::oci::Layout;
use crate::support::sandbox::{Dext, Outcome, Sandbox};
use crate::support::{files, judges, prebuilt, toolchain};

/// A copy of the workspace, where it can be compiled.
#[track_caller]
fn workspace() -> Option<Sandbox> {
    toolchain::is_there().then(|| Sandbox::of("workspace"))
}

/// `package --only PLATFORMS` and further words.
fn only<'a>(project: &'a Sandbox, platforms: &str, words: &[&str]) -> Dext<'a> {
    let head = ["package", "--message-format", "json", "--only", platforms];
    project.dext(head.into_iter().chain(words.iter().copied()))
}

/// Where a binary for linux/amd64 was built.
fn built(outcome: &Outcome, name: &str) -> PathBuf {
    let is_it = |message: &serde_json::Value| {
        message["reason"] == "dext-artifact" && message["name"] == name && message["platform"] == "linux/amd64"
    };
    let found = outcome.json().into_iter().find(is_it).unwrap_or_else(|| panic!("no `{name}` in {}", outcome.stdout));
    PathBuf::from(found["path"].as_str().expect("a path"))
}

/// What `greet` for linux/amd64 says of how it was built.
fn greeting(dext: &Dext<'_>) -> String {
    judges::accept(&built(&dext.run().success(), "greet"), [""; 0])
}

#[test]
fn profiles_and_features() {
    let Some(project) = workspace() else { return };
    for (words, says) in [
        (&[][..], "release [plain] []\n"),
        (&["--profile", "dev"], "debug [plain] []\n"),
        (&["--features", "tools/fancy"], "release [plain fancy] []\n"),
        (&["--no-default-features", "-F", "tools/fancy"], "release [fancy] []\n"),
        (&["--all-features", "--no-default-features"], "release [plain fancy] []\n"),
    ] {
        assert_eq!(greeting(&only(&project, "linux/amd64", words)), says, "{words:?}");
    }
    let outcome = only(&project, "linux/amd64", &["--target-dir", "elsewhere"]).run().success();
    let wanted = project.path("elsewhere/x86_64-unknown-linux-musl/release/greet");
    assert_eq!(built(&outcome, "greet"), wanted);
}

#[test]
fn flags_of_the_users_own_survive_wherever_they_stand() {
    let Some(plain) = workspace() else { return };
    const FLAG: &str = "--cfg=flavour=";
    let config = |text: String| {
        let project = Sandbox::of("workspace");
        project.write(".cargo/config.toml", text);
        greeting(&only(&project, "linux/amd64", &[]))
    };
    let said = greeting(&only(&plain, "linux/amd64", &[]).env("RUSTFLAGS", format!("{FLAG}\"variable\"")));
    assert_eq!(said, "release [plain] [variable]\n");
    let encoded = format!("{FLAG}\"encoded\"\u{1f}-Cdebuginfo=0");
    let said = greeting(&only(&plain, "linux/amd64", &[]).env("CARGO_ENCODED_RUSTFLAGS", encoded));
    assert_eq!(said, "release [plain] [encoded]\n");
    let said = config(format!("[build]\nrustflags = ['{FLAG}\"build\"']\n"));
    assert_eq!(said, "release [plain] [build]\n");
    // Cargo joins those of a triple and of a `cfg`, and passes over those of `build`.
    let said = config(format!(
        "[build]\nrustflags = ['{FLAG}\"build\"']\n[target.x86_64-unknown-linux-musl]\nrustflags = ['{FLAG}\"target\"']\n[target.'cfg(unix)']\nrustflags = ['{FLAG}\"cfg\"']\n"
    ));
    assert_eq!(said, "release [plain] [target cfg]\n");
}

#[test]
fn a_lock_file_that_is_stale_stays_as_it_is() {
    let Some(project) = workspace() else { return };
    project.edit("backend/Cargo.toml", "0.3.0", "0.3.1");
    let before = project.sources();
    let told = only(&project, "linux/amd64", &["--locked"]).run().failure(101).told();
    let wanted = str![[r#"
error: `cargo` failed (exit status: 101):
  error: [..]--locked[..]
...
  --> cargo metadata --format-version 1 --locked

"#]];
    assert_data_eq!(told, wanted);
    assert_eq!(project.sources(), before);
}

#[test]
fn an_error_of_the_compiler_is_shown_as_cargo_shows_it() {
    let Some(project) = workspace() else { return };
    project.write("tools/src/bin/greet.rs", "fn main() {\n    let number: u32 = \"three\";\n}\n");
    // For Windows this one binary is built.
    let outcome = only(&project, "windows/amd64", &[]).run().failure(101);
    let wanted = str![[r#"
    Building greet for x86_64-pc-windows-gnullvm with zig
   Compiling tools v0.1.0 ([ROOT]/project/tools)
error[E0308]: mismatched types
 --> tools/src/bin/greet.rs:2:23
  |
2 |     let number: u32 = "three";
...
error: could not compile `tools` (bin "greet") due to 1 previous error
error: could not compile x86_64-pc-windows-gnullvm
  --> cargo's exit code was 101
  help: read cargo's messages above

"#]];
    assert_data_eq!(outcome.told(), wanted);
    assert_eq!(outcome.stdout, "", "no message of Cargo's is among ours");
}

#[test]
fn a_warning_of_the_compiler_stops_nothing() {
    let Some(project) = workspace() else { return };
    project.write("tools/src/bin/greet.rs", "fn main() {\n    let unused = 3;\n}\n");
    let outcome = only(&project, "linux/amd64", &[]).run().success();
    assert!(outcome.told().contains("warning: unused variable: `unused`"), "{}", outcome.told());
}

#[test]
fn one_failing_platform_does_not_hide_the_others() {
    let Some(project) = workspace() else { return };
    project
        .write("tools/src/bin/greet.rs", "#[cfg(windows)]\ncompile_error!(\"not for Windows yet\");\nfn main() {}\n");
    let outcome = only(&project, "darwin/arm64,windows/amd64,linux/amd64", &[]).run().failure(101);
    assert!(outcome.told().contains("error: not for Windows yet"), "{}", outcome.told());
    let end = outcome.told();
    let end = &end[end.rfind("error: could not compile x86_64").unwrap_or_default()..];
    assert_data_eq!(
        end,
        str![[r#"
error: could not compile x86_64-pc-windows-gnullvm
  --> cargo's exit code was 101
  help: read cargo's messages above; the other platforms were built and kept

"#]]
        .raw()
    );
    for path in ["aarch64-apple-darwin/release/greet", "x86_64-unknown-linux-musl/release/greet"] {
        assert!(project.path("target").join(path).exists(), "{path} was built");
    }
    // Mended, it goes on with what was built.
    project.write("tools/src/bin/greet.rs", "fn main() {}\n");
    only(&project, "darwin/arm64,windows/amd64,linux/amd64", &[]).run().success();
}

#[test]
fn a_binary_that_needs_a_feature_is_named() {
    let Some(project) = workspace() else { return };
    let bin = "\n[[bin]]\nname = \"greet\"\nrequired-features = [\"fancy\"]\n";
    project.append("tools/Cargo.toml", bin);
    let told = only(&project, "linux/amd64", &[]).run().failure(101).told();
    assert!(told.contains("target `greet` in package `tools` requires the features: `fancy`"), "{told}");
    only(&project, "linux/amd64", &["-F", "tools/fancy"]).run().success();
}

#[test]
fn a_whole_workspace_is_packaged() {
    let Some(project) = workspace() else { return };
    let outcome = project.run(["package", "--platform", "linux/amd64", "--message-format", "json"]);
    let layout = Layout::read(&project.layout("crew")).expect("the layout is whole");
    let paths: Vec<&str> = layout.images[0].files().into_keys().collect();
    assert_data_eq!(
        paths.join("\n") + "\n",
        str![[r#"
darwin/greet
host/darwin/crew-probe
host/darwin/run.sh
host/linux/crew-probe
host/linux/run.sh
host/windows/run.cmd
icon.svg
linux/greet
metadata.json
service
ui/index.html
windows/greet.exe

"#]]
        .raw()
    );
    assert_eq!(outcome.message("dext-image")["reference"], "registry.example.com/tools/crew:0.3.0-beta.1");
}

#[test]
fn the_ui_is_built_when_its_sources_changed() {
    let project = prebuilt::project();
    let build = "source = \"ui/dist\"\nbuild = { dir = \"ui\", run = [\"mkdir -p dist\", \"cp index.html dist/\"] }";
    project.edit("Cargo.toml", "source = \"ui\"", build);
    let told = || project.pack([]).run().success().told();
    assert!(told().contains("     Running `mkdir -p dist`"), "the first run builds");
    assert!(told().contains("       Fresh UI"), "the second need not");
    project.write("ui/index.html", "<!doctype html>\n<title>New</title>\n");
    assert!(told().contains("     Running `cp index.html dist/`"), "a change is seen");
    project.edit("Cargo.toml", "cp index.html dist/", "exit 7");
    assert_data_eq!(
        project.pack([]).run().failure(101).told(),
        str![[r#"
     Running `mkdir -p dist` in [ROOT]/project/ui
     Running `exit 7` in [ROOT]/project/ui
error: the UI's build failed: `sh` failed (exit status: 7)
  --> CARGO_DEXT=[EXE] sh -c 'exit 7'

"#]]
        .raw()
    );
}

#[test]
fn this_machines_own_platform_needs_no_zig() {
    let Some(project) = workspace() else { return };
    project.append(
        "Cargo.toml",
        "\n[workspace.metadata.extension.build]\ntriple = { linux-amd64 = \"x86_64-unknown-linux-gnu\" }\n",
    );
    // The backend's image has no libc, so it cannot be such a program.
    let told = project.dext(["package", "--platform", "linux/amd64"]).run().failure(1).told();
    assert!(told.contains("Building service, greet, probe for x86_64-unknown-linux-gnu with cargo"), "{told}");
    assert!(told.contains("is not fit for linux/amd64: it is not static"), "{told}");
    project.edit("Cargo.toml", "[workspace.metadata.extension.vm]\nbin = \"service\"\nsocket = \"crew.sock\"\n", "");
    let dext = only(&project, "linux/amd64", &["--frozen"]).env("CARGO_ZIGBUILD_ZIG_PATH", "/nonexistent");
    assert_eq!(greeting(&dext), "release [plain] []\n");
}

#[test]
fn the_oldest_macos_is_what_somebody_says() {
    let Some(project) = workspace() else { return };
    let minimum = |dext: &Dext<'_>| {
        dext.run().success();
        let bytes = files::read(&project.path("target/aarch64-apple-darwin/release/greet"));
        match Program::read(&bytes) {
            Some(Program::MachO(macho)) => macho.minos,
            other => panic!("{other:?}"),
        }
    };
    let dext = only(&project, "darwin/arm64", &[]);
    assert_eq!(minimum(&dext), (11, 0));
    assert_eq!(minimum(&dext.clone().env("MACOSX_DEPLOYMENT_TARGET", "12.3")), (12, 3));
    project.append("Cargo.toml", "\n[workspace.metadata.extension.build]\nmacos-minimum = \"13.0\"\n");
    assert_eq!(minimum(&dext.env("MACOSX_DEPLOYMENT_TARGET", "12.3")), (13, 0), "the table wins");
}
