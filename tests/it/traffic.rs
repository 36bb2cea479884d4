//! The least traffic: how many requests, connections, tokens and bytes a push costs.

use std::time::Duration;

use cargo_dext::registry::{self, Fate, Shipment, TagChange};

use crate::support::goods::{Goods, Recipe};
use crate::support::registry::Registry;
use crate::support::registry::auth::{Auth, TokenServer};
use crate::support::registry::quirks::{Mounts, Quirks};
use crate::support::registry::record::{Door, Record};
use crate::support::registry::step::Step;
use crate::support::trip::{REPOSITORY, TAG, Trip, stock};

fn with_tokens(server: TokenServer) -> Registry {
    Registry::with(Auth::Tokens(server), Quirks::default())
}

/// Requests to the registry itself, without those for tokens.
fn requests(record: &Record) -> usize {
    record.requests.len() - record.count(Step::Token)
}

/// The bytes of the image's layers and configs.
fn bytes(goods: &Goods) -> u64 {
    Shipment::of(&goods.image).blobs.iter().map(|blob| blob.size).sum()
}

#[test]
fn nothing_changed_is_one_question() {
    let goods = Recipe::default().make();
    let ann = TokenServer { user: Some(("ann", "secret")), ..TokenServer::default() };
    let as_ann = Trip { login: Some(("ann", "secret")), ..Trip::default() };
    // Whoever is asked who it is asks twice.
    for (registry, trip, asked, tokens) in [
        (Registry::start(), Trip::default(), 1, 0),
        (with_tokens(TokenServer::default()), Trip::default(), 2, 1),
        (with_tokens(ann), as_ann.clone(), 2, 1),
        (Registry::with(Auth::Basic("ann", "secret"), Quirks::default()), as_ann, 2, 0),
    ] {
        stock(&registry, REPOSITORY, TAG, &goods);
        let pushed = trip.arrive(&registry, &goods);
        let record = registry.record();
        assert_eq!((requests(&record), record.count(Step::Token)), (asked, tokens), "{}", record.story());
        assert_eq!(pushed.tags[0].change, TagChange::Unchanged);
        assert_eq!((pushed.sent, pushed.mounted, pushed.skipped), (0, 0, bytes(&goods)));
        assert_eq!(pushed.traffic.requests, requests(&record) as u64);
        assert_eq!(pushed.traffic.tokens, record.count(Step::Token) as u64);
    }
}

#[test]
fn a_first_push_sends_every_blob_once() {
    let (registry, goods) = (Registry::start(), Recipe::default().make());
    let pushed = Trip::default().arrive(&registry, &goods);
    let record = registry.record();
    let blobs = goods.blobs();
    for step in [Step::StartUpload, Step::PutBlob] {
        assert_eq!(record.count(step), blobs, "{step:?}: {}", record.summary());
    }
    assert!(record.count(Step::HeadBlob) <= blobs, "{}", record.summary());
    for (step, count) in [(Step::Patch, 0), (Step::PutManifest, 2), (Step::PutIndex, 1), (Step::PutTag, 1)] {
        assert_eq!(record.count(step), count, "{step:?}: {}", record.summary());
    }
    assert!(record.count(Step::ReadBack) == 1 && record.count(Step::HeadTag) == 1, "{}", record.summary());
    // Blobs are looked for and sent at the same time, six of each.
    assert!(record.connections(Door::Registry) <= 12, "{}", record.story());
    assert_eq!(registry.open_uploads(), 0);
    assert_eq!((pushed.sent, pushed.mounted, pushed.skipped), (bytes(&goods), 0, 0));
    assert_eq!(pushed.traffic.requests, record.requests.len() as u64);
    assert_eq!(pushed.traffic.bytes_sent, record.bytes() as u64);
    assert_eq!(pushed.traffic.retries, 0);
    assert_eq!(pushed.tags[0].change, TagChange::Created);
}

#[test]
fn a_tag_far_away_is_read_back_before_its_answer_comes() {
    // What arrives before the tag is set is told apart from a reading back by the record.
    let slow = Duration::from_millis(1500);
    for (tag_pause, before, after) in [(Duration::ZERO, 1, 0), (slow, 1, 1)] {
        // The tag is there well before the look at it is answered, and that comes well before the tag is there.
        let (pause, write_pause) = (Duration::from_millis(300), Some(Duration::from_millis(160)));
        let quirks = Quirks { pause, write_pause, tag_pause, ..Quirks::default() };
        let (registry, goods) = (Registry::with(Auth::Open, quirks), Recipe::default().make());
        Trip::default().arrive(&registry, &goods);
        let record = registry.record();
        let counts = (record.count(Step::HeadTag) - 1, record.count(Step::ReadBack));
        assert_eq!(counts, (before, after), "{}", record.story());
        assert_eq!(record.count(Step::PutTag), 1, "{}", record.story());
    }
}

