//! `cargo dext validate`: the same findings of the same content, whoever made the image and wherever it lies.

mod bounds;
mod draft;
mod forms;
mod hostile;
mod network;
mod others;
mod project;
mod wild;

use serde_json::Value;

use crate::support::files;
use crate::support::prebuilt;
use crate::support::sandbox::Sandbox;

/// The findings for the Marketplace that a small extension without a `marketplace` table has.
const MARKETPLACE: [&str; 7] = [
    "error E20 the label com.docker.desktop.extension.icon is missing",
    "error E20 the label com.docker.extension.screenshots is missing",
    "error E20 the label com.docker.extension.detailed-description is missing",
    "error E20 the label com.docker.extension.publisher-url is missing",
    "error E20 the label com.docker.extension.changelog is missing",
    "error E20 the label com.docker.extension.categories is missing",
    "warning E25 the label com.docker.extension.additional-urls is missing or empty",
];

/// The extension, packaged into a layout and archives.
fn packaged() -> Sandbox {
    let project = prebuilt::project();
    project.pack(["--archive", "oci.tar"]).run().success();
    project
}

/// What `validate --format json` finds, a line each: level, rule, message.
#[track_caller]
fn findings<'a>(project: &Sandbox, words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let outcome = project.dext(["validate", "--format", "json"].into_iter().chain(words)).run();
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("no JSON: {}", outcome.stderr));
    let found: Vec<String> = lines(&answer["findings"]);
    let errors = found.iter().filter(|line| line.starts_with("error")).count();
    assert_eq!(outcome.code, Some(i32::from(errors > 0)), "{}", outcome.stderr);
    assert_eq!(answer["errors"], errors);
    found
}

fn lines(findings: &Value) -> Vec<String> {
    let text = |finding: &Value, key: &str| finding[key].as_str().expect("a text").to_owned();
    let line = |finding| format!("{} {} {}", text(finding, "level"), text(finding, "rule"), text(finding, "message"));
    findings.as_array().expect("a list").iter().map(line).collect()
}

#[test]
fn what_we_package_is_clean_for_private_use_and_has_known_findings_for_the_marketplace() {
    let project = packaged();
    for image in ["target/dext/demo", "oci.tar", "oci:target/dext/demo:1.2.3", "docker-archive:oci.tar"] {
        assert_eq!(findings(&project, ["--profile", "private", image]), [""; 0], "{image}");
        assert_eq!(findings(&project, ["--profile", "marketplace", image]), MARKETPLACE, "{image}");
    }
    // The name in the layout is one of Docker Hub.
    assert_eq!(findings(&project, ["target/dext/demo"]), MARKETPLACE);
    assert_eq!(findings(&project, []), MARKETPLACE, "Cargo.toml says as much");
}

#[test]
fn an_image_with_a_full_table_is_clean_for_the_marketplace() {
    let project = prebuilt::project();
    project.append(
        "Cargo.toml",
        r#"
[package.metadata.extension.marketplace]
publisher-url = "https://example.com"
icon-url = "https://example.com/icon.svg"
screenshots = [{ alt = "The tab", url = "https://example.com/tab.png" }]
additional-urls = [{ title = "Support", url = "https://example.com/support" }]
detailed-description = "<p>It shows something.</p>"
changelog = "<p>First version</p>"
categories = ["utility-tools"]
"#,
    );
    project.pack([]).run().success();
    for image in [&["target/dext/demo"][..], &[]] {
        assert_eq!(findings(&project, image.iter().copied()), [""; 0]);
    }
}

#[test]
fn allowed_and_denied() {
    let project = packaged();
    let image = "target/dext/demo";
    assert_eq!(findings(&project, [image, "--allow", "E20"]), MARKETPLACE[6..]);
    assert_eq!(findings(&project, [image, "--allow", "e20,E25"]), [""; 0]);
    let denied = findings(&project, [image, "--allow", "E20", "--deny", "warnings"]);
    assert_eq!(denied, [MARKETPLACE[6].replace("warning", "error")]);
    let told = project.dext(["validate", image, "--allow", "W03"]).run().failure(1).told();
    assert!(told.contains("there is no rule `W03`") && told.contains("did you mean E03"), "{told}");
}

