//! Who the user is to a registry: a table of files, variables and helpers, each with the exact answer or error.
//!
//! Helpers are real programs. Every secret of the table contains `hunter2`, and nothing that can be printed may.

mod broken;
mod docker;
mod helpers;
mod podman;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cargo_dext::domain::Explain;
use cargo_dext::registry::credentials::{Credential, Keychain};
use cargo_dext::sys::Env;

use crate::support::files;
use crate::support::sandbox::Sandbox;
use crate::support::secrets::assert_untold;

/// In all secrets of the table, and nowhere else.
const MARK: &str = "hunter2";

/// What a user has, what is asked, and what is answered.
///
/// `<user:password>` in a file or variable is written as its base64, `[HOME]` as the home folder. A file whose
/// content is `->` and a path is a link, one whose path ends with `/` a folder.
struct Row {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    vars: &'static [(&'static str, &'static str)],
    helpers: &'static [(&'static str, &'static str)],
    ask: (&'static str, &'static str),
    told: &'static str,
}

const ROW: Row = Row { name: "", files: &[], vars: &[], helpers: &[], ask: ("ghcr.io", "octo/tool"), told: "" };

impl Row {
    /// Lays everything out below `home`, asks, and returns the answer with its secret, and all that can be
    /// printed without it.
    fn play(&self, home: &Path) -> (String, String) {
        for (path, content) in self.files {
            lay(&home.join(path), content, path.ends_with('/'));
        }
        for (name, script) in self.helpers {
            let link = home.join("bin").join(format!("docker-credential-{name}"));
            files::write(&link.with_file_name(format!("docker-credential-{name}.sh")), script.as_bytes());
            std::os::unix::fs::symlink(files::fixture("credentials/helper"), &link).expect("the link can be made");
        }
        let shown = home.to_str().expect("the temporary folder has a plain name");
        let own = [("HOME", "[HOME]"), ("PATH", "[HOME]/bin"), ("XDG_RUNTIME_DIR", "[HOME]/run")];
        let vars: Vec<_> =
            own.iter().chain(self.vars).map(|(name, value)| (*name, encoded(value).replace("[HOME]", shown))).collect();
        let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let env = Env::of(&vars);
        let keychain = Keychain::from_env(&env);
        let (registry, repository) = self.ask;
        let found = keychain.find(registry, repository);
        let answer = match &found {
            Ok(found) => match &found.credential {
                Credential::Anonymous => format!("anonymous: {}", found.origin),
                Credential::Basic { user, password } => {
                    format!("{user} with {}: {}", password.expose(), found.origin)
                }
                Credential::IdentityToken(token) => format!("identity token {}: {}", token.expose(), found.origin),
                Credential::RegistryToken(token) => format!("registry token {}: {}", token.expose(), found.origin),
            },
            Err(error) => {
                let below = [("-->", error.place()), ("help:", error.help())];
                let below = below.iter().filter_map(|(mark, text)| Some(format!("\n{mark} {}", text.as_ref()?)));
                format!("{error}{}", below.collect::<String>())
            }
        };
        let public = match &found {
            Ok(found) => found.origin.clone(),
            Err(_) => answer.clone(),
        };
        let debug = format!("{env:?} {keychain:?} {found:?} {found:#?} {public}");
        (answer.replace(shown, "[HOME]"), debug)
    }
}

fn lay(path: &Path, content: &str, folder: bool) {
    if folder {
        std::fs::create_dir_all(path).expect("the folder can be made");
    } else if let Some(target) = content.strip_prefix("->") {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        std::os::unix::fs::symlink(target, path).expect("the link can be made");
    } else {
        files::write(path, encoded(content).as_bytes());
    }
}

/// Replaces every `<user:password>` by its base64.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, (secret, after))) = rest.split_once('<').and_then(|(a, b)| Some((a, b.split_once('>')?))) {
        out += before;
        out += &if secret.contains(':') { STANDARD.encode(secret) } else { format!("<{secret}>") };
        rest = after;
    }
    out + rest
}

