//! Rules about the labels that fill the extension's page in the Marketplace.

use serde_json::Value;

use super::labels::{CATEGORIES, CHANGELOG, DETAILED, SCREENSHOTS, value};
use super::metadata::{no_text, noun, unknown_keys};
use super::some;
use super::urls::{is_web, unreachable};
use crate::domain::json::{self, MAX_VALUES, Unread};
use crate::manifest::mistake::nearest;
use crate::validate::findings::{Findings, Place};
use crate::validate::rule::{Level, Needs, Rule};
use crate::validate::settings::Profile;
use crate::validate::view::{Answer, PlatformView, View};

const ADDITIONAL: &str = "com.docker.extension.additional-urls";
const ACCOUNT: &str = "com.docker.extension.account-info";

/// What the Marketplace sorts extensions into: the slugs of `extensions-sdk/extensions/labels.md`.
const SLUGS: [&str; 12] = [
    "ci-cd",
    "container-orchestration",
    "cloud-deployment",
    "cloud-development",
    "database",
    "kubernetes",
    "networking",
    "image-registry",
    "security",
    "testing-tools",
    "utility-tools",
    "volumes",
];

/// The size of screenshots in pixels that the manual recommends.
const SCREENSHOT: (u32, u32) = (2400, 1600);

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "E24",
        level: Level::Error,
        private: Some(Level::Warning),
        title: "the screenshots label is a JSON list of {alt, url} with at least one picture",
        why: "The Marketplace reads it as JSON; quotes that the shell or the Dockerfile took away are the usual \
              defect. With --online it is a warning when a picture does not answer or is not 2400x1600 pixels.",
        fix: "write `'[{\"alt\":\"…\",\"url\":\"https://…\"}]'`, in single quotes in a Dockerfile",
        key: Some("marketplace.screenshots"),
        needs: Needs::Labels,
        source: "Docker's manual, extensions-sdk/extensions/labels.md; docker/extensions-submissions#218",
        check: screenshots_are_pictures,
    },
    Rule {
        id: "E25",
        level: Level::Error,
        private: Some(Level::Warning),
        title: "the additional-urls label is a JSON list of {title, url}",
        why: "The Marketplace reads it as JSON. That it is absent or empty is a warning for the Marketplace: links to \
              documentation, support, terms and privacy are recommended.",
        fix: "write `'[{\"title\":\"Support\",\"url\":\"https://…\"}]'`, in single quotes in a Dockerfile",
        key: Some("marketplace.additional-urls"),
        needs: Needs::Labels,
        source: "Docker's manual, extensions-sdk/extensions/labels.md; output in collabnix/redisinsight-docker-extension#3",
        check: links_are_links,
    },
    Rule {
        id: "W28",
        level: Level::Warning,
        private: None,
        title: "the categories label holds slugs of the Marketplace, separated by commas without blanks",
        why: "An extension is found under the twelve known slugs only; other words pass Docker's validator and \
              lead nowhere.",
        fix: "write such as `utility-tools,volumes`",
        key: Some("marketplace.categories"),
        needs: Needs::Labels,
        source: "Docker's manual, extensions-sdk/extensions/labels.md; not enforced in docker/extensions-submissions#218",
        check: categories_are_known,
    },
    Rule {
        id: "W29",
        level: Level::Warning,
        private: None,
        title: "the account-info label is `required` or empty",
        why: "Only the word `required` tells users that they need an account.",
        fix: "write `required`, or remove the label",
        key: Some("marketplace.account-info"),
        needs: Needs::Labels,
        source: "Docker's manual, extensions-sdk/extensions/labels.md",
        check: account_is_known,
    },
    Rule {
        id: "W32",
        level: Level::Warning,
        private: None,
        title: "detailed-description and changelog are plain text or HTML, not Markdown",
        why: "Docker Desktop shows Markdown's signs as they are. What counts as Markdown: headings (`# `), fences \
              (```), `**bold**` and `[links](…)`.",
        fix: "write HTML such as <h1>, <ul><li>, <b> and <a href>",
        key: Some("marketplace.detailed-description"),
        needs: Needs::Labels,
        source: "Docker's manual, extensions-sdk/extensions/labels.md",
        check: texts_are_html,
    },
];

/// The items of a label that must be a JSON list of objects with two texts, one of which is a URL; what is wrong
/// goes to `out`.
fn items(
    label: &str,
    text: &str,
    keys: [&str; 2],
    platform: Option<&PlatformView>,
    out: &mut Findings<'_>,
) -> Vec<String> {
    let at = |key: String| Place { key: Some(key), ..Place::label(label).on(platform) };
    let list = match json::read(text.as_bytes(), MAX_VALUES) {
        Ok(Value::Array(list)) => list,
        Ok(other) => {
            out.error(Place::label(label).on(platform), format!("the label {label} is {}, not a list", noun(&other)));
            return Vec::new();
        }
        Err(unread) => {
            let why = match unread {
                Unread::Json(error) => format!("is no JSON: {error}"),
                Unread::TooMany { found, most } => format!("has {found} values; at most {most} are read"),
            };
            out.error(Place::label(label).on(platform), format!("the label {label} {why}"));
            return Vec::new();
        }
    };
    let mut urls = Vec::new();
    for (nth, item) in list.iter().enumerate() {
        let Some(fields) = item.as_object() else {
            out.error(at(format!("[{nth}]")), format!("its item {nth} is {}, not an object", noun(item)));
            continue;
        };
        for key in keys {
            match fields.get(key).map(no_text) {
                None => out.error(at(format!("[{nth}]")), format!("its item {nth} has no `{key}`")),
                Some(Some(what)) => out.error(at(format!("[{nth}].{key}")), format!("its `{key}` {what}")),
                Some(None) => {}
            }
        }
        if let Some(unknown) = unknown_keys(item, |key| keys.contains(&key)) {
            let help = format!("the keys are `{}` and `{}`", keys[0], keys[1]);
            out.warning_help(at(format!("[{nth}]")), format!("its item {nth} has unknown keys: {unknown}"), help);
        }
        if let Some(url) = fields.get("url").and_then(Value::as_str).filter(|url| !url.trim().is_empty()) {
            if is_web(url) {
                urls.push(url.to_owned());
            } else {
                out.error(at(format!("[{nth}].url")), format!("`{url}` is no http(s) URL"));
            }
        }
    }
    urls
}