#[test]
fn explained() {
    let project = Sandbox::empty();
    let answer = project.run(["validate", "--explain", "e13"]).stdout;
    for part in ["E13: host programs run on the CPU of their image", "Bad CPU type in executable", "Fix: ", "Source: "]
    {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    let all = project.run(["validate", "--explain", "all"]).stdout;
    assert!(all.lines().count() >= 45 && all.starts_with("E01 "), "{all}");
    assert!(project.dext(["validate", "--explain", "E99"]).run().failure(1).told().contains("there is no rule `E99`"));
}

#[test]
fn for_people_it_is_grouped_and_ends_with_a_count() {
    let project = packaged();
    let outcome = project.dext(["validate", "target/dext/demo"]).run().failure(1);
    assert!(outcome.stdout.starts_with("error[E20]: the label com.docker.desktop.extension.icon is missing\n  --> "));
    assert_eq!(outcome.stdout.matches("= why: ").count(), 2, "once for each rule");
    assert!(outcome.stdout.contains("`marketplace.icon-url` in [package.metadata.extension]"), "{}", outcome.stdout);
    let told = outcome.told();
    assert!(told.contains("Validated target/dext/demo for the Marketplace: 6 errors, 1 warning"), "{told}");
    let outcome = project.run(["validate", "--profile", "private", "target/dext/demo"]);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.told().contains("for private use: nothing found"), "{}", outcome.told());
}

#[test]
fn for_programs_in_every_form() {
    let project = packaged();
    let run = |words: &[&str]| {
        let words = ["validate", "target/dext/demo"].into_iter().chain(words.iter().copied());
        project.dext(words).run().failure(1)
    };
    let messages = run(&["--message-format", "json"]).json();
    assert_eq!(messages.len(), MARKETPLACE.len());
    assert!(messages.iter().all(|message| message["reason"] == "dext-finding" && message["why"].is_string()));
    let sarif: Value = serde_json::from_str(&run(&["--format", "sarif"]).stdout).expect("SARIF is JSON");
    assert_eq!((&sarif["version"], sarif["runs"].as_array().map(Vec::len)), (&Value::from("2.1.0"), Some(1)));
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), MARKETPLACE.len());
    let place = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!((&results[0]["ruleId"], place), (&Value::from("E20"), &Value::from("Cargo.toml")));
    let junit = run(&["--format", "junit"]).stdout;
    assert_eq!((junit.matches("<failure ").count(), junit.matches("<system-out>").count()), (1, 1), "{junit}");
    assert!(junit.contains("failures=\"1\" errors=\"0\""), "{junit}");
}

#[test]
fn a_metadata_json_alone() {
    let project = Sandbox::empty();
    let clean = br#"{"icon":"icon.svg","ui":{"dashboard-tab":{"title":"T","root":"ui","src":"index.html"}}}"#;
    let crlf = String::from_utf8_lossy(clean).replace(',', ",\r\n");
    let bom = [b"\xef\xbb\xbf".as_slice(), clean].concat();
    let deep = format!("{{\"icon\":\"a.svg\",\"ui\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let cases: [(&[u8], &[&str]); 6] = [
        (clean, &[]),
        (crlf.as_bytes(), &[]),
        (&bom, &["error E01 metadata.json is no JSON: it begins with a byte order mark"]),
        (deep.as_bytes(), &["error E01 metadata.json is no JSON: it nests deeper than 128 levels"]),
        (
            br#"{"icon":"icon.svg","icon":"icon.svg","vm":{"composefile":"c.yaml"},"name":"x"}"#,
            &[
                "error E02 unknown key `name` at the root of metadata.json",
                "warning E01 the key `icon` occurs twice; the last one counts",
            ],
        ),
        (b"{", &["error E01 metadata.json is no JSON: EOF while parsing an object"]),
    ];
    for (bytes, found) in cases {
        project.write("metadata.json", bytes);
        assert_eq!(findings(&project, ["metadata.json"]), found);
    }
    let huge = std::fs::File::create(project.path("huge.json")).expect("made");
    huge.set_len(2 << 30).expect("a file of holes");
    let found = findings(&project, ["huge.json"]);
    assert!(found[0].starts_with("error E01 metadata.json has 2147483648 bytes"), "{found:?}");
    files::write(&project.path("other.json"), b"[]");
    assert_eq!(findings(&project, ["other.json"]), ["error E01 metadata.json is a list, not an object"]);
}
