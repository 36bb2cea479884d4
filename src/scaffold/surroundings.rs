//! What the machine says about a place where an extension is to be made.

use std::path::{Path, PathBuf};

use crate::sys::{Env, Invocation, fs};

/// The folders by which a repository is known.
const REPOSITORIES: [&str; 3] = [".git", ".hg", ".jj"];

/// What the machine says about a place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The folder's path, for messages.
    pub folder: PathBuf,
    /// The folder's name, if it has one that is Unicode.
    pub folder_name: Option<String>,
    /// The user's name as git knows it.
    pub author: Option<String>,
    /// Whether the folder is below a repository.
    pub in_repository: bool,
    /// The git program.
    pub git: Option<PathBuf>,
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
            in_repository: above.ancestors().any(|dir| REPOSITORIES.iter().any(|name| fs::exists(&dir.join(name)))),
            git,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_need_not_exist() {
        let dir = tempfile::tempdir().expect("temp");
        let around = Surroundings::look(&dir.path().join("a/disk-usage"), &Env::of(&[]));
        assert_eq!(around.folder_name.as_deref(), Some("disk-usage"));
        assert_eq!((around.in_repository, around.author, around.git), (false, None, None));
    }

    #[test]
    fn a_repository_is_seen_from_below() {
        let dir = tempfile::tempdir().expect("temp");
        fs::create_dir_all(&dir.path().join(".jj")).expect("folder");
        fs::create_dir_all(&dir.path().join("a")).expect("folder");
        let around = Surroundings::look(&dir.path().join("a/b/.."), &Env::of(&[]));
        assert!(around.in_repository);
        assert!(Surroundings::look(dir.path(), &Env::of(&[])).in_repository);
    }
}
