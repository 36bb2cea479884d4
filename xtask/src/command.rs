//! A program to run: every line is printed as `$ ...` before it runs, so that a developer can repeat it by hand.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Result;

/// A command line with its folder and its changes to the environment.
#[derive(Debug, Clone)]
pub struct Cmd {
    program: OsString,
    args: Vec<OsString>,
    dir: Option<PathBuf>,
    /// Changes that are printed: they matter to whoever repeats the line.
    env: Vec<(String, OsString)>,
    /// Changes that are not printed: `cargo xtask setup` has shown them once.
    given: Vec<(String, Option<OsString>)>,
}

impl Cmd {
    /// A line that runs `program` without arguments.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Cmd { program: program.as_ref().to_owned(), args: Vec::new(), dir: None, env: Vec::new(), given: Vec::new() }
    }

    /// Splits a line without quotes at its spaces: `Cmd::line("cargo fmt --check")`.
    pub fn line(line: &str) -> Self {
        let mut words = line.split_whitespace();
        Cmd::new(words.next().unwrap_or_default()).args(words)
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// The same line as the last arguments of another program, such as `time`.
    pub fn under(mut self, program: &[&str]) -> Self {
        let mut words = program.iter().map(OsString::from).chain([self.program]).chain(self.args);
        self.program = words.next().unwrap_or_default();
        self.args = words.collect();
        self
    }

    /// Runs in this folder.
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Sets a variable, and says so in the printed line.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets or takes away variables without a word in the printed line.
    pub fn given(mut self, vars: impl IntoIterator<Item = (String, Option<OsString>)>) -> Self {
        self.given.extend(vars);
        self
    }

    /// Runs the line with this program's own input and output.
    ///
    /// # Errors
    /// When the program cannot be started or does not end with 0.
    pub fn run(&self) -> Result {
        let status = self.announced().stdin(Stdio::null()).status().map_err(|error| self.not_started(&error))?;
        if status.success() { Ok(()) } else { Err(format!("`{self}` failed: {status}").into()) }
    }

    /// Runs the line as [`Cmd::run`], and returns the code it ended with.
    ///
    /// # Errors
    /// When the program cannot be started or was killed.
    pub fn code(&self) -> Result<i32> {
        let status = self.announced().stdin(Stdio::null()).status().map_err(|error| self.not_started(&error))?;
        Ok(status.code().ok_or_else(|| format!("`{self}` was killed: {status}"))?)
    }

    /// Runs the line and gives each line of its output to `see`, its errors go to the terminal.
    ///
    /// # Errors
    /// As [`Cmd::run`].
    pub fn stream(&self, mut see: impl FnMut(&str)) -> Result {
        let mut command = self.announced();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|error| self.not_started(&error))?;
        if let Some(out) = child.stdout.take() {
            for line in BufReader::new(out).split(b'\n') {
                see(&String::from_utf8_lossy(&line?));
            }
        }
        let status = child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("`{self}` failed: {status}").into()) }
    }

    /// Starts the line with its output in a file, and does not wait for its end.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(&self, output: &File) -> Result<Child> {
        let mut command = self.announced();
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output.try_clone()?);
        Ok(command.spawn().map_err(|error| self.not_started(&error))?)
    }

    /// Runs the line and returns what it printed.
    ///
    /// # Errors
    /// As [`Cmd::run`]; the message holds the end of what the program said.
    pub fn read(&self) -> Result<String> {
        let output = self.announced().stdin(Stdio::null()).output().map_err(|error| self.not_started(&error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{self}` failed: {}\n{}", output.status, last_lines(&said, 20)).into())
    }

    /// Runs the line and returns what it printed, whatever it ended with.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn read_anyway(&self) -> Result<String> {
        let output = self.announced().stdin(Stdio::null()).output().map_err(|error| self.not_started(&error))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether the line ends with 0; what it prints is dropped.
    pub fn succeeds(&self) -> bool {
        self.read().is_ok()
    }

    fn announced(&self) -> Command {
        eprintln!("$ {self}");
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        for (name, value) in &self.given {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn not_started(&self, error: &std::io::Error) -> String {
        format!("`{}` could not be started: {error}", self.program.to_string_lossy())
    }
}

/// As a shell would take it.
impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(dir) = &self.dir {
            write!(f, "cd {} && ", quoted(dir.as_os_str()))?;
        }
        self.env.iter().try_for_each(|(name, value)| write!(f, "{name}={} ", quoted(value)))?;
        f.write_str(&quoted(&self.program))?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", quoted(arg)))
    }
}

/// A word in single quotes, if a shell would not take it as it is.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "-_=+./:,@%~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// Finds a program on a search path, as `execvp` would.
pub fn which_on(path: &OsStr, program: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|dir| dir.join(program)).find(|file| is_program(file))
}

/// Finds a program on this process's `PATH`.
pub fn which(program: &str) -> Option<PathBuf> {
    which_on(&std::env::var_os("PATH")?, program)
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file() || file.with_extension("exe").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_printed_as_a_shell_takes_it() {
        let cmd = Cmd::line("cargo build").arg("a b").arg("it's").env("X", "1 2").dir("/d");
        assert_eq!(cmd.to_string(), r"cd /d && X='1 2' cargo build 'a b' 'it'\''s'");
    }

    #[test]
    fn a_line_can_run_under_another_program() {
        let cmd = Cmd::line("cargo build").env("X", "1").under(&["time", "-v"]);
        assert_eq!(cmd.to_string(), "X=1 time -v cargo build");
    }

    #[test]
    fn silent_variables_reach_the_program_and_not_the_line() {
        let cmd = Cmd::new("sh").args(["-c", "echo $SILENT"]).given([("SILENT".to_owned(), Some("heard".into()))]);
        assert!(!cmd.to_string().contains("heard"));
        assert_eq!(cmd.read().unwrap(), "heard\n");
    }

    #[test]
    fn a_failure_holds_the_line_and_its_last_words() {
        let error = Cmd::new("sh").args(["-c", "echo why >&2; exit 3"]).read().unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.ends_with("why"), "{error}");
    }

    #[test]
    fn lines_are_seen_as_they_come() {
        let mut seen = Vec::new();
        Cmd::new("sh").args(["-c", "echo a; echo b"]).stream(|line| seen.push(line.to_owned())).unwrap();
        assert_eq!(seen, ["a", "b"]);
    }
}
