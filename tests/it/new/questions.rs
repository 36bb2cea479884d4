//! Questions on a terminal, which `script` stands in for.

use std::io::Write;
use std::process::Stdio;

use super::new;
use crate::support::judges::judge;
use crate::support::sandbox::{Dext, Sandbox};

/// What a terminal shows, and whether the program ended well, after somebody has typed.
fn typed(dext: &Dext<'_>, text: &str) -> (String, bool) {
    let terminal = ["sh", "-c", r#"exec script --quiet --return --command "$*" /dev/null"#, "sh"];
    let dext = dext.clone().env("GIT_CONFIG_NOSYSTEM", "1").env("SHELL", "/bin/sh").env("NO_COLOR", "1");
    let mut command = dext.through(terminal).command();
    let mut child = command.stdin(Stdio::piped()).spawn().expect("a terminal");
    // The end of what is typed is the terminal's Ctrl-D.
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("typed");
    let output = child.wait_with_output().expect("it ends");
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success())
}

fn manifest(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.path("made/Cargo.toml")).expect("the manifest")
}

#[test]
fn what_has_no_default_is_asked_on_a_terminal() {
    if judge("script").is_none() {
        return;
    }
    let sandbox = Sandbox::empty();
    let dext = sandbox.dext(["new", "made"]);
    let (shown, good) = typed(&dext, "Ada Lovelace\nAda/Made\nada/made\n");
    assert!(good, "{shown}");
    for words in ["Who offers the extension", "[Your Company]", "[example/made]", "Created extension `made`"] {
        assert!(shown.contains(words), "no `{words}` in {shown}");
    }
    assert_eq!(shown.matches("Image to publish to").count(), 2, "a wrong answer is asked again: {shown}");
    assert!(!shown.contains("Note"), "nothing is left to say: {shown}");
    let manifest = manifest(&sandbox);
    assert!(manifest.contains("vendor = \"Ada Lovelace\"") && manifest.contains("image = \"ada/made\""), "{manifest}");
    // Nobody is asked for a folder that cannot be made.
    let (shown, good) = typed(&dext, "");
    assert!(!good && shown.contains("is not empty") && !shown.contains("Who offers"), "{shown}");
}

#[test]
fn nobody_is_asked_who_said_it_all_or_wants_defaults() {
    if judge("script").is_none() {
        return;
    }
    for (flags, vendor) in [
        (&["--yes"][..], "Your Company"),
        (&["-y"], "Your Company"),
        (&["-q"], "Your Company"),
        (&["--vendor", "Ada", "--image", "ada/made"], "Ada"),
    ] {
        let sandbox = Sandbox::empty();
        let (shown, good) = typed(&sandbox.dext(["new", "made"].iter().chain(flags)), "");
        assert!(good && !shown.contains("Who offers") && !shown.contains("Image to publish"), "{shown}");
        assert!(manifest(&sandbox).contains(&format!("vendor = \"{vendor}\"")), "{flags:?}");
    }
}

#[test]
fn the_end_of_the_input_ends_it() {
    if judge("script").is_none() {
        return;
    }
    let sandbox = Sandbox::empty();
    let (shown, good) = typed(&sandbox.dext(["new", "made"]), "Ada\n");
    assert!(!good && shown.contains("error"), "{shown}");
    assert!(!sandbox.path("made").exists(), "nothing was written");
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let sandbox = Sandbox::empty();
    let outcome = new(&sandbox, &["made"]).success();
    assert!(outcome.stderr.contains("Note the vendor is `Your Company`"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("Who offers"), "{}", outcome.stderr);
}