fn is_empty_list(text: &str) -> bool {
    json::read(text.as_bytes(), MAX_VALUES).is_ok_and(|list: Vec<Value>| list.is_empty())
}

fn screenshots_are_pictures(view: &View, out: &mut Findings<'_>) {
    for (platform, labels) in view.labels() {
        // An empty one is E20's.
        let Some(text) = value(labels, SCREENSHOTS) else { continue };
        if is_empty_list(text) {
            let message = format!("the list in the label {SCREENSHOTS} is empty");
            out.error(Place::label(SCREENSHOTS).on(platform), message);
        }
        let urls = items(SCREENSHOTS, text, ["alt", "url"], platform, out);
        let Some(online) = &view.online else { continue };
        for url in urls {
            let place = Place::label(SCREENSHOTS).on(platform);
            match online.answers.get(&url) {
                Some(Answer::Picture(Some(size))) if *size != SCREENSHOT => {
                    let (width, height) = size;
                    let help = format!("take it at {}x{} pixels", SCREENSHOT.0, SCREENSHOT.1);
                    out.warning_help(place, format!("the screenshot `{url}` has {width}x{height} pixels"), help);
                }
                Some(answer) => {
                    if let Some(why) = unreachable(answer) {
                        out.warning_help(place, format!("the screenshot `{url}` {why}"), "correct the URL");
                    }
                }
                None => {}
            }
        }
    }
}

fn links_are_links(view: &View, out: &mut Findings<'_>) {
    for (platform, labels) in view.labels() {
        match value(labels, ADDITIONAL).filter(|text| !is_empty_list(text)) {
            Some(text) => {
                items(ADDITIONAL, text, ["title", "url"], platform, out);
            }
            None if out.profile() == Profile::Marketplace => {
                let message = format!("the label {ADDITIONAL} is missing or empty");
                let help = "add links to documentation, support, terms of service and privacy";
                out.warning_help(Place::label(ADDITIONAL).on(platform), message, help);
            }
            None => {}
        }
    }
}

fn categories_are_known(view: &View, out: &mut Findings<'_>) {
    for (platform, labels) in view.labels() {
        let Some(text) = labels.get(CATEGORIES).filter(|text| !text.trim().is_empty()) else { continue };
        let place = Place::label(CATEGORIES).on(platform);
        if text.trim_start().starts_with('[') {
            let help = "write the slugs with commas between them, without brackets and quotes";
            out.warning_help(place, format!("the categories `{text}` are a JSON list"), help);
            continue;
        }
        let unknown = || text.split(',').map(str::trim).filter(|word| !SLUGS.contains(word));
        if let Some(first) = unknown().next() {
            let slug = first.replace([' ', '_'], "-");
            let help = match nearest(&slug, SLUGS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the slugs are {}", SLUGS.join(", ")),
            };
            let message = match first {
                "" => format!("one of the categories `{text}` is empty"),
                _ => format!("unknown categories: {}", some(unknown())),
            };
            out.warning_help(place, message, help);
        } else if text.contains(char::is_whitespace) {
            out.warning_help(place, format!("blanks in the categories `{text}`"), "remove the blanks after the commas");
        }
    }
}

fn account_is_known(view: &View, out: &mut Findings<'_>) {
    for (platform, labels) in view.labels() {
        if let Some(text) = value(labels, ACCOUNT).filter(|text| *text != "required") {
            out.warning(Place::label(ACCOUNT).on(platform), format!("the account info is `{text}`"));
        }
    }
}

fn texts_are_html(view: &View, out: &mut Findings<'_>) {
    for (platform, labels) in view.labels() {
        for label in [DETAILED, CHANGELOG] {
            if let Some(sign) = labels.get(label).and_then(|text| markdown(text)) {
                out.warning(Place::label(label).on(platform), format!("the label {label} has Markdown in it: {sign}"));
            }
        }
    }
}

/// The first sign of Markdown in a text.
fn markdown(text: &str) -> Option<&'static str> {
    let heading = |line: &str| {
        let line = line.trim_start();
        let rest = line.trim_start_matches('#');
        (1..=6).contains(&(line.len() - rest.len())) && rest.starts_with(' ')
    };
    let bold = |line: &str| {
        let mut parts = line.split("**");
        parts.next();
        let inner = parts.next();
        parts.next().is_some() && inner.is_some_and(|inner| !inner.is_empty() && inner.trim() == inner)
    };
    let link = |line: &str| {
        let target = line.split_once("](").filter(|(before, _)| before.contains('['));
        target
            .is_some_and(|(_, after)| ["http", "/", "./", "#", "mailto:"].iter().any(|start| after.starts_with(start)))
    };
    if text.contains("```") {
        Some("a fence (```)")
    } else if text.lines().any(heading) {
        Some("a heading (`# `)")
    } else if text.lines().any(link) {
        Some("a link (`[…](…)`)")
    } else if text.lines().any(bold) {
        Some("bold (`**…**`)")
    } else {
        None
    }
}

#[cfg(test)]
pub(super) mod cases;
