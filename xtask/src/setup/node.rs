//! Node.js, which builds the page of an extension, and npm packages that judge pages and workflows.

use std::path::PathBuf;

use super::files::{make_folder, short_hash};
use crate::Result;
use crate::command::{Cmd, which};
use crate::places::Places;

/// The oldest Node.js that the template's page builds with: `engines` in its `package.json`.
const OLDEST: (u32, u32) = (20, 19);

/// What is installed, in npm's words, and its lock file.
const MANIFEST: &str = include_str!("node/package.json");
const LOCK: &str = include_str!("node/package-lock.json");

/// Installs the packages and returns the path of axe's script.
///
/// # Errors
/// When Node.js is missing or too old, or npm cannot bring the packages.
pub fn ensure(places: &Places) -> Result<PathBuf> {
    if which("node").is_none() || which("npm").is_none() {
        return Err("there is no Node.js with npm; install what Debian calls nodejs npm".into());
    }
    let version = Cmd::line("node --version").read()?;
    if !suits(&version) {
        let (major, minor) = OLDEST;
        return Err(format!("Node.js is {}; {major}.{minor} or newer is needed", version.trim()).into());
    }
    let folder = format!("node-{}", short_hash(LOCK));
    let axe = places.setup.join(&folder).join("node_modules/axe-core/axe.min.js");
    if !axe.exists() {
        make_folder(&places.setup, &folder, |draft| {
            std::fs::write(draft.join("package.json"), MANIFEST)?;
            std::fs::write(draft.join("package-lock.json"), LOCK)?;
            Cmd::line("npm ci --ignore-scripts --no-audit --no-fund").dir(draft).run()
        })?;
    }
    Ok(axe)
}

/// Whether a version, as `node --version` prints it, is new enough.
fn suits(version: &str) -> bool {
    let mut numbers = version.trim().trim_start_matches('v').split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= OLDEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_do_not_suit() {
        for (version, good) in [
            ("v20.20.2\n", true),
            ("v22.1.0", true),
            ("v20.19.0", true),
            ("v20.18.9", false),
            ("v18.20.4", false),
            ("", false),
        ] {
            assert_eq!(suits(version), good, "{version}");
        }
    }

    #[test]
    fn packages_are_pinned_and_no_registry_is_named() {
        assert!(LOCK.contains("\"integrity\": \"sha512-"));
        assert!(!LOCK.contains("\"resolved\""));
    }
}
