//! Findings with the lines of the sources: of a key in its metadata.json, or of what decides it in a Cargo.toml.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{Finding, Place};
use super::json;
use super::metadata::Document;
use super::view::{Subject, View};
use crate::manifest::locate::{Location, Locator};
use crate::manifest::mistake::KeyPath;

/// The name of metadata.json in findings.
const METADATA: &str = "metadata.json";

/// Says of findings about keys of a metadata.json where the key stands, or the nearest one above it that is there; of
/// several platforms' in the first one that has the finding. `name` is what a metadata.json that was read alone is
/// called; findings in it are given that name.
pub fn in_metadata(findings: &mut [Finding], view: &View, name: &str) {
    let documents: Vec<(Option<String>, &Document)> =
        view.documents().map(|(platform, document)| (platform.map(|it| it.name()), document)).collect();
    let of = |place: &Place| {
        let first = place.platforms.first();
        documents.iter().position(|(platform, _)| first.is_none() || platform.as_ref() == first)
    };
    let is_open = |place: &Place| place.file.as_deref() == Some(METADATA) && place.line.is_none();
    let mut asked: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for Finding { place, .. } in findings.iter().filter(|finding| is_open(&finding.place)) {
        if let (Some(key), Some(document)) = (&place.key, of(place)) {
            asked.entry(document).or_default().insert(key.clone());
        }
    }
    let found: BTreeMap<usize, BTreeMap<String, Location>> =
        asked.iter().map(|(at, keys)| (*at, json::places(&documents[*at].1.text, keys))).collect();
    for Finding { place, .. } in findings.iter_mut().filter(|finding| is_open(&finding.place)) {
        let places = of(place).and_then(|at| found.get(&at));
        let location = places.zip(place.key.as_ref()).and_then(|(places, key)| json::nearest(places, key));
        stand(place, location);
    }
    if matches!(view.subject, Subject::Metadata(_)) {
        let own = findings.iter_mut().filter(|finding| finding.place.file.as_deref() == Some(METADATA));
        own.for_each(|finding| finding.place.file = Some(name.to_owned()));
    }
}

/// Says of findings about a project where in its Cargo.toml the key stands that decides it, or the nearest one above
/// it that is there. `file` is what the Cargo.toml is called, `table` the extension's table in it.
pub fn in_manifest(findings: &mut [Finding], file: &str, text: &str, table: &str) {
    let locator = Locator::new(text);
    for Finding { place, rule, .. } in findings {
        let key = rule.key.map_or_else(|| table.to_owned(), |key| format!("{table}.{key}"));
        let location = locator.locate(&KeyPath::dotted(&key));
        *place = Place { file: Some(file.to_owned()), key: Some(key), line: None, column: None, ..place.clone() };
        stand(place, location);
    }
}

fn stand(place: &mut Place, location: Option<Location>) {
    if let Some(Location { line, column }) = location {
        (place.line, place.column) = (Some(line as u64), Some(column as u64));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Arch;
    use crate::validate::metadata::Metadata;
    use crate::validate::testing::Example;
    use crate::validate::{Settings, validate};

    fn shown(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(|finding| format!("{} {}", finding.rule.id, finding.place)).collect()
    }

    #[test]
    fn keys_of_a_bare_file_have_its_name_and_their_lines() {
        let text =
            "{\n  \"icon\": 1,\n  \"ui\": {\n    \"dashboard-tab\": { \"title\": \"\",\n\"root\": \"r\" }\n  }\n}\n";
        let view = View::of(Subject::Metadata(Metadata::read(text.as_bytes())));
        let mut findings = validate(&view, &Settings::default());
        in_metadata(&mut findings, &view, "docker/metadata.json");
        let shown = shown(&findings);
        for place in [
            "E03 docker/metadata.json:2:3: icon",
            "E05 docker/metadata.json:4:5: ui.dashboard-tab",
            "E05 docker/metadata.json:4:24: ui.dashboard-tab.title",
        ] {
            assert!(shown.iter().any(|shown| shown == place), "{place}: {shown:#?}");
        }
    }

    #[test]
    fn keys_in_an_image_have_the_lines_of_the_platform_that_is_named() {
        let mut it = Example::clean();
        it.on(Arch::Arm64, |draft| draft.remove("icon.svg"));
        it.json("/host/binaries/0/linux", json!([{ "path": "/gone" }]));
        let view = it.view();
        let mut findings = validate(&view, &Settings::default());
        in_metadata(&mut findings, &view, "the layout");
        for finding in findings.iter().filter(|finding| finding.place.key.is_some()) {
            assert!(finding.place.file.as_deref() == Some(METADATA) && finding.place.line > Some(1), "{finding:?}");
        }
        assert!(findings.iter().filter(|finding| finding.place.line.is_some()).count() > 1);
    }

    #[test]
    fn what_a_project_decides_is_found_in_its_manifest() {
        let text =
            "[package]\nname = \"x\"\n\n[package.metadata.extension]\ntitle = \"X\"\nmarketplace.categories = []\n";
        let view = View::of(Subject::Metadata(Metadata::read(b"{}")));
        let mut findings = validate(&view, &Settings::default());
        in_manifest(&mut findings, "app/Cargo.toml", text, "package.metadata.extension");
        let shown = shown(&findings);
        assert!(shown.contains(&"E03 app/Cargo.toml:4:1: package.metadata.extension.icon".to_owned()), "{shown:#?}");
    }
}
