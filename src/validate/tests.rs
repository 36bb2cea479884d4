//! Every rule is broken by a view that breaks no other and left alone by one that nearly does. The mistakes of real
//! extensions are whole images in `tests/it/validate/wild.rs`.

mod mutations;
mod subjects;

use std::collections::BTreeSet;

use super::rules;
use super::settings::{Profile, Settings};
use super::testing::{Case, Example};

#[test]
fn a_clean_extension_has_no_finding() {
    for profile in Profile::ALL {
        assert_eq!(Example::clean().found(&Settings::of(profile)), [""; 0]);
    }
}

#[test]
fn every_rule_is_broken_alone_and_spared_by_a_near_miss() {
    let mut wrong = Vec::new();
    for case in rules::cases() {
        let name = format!("{}, {}", case.rule, case.name);
        let mut example = Example::clean();
        (case.breaks)(&mut example);
        let findings = example.found(&Settings::default());
        let ids: BTreeSet<&str> = findings.iter().map(|line| &line[..3]).collect();
        if !ids.iter().eq([&case.rule]) || !findings[0].contains(case.says) {
            wrong.push(format!("{name}: {findings:#?} instead of {}", case.says));
        }
        let mut example = Example::clean();
        (case.near)(&mut example);
        let findings = example.found(&Settings::default());
        if !findings.is_empty() {
            wrong.push(format!("{name}, near miss: {findings:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_case_and_a_near_miss_that_is_not_clean() {
    let clean = format!("{:?}", Example::clean().view());
    let changes = |case: &&Case| {
        let mut example = Example::clean();
        (case.near)(&mut example);
        format!("{:?}", example.view()) != clean
    };
    let with_near_miss: BTreeSet<&str> = rules::cases().filter(changes).map(|case| case.rule).collect();
    let all: BTreeSet<&str> = rules::all().map(|rule| rule.id).collect();
    assert_eq!(with_near_miss, all);
}
