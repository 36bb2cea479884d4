//! Whether a command may change a file or folder that a copy brings.

use super::copies::below;
use super::stages::Run;

/// Programs that leave the content of files as it is.
const HARMLESS: [&str; 6] = ["chown", "mkdir", "ls", "stat", "test", "["];

/// Whether a command speaks of a path, of what lies below it, or of a folder above it. What it does `before` the path
/// is there lasts only below a folder.
pub(super) fn may_change(run: &Run, path: &str, is_folder: bool, before: bool) -> bool {
    if before && !is_folder {
        return false;
    }
    let speaks = |command: &str| {
        if before {
            return occurs(command, &format!("{path}/"), |_| true);
        }
        let above = path.match_indices('/').skip(1).any(|(end, _)| occurs(command, &path[..end], ends_whole));
        let relative = below(&run.workdir, path).filter(|rest| !rest.is_empty());
        occurs(command, path, ends_name) || above || relative.is_some_and(|rest| occurs(command, rest, ends_name))
    };
    // Within the folder, a command need not name it.
    let within = is_folder && run.workdir != "/" && below(path, &run.workdir).is_some();
    let commands = run.command.split(['&', ';', '|', '\n']).map(str::trim).filter(|command| !command.is_empty());
    commands.into_iter().any(|command| (within || speaks(command)) && !is_harmless(command))
}

/// Whether a path stands in a command, as a word of its own or at the end of `./`, `=` or a quote, and not in a longer
/// path before it; `ends` says what may follow.
fn occurs(command: &str, path: &str, ends: fn(&str) -> bool) -> bool {
    command.match_indices(path).any(|(at, _)| {
        let before = command[..at].trim_end_matches("./");
        let begins = !before.ends_with(|c: char| c.is_alphanumeric() || "_-./}".contains(c));
        begins && ends(&command[at + path.len()..])
    })
}

/// Whether the name is over, or goes on below.
fn ends_name(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric() || "_-.".contains(c))
}

/// Whether all of a folder is meant.
fn ends_whole(rest: &str) -> bool {
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    !rest.starts_with(|c: char| c.is_alphanumeric() || "_-./".contains(c))
}

/// Whether a command does nothing that a table does not do as well: programs may be executed, files may be read.
fn is_harmless(command: &str) -> bool {
    let mut words = command.split_whitespace();
    match words.next() {
        Some("chmod") => words.all(|word| {
            let takes = word.contains('-') && word.ends_with(['x', 'r']) && !word.contains('/');
            let is_mode = word.bytes().all(|byte| byte.is_ascii_digit());
            // The last bit of each digit lets execute.
            !takes && (!is_mode || word.bytes().rev().take(3).all(|digit| digit % 2 == 1))
        }),
        Some(program) => HARMLESS.contains(&program),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_change_what_was_taken() {
        for (workdir, command, expected) in [
            ("/", "sed -i s/a/b/ /ui/index.html && rm /ui/x.js", true),
            ("/", "rm -rf /ui", true),
            ("/", "rm ui/x.js", true),
            ("/", "rm ./ui/x.js", true),
            ("/ui", "rm x.js", true),
            ("/ui/sub", "rm x.js", true),
            ("/srv", "rm x.js", false),
            ("/", "make -C /src/ui", false),
            ("/", "apk add uiux /uix", false),
            ("/", "chmod -R 0755 /ui && chown x /ui", false),
            ("/", "chmod -R a-x /ui", true),
            ("/", "chmod 0644 /ui/x", true),
            ("/", "cat <<EOF\nx\nEOF\nrm /ui/x", true),
        ] {
            let run = Run { line: 1, command: command.to_owned(), workdir: workdir.to_owned() };
            assert_eq!(may_change(&run, "/ui", true, false), expected, "{workdir} {command}");
        }
        let run = |command: &str| Run { line: 1, command: command.to_owned(), workdir: "/".to_owned() };
        for (command, path, is_folder, before, expected) in [
            ("mkdir -p /ui && touch /ui/x", "/ui", true, true, true),
            ("mkdir -p /ui", "/ui", true, true, false),
            ("touch /a/tool", "/a/tool", false, true, false),
            ("rm -r /a", "/a/tool", false, false, true),
            ("rm -r /a/*", "/a/tool", false, false, true),
            ("rm /a/other", "/a/tool", false, false, false),
        ] {
            assert_eq!(may_change(&run(command), path, is_folder, before), expected, "{command}");
        }
    }
}
