//! What the machine says about a place where an extension is to be made.

use std::path::{Path, PathBuf};

use super::project::Vcs;
use crate::build;
use crate::build::machine::CargoConfig;
use crate::sys::{Env, Invocation, fs};

/// The folders and files by which a repository is known, and whose files it reads.
const REPOSITORIES: [(&str, Vcs); 6] = [
    (".git", Vcs::Git),
    (".jj", Vcs::Git),
    (".hg", Vcs::Hg),
    (".pijul", Vcs::Pijul),
    (".fslckout", Vcs::Fossil),
    ("_FOSSIL_", Vcs::Fossil),
];

/// What the machine says about a place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The folder's path, for messages.
    pub folder: PathBuf,
    /// The folder's name, if it has one that is Unicode.
    pub folder_name: Option<String>,
    /// The user's name as git knows it.
    pub author: Option<String>,
    /// The repository that the folder is in.
    pub repository: Option<Vcs>,
    /// Whether there is git.
    pub git: bool,
    /// What Cargo's configuration says of new projects.
    pub vcs: Option<Vcs>,
}

impl Surroundings {
    /// Looks around a folder, which need not exist.
    #[must_use]
    pub fn look(folder: &Path, env: &Env) -> Self {
        let existing = folder.ancestors().find(|dir| fs::exists(dir));
        // `.` and `..` have names only once they are resolved.
        let resolved = fs::canonical(folder).unwrap_or_else(|_| folder.to_owned());
        let above = existing.and_then(|dir| fs::canonical(dir).ok()).unwrap_or_else(|| folder.to_owned());
        let git = env.which("git");
        let author = git.as_ref().and_then(|git| {
            let ask = Invocation::new(git).args(["config", "--get", "user.name"]).cwd(&above);
            ask.read().ok().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
        });
        Surroundings {
            folder: folder.to_owned(),
            folder_name: resolved.file_name().and_then(|name| name.to_str()).map(str::to_owned),
            author,
            repository: above.ancestors().find_map(repository),
            git: git.is_some(),
            vcs: None,
        }
    }

    /// The same with what Cargo's configuration says of new projects (`cargo-new.vcs`).
    ///
    /// # Errors
    /// When the configuration cannot be read.
    pub fn with_config(self, env: &Env) -> Result<Self, build::Error> {
        Ok(Surroundings { vcs: CargoConfig::load(env)?.new_vcs().and_then(Vcs::named), ..self })
    }
}

fn repository(folder: &Path) -> Option<Vcs> {
    REPOSITORIES.into_iter().find(|(name, _)| fs::exists(&folder.join(name))).map(|(_, vcs)| vcs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_need_not_exist() {
        let dir = tempfile::tempdir().expect("temp");
        let around = Surroundings::look(&dir.path().join("a/disk-usage"), &Env::of(&[]));
        assert_eq!(around.folder_name.as_deref(), Some("disk-usage"));
        assert_eq!((around.repository, around.author, around.git), (None, None, false));
    }

    #[test]
    fn a_repository_is_seen_from_below() {
        for (name, vcs) in REPOSITORIES {
            let dir = tempfile::tempdir().expect("temp");
            fs::create_dir_all(&dir.path().join(name)).expect("folder");
            fs::create_dir_all(&dir.path().join("a")).expect("folder");
            for folder in [dir.path().join("a/b/.."), dir.path().to_owned()] {
                assert_eq!(Surroundings::look(&folder, &Env::of(&[])).repository, Some(vcs), "{}", folder.display());
            }
        }
    }

    #[test]
    fn cargos_configuration_has_a_word() {
        let dir = tempfile::tempdir().expect("temp");
        fs::write_atomic(&dir.path().join(".cargo/config.toml"), b"[cargo-new]\nvcs = \"hg\"\n").expect("written");
        let mut env = Env::of(&[("CARGO_HOME", "no/such/folder")]);
        env.cwd = dir.path().to_owned();
        let around = Surroundings::default().with_config(&env).expect("a configuration");
        assert_eq!(around.vcs, Some(Vcs::Hg));
    }
}
