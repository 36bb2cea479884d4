//! Side effects live in the rooms made for them.

use super::Finding;
use super::source::Source;

/// The files and folders that may switch off clippy's `disallowed_methods` (see `.clippy.toml`).
const ROOMS: [&str; 9] = [
    "src/sys/interrupt.rs",
    "src/sys/process.rs",
    "src/sys/fs/",
    "src/sys/env.rs",
    "src/sys/http.rs",
    "src/build/fetch",
    "src/registry/client/",
    // The exception that cargo-zigbuild asks for: in its roles this process is a linker, and starts zig.
    "src/build/zig.rs",
    "src/shell.rs",
];

/// Finds the lint switched off in another file, outside of its tests.
pub fn check(source: &Source) -> Vec<Finding> {
    if ROOMS.iter().any(|room| source.path.starts_with(room)) {
        return Vec::new();
    }
    let switched = source.code_before_tests().match_indices("clippy::disallowed_methods");
    switched
        .map(|(at, _)| source.finding(at, "side effects belong to sys, registry/client, build/fetch or shell"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_in_the_wrong_room_is_found() {
        let text = "#![expect(clippy::disallowed_methods, reason = \"x\")]\n";
        let found = |path: &str| check(&Source::new(path, text.to_owned())).len();
        assert_eq!((found("src/plan/mod.rs"), found("src/sys/fs/mod.rs")), (1, 0));
        let in_tests = format!("\n#[cfg(test)]\nmod tests {{\n{text}}}");
        assert!(check(&Source::new("src/plan/mod.rs", in_tests)).is_empty());
    }
}
