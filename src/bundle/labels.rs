//! The image's labels.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::manifest::Extension;

/// The labels of every platform's image.
///
/// What is not set gives no label: Docker's validator takes an empty one for a mistake. Labels of the table's
/// own win over those that come from Cargo.toml's `repository` and `license`; the table cannot set the others
/// twice.
///
/// Source: Docker's manual, `extensions-sdk/extensions/labels.md`; OCI image-spec, `annotations.md`.
#[must_use]
pub fn labels(extension: &Extension) -> BTreeMap<String, String> {
    let market = &extension.marketplace;
    let set = [
        ("org.opencontainers.image.title", Some(extension.title.clone())),
        ("org.opencontainers.image.description", Some(extension.description.clone())),
        ("org.opencontainers.image.vendor", Some(extension.vendor.clone())),
        ("org.opencontainers.image.version", Some(extension.version.to_string())),
        ("org.opencontainers.image.licenses", extension.origin.license.clone()),
        ("org.opencontainers.image.source", extension.origin.repository.clone()),
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
