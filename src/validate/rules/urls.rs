//! Rules about labels that are URLs, and what URLs answer.

use super::labels::{ICON, PUBLISHER, value};
use crate::domain::is_picture;
use crate::validate::findings::{Findings, Place};
use crate::validate::rule::{Level, Needs, Rule};
use crate::validate::view::{Answer, View};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "E26",
        level: Level::Error,
        private: Some(Level::Warning),
        title: "the icon label is the URL of an .svg, .png or .jpg",
        why: "The Marketplace shows the picture from there; nobody can see a file of the image before it is installed. \
              A value that is no http(s) URL is a warning (a path, mostly), and with --online so is a URL that does \
              not answer.",
        fix: "publish the icon on the web and name its URL",
        key: Some("marketplace.icon-url"),
        needs: Needs::Labels,
        source: "Docker's manual, extensions-sdk/extensions/labels.md; docker/extensions-submissions#172",
        check: icon_is_a_picture,
    },
    Rule {
        id: "E27",
        level: Level::Error,
        private: Some(Level::Warning),
        title: "the publisher-url label is an http(s) URL",
        why: "The publisher's name links there.",
        fix: "write a URL with `https://`",
        key: Some("marketplace.publisher-url"),
        needs: Needs::Labels,
        source: "Docker's manual, extensions-sdk/extensions/labels.md",
        check: publisher_is_a_page,
    },
];

/// Whether a text is an http(s) URL with a host.
pub(super) fn is_web(url: &str) -> bool {
    let lower = url.trim().to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace))
        && !lower.contains(char::is_whitespace)
}

/// Why an answer is no picture, as what follows its URL in a sentence.
pub(super) fn unreachable(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Picture(_) => None,
        Answer::Other(media_type) => Some(format!("answers with `{media_type}`, which is no picture")),
        Answer::Status(status) => Some(format!("answers with HTTP status {status}")),
        Answer::Failed(why) => Some(format!("could not be looked at: {why}")),
    }
}

fn icon_is_a_picture(view: &View, out: &mut Findings<'_>) {
    for (platform, labels) in view.labels() {
        // An empty one is E20's.
        let Some(icon) = value(labels, ICON) else { continue };
        let place = Place::label(ICON).on(platform);
        let path = icon.split(['?', '#']).next().unwrap_or_default();
        if !is_web(icon) {
            out.warning(place, format!("the icon label `{icon}` is no http(s) URL"));
            continue;
        }
        if !is_picture(path) {
            out.error(place.clone(), format!("the icon label `{icon}` ends neither in .svg nor .png nor .jpg"));
        }
        if is_page_of_github(icon) {
            let help = "take the URL behind GitHub's \"Raw\" button";
            out.error_help(
                place.clone(),
                format!("the icon label `{icon}` is a page of GitHub about the picture"),
                help,
            );
        }
        let answer = view.online.as_ref().and_then(|online| online.answers.get(icon));
        if let Some(why) = answer.and_then(unreachable) {
            out.warning_help(place, format!("the icon `{icon}` {why}"), "correct the URL");
        }
    }
}

fn is_page_of_github(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.starts_with("github.com/") && rest.contains("/blob/") && !rest.contains("raw=true")
}

fn publisher_is_a_page(view: &View, out: &mut Findings<'_>) {
    for (platform, labels) in view.labels() {
        if let Some(url) = value(labels, PUBLISHER).filter(|url| !is_web(url)) {
            out.error(Place::label(PUBLISHER).on(platform), format!("the publisher's URL `{url}` is no http(s) URL"));
        }
    }
}

#[cfg(test)]
pub(super) mod cases;
