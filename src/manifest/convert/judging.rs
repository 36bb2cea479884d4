//! How the extension is judged.

use super::{all, every, words};
use crate::manifest::extension::{Allowed, Judging};
use crate::manifest::mistake::{Site, nearest};
use crate::manifest::raw::RawValidate;

/// What an extension may be for.
const PROFILES: [&str; 2] = ["marketplace", "private"];

pub(super) fn judging(site: &Site<'_>, raw: RawValidate) -> Option<Judging> {
    let profile = raw.profile.map(|profile| known(&site.key("profile"), profile, "profile", &PROFILES));
    let denied = raw.deny.map_or_else(Vec::new, |deny| deny.0);
    let deny =
        every(denied.into_iter().map(|word| known(&site.key("deny"), word, "word for what is denied", &["warnings"])));
    let allow = every(raw.allow.unwrap_or_default().into_iter().enumerate().map(|(index, allowed)| {
        let site = site.key("allow").index(index);
        let id = words::required(&site.key("id"), allowed.id, "id = \"…\"");
        let reason = words::required(&site.key("reason"), allowed.reason, "reason = \"…\"");
        Some(Allowed { id: id?, reason: reason? })
    }));
    Some(Judging { profile: all(profile)?, deny_warnings: !deny?.is_empty(), allow: allow? })
}

fn known(site: &Site<'_>, word: String, what: &str, known: &[&str]) -> Option<String> {
    if known.contains(&word.as_str()) {
        return Some(word);
    }
    let message = format!("`{word}` is no {what}");
    match nearest(&word, known.iter().copied()) {
        Some(near) => site.wrong_help(message, format_args!("did you mean `{near}`?")),
        None => site.wrong_help(message, format_args!("write {}", known.join(" or "))),
    }
}
