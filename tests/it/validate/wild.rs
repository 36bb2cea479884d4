//! The mistakes of real extensions, rebuilt by the recipes of `tests/fixtures/wild`: whole images, bare metadata.json
//! files and projects, each judged by the program as a user runs it, and exactly the rules that find it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::draft::{Draft, File, Platform};
use crate::support::files;
use crate::support::prebuilt;
use crate::support::sandbox::Sandbox;

/// A mistake, the steps that make it, and what finds it: ids with levels.
struct Case {
    class: String,
    finds: BTreeSet<String>,
    steps: Vec<String>,
}

/// Reads a table of recipes; the first lines of `images.txt` say how it is written.
fn cases(table: &str) -> Vec<Case> {
    let text = String::from_utf8(files::read(&files::fixture("wild").join(table))).expect("Unicode");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let blocks = lines.split(|line| line.is_empty()).filter(|block| !block.is_empty());
    let cases: Vec<Case> = blocks.map(case).collect();
    let classes: BTreeSet<&str> = cases.iter().map(|case| case.class.as_str()).collect();
    assert_eq!(classes.len(), cases.len(), "each class once");
    cases
}

fn case(block: &[&str]) -> Case {
    let [class, finds, steps @ ..] = block else { panic!("a class and what it finds: {block:?}") };
    let steps = steps.iter().map(|step| step.trim_start().to_owned()).collect();
    Case { class: (*class).to_owned(), finds: expected(finds.trim()), steps }
}

/// `finds E06 warning W15` as ids with levels; `refused KEY` as it is.
fn expected(line: &str) -> BTreeSet<String> {
    let Some(ids) = line.strip_prefix("finds ") else { return [line.to_owned()].into() };
    let words: Vec<&str> = ids.split(' ').collect();
    let ids = words.iter().enumerate().filter(|(_, word)| !matches!(**word, "nothing" | "warning"));
    let ids = ids.map(|(at, id)| {
        let is_warning = id.starts_with('W') || words.get(at + 1) == Some(&"warning");
        format!("{id} {}", if is_warning { "warning" } else { "error" })
    });
    ids.collect()
}

/// Takes a step with an image.
pub fn step(draft: &mut Draft, line: &str) {
    let named = line.split_once(": ").filter(|(cpu, _)| ["amd64", "arm64"].contains(cpu));
    let (cpu, line) = named.map_or((None, line), |(cpu, rest)| (Some(cpu), rest));
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let is_meant = |platform: &Platform| cpu.is_none_or(|cpu| platform.cpu == cpu);
    match verb {
        "tag" => rest.clone_into(&mut draft.tag),
        "drop" => draft.platforms.retain(|platform| !is_meant(platform)),
        "add" => {
            let (os, cpu) = rest.split_once('/').expect(line);
            let like = draft.platforms.first().expect(line).clone();
            draft.platforms.push(Platform { os: os.to_owned(), cpu: cpu.to_owned(), ..like });
        }
        "name" => draft.name = Some(rest.to_owned()),
        "attest" => draft.attested = true,
        _ => draft.platforms.iter_mut().filter(|platform| is_meant(platform)).for_each(|it| change(it, verb, rest)),
    }
}

/// Takes a step with the image of one platform.
fn change(it: &mut Platform, verb: &str, rest: &str) {
    let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
    let file = || first.replace('*', &it.cpu);
    match verb {
        "set" | "unset" => {
            let metadata = it.files.get_mut("metadata.json").expect("metadata.json");
            edit(&mut metadata.bytes, first, (verb == "set").then_some(second));
        }
        "write" => {
            let bytes = second.replace("\\r", "\r").replace("\\n", "\n").into_bytes();
            it.files.insert(file(), File { mode: 0o644, bytes });
        }
        "program" => it.program(first, &second.replace('*', &it.cpu)),
        "mode" => it.files.get_mut(first).expect(rest).mode = u32::from_str_radix(second, 8).expect(rest),
        "remove" => drop(it.files.remove(first).expect(rest)),
        "move" => {
            let moved = it.files.remove(first).expect(rest);
            it.files.insert(second.to_owned(), moved);
        }
        "label" => drop(it.labels.insert(first.to_owned(), second.to_owned())),
        "unlabel" => drop(it.labels.remove(first).expect(rest)),
        "link" => drop(it.links.insert(first.to_owned(), second.to_owned())),
        "config" => it.said = Some((first.to_owned(), second.to_owned())),
        "damage" => it.damaged = true,
        "start" => it.entrypoint = rest.split_whitespace().map(str::to_owned).collect(),
        _ => panic!("no step `{verb}`"),
    }
}

/// Sets or takes away the value of a metadata.json that a JSON pointer names.
fn edit(metadata: &mut Vec<u8>, pointer: &str, value: Option<&str>) {
    let mut root: Value = serde_json::from_slice(metadata).expect("JSON");
    let (above, key) = pointer.rsplit_once('/').expect(pointer);
    let above = root.pointer_mut(above).and_then(Value::as_object_mut).expect(pointer);
    match value {
        Some(value) => drop(above.insert(key.to_owned(), serde_json::from_str(value).expect(value))),
        None => drop(above.remove(key).expect(pointer)),
    }
    *metadata = serde_json::to_vec_pretty(&root).expect("JSON");
}

