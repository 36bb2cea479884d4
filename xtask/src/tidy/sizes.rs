//! Files and functions stay small enough to be read at once.

use super::Finding;
use super::source::Source;

/// Lines of a file before its tests.
const FILE: usize = 400;
/// Lines of a function, from its `fn` to its last brace.
const FUNCTION: usize = 90;

/// Finds files and functions that are too long.
pub fn check(source: &Source) -> Vec<Finding> {
    let lines = source.code_before_tests().lines().count();
    let long_file = (lines > FILE).then(|| source.finding_in_line(FILE + 1, format!("{lines} lines; at most {FILE}")));
    let long_functions = functions(&source.code).into_iter().filter(|(_, length)| *length > FUNCTION);
    let long_functions = long_functions
        .map(|(at, length)| source.finding(at, format!("a function of {length} lines; at most {FUNCTION}")));
    long_file.into_iter().chain(long_functions).collect()
}

/// The place and the number of lines of every function with a body.
fn functions(code: &str) -> Vec<(usize, usize)> {
    code.match_indices("fn ")
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .filter_map(|(at, _)| Some((at, code[at..at + body_end(&code[at..])?].matches('\n').count() + 1)))
        .collect()
}

/// Where the body that follows a signature ends; nothing for a signature alone or a function's type.
fn body_end(code: &str) -> Option<usize> {
    let (mut depth, mut inner) = (0_usize, 0_usize);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => inner += 1,
            // More closing than opening: this `fn` was a type inside of something else.
            ')' | ']' => inner = inner.checked_sub(1)?,
            ';' if depth == 0 && inner == 0 => return None,
            '{' => depth += 1,
            '}' if depth <= 1 => return (depth == 1).then_some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured() {
        let code = "trait T { fn a(&self, x: [u8; 4]) -> u8; }\npub fn b(\n    f: fn(u8) -> u8,\n) {\n    if x { }\n}\nfn c() {}\n";
        let lengths: Vec<usize> = functions(code).into_iter().map(|(_, length)| length).collect();
        assert_eq!(lengths, [5, 1]);
    }

    #[test]
    fn what_is_too_long_is_found() {
        let long = format!("fn f() {{\n{}}}\n", "x();\n".repeat(FUNCTION));
        let found = check(&Source::new("src/a.rs", long));
        assert_eq!((found.len(), found[0].line), (1, 1));
        assert_eq!(check(&Source::new("src/a.rs", "x\n".repeat(FILE + 1))).len(), 1);
        let tests = format!("{}#[cfg(test)]\nmod tests {{\n{}}}", "x\n".repeat(FILE), "x\n".repeat(9));
        assert!(check(&Source::new("src/a.rs", tests)).is_empty());
    }

    #[test]
    fn where_clauses_do_not_hide_a_body() {
        let code = format!("fn f<T>(x: T) -> u8\nwhere\n    T: Into<u8>,\n{{\n{}}}\n", "x();\n".repeat(FUNCTION));
        assert_eq!(check(&Source::new("src/a.rs", code)).len(), 1);
    }
}
