//! The image's labels.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Vcs;
use crate::manifest::Extension;

/// The labels of every platform's image.
///
/// What is not set gives no label: Docker's validator takes an empty one for a mistake. Labels of the table's
/// own win over those that come from Cargo.toml's `repository` and `license` and from git; the table cannot set the
/// others twice.
///
/// Source: Docker's manual, `extensions-sdk/extensions/labels.md`; OCI image-spec, `annotations.md`.
#[must_use]
pub fn labels(extension: &Extension, vcs: &Vcs) -> BTreeMap<String, String> {
    let market = &extension.marketplace;
    let set = [
        ("org.opencontainers.image.title", Some(extension.title.clone())),
        ("org.opencontainers.image.description", Some(extension.description.clone())),
        ("org.opencontainers.image.vendor", Some(extension.vendor.clone())),
        ("org.opencontainers.image.version", Some(extension.version.to_string())),
        ("org.opencontainers.image.licenses", extension.origin.license.clone()),
        ("org.opencontainers.image.source", extension.origin.repository.clone().or(vcs.source.clone())),
        ("org.opencontainers.image.revision", vcs.revision.clone()),
        ("com.docker.desktop.extension.api.version", Some(extension.api_version.clone())),
        ("com.docker.desktop.extension.icon", market.icon_url.clone()),
        ("com.docker.extension.screenshots", market.screenshots.as_ref().map(json)),
        ("com.docker.extension.detailed-description", market.detailed_description.clone()),
        ("com.docker.extension.publisher-url", market.publisher_url.clone()),
        ("com.docker.extension.additional-urls", market.additional_urls.as_ref().map(json)),
        ("com.docker.extension.changelog", market.changelog.clone()),
        ("com.docker.extension.categories", market.categories.as_ref().map(|slugs| slugs.join(","))),
        ("com.docker.extension.account-info", market.account_info.clone()),
    ];
    let set = set.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value?)));
    set.chain(extension.labels.clone()).collect()
}

fn json(list: &impl Serialize) -> String {
    serde_json::to_string(list).expect("a list of plain strings has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::testing::extension;

    fn check(toml: &str, expected: &[(&str, &str)]) {
        let labels = labels(&extension(&format!("{toml}\n")), &Vcs::default());
        let labels: Vec<(&str, &str)> = labels.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
        assert_eq!(labels, expected, "{toml}");
    }

    #[test]
    fn what_is_not_set_gives_no_label() {
        check(
            "vm = {}",
            &[
                ("com.docker.desktop.extension.api.version", ">= 0.3.4"),
                ("org.opencontainers.image.description", "See what fills your disk"),
                ("org.opencontainers.image.licenses", "MIT"),
                ("org.opencontainers.image.source", "https://example.com/repository"),
                ("org.opencontainers.image.title", "Disk Usage"),
                ("org.opencontainers.image.vendor", "Example Ltd"),
                ("org.opencontainers.image.version", "1.2.3"),
            ],
        );
    }

    #[test]
    fn every_key_has_its_label() {
        check(
            r#"
            description = "Disks"
            api-version = "0.3.4"
            vm = {}

            [marketplace]
            publisher-url = "https://example.com"
            icon-url = "https://example.com/icon.svg?raw=true"
            screenshots = [{ url = "https://example.com/1.png", alt = "\"Main\" <view>" }]
            additional-urls = [
                { title = "Support", url = "https://example.com/support" },
                { title = "Ünïcode", url = "http://example.com" },
            ]
            detailed-description = { file = "docs/text.html" }
            changelog = "<ul><li>New</li></ul>"
            categories = ["utility-tools", "volumes"]
            account-info = "required"

            [labels]
            "org.opencontainers.image.licenses" = "proprietary"
            "org.opencontainers.image.url" = ""
            "#,
            &[
                ("com.docker.desktop.extension.api.version", "0.3.4"),
                ("com.docker.desktop.extension.icon", "https://example.com/icon.svg?raw=true"),
                ("com.docker.extension.account-info", "required"),
                (
                    "com.docker.extension.additional-urls",
                    r#"[{"title":"Support","url":"https://example.com/support"},{"title":"Ünïcode","url":"http://example.com"}]"#,
                ),
                ("com.docker.extension.categories", "utility-tools,volumes"),
                ("com.docker.extension.changelog", "<ul><li>New</li></ul>"),
                ("com.docker.extension.detailed-description", "<p>One</p>\n<p>Two</p>"),
                ("com.docker.extension.publisher-url", "https://example.com"),
                (
                    "com.docker.extension.screenshots",
                    r#"[{"alt":"\"Main\" <view>","url":"https://example.com/1.png"}]"#,
                ),
                ("org.opencontainers.image.description", "Disks"),
                ("org.opencontainers.image.licenses", "proprietary"),
                ("org.opencontainers.image.source", "https://example.com/repository"),
                ("org.opencontainers.image.title", "Disk Usage"),
                ("org.opencontainers.image.url", ""),
                ("org.opencontainers.image.vendor", "Example Ltd"),
                ("org.opencontainers.image.version", "1.2.3"),
            ],
        );
    }

    #[test]
    fn odd_values_can_be_set_as_labels_where_no_key_sets_them() {
        let table = "vm = {}\nlabels.'com.docker.extension.screenshots' = ''\nmarketplace.account-info = ''";
        let labels = labels(&extension(table), &Vcs::default());
        assert_eq!(labels.get("com.docker.extension.screenshots").map(String::as_str), Some(""));
        assert_eq!(labels.get("com.docker.extension.account-info").map(String::as_str), Some(""));
    }

    #[test]
    fn git_fills_in_what_the_manifest_leaves_open() {
        let vcs = Vcs { revision: Some("abc".to_owned()), source: Some("https://example.com/fork".to_owned()) };
        let label = |extension: &Extension, name: &str| {
            labels(extension, &vcs).get(&format!("org.opencontainers.image.{name}")).cloned()
        };
        let mut plain = extension("vm = {}");
        assert_eq!(label(&plain, "revision").as_deref(), Some("abc"));
        assert_eq!(label(&plain, "source").as_deref(), Some("https://example.com/repository"));
        plain.origin.repository = None;
        assert_eq!(label(&plain, "source").as_deref(), Some("https://example.com/fork"));
        let own = extension("vm = {}\nlabels.'org.opencontainers.image.revision' = 'r1'");
        assert_eq!(label(&own, "revision").as_deref(), Some("r1"));
    }
}
