//! Questions to the person at the terminal.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Read};

use super::{NOTE, Shell, Verbosity};
use crate::domain::printable;
use crate::error::Error;

/// The longest line that is read as an answer, in bytes. Terminals end lines long before.
const MAX_ANSWER: u64 = 1 << 16;

/// Somebody who may answer questions.
pub trait Ask {
    /// Asks, and returns the answer without blanks around it; an empty line is the default. `None` if nobody is there
    /// to answer, and then the default, or an error that names the flag, is up to the caller.
    ///
    /// # Errors
    /// When the input ends before the answer.
    fn ask(&self, question: &str, default: &str) -> Result<Option<String>, Error>;

    /// Says something about the last answer.
    fn object(&self, text: &str);

    /// Asks again until `check` takes the answer. What `check` says against an answer is shown.
    ///
    /// # Errors
    /// When the input ends before such an answer.
    fn ask_until<T, E: Display>(
        &self,
        question: &str,
        default: &str,
        check: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Error>
    where
        Self: Sized,
    {
        while let Some(answer) = self.ask(question, default)? {
            match check(&answer) {
                Ok(value) => return Ok(Some(value)),
                Err(why) => self.object(&why.to_string()),
            }
        }
        Ok(None)
    }
}

/// Questions on standard error, answers from standard input.
#[derive(Debug)]
pub struct Questions<'a> {
    shell: &'a Shell,
    open: bool,
}

impl Shell {
    /// The person at the terminal. Nobody is asked after `--yes`, with `-q`, where a program listens, or where standard
    /// input or standard error is no terminal.
    #[must_use]
    pub fn questions(&self, yes: bool) -> Questions<'_> {
        let wanted = !yes && !self.json && self.verbosity > Verbosity::Quiet;
        Questions { shell: self, open: wanted && io::stdin().is_terminal() && io::stderr().is_terminal() }
    }
}

impl Ask for Questions<'_> {
    fn ask(&self, question: &str, default: &str) -> Result<Option<String>, Error> {
        if !self.open {
            return Ok(None);
        }
        self.shell.write(&prompt(question, default));
        match answer(&mut io::stdin().lock(), default) {
            Some(answer) => Ok(Some(answer)),
            None => {
                // The error begins on a line of its own.
                self.shell.write("\n");
                Err(Error::Unanswered)
            }
        }
    }

    fn object(&self, text: &str) {
        self.shell.warning(&printable(text), None);
    }
}

fn prompt(question: &str, default: &str) -> String {
    let default = if default.is_empty() { String::new() } else { format!(" [{}]", printable(default)) };
    format!("{NOTE}{}{NOTE:#}{default}: ", printable(question))
}

/// A line, or the default if it is blank; `None` if there is none.
fn answer(input: &mut impl BufRead, default: &str) -> Option<String> {
    let mut line = Vec::new();
    let read = input.take(MAX_ANSWER).read_until(b'\n', &mut line).ok()?;
    let line = String::from_utf8_lossy(&line);
    match line.trim() {
        _ if read == 0 => None,
        "" => Some(default.to_owned()),
        line => Some(line.to_owned()),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::cell::RefCell;

    use super::{Ask, Error};

    /// A person who gives these answers in order, an empty one for the default, and then ends the input.
    #[derive(Debug, Default)]
    pub(crate) struct Answers {
        pub(crate) left: RefCell<Vec<&'static str>>,
        /// The questions, each with its default, and what was said about answers.
        pub(crate) asked: RefCell<Vec<String>>,
    }

    impl Answers {
        pub(crate) fn new(answers: &[&'static str]) -> Self {
            let left = answers.iter().rev().copied().collect();
            Answers { left: RefCell::new(left), asked: RefCell::default() }
        }
    }

    impl Ask for Answers {
        fn ask(&self, question: &str, default: &str) -> Result<Option<String>, Error> {
            self.asked.borrow_mut().push(format!("{question} [{default}]"));
            let answer = self.left.borrow_mut().pop().ok_or(Error::Unanswered)?;
            Ok(Some(if answer.is_empty() { default } else { answer }.to_owned()))
        }

        fn object(&self, text: &str) {
            self.asked.borrow_mut().push(text.to_owned());
        }
    }

    /// Nobody.
    #[derive(Debug)]
    pub(crate) struct Nobody;

    impl Ask for Nobody {
        fn ask(&self, _: &str, _: &str) -> Result<Option<String>, Error> {
            Ok(None)
        }

        fn object(&self, text: &str) {
            unreachable!("nobody has said anything: {text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Answers, Nobody};
    use super::*;

    #[test]
    fn an_empty_line_is_the_default() {
        for (typed, expected) in [
            ("x\n", Some("x")),
            ("  x y \r\n", Some("x y")),
            ("\n", Some("default")),
            (" \t\n", Some("default")),
            ("no end", Some("no end")),
            ("", None),
        ] {
            assert_eq!(answer(&mut typed.as_bytes(), "default").as_deref(), expected, "{typed:?}");
        }
        assert_eq!(answer(&mut &b"\xff\n"[..], "").as_deref(), Some("\u{fffd}"));
        let endless = vec![b'x'; 1 << 20];
        assert_eq!(answer(&mut endless.as_slice(), "").map(|answer| answer.len() as u64), Some(MAX_ANSWER));
    }

    #[test]
    fn a_question_does_not_steer_the_terminal() {
        let shown = anstream::adapter::strip_str(&prompt("Title of \u{1b}c", "a\nb")).to_string();
        assert_eq!(shown, "Title of \\u{1b}c [a\\u{a}b]: ");
        assert_eq!(anstream::adapter::strip_str(&prompt("Title", "")).to_string(), "Title: ");
    }

    #[test]
    fn it_asks_until_the_answer_fits() {
        let number = |text: &str| text.parse::<u8>();
        let person = Answers::new(&["x", "", "7"]);
        assert_eq!(person.ask_until("How many", "many", number).expect("an answer"), Some(7));
        let (question, objection) = ("How many [many]", "invalid digit found in string");
        assert_eq!(*person.asked.borrow(), [question, objection, question, objection, question]);
        assert!(matches!(person.ask_until("How many", "many", number), Err(Error::Unanswered)));
        assert_eq!(Nobody.ask_until("How many", "many", number).expect("no error"), None);
    }
}
