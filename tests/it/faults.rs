//! Every fault in every step of a push: it ends in success with the same image, or in an error that says where,
//! what, and what to do; and it never leaves a tag whose image is not whole.
//!
//! `tests/fixtures/faults/` has the outcome of every case. `SNAPSHOTS=overwrite` writes it anew.

mod cases;
mod echoes;
mod others;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cargo_dext::registry::{Fate, Pushed};
use cases::{Case, End, cases};
use snapbox::Data;

use crate::support::files;
use crate::support::goods::{Goods, Recipe};
use crate::support::registry::Registry;
use crate::support::registry::auth::{Auth, TokenServer};
use crate::support::registry::fault::{Fault, What};
use crate::support::registry::http::Arrival;
use crate::support::registry::quirks::Quirks;
use crate::support::registry::step::Step;
use crate::support::trip::{self, REPOSITORY, TAG, Trip, explained};

/// Who pushes.
const ANN: (&str, &str) = ("ann", "secret");

/// How often a request is repeated here.
const RETRIES: u32 = 2;

/// The images of all cases.
struct Cargo {
    old: Goods,
    new: Goods,
}

/// A registry in which the step occurs, and a push in which it does.
fn scene(step: Step, case: &Case, cargo: &Cargo) -> (Registry, Trip) {
    let tokens = step == Step::Token || matches!(case.what, What::ExpiredToken | What::TokenRefused);
    let server = TokenServer { user: Some(ANN), ..TokenServer::default() };
    let auth = if tokens { Auth::Tokens(server) } else { Auth::Open };
    let registry = Registry::with(auth, Quirks::default());
    // Somebody is logged in, so that refusals have to say whose credentials were shown.
    let mut trip = Trip { retries: RETRIES, parallel: 1, login: Some(ANN), ..Trip::default() };
    match step {
        Step::HeadBlob | Step::PutTag => {
            trip::stock(&registry, REPOSITORY, TAG, &cargo.old);
            trip.overwrite = true;
        }
        Step::Mount => {
            trip::stock(&registry, "x/other", TAG, &cargo.old);
            trip.mount_from = vec!["x/other"];
        }
        Step::Patch => trip.chunk = Some(8 << 10),
        Step::UploadStatus => {
            trip.chunk = Some(8 << 10);
            registry.fail(Fault { step: Step::Patch, from: 1, times: 1, what: What::Lost });
        }
        _ => {}
    }
    (registry, trip)
}

/// Runs a case and tells its outcome.
fn run(step: Step, case: &Case, cargo: &Cargo) -> String {
    let (registry, mut trip) = scene(step, case, cargo);
    if case.what == What::Stall {
        trip.timeout = Duration::from_millis(600);
    }
    let before = (registry.repository(REPOSITORY).tags.get(TAG).cloned(), registry.struck());
    registry.fail(Fault { step, from: 0, times: case.times, what: case.what.clone() });
    let result = trip.push(&registry, &cargo.new);
    let name = format!("{step:?}, {}", case.name);
    let fail = |why: &str| panic!("{name}: {why}\n{}", registry.peek().story());
    let told = match &result {
        Ok(_) => "  arrives\n".to_owned(),
        Err(error) => explained(error, &registry),
    };
    let offences = registry.offences();
    if !offences.is_empty() {
        fail(&offences.join("\n"));
    }
    if registry.struck() <= before.1 {
        fail("the fault has struck nothing");
    }
    if result.is_ok() != (case.end == End::Arrives) {
        fail(&told);
    }
    if let (Step::Mount, Ok(pushed)) = (step, &result) {
        mounted(&registry, pushed, case, cargo);
    }
    let asked = registry.record().count(step);
    let tries = match case.end {
        End::FailsAtOnce => 1,
        End::FailsAtLast => 1 + RETRIES as usize,
        End::Arrives | End::Fails => asked,
    };
    // The manifests of two platforms are on their way at the same time, and one fails first.
    let at_once = if step == Step::PutManifest { 2 } else { 1 };
    if !(tries..=tries * at_once).contains(&asked) {
        fail(&format!("{asked} requests of the step, not {tries}\n{told}"));
    }
    if result.is_err() {
        // The tag was not touched, unless it was written or read back when something failed, after all was there.
        let now = registry.repository(REPOSITORY).tags.get(TAG).cloned();
        let may_be_new = matches!(step, Step::PutTag | Step::ReadBack);
        if now != before.0 && !(may_be_new && now == Some(cargo.new.digest())) {
            fail("the tag has moved");
        }
        again(&registry, &trip, cargo);
    } else {
        trip.arrived(&registry, &cargo.new);
    }
    format!("{}\n{told}", case.name)
}

