//! Rules about which labels there are, and about those that are plain texts.

use crate::manifest::mistake::nearest;
use crate::validate::constraint::{Constraint, NEWEST};
use crate::validate::findings::{Findings, Place};
use crate::validate::rule::{Level, Needs, Rule};
use crate::validate::settings::Profile;
use crate::validate::view::{Labels, Maker, View};

pub(super) const TITLE: &str = "org.opencontainers.image.title";
pub(super) const DESCRIPTION: &str = "org.opencontainers.image.description";
pub(super) const VENDOR: &str = "org.opencontainers.image.vendor";
const API_VERSION: &str = "com.docker.desktop.extension.api.version";
pub(super) const ICON: &str = "com.docker.desktop.extension.icon";
pub(super) const SCREENSHOTS: &str = "com.docker.extension.screenshots";
pub(super) const DETAILED: &str = "com.docker.extension.detailed-description";
pub(super) const PUBLISHER: &str = "com.docker.extension.publisher-url";
pub(super) const CHANGELOG: &str = "com.docker.extension.changelog";
pub(super) const CATEGORIES: &str = "com.docker.extension.categories";

/// The labels that `docker extension validate` asks for, each with its key in Cargo.toml.
const REQUIRED: [(&str, &str); 10] = [
    (TITLE, "title"),
    (DESCRIPTION, "description"),
    (VENDOR, "vendor"),
    (API_VERSION, "api-version"),
    (ICON, "marketplace.icon-url"),
    (SCREENSHOTS, "marketplace.screenshots"),
    (DETAILED, "marketplace.detailed-description"),
    (PUBLISHER, "marketplace.publisher-url"),
    (CHANGELOG, "marketplace.changelog"),
    (CATEGORIES, "marketplace.categories"),
];

/// Vendors that nobody is: those of templates and of the manual's examples.
const TEMPLATE_VENDORS: [&str; 4] = ["docker", "docker inc", "docker, inc", "awesome inc"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "E20",
        level: Level::Error,
        private: Some(Level::Error),
        title: "the labels that Docker asks for are there and not empty",
        why: "`docker extension validate` refuses an image that lacks one of the ten: title, description, vendor, \
              api.version, icon, screenshots, detailed-description, publisher-url, changelog and categories (which \
              the manual forgets). For a private extension only api.version is an error, and a missing title, \
              description or vendor, which its card shows, is a warning.",
        fix: "set the label in the Dockerfile",
        key: Some("marketplace"),
        needs: Needs::Labels,
        source: "Docker's manual, extensions-sdk/extensions/labels.md; output in docker/extensions-submissions#40 and #147",
        check: labels_are_there,
    },
    Rule {
        id: "E21",
        level: Level::Error,
        private: Some(Level::Error),
        title: "api.version is a version or a list of constraints",
        why: "Docker Desktop compares it with its own SDK and refuses what it cannot read.",
        fix: "write a constraint such as `>= 0.3.4`",
        key: Some("api-version"),
        needs: Needs::Labels,
        source: "Docker's manual, extensions-sdk/extensions/labels.md",
        check: api_version_parses,
    },
    Rule {
        id: "W22",
        level: Level::Warning,
        private: Some(Level::Warning),
        title: "api.version is not one exact version",
        why: "A bare version matches this version of the SDK only: `\"0.3.0\" is incompatible with current SDK version \
              \"0.3.3\"`. Every update of Docker Desktop may end the extension.",
        fix: "write `>=` before it",
        key: Some("api-version"),
        needs: Needs::Labels,
        source: "test/validation_outputs/failed.txt in docker/extensions-submissions",
        check: api_version_is_open,
    },
    Rule {
        id: "W23",
        level: Level::Warning,
        private: Some(Level::Warning),
        title: "api.version asks for an SDK that exists",
        why: "With a lower bound above 0.4.2, the newest known, no Docker Desktop takes the extension.",
        fix: "ask for the version that brought what the UI calls; `>= 0.3.4` fits most",
        key: Some("api-version"),
        needs: Needs::Labels,
        source: "@docker/extension-api-client 0.4.2; the check behind `docker extension validate -s`",
        check: api_version_exists,
    },
    Rule {
        id: "W30",
        level: Level::Warning,
        private: None,
        title: "the title does not say \"extension\"",
        why: "It is shown in a list of extensions; Docker's validator has objected to it.",
        fix: "leave the word out of the title",
        key: Some("title"),
        needs: Needs::Labels,
        source: "output in collabnix/redisinsight-docker-extension#3",
        check: title_is_short,
    },
    Rule {
        id: "W31",
        level: Level::Warning,
        private: None,
        title: "the vendor is the author's",
        why: "A template's vendor, most often \"Docker Inc.\", is noticed by the reviewers of the Marketplace.",
        fix: "set the vendor to your own or your company's name",
        key: Some("vendor"),
        needs: Needs::Labels,
        source: "docker/extensions-submissions#59",
        check: vendor_is_own,
    },
];

