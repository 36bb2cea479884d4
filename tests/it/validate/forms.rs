//! Findings in the forms of other programs, before the judges of those forms.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::draft::Draft;
use super::others::spoilt;
use crate::support::files;
use crate::support::judges::{self, accept, refuse};
use crate::support::prebuilt;
use crate::support::sandbox::Sandbox;

/// Subjects of every kind, with and without faults, and one whose words mean harm to those who read them.
fn subjects() -> Sandbox {
    let project = prebuilt::project();
    Draft::clean().write_layout(&project.path("clean"));
    spoilt().write_layout(&project.path("spoilt"));
    let mut hostile = spoilt();
    hostile.platforms[0].labels.insert(
        "org.opencontainers.image.title".to_owned(),
        "extension ]]> </failure> &amp; \u{1b}[31m \u{0}\u{fffe}\u{202e} \u{1f4a5} {0} %s".to_owned(),
    );
    let compose = "services: {'a<b>&\"c': {image: ''}}".to_owned();
    let metadata = br#"{"icon": "a b%20\u0001.ico", "vm": {"composefile": "my compose%.yaml"}, "<x>&\n\"": 1}"#;
    for platform in &mut hostile.platforms {
        let mut put = |path: &str, bytes: &[u8]| {
            platform.files.insert(path.to_owned(), super::draft::File { mode: 0o644, bytes: bytes.to_vec() });
        };
        put("metadata.json", metadata);
        put("my compose%.yaml", compose.as_bytes());
    }
    hostile.write_layout(&project.path("hostile"));
    project.write("my compose%.yaml", compose);
    project.write("metadata.json", "{\"icon\": 1,\n  \"vm\": }");
    files::write(&project.path("damaged/index.json"), b"{");
    files::write(&project.path("damaged/oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#);
    project
}

const SUBJECTS: [&str; 6] = ["clean", "spoilt", "hostile", "damaged", "metadata.json", "Cargo.toml"];

/// Writes what is found in a subject to a file, in a form.
#[track_caller]
fn told(project: &Sandbox, subject: &str, form: &str, more: &[&str]) -> String {
    let words = ["validate", subject, "--profile", "marketplace", "--format", form];
    let outcome = project.dext(words.iter().chain(more)).run();
    assert!(matches!(outcome.code, Some(0 | 1)), "{}", outcome.stderr);
    let file = project.root().join(format!("{subject}.{form}"));
    files::write(&file, outcome.stdout.as_bytes());
    file.display().to_string()
}

/// The ids of the rules for which the program finds errors, and those for which it has warnings only.
fn found(project: &Sandbox, subject: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let json = files::read(Path::new(&told(project, subject, "json", &[])));
    let answer: Value = serde_json::from_slice(&json).expect("JSON");
    let ids = |level: &str| {
        let of_level = answer["findings"].as_array().expect("a list").iter().filter(|one| one["level"] == level);
        of_level.map(|one| one["rule"].as_str().expect("an id").to_owned()).collect::<BTreeSet<_>>()
    };
    let (errors, warnings) = (ids("error"), ids("warning"));
    let warnings = warnings.difference(&errors).cloned().collect();
    (errors, warnings)
}

#[test]
fn sarif_by_its_schema_and_the_rules_of_code_scanning() {
    let project = subjects();
    let (Some(python), Some(sarif)) = (judges::python(), judges::sarif()) else { return };
    let schema = sarif.join("sarif-2.1.0.json").display().to_string();
    let by_schema = |log: &str| ["-W", "ignore", "-m", "jsonschema", "--instance", log, &schema].map(str::to_owned);
    // It ends with 0 whatever it finds. It is a program of .NET, which looks for tables of languages if it may.
    let by_rules = |logs: &[String]| {
        let mut multitool = Command::new(sarif.join("Sarif.Multitool"));
        multitool.arg("validate").args(logs).args(["--rule-kind", "Sarif;Ghas"]);
        let output = multitool.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1").output();
        let output = output.expect("the multitool can be started");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let all = format!("{} files scanned", logs.len());
        assert!(said.contains(&all) && output.status.success(), "{said}");
        said.lines().filter(|line| line.contains("): error ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut logs = Vec::new();
    for subject in SUBJECTS {
        let log = told(&project, subject, "sarif", &["--allow", "W22"]);
        accept(&python, by_schema(&log));
        let text: Value = serde_json::from_slice(&files::read(Path::new(&log))).expect("JSON");
        let results = text["runs"][0]["results"].as_array().expect("results").iter();
        let ids: BTreeSet<String> = results.map(|one| one["ruleId"].as_str().expect("an id").to_owned()).collect();
        let (errors, warnings) = found(&project, subject);
        assert_eq!(ids, errors.union(&warnings).cloned().collect(), "{subject}");
        logs.push(log);
    }
    assert_eq!(by_rules(&logs), [""; 0]);
    // Judges that accept everything would prove nothing.
    let log = project.path("bad.sarif").display().to_string();
    project.write("bad.sarif", r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {}}, "results": [{}]}]}"#);
    assert!(refuse(&python, by_schema(&log)).contains("'name' is a required property"));
    let said = by_rules(&[log]);
    assert!(said.iter().any(|line| line.contains("error JSON")), "{said:?}");
}

#[test]
fn junit_as_ci_servers_read_it() {
    let project = subjects();
    let Some(python) = judges::python() else { return };
    let judge = files::checkout().join("tests/it/support/junit_judge.py").display().to_string();
    for subject in SUBJECTS {
        let report = told(&project, subject, "junit", &["--allow", "w36"]);
        let said = accept(&python, [&judge, &report]);
        let of = |kind: &str| {
            let lines = said.lines().filter_map(|line| line.strip_prefix(kind));
            lines.map(|id| id.trim().to_owned()).collect::<BTreeSet<_>>()
        };
        assert_eq!((of("failed"), of("said")), found(&project, subject), "{subject}");
        let skipped = of("skipped");
        let are = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        match subject {
            // What could not be read has no name either.
            "damaged" => assert_eq!(skipped, are(&["E35", "E37", "W36", "W38"])),
            // No image is there to be looked into.
            "metadata.json" | "Cargo.toml" => {
                let unseen = are(&["E13", "E33", "E40", "E44", "E45", "W36"]);
                assert!(skipped.is_superset(&unseen), "{subject}: {skipped:?}");
            }
            _ => assert_eq!(skipped, are(&["W36"]), "{subject}"),
        }
    }
    let bad = project.path("bad.xml").display().to_string();
    for (report, fault) in [
        (
            "<testsuites tests='2'><testsuite name='a' tests='2'><testcase classname='a' name='b'/></testsuite></testsuites>",
            "counts",
        ),
        ("<testsuites><testsuite name='a' colour='red'/></testsuites>", "no attribute colour"),
        ("<testsuites><testsuite", "ParseError"),
    ] {
        project.write("bad.xml", report);
        let said = refuse(&python, [&judge, &bad]);
        assert!(said.contains(fault), "{fault}: {said}");
    }
}