#[test]
fn connections_are_used_again() {
    let (registry, goods) = (Registry::start(), Recipe::default().make());
    Trip { parallel: 1, ..Trip::default() }.arrive(&registry, &goods);
    let record = registry.record();
    // One looks for blobs while the other sends them.
    let connections = record.connections(Door::Registry);
    assert!(connections <= 2 && record.requests.len() > 30, "{connections}: {}", record.story());
}

#[test]
fn one_layer_of_eight_is_all_that_is_sent() {
    let old = Recipe::large().make();
    let new = Recipe::large().version(2).make();
    let changed: Vec<_> =
        new.image.blobs().into_iter().filter(|blob| !old.content().contains(&blob.digest.to_string())).collect();
    // A layer and a config, a manifest and the index.
    assert_eq!(changed.len(), 4);
    let registry = Registry::start();
    stock(&registry, REPOSITORY, TAG, &old);
    let trip = Trip { overwrite: true, ..Trip::default() };
    let pushed = trip.arrive(&registry, &new);
    let record = registry.record();
    let layer = changed.iter().find(|blob| blob.media_type.contains("layer")).expect("a layer has changed");
    assert!(record.bytes() as u64 <= layer.size + (64 << 10), "{} bytes for a layer of {}", record.bytes(), layer.size);
    assert_eq!((record.count(Step::StartUpload), record.count(Step::PutBlob)), (2, 2), "{}", record.summary());
    assert!(record.count(Step::HeadBlob) <= new.blobs(), "{}", record.summary());
    let manifests = record.count(Step::PutManifest) + record.count(Step::PutIndex) + record.count(Step::PutTag);
    assert!(manifests <= 4, "{}", record.summary());
    assert_eq!(pushed.blobs.iter().filter(|(_, fate)| *fate == Fate::Sent).count(), 2);
    assert!(matches!(pushed.tags[0].change, TagChange::Moved { from } if from == old.image.index.digest));
}

#[test]
fn a_new_tag_of_the_same_image_moves_no_blob() {
    let (registry, goods) = (Registry::start(), Recipe::default().make());
    stock(&registry, REPOSITORY, "0.9.0", &goods);
    Trip::default().arrive(&registry, &goods);
    let record = registry.record();
    for step in [Step::StartUpload, Step::PutBlob, Step::PutManifest, Step::PutIndex] {
        assert_eq!(record.count(step), 0, "{step:?}: {}", record.summary());
    }
    assert!(record.count(Step::HeadBlob) <= goods.blobs(), "{}", record.summary());
    assert_eq!(record.bytes() as u64, goods.image.index.size, "{}", record.story());
}

#[test]
fn a_blob_that_the_registry_has_lost_is_sent_again() {
    let goods = Recipe::default().make();
    let blobs = Shipment::of(&goods.image).blobs;
    for lost in &blobs {
        // One question at a time leaves some unasked when all documents have been found.
        for (parallel, tags) in [(1, &["2.0.0"][..]), (6, &["2.0.0"]), (1, &[TAG, "2.0.0"])] {
            let registry = Registry::start();
            stock(&registry, REPOSITORY, TAG, &goods);
            registry.store(|store| drop(store.repository(REPOSITORY).blobs.remove(&lost.digest.to_string())));
            let pushed = Trip { parallel, ..Trip::default() }.tags(tags).arrive(&registry, &goods);
            assert_eq!(registry.repository(REPOSITORY).broken("2.0.0"), Vec::<String>::new(), "{}", lost.digest);
            assert_eq!((pushed.sent, pushed.skipped), (lost.size, bytes(&goods) - lost.size));
        }
    }
}

#[test]
fn an_index_whose_manifests_are_missing_is_made_whole() {
    let (registry, goods) = (Registry::start(), Recipe::default().make());
    stock(&registry, REPOSITORY, "0.9.0", &goods);
    let missing = goods.image.platforms[1].manifest.digest.to_string();
    registry.store(|store| drop(store.repository(REPOSITORY).manifests.remove(&missing)));
    let pushed = Trip::default().arrive(&registry, &goods);
    let record = registry.record();
    assert_eq!((record.count(Step::PutBlob), record.count(Step::PutManifest)), (0, 2), "{}", record.summary());
    assert_eq!((pushed.sent, pushed.skipped), (0, bytes(&goods)));
}

