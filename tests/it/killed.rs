//! `kill -9` and Ctrl-C in the middle of a push: the tag is absent, or old and whole, or new and whole, and the next run
//! finishes the work.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::support::daemon::wait_for;
use crate::support::files;
use crate::support::goods::{Goods, Recipe};
use crate::support::registry::Registry;
use crate::support::registry::auth::Auth;
use crate::support::registry::fault::{Fault, What};
use crate::support::registry::quirks::Quirks;
use crate::support::registry::record::Record;
use crate::support::registry::step::Step;
use crate::support::sandbox::{Dext, Sandbox};
use crate::support::trip::{self, REPOSITORY, TAG, Trip, stock};

/// How many runs are killed.
const KILLS: u64 = 200;

/// How many are on their way at once.
const LANES: u64 = 4;

/// How long the registry takes for every request, so that there is something between two of them.
const PAUSE: Duration = Duration::from_millis(3);

/// How long it takes over a long wire: so much that the tag is looked for before the answer that it is written.
const LONG: Duration = Duration::from_millis(80);

/// How many runs over a long wire are killed, and how often at most.
const LONG_KILLS: u64 = 24;
const ROUNDS: u32 = 5;

/// What a look for the tag is called that comes before the tag is written.
const LOOK_AHEAD: &str = "look ahead";

/// More requests than a push needs: some runs finish before they are killed.
const REQUESTS: u64 = 40;

/// The command of a user.
fn publish<'a>(sandbox: &'a Sandbox, registry: &Registry, goods: &Goods) -> Dext<'a> {
    let layout = goods.image.layout.display().to_string();
    let image = format!("{}/{REPOSITORY}", registry.host());
    sandbox.dext(["publish", "--from", &layout, "--image", &image, "--tag", TAG, "--overwrite"])
}

/// When a run is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after so many requests have come.
    Requests(u32, Duration),
    /// So long after the request for the tag has come.
    Tag(Duration),
}

/// Waits for the moment and kills. Whether the run was still going.
fn kill(child: &mut Child, registry: &Registry, moment: Moment) -> bool {
    let patience = Instant::now() + Duration::from_secs(60);
    let (has_come, longer): (&dyn Fn() -> bool, _) = match &moment {
        Moment::Requests(requests, longer) => (&|| registry.requests() >= *requests, longer),
        Moment::Tag(longer) => (&|| registry.peek().count(Step::PutTag) > 0, longer),
    };
    while !has_come() && child.try_wait().expect("it can be asked").is_none() {
        assert!(Instant::now() < patience, "the push hangs\n{}", registry.peek().story());
        std::thread::sleep(Duration::from_micros(300));
    }
    std::thread::sleep(*longer);
    child.kill().expect("it can be killed");
    !child.wait().expect("it ends").success()
}

/// The last request of a run. One that looks for the tag before its own tag is written is a look ahead.
fn place(record: &Record) -> String {
    let tag = record.requests.iter().position(|request| request.step == Step::PutTag);
    let since = tag.map_or(&[][..], |tag| &record.requests[tag..]);
    if since.iter().any(|request| request.step == Step::HeadTag) {
        return LOOK_AHEAD.to_owned();
    }
    record.requests.last().map_or_else(|| "Start".to_owned(), |last| format!("{:?}", last.step))
}

/// Kills one run and finishes it. Where it was when it was killed; `None` if it had ended.
fn one(seed: u64, pause: Duration, moment: Moment, scene: &Scene) -> Option<String> {
    let Scene { sandbox, old, new } = scene;
    let registry = Registry::with(Auth::Open, Quirks { pause, ..Quirks::default() });
    let had_old = seed.is_multiple_of(2);
    if had_old {
        stock(&registry, REPOSITORY, TAG, old);
    }
    let mut child = publish(sandbox, &registry, new).command().spawn().expect("the program can be started");
    let killed = kill(&mut child, &registry, moment);

    registry.check();
    let there = registry.repository(REPOSITORY);
    let tag = there.tags.get(TAG);
    let allowed = if had_old { Some(old.digest()) } else { None };
    assert!(tag == allowed.as_ref() || tag == Some(&new.digest()), "{tag:?}\n{}", registry.peek().story());
    assert!(killed || tag == Some(&new.digest()), "it said it had finished\n{}", registry.peek().story());
    let place = place(&registry.record());

    // Every tenth run is finished by the program, the others by the library, which is quicker.
    registry.quirks(|quirks| quirks.pause = quirks.pause.min(PAUSE));
    let blobs = trip::blobs(&registry, REPOSITORY);
    let trip = Trip { overwrite: true, ..Trip::default() };
    if seed.is_multiple_of(10) {
        publish(sandbox, &registry, new).run().success();
        trip.arrived(&registry, new);
    } else {
        trip.arrive(&registry, new);
    }
    let twice: Vec<String> = trip::sent(&registry).intersection(&blobs).cloned().collect();
    assert!(twice.is_empty(), "sent although they were there: {twice:?}\n{}", registry.peek().story());
    killed.then_some(place)
}

/// What is sent, and from where.
struct Scene {
    sandbox: Sandbox,
    old: Goods,
    new: Goods,
}

impl Scene {
    fn new() -> Self {
        let new = Recipe { own: 5_000, ..Recipe::default().version(2) }.make();
        Scene { sandbox: Sandbox::empty(), old: Recipe::default().make(), new }
    }

