//! Words that promise later work or silence a rule, and files that do not say what they are.

use super::Finding;
use super::source::Source;

const FORBIDDEN: [(&str, &str); 6] = [
    ("todo!", "finish it, or leave it out"),
    ("unimplemented!", "finish it, or leave it out"),
    ("dbg!", "for the desk, not for the house"),
    ("#[ignore", "a test that cannot run says so itself"),
    ("#[allow", "use #[expect(..., reason = \"...\")]"),
    ("#![allow", "use #![expect(..., reason = \"...\")]"),
];

/// Finds forbidden words in code.
pub fn check(source: &Source) -> Vec<Finding> {
    let in_code = |(word, why): &(&str, &str)| {
        let places = source.code.match_indices(word).map(|(at, _)| at).collect::<Vec<_>>();
        places.into_iter().map(|at| source.finding(at, format!("`{word}`: {why}"))).collect::<Vec<_>>()
    };
    FORBIDDEN.iter().flat_map(in_code).collect()
}

/// Finds a file that does not begin with what it is for.
pub fn check_docs(source: &Source) -> Option<Finding> {
    let documented = source.text.starts_with("//! ");
    (!documented).then(|| source.finding_in_line(1, "a file begins with `//!` and what it owns"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_found_in_code_and_not_in_texts() {
        for (word, _) in FORBIDDEN {
            assert_eq!(check(&Source::new("a.rs", format!("\n{word}(x)]"))).len(), 1, "{word}");
            assert!(check(&Source::new("a.rs", format!("// {word}\nlet x = \"{word}\";"))).is_empty(), "{word}");
        }
    }

    #[test]
    fn a_file_says_what_it_is() {
        assert!(check_docs(&Source::new("a.rs", "use x;".to_owned())).is_some());
        assert!(check_docs(&Source::new("a.rs", "//! A.".to_owned())).is_none());
    }
}