/// What the other repository has is mounted and not sent, unless the registry never mounts anything.
fn mounted(registry: &Registry, pushed: &Pushed, case: &Case, cargo: &Cargo) {
    let works = case.times <= RETRIES as usize || case.what == What::Arrives(Arrival::Garbage);
    let old: Vec<_> = cargo.old.image.blobs().iter().map(|blob| blob.digest).collect();
    let shared: Vec<_> = pushed.blobs.iter().filter(|(blob, _)| old.contains(&blob.digest)).collect();
    let is_sent = |digest: String| trip::sent(registry).contains(&digest);
    for (blob, fate) in &shared {
        let expected = if works { Fate::Mounted { from: "x/other".to_owned() } } else { Fate::Sent };
        let name = format!("{}: {}\n{}", case.name, blob.digest, registry.peek().story());
        assert_eq!(*fate, expected, "{name}");
        assert_eq!(is_sent(blob.digest.to_string()), !works, "{name}");
    }
    let bytes = shared.iter().map(|(blob, _)| blob.size).sum();
    assert!(bytes > 0, "the two images share something");
    assert_eq!(pushed.mounted, if works { bytes } else { 0 });
}

/// After a failure the next push finishes the work, and sends nothing twice.
fn again(registry: &Registry, trip: &Trip, cargo: &Cargo) {
    registry.heal();
    let there = trip::blobs(registry, REPOSITORY);
    let trip = Trip { timeout: Trip::default().timeout, ..trip.clone() };
    trip.arrive(registry, &cargo.new);
    let twice: Vec<String> = trip::sent(registry).intersection(&there).cloned().collect();
    assert!(twice.is_empty(), "sent although they were there: {twice:?}\n{}", registry.peek().story());
}

/// Runs all cases of a step, and compares the outcomes with the file of the step.
fn table(step: Step) {
    let (cases, next) = (cases(step), AtomicUsize::new(0));
    let cargo = Cargo { old: Recipe::default().make(), new: Recipe::default().version(2).make() };
    let told = Mutex::new(vec![String::new(); cases.len()]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < cases.len()) {
                    // The others are of interest too; the panic has printed what it has to say.
                    if let Ok(outcome) = catch_unwind(AssertUnwindSafe(|| run(step, &cases[at], &cargo))) {
                        told.lock().unwrap_or_else(PoisonError::into_inner)[at] = outcome;
                    }
                }
            });
        }
    });
    let told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    let failed: Vec<&str> =
        cases.iter().zip(&told).filter(|(_, told)| told.is_empty()).map(|(case, _)| case.name.as_str()).collect();
    assert!(failed.is_empty(), "{step:?}: {}", failed.join("; "));
    let path = files::fixture(&format!("faults/{step:?}.txt"));
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    assert.eq(told.concat(), Data::read_from(&path, None).raw());
}

#[test]
fn there_are_many_cases() {
    use Step::{HeadBlob, HeadTag, Mount, Patch, PutBlob, PutIndex, PutManifest, PutTag, ReadBack};
    use Step::{StartUpload, Token, UploadStatus};
    let questions = [Token, HeadTag, HeadBlob, StartUpload, Mount, UploadStatus];
    let sends = [PutBlob, Patch, PutManifest, PutIndex, PutTag, ReadBack];
    let all: usize = questions.into_iter().chain(sends).map(|step| cases(step).len()).sum();
    assert!(all >= 120, "{all} cases");
}

#[test]
fn a_token() {
    table(Step::Token);
}

#[test]
fn the_look_for_the_tag() {
    table(Step::HeadTag);
}

#[test]
fn the_look_for_a_blob() {
    table(Step::HeadBlob);
}

#[test]
fn the_start_of_an_upload() {
    table(Step::StartUpload);
}

#[test]
fn a_mount() {
    table(Step::Mount);
}

#[test]
fn a_blob() {
    table(Step::PutBlob);
}

#[test]
fn a_piece_of_a_blob() {
    table(Step::Patch);
}

#[test]
fn the_state_of_an_upload() {
    table(Step::UploadStatus);
}

#[test]
fn a_manifest() {
    table(Step::PutManifest);
}

#[test]
fn the_index() {
    table(Step::PutIndex);
}

#[test]
fn the_tag() {
    table(Step::PutTag);
}

#[test]
fn the_look_back() {
    table(Step::ReadBack);
}