/// The value of a label, unless it is blank.
pub(super) fn value<'a>(labels: &'a Labels, label: &str) -> Option<&'a str> {
    labels.get(label).map(|value| value.trim()).filter(|value| !value.is_empty())
}

fn labels_are_there(view: &View, out: &mut Findings<'_>) {
    let asked = match out.profile() {
        Profile::Marketplace => REQUIRED.len(),
        Profile::Private => 4,
    };
    for (platform, labels) in view.labels() {
        for (label, key) in REQUIRED.into_iter().take(asked).filter(|(label, _)| value(labels, label).is_none()) {
            let place = Place::label(label).on(platform);
            let message = match labels.get(label) {
                Some(_) => format!("the label {label} is empty"),
                None => format!("the label {label} is missing"),
            };
            let typo = labels.keys().filter(|known| !REQUIRED.iter().any(|(label, _)| label == known));
            let typo = typo.map(String::as_str).find(|other| nearest(other, [label]).is_some());
            let help = match (view.maker, typo) {
                (Maker::CargoDext, _) => {
                    format!("set `{key}` in [package.metadata.extension]")
                }
                (_, Some(other)) => format!("is `{other}` a misspelt `{label}`?"),
                (_, None) => format!("add `LABEL {label}=\"…\"` to the last stage of the Dockerfile"),
            };
            match out.profile() {
                Profile::Private if label != API_VERSION => out.warning_help(place, message, help),
                _ => out.error_help(place, message, help),
            }
        }
    }
}

fn api_version_parses(view: &View, out: &mut Findings<'_>) {
    for (platform, labels) in view.labels() {
        if let Some(text) = value(labels, API_VERSION)
            && let Err(why) = Constraint::parse(text)
        {
            out.error(Place::label(API_VERSION).on(platform), format!("the API version `{text}` {why}"));
        }
    }
}

fn api_version_is_open(view: &View, out: &mut Findings<'_>) {
    for (platform, labels) in view.labels() {
        if let Some(text) = value(labels, API_VERSION)
            && let Ok(constraint) = Constraint::parse(text)
            && let Some(version) = constraint.exact()
        {
            let place = Place::label(API_VERSION).on(platform);
            let help = format!("write `>= {version}`");
            out.warning_help(place, format!("the API version `{text}` matches one version of the SDK only"), help);
        }
    }
}

fn api_version_exists(view: &View, out: &mut Findings<'_>) {
    for (platform, labels) in view.labels() {
        if let Some(text) = value(labels, API_VERSION)
            && let Ok(constraint) = Constraint::parse(text)
            && constraint.is_above(&NEWEST)
        {
            let place = Place::label(API_VERSION).on(platform);
            out.warning(place, format!("the API version `{text}` is above {NEWEST}, the newest SDK known"));
        }
    }
}

fn title_is_short(view: &View, out: &mut Findings<'_>) {
    for (platform, labels) in view.labels() {
        if let Some(title) = value(labels, TITLE)
            && title.to_lowercase().contains("extension")
        {
            out.warning(Place::label(TITLE).on(platform), format!("the title `{title}` says \"extension\""));
        }
    }
}

fn vendor_is_own(view: &View, out: &mut Findings<'_>) {
    // Docker's own extensions are Docker's.
    if view.reference.as_ref().is_some_and(|own| own.is_docker_hub() && own.repository.starts_with("docker/")) {
        return;
    }
    for (platform, labels) in view.labels() {
        let Some(vendor) = value(labels, VENDOR) else { continue };
        let plain = vendor.trim_end_matches('.').to_lowercase();
        if TEMPLATE_VENDORS.contains(&plain.as_str()) {
            out.warning(Place::label(VENDOR).on(platform), format!("the vendor `{vendor}` is a template's"));
        }
    }
}

#[cfg(test)]
pub(super) mod cases;
