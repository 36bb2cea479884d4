//! What is asked before a build, what a dry run asks, and the push: one conversation, with one token.

use std::collections::BTreeMap;
use std::time::Duration;

use cargo_dext::registry::{self, Fate, Pushed, Shipment, TagChange, Target};

use crate::support::goods::{Goods, Recipe};
use crate::support::prebuilt;
use crate::support::registry::Registry;
use crate::support::registry::auth::{Auth, TokenServer, base64};
use crate::support::registry::quirks::Quirks;
use crate::support::registry::record::Door;
use crate::support::registry::step::Step;
use crate::support::sandbox::Sandbox;
use crate::support::trip::{REPOSITORY, TAG, Trip, explained, stock};

const ANN: (&str, &str) = ("ann", "secret");

/// A registry whose tokens only Ann may push with.
fn anns(quirks: Quirks) -> Registry {
    Registry::with(Auth::Tokens(TokenServer { user: Some(ANN), ..TokenServer::default() }), quirks)
}

fn as_ann() -> Trip {
    Trip { login: Some(ANN), ..Trip::default() }
}

#[track_caller]
fn survey(session: &registry::Session<'_>, target: &Target, goods: &Goods) -> Pushed {
    let survey = registry::survey(session, &Shipment::of(&goods.image), target);
    survey.expect("there is an answer")
}

#[test]
fn a_look_before_a_build_costs_the_push_no_second_token() {
    let (registry, goods, trip) = (anns(Quirks::default()), Recipe::default().make(), as_ann());
    stock(&registry, REPOSITORY, TAG, &goods);
    let (session, target) = (trip.session(&registry), trip.tags(&[TAG, "2.0.0"]).target(&registry));
    let found = registry::look_early(&session, &target).expect("there is an answer");
    assert_eq!(found, BTreeMap::from([(TAG.to_owned(), goods.image.index.digest)]));
    let target = Target { tags: vec![TAG.to_owned()], ..target };
    survey(&session, &target, &goods);
    trip.push_within(&session, &registry, &goods).expect("it arrives");
    trip.arrived(&registry, &goods);
    let record = registry.record();
    assert_eq!(record.count(Step::Token), 1, "{}", record.story());
    // The first question is answered with a challenge and asked again; then each of the others is asked once.
    assert_eq!(record.requests.len(), 1 + 2 + 1 + 1 + 1, "{}", record.story());
    let traffic = session.traffic();
    assert_eq!((traffic.requests, traffic.tokens), (5, 1));
}

#[test]
fn a_tag_that_was_seen_at_what_is_built_is_not_asked_for_again() {
    let (old, new) = (Recipe::default().make(), Recipe::default().version(2).make());
    // What is built is what was seen, or something else; then the tag may have moved meanwhile, and is asked for.
    for (built, asked) in [(&old, 2), (&new, 3)] {
        let registry = anns(Quirks::default());
        let trip = Trip { overwrite: true, ..as_ann() };
        stock(&registry, REPOSITORY, TAG, &old);
        let (session, target) = (trip.session(&registry), trip.target(&registry));
        let seen = registry::look_early(&session, &target).expect("there is an answer");
        let target = Target { seen, ..target };
        let pushed = registry::push(&session, &Shipment::of(&built.image), &target);
        let pushed = pushed.expect("it arrives");
        trip.arrived(&registry, built);
        let record = registry.record();
        assert_eq!((record.count(Step::HeadTag), record.count(Step::Token)), (asked, 1), "{}", record.story());
        assert_eq!(pushed.tags[0].change == TagChange::Unchanged, asked == 2);
    }
}

#[test]
fn several_tags_are_looked_for_together_before_a_build() {
    let registry = anns(Quirks { pause: Duration::from_millis(200), ..Quirks::default() });
    let trip = as_ann().tags(&["1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4"]);
    let (session, target) = (trip.session(&registry), trip.target(&registry));
    assert!(registry::look_early(&session, &target).expect("there is an answer").is_empty());
    let record = registry.record();
    // The first is answered with a challenge; with the one token that it fetches the others go out, each on its way.
    assert_eq!((record.count(Step::HeadTag), record.count(Step::Token)), (1 + 5, 1), "{}", record.story());
    assert_eq!(record.connections(Door::Registry), 4, "{}", record.story());
}

