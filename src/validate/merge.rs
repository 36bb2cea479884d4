//! One finding of what several platforms have in common.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{Finding, Place};
use super::rule::Level;

/// A finding, and in which layer of which platform it was found.
struct Merged {
    finding: Finding,
    places: Vec<(String, Option<String>)>,
}

/// Makes one of findings that differ by platform, and by layer, only: each platform has layers of its own, and often
/// names of its own for them. Of all platforms, none is named. What one platform has in two layers stays two.
pub(super) fn merge(found: Vec<Finding>, all: &[String]) -> Vec<Finding> {
    let mut merged: Vec<Merged> = Vec::new();
    let mut known: BTreeMap<(Level, String, Place), Vec<usize>> = BTreeMap::new();
    for mut finding in found {
        let platforms = std::mem::take(&mut finding.place.platforms);
        let layer = finding.place.layer.take();
        let alike = known.entry((finding.level, finding.message.clone(), finding.place.clone())).or_default();
        let same = |at: &&usize| {
            let Merged { finding, places } = &merged[**at];
            finding.place.layer == layer && places.iter().all(|(_, known)| *known == layer)
        };
        let free = |at: &&usize| {
            let places = &merged[**at].places;
            !platforms.is_empty() && !places.is_empty() && !places.iter().any(|(known, _)| platforms.contains(known))
        };
        let at = match alike.iter().find(same).or_else(|| alike.iter().find(free)) {
            Some(at) => *at,
            None => {
                alike.push(merged.len());
                finding.place.layer.clone_from(&layer);
                merged.push(Merged { finding, places: Vec::new() });
                merged.len() - 1
            }
        };
        for platform in platforms {
            if !merged[at].places.iter().any(|(known, _)| *known == platform) {
                merged[at].places.push((platform, layer.clone()));
            }
        }
    }
    merged.into_iter().map(|merged| merged.ended(all)).collect()
}

impl Merged {
    fn ended(self, all: &[String]) -> Finding {
        let Merged { mut finding, places } = self;
        let layers: BTreeSet<&Option<String>> = places.iter().map(|(_, layer)| layer).collect();
        if layers.len() > 1 {
            let named =
                |(platform, layer): &(String, Option<String>)| Some(format!("{} ({platform})", layer.as_ref()?));
            finding.place.layer = Some(places.iter().filter_map(named).collect::<Vec<_>>().join(", "));
        }
        let everywhere = !all.is_empty() && all.iter().all(|one| places.iter().any(|(platform, _)| platform == one));
        if !everywhere {
            finding.place.platforms = places.into_iter().map(|(platform, _)| platform).collect();
        }
        finding
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::rules;

    /// Merges findings of one message, each given as its file, layer and platform, and shows the places.
    fn merged(found: &[(&str, &str, &str)], all: &[&str]) -> Vec<String> {
        let finding = |(file, layer, platform): &(&str, &str, &str)| {
            let layer = (!layer.is_empty()).then_some(*layer);
            let platforms = Some(*platform).filter(|it| !it.is_empty()).into_iter().map(str::to_owned).collect();
            let place = Place { platforms, ..Place::file(file).in_layer(layer) };
            let rule = rules::find("E45").expect("a rule");
            Finding { rule, level: Level::Error, message: "x".to_owned(), place, help: String::new() }
        };
        let all: Vec<String> = all.iter().map(|one| (*one).to_owned()).collect();
        merge(found.iter().map(finding).collect(), &all).iter().map(|finding| finding.place.to_string()).collect()
    }

    #[test]
    fn what_differs_by_platform_and_layer_only_is_told_once() {
        let both = &["amd64", "arm64"];
        for (found, told) in [
            (&[("a", "1", "amd64"), ("a", "1", "arm64")][..], &["a, layer 1"][..]),
            (&[("a", "", "amd64"), ("a", "", "arm64")], &["a"]),
            (&[("a", "3", "amd64"), ("a", "4", "arm64")], &["a, layer 3 (amd64), 4 (arm64)"]),
            (&[("a", "3", "amd64"), ("b", "4", "arm64")], &["a, layer 3 (amd64)", "b, layer 4 (arm64)"]),
            // One platform has it in two layers, the other in one of these.
            (&[("a", "1", "amd64"), ("a", "2", "amd64"), ("a", "2", "arm64")], &["a, layer 1 (amd64)", "a, layer 2"]),
            (
                &[("a", "1", "amd64"), ("a", "2", "amd64"), ("a", "3", "arm64"), ("a", "4", "arm64")],
                &["a, layer 1 (amd64), 3 (arm64)", "a, layer 2 (amd64), 4 (arm64)"],
            ),
            (&[("a", "1", "amd64"), ("a", "1", "amd64")], &["a, layer 1 (amd64)"]),
            (&[("a", "1", ""), ("a", "2", "")], &["a, layer 1", "a, layer 2"]),
        ] {
            assert_eq!(merged(found, both), told, "{found:?}");
        }
        assert_eq!(
            merged(&[("a", "1", "s390x"), ("a", "2", "arm64")], both),
            ["a, layer 1 (s390x), 2 (arm64) (s390x, arm64)"]
        );
    }
}
