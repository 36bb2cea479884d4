//! Imports point down the floors of the house only.

use super::Finding;
use super::source::Source;

/// The modules of the crate from the ground up. Those of one floor may see each other.
const FLOORS: [&[&str]; 16] = [
    &["domain"],
    &["report", "sys"],
    &["manifest"],
    &["plan"],
    &["build"],
    &["bundle"],
    &["image"],
    &["registry"],
    &["subject"],
    &["validate"],
    &["scaffold"],
    &["dev"],
    &["error"],
    &["shell"],
    &["command"],
    &["cli"],
];

/// Finds the paths `crate::x` that lead to a higher floor than the file's own.
pub fn check(source: &Source) -> Vec<Finding> {
    let Some(room) = room(&source.path) else { return Vec::new() };
    let Some(own) = floor(room) else {
        return vec![source.finding_in_line(1, format!("`{room}` has no floor: add it to xtask/src/tidy/floors.rs"))];
    };
    let mut findings = Vec::new();
    for (at, name) in crate_paths(source.code_before_tests()) {
        match floor(name) {
            Some(floor) if floor <= own => {}
            Some(_) => findings.push(source.finding(at, format!("`{room}` may not see `{name}`, which is above it"))),
            None => findings.push(source.finding(at, format!("`crate::{name}` has no floor"))),
        }
    }
    findings
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// The top module of a file; none for `main.rs` and `lib.rs`, which see everything.
fn room(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let room = inside.split('/').next()?.trim_end_matches(".rs");
    (room != "main" && room != "lib").then_some(room)
}

/// Every first name after `crate::`, with its place; `crate::{a::b, c}` has several.
fn crate_paths(code: &str) -> Vec<(usize, &str)> {
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => paths.push((at, first_name(rest))),
            Some(group) => paths.extend(group_names(group).into_iter().map(|name| (at, name))),
        }
    }
    paths.retain(|(_, name)| !name.is_empty());
    paths
}

/// The first name of each path of a group, up to the brace that closes it.
fn group_names(group: &str) -> Vec<&str> {
    let (mut names, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(first_name(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn first_name(path: &str) -> &str {
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len());
    &path[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&Source::new(path, text.to_owned()))
            .into_iter()
            .map(|found| format!("{}: {}", found.line, found.what))
            .collect()
    }

    #[test]
    fn a_look_up_the_stairs_is_found() {
        let up = ["1: `plan` may not see `build`, which is above it"];
        assert_eq!(findings("src/plan/matrix.rs", "use crate::build::X;"), up);
        assert_eq!(findings("src/plan/matrix.rs", "fn f() { crate::build::x() }"), up);
        assert_eq!(findings("src/plan/mod.rs", "use crate::{domain::{A, B}, build::X};"), up);
        assert_eq!(findings("src/report.rs", "\n\npub(crate) fn f(_: crate::cli::Cli) {}").len(), 1);
    }

    #[test]
    fn down_and_across_is_free() {
        assert!(findings("src/plan/mod.rs", "use crate::{\n    domain::{A, B},\n    plan::X,\n};").is_empty());
        assert!(findings("src/sys/fs.rs", "use crate::report::Report;").is_empty());
        assert!(findings("src/lib.rs", "use crate::cli::X;").is_empty());
        assert!(
            findings("src/plan/mod.rs", "// crate::cli\n#[cfg(test)]\nmod tests { use crate::cli::X; }").is_empty()
        );
    }

    #[test]
    fn a_new_room_needs_a_floor() {
        assert_eq!(findings("src/attic.rs", "").len(), 1);
        assert_eq!(findings("src/cli.rs", "use crate::attic;").len(), 1);
    }
}
