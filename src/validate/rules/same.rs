//! The rule that the images of all platforms say the same.

use std::collections::{BTreeMap, BTreeSet};

use super::labels::{DESCRIPTION, TITLE, VENDOR};
use super::some;
use crate::domain::Digest;
use crate::validate::findings::{Findings, Place};
use crate::validate::rule::{Level, Needs, Rule};
use crate::validate::tree::NodeKind;
use crate::validate::view::{PlatformView, View};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "W39",
    level: Level::Warning,
    private: Some(Level::Warning),
    title: "metadata.json, UI and labels are the same on every platform",
    why: "Users of both CPUs install one extension; which platform's labels the Marketplace and Docker Desktop show is \
          not documented. Differences mostly mean that one platform was built from an older state.",
    fix: "build all platforms from the same files, and set the labels in the last stage",
    key: None,
    needs: Needs::Image,
    source: "not documented by Docker; unverified",
    check: platforms_agree,
}];

fn platforms_agree(view: &View, out: &mut Findings<'_>) {
    // Some builders list platforms in the order in which they were ready, which must not change what is said.
    let mut platforms: Vec<&PlatformView> = view.platforms().iter().collect();
    platforms.sort_by_key(|platform| platform.name());
    let Some((first, others)) = platforms.split_first() else { return };
    for other in others {
        let both = format!("{} and {}", first.name(), other.name());
        if let (Some(one), Some(two)) = (first.metadata.document(), other.metadata.document())
            && one.digest != two.digest
        {
            out.warning(Place::metadata(), format!("metadata.json differs between {both}"));
        }
        let labels = different_labels(first, other);
        if let [label] = labels.as_slice() {
            out.warning(Place::label(label), format!("the label {label} differs between {both}"));
        } else if !labels.is_empty() {
            out.warning(
                Place::image(),
                format!("{} labels differ between {both}: {}", labels.len(), some(labels.iter().map(String::as_str))),
            );
        }
        let files = different_files(first, other);
        if let Some(file) = files.first() {
            let noun = if files.len() == 1 { "file of the UI differs" } else { "files of the UI differ" };
            let message = format!("{} {noun} between {both}: {}", files.len(), some(files.iter().map(String::as_str)));
            out.warning(Place::file(file), message);
        } else if first.rest.content != other.rest.content {
            out.warning(Place::image(), format!("the UIs of {both} differ somewhere in their many files"));
        }
    }
}

/// The labels about the extension that only one has, or that differ. Others may come from base images, some of which
/// name their CPU in a label.
fn different_labels(one: &PlatformView, two: &PlatformView) -> Vec<String> {
    let mut labels: Vec<String> = one.labels.keys().chain(two.labels.keys()).cloned().collect();
    labels.sort();
    labels.dedup();
    labels.retain(|label| about_extension(label) && one.labels.get(label) != two.labels.get(label));
    labels
}

fn about_extension(label: &str) -> bool {
    label.starts_with("com.docker.") || [TITLE, DESCRIPTION, VENDOR].contains(&label)
}

/// The files of the UI that only one has, or whose content differs.
fn different_files(one: &PlatformView, two: &PlatformView) -> Vec<String> {
    let (one, two) = (ui_files(one), ui_files(two));
    // A UI that one platform lacks altogether is E05's.
    if one.is_empty() || two.is_empty() {
        return Vec::new();
    }
    let all: BTreeSet<&str> = one.keys().chain(two.keys()).copied().collect();
    all.into_iter().filter(|path| one.get(path) != two.get(path)).map(str::to_owned).collect()
}

fn ui_files(platform: &PlatformView) -> BTreeMap<&str, Option<Digest>> {
    let root = platform.metadata.document().and_then(|document| document.ui_root());
    let files = root.into_iter().flat_map(|root| platform.files.below(root));
    files.filter(|(_, node)| node.kind == NodeKind::File).map(|(path, node)| (path, node.digest)).collect()
}

#[cfg(test)]
pub(super) mod cases;
