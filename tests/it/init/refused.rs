//! What `init` refuses, with what it says, and that nothing is changed then.

use snapbox::{IntoData, assert_data_eq, str};

use super::{MANIFEST, init, project};
use crate::support::files;
use crate::support::sandbox::Sandbox;

/// What it says, and that everything is as it was.
#[track_caller]
fn refused(sandbox: &Sandbox, words: &[&str]) -> String {
    let before = sandbox.sources();
    let told = init(sandbox, words).failure(1).told();
    assert_eq!(sandbox.sources(), before, "nothing is changed");
    told
}

#[test]
fn an_extension_stays_what_it_is() {
    for (table, place) in [
        ("[package.metadata.extension]\ntitle = \"X\"\n", "9:1"),
        ("metadata.extension.title = \"X\"\n", "8:10"),
        ("metadata = { extension = {} }\n", "8:14"),
    ] {
        let gap = if table.starts_with('[') { "\n" } else { "" };
        let sandbox = project(&format!("{MANIFEST}{gap}{table}"), &["src/main.rs"]);
        let told = refused(&sandbox, &[]);
        let expected = format!(
            "error: Cargo.toml has `[package.metadata.extension]` already\n  --> Cargo.toml:{place}\n  help: it is an \
             extension: `cargo dext package` packages it\n"
        );
        assert_eq!(told, expected);
    }
}

#[test]
fn a_manifest_that_is_none() {
    let sandbox = project("[package]\nname = \"x\n", &["src/main.rs"]);
    assert_data_eq!(
        refused(&sandbox, &[]),
        str![[r#"
error: Cargo.toml is no TOML: invalid basic string, expected `"`
  --> Cargo.toml:2:10
  help: mend it first; `cargo check` says the same

"#]]
        .raw()
    );
    let sandbox = project(&format!("{MANIFEST}metadata = 1\n"), &["src/main.rs"]);
    let told = refused(&sandbox, &[]);
    assert!(told.starts_with("error: `package.metadata.extension` cannot be a table"), "{told}");
    let sandbox = project("[package]\nname = 1\n", &["src/main.rs"]);
    let told = sandbox.dext(["init"]).run().failure(101).told();
    assert!(told.contains("invalid type: integer `1`, expected a string"), "{told}");
}

#[test]
fn no_manifest() {
    let sandbox = project(MANIFEST, &["src/main.rs"]);
    assert_data_eq!(
        refused(&sandbox, &["src"]),
        str![[r#"
error: there is no Cargo.toml in `[ROOT]/project/src`
  help: there is one above it: `cargo dext init [ROOT]/project`

"#]]
        .raw()
    );
    let told = refused(&sandbox, &["/"]);
    assert!(told.contains("`cargo dext new` makes an extension from nothing"), "{told}");
}

#[test]
fn words_that_cannot_be_used() {
    let sandbox = project(MANIFEST, &["src/main.rs", "src/bin/a.rs", "src/bin/x-server.rs", "src/bin/y_daemon.rs"]);
    sandbox.write("page/index.html", "");
    for (words, said) in [
        (&[][..], "could not determine which binary is the backend: there are `x-server`, `y_daemon`"),
        (&["--yes"], "could not determine which binary is the backend"),
        (&["--no-backend"], "could not determine which binary is the host tool"),
        (&["--backend", "x-serve", "--no-host"], "did you mean `x-server`?"),
        (&["--no-backend", "--host", "nothing/like/it"], "binaries are `a`, `disk-usage`, `x-server`, `y_daemon`"),
        (&["--no-backend", "--no-host", "--ui", "none"], "an extension has at least a backend, a host tool or a page"),
        (&["--no-backend", "--no-host", "--socket", "s"], "there is no backend that could listen on the socket `s`"),
        (&["--backend", "a", "--no-host", "--socket", "a/b"], "`a/b` is no bare file name: it has a `/`"),
        (&["--no-backend", "--host", "a", "--title", " "], "the title is empty"),
        (&["--no-backend", "--host", "a", "--vendor", "a\nb"], "the vendor has a line break"),
        (&["--no-backend", "--host", "a", "--image", "a/b:1"], "it has a tag"),
        (&["--no-backend", "--host", "a", "--ui", ".."], "it is outside of the folder of Cargo.toml"),
        (&["--no-backend", "--host", "a", "--ui", "."], "it is the folder of Cargo.toml"),
        (&["--no-backend", "--host", "a", "--ui", "src"], "it has no `index.html`"),
        (&["--no-backend", "--host", "a", "--ui", "gone"], "it has no `index.html`"),
    ] {
        let told = refused(&sandbox, words);
        assert!(told.contains(said) && told.contains("help: "), "{words:?}: {told}");
    }
    init(&sandbox, &["--backend", "a", "--no-backend"]).failure(2);
    init(&sandbox, &["--host", "a", "--no-host"]).failure(2);
}

#[test]
fn a_folder_that_is_no_page() {
    let sandbox = project(MANIFEST, &["src/main.rs"]);
    sandbox.write("ui/package.json", "{}");
    sandbox.write("ui/index.html", "the sources of a page");
    let told = refused(&sandbox, &[]);
    assert!(
        told.contains("`ui` is there, and is no folder with an `index.html`") && told.contains("`--ui ui/dist`"),
        "{told}"
    );
    assert!(refused(&sandbox, &["--ui", "ui"]).contains("it holds what a page is built from"));
    sandbox.write("ui/build/index.html", "the page");
    assert!(refused(&sandbox, &[]).contains("`--ui ui/build`"));
    init(&sandbox, &["--ui", "ui/build"]).success();
}

#[test]
fn a_version_that_is_no_tag() {
    let sandbox = project(&MANIFEST.replace("1.2.0", "1.2.0+build"), &["src/main.rs"]);
    let told = refused(&sandbox, &[]);
    assert!(told.contains("cannot be the tag of an image") && told.contains("--> Cargo.toml:4:1"), "{told}");
}

#[test]
fn a_failure_half_way_leaves_everything_as_it_was() {
    // The icon's folder cannot be made, after nothing; the page's cannot, after the icon.
    for (path, content) in [("assets", "a file"), ("ui/index.html/x", "a folder")] {
        let sandbox = project(MANIFEST, &["src/main.rs"]);
        sandbox.write(path, content);
        let told = refused(&sandbox, &[]);
        assert!(told.starts_with("error: "), "{told}");
    }
    let sandbox = project(MANIFEST, &["src/main.rs"]);
    files::set_mode(&sandbox.path("Cargo.toml"), 0o444);
    let told = refused(&sandbox, &[]);
    assert!(told.contains("`[ROOT]/project/Cargo.toml`: the file is read-only"), "{told}");
}