/// What `validate` finds, an id and a level each, or the key for which a Cargo.toml is refused.
#[track_caller]
fn found(sandbox: &Sandbox, profile: &str, image: Option<&str>) -> BTreeSet<String> {
    let words = ["validate", "--message-format", "json", "--profile", profile];
    let outcome = sandbox.dext(words.into_iter().chain(image)).run();
    let messages = outcome.json();
    if let Some((_, key)) = outcome.stderr.split_once("(package.metadata.extension.") {
        assert_eq!((outcome.code, messages.len()), (Some(1), 0), "{}", outcome.stderr);
        return [format!("refused {}", key.split(')').next().unwrap_or_default())].into();
    }
    let text = |message: &Value, key: &str| message[key].as_str().expect("a text").to_owned();
    let line = |message: &Value| format!("{} {}", text(message, "rule"), text(message, "level"));
    let found: BTreeSet<String> = messages.iter().map(line).collect();
    let code = i32::from(found.iter().any(|line| line.ends_with("error")));
    assert_eq!(outcome.code, Some(code), "{found:?}: {}", outcome.stderr);
    found
}

/// Compares what each case finds, and tells of all that differ.
#[track_caller]
fn check(table: &str, mut judge: impl FnMut(&Case) -> BTreeSet<String>) {
    let mut wrong = Vec::new();
    for case in cases(table) {
        let found = judge(&case);
        if found != case.finds {
            wrong.push(format!("{}: {found:?} instead of {:?}", case.class, case.finds));
        }
    }
    assert!(wrong.is_empty(), "{table}:\n{}", wrong.join("\n"));
}

/// Makes the image of a case and judges it.
#[track_caller]
fn judged(sandbox: &Sandbox, profile: &str, case: &Case) -> BTreeSet<String> {
    let mut draft = Draft::clean();
    case.steps.iter().for_each(|line| step(&mut draft, line));
    let layout = tempfile::tempdir_in(sandbox.project()).expect("a folder");
    draft.write_layout(layout.path());
    found(sandbox, profile, layout.path().to_str())
}

#[test]
fn whole_images() {
    let sandbox = Sandbox::empty();
    check("images.txt", |case| judged(&sandbox, "marketplace", case));
}

#[test]
fn every_rule_is_broken_alone_and_spared_by_a_near_miss() {
    let sandbox = Sandbox::empty();
    check("rules.txt", |case| judged(&sandbox, "marketplace", case));
    let (near, broken): (Vec<Case>, Vec<Case>) = cases("rules.txt").into_iter().partition(|case| case.finds.is_empty());
    let ids = |cases: &[Case]| cases.iter().map(|case| case.class[..3].to_owned()).collect::<BTreeSet<_>>();
    assert!(near.iter().all(|case| case.class[3..].starts_with(" near: ") && !case.steps.is_empty()));
    for case in &broken {
        assert!(case.class[3..].starts_with(": ") && case.finds.len() == 1, "{}", case.class);
        assert!(case.finds.iter().all(|line| line.starts_with(&case.class[..3])), "{}", case.class);
    }
    // For private use, what breaks a rule is found at the level that the rule says it has there, if it counts at all.
    for case in &broken {
        let explained = sandbox.run(["validate", "--explain", &case.class[..3]]).stdout;
        let level =
            ["error", "warning"].into_iter().find(|level| explained.contains(&format!("{level} for a private")));
        // Most labels are the Marketplace's business alone.
        let level = level.filter(|_| !case.class.starts_with("E20"));
        let expected: BTreeSet<String> =
            level.map(|level| format!("{} {level}", &case.class[..3])).into_iter().collect();
        assert_eq!(judged(&sandbox, "private", case), expected, "{}", case.class);
    }
    let all = sandbox.run(["validate", "--explain", "all"]).stdout;
    let mut all: BTreeSet<String> = all.lines().map(|line| line[..3].to_owned()).collect();
    assert!(all.remove("W36"), "which asks a registry");
    assert_eq!((ids(&broken), ids(&near)), (all.clone(), all));
}

#[test]
fn bare_metadata_json_files() {
    let sandbox = Sandbox::empty();
    check("metadata.txt", |case| {
        let mut draft = Draft::clean();
        case.steps.iter().for_each(|line| step(&mut draft, line));
        sandbox.write("metadata.json", &draft.platforms[0].files["metadata.json"].bytes);
        found(&sandbox, "marketplace", Some("metadata.json"))
    });
}

#[test]
fn projects_before_they_are_built() {
    check("projects.txt", |case| {
        let sandbox = prebuilt::project();
        let table = files::read(&files::fixture("wild/marketplace.toml"));
        sandbox.append("Cargo.toml", std::str::from_utf8(&table).expect("Unicode"));
        for line in &case.steps {
            let (from, to) = line.split_once(" => ").expect(line);
            sandbox.edit("Cargo.toml", from, &to.replace("\\n", "\n"));
        }
        found(&sandbox, "marketplace", None)
    });
}
