//! What bad tables are told: the whole text, so that a change of wording is seen.

use snapbox::{assert_data_eq, file};

use crate::manifest::testing::mistakes;

#[test]
fn bad_tables_are_told_everything_that_is_wrong() {
    let (first, other) = ("0".repeat(64), "1".repeat(64));
    let recorded = include_str!("bad_tables.txt");
    let mut parts = recorded.split("----\n");
    let mut told = parts.next().expect("an introduction").to_owned();
    for part in parts {
        let (toml, _) = part.split_once("=>\n").expect("a table and what is told");
        let mistakes = mistakes(&toml.replace("HASH", &first).replace("OTHER", &other));
        assert_ne!(mistakes, "no mistake\n", "{toml}");
        told.push_str(&format!("----\n{toml}=>\n{}", mistakes.replace(&first, "HASH").replace(&other, "OTHER")));
    }
    assert_data_eq!(told, file!["bad_tables.txt"].raw());
}
