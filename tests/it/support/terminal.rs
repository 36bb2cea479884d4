//! The program at a terminal: `script` of util-linux gives it one, and types.

use std::io::{Read, Write};
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

/// Runs a command line of words without quotes at a terminal, and types each text once what comes before it in `steps`
/// is to be seen. Then the input ends, which a terminal makes of Ctrl-D. None where there is no `script`.
#[track_caller]
pub fn session(dext: &Dext<'_>, steps: &[(&str, &str)]) -> Option<Session> {
    let script = judge("script")?;
    let command = dext.command();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| format!("'{}'", word.to_string_lossy())).collect();
    let vars = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    // A question that never comes would be waited for without end.
    let mut child = Command::new("timeout")
        .args(["--kill-after=5", "120"])
        .arg(script)
        .args(["--quiet", "--return", "--command", &words.join(" "), "/dev/null"])
        .env_clear()
        .envs(vars)
        .current_dir(command.get_current_dir().expect("the tests say where"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`script` can be started");
    let mut input = child.stdin.take().expect("it is piped");
    let mut output = child.stdout.take().expect("it is piped");
    let (mut seen, mut from) = (Vec::new(), 0);
    for (awaited, typed) in steps {
        let found = |seen: &[u8]| Some(from + shown(seen).get(from..)?.find(awaited)? + awaited.len());
        while found(&seen).is_none() && read_more(&mut output, &mut seen) {}
        from = found(&seen).unwrap_or(from);
        // A program that has ended types its questions no more, and the test sees that.
        let _ = input.write_all(typed.as_bytes());
    }
    drop(input);
    while read_more(&mut output, &mut seen) {}
    Some(Session { code: child.wait().expect("it ends").code(), screen: shown(&seen) })
}

/// Whether there was more.
fn read_more(output: &mut impl Read, seen: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 4096];
    let count = output.read(&mut buffer).unwrap_or_default();
    seen.extend_from_slice(&buffer[..count]);
    count > 0
}

/// What a terminal would show.
fn shown(bytes: &[u8]) -> String {
    anstream::adapter::strip_str(&String::from_utf8_lossy(bytes)).to_string().replace('\r', "")
}
