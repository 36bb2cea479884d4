//! The Cargo.toml that gets the table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::manifest::convert::Facts;
use crate::manifest::extension::Origin;
use crate::manifest::{self, load};
use crate::scaffold::Error;
use crate::sys::{Env, fs};

/// A Cargo.toml, and what Cargo says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Where the table goes.
    pub origin: Origin,
    /// What the table does not have to say itself.
    pub facts: Facts,
    /// The text of Cargo.toml.
    pub text: String,
}

impl Target {
    /// Asks Cargo about a manifest.
    ///
    /// # Errors
    /// When there is none, or Cargo cannot read it.
    pub fn find(manifest: &Path, env: &Env) -> Result<Self, Error> {
        Self::ask(manifest, env).map(|(target, _)| target)
    }

    /// As [`Target::find`], with all that `cargo metadata --no-deps` printed.
    ///
    /// # Errors
    /// As [`Target::find`].
    pub fn ask(manifest: &Path, env: &Env) -> Result<(Self, String), Error> {
        let folder = manifest.parent().unwrap_or(Path::new(""));
        if !matches!(fs::kind_followed(manifest), Ok(fs::Kind::File(_))) {
            return Err(Error::NoManifest(folder.to_owned()));
        }
        // A link keeps its name: Cargo wants the file to be called `Cargo.toml`.
        let name = manifest.file_name().unwrap_or("Cargo.toml".as_ref());
        let manifest = fs::canonical(if folder == Path::new("") { Path::new(".") } else { folder })?.join(name);
        let request = load::Request { manifest_path: Some(manifest.clone()), ..load::Request::default() };
        let printed = load::invocation(&request, env).arg("--no-deps").read().map_err(manifest::Error::Cargo)?;
        let text = fs::read_text(&manifest)?;
        let (origin, facts) = load::place(&printed, &manifest, &text)?;
        Ok((Target { origin, facts, text }, printed))
    }

    /// A package that does not exist yet, for looking at the table only.
    #[must_use]
    pub fn imagined(folder: &Path) -> Self {
        let name = folder.file_name().map_or_else(|| "extension".into(), |name| name.to_string_lossy().into_owned());
        let facts = Facts {
            name: name.clone(),
            version: Some(semver::Version::new(0, 1, 0)),
            description: None,
            members: BTreeMap::new(),
        };
        let origin = Origin {
            manifest_path: folder.join("Cargo.toml"),
            key: "package.metadata.extension",
            dir: folder.to_owned(),
            workspace_root: folder.to_owned(),
            target_dir: PathBuf::new(),
            package: Some(name),
            bins: Vec::new(),
            repository: None,
            license: None,
            dependencies: Vec::new(),
            bases: Default::default(),
        };
        Target { origin, facts, text: String::new() }
    }

    /// The labels that Cargo.toml brings without the table.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<&'static str, String> {
        let all = [
            ("org.opencontainers.image.licenses", &self.origin.license),
            ("org.opencontainers.image.source", &self.origin.repository),
        ];
        all.into_iter().filter_map(|(label, value)| Some((label, value.clone()?))).collect()
    }
}
