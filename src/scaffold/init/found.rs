//! What there is: Cargo.toml, what Cargo says of it, and what lies in its folder.

use std::path::{Path, PathBuf};

use cargo_metadata::Metadata;
use toml_edit::DocumentMut;

use super::bins::Bins;
use super::error::Error;
use super::with_table;
use crate::manifest;
use crate::manifest::locate::{Location, Locator};
use crate::manifest::mistake::KeyPath;
use crate::scaffold::import::Target;
use crate::scaffold::{self, ProjectName, Surroundings, Vcs};
use crate::sys::Env;
use crate::sys::fs::{self, Kind};

/// Where icons are that are taken as they are; the first that is there.
const ICONS: [&str; 6] = ["assets/icon.svg", "assets/icon.png", "assets/icon.jpg", "icon.svg", "icon.png", "icon.jpg"];

/// A package or workspace that is no extension yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Where the table goes.
    pub target: Target,
    /// The binaries.
    pub bins: Bins,
    /// Who wrote the package, or else uses git.
    pub author: Option<String>,
    /// The icon.
    pub icon: Option<&'static str>,
    /// Whether it is the root of a workspace in a repository, and nothing says what the repository leaves out.
    pub lacks_gitignore: bool,
    /// What `cargo metadata` printed.
    pub(super) printed: String,
    /// The folder that messages name files from.
    pub(super) cwd: PathBuf,
}

impl Found {
    /// Looks at a folder.
    ///
    /// # Errors
    /// When it has no Cargo.toml, Cargo cannot read it, or it is an extension.
    pub fn look(folder: &Path, env: &Env) -> Result<Self, scaffold::Error> {
        let manifest = folder.join("Cargo.toml");
        if !is_file(&manifest) {
            let above = folder.ancestors().skip(1).find(|above| is_file(&above.join("Cargo.toml")));
            return Err(Error::NoManifest { folder: folder.to_owned(), above: above.map(Path::to_owned) }.into());
        }
        // Cargo says it as well, but as a program that failed.
        syntax(&fs::read_text(&manifest)?, &named(&manifest, &env.cwd))?;
        let (target, printed) = Target::ask(&manifest, env)?;
        let metadata: Metadata = serde_json::from_str(&printed).map_err(manifest::Error::Output)?;
        let around = Surroundings::look(&target.origin.dir, env);
        let dir = &target.origin.dir;
        let is_root = *dir == target.origin.workspace_root;
        let found = Found {
            bins: Bins::new(&metadata, &target.origin),
            author: author(&metadata, target.origin.package.as_deref()).or(around.author),
            icon: ICONS.into_iter().find(|icon| is_file(&dir.join(icon))),
            lacks_gitignore: around.repository == Some(Vcs::Git) && is_root && !has_gitignore(dir),
            printed,
            cwd: env.cwd.clone(),
            target,
        };
        // Before anything is asked.
        with_table(&found, &serde_json::Map::new())?;
        Ok(found)
    }

    /// The name as a title.
    #[must_use]
    pub fn title(&self) -> String {
        let name = &self.target.facts.name;
        ProjectName::near(name).map_or_else(|| name.clone(), |name| name.title())
    }

    /// What Cargo.toml says that it is, on one line.
    #[must_use]
    pub fn description(&self) -> Option<String> {
        let words: Vec<&str> = self.target.facts.description.as_ref()?.split_whitespace().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// What it may be said to be until somebody says better.
    #[must_use]
    pub fn stand_in_description(&self, title: Option<&str>) -> String {
        format!("{} in Docker Desktop", title.map_or_else(|| self.title(), |title| title.trim().to_owned()))
    }

    /// Cargo.toml as messages name it.
    #[must_use]
    pub fn manifest_name(&self) -> String {
        named(&self.target.origin.manifest_path, &self.cwd)
    }

    /// The place of a key in Cargo.toml.
    pub(super) fn place_of(&self, key: &str) -> String {
        let place = Locator::new(&self.target.text).locate(&KeyPath::dotted(key));
        place.map_or_else(|| self.manifest_name(), |place| format!("{}:{place}", self.manifest_name()))
    }
}

fn is_file(path: &Path) -> bool {
    matches!(fs::kind_followed(path), Ok(Kind::File(_)))
}

/// Whether the folder or one above it, up to the repository's, has a `.gitignore`.
fn has_gitignore(dir: &Path) -> bool {
    let above = dir.ancestors().find(|above| fs::exists(&above.join(".gitignore")) || fs::exists(&above.join(".git")));
    above.is_some_and(|above| fs::exists(&above.join(".gitignore")))
}

fn named(manifest: &Path, cwd: &Path) -> String {
    manifest.strip_prefix(cwd).unwrap_or(manifest).display().to_string()
}

fn syntax(text: &str, file: &str) -> Result<(), Error> {
    let Err(error) = text.parse::<DocumentMut>() else { return Ok(()) };
    let place = error.span().map(|span| Location::of(text, span.start));
    let place = place.map_or_else(|| file.to_owned(), |place| format!("{file}:{place}"));
    Err(Error::Syntax { place, why: error.message().to_owned() })
}

/// The first author without the address.
fn author(metadata: &Metadata, package: Option<&str>) -> Option<String> {
    let package = metadata.packages.iter().find(|its| Some(its.name.as_str()) == package)?;
    let name = package.authors.first()?.split('<').next()?.trim();
    (!name.is_empty() && !name.chars().any(char::is_control)).then(|| name.to_owned())
}

#[cfg(test)]
pub(crate) mod testing {
    use super::{Bins, Found, Path, PathBuf, Target};

    /// A package of which Cargo was not asked.
    pub(crate) fn found(dir: &Path, bins: Bins) -> Found {
        Found {
            target: Target::imagined(dir),
            bins,
            author: None,
            icon: None,
            lacks_gitignore: false,
            printed: String::new(),
            cwd: PathBuf::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_errors_have_a_place() {
        for (text, place) in [
            ("[package]\nname = \n", Some("Cargo.toml:2:8")),
            ("[package\n", Some("Cargo.toml:1:9")),
            ("a = 1\na = 2\n", Some("Cargo.toml:2:1")),
            ("\u{feff}[package]\r\nname = \"x\"\r\n", None),
        ] {
            let said = syntax(text, "Cargo.toml").err().map(|error| crate::domain::Explain::place(&error).expect(text));
            assert_eq!(said.as_deref(), place, "{text}");
        }
    }
}
