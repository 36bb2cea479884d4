//! A project in a folder of its own, a home of its own, and the program as a user starts it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::files;
use super::redact::Redactions;

/// The program under test.
pub fn exe() -> PathBuf {
    // Where rustc is a shell script, the shell drops this variable, because its name has a hyphen. Cargo puts
    // the program into the folder above that of the tests.
    let beside = || {
        let tests = std::env::current_exe().expect("this test has a path");
        tests.ancestors().nth(2).expect("it lies two folders deep").join("cargo-dext")
    };
    option_env!("CARGO_BIN_EXE_cargo-dext").map_or_else(beside, PathBuf::from)
}

/// Variables that reach the program: where tools are, and how the network is reached. Nothing else of the
/// machine does, so that a user's settings cannot change what the tests see.
const PASSED_ON: [&str; 15] = [
    "PATH",
    "RUSTUP_TOOLCHAIN",
    "CARGO_ZIGBUILD_ZIG_PATH",
    "CARGO_ZIGBUILD_PYTHON_PATH",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CARGO_HTTP_CAINFO",
];

/// A folder with a project, a home and a cache in it.
#[derive(Debug)]
pub struct Sandbox {
    root: PathBuf,
    project: PathBuf,
    _temp: Option<tempfile::TempDir>,
}

impl Sandbox {
    /// An empty project.
    pub fn empty() -> Self {
        Self::named("project")
    }

    /// An empty project in a folder of the given name.
    pub fn named(name: &str) -> Self {
        let temp = tempfile::tempdir().expect("a temporary folder can be made");
        Self::at(temp.path().to_owned(), name, Some(temp))
    }

    /// A project that stays where it is between runs, so that what Cargo compiled is found again.
    pub fn kept(name: &str) -> Self {
        let sandbox = Self::at(files::shared_temp(name), "project", None);
        for path in sandbox.sources().into_keys() {
            // A folder goes with what is in it, and what is gone already is no matter.
            let path = sandbox.path(path);
            let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        }
        sandbox
    }

    fn at(root: PathBuf, name: &str, temp: Option<tempfile::TempDir>) -> Self {
        let project = root.join(name);
        std::fs::create_dir_all(&project).expect("the project's folder can be made");
        std::fs::create_dir_all(root.join("home")).expect("the home can be made");
        Sandbox { root, project, _temp: temp }
    }

    /// A copy of a project of `tests/fixtures`.
    pub fn of(fixture: &str) -> Self {
        Self::of_named(fixture, "project")
    }

    /// A copy of a project of `tests/fixtures` in a folder of the given name.
    pub fn of_named(fixture: &str, name: &str) -> Self {
        let sandbox = Self::named(name);
        files::copy_tree(&files::fixture(fixture), &sandbox.project);
        sandbox
    }

    /// The folder that holds everything of this sandbox.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The project's folder.
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// A path of the project.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.project.join(relative)
    }

    /// Where the image of an extension is written by default.
    pub fn layout(&self, name: &str) -> PathBuf {
        self.project.join("target/dext").join(name)
    }

    /// Writes a file of the project, and the folders above it.
    pub fn write(&self, relative: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        files::write(&self.path(relative), content.as_ref());
    }

    /// Replaces a text that occurs once in a file of the project.
    pub fn edit(&self, relative: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(relative)).expect("the file is text");
        assert_eq!(text.matches(from).count(), 1, "`{from}` occurs once in {relative}:\n{text}");
        self.write(relative, text.replace(from, to));
    }

    /// Adds text to the end of a file of the project.
    pub fn append(&self, relative: &str, text: &str) {
        let old = std::fs::read_to_string(self.path(relative)).expect("the file is text");
        self.write(relative, old + text);
    }

    /// Every file of the project outside `target`, with its content, for comparing before and after.
    pub fn sources(&self) -> BTreeMap<PathBuf, String> {
        let mut all = files::fingerprint(&self.project);
        all.retain(|path, _| !path.starts_with("target"));
        all
    }

    /// The program with these arguments, not started yet.
    pub fn dext<T: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = T>) -> Dext<'_> {
        let mut env: BTreeMap<OsString, OsString> =
            PASSED_ON.iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?))).collect();
        let mut set = |name: &str, value: OsString| env.insert(name.into(), value);
        set("HOME", self.root().join("home").into());
        set("USER", "tester".into());
        set("CARGO_HOME", files::cargo_home().into());
        if let Some(rustup) = files::rustup_home() {
            set("RUSTUP_HOME", rustup.into());
        }
        set("CARGO_DEXT_CACHE_DIR", self.root().join("cache").into());
        // zig's own caches are the same for all tests: filling them takes longer than all the linking.
        set("ZIG_GLOBAL_CACHE_DIR", files::shared_temp("zig").into());
        set("CARGO_TERM_COLOR", "never".into());
        let args = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        Dext { sandbox: self, args, env, cwd: self.project.clone(), before: Vec::new() }
    }

    /// Runs the program in the project and expects success.
    pub fn run<T: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = T>) -> Outcome {
        self.dext(args).run().success()
    }

    /// Writes an executable script to a folder that [`Dext::first_on_path`] takes, and returns the folder.
    pub fn stand_in(&self, program: &str, script: &str) -> PathBuf {
        let folder = self.root().join("bin");
        files::write_program(&folder.join(program), format!("#!/bin/sh\n{script}").as_bytes());
        folder
    }

    /// What hides this sandbox's own names in output.
    pub fn redactions(&self) -> Redactions {
        Redactions::new()
            .hide(&exe().to_string_lossy(), "[EXE]")
            .hide(&files::canonical(self.root()).to_string_lossy(), "[ROOT]")
            .hide(&self.root().to_string_lossy(), "[ROOT]")
            .hide(&files::cargo_home().to_string_lossy(), "[CARGO_HOME]")
    }
}

