//! Asking a program a question, with bounds to the answer.

use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::{Error, Invocation, Output, noted};

/// How much a program may print, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of each of its outputs.
    pub bytes: u64,
    /// From its start to its end.
    pub time: Duration,
}

impl Invocation {
    /// Runs it with `input`, at most a few kilobytes, as its standard input and collects what it prints.
    ///
    /// # Errors
    /// When it cannot be started, or neither ends nor closes its outputs in time; then it is killed. A failing
    /// exit status is no error here, and what it prints beyond the bounds is lost.
    pub fn ask(&self, input: &[u8], bounds: Bounds) -> Result<Output, Error> {
        let deadline = Instant::now() + bounds.time;
        let mut child =
            self.spawn(self.command().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let stdout = collect(child.stdout.take().expect("standard output is piped"), bounds.bytes);
        let stderr = collect(child.stderr.take().expect("standard error is piped"), bounds.bytes);
        // A program may answer without having read the question.
        let _ = child.stdin.take().expect("standard input is piped").write_all(input);
        let slow = || Error::Slow { program: self.name(), line: self.to_string(), seconds: bounds.time.as_secs() };
        let mut pause = Duration::from_millis(1);
        let status = loop {
            if let Some(status) = child.try_wait().map_err(|source| self.io(source))? {
                break noted(status);
            }
            if Instant::now() >= deadline {
                // It may end by itself in this moment, which is as good.
                let _ = child.kill();
                child.wait().map_err(|source| self.io(source))?;
                return Err(slow());
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        };
        // Its own children may hold its outputs open after its end.
        let text = |stream: Receiver<String>| {
            stream.recv_timeout(deadline.saturating_duration_since(Instant::now())).map_err(|_| slow())
        };
        Ok(Output { status, stdout: text(stdout)?, stderr: text(stderr)? })
    }
}

/// Reads an output in a thread of its own, so that neither side waits for the other for ever.
fn collect(stream: impl Read + Send + 'static, bytes: u64) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        // What was read before an error is worth as much as without it.
        let _ = stream.take(bytes).read_to_end(&mut text);
        // Nobody listens any more if the time is up.
        let _ = sender.send(String::from_utf8_lossy(&text).into_owned());
    });
    receiver
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn ask(script: &str, input: &str, bytes: u64, millis: u64) -> Result<Output, Error> {
        let bounds = Bounds { bytes, time: Duration::from_millis(millis) };
        Invocation::new("sh").args(["-c", script]).ask(input.as_bytes(), bounds)
    }

    #[test]
    fn both_outputs_and_the_status_come_back() {
        let output = ask("cat; echo no >&2; exit 3", "question", 100, 60_000).expect("it ends");
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("question", "no\n"));
        assert_eq!(output.status.code(), Some(3));
    }

    #[test]
    fn a_program_may_answer_without_reading() {
        let output = ask("exec <&-; echo yes", &"x".repeat(4096), 100, 60_000).expect("it ends");
        assert_eq!(output.stdout, "yes\n");
    }

    #[test]
    fn an_endless_answer_is_cut() {
        let output = ask("while echo xxxxxxxxx; do :; done", "", 1000, 60_000).expect("it ends with its output");
        assert_eq!(output.stdout.len(), 1000);
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        for script in ["exec sleep 600", "sleep 2 & echo done"] {
            let error = ask(script, "", 100, 200).expect_err("it takes too long");
            assert!(matches!(error, Error::Slow { .. }), "{script}: {error}");
        }
    }
}