#[test]
fn publishing_what_is_published_costs_a_run_that_compiles_two_questions_and_a_token() {
    let open = || Registry::start();
    let tokens = || Registry::with(Auth::Tokens(TokenServer::default()), Quirks::default());
    for (registry, asked, fetched) in [(open(), 1, 0), (tokens(), 2, 1)] {
        let project = Sandbox::empty();
        project.write("src/lib.rs", "");
        project.write("icon.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>");
        project.write("ui/index.html", "<!DOCTYPE html><title>x</title>");
        project.write(
            "Cargo.toml",
            "[package]\nname = 'x'\nversion = '1.0.0'\nedition = '2024'\ndescription = 'x'\n[workspace]\n\
             [package.metadata.extension]\ntitle = 'X'\nvendor = 'Y'\nicon = 'icon.svg'\nui = { source = 'ui' }\n",
        );
        let image = format!("{}/x/demo", registry.host());
        let publish = || project.dext(["publish", "--image", &image]).run().success();
        publish();
        registry.record();
        let again = publish();
        let record = registry.record();
        let requests = record.requests.len() - record.count(Step::Token);
        assert_eq!((requests, record.count(Step::Token)), (asked, fetched), "{}", record.story());
        assert!(again.stderr.contains("1.0.0, as before"), "{}", again.stderr);
    }
}

#[test]
fn repositories_to_mount_from_that_are_thought_of_later_are_in_the_next_token() {
    let (registry, goods) = (anns(Quirks::default()), Recipe::default().make());
    stock(&registry, "x/base", TAG, &goods);
    let later = as_ann();
    let session = later.session(&registry);
    registry::look_early(&session, &later.target(&registry)).expect("there is an answer");
    let trip = Trip { mount_from: vec!["x/base"], ..later.clone() };
    let pushed = trip.push_within(&session, &registry, &goods).expect("it arrives");
    trip.arrived(&registry, &goods);
    assert!(pushed.blobs.iter().all(|(_, fate)| matches!(fate, Fate::Mounted { .. })), "{:?}", pushed.blobs);
    // Without anything new, the second token goes on being good.
    later.push_within(&session, &registry, &goods).expect("it is there");
    let record = registry.record();
    assert_eq!(record.count(Step::Token), 2, "{}", record.story());
    let refused = record.requests.iter().filter(|request| request.status == Some(401)).count();
    assert_eq!(refused, 1, "{}", record.story());
}

#[test]
fn a_dry_run_of_a_first_push_sees_what_the_push_sees() {
    let registry = anns(Quirks { hides_absent: true, ..Quirks::default() });
    let (goods, trip) = (Recipe::default().make(), as_ann());
    let (session, target) = (trip.session(&registry), trip.target(&registry));
    assert!(registry::look_early(&session, &target).expect("there is an answer").is_empty());
    let survey = survey(&session, &target, &goods);
    registry.check();
    assert!(survey.blobs.iter().all(|(_, fate)| *fate == Fate::Sent), "{:?}", survey.blobs);
    let record = registry.record();
    let reads = record.requests.iter().all(|request| matches!(request.head.method.as_str(), "HEAD" | "GET"));
    assert!(reads && record.bytes() == 0 && record.count(Step::Token) == 1, "{}", record.story());
    trip.arrive(&registry, &goods);
}

#[test]
fn a_dry_run_without_the_rights_of_a_push_says_so() {
    let registry = anns(Quirks::default());
    let (goods, trip) = (Recipe::default().make(), Trip { login: Some(("ann", "wrong")), ..Trip::default() });
    let (session, target) = (trip.session(&registry), trip.target(&registry));
    let asked = registry::survey(&session, &Shipment::of(&goods.image), &target);
    let told = [
        explained(&asked.expect_err("this is not ann"), &registry),
        explained(&trip.push(&registry, &goods).expect_err("this is not ann"), &registry),
    ];
    assert_eq!(told[0], told[1]);
    assert!(told[0].contains("incorrect username or password"), "{}", told[0]);
}

#[test]
fn credentials_that_are_refused_stop_the_run_before_anything_is_compiled() {
    let wants_a_password = || Registry::with(Auth::Basic(ANN.0, ANN.1), Quirks::default());
    for registry in [anns(Quirks::default()), wants_a_password()] {
        let project = prebuilt::project();
        // Nothing can be compiled: whoever comes so far fails otherwise.
        let broken = project.stand_in("zig", "exit 1\n");
        let config = format!(r#"{{"auths":{{"{}":{{"auth":"{}"}}}}}}"#, registry.host(), base64(b"ann:wrong"));
        let image = format!("{}/x/demo", registry.host());
        for more in [&[][..], &["--dry-run"]] {
            let words = ["publish", "--image", &image].into_iter().chain(more.iter().copied());
            let dext = project.dext(words).env("DOCKER_AUTH_CONFIG", &config).first_on_path(&broken);
            let outcome = dext.run().failure(3);
            assert!(outcome.stderr.contains("401 Unauthorized"), "{}", outcome.stderr);
            assert!(!outcome.stderr.contains("Compiling"), "{}", outcome.stderr);
            assert!(!project.layout("demo").exists());
        }
        let record = registry.record();
        let reads = record.requests.iter().all(|request| matches!(request.head.method.as_str(), "HEAD" | "GET"));
        assert!(reads && record.requests.len() <= 6, "{}", record.story());
    }
}
