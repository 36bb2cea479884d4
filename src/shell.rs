//! The only printer. It looks like Cargo: a right-aligned green verb, `warning:` and `error:` in front, a bar
//! for long steps on a terminal, and one JSON object a line where a program listens.
//!
//! What is told of images, files and servers holds words of theirs. Whoever puts them into a sentence keeps them to one
//! line ([`quoted`](crate::domain::quoted)); that nothing but our own colours steers the terminal is seen to here.

pub mod ask;
mod bars;

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use bars::Bars;

use crate::domain::{Explain, printable, printable_lines};
use crate::report::{Event, Message, Report};
use crate::sys::Env;

const GOOD: Style = AnsiColor::BrightGreen.on_default().bold();
const WARNING: Style = AnsiColor::BrightYellow.on_default().bold();
const BAD: Style = AnsiColor::BrightRed.on_default().bold();
const NOTE: Style = AnsiColor::BrightCyan.on_default().bold();

/// What an answer is written on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Columns of the terminal; none where there is no terminal, and lines may be as long as they are.
    pub width: Option<usize>,
    /// Whether it shows more than ASCII.
    pub unicode: bool,
    /// Whether it shows colours.
    pub color: bool,
}

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
    answers: ColorChoice,
    json: bool,
    bars: Mutex<Option<Bars>>,
    /// Why standard output did not take all of the answer.
    lost: Mutex<Option<io::Error>>,
}

/// The answer of a command did not get to where it was to go.
#[derive(Debug, thiserror::Error)]
#[error("could not write to standard output: {0}")]
pub struct Lost(io::Error);

impl Explain for Lost {
    fn help(&self) -> Option<String> {
        let full = self.0.kind() == io::ErrorKind::StorageFull;
        full.then(|| "free some space; what the command was to do besides is done".to_owned())
    }
}

impl Shell {
    /// A printer to standard error, and with `json` to standard output too.
    #[must_use]
    pub fn new(verbosity: Verbosity, color: ColorChoice, json: bool) -> Self {
        Shell { verbosity, color, answers: ColorChoice::Never, json, bars: Mutex::default(), lost: Mutex::default() }
    }

    /// The same with colours on standard output, for commands whose answer has some.
    #[must_use]
    pub fn with_color_of_answers(self, answers: ColorChoice) -> Self {
        Shell { answers, ..self }
    }

    /// What standard output is: how wide, in which letters, in colour or not.
    #[must_use]
    pub fn page(&self, env: &Env) -> Page {
        let columns = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
        let asked = || env.var("COLUMNS").and_then(|columns| columns.parse().ok());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| env.var(name));
        // macOS and Windows speak UTF-8 without saying so.
        let utf8 = locale.map_or(!cfg!(target_os = "linux"), |locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        Page { width: columns.or_else(asked), unicode: utf8, color: self.answers != ColorChoice::Never }
    }

    /// Prints `text` to standard output as it is: the answer of a command.
    pub fn print(&self, text: &str) {
        self.print_bytes(text.as_bytes());
    }

    /// Prints bytes to standard output as they are.
    pub fn print_bytes(&self, bytes: &[u8]) {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            // A reader that closed its end, as `head` does, has all it wanted.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.lost.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(error);
            }
            _ => {}
        }
    }

    /// What the first error of printing to standard output was, if there was one. Who prints goes on after it, because
    /// what else there is to do is more than words.
    #[must_use]
    pub fn lost(&self) -> Option<Lost> {
        self.lost.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take().map(Lost)
    }

    /// Whether a program listens at standard output.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints `text` to standard output, unless a program listens there.
    pub fn print_for_people(&self, text: &str) {
        if !self.json {
            self.print(text);
        }
    }

    /// Prints an error: what, where, and what to do next.
    pub fn error(&self, error: &dyn Explain) {
        let mut text = format!("{BAD}error{BAD:#}: {}\n", printable_lines(&error.to_string()));
        if let Some(place) = error.place() {
            text += &format!("  {NOTE}-->{NOTE:#} {}\n", printable_lines(&place));
        }
        if let Some(help) = error.help() {
            text += &format!("  {NOTE}help{NOTE:#}: {}\n", printable_lines(&help));
        }
        self.write(&text);
    }

    fn write(&self, text: &str) {
        let print = || {
            let _ = AutoStream::new(io::stderr(), self.color).write_all(text.as_bytes());
        };
        match self.bars.lock().unwrap_or_else(std::sync::PoisonError::into_inner).as_ref() {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }

    fn status(&self, verb: &str, text: &str) {
        self.write(&format!("{GOOD}{verb:>12}{GOOD:#} {}\n", printable_lines(text)));
    }

    fn warning(&self, text: &str, help: Option<&str>) {
        let help = help.map_or_else(String::new, |help| format!("  {NOTE}help{NOTE:#}: {}\n", printable_lines(help)));
        self.write(&format!("{WARNING}warning{WARNING:#}: {}\n{help}", printable_lines(text)));
    }

    /// Moves a bar, where there is a terminal to see it.
    fn bars(&self, show: impl FnOnce(&mut Bars)) {
        if io::stderr().is_terminal() {
            let mut bars = self.bars.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            show(bars.get_or_insert_with(Bars::new));
        }
    }

    fn message(&self, message: &Message) {
        if self.json {
            let line = serde_json::to_string(message).unwrap_or_default();
            self.print(&(line + "\n"));
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
            Event::Progress { verb, done, total } => self.bars(|bars| bars.whole(verb, done, total)),
            Event::Transfer { id, label, done, total } => {
                self.bars(|bars| bars.part(id, printable(&label).into_owned(), done, total))
            }
        }
    }
}
