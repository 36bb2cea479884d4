//! `--message-format json`: one object a line, with the reasons and fields that README.md documents.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::files;
use crate::support::oci::Layout;
use crate::support::prebuilt;

/// The table of README.md: reasons and their fields.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let readme = files::read(&files::checkout().join("README.md"));
    let readme = String::from_utf8(readme).expect("text");
    let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let [reason, _, fields] = cells.as_slice() else { return None };
        let reason = words(reason).into_iter().next().filter(|reason| reason.starts_with("dext-"))?;
        Some((reason, words(fields)))
    };
    readme.lines().filter_map(row).collect()
}

fn fields(message: &Value) -> BTreeSet<String> {
    message.as_object().expect("an object").keys().filter(|key| *key != "reason").cloned().collect()
}

#[test]
fn every_line_is_as_documented() {
    let documented = documented();
    assert!(documented.len() >= 4, "README.md has the table: {documented:?}");
    let project = prebuilt::project();
    let package = project.pack(["--message-format", "json"]).run().success();
    let plan = project.pack(["--dry-run", "--message-format", "json"]).run().success();
    let mut seen = BTreeSet::new();
    for message in package.json().iter().chain(&plan.json()) {
        let reason = message["reason"].as_str().expect("every line has a reason");
        let known = documented.get(reason).unwrap_or_else(|| panic!("`{reason}` is not documented"));
        let extra: Vec<_> = fields(message).difference(known).cloned().collect();
        assert!(extra.is_empty(), "{reason} has {extra:?}, which README.md does not name");
        seen.insert(reason.to_owned());
    }
    assert_eq!(seen, ["dext-artifact", "dext-image", "dext-layer", "dext-plan"].map(str::to_owned).into());
}

#[test]
fn the_lines_say_what_is_in_the_layout() {
    let project = prebuilt::project();
    let outcome = project.pack(["--message-format", "json"]).run().success();
    let layout = Layout::read(&project.layout("demo")).expect("the layout is whole");
    let image = outcome.message("dext-image");
    assert_eq!(image["digest"], layout.digest());
    assert_eq!(image["reference"], "example/demo:1.2.3");
    let told: Vec<&Value> = image["manifests"].as_array().expect("a list").iter().collect();
    assert_eq!(told.len(), 2);
    for (told, image) in told.into_iter().zip(&layout.images) {
        assert_eq!(
            (&told["platform"], &told["digest"]),
            (&image.platform.as_str().into(), &image.digest.as_str().into())
        );
    }
    let of =
        |reason: &str| outcome.json().into_iter().filter(|message| message["reason"] == reason).collect::<Vec<_>>();
    let layers: BTreeSet<String> =
        of("dext-layer").iter().map(|layer| layer["digest"].as_str().expect("text").into()).collect();
    let real: BTreeSet<String> =
        layout.images.iter().flat_map(|image| &image.layers).map(|layer| layer.digest.clone()).collect();
    assert_eq!(layers, real);
    let mut artifacts: Vec<String> = of("dext-artifact")
        .iter()
        .map(|a| format!("{} {}", a["name"].as_str().expect("text"), a["platform"].as_str().expect("text")))
        .collect();
    artifacts.sort();
    let tool = prebuilt::PLATFORMS.map(|platform| format!("tool {}", platform.replace('-', "/")));
    let backend = ["linux/amd64", "linux/arm64"].map(|platform| format!("backend {platform}"));
    assert_eq!(artifacts, backend.into_iter().chain(tool).collect::<Vec<_>>());
}

#[test]
fn people_read_on_the_other_stream() {
    let outcome = prebuilt::project().pack(["--message-format", "json"]).run().success();
    assert!(outcome.told().contains("Finished"), "{}", outcome.told());
    let quiet = prebuilt::project().pack(["--quiet"]).run().success();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

#[test]
fn a_second_run_says_that_layers_were_there() {
    let project = prebuilt::project();
    let cached = || -> Vec<bool> {
        let outcome = project.pack(["--message-format", "json"]).run().success();
        let layers = outcome.json().into_iter().filter(|message| message["reason"] == "dext-layer");
        layers.map(|layer| layer["cached"].as_bool().expect("a truth value")).collect()
    };
    assert!(cached().iter().all(|cached| !cached));
    assert!(cached().iter().all(|cached| *cached));
    // One binary changes, and one layer with it.
    let mut bytes = files::read(&project.path("artifacts/windows-arm64/tool.exe"));
    bytes.extend_from_slice(b"changed");
    project.write("artifacts/windows-arm64/tool.exe", bytes);
    assert_eq!(cached().iter().filter(|cached| !**cached).count(), 1);
}
