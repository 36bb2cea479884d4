//! A new extension is sound Rust: its own tests pass, and its programs build for a platform that is not the host's.

use std::process::Command;

use crate::support::files;
use crate::support::oci::Layout;
use crate::support::sandbox::Sandbox;

#[test]
fn a_new_extension_passes_its_tests_and_builds() {
    // It stays where it is between runs: its dependencies take a minute to compile.
    let sandbox = Sandbox::kept("new");
    let project = sandbox.path("made");
    let fresh = sandbox.path("fresh");
    let _ = std::fs::remove_dir_all(&fresh);
    sandbox.run(["new", "fresh", "--name", "made", "--vendor", "Example Ltd", "--vcs", "none"]);
    std::fs::create_dir_all(&project).expect("a folder");
    files::copy_tree(&fresh, &project);

    let tests = Command::new("cargo")
        .args(["test", "--quiet", "--workspace"])
        .current_dir(&project)
        .env("CARGO_TARGET_DIR", project.join("target"))
        .output()
        .expect("cargo can be started");
    assert!(tests.status.success(), "{}", String::from_utf8_lossy(&tests.stderr));

    sandbox.dext(["package", "--only", "linux/amd64"]).cwd(&project).run().success();
    let triple = "x86_64-unknown-linux-musl";
    for program in ["made-backend", "made-host"] {
        assert!(project.join("target").join(triple).join("release").join(program).is_file(), "{program}");
    }
    let plan = sandbox.dext(["package", "--dry-run", "--message-format", "json"]).cwd(&project).run().success();
    let plan = plan.message("dext-plan");
    assert_eq!(plan["plan"]["images"].as_array().map(Vec::len), Some(2));
    assert!(Layout::read(&project.join("target/dext/made")).is_err(), "`--only` makes no image");
}
