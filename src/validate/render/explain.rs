//! `--explain ID`: all that is known of a rule.

use super::level_name;
use crate::validate::rule::Rule;
use crate::validate::rules;
use crate::validate::settings::UnknownRule;

/// What a rule says, why, how to fix what it finds, and who says so.
///
/// # Errors
/// When there is no such rule.
pub fn explain(id: &str) -> Result<String, UnknownRule> {
    let Rule { id, level, private, title, why, fix, key, source, .. } = rules::find(id)?;
    let marketplace = level_name(Some(*level));
    let private = level_name(*private);
    let key = key.map_or_else(String::new, |key| format!("In Cargo.toml: `{key}` in [package.metadata.extension]\n"));
    Ok(format!(
        "{id}: {title}\n\n{why}\n\nFix: {fix}\n{key}\nLevel: {marketplace} for the Marketplace, {private} for a private \
         extension\nSource: {source}\n"
    ))
}

/// Every rule in a line.
#[must_use]
pub fn explain_all() -> String {
    rules::all().map(|rule| format!("{}  {:7}  {}\n", rule.id, level_name(Some(rule.level)), rule.title)).collect()
}
