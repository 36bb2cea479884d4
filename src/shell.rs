//! The only printer. It looks like Cargo: a right-aligned green verb, `warning:` and `error:` in front, a bar
//! for long steps on a terminal, and one JSON object a line where a program listens.

#![expect(clippy::print_stdout, reason = "this is the room that prints")]

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::domain::Explain;
use crate::report::{Event, Message, Report};

const GOOD: Style = AnsiColor::BrightGreen.on_default().bold();
const WARNING: Style = AnsiColor::BrightYellow.on_default().bold();
const BAD: Style = AnsiColor::BrightRed.on_default().bold();
const NOTE: Style = AnsiColor::BrightCyan.on_default().bold();

/// How much is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// What Cargo prints by default.
    Normal,
    /// Details too.
    Verbose,
}

/// The printer of one run.
#[derive(Debug)]
pub struct Shell {
    verbosity: Verbosity,
    color: ColorChoice,
    json: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Shell {
    /// A printer to standard error, and with `json` to standard output too.
    #[must_use]
    pub fn new(verbosity: Verbosity, color: ColorChoice, json: bool) -> Self {
        Shell { verbosity, color, json, bar: Mutex::new(None) }
    }

    /// Prints `text` to standard output as it is: the answer of a command.
    pub fn print(&self, text: &str) {
        // A reader that closed its end, as `head` does, has all it wanted.
        let _ = std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush());
    }

    /// Prints `text` to standard output, unless a program listens there.
    pub fn print_for_people(&self, text: &str) {
        if !self.json {
            self.print(text);
        }
    }

    /// Prints an error: what, where, and what to do next.
    pub fn error(&self, error: &dyn Explain) {
        let mut text = format!("{BAD}error{BAD:#}: {error}\n");
        if let Some(place) = error.place() {
            text += &format!("  {NOTE}-->{NOTE:#} {place}\n");
        }
        if let Some(help) = error.help() {
            text += &format!("  {NOTE}help{NOTE:#}: {help}\n");
        }
        self.write(&text);
    }

    fn write(&self, text: &str) {
        let print = || {
            let _ = AutoStream::new(std::io::stderr(), self.color).write_all(text.as_bytes());
        };
        match self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner).as_ref() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn status(&self, verb: &str, text: &str) {
        self.write(&format!("{GOOD}{verb:>12}{GOOD:#} {text}\n"));
    }

    fn warning(&self, text: &str, help: Option<&str>) {
        let help = help.map_or_else(String::new, |help| format!("  {NOTE}help{NOTE:#}: {help}\n"));
        self.write(&format!("{WARNING}warning{WARNING:#}: {text}\n{help}"));
    }

    fn progress(&self, verb: &'static str, done: u64, total: u64) {
        if self.verbosity == Verbosity::Quiet || !std::io::stderr().is_terminal() {
            return;
        }
        let mut bar = self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if done >= total {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
            return;
        }
        let bar = bar.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template("{prefix:>12.cyan.bold} [{bar:25}] {binary_bytes}/{binary_total_bytes}");
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "))
        });
        bar.set_prefix(verb);
        bar.set_length(total);
        bar.set_position(done);
    }

    fn message(&self, message: &Message) {
        if self.json {
            let line = serde_json::to_string(message).unwrap_or_default();
            println!("{line}");
        }
    }
}

impl Report for Shell {
    fn event(&self, event: Event) {
        match event {
            Event::Message(message) => self.message(&message),
            _ if self.verbosity == Verbosity::Quiet => {}
            Event::Status { verb, text } => self.status(verb, &text),
            Event::Detail { verb, text } if self.verbosity == Verbosity::Verbose => self.status(verb, &text),
            Event::Detail { .. } => {}
            Event::Warning { text, help } => self.warning(&text, help.as_deref()),
            Event::Progress { verb, done, total } => self.progress(verb, done, total),
            Event::Transfer { .. } => {}
        }
    }
}
