//! What a run must leave alone, and what must not get into an image by a side door.

use crate::support::files;
use crate::support::prebuilt;

#[test]
fn an_archive_replaces_nothing_but_an_archive() {
    let project = prebuilt::project();
    let before = files::read(&project.path("Cargo.toml"));
    std::os::unix::fs::symlink("Cargo.toml", project.path("link.tar")).expect("linked");
    for (target, why) in [
        ("Cargo.toml", "is a file that is no image archive"),
        ("ui", "is a folder"),
        ("link.tar", "is a symbolic link"),
        ("target/dext/demo/index.json", "is inside the image's own folder"),
    ] {
        let outcome = project.pack(["--archive", target]).run().failure(1);
        assert!(outcome.told().contains(why), "{target}: {}", outcome.told());
        assert!(!project.layout("demo").exists(), "{target}: refused before anything is written");
    }
    assert!(project.pack(["--archive", "-"]).run().failure(2).told().contains("not to standard output"));
    assert_eq!(files::read(&project.path("Cargo.toml")), before);
    assert!(project.path("link.tar").is_symlink());
    for _ in 0..2 {
        project.pack(["--archive", "image.tar"]).run().success();
    }
}

#[test]
fn a_listed_program_for_another_machine_is_refused() {
    let project = prebuilt::project();
    project.append(
        "Cargo.toml",
        "\n[[package.metadata.extension.host]]\nlinux = [\"/extra/helper\"]\n\n\
         [[package.metadata.extension.files]]\nsource = \"artifacts/windows-amd64/tool.exe\"\npath = \"/extra/helper\"\n",
    );
    let outcome = project.pack([]).run().failure(1);
    assert!(outcome.told().contains("it is a PE for windows/amd64; linux/amd64 is needed"), "{}", outcome.told());
    assert!(!project.layout("demo").exists());
}

#[test]
fn no_file_is_a_folder_too() {
    let project = prebuilt::project();
    project.append(
        "Cargo.toml",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"/backend/icon.svg\"\n",
    );
    let outcome = project.pack([]).run().failure(1);
    assert!(outcome.told().contains("/backend/icon.svg"), "{}", outcome.told());
    assert!(!project.layout("demo").exists());
}

#[test]
fn a_folder_that_holds_the_output_is_refused() {
    let project = prebuilt::project();
    project.append("Cargo.toml", "\n[[package.metadata.extension.files]]\nsource = \".\"\npath = \"/all\"\n");
    let outcome = project.pack([]).run().failure(1);
    assert!(outcome.told().contains("which this run writes to"), "{}", outcome.told());
    assert!(!project.layout("demo").exists());
}

#[test]
fn missing_tools_are_told_before_the_ui_is_built() {
    let project = prebuilt::project();
    project.edit(
        "Cargo.toml",
        "source = \"ui\"",
        "source = \"ui\"\nbuild = { dir = \"ui\", run = [\"echo > built\", \"dext-no-such-tool\"] }",
    );
    let outcome = project.dext(["package"]).run().failure(1);
    assert!(outcome.told().contains("`dext-no-such-tool`, which `ui.build` runs"), "{}", outcome.told());
    assert!(!project.path("ui/built").exists());
}
