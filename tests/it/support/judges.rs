//! Programs that others wrote and that know what an image is.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::daemon::Engine;

/// Finds a judge. Where it is missing, a strict run fails, and any other run says so and passes over it.
#[track_caller]
pub fn judge(program: &str) -> Option<PathBuf> {
    let found = on_path(program);
    if found.is_none() {
        absent(&format!("there is no `{program}` on PATH"));
    }
    found
}

/// Says that something is missing that a test needs; fails in a strict run.
#[track_caller]
pub fn absent(what: &str) {
    assert!(!is_strict(), "{what}, and DEXT_TEST_STRICT is set");
    eprintln!("skipped: {what}");
}

/// Whether nothing may be skipped.
pub fn is_strict() -> bool {
    std::env::var_os("DEXT_TEST_STRICT").is_some_and(|value| value == "1")
}

/// Whether the tests run as root, as mounts and container engines want it.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// A container engine of this test's own; none where there is none or no right to start one.
#[track_caller]
pub fn engine() -> Option<Engine> {
    let (dockerd, docker) = (judge("dockerd")?, judge("docker")?);
    if !is_root() {
        absent("only root can start a container engine");
        return None;
    }
    Some(Engine::start(&dockerd, &docker))
}

/// A program on `PATH`.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The Python with the packages that judge schemas.
#[track_caller]
pub fn python() -> Option<PathBuf> {
    let named = std::env::var_os("DEXT_TEST_PYTHON").map(PathBuf::from);
    if named.is_none() {
        absent("DEXT_TEST_PYTHON names no Python with jsonschema and referencing");
    }
    named
}

/// The folder with the npm packages that judge: axe's script lies two folders deep in it.
#[track_caller]
pub fn node_modules() -> Option<PathBuf> {
    let axe = std::env::var_os("DEXT_TEST_AXE").map(PathBuf::from);
    let folder = axe.as_deref().and_then(|axe| axe.ancestors().nth(2)).map(Path::to_owned);
    if folder.is_none() {
        absent("DEXT_TEST_AXE names no script among npm packages");
    }
    folder
}

/// The folder with the schemas of the image specification.
#[track_caller]
pub fn schemas() -> Option<PathBuf> {
    let debian = "/usr/share/gocode/src/github.com/opencontainers/image-spec/schema";
    let named = std::env::var_os("DEXT_TEST_SCHEMAS").map_or_else(|| PathBuf::from(debian), PathBuf::from);
    if named.join("image-index-schema.json").is_file() {
        return Some(named);
    }
    absent("DEXT_TEST_SCHEMAS names no folder with the schemas of the image specification");
    None
}

/// The folder with the schema of SARIF and the program that knows its further rules.
#[track_caller]
pub fn sarif() -> Option<PathBuf> {
    let named = std::env::var_os("DEXT_TEST_SARIF").map(PathBuf::from);
    if named.is_none() {
        absent("DEXT_TEST_SARIF names no folder with the multitool for SARIF");
    }
    named
}

/// Runs a program to its end.
#[track_caller]
pub fn run<T: AsRef<OsStr>>(program: &Path, args: impl IntoIterator<Item = T>) -> Output {
    let mut command = Command::new(program);
    command.args(args);
    command.output().unwrap_or_else(|error| panic!("{}: {error}", program.display()))
}

/// Runs a program that must succeed and returns its standard output.
#[track_caller]
pub fn accept<T: AsRef<OsStr>>(program: &Path, args: impl IntoIterator<Item = T>) -> String {
    let output = run(program, args);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{} says no:\n{stdout}{stderr}", program.display());
    stdout
}

/// Runs a program that must fail and returns everything it says.
#[track_caller]
pub fn refuse<T: AsRef<OsStr>>(program: &Path, args: impl IntoIterator<Item = T>) -> String {
    let output = run(program, args);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(!output.status.success(), "{} says yes:\n{said}", program.display());
    said
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
