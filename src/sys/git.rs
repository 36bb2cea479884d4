//! What git says of a folder. Only questions are asked, none of which writes anything.

use std::path::{Path, PathBuf};

use super::{Invocation, fs, process};
use crate::domain::Explain;

/// Variables that point git at a repository, an index or objects of somebody's choice. A program that is run from a
/// hook or by `git rebase --exec` finds them set to the repository of that git, so they do not count, as in Cargo.
///
/// Source: `git rev-parse --local-env-vars`, without those that only carry settings.
const REDIRECTIONS: [&str; 11] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// The state of a folder in a git work tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkTree {
    /// The commit that is checked out; `None` before the first one.
    pub revision: Option<String>,
    /// Files of the folder that differ from the commit or are not in it, relative to the folder, sorted.
    pub changed: Vec<String>,
}

impl WorkTree {
    /// The commit, if it says all there is to say of the folder.
    #[must_use]
    pub fn clean_revision(&self) -> Option<&str> {
        self.revision.as_deref().filter(|_| self.changed.is_empty())
    }
}

/// Why git could not tell.
#[derive(Debug, Clone, thiserror::Error)]
#[error("git could not tell which files were changed: {said}")]
pub struct Error {
    /// The first line of what git said.
    pub said: String,
    /// The folder it was asked about.
    pub folder: PathBuf,
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        Some(self.folder.display().to_string())
    }

    fn help(&self) -> Option<String> {
        // Git's own advice is cut off with the lines below the first.
        let owner = "the repository belongs to another user; if you trust it, add its folder to git's `safe.directory`";
        self.said.contains("dubious ownership").then(|| owner.to_owned())
    }
}

/// Looks at a folder and all below it but `generated`; all paths are absolute.
///
/// `None` if there is no git, no repository, or one that ignores `manifest`: such a repository only happens to lie
/// around the project and says nothing about it.
///
/// # Errors
/// When there is a repository that git cannot read.
pub fn look(folder: &Path, manifest: &Path, generated: &Path) -> Result<Option<WorkTree>, Error> {
    // Most often this spares starting a program that would find nothing.
    if !folder.ancestors().any(|above| fs::exists(&above.join(".git"))) {
        return Ok(None);
    }
    let git = Git { folder };
    let status = "status --porcelain=v2 --branch -z --untracked-files=all --no-renames -- .";
    let Some(status) = git.ask(status)? else { return Ok(None) };
    if git.ignores(manifest) {
        return Ok(None);
    }
    let (revision, changed) = parse(&status);
    let prefix = if changed.is_empty() { None } else { git.ask("rev-parse --show-prefix")? };
    let prefix = prefix.as_deref().map_or("", str::trim_end);
    let own = |path: &&str| !folder.join(path).starts_with(generated);
    let changed = changed.into_iter().map(|path| path.strip_prefix(prefix).unwrap_or(path));
    let mut changed: Vec<String> = changed.filter(own).map(str::to_owned).collect();
    changed.sort_unstable();
    Ok(Some(WorkTree { revision, changed }))
}

/// The address of the remote `origin`, or of the only one if that has another name, as it is configured: it may hold a
/// password.
#[must_use]
pub fn remote(folder: &Path) -> Option<String> {
    let said = Git { folder }.ask(r"config --null --get-regexp ^remote\..*\.url$").ok()??;
    choose_remote(&said).map(str::to_owned)
}

/// The address that matters in what `git config --null --get-regexp` says of remotes: `remote.NAME.url`, a line break
/// and the address. Of several addresses of one remote, the first is the one that git fetches from.
fn choose_remote(said: &str) -> Option<&str> {
    let remotes = said.split('\0').filter_map(|entry| entry.split_once('\n'));
    let remotes: Vec<_> = remotes.map(|(key, url)| (key, url.trim())).filter(|(_, url)| !url.is_empty()).collect();
    let origin = remotes.iter().find(|(key, _)| *key == "remote.origin.url");
    let only = || remotes.first().filter(|(first, _)| remotes.iter().all(|(key, _)| key == first));
    origin.or_else(only).map(|(_, url)| *url)
}

struct Git<'a> {
    folder: &'a Path,
}

