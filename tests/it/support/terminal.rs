//! The program at a terminal: `script` of util-linux gives it one, and types.

use std::io::Write;
use std::process::{Command, Stdio};

use super::judges::judge;
use super::sandbox::Dext;

/// How a run at a terminal ended, and all that was to be seen there: what was printed, and what was typed.
#[derive(Debug)]
pub struct Session {
    /// The exit code.
    pub code: Option<i32>,
    /// The screen, without colours and with plain line ends.
    pub screen: String,
}

/// Runs a command line of words without quotes at a terminal. What is typed ends with the end of the input, which a
/// terminal makes of Ctrl-D. None where there is no `script`.
#[track_caller]
pub fn session(dext: &Dext<'_>, typed: &str) -> Option<Session> {
    let script = judge("script")?;
    let command = dext.command();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| format!("'{}'", word.to_string_lossy())).collect();
    let vars = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let mut child = Command::new(script)
        .args(["--quiet", "--return", "--command", &words.join(" "), "/dev/null"])
        .env_clear()
        .envs(vars)
        .current_dir(command.get_current_dir().expect("the tests say where"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`script` can be started");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(typed.as_bytes()).expect("the terminal takes it");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let screen = anstream::adapter::strip_str(&String::from_utf8_lossy(&output.stdout)).to_string();
    Some(Session { code: output.status.code(), screen: screen.replace('\r', "") })
}
