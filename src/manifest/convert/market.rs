//! What the Marketplace shows, and further labels.

use std::collections::BTreeMap;

use super::{ReadText, all, every, words};
use crate::manifest::extension::{Link, Marketplace, Origin, Screenshot};
use crate::manifest::mistake::Site;
use crate::manifest::raw::RawMarketplace;

pub(super) fn marketplace(
    site: &Site<'_>,
    origin: &Origin,
    raw: RawMarketplace,
    read: ReadText<'_>,
) -> Option<Marketplace> {
    let publisher_url = raw.publisher_url.map(|url| words::url(&site.key("publisher-url"), &url));
    let icon_url = raw.icon_url.map(|url| words::picture_url(&site.key("icon-url"), &url));
    let screenshots = raw.screenshots.map(|pictures| self::screenshots(&site.key("screenshots"), pictures));
    let links = raw.additional_urls.map(|links| self::links(&site.key("additional-urls"), links));
    let description = raw.detailed_description;
    let description = description.map(|text| words::text_of(&site.key("detailed-description"), origin, text, read));
    let changelog = raw.changelog.map(|text| words::text_of(&site.key("changelog"), origin, text, read));
    let categories = raw.categories.map(|slugs| self::categories(&site.key("categories"), slugs));
    let account_info = raw.account_info.map(|text| match text.as_str() {
        "" | "required" => Some(text),
        _ => site.key("account-info").wrong_help(
            format_args!("`{text}` is neither `required` nor empty"),
            "write `required` if users need an account; otherwise leave the key out",
        ),
    });
    Some(Marketplace {
        publisher_url: all(publisher_url)?,
        icon_url: all(icon_url)?,
        screenshots: all(screenshots)?,
        additional_urls: all(links)?,
        detailed_description: all(description)?,
        changelog: all(changelog)?,
        categories: all(categories)?,
        account_info: all(account_info)?,
    })
}

fn screenshots(site: &Site<'_>, pictures: Vec<Screenshot>) -> Option<Vec<Screenshot>> {
    let pictures = non_empty(site, pictures)?;
    every(pictures.into_iter().enumerate().map(|(index, picture)| {
        let site = site.index(index);
        let alt = words::line(&site.key("alt"), picture.alt);
        let url = words::url(&site.key("url"), &picture.url);
        Some(Screenshot { alt: alt?, url: url? })
    }))
}

fn links(site: &Site<'_>, links: Vec<Link>) -> Option<Vec<Link>> {
    let links = non_empty(site, links)?;
    every(links.into_iter().enumerate().map(|(index, link)| {
        let site = site.index(index);
        let title = words::line(&site.key("title"), link.title);
        let url = words::url(&site.key("url"), &link.url);
        Some(Link { title: title?, url: url? })
    }))
}

/// The label joins slugs by commas, so a slug has none; blanks around one would be part of it.
fn categories(site: &Site<'_>, slugs: Vec<String>) -> Option<Vec<String>> {
    let slugs = non_empty(site, slugs)?;
    every(slugs.into_iter().enumerate().map(|(index, slug)| {
        let site = site.index(index);
        if slug.contains(',') {
            site.wrong_help(format_args!("the category `{slug}` has a comma"), "write one string for each category")
        } else if slug.trim() != slug {
            site.wrong_help(format_args!("the category `{slug}` has blanks around it"), "leave them out")
        } else {
            words::line(&site, slug)
        }
    }))
}

fn non_empty<T>(site: &Site<'_>, list: Vec<T>) -> Option<Vec<T>> {
    if list.is_empty() { site.wrong_help("the list is empty", "leave the key out") } else { Some(list) }
}

/// Further labels. One that another key of the table sets cannot be set here too; those that Cargo.toml's
/// `repository` and `license` set by default can.
pub(super) fn labels(
    site: &Site<'_>,
    labels: BTreeMap<String, String>,
    marketplace: Option<&Marketplace>,
) -> Option<BTreeMap<String, String>> {
    let labels = every(labels.into_iter().map(|(label, value)| {
        let site = site.key(&label);
        if label.is_empty() || label.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return site.wrong("the name of a label is empty or has a blank");
        }
        match setter(&label, marketplace) {
            Some(key) => site.wrong_help(
                format_args!("the label `{label}` is already set by `{key}`"),
                format_args!("leave it out here, or leave `{key}` out"),
            ),
            None => Some((label, value)),
        }
    }))?;
    Some(labels.into_iter().collect())
}

/// The key of the table that sets a label.
fn setter(label: &str, marketplace: Option<&Marketplace>) -> Option<&'static str> {
    let market = |set: fn(&Marketplace) -> bool, key| marketplace.is_some_and(set).then_some(key);
    match label {
        "org.opencontainers.image.title" => Some("title"),
        "org.opencontainers.image.description" => Some("description"),
        "org.opencontainers.image.vendor" => Some("vendor"),
        "org.opencontainers.image.version" => Some("package.version"),
        "com.docker.desktop.extension.api.version" => Some("api-version"),
        "com.docker.desktop.extension.icon" => market(|m| m.icon_url.is_some(), "marketplace.icon-url"),
        "com.docker.extension.screenshots" => market(|m| m.screenshots.is_some(), "marketplace.screenshots"),
        "com.docker.extension.detailed-description" => {
            market(|m| m.detailed_description.is_some(), "marketplace.detailed-description")
        }
        "com.docker.extension.publisher-url" => market(|m| m.publisher_url.is_some(), "marketplace.publisher-url"),
        "com.docker.extension.changelog" => market(|m| m.changelog.is_some(), "marketplace.changelog"),
        "com.docker.extension.categories" => market(|m| m.categories.is_some(), "marketplace.categories"),
        "com.docker.extension.additional-urls" => {
            market(|m| m.additional_urls.is_some(), "marketplace.additional-urls")
        }
        "com.docker.extension.account-info" => market(|m| m.account_info.is_some(), "marketplace.account-info"),
        _ => None,
    }
}