impl Git<'_> {
    fn invocation(&self, words: &str) -> Invocation {
        // Without optional locks git does not write its index; its words are wanted in English.
        let git = Invocation::new("git").env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").cwd(self.folder);
        REDIRECTIONS.into_iter().fold(git, Invocation::env_remove).args(words.split(' '))
    }

    /// What git prints; `None` if there is no git or no repository.
    fn ask(&self, words: &str) -> Result<Option<String>, Error> {
        let error = |said: String| Error { said, folder: self.folder.to_owned() };
        match self.invocation(words).output() {
            Ok(output) if output.status.success() => Ok(Some(output.stdout)),
            Ok(output) if output.stderr.contains("not a git repository") => Ok(None),
            Ok(output) => Err(error(first_line(&output.stderr))),
            Err(process::Error::Start { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(other) => Err(error(other.to_string())),
        }
    }

    fn ignores(&self, file: &Path) -> bool {
        let answer = self.invocation("check-ignore --quiet --").arg(file).output();
        answer.is_ok_and(|output| output.status.success())
    }
}

fn first_line(stderr: &str) -> String {
    let line = stderr.lines().next().unwrap_or("it failed and said nothing");
    line.strip_prefix("fatal: ").unwrap_or(line).to_owned()
}

/// The commit and the changed paths, relative to the repository's folder, in what `git status --porcelain=v2 -z`
/// prints.
///
/// Source: git-status(1), "Porcelain Format Version 2": the path follows the 8th blank of an ordinary entry, the 10th
/// of an unmerged one and the 1st of an untracked one. Renames have a second path and are not asked for.
fn parse(status: &str) -> (Option<String>, Vec<&str>) {
    let mut revision = None;
    let mut changed = Vec::new();
    for line in status.split('\0') {
        let fields = match line.get(..2) {
            Some("# ") => {
                let oid = line.strip_prefix("# branch.oid ").filter(|oid| *oid != "(initial)");
                revision = revision.or(oid.map(str::to_owned));
                continue;
            }
            Some("1 ") => 9,
            Some("u ") => 11,
            Some("? ") => 2,
            _ => continue,
        };
        changed.extend(line.splitn(fields, ' ').nth(fields - 1));
    }
    (revision, changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository in a temporary folder, without the machine's settings.
    struct Repository(tempfile::TempDir);

    impl Repository {
        fn new() -> Self {
            let repository = Repository(tempfile::tempdir().expect("temp"));
            repository.git("init -q");
            repository
        }

        fn git(&self, words: &str) {
            let settings = "-c user.name=a -c user.email=a@example.com -c commit.gpgsign=false";
            let git = Git { folder: self.0.path() }.invocation(&format!("{settings} {words}"));
            git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").read().expect(words);
        }

        fn write(&self, path: &str) {
            fs::write_atomic(&self.0.path().join(path), b"x").expect(path);
        }

        fn look(&self, folder: &str) -> Option<WorkTree> {
            let folder = self.0.path().join(folder);
            look(&folder, &folder.join("Cargo.toml"), &folder.join("target")).expect("git answers")
        }
    }

    #[test]
    fn changes_in_the_folder_count() {
        let repository = Repository::new();
        for path in ["a/Cargo.toml", "a/b c/d", "a/target/x", "e"] {
            repository.write(path);
        }
        let before = repository.look("a").expect("a repository");
        assert_eq!((before.revision.as_deref(), before.changed), (None, vec!["Cargo.toml".into(), "b c/d".into()]));

        repository.git("add a/Cargo.toml a/b?c/d");
        repository.git("commit -qm first");
        let clean = repository.look("a").expect("a repository");
        assert_eq!((clean.clean_revision().map(str::len), clean.changed.len()), (Some(40), 0));

        fs::write_atomic(&repository.0.path().join("a/Cargo.toml"), b"other").expect("written");
        let dirty = repository.look("a").expect("a repository");
        assert_eq!((dirty.clean_revision(), &*dirty.changed), (None, &["Cargo.toml".to_owned()][..]));
    }

    #[test]
    fn a_repository_that_ignores_the_project_says_nothing() {
        let repository = Repository::new();
        repository.write("ignored/Cargo.toml");
        fs::write_atomic(&repository.0.path().join(".gitignore"), b"/ignored\n").expect("written");
        assert_eq!(repository.look("ignored"), None);
    }

    #[test]
    fn no_repository_and_a_broken_one() {
        let dir = tempfile::tempdir().expect("temp");
        let look = || look(dir.path(), &dir.path().join("Cargo.toml"), &dir.path().join("target"));
        assert_eq!(look().expect("nothing"), None);
        let dot_git = dir.path().join(".git");
        fs::write_atomic(&dot_git, b"gitdir: nowhere\n").expect("written");
        assert_eq!(look().expect("nothing"), None);
        fs::remove_file(&dot_git).expect("removed");
        for (file, content) in [("HEAD", "ref: refs/heads/x"), ("config", "[broken"), ("objects/x", ""), ("refs/x", "")]
        {
            fs::write_atomic(&dot_git.join(file), content.as_bytes()).expect(file);
        }
        let error = look().expect_err("git cannot read it");
        assert!(
            error.to_string().starts_with("git could not tell which files were changed: bad config line"),
            "{error}"
        );
    }

    #[test]
    fn one_remote_is_the_source() {
        for (said, url) in [
            ("remote.origin.url\nhttps://a.example/x.git\0", Some("https://a.example/x.git")),
            ("remote.upstream.url\nssh://a.example/x\0", Some("ssh://a.example/x")),
            ("remote.a b.c.url\n/x y\0", Some("/x y")),
            ("remote.a.url\n1\0remote.origin.url\n2\0remote.b.url\n3\0", Some("2")),
            ("remote.origin.url\n1\0remote.origin.url\n2\0", Some("1")),
            ("remote.a.url\n1\0remote.a.url\n2\0", Some("1")),
            ("remote.a.url\n1\0remote.b.url\n2\0", None),
            ("remote.origin.url\n\0remote.a.url\n1\0", Some("1")),
            ("remote.origin.url\0", None),
            ("", None),
        ] {
            assert_eq!(choose_remote(said), url, "{said:?}");
        }
        let repository = Repository::new();
        assert_eq!(remote(repository.0.path()), None);
        repository.git("remote add upstream https://a.example/x.git");
        assert_eq!(remote(repository.0.path()).as_deref(), Some("https://a.example/x.git"));
        repository.git("remote add other https://a.example/y.git");
        assert_eq!(remote(repository.0.path()), None);
        repository.git("remote rename other origin");
        assert_eq!(remote(repository.0.path()).as_deref(), Some("https://a.example/y.git"));
    }

    #[test]
    fn status_lines() {
        let hash = "0".repeat(40);
        let text = format!(
            "# branch.oid {hash}\0# branch.head main\01 .M N... 100644 100644 100644 {hash} {hash} a b\0\
             u UU N... 100644 100644 100644 100644 {hash} {hash} {hash} c d\0? e\n f\0! g\0\0? \01 short\0"
        );
        assert_eq!(parse(&text), (Some(hash), vec!["a b", "c d", "e\n f", ""]));
        assert_eq!(parse("# branch.oid (initial)\0"), (None, vec![]));
        assert_eq!(parse(""), (None, vec![]));
    }
}
