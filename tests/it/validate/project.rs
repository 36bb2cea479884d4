//! What a project's table says of rules, and that `package` and `publish` ask them.

use super::{MARKETPLACE, findings};
use crate::support::files;
use crate::support::prebuilt;

#[test]
fn the_table_decides_what_the_command_line_leaves_open() {
    let project = prebuilt::project();
    project.append(
        "Cargo.toml",
        "[package.metadata.extension.validate]\nprofile = \"private\"\nallow = [{ id = \"W15\", reason = \"one system\" }]\n",
    );
    project.pack([]).run().success();
    assert_eq!(findings(&project, []), [""; 0]);
    let told = project.run(["validate"]).told();
    assert!(!told.contains("Allowed"), "{told}");
    assert_eq!(findings(&project, ["--profile", "marketplace"]), MARKETPLACE);
    // An image is judged by itself, unless a project is named.
    assert_eq!(findings(&project, ["target/dext/demo"]), MARKETPLACE);
    assert_eq!(findings(&project, ["target/dext/demo", "-p", "demo"]), [""; 0]);
    project.edit("Cargo.toml", "\"W15\"", "\"W51\"");
    for words in [&["validate"][..], &["package", "--no-build", "--artifacts", "artifacts"]] {
        let told = project.dext(words.iter().copied()).run().failure(1).told();
        assert!(told.contains("there is no rule `W51`"), "{told}");
        assert!(told.contains("Cargo.toml, package.metadata.extension.validate.allow[0].id"), "{told}");
    }
    project.edit("Cargo.toml", "\"private\"", "\"privat\"");
    let told = project.dext(["validate"]).run().failure(1).told();
    assert!(told.contains("`privat` is no profile") && told.contains("did you mean `private`?"), "{told}");
}

#[test]
fn package_stops_at_an_error_and_leaves_the_old_image() {
    let project = prebuilt::project();
    project.pack([]).run().success();
    let before = files::fingerprint(&project.layout("demo"));
    project.append("Cargo.toml", "[package.metadata.extension.extra]\nname = \"demo\"\n");
    let outcome = project.pack(["--message-format", "json"]).run().failure(1);
    let told = outcome.told();
    assert!(told.contains("error: unknown key `name` at the root of metadata.json [E02]"), "{told}");
    assert!(told.contains("error: 1 error in demo") && told.contains("no image was written"), "{told}");
    assert_eq!(outcome.message("dext-finding")["rule"], "E02");
    assert_eq!(files::fingerprint(&project.layout("demo")), before);
}

#[test]
fn package_tells_a_warning_once_and_goes_on() {
    let project = prebuilt::project();
    project.edit("Cargo.toml", "bin = \"tool\"", "bin = \"tool\"\nos = [\"darwin\", \"linux\"]");
    let outcome = project.pack(["--message-format", "json"]).run().success();
    let told = outcome.told();
    assert_eq!(told.matches("there are no host files for windows [W15]").count(), 1, "{told}");
    assert_eq!(outcome.message("dext-finding")["level"], "warning");
    project.append(
        "Cargo.toml",
        "[package.metadata.extension.validate]\nallow = [{ id = \"W15\", reason = \"Windows has no such tool\" }]\n",
    );
    assert!(!project.pack([]).run().success().told().contains("W15"));
    let told = project.run(["validate", "--profile", "private"]).told();
    assert!(told.contains("     Allowed W15: Windows has no such tool\n"), "{told}");
    let told: serde_json::Value =
        serde_json::from_str(&project.run(["validate", "--profile", "private", "--format", "json"]).stdout)
            .expect("JSON");
    assert_eq!(told["allowed"], serde_json::json!([{ "rule": "W15", "reason": "Windows has no such tool" }]));
    project.edit("Cargo.toml", "allow = [", "deny = \"warnings\"\n# [");
    assert!(project.pack([]).run().failure(1).told().contains("error: there are no host files for windows [W15]"));
}

#[test]
fn publish_to_docker_hub_asks_what_the_marketplace_asks() {
    let project = prebuilt::project();
    let publish = |more: &[&str]| {
        let words = ["publish", "--no-build", "--artifacts", "artifacts", "--allow-dirty"];
        // Nobody is there: what is found is found before anything is sent.
        let dead = "http://127.0.0.1:9";
        let dext = project.dext(words.into_iter().chain(more.iter().copied()));
        dext.env("HTTPS_PROXY", dead).env_remove("NO_PROXY").env_remove("no_proxy").run()
    };
    let told = publish(&[]).failure(1).told();
    for line in &MARKETPLACE[..6] {
        let message = line.trim_start_matches("error E20 ");
        assert!(told.contains(&format!("error: {message} [E20]")), "{told}");
    }
    assert!(told.contains("`profile = \"private\"` in [package.metadata.extension.validate]"), "{told}");
    assert!(!told.contains("Publishing"), "{told}");
    let told = publish(&["--image", "example/demo"]).failure(1).told();
    assert!(told.contains("[E20]"), "{told}");
}
