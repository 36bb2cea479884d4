//! `${NAME#pattern}`, `${NAME%pattern}` and `${NAME/pattern/text}`: values with something cut off or replaced.
//!
//! Source: Docker's Dockerfile reference, "Environment replacement".

use super::Refused;
use super::pattern::Pattern;

/// The value without what fits the pattern, or with `with` in its place. `charge` counts the work.
pub(super) fn edited(
    value: &str,
    modifier: char,
    pattern: &str,
    with: Option<&str>,
    charge: &dyn Fn(usize) -> Result<(), Refused>,
) -> Result<String, Refused> {
    // Twice the sign: the longest that fits, or all that fit.
    let (pattern, more) = pattern.strip_prefix(modifier).map_or((pattern, false), |pattern| (pattern, true));
    let pattern = Pattern::of_text(pattern)?;
    let mut text: Vec<char> = value.chars().collect();
    let cost = text.len().saturating_mul(pattern.len() + 1);
    match (modifier, with) {
        ('#', _) => {
            charge(cost)?;
            Ok(text[end(&pattern, &text, more).unwrap_or(0)..].iter().collect())
        }
        ('%', _) => {
            charge(cost)?;
            text.reverse();
            let kept = &text[end(&pattern.reversed(), &text, more).unwrap_or(0)..];
            Ok(kept.iter().rev().collect())
        }
        (_, with) => {
            charge(cost.saturating_mul(text.len() + 1))?;
            replaced(&pattern, &text, with.unwrap_or_default(), more, charge)
        }
    }
}

/// How much of the beginning fits: the least, or the most.
fn end(pattern: &Pattern, text: &[char], most: bool) -> Option<usize> {
    let ends = pattern.ends(text);
    if most { ends.iter().rposition(|fits| *fits) } else { ends.iter().position(|fits| *fits) }
}

fn replaced(
    pattern: &Pattern,
    text: &[char],
    with: &str,
    all: bool,
    charge: &dyn Fn(usize) -> Result<(), Refused>,
) -> Result<String, Refused> {
    if pattern.len() == 0 {
        return Err("a pattern that is empty cannot be replaced".into());
    }
    let mut made = String::new();
    let (mut at, mut done) = (0, false);
    while at < text.len() {
        match end(pattern, &text[at..], true).filter(|length| *length > 0 && (all || !done)) {
            Some(length) => {
                charge(with.len())?;
                made.push_str(with);
                at += length;
                done = true;
            }
            None => {
                made.push(text[at]);
                at += 1;
            }
        }
    }
    Ok(made)
}
