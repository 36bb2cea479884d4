//! Child processes. A command line is a value first; only this file runs it.

mod ask;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

pub use ask::Bounds;

use super::interrupt;
use crate::domain::Explain;

/// Variables that hold credentials for registries. They are kept from children: build scripts, bundlers of user
/// interfaces and what else a build starts have no use for them, nor has Docker for what it is asked here, which is to
/// give or take images of its own. `cross` has Docker pull the images that it builds in; what `docker login` wrote to a
/// file is there for that, and a variable would reach the build scripts that `cross` starts.
const CREDENTIALS: [&str; 1] = ["DOCKER_AUTH_CONFIG"];

/// A program with its arguments, changes to the environment, and folder.
///
/// `Display` prints it as a shell would take it, the way `cargo -vv` does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Invocation {
    /// The program: a path, or a name for `PATH`.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables to set, or with `None` to remove.
    pub env: BTreeMap<String, Option<OsString>>,
    /// The folder to run in; `None` is the current one.
    pub cwd: Option<PathBuf>,
}

impl Invocation {
    /// A program without arguments.
    pub fn new(program: impl Into<OsString>) -> Self {
        Invocation { program: program.into(), ..Invocation::default() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<T: Into<OsString>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable for the child.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<OsString>) -> Self {
        self.env.insert(name.into(), Some(value.into()));
        self
    }

    /// Removes a variable for the child.
    #[must_use]
    pub fn env_remove(mut self, name: impl Into<String>) -> Self {
        self.env.insert(name.into(), None);
        self
    }

    /// Sets the folder to run in.
    #[must_use]
    pub fn cwd(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cwd = Some(dir.into());
        self
    }

    /// The program's bare name, for messages.
    #[must_use]
    pub fn name(&self) -> String {
        Path::new(&self.program).file_stem().unwrap_or(&self.program).to_string_lossy().into_owned()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the room that starts programs")]
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        for name in CREDENTIALS {
            command.env_remove(name);
        }
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(dir) = &self.cwd {
            command.current_dir(dir);
        }
        command
    }

    fn spawn(&self, command: &mut Command) -> Result<std::process::Child, Error> {
        command.spawn().map_err(|source| Error::Start { program: self.name(), line: self.to_string(), source })
    }

    /// Runs it to its end and collects what it prints.
    ///
    /// # Errors
    /// When it cannot be started. A failing exit status is no error here.
    pub fn output(&self) -> Result<Output, Error> {
        let child = self.spawn(self.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let output = child.wait_with_output().map_err(|source| self.io(source))?;
        Ok(Output {
            status: noted(output.status),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs it to its end and returns its standard output; a failing exit status is an error.
    ///
    /// # Errors
    /// When it cannot be started or fails; the error holds what it printed on standard error.
    pub fn read(&self) -> Result<String, Error> {
        let output = self.output()?;
        if output.status.success() { Ok(output.stdout) } else { Err(self.failed(output.status, output.stderr)) }
    }

    /// Runs it on the terminal: standard input, output and error are inherited.
    ///
    /// # Errors
    /// When it cannot be started or fails.
    pub fn run(&self) -> Result<(), Error> {
        let status = noted(self.spawn(&mut self.command())?.wait().map_err(|source| self.io(source))?);
        if status.success() { Ok(()) } else { Err(self.failed(status, String::new())) }
    }

    /// Runs it with its standard error on the terminal and hands its standard output to `read`.
    ///
    /// # Errors
    /// When it cannot be started. A failing exit status is returned.
    pub fn stream<T>(&self, read: impl FnOnce(&mut dyn BufRead) -> T) -> Result<(T, ExitStatus), Error> {
        let mut child = self.spawn(self.command().stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let stdout = child.stdout.take().expect("standard output is piped");
        let value = read(&mut BufReader::new(stdout));
        let status = noted(child.wait().map_err(|source| self.io(source))?);
        Ok((value, status))
    }

    /// Runs it, writes its standard input with `write`, and returns what it prints.
    ///
    /// # Errors
    /// When it cannot be started, fails, or stops reading.
    pub fn feed(&self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<String, Error> {
        let mut child =
            self.spawn(self.command().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let mut stdin = child.stdin.take().expect("standard input is piped");
        // The child's two outputs are drained meanwhile, so that neither side waits for the other for ever.
        let drain = |stream: Option<Box<dyn Read + Send>>| {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                stream.map(|mut stream| stream.read_to_end(&mut text));
                String::from_utf8_lossy(&text).into_owned()
            })
        };
        let stdout = drain(child.stdout.take().map(|s| Box::new(s) as _));
        let stderr = drain(child.stderr.take().map(|s| Box::new(s) as _));
        let written = write(&mut stdin).and_then(|()| stdin.flush());
        drop(stdin);
        let status = noted(child.wait().map_err(|source| self.io(source))?);
        let (stdout, stderr) = (stdout.join().unwrap_or_default(), stderr.join().unwrap_or_default());
        if !status.success() {
            return Err(self.failed(status, stderr));
        }
        written.map_err(|source| self.io(source))?;
        Ok(stdout)
    }

    fn io(&self, source: std::io::Error) -> Error {
        Error::Io { program: self.name(), source }
    }

    /// The error of a child that ended with `status`.
    #[must_use]
    pub fn failed(&self, status: ExitStatus, stderr: String) -> Error {
        Error::Failed { program: self.name(), line: self.to_string(), status, stderr }
    }
}

/// Passes on how a child ended, and notes it if that was by Ctrl-C.
fn noted(status: ExitStatus) -> ExitStatus {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        const SIGINT: i32 = 2;
        if status.signal() == Some(SIGINT) {
            interrupt::note();
        }
    }
    status
}

/// What a child printed, and how it ended.
#[derive(Debug, Clone)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output; bytes that are not Unicode are replaced.
    pub stdout: String,
    /// Its standard error; bytes that are not Unicode are replaced.
    pub stderr: String,
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.env.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            write!(f, "{name}={} ", quoted(value))?;
        }
        f.write_str(&quoted(&self.program))?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", quoted(arg)))
    }
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "-_=+./:,@%\\".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A child that could not be started, or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program could not be started.
    #[error("could not start `{program}`: {source}")]
    Start {
        /// The program's bare name.
        program: String,
        /// The whole command line.
        line: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The program ran and failed.
    #[error("`{program}` failed ({status}){}", indented(stderr))]
    Failed {
        /// The program's bare name.
        program: String,
        /// The whole command line.
        line: String,
        /// How it ended.
        status: ExitStatus,
        /// What it printed on standard error, if that was collected.
        stderr: String,
    },
    /// The program took too long.
    #[error("`{program}` did not end within {seconds} seconds")]
    Slow {
        /// The program's bare name.
        program: String,
        /// The whole command line.
        line: String,
        /// How long it was given.
        seconds: u64,
    },
    /// Talking to the running program failed.
    #[error("lost touch with `{program}`: {source}")]
    Io {
        /// The program's bare name.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
}

fn indented(stderr: &str) -> String {
    // Colours are for the terminal that it did not have, and Windows ends lines in its own way.
    let text = anstream::adapter::strip_str(stderr).to_string().replace("\r\n", "\n");
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!(":\n  {}", text.replace('\n', "\n  ")) }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Start { line, .. } | Error::Failed { line, .. } | Error::Slow { line, .. } => Some(line.clone()),
            Error::Io { .. } => None,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Error::Start { program, source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Some(format!("install `{program}`, or put it on PATH; `cargo dext doctor` lists what is missing"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_what_a_shell_takes() {
        let invocation =
            Invocation::new("/usr/bin/cargo").args(["build", "a b", "it's", ""]).env("X", "1 2").env_remove("Y");
        assert_eq!(invocation.to_string(), r"X='1 2' /usr/bin/cargo build 'a b' 'it'\''s' ''");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Invocation::new("dext-no-such-program").read().expect_err("there is no such program");
        assert!(error.to_string().starts_with("could not start `dext-no-such-program`"), "{error}");
        assert!(error.help().is_some());
    }

    #[test]
    fn no_child_inherits_credentials() {
        for program in ["/opt/bin/cargo", "sh", "docker", "/usr/bin/docker.exe", "podman", "cross"] {
            let command = Invocation::new(program).command();
            let found = command.get_envs().any(|change| change == (OsStr::new("DOCKER_AUTH_CONFIG"), None));
            assert!(found, "{program}");
        }
    }
}