#[track_caller]
fn play(rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in rows {
        let home = tempfile::tempdir().expect("a temporary folder can be made");
        let (answer, debug) = row.play(home.path());
        assert_untold(&debug, MARK);
        if answer != row.told {
            wrong.push(format!("{}\n  wanted: {}\n  found:  {answer}", row.name, row.told));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn docker_files() {
    play(docker::ROWS);
}

#[test]
fn podman_files() {
    play(podman::ROWS);
}

#[test]
fn helpers_answer() {
    play(helpers::ROWS);
}

#[test]
fn broken_files_and_helpers() {
    play(broken::ROWS);
}

#[test]
fn the_table_is_long_enough_and_names_each_row_once() {
    let rows = || [docker::ROWS, podman::ROWS, helpers::ROWS, broken::ROWS].into_iter().flatten();
    let names: std::collections::BTreeSet<_> = rows().map(|row| row.name).collect();
    assert_eq!(names.len(), rows().count());
    assert!(names.len() >= 30);
    let secret = rows().filter(|row| row.told.contains(MARK)).count();
    assert!(secret >= 20, "only {secret} rows end in a secret");
}

#[test]
fn files_that_no_text_can_be() {
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let path = home.path().join(".docker/config.json");
    let deep = format!("{}{MARK}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let many = format!("{{\"a\":[{}0]}}", "[],".repeat(300_000));
    for (content, told) in [
        (b"{\"auths\":{\"hunter2\":\"\xff\xfe\"}}".to_vec(), "`[HOME]/.docker/config.json` is not UTF-8"),
        ("\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect(), "`[HOME]/.docker/config.json` is not UTF-8"),
        (vec![b' '; (1 << 20) + 1], "could not read `[HOME]/.docker/config.json`: it is larger than 1048576 bytes"),
        (deep.into_bytes(), "`[HOME]/.docker/config.json` is no JSON: recursion limit exceeded at line 1 column 636"),
        (many.into_bytes(), ""),
        (vec![b' '; 1 << 20], ""),
    ] {
        files::write(&path, &content);
        let shown = home.path().to_str().expect("a plain name");
        let found = Keychain::from_env(&Env::of(&[("HOME", shown)])).find("ghcr.io", "a/b");
        let error = found.as_ref().err().map(|error| error.to_string().replace(shown, "[HOME]"));
        assert_eq!(error.unwrap_or_default(), told);
        assert_untold(&format!("{found:?}"), MARK);
    }
}

#[test]
fn a_keychain_reads_late_and_once() {
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let path = home.path().join(".docker/config.json");
    let log_in = |user: &str| {
        let text = format!(r#"{{"auths": {{"ghcr.io": {{"auth": "<{user}:{MARK}>"}}}}}}"#);
        files::write(&path, encoded(&text).as_bytes());
    };
    let keychain = Keychain::from_env(&Env::of(&[("HOME", home.path().to_str().expect("a plain name"))]));
    let user = || match keychain.find("ghcr.io", "a/b").expect("an answer").credential {
        Credential::Basic { user, .. } => user,
        other => panic!("{other:?}"),
    };
    log_in("one");
    assert_eq!(user(), "one", "nothing is read before it is asked for");
    log_in("two");
    assert_eq!(user(), "one", "one run has one answer");
}

#[test]
fn children_do_not_see_docker_auth_config() {
    let sandbox = Sandbox::empty();
    let link = sandbox.root().join("bin/cargo");
    files::write(&link.with_file_name("cargo.sh"), b"env > \"$0.seen\"; exit 1");
    std::os::unix::fs::symlink(files::fixture("credentials/helper"), &link).expect("the link can be made");
    let value = encoded(r#"{"auths": {"ghcr.io": {"auth": "<octocat:hunter2>"}}}"#);
    let run = sandbox.dext(["metadata"]).env("CARGO", &link).env("OTHER", "seen").env("DOCKER_AUTH_CONFIG", value);
    let outcome = run.run().failure(101);
    let seen = std::fs::read_to_string(link.with_file_name("cargo.seen")).expect("cargo was asked");
    assert!(seen.contains("OTHER=seen"), "{seen}");
    for text in [&seen, &outcome.stdout, &outcome.stderr] {
        assert_untold(text, MARK);
    }
}