    /// Kills so many runs, several at once. How many were killed where; those that had ended are nowhere.
    fn kill(&self, runs: u64, run: impl Fn(u64) -> Option<String> + Sync) -> BTreeMap<String, u64> {
        let places = Mutex::new(BTreeMap::new());
        std::thread::scope(|scope| {
            for lane in 0..LANES {
                let (run, places) = (&run, &places);
                scope.spawn(move || {
                    for number in (lane..runs).step_by(LANES as usize) {
                        let place = run(number).unwrap_or_default();
                        *places.lock().expect("no lane panicked").entry(place).or_insert(0) += 1;
                    }
                });
            }
        });
        let mut places = places.into_inner().expect("no lane panicked");
        let ended = places.remove("").unwrap_or(0);
        eprintln!("killed at: {places:?}; {ended} had ended");
        places
    }
}

/// Where dice begin, as the environment says, or somewhere new every time.
fn seed() -> u64 {
    let first = std::env::var("DEXT_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is after 1970");
        since.as_secs() * 1000
    });
    eprintln!("DEXT_TEST_SEED={first}");
    first
}

#[test]
fn a_killed_push_leaves_no_tag_that_is_not_whole() {
    let (first, scene) = (seed(), Scene::new());
    let places = scene.kill(KILLS, |run| {
        let dice = files::noise(first + run, 16);
        let die = |at: usize| u64::from_le_bytes(dice[at..at + 8].try_into().expect("eight bytes"));
        let requests = u32::try_from(die(0) % REQUESTS).expect("it is small");
        let longer = PAUSE.mul_f64((die(8) % 1000) as f64 / 500.0);
        one(first + run, PAUSE, Moment::Requests(requests, longer), &scene)
    });
    let (killed, steps): (u64, BTreeSet<&str>) = (places.values().sum(), places.keys().map(String::as_str).collect());
    assert!(steps.len() >= 5, "kills hit {steps:?} only");
    assert!(killed >= KILLS * 3 / 4, "all but {killed} runs had ended before they were killed");
}

#[test]
fn a_push_over_a_long_wire_may_be_killed_while_it_looks_ahead() {
    let scene = Scene::new();
    let registry = Registry::with(Auth::Open, Quirks { pause: LONG, ..Quirks::default() });
    publish(&scene.sandbox, &registry, &scene.new).run().success();
    let requests = registry.requests();
    let step = |steps: u64| f64::from(u32::try_from(steps).expect("it is small")) / (LONG_KILLS / 2) as f64;
    let run = |run: u64| {
        // Every second one is killed around the last two requests, which are on their way together; the others
        // anywhere.
        let at = step(run / 2);
        let anywhere = Moment::Requests((f64::from(requests) * at) as u32, LONG.mul_f64(at));
        let moment = if run.is_multiple_of(2) { anywhere } else { Moment::Tag(LONG.mul_f64(at * 5.0 / 4.0)) };
        one(run / 2, LONG, moment, &scene)
    };
    // On a machine that does much else the wire may seem to be too short for it.
    let looked_ahead = (0..ROUNDS).any(|_| scene.kill(LONG_KILLS, run).contains_key(LOOK_AHEAD));
    assert!(looked_ahead, "no run was killed while it looked ahead");
}

#[test]
fn ctrl_c_in_the_middle_of_a_blob_ends_the_push() {
    let (registry, sandbox) = (Registry::start(), Sandbox::empty());
    // The blob is larger than what the connection's buffers hold, so that half of it is never sent.
    let (old, new) = (Recipe::default().make(), Recipe { shared: 24 << 20, ..Recipe::default().version(2) }.make());
    stock(&registry, REPOSITORY, TAG, &old);
    // The largest blob is the first to be sent.
    registry.fail(Fault { step: Step::PutBlob, from: 0, times: 1, what: What::StallMidBody });
    let child = publish(&sandbox, &registry, &new).command().spawn().expect("the program can be started");
    let missing = || new.content().difference(&trip::blobs(&registry, REPOSITORY)).count();
    // Manifests and the index come after the blobs.
    let after = new.image.blobs().len() - new.blobs();
    wait_for("all blobs but one", || (registry.struck() == 1 && missing() == 1 + after).then_some(()));
    let half = |body: usize| body > 10 << 20;
    wait_for("half a blob", || registry.peek().requests.iter().any(|request| half(request.body)).then_some(()));

    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill can be started");
    let ended = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(sent.success() && ended.status.code() == Some(130), "{}: {told}", ended.status);
    assert!(!told.contains("error"), "who presses Ctrl-C knows why it ends: {told}");
    let kept = " Interrupted no tag points at anything incomplete, and what has arrived is not sent again\n";
    assert!(told.contains(kept), "{told}");
    assert_eq!(registry.repository(REPOSITORY).tags.get(TAG), Some(&old.digest()));
    registry.check();

    let there = trip::blobs(&registry, REPOSITORY);
    registry.record();
    publish(&sandbox, &registry, &new).run().success();
    Trip::default().arrived(&registry, &new);
    let (again, all) = (trip::sent(&registry), new.content());
    assert!(again.is_disjoint(&there), "{}", registry.peek().story());
    assert_eq!(again.len(), all.difference(&there).count() - after, "{}", registry.peek().story());
}
