//! Every form of the same three findings.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use super::{explain, explain_all, human, junit, message, rules_md, sarif, summary};
use crate::domain::Arch;
use crate::validate::metadata::Metadata;
use crate::validate::testing::Example;
use crate::validate::view::Subject;
use crate::validate::{Finding, Profile, Settings, View, passed_over, rules, validate};

/// A missing icon, two missing host files, and two defective labels, one with the signs of markup in it.
fn findings() -> Vec<Finding> {
    findings_of(&Settings::default())
}

fn findings_of(settings: &Settings) -> Vec<Finding> {
    let mut it = Example::clean();
    it.on(Arch::Arm64, |draft| draft.remove("icon.svg"));
    it.label("com.docker.extension.publisher-url", "a<\"&]]>");
    it.json("/host/binaries/0/linux", json!([{ "path": "/a b" }, { "path": "/c" }, { "path": "/linux/tool" }]));
    it.label("com.docker.extension.account-info", "true");
    validate(&it.view(), settings)
}

#[test]
fn people_read_groups() {
    assert_data_eq!(
        human(&findings(), false),
        str![[r#"
error[E03]: the icon `icon.svg` is not in the image
  --> metadata.json: icon (linux/arm64)
  = why: A missing icon makes installing fail, and an installed extension whose icon is gone can neither be updated nor removed. An ending other than .svg, .png or .jpg is a warning.
  = help: copy an .svg or .png into the image and name its path in `icon`

error[E10]: the linux file `/a b` is not in the image
  --> metadata.json: host.binaries[0].linux[0].path
  = why: Docker Desktop copies each listed file of the user's system; one that is missing in the image of that CPU aborts the installation: `No such container:path`. The modes are kept as they are in the image. Windows on Arm pulls linux/arm64, so Windows files belong in both images.
  = help: copy the file to that path in the image of every platform, with `COPY --chmod=0755` if it is a program
error[E10]: the linux file `/c` is not in the image
  --> metadata.json: host.binaries[0].linux[1].path

error[E27]: the publisher's URL `a<"&]]>` is no http(s) URL
  --> label com.docker.extension.publisher-url
  = why: The publisher's name links there.
  = help: write a URL with `https://`

warning[W29]: the account info is `true`
  --> label com.docker.extension.account-info
  = why: Only the word `required` tells users that they need an account.
  = help: write `required`, or remove the label


"#]]
    );
    assert_eq!(summary(&findings()).to_string(), "4 errors, 1 warning");
    assert_eq!(summary(&[]).to_string(), "nothing found");
    let coloured = human(&findings(), true);
    assert!(coloured.starts_with("\u{1b}["));
    let plain = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(plain, human(&findings(), false));
}

#[test]
fn programs_read_lines() {
    let lines: Vec<String> =
        findings().iter().map(|finding| serde_json::to_string(&message(finding)).expect("JSON")).collect();
    assert_data_eq!(
        &lines[0],
        str![[
            r#"{"reason":"dext-finding","rule":"E03","level":"error","message":"the icon `icon.svg` is not in the image","place":{"file":"metadata.json","key":"icon","platforms":["linux/arm64"]},"why":"A missing icon makes installing fail, and an installed extension whose icon is gone can neither be updated nor removed. An ending other than .svg, .png or .jpg is a warning.","help":"copy an .svg or .png into the image and name its path in `icon`","source":"docker/extensions-sdk#230, #154; Rancher Desktop refuses an extension without an icon"}"#
        ]]
    );
    let parsed: Value = serde_json::from_str(&lines[3]).expect("JSON");
    assert_eq!(parsed["place"], json!({ "label": "com.docker.extension.publisher-url" }));
}

/// What GitHub's code scanning asks of a log (its page "SARIF support for code scanning").
#[test]
fn code_scanning_reads_sarif() {
    let log: Value =
        serde_json::from_str(&sarif(&findings(), &[], "Cargo.toml", |file| file == "metadata.json")).expect("JSON");
    assert_eq!((&log["version"], log["runs"].as_array().map(Vec::len)), (&json!("2.1.0"), Some(1)));
    let driver = &log["runs"][0]["tool"]["driver"];
    assert_eq!(driver["name"], "cargo-dext");
    let rules = driver["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), rules::all().count());
    for rule in rules {
        for text in ["/id", "/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"] {
            assert!(rule.pointer(text).and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "{rule}");
        }
        assert!(["error", "warning"].contains(&rule["defaultConfiguration"]["level"].as_str().expect("level")));
    }
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 5);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let location = &result["locations"][0]["physicalLocation"];
        let uri = location["artifactLocation"]["uri"].as_str().expect("uri");
        assert!(["metadata.json", "Cargo.toml"].contains(&uri), "{uri}");
        assert!(location["region"]["startLine"].as_u64() >= Some(1));
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
    }
    let prints: std::collections::BTreeSet<String> =
        results.iter().map(|result| result["partialFingerprints"]["dextFinding/v1"].to_string()).collect();
    assert_eq!(prints.len(), 5, "one for each finding");
    assert_data_eq!(
        serde_json::to_string_pretty(&results[0]).expect("JSON"),
        str![[r#"
{
  "level": "error",
  "locations": [
    {
      "logicalLocations": [
        {
          "fullyQualifiedName": "icon",
          "kind": "member"
        }
      ],
      "physicalLocation": {
        "artifactLocation": {
          "uri": "metadata.json"
        },
        "region": {
          "startColumn": 1,
          "startLine": 1
        }
      }
    }
  ],
  "message": {
    "text": "the icon `icon.svg` is not in the image (metadata.json: icon (linux/arm64)). Help: copy an .svg or .png into the image and name its path in `icon`"
  },
  "partialFingerprints": {
    "dextFinding/v1": "1ed2390472c33e7af7a15e8aea4a8b3709bdf0c816baf0da6c7138b4d1ca6791"
  },
  "ruleId": "E03",
  "ruleIndex": 2
}
"#]]
    );
}

#[test]
fn names_of_files_become_uris() {
    let mut it = Example::clean();
    it.json("/vm/composefile", json!("my compose%.yaml")).file("my compose%.yaml", "services: {}");
    let log = sarif(&validate(&it.view(), &Settings::default()), &[], "Cargo.toml", |_| true);
    assert!(log.contains("\"uri\": \"my%20compose%25.yaml\""), "{log}");
}

#[test]
fn what_is_allowed_is_suppressed_with_its_reason() {
    let mut it = Example::clean();
    it.label("com.docker.desktop.extension.api.version", "0.3.4").label("com.docker.extension.account-info", "true");
    let mut settings = Settings::default();
    settings.allow("W22", Some("we know".to_owned())).expect("a rule");
    settings.allow("W29", None).expect("a rule");
    settings.allow("E03", Some("is not broken".to_owned())).expect("a rule");
    assert_eq!(validate(&it.view(), &settings), []);
    let log = sarif(&[], &passed_over(&it.view(), &settings), "Cargo.toml", |_| false);
    let log: Value = serde_json::from_str(&log).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results").iter();
    let told: Vec<(&Value, &Value)> = results.map(|result| (&result["ruleId"], &result["suppressions"])).collect();
    let why = json!([{ "kind": "external", "justification": "we know" }]);
    assert_eq!(told, [(&json!("W22"), &why), (&json!("W29"), &json!([{ "kind": "external" }]))]);
}

#[test]
fn rules_that_a_subject_tells_nothing_about_are_skipped_in_junit() {
    let metadata = crate::validate::testing::clean_metadata().to_string();
    let alone = View::of(Subject::Metadata(Metadata::read(metadata.as_bytes())));
    let settings = Settings::default();
    let report = junit(&[], &settings, &alone, "metadata.json");
    let skipped = |report: &str, id: &str| {
        let line = report.lines().find(|line| line.contains(&format!("name=\"{id} "))).expect(id);
        line.contains("<skipped message=\"was not looked for: ")
    };
    for (id, expected) in [("E01", false), ("E03", false), ("E10", true), ("E20", true), ("E35", true), ("W36", true)] {
        assert_eq!(skipped(&report, id), expected, "{id}: {report}");
    }
    let whole = junit(&[], &settings, &Example::clean().view(), "image");
    assert!(skipped(&whole, "W36") && whole.contains("skipped=\"1\""), "{whole}");
}

#[test]
fn ci_servers_read_junit() {
    let mut settings = Settings::of(Profile::Private);
    settings.allow("W39", Some("one CPU is <older>".to_owned())).expect("a rule");
    let report = junit(&findings_of(&settings), &settings, &Example::clean().view(), "a \"layout\"");
    let told: String = report
        .lines()
        .filter(|line| !line.ends_with("/>") && !line.ends_with("/></testcase>"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_data_eq!(
        told,
        str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="cargo dext validate" tests="46" failures="2" errors="0" skipped="10">
  <testsuite name="a &quot;layout&quot;" tests="46" failures="2" errors="0" skipped="10">
    <testcase classname="cargo-dext.validate" name="E03 metadata.json has an icon that is a file in the image of every platform"><failure message="the icon `icon.svg` is not in the image" type="E03">metadata.json: icon (linux/arm64): the icon `icon.svg` is not in the image
help: copy an .svg or .png into the image and name its path in `icon`</failure></testcase>
    <testcase classname="cargo-dext.validate" name="E10 every path of host.binaries is a regular file of every platform's image, and programs are executable"><failure message="the linux file `/a b` is not in the image and 1 more" type="E10">metadata.json: host.binaries[0].linux[0].path: the linux file `/a b` is not in the image
help: copy the file to that path in the image of every platform, with `COPY --chmod=0755` if it is a program
metadata.json: host.binaries[0].linux[1].path: the linux file `/c` is not in the image
help: copy the file to that path in the image of every platform, with `COPY --chmod=0755` if it is a program</failure></testcase>
    <testcase classname="cargo-dext.validate" name="E27 the publisher-url label is an http(s) URL"><system-out>label com.docker.extension.publisher-url: the publisher's URL `a&lt;&quot;&amp;]]&gt;` is no http(s) URL
help: write a URL with `https://`</system-out></testcase>
  </testsuite>
</testsuites>

"#]]
    );
    assert!(report.contains("<skipped message=\"allowed: one CPU is &lt;older&gt;\"/>"));
    assert!(report.contains("<skipped message=\"does not apply to the profile private\"/>"));
}

#[test]
fn a_rule_explains_itself() {
    assert_data_eq!(
        explain("e13").expect("a rule"),
        str![[r#"
E13: host programs run on the CPU of their image

An Arm machine pulls linux/arm64 and gets its host programs from there. metadata.json has no place for the CPU, so each image must hold the programs of its own: otherwise `Bad CPU type in executable`. Programs of both CPUs under names that tell them apart are fine, and so are universal ones.

Fix: put the program for each CPU under the same path into the image of that CPU (TARGETARCH in a Dockerfile)
In Cargo.toml: `host` in [package.metadata.extension]

Level: error for the Marketplace, error for a private extension
Source: docker/labs-ai-tools-for-devs#282; docker/volumes-backup-extension; Docker's manual, extensions/multi-arch.md

"#]]
    );
    assert_eq!(explain("E99").map_err(|error| error.to_string()), Err("there is no rule `E99`".to_owned()));
    assert_eq!(explain_all().lines().count(), rules::all().count());
}

#[test]
fn the_page_in_the_repository_is_current() {
    assert!(include_str!("../../../RULES.md") == rules_md(), "run `cargo xtask rules`");
}

#[test]
fn every_rule_says_all_it_must() {
    for rule in rules::all() {
        let id = rule.id;
        assert!(
            id.len() == 3 && id.starts_with(if rule.level == crate::validate::Level::Error { 'E' } else { 'W' }),
            "{id}"
        );
        assert!(!rule.title.ends_with('.') && !rule.fix.ends_with('.'), "{id}");
        assert!(rule.why.ends_with('.') && rule.why.len() > 30 && rule.source.len() > 5, "{id}");
        assert!(rule.private <= Some(rule.level), "{id}");
        for text in [rule.title, rule.why, rule.fix, rule.source] {
            assert!(!text.contains("  "), "{id}: {text}");
        }
    }
    let numbers: Vec<u32> = rules::all().map(|rule| rules::number(rule.id)).collect();
    assert!(numbers.is_sorted() && numbers.windows(2).all(|two| two[0] != two[1]), "{numbers:?}");
}
