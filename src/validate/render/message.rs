//! Findings for programs, as `--message-format json` prints them.

use crate::report::Message;
use crate::validate::findings::Finding;

/// A finding as a `dext-finding` message.
#[must_use]
pub fn message(finding: &Finding) -> Message {
    Message::Finding {
        rule: finding.rule.id,
        level: super::level_name(Some(finding.level)),
        message: finding.message.clone(),
        place: serde_json::to_value(&finding.place).unwrap_or_default(),
        why: finding.rule.why,
        help: finding.help.clone(),
        source: finding.rule.source,
    }
}
