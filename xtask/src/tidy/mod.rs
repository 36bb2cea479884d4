//! `cargo xtask tidy`: the law of the house as a test. Each rule is a function from texts to findings.

mod dependencies;
mod effects;
mod floors;
mod places_named;
mod sizes;
mod source;
mod words;

use std::fmt;

use source::Source;

use crate::Result;
use crate::command::Cmd;
use crate::places::Places;

/// A breach of a rule: where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the checkout.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Checks every file that git knows or would add.
///
/// # Errors
/// When a rule is broken; the findings are printed.
pub fn run(places: &Places) -> Result {
    let files = Cmd::line("git ls-files --cached --others --exclude-standard").dir(&places.root).read()?;
    let texts = files.lines().filter_map(|file| {
        // A file that is deleted and still in the index has nothing to check, and neither has a picture.
        Some(Source::new(file, std::fs::read_to_string(places.root.join(file)).ok()?))
    });
    let findings = check(&texts.collect::<Vec<_>>());
    findings.iter().for_each(|finding| println!("{finding}"));
    if findings.is_empty() { Ok(()) } else { Err(format!("{} breaches of the house's rules", findings.len()).into()) }
}

/// All rules over all files.
fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        findings.extend(places_named::check(source));
        // Fixtures and the template are projects of their own, written for other purposes.
        if !source.is_rust() || source.path.starts_with("tests/fixtures/") || source.path.starts_with("template/") {
            continue;
        }
        findings.extend(words::check(source));
        if source.path.starts_with("src/") {
            findings.extend(floors::check(source));
            findings.extend(effects::check(source));
        }
        if source.path.starts_with("src/") || source.path.starts_with("xtask/") {
            findings.extend(words::check_docs(source));
            findings.extend(sizes::check(source));
        }
    }
    let named = |path: &str| sources.iter().find(|source| source.path == path);
    if let (Some(manifest), Some(docs)) = (named("Cargo.toml"), named("src/lib.rs")) {
        findings.extend(dependencies::check(manifest, docs));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_apply_where_they_belong() {
        let breach = "#[allow(dead_code)]\nfn x() {}\n".to_owned();
        let findings = |path: &str| check(&[Source::new(path, breach.clone())]).len();
        assert_eq!(findings("src/plan/x.rs"), 2, "the attribute and the missing docs");
        assert_eq!(findings("tests/it/x.rs"), 1, "the attribute");
        assert_eq!(findings("tests/fixtures/x/src/main.rs"), 0);
        assert_eq!(findings("README.md"), 0);
    }

    #[test]
    fn a_finding_names_its_place() {
        let findings = check(&[Source::new("src/domain/x.rs", "//! Docs.\nuse crate::cli::Cli;\n".to_owned())]);
        assert!(findings[0].to_string().starts_with("src/domain/x.rs:2: "), "{}", findings[0]);
    }
}
