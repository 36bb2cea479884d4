//! The programs of the user's own system that a page runs, and their output line by line.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard};

use serde_json::{Value, json};

/// All programs of a page.
#[derive(Debug, Default)]
pub struct Runs {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    commands: Vec<Vec<String>>,
    programs: Vec<Child>,
    held_after: Option<usize>,
    /// Those that the page closed: nobody waits for what they still say.
    closed: BTreeSet<usize>,
}

impl Runs {
    /// Passes on so many lines of a program and then none, until [`Runs::release`].
    pub fn hold_after(&self, lines: usize) {
        self.state().held_after = Some(lines);
    }

    /// Passes on all lines.
    pub fn release(&self) {
        self.state().held_after = None;
        self.changed.notify_all();
    }

    /// The words of every command line so far.
    pub fn commands(&self) -> Vec<Vec<String>> {
        self.state().commands.clone()
    }

    /// How many programs run.
    pub fn running(&self) -> usize {
        let running = |program: &mut Child| matches!(program.try_wait(), Ok(None));
        self.state().programs.iter_mut().filter_map(|program| running(program).then_some(())).count()
    }

    /// Ends a program.
    pub(super) fn close(&self, run: &Value) {
        let run = run.as_u64().and_then(|run| usize::try_from(run).ok()).expect("the number of a run");
        let mut state = self.state();
        state.programs[run].kill().expect("the program can be ended");
        state.closed.insert(run);
        self.changed.notify_all();
    }

    /// Runs a program and tells the page of it: an event a line, as they happen.
    pub(super) fn stream(&self, stream: &TcpStream, host: &Path, wanted: &Value) {
        let command = wanted["command"].as_str().expect("a command");
        let args: Vec<&str> = wanted["args"].as_array().expect("arguments").iter().filter_map(Value::as_str).collect();
        let words = std::iter::once(command).chain(args.iter().copied());
        self.state().commands.push(words.map(str::to_owned).collect());
        let mut page = Page(stream);
        page.begin();
        let mut program = Command::new(host.join(command));
        match program.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
            Ok(program) => self.pass_on(&mut page, program),
            Err(error) => page.tell(&json!({ "error": format!("spawn {command}: {error}") })),
        }
    }

    fn pass_on(&self, page: &mut Page<'_>, mut program: Child) {
        let (stdout, stderr) = (program.stdout.take().expect("asked for"), program.stderr.take().expect("asked for"));
        let run = {
            let mut state = self.state();
            state.programs.push(program);
            state.programs.len() - 1
        };
        page.tell(&json!({ "run": run }));
        self.pass_on_lines(page, run, stdout);
        let mut errors = String::new();
        // The tools say little there, so it waits until the end.
        BufReader::new(stderr).read_to_string(&mut errors).expect("text");
        for line in errors.lines() {
            page.tell(&json!({ "stderr": line }));
        }
        let status = self.state().programs[run].wait().expect("it was started");
        page.tell(&json!({ "code": status.code().unwrap_or(-1) }));
    }

    fn pass_on_lines(&self, page: &mut Page<'_>, run: usize, stdout: ChildStdout) {
        for (index, line) in BufReader::new(stdout).lines().map_while(Result::ok).enumerate() {
            let held = |state: &mut State| {
                !state.closed.contains(&run) && state.held_after.is_some_and(|lines| index >= lines)
            };
            drop(self.changed.wait_while(self.state(), held).expect("no test panicked"));
            page.tell(&json!({ "stdout": line }));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panicked")
    }
}

/// The page that listens. One that goes away has its reasons.
struct Page<'a>(&'a TcpStream);

impl Page<'_> {
    fn begin(&mut self) {
        let _ = self.0.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n");
    }

    fn tell(&mut self, event: &Value) {
        let _ = self.0.write_all(format!("{event}\n").as_bytes());
    }
}
