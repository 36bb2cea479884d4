//! Findings and rules as texts: for people, for programs, for code scanning, for test reports, and as a page. Pure.

mod explain;
mod human;
mod junit;
mod message;
mod page;
mod sarif;
#[cfg(test)]
mod tests;

pub use explain::{explain, explain_all};
pub use human::{Summary, human, summary};
pub use junit::junit;
pub use message::message;
pub use page::rules_md;
pub use sarif::sarif;

use super::rule::Level;

/// The level of a rule in a profile where it may not apply.
fn level_name(level: Option<Level>) -> &'static str {
    match level {
        Some(Level::Error) => "error",
        Some(Level::Warning) => "warning",
        None => "off",
    }
}
