//! `cargo dext metadata`: what the image would say of itself. Every shape that real extensions have is tested
//! beside the code that makes it; here the command is.

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::prebuilt;
use crate::support::sandbox::Sandbox;

#[test]
fn of_a_package() {
    assert_data_eq!(prebuilt::project().run(["metadata"]).answer(), str![].raw());
}

#[test]
fn of_a_workspace() {
    let project = Sandbox::of("workspace");
    assert_data_eq!(project.run(["metadata"]).answer(), str![].raw());
    // From a member's folder it is the same.
    let inside = project.dext(["metadata"]).cwd(project.path("tools/src")).run().success();
    assert_eq!(inside.stdout, project.run(["metadata"]).stdout);
}

#[test]
fn with_a_compose_file_and_words_of_ones_own() {
    let project = prebuilt::project();
    project.edit("Cargo.toml", "bin = \"backend\"\n", "composefile = \"compose.yaml\"\n");
    project.append("Cargo.toml", "\n[package.metadata.extension.host.extra.x-rd-install]\nlinux = \"tool\"\n");
    assert_data_eq!(project.run(["metadata"]).answer(), str![].raw());
}

#[test]
fn labels() {
    let project = Sandbox::of("sample");
    assert_data_eq!(project.run(["metadata", "--labels"]).answer(), str![].raw());
    assert_data_eq!(prebuilt::project().run(["metadata", "--labels"]).answer(), str![].raw());
}

#[test]
fn it_needs_no_file_that_it_does_not_print() {
    let project = prebuilt::project();
    let text = project.run(["metadata"]).stdout;
    for path in ["ui", "artifacts"] {
        std::fs::remove_dir_all(project.path(path)).expect("removed");
    }
    std::fs::remove_file(project.path("icon.svg")).expect("removed");
    assert_eq!(project.run(["metadata"]).stdout, text);
}

#[test]
fn mistakes_are_told_as_everywhere() {
    let project = prebuilt::project();
    project.edit("Cargo.toml", "title =", "titel =");
    assert_data_eq!(project.dext(["metadata"]).run().failure(1).told(), str![].raw());
}
