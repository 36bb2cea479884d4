//! Faults that are no answer to a single request: nobody there, a token server that is nowhere, a layout that
//! changes, and storms of everything at once.

use std::time::Duration;

use cargo_dext::image::Layout;
use cargo_dext::registry::{Error, Shipment};
use snapbox::{IntoData, assert_data_eq, str};

use crate::support::daemon::free_port;
use crate::support::files;
use crate::support::goods::Recipe;
use crate::support::registry::Registry;
use crate::support::registry::auth::{Auth, TokenServer};
use crate::support::registry::fault::{Fault, Said, What};
use crate::support::registry::http::Arrival;
use crate::support::registry::quirks::Quirks;
use crate::support::registry::step::Step;
use crate::support::trip::{REPOSITORY, TAG, Trip, explained, stock};

#[test]
fn nobody_is_there() {
    let registry = Registry::start();
    let goods = Recipe::default().make();
    let trip = Trip::default();
    let (session, mut target) = (trip.session(&registry), trip.target(&registry));
    let host = format!("127.0.0.1:{}", free_port());
    target.repository.registry.clone_from(&host);
    let shipment = Shipment::of(&goods.image);
    let error = cargo_dext::registry::push(&session, &shipment, &target);
    let told = explained(&error.expect_err("nobody is there"), &registry).replace(&host, "[HOST]");
    assert_data_eq!(
        told,
        str![[r#"
  error: failed 3 times, at last because Connection refused (os error 111)
  place: [HOST]/x/goods, looking for the tag 1.0.0
  help: try again: what has arrived is not sent again. Behind a proxy, set HTTPS_PROXY

"#]]
        .raw()
    );
}

#[test]
fn far_away_a_tag_is_still_read_back_after_it_was_written() {
    // The early look arrives before the tag is set: to the record it is a second look for the tag.
    let fault = |step, from, what| Fault { step, from, times: 1, what };
    let unavailable = || What::Status(503, Said::Nothing);
    let denied = || What::Status(403, Said::Error("DENIED", "no"));
    for (name, fault, wanted) in [
        ("the early look is put off", fault(Step::HeadTag, 1, What::RetryAfter(429, "0")), Some(1)),
        ("the early look breaks", fault(Step::HeadTag, 1, What::Reset), Some(1)),
        ("the early look never ends", fault(Step::HeadTag, 1, What::Stall), Some(1)),
        ("the early look tells nothing", fault(Step::HeadTag, 1, What::Without("docker-content-digest")), Some(1)),
        ("the tag is refused once", fault(Step::PutTag, 0, unavailable()), Some(1)),
        ("the answer is lost", fault(Step::PutTag, 0, What::Lost), Some(1)),
        ("the early look is forbidden", fault(Step::HeadTag, 1, denied()), None),
        ("the tag is forbidden", fault(Step::PutTag, 0, denied()), None),
    ] {
        // Documents are written faster than questions are answered: no delay of this machine makes the wire look short.
        let (pause, write_pause) = (Duration::from_millis(200), Some(Duration::from_millis(140)));
        let quirks = Quirks { pause, write_pause, ..Quirks::default() };
        let (registry, goods) = (Registry::with(Auth::Open, quirks), Recipe::default().make());
        registry.fail(fault);
        let pushed = Trip::default().push(&registry, &goods);
        registry.check();
        let record = registry.record();
        match wanted {
            Some(reads) => {
                pushed.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(record.count(Step::ReadBack), reads, "{name}: {}", record.story());
            }
            None => {
                let error = pushed.expect_err(name);
                assert!(matches!(error, Error::Denied { .. }), "{name}: {error}");
                assert_eq!(record.count(Step::ReadBack), 0, "{name}: {}", record.story());
            }
        }
    }
}

#[test]
fn nobody_knows_the_host() {
    let (registry, goods, trip) = (Registry::start(), Recipe::default().make(), Trip::default());
    let (session, mut target) = (trip.session(&registry), trip.target(&registry));
    // A label of 64 letters, which the resolver refuses without asking anybody.
    target.repository.registry = format!("{}.example", "a".repeat(64));
    let error = cargo_dext::registry::push(&session, &Shipment::of(&goods.image), &target);
    let told = explained(&error.expect_err("nobody is there"), &registry);
    assert_data_eq!(
        told.replace(&target.repository.registry, "[HOST]"),
        str![[r#"
  error: no host has the name `[HOST]`
  place: [HOST]/x/goods, looking for the tag 1.0.0
  help: check how the name is written, and that this machine is on the network. Behind a proxy, set HTTPS_PROXY

"#]]
        .raw()
    );
    assert_eq!((session.traffic().requests, session.traffic().retries), (1, 0));
}

#[test]
fn a_token_server_that_must_not_see_a_password() {
    let goods = Recipe::default().make();
    let mut told = String::new();
    // The second is this machine's port 9, where nobody listens.
    for realm in ["http://tokens.example/token", "http://127.0.0.1:9/token", "ftp://127.0.0.1/token", "token", ""] {
        let server = TokenServer { realm: Some(realm), user: Some(("ann", "secret")), ..TokenServer::default() };
        let registry = Registry::with(Auth::Tokens(server), Quirks::default());
        let trip = Trip { login: Some(("ann", "secret")), ..Trip::default() };
        let error = trip.push(&registry, &goods).expect_err("there is no token");
        registry.check();
        told += &format!("{realm}\n{}", explained(&error, &registry));
    }
    assert!(!told.contains("secret"), "{told}");
    assert_data_eq!(told, str![[r#"
http://tokens.example/token
  error: the registry's answer makes no sense: the address of its token server is not `https`, so that others could read the password
  place: [HOST]/x/goods, looking for the tag 1.0.0
  help: tell whoever runs the registry, or what stands before it: this is against the protocol
http://127.0.0.1:9/token
  error: failed 3 times, at last because Connection refused (os error 111)
  place: [HOST]/x/goods, looking for the tag 1.0.0 (asking for a token)
  help: try again: what has arrived is not sent again. Behind a proxy, set HTTPS_PROXY
ftp://127.0.0.1/token
  error: the registry's answer makes no sense: the address of its token server is not `https`, so that others could read the password
  place: [HOST]/x/goods, looking for the tag 1.0.0
  help: tell whoever runs the registry, or what stands before it: this is against the protocol
token
  error: the registry's answer makes no sense: the address of its token server is no URL
  place: [HOST]/x/goods, looking for the tag 1.0.0
  help: tell whoever runs the registry, or what stands before it: this is against the protocol

  error: the registry's answer makes no sense: the address of its token server is no URL
  place: [HOST]/x/goods, looking for the tag 1.0.0
  help: tell whoever runs the registry, or what stands before it: this is against the protocol

"#]].raw());
}

#[test]
fn a_layout_that_changes_before_it_is_sent() {
    let mut told = String::new();
    for (name, change) in [("gone", None), ("shorter", Some(&b"short"[..])), ("other bytes", Some(b""))] {
        let (registry, goods) = (Registry::start(), Recipe::default().make());
        let layer = &goods.image.platforms[0].layers[1];
        let path = goods.image.blob_path(&layer.digest);
        match change {
            None => std::fs::remove_file(&path).expect("it is there"),
            Some(b"") => files::write(&path, &files::noise(99, files::read(&path).len())),
            Some(bytes) => files::write(&path, bytes),
        }
        let error = Trip { parallel: 1, ..Trip::default() }.push(&registry, &goods).expect_err("it is broken");
        registry.check();
        assert!(registry.repository(REPOSITORY).tags.is_empty());
        assert!(!error.is_network(), "{name}: {error}");
        let place = goods.image.layout.display().to_string();
        told += &format!("{name}\n{}", explained(&error, &registry).replace(&place, "[LAYOUT]"));
    }
    assert_data_eq!(told, str![[r#"
gone
  error: could not open `[LAYOUT]/blobs/sha256/8022987567b97cf2197862b472d3ed9f287b67bc159666bf89ac0511b156ef29`: No such file or directory (os error 2)
shorter
  error: the file is not what its name says any more
  place: [LAYOUT]/blobs/sha256/8022987567b97cf2197862b472d3ed9f287b67bc159666bf89ac0511b156ef29
  help: package again, or fetch the layout again from where it came
other bytes
  error: the file is not what its name says any more
  place: [LAYOUT]/blobs/sha256/8022987567b97cf2197862b472d3ed9f287b67bc159666bf89ac0511b156ef29
  help: package again, or fetch the layout again from where it came

"#]].raw());
}

#[test]
fn a_damaged_layout_is_not_published_where_nobody_looks() {
    for (chunk, size) in [(None, 20_000), (Some(8 << 10), 20_000), (None, 1 << 20), (Some(300_000), 1 << 20)] {
        let registry = Registry::with(Auth::Open, Quirks { believing: true, ..Quirks::default() });
        let goods = Recipe { shared: size, ..Recipe::default() }.make();
        let layer = &goods.image.platforms[0].layers[1];
        let path = goods.image.blob_path(&layer.digest);
        let whole = files::read(&path);
        let mut bytes = whole.clone();
        bytes[whole.len() / 2] ^= 1;
        files::write(&path, &bytes);
        let layout = Layout::open(&goods.image.layout).expect("a layout");
        let shipment = Shipment::read(&layout, None).expect("its lengths are right");
        let trip = Trip { chunk, ..Trip::default() };
        let (session, target) = (trip.session(&registry), trip.target(&registry));
        let push = || cargo_dext::registry::push(&session, &shipment, &target);
        let error = push().expect_err("it is damaged");
        assert!(matches!(&error, Error::Changed { path: found } if *found == path), "{error}");
        registry.check();
        let there = registry.repository(REPOSITORY);
        assert!(there.tags.is_empty() && there.manifests.is_empty(), "{:?}", there.manifests.keys());
        assert!(!there.blobs.contains_key(&layer.digest.to_string()));
        // Nothing is read of what the registry has.
        stock(&registry, REPOSITORY, "0.9.0", &goods);
        registry.store(|store| {
            let blobs = &mut store.repository(REPOSITORY).blobs;
            blobs.insert(layer.digest.to_string(), std::sync::Arc::from(whole));
        });
        push().expect("all of it is there");
    }
}

/// The steps that a first push or an overwrite always has.
const STEPS: [Step; 8] = [
    Step::HeadTag,
    Step::HeadBlob,
    Step::StartUpload,
    Step::PutBlob,
    Step::PutManifest,
    Step::PutIndex,
    Step::PutTag,
    Step::ReadBack,
];

#[test]
fn a_refusal_may_take_its_time() {
    let (registry, goods, trip) =
        (Registry::start(), Recipe::default().make(), Trip { parallel: 1, ..Trip::default() });
    registry.fail(Fault { step: Step::StartUpload, from: 0, times: 1, what: What::Drips(403) });
    let told = explained(&trip.push(&registry, &goods).expect_err("it is refused"), &registry);
    // As much as came.
    assert!(told.contains("the registry denies access: 403 Forbidden: no"), "{told}");
    registry.check();
}

#[test]
fn storms_pass() {
    let weather = [
        What::Status(503, Said::Html),
        What::RetryAfter(429, "0"),
        What::Reset,
        What::ResetMidBody,
        What::CloseAfterAccept,
        What::Lost,
        What::Arrives(Arrival::HalfHead),
        What::Arrives(Arrival::Slow),
        What::Redirect,
        What::ExpiredToken,
    ];
    let (old, new) = (Recipe::default().make(), Recipe::default().version(2).make());
    for seed in 0..60 {
        let mut dice = files::noise(seed, 200).into_iter().map(usize::from);
        let mut roll = |sides: usize| dice.next().expect("there are enough") % sides;
        let registry = Registry::with(Auth::Tokens(TokenServer::default()), Quirks::default());
        let chunk = (roll(3) == 0).then_some(8 << 10);
        let overwrite = roll(2) == 0;
        if overwrite {
            stock(&registry, REPOSITORY, TAG, &old);
        }
        for step in STEPS.into_iter().chain([Step::Patch, Step::UploadStatus, Step::Token]) {
            let what = weather[roll(weather.len() - 1 - usize::from(step == Step::Token))].clone();
            registry.fail(Fault { step, from: roll(4), times: 1 + roll(2), what });
        }
        let trip = Trip { retries: 5, chunk, overwrite, parallel: 1 + roll(6), ..Trip::default() };
        let result = trip.push(&registry, &new);
        assert!(result.is_ok(), "{seed}: {}{}", explained(&result.unwrap_err(), &registry), registry.peek().story());
        assert!(registry.struck() > 0, "{seed}");
        trip.arrived(&registry, &new);
    }
}
