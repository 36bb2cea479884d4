//! A new extension in a repository of its own, by each of Cargo's version control systems.

use std::process::Command;

use super::new;
use crate::support::files;
use crate::support::judges::{self, judge};
use crate::support::sandbox::Sandbox;

#[test]
fn every_repository_passes_over_what_is_built() {
    for (vcs, folder, ask) in [
        ("git", ".git", &["git", "status", "--porcelain", "--untracked-files=all"][..]),
        ("hg", ".hg", &["hg", "status", "--unknown"]),
        ("fossil", ".fslckout", &["fossil", "extras", "--dotfiles"]),
    ] {
        if judge(vcs).is_none() {
            continue;
        }
        let sandbox = Sandbox::empty();
        new(&sandbox, &["made", "--vcs", vcs]).success();
        assert!(sandbox.path("made").join(folder).exists(), "{vcs}");
        sandbox.write("made/target/debug/x", "");
        let mut command = Command::new(ask[0]);
        command.args(&ask[1..]).current_dir(sandbox.path("made"));
        let output = command.env("HOME", sandbox.root().join("home")).env("USER", "tester").output();
        let output = output.expect("it can be asked");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("Cargo.toml"), "{vcs}: {said}");
        assert!(!said.contains("target"), "{vcs}: {said}");
        assert_eq!(said.contains("extension.yml"), vcs == "git", "GitHub's workflow is for git: {said}");
    }
}

#[test]
fn pijul_is_asked_for_its_repository() {
    let sandbox = Sandbox::empty();
    let bin = sandbox.stand_in("pijul", "mkdir .pijul && test \"$*\" = init\n");
    sandbox.dext(["new", "made", "--vcs", "pijul"]).first_on_path(&bin).run().success();
    assert!(sandbox.path("made/.pijul").is_dir() && sandbox.path("made/.ignore").is_file());
}

#[test]
fn a_program_that_fails_leaves_nothing_behind() {
    let sandbox = Sandbox::empty();
    let bin = sandbox.stand_in("fossil", "test \"$1\" = init\n");
    let dext = sandbox.dext(["new", "made", "--vcs", "fossil"]).first_on_path(&bin);
    let outcome = dext.run().failure(101);
    assert!(outcome.stderr.contains("--vcs none"), "{}", outcome.stderr);
    assert!(files::fingerprint(sandbox.project()).is_empty());
}

#[test]
fn cargos_configuration_chooses() {
    let sandbox = Sandbox::empty();
    sandbox.write(".cargo/config.toml", "[cargo-new]\nvcs = \"none\"\n");
    new(&sandbox, &["made"]).success();
    assert!(!sandbox.path("made/.git").exists() && !sandbox.path("made/.gitignore").exists());
    if judges::judge("git").is_some() {
        new(&sandbox, &["other", "--vcs", "git"]).success();
        assert!(sandbox.path("other/.git").exists() && sandbox.path("other/.gitignore").exists());
    }
}