/// A command line of the program.
#[derive(Debug, Clone)]
pub struct Dext<'a> {
    sandbox: &'a Sandbox,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    cwd: PathBuf,
    before: Vec<OsString>,
}

impl Dext<'_> {
    /// Replaces the words of the command line.
    pub fn words<'a>(mut self, words: impl IntoIterator<Item = &'a str>) -> Self {
        self.args = words.into_iter().map(OsString::from).collect();
        self
    }

    /// Adds a word to the command line.
    pub fn arg(mut self, word: &str) -> Self {
        self.args.push(word.into());
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.into(), value.as_ref().to_owned());
        self
    }

    /// Removes a variable.
    pub fn env_remove(mut self, name: &str) -> Self {
        self.env.remove(OsStr::new(name));
        self
    }

    /// Puts a folder in front of `PATH`.
    pub fn first_on_path(self, folder: &Path) -> Self {
        let path = self.env.get(OsStr::new("PATH")).cloned().unwrap_or_default();
        let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).expect("no folder has a colon in its name");
        self.env("PATH", path)
    }

    /// Starts elsewhere than in the project.
    pub fn cwd(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cwd = folder.into();
        self
    }

    /// Starts the program through another one, as `setpriv …` or `sh -c … --`.
    pub fn through<T: AsRef<OsStr>>(mut self, before: impl IntoIterator<Item = T>) -> Self {
        self.before = before.into_iter().map(|word| word.as_ref().to_owned()).collect();
        self
    }

    /// The command, for tests that start it themselves.
    pub fn command(&self) -> Command {
        let mut words = self.before.iter().cloned().chain([exe().into(), "dext".into()]);
        let mut command = Command::new(words.next().expect("there is at least the program"));
        command.args(words).args(&self.args).env_clear().envs(&self.env).current_dir(&self.cwd);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub fn run(&self) -> Outcome {
        let output = self.command().output().expect("the program can be started");
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("standard output is Unicode"),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            redactions: self.sandbox.redactions(),
            line: format!("{:?}", self.args),
        }
    }
}

/// How a run ended and what it printed.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    redactions: Redactions,
    line: String,
}

impl Outcome {
    /// Expects exit code 0.
    #[track_caller]
    pub fn success(self) -> Self {
        self.failure(0)
    }

    /// Expects an exit code.
    #[track_caller]
    pub fn failure(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}\n{}", self.line, self.stdout, self.stderr);
        self
    }

    /// Standard error with everything hidden that differs from run to run.
    pub fn told(&self) -> String {
        self.redactions.apply(&self.stderr)
    }

    /// Standard output with everything hidden that differs from run to run.
    pub fn answer(&self) -> String {
        self.redactions.apply(&self.stdout)
    }

    /// A text of this run with everything hidden that differs from run to run.
    pub fn hide(&self, text: &str) -> String {
        self.redactions.apply(text)
    }

    /// The JSON objects on standard output, one a line; any other line is a failure.
    #[track_caller]
    pub fn json(&self) -> Vec<serde_json::Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The one JSON object with a `reason`.
    #[track_caller]
    pub fn message(&self, reason: &str) -> serde_json::Value {
        let mut found: Vec<_> = self.json().into_iter().filter(|message| message["reason"] == reason).collect();
        assert_eq!(found.len(), 1, "one `{reason}` in {}", self.stdout);
        found.remove(0)
    }

    /// The digest of the image that was packaged, by `--message-format json`.
    #[track_caller]
    pub fn digest(&self) -> String {
        self.message("dext-image")["digest"].as_str().expect("a digest").to_owned()
    }
}