#[test]
fn several_tags_cost_the_blobs_once() {
    let (registry, goods) = (Registry::start(), Recipe::default().make());
    let pushed = Trip::default().tags(&["1.0.0", "1.0", "latest"]).arrive(&registry, &goods);
    let record = registry.record();
    assert_eq!((record.count(Step::PutBlob), record.count(Step::PutTag)), (goods.blobs(), 3), "{}", record.summary());
    let tags: Vec<&str> = pushed.tags.iter().map(|outcome| outcome.tag.as_str()).collect();
    assert_eq!(tags, ["1.0.0", "1.0", "latest"]);
    // One of three is missing.
    registry.store(|store| drop(store.repository(REPOSITORY).tags.remove("1.0")));
    let pushed = Trip::default().tags(&["1.0.0", "1.0", "latest"]).arrive(&registry, &goods);
    let record = registry.record();
    assert_eq!((record.count(Step::PutTag), record.bytes() > 10_000), (1, false), "{}", record.summary());
    assert_eq!(pushed.tags.iter().filter(|tag| tag.change == TagChange::Created).count(), 1);
}

#[test]
fn a_mount_is_one_request() {
    let (registry, goods) = (Registry::start(), Recipe::default().make());
    stock(&registry, "x/other", TAG, &goods);
    let trip = Trip { mount_from: vec!["x/other"], ..Trip::default() };
    let pushed = trip.arrive(&registry, &goods);
    let record = registry.record();
    assert_eq!(record.count(Step::Mount), goods.blobs(), "{}", record.summary());
    assert_eq!((record.count(Step::StartUpload), record.count(Step::PutBlob)), (0, 0), "{}", record.summary());
    assert_eq!((pushed.sent, pushed.mounted), (0, bytes(&goods)));
    let mounted = |fate: &Fate| matches!(fate, Fate::Mounted { from } if from == "x/other");
    assert!(pushed.blobs.iter().all(|(_, fate)| mounted(fate)), "{:?}", pushed.blobs);
}

#[test]
fn a_mount_that_is_refused_has_begun_the_upload() {
    for mounts in [Mounts::Refused, Mounts::Done] {
        // There is nothing in the other repository, or the registry mounts nothing at all.
        let registry = Registry::with(Auth::Open, Quirks { mounts, ..Quirks::default() });
        let goods = Recipe::default().make();
        let trip = Trip { mount_from: vec!["x/other"], ..Trip::default() };
        let pushed = trip.arrive(&registry, &goods);
        let record = registry.record();
        let started = record.count(Step::StartUpload) + record.count(Step::Mount);
        assert_eq!((started, record.count(Step::PutBlob)), (goods.blobs(), goods.blobs()), "{}", record.story());
        assert_eq!(registry.open_uploads(), 0, "{}", record.story());
        assert_eq!((pushed.sent, pushed.mounted), (bytes(&goods), 0));
    }
}

#[test]
fn one_token_is_for_everything() {
    let ann = || TokenServer { user: Some(("ann", "secret")), ..TokenServer::default() };
    let as_ann = || Trip { login: Some(("ann", "secret")), ..Trip::default() };
    for (name, server, trip) in [
        ("anonymous", TokenServer::default(), Trip::default()),
        ("password", ann(), as_ann()),
        (
            "identity token",
            TokenServer { identity: Some("refresh-me"), field: "access_token", ..TokenServer::default() },
            Trip { identity: Some("refresh-me"), ..Trip::default() },
        ),
        ("same host", TokenServer { apart: false, ..ann() }, as_ann()),
        ("no word of its life", TokenServer { expires_in: None, ..ann() }, as_ann()),
    ] {
        let (registry, goods) = (with_tokens(server), Recipe::default().make());
        stock(&registry, "x/other", TAG, &Recipe::default().version(2).make());
        let trip = Trip { mount_from: vec!["x/other"], ..trip };
        trip.arrive(&registry, &goods);
        let record = registry.record();
        assert_eq!(record.count(Step::Token), 1, "{name}: {}", record.story());
        let refused = record.requests.iter().filter(|request| request.status == Some(401)).count();
        assert_eq!(refused, 1, "{name}: {}", record.story());
    }
}

#[test]
fn a_session_keeps_its_token() {
    let (registry, old) = (with_tokens(TokenServer::default()), Recipe::default().make());
    let new = Recipe::default().version(2).make();
    let trip = Trip { overwrite: true, ..Trip::default() };
    let session = trip.session(&registry);
    for goods in [&old, &new, &new] {
        trip.push_within(&session, &registry, goods).expect("it arrives");
        trip.arrived(&registry, goods);
    }
    let record = registry.record();
    assert_eq!(record.count(Step::Token), 1, "{}", record.story());
    assert_eq!(session.traffic().tokens, 1);
    assert_eq!(session.traffic().requests, requests(&record) as u64);
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    // The registry waits a moment longer than it says, and the push takes longer than that.
    let life = Duration::from_millis(1500);
    let user = Some(("ann", "secret"));
    let registry = with_tokens(TokenServer { expires_in: Some(1), life, user, ..TokenServer::default() });
    registry.quirks(|quirks| quirks.pause = Duration::from_millis(70));
    let goods = Recipe::default().make();
    // The check knows of every token that is used after its life.
    Trip { parallel: 1, login: user, ..Trip::default() }.arrive(&registry, &goods);
    let record = registry.record();
    assert!(record.count(Step::Token) >= 2, "{}", record.story());
    let refused = record.requests.iter().filter(|request| request.status == Some(401)).count();
    assert_eq!(refused, 1, "{}", record.story());
}

