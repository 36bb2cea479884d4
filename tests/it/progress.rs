//! What is seen of a push while its blobs are on their way: events for whoever listens, and bars on a terminal.

use std::collections::BTreeMap;

use cargo_dext::registry::{self, Fate, Shipment};
use cargo_dext::report::{Event, Recorder};

use crate::support::daemon::wait_for;
use crate::support::files;
use crate::support::goods::Recipe;
use crate::support::judges::judge;
use crate::support::registry::Registry;
use crate::support::registry::fault::{Fault, What};
use crate::support::registry::step::Step;
use crate::support::sandbox::Sandbox;
use crate::support::trip::{REPOSITORY, TAG, Trip};

#[test]
fn every_blob_that_is_sent_is_told_to_its_end() {
    let (registry, goods, trip) = (Registry::start(), Recipe::large().make(), Trip::default());
    let (report, shipment) = (Recorder::default(), Shipment::of(&goods.image));
    let session = trip.session_told(&registry, &report);
    let pushed = registry::push(&session, &shipment, &trip.target(&registry)).expect("it arrives");
    let mut transfers: BTreeMap<usize, (String, u64, u64)> = BTreeMap::new();
    let mut whole = (0, 0);
    for event in report.events() {
        match event {
            Event::Transfer { id, label, done, total } => {
                let before = transfers.insert(id, (label, done, total)).map_or(0, |(_, done, _)| done);
                assert!(before <= done && done <= total, "{id}: {before} {done} {total}");
            }
            Event::Progress { verb: "Uploading", done, total } => whole = (done, total),
            _ => {}
        }
    }
    assert!(transfers.values().all(|(_, done, total)| done == total), "{transfers:?}");
    assert_eq!(whole, (pushed.sent, pushed.sent));
    let mut told: Vec<u64> = transfers.values().map(|(_, _, total)| *total).collect();
    let sent = pushed.blobs.iter().filter(|(_, fate)| *fate == Fate::Sent);
    let mut expected: Vec<u64> = sent.map(|(blob, _)| blob.size).collect();
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
    assert!(transfers.values().any(|(label, ..)| label == "data"), "{transfers:?}");
}

#[test]
fn a_terminal_shows_a_bar_for_a_blob_and_one_for_all() {
    let Some(script) = judge("script") else { return };
    // The connection's buffers do not hold all of the blob, and half of it the registry never reads.
    let (registry, goods, sandbox) =
        (Registry::start(), Recipe { shared: 24 << 20, ..Recipe::default() }.make(), Sandbox::empty());
    registry.fail(Fault { step: Step::PutBlob, from: 0, times: 1, what: What::StallMidBody });
    let seen = sandbox.path("seen");
    let (layout, image) = (goods.image.layout.display().to_string(), format!("{}/{REPOSITORY}", registry.host()));
    // `script` gives its command a terminal, and takes it as one text.
    let line = format!("exec {} -qefc \"stty cols 100 && $*\" {}", script.display(), seen.display());
    let dext = sandbox.dext(["publish", "--from", &layout, "--image", &image, "--tag", TAG]);
    let dext = dext.env("TERM", "xterm").env("LC_ALL", "C.UTF-8").through(["sh", "-c", &line, "sh"]);
    let mut child = dext.command().spawn().expect("the program can be started");
    let blob = &goods.image.platforms[0].layers[1];
    let label: String = blob.digest.hex().chars().take(12).collect();
    let shown =
        || if seen.exists() { String::from_utf8_lossy(&files::read(&seen)).into_owned() } else { String::new() };
    let is_bar = |line: &str, of: &str| line.contains("MiB/24.0") && line.contains(of) && line.contains("=>");
    let has = |of: &str| shown().split(['\r', '\n']).any(|line| is_bar(line, of));
    wait_for("both bars", || (has(&label) && has("Uploading")).then_some(()));
    child.kill().expect("it is still there");
    child.wait().expect("it ends");
}
