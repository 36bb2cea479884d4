//! `package --dry-run`: everything that would be done, and nothing done.

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::prebuilt;
use crate::support::sandbox::Sandbox;

#[test]
fn the_sample() {
    let project = Sandbox::of("sample");
    let before = project.sources();
    let outcome = project.run(["package", "--dry-run"]);
    assert_data_eq!(outcome.answer(), str![].raw());
    assert_eq!(outcome.stderr, "");
    assert_eq!(project.sources(), before);
    assert!(!project.path("target").exists(), "a dry run leaves nothing behind");
}

#[test]
fn a_workspace_with_binaries_of_several_members() {
    let project = Sandbox::of("workspace");
    assert_data_eq!(project.run(["package", "-n"]).answer(), str![].raw());
}

#[test]
fn flags_of_cargo_and_overrides_of_the_table() {
    let project = Sandbox::of("workspace");
    let build = r#"
[workspace.metadata.extension.build]
profile = "dev"
features = ["tools/fancy"]
triple = { linux-amd64 = "x86_64-unknown-linux-gnu", windows-amd64 = "x86_64-pc-windows-msvc" }
builder = { linux-arm64 = "cross" }
"#;
    project.append("Cargo.toml", build);
    assert_data_eq!(project.run(["package", "-n", "--platform", "linux/amd64"]).answer(), str![].raw());
    let text = project.run(["package", "-n", "--profile", "release", "--only", "windows/amd64,linux/arm64"]).answer();
    assert_data_eq!(text, str![].raw());
}

#[test]
fn a_builder_for_all_that_cannot_do_all() {
    let project = Sandbox::of("workspace");
    for (builder, told) in [("cross", str![]), ("xwin", str![])] {
        let outcome = project.dext(["package", "-n", "--builder", builder]).run().failure(1);
        assert_data_eq!(outcome.told(), told.raw());
    }
    // Each does a part.
    project.run(["package", "-n", "--builder", "cross", "--only", "linux/amd64,linux/arm64"]);
}

#[test]
fn stand_ins_are_said_aloud() {
    let project = Sandbox::of("sample");
    project.edit(
        "Cargo.toml",
        "bin = \"dutool\"",
        "bin = \"dutool\"\nfallback = { windows-arm64 = \"windows-amd64\" }",
    );
    assert_data_eq!(project.run(["package", "-n"]).answer(), str![].raw());
}

#[test]
fn ones_own_linker_wins() {
    let project = Sandbox::of("sample");
    project.write(".cargo/config.toml", "[target.aarch64-unknown-linux-musl]\nlinker = \"aarch64-linux-musl-gcc\"\n");
    let text = project.run(["package", "-n", "--only", "linux/amd64,linux/arm64"]).answer();
    assert_data_eq!(text, str![].raw());
}

#[test]
fn the_ui_is_built_first() {
    let project = prebuilt::project();
    project.edit(
        "Cargo.toml",
        "source = \"ui\"",
        "source = \"ui/dist\"\nbuild = { dir = \"ui\", run = [\"npm ci\", \"npm run build\"] }",
    );
    let text = project.run(["package", "-n", "--platform", "linux/arm64"]).answer();
    assert_data_eq!(text, str![].raw());
}

#[test]
fn for_programs() {
    let outcome = prebuilt::project().run(["package", "-n", "--platform", "linux/arm64", "--message-format", "json"]);
    let plan = serde_json::to_string_pretty(&outcome.message("dext-plan")).expect("JSON");
    assert_data_eq!(prebuilt::project().redactions().apply(&plan) + "\n", str![].raw());
}