#[test]
fn a_password_is_not_sent_before_it_is_asked_for() {
    let registry = Registry::with(Auth::Basic("ann", "secret"), Quirks::default());
    let goods = Recipe::default().make();
    Trip { login: Some(("ann", "secret")), ..Trip::default() }.arrive(&registry, &goods);
    let record = registry.record();
    let refused = record.requests.iter().filter(|request| request.status == Some(401)).count();
    assert_eq!(refused, 1, "{}", record.story());
    assert!(record.requests[0].head.header("authorization").is_none(), "{}", record.story());
}

#[test]
fn a_survey_changes_nothing() {
    let (old, new) = (Recipe::default().make(), Recipe::default().version(2).make());
    let registry = Registry::start();
    stock(&registry, REPOSITORY, TAG, &old);
    let trip = Trip { overwrite: true, ..Trip::default() };
    let session = trip.session(&registry);
    let survey = registry::survey(&session, &Shipment::of(&new.image), &trip.target(&registry));
    let survey = survey.expect("there is an answer");
    let record = registry.record();
    let reads = record.requests.iter().all(|request| matches!(request.head.method.as_str(), "HEAD" | "GET"));
    assert!(reads && record.bytes() == 0, "{}", record.story());
    assert_eq!(registry.repository(REPOSITORY).tags[TAG], old.digest());
    // And the push does what the survey said.
    let pushed = trip.arrive(&registry, &new);
    assert_eq!((survey.sent, survey.mounted, survey.skipped), (pushed.sent, pushed.mounted, pushed.skipped));
    assert_eq!((survey.blobs, survey.tags), (pushed.blobs, pushed.tags));
}

#[test]
fn a_tag_that_is_taken_costs_one_question() {
    let (old, new) = (Recipe::default().make(), Recipe::default().version(2).make());
    let registry = Registry::start();
    stock(&registry, REPOSITORY, TAG, &old);
    let error = Trip::default().push(&registry, &new).expect_err("the tag is taken");
    assert!(matches!(error, registry::Error::TagExists { .. }), "{error}");
    let record = registry.record();
    assert!(record.requests.len() == 1 && record.bytes() == 0, "{}", record.story());
    assert_eq!(registry.repository(REPOSITORY).tags[TAG], old.digest());
}

#[test]
fn without_credentials_the_error_names_the_login() {
    let server = TokenServer { user: Some(("ann", "secret")), ..TokenServer::default() };
    let registry = with_tokens(server);
    let goods = Recipe::default().make();
    for trip in [Trip::default(), Trip { login: Some(("ann", "wrong")), ..Trip::default() }] {
        let error = trip.push(&registry, &goods).expect_err("only ann may push");
        let told = crate::support::trip::explained(&error, &registry);
        assert!(told.contains("docker login [HOST]"), "{told}");
        assert!(!told.contains("wrong"), "{told}");
        assert!(!registry.repository(REPOSITORY).tags.contains_key(TAG));
        let record = registry.record();
        assert!(record.requests.len() <= 30 && record.bytes() == 0, "{}", record.story());
    }
}

#[test]
fn many_tags_are_not_written_all_at_once() {
    const TAGS: [&str; 40] = [
        "1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.0.5", "1.0.6", "1.0.7", "1.0.8", "1.0.9", "1.1.0", "1.1.1",
        "1.1.2", "1.1.3", "1.1.4", "1.1.5", "1.1.6", "1.1.7", "1.1.8", "1.1.9", "1.2.0", "1.2.1", "1.2.2", "1.2.3",
        "1.2.4", "1.2.5", "1.2.6", "1.2.7", "1.2.8", "1.2.9", "1.3.0", "1.3.1", "1.3.2", "1.3.3", "1.3.4", "1.3.5",
        "1.3.6", "1.3.7", "1.3.8", "1.3.9",
    ];
    let (registry, goods) = (Registry::start(), Recipe::default().make());
    let trip = Trip::default().tags(&TAGS);
    trip.arrive(&registry, &goods);
    // Each tag is read back before another is written in its place.
    let (mut open, mut most) = (0_i32, 0);
    let record = registry.record();
    for request in &record.requests {
        match request.step {
            Step::PutTag => open += 1,
            Step::ReadBack => open -= 1,
            _ => {}
        }
        most = most.max(open);
    }
    assert_eq!((record.count(Step::PutTag), open), (TAGS.len(), 0), "{}", record.summary());
    assert!((1..=6).contains(&most), "{most} at once\n{}", record.story());
}
