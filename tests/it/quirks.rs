//! Registries as they are: what is peculiar to each, replayed. Every one gets a first push, the same again, and
//! another image under the same tag.

use cargo_dext::image::MediaTypes;
use cargo_dext::registry::TagChange;
use snapbox::{IntoData, assert_data_eq, str};

use crate::support::goods::Recipe;
use crate::support::registry::Registry;
use crate::support::registry::auth::{Auth, TokenServer};
use crate::support::registry::quirks::{Families, Locations, Mounts, Quirks};
use crate::support::registry::record::{Record, Request};
use crate::support::registry::step::Step;
use crate::support::trip::{REPOSITORY, TAG, Trip, explained, stock};

const ANN: (&str, &str) = ("ann", "secret");

/// A first push, the same again, another image; returns what the first push cost.
#[track_caller]
fn three_pushes(registry: &Registry, trip: &Trip, recipe: Recipe) -> Record {
    let (old, new) = (recipe.make(), recipe.version(2).make());
    let pushed = trip.arrive(registry, &old);
    assert_eq!(pushed.tags[0].change, TagChange::Created);
    let first = registry.record();

    let again = trip.arrive(registry, &old);
    assert_eq!(again.tags[0].change, TagChange::Unchanged);
    let record = registry.record();
    assert_eq!((record.bytes(), record.count(Step::PutTag)), (0, 0), "{}", record.story());

    trip.push(registry, &new).expect_err("the tag is taken");
    registry.check();
    assert_eq!(registry.repository(trip.repository).tags[TAG], old.digest());
    let trip = Trip { overwrite: true, ..trip.clone() };
    trip.arrive(registry, &new);
    // What was refused stays behind, as registries have it; nothing else does.
    let refused = |request: &&Request| {
        matches!(request.step, Step::PutBlob | Step::Patch) && request.status.is_some_and(|status| status >= 400)
    };
    let refusals = first.requests.iter().chain(&registry.peek().requests).filter(refused).count();
    assert!(registry.open_uploads() <= refusals, "{}", registry.peek().story());
    first
}

/// Tells how a push fails.
#[track_caller]
fn refused(registry: &Registry, trip: &Trip, recipe: Recipe) -> String {
    let error = trip.push(registry, &recipe.make()).expect_err("it is refused");
    registry.check();
    assert!(registry.repository(trip.repository).tags.is_empty());
    explained(&error, registry)
}

fn hub() -> (Registry, Trip) {
    let server = TokenServer { user: Some(ANN), ..TokenServer::default() };
    let quirks = Quirks { depth: 2, mount_wants_source_scope: true, ..Quirks::default() };
    (Registry::with(Auth::Tokens(server), quirks), Trip { login: Some(ANN), ..Trip::default() })
}

#[test]
fn docker_hub_mounts_with_a_token_for_both_repositories() {
    let (registry, trip) = hub();
    let recipe = Recipe::default();
    stock(&registry, "x/base", TAG, &recipe.version(3).make());
    let trip = Trip { mount_from: vec!["x/base"], ..trip };
    let first = three_pushes(&registry, &trip, recipe);
    assert_eq!(first.count(Step::Token), 1, "{}", first.story());
    // All but the layer and the config that the base does not have.
    assert_eq!(first.count(Step::PutBlob), 2, "{}", first.story());
}

#[test]
fn docker_hub_has_no_repositories_of_three_levels() {
    let (registry, trip) = hub();
    let trip = Trip { repository: "x/y/goods", ..trip };
    assert_data_eq!(
        refused(&registry, &trip, Recipe::default()),
        str![[r#"
  error: the registry answered 400 Bad Request: NAME_INVALID: invalid repository name
  place: [HOST]/x/y/goods, looking for the tag 1.0.0
  help: read what the registry says; asking again will not change it

"#]]
        .raw()
    );
}

/// Tokens of its own host, no mounts, uploads that are forgotten now and then, no PATCH above 4 MiB.
fn ghcr() -> (Registry, Trip) {
    let server = TokenServer { user: Some(ANN), apart: false, ..TokenServer::default() };
    let quirks =
        Quirks { mounts: Mounts::Refused, forgets: Some(4), longest_patch: Some(4 << 20), ..Quirks::default() };
    (Registry::with(Auth::Tokens(server), quirks), Trip { login: Some(ANN), ..Trip::default() })
}

#[test]
fn ghcr_forgets_uploads_and_refuses_mounts() {
    let (registry, trip) = ghcr();
    stock(&registry, "x/base", TAG, &Recipe::default().version(3).make());
    let trip = Trip { mount_from: vec!["x/base"], ..trip };
    let first = three_pushes(&registry, &trip, Recipe::default());
    assert_eq!(first.count(Step::Token), 1, "{}", first.story());
}

#[test]
fn ghcr_takes_no_piece_above_four_mebibytes() {
    for (chunk, pieces) in [(None, 0), (Some(8 << 20), 2)] {
        let (registry, trip) = ghcr();
        registry.quirks(|quirks| quirks.forgets = None);
        let first = three_pushes(&registry, &Trip { chunk, ..trip }, Recipe::large());
        let large =
            |request: &&Request| request.step == Step::Patch && request.body > 1 << 20 && request.status == Some(202);
        assert_eq!(first.requests.iter().filter(large).count(), pieces, "{}", first.story());
    }
}

#[test]
fn a_body_that_is_too_long_is_sent_in_pieces() {
    let longest = Some(4 << 20);
    let quirks = Quirks { longest_patch: longest, longest_put: longest, ..Quirks::default() };
    let registry = Registry::with(Auth::Open, quirks);
    let first = three_pushes(&registry, &Trip::default(), Recipe::large());
    assert!(first.count(Step::Patch) >= 2, "{}", first.story());
}

#[test]
fn ecr_names_no_location_and_wants_layers() {
    let quirks = Quirks { manifest_location: false, wants_layers: true, ..Quirks::default() };
    let registry = Registry::with(Auth::Basic("AWS", "secret"), quirks);
    stock(&registry, "x/base", TAG, &Recipe::default().version(3).make());
    let trip = Trip { login: Some(("AWS", "secret")), mount_from: vec!["x/base"], ..Trip::default() };
    let first = three_pushes(&registry, &trip, Recipe::default());
    assert_eq!(first.count(Step::PutBlob), 2, "{}", first.story());
}

#[test]
fn artifactory_wants_patch_and_knows_no_mount() {
    for mounts in [Mounts::Refused, Mounts::Unknown] {
        let quirks = Quirks { mounts, monolithic: false, ..Quirks::default() };
        let registry = Registry::with(Auth::Basic(ANN.0, ANN.1), quirks);
        let trip = Trip { login: Some(ANN), mount_from: vec!["x/base"], ..Trip::default() };
        let first = three_pushes(&registry, &trip, Recipe::default());
        assert!(first.count(Step::Patch) >= Recipe::default().make().blobs(), "{}", first.story());
    }
}

#[test]
fn quay_mixes_no_families() {
    for media_types in MediaTypes::ALL {
        let registry = Registry::with(Auth::Open, Quirks { families: Families::Unmixed, ..Quirks::default() });
        three_pushes(&registry, &Trip::default(), Recipe { media_types, ..Recipe::default() });
    }
}

#[test]
fn a_registry_of_old_knows_dockers_types_only() {
    let registry = Registry::with(Auth::Open, Quirks { families: Families::Docker, ..Quirks::default() });
    assert_data_eq!(
        refused(&registry, &Trip::default(), Recipe::default()),
        str![[r#"
  error: the registry answered 400 Bad Request: MANIFEST_INVALID: unsupported media type
  place: [HOST]/x/goods, writing the manifest of [PLATFORM]
  help: if the registry knows Docker's media types only, publish with `--media-types docker`

"#]]
        .raw()
    );
    three_pushes(&registry, &Trip::default(), Recipe { media_types: MediaTypes::Docker, ..Recipe::default() });
}

#[test]
fn azure_gives_identity_tokens() {
    let server = TokenServer {
        identity: Some("refresh-me"),
        apart: false,
        field: "access_token",
        expires_in: None,
        ..TokenServer::default()
    };
    let registry = Registry::with(Auth::Tokens(server), Quirks::default());
    let trip = Trip { identity: Some("refresh-me"), ..Trip::default() };
    let first = three_pushes(&registry, &trip, Recipe::default());
    assert_eq!(first.count(Step::Token), 1, "{}", first.story());
}

#[test]
fn locations_are_written_in_all_ways() {
    for locations in [Locations::Absolute, Locations::Path, Locations::Relative, Locations::Storage] {
        for chunk in [None, Some(8 << 10)] {
            let registry = Registry::with(Auth::Open, Quirks { locations, ..Quirks::default() });
            three_pushes(&registry, &Trip { chunk, ..Trip::default() }, Recipe::default());
        }
    }
}

#[test]
fn another_host_sees_no_credentials() {
    let server = TokenServer { user: Some(ANN), ..TokenServer::default() };
    for auth in [Auth::Tokens(server), Auth::Basic(ANN.0, ANN.1)] {
        let registry = Registry::with(auth, Quirks { locations: Locations::Storage, ..Quirks::default() });
        three_pushes(&registry, &Trip { login: Some(ANN), ..Trip::default() }, Recipe::default());
    }
}

#[test]
fn pieces_are_as_long_as_the_registry_wants() {
    let quirks = Quirks { shortest_chunk: Some(16 << 10), monolithic: false, ..Quirks::default() };
    let registry = Registry::with(Auth::Open, quirks);
    let first = three_pushes(&registry, &Trip { chunk: Some(1 << 10), ..Trip::default() }, Recipe::default());
    let most = Recipe::default().make().blobs() + 1;
    assert!(first.count(Step::Patch) <= most, "{}", first.story());
}

#[test]
fn digests_are_computed_where_none_is_named() {
    let quirks = Quirks { digest_header: false, manifest_location: false, ..Quirks::default() };
    let registry = Registry::with(Auth::Open, quirks);
    three_pushes(&registry, &Trip::default(), Recipe::default());
}

#[test]
fn a_registry_that_trusts_everybody_is_not_led_astray() {
    // It takes manifests before what they need is there; the order is the client's.
    let registry = Registry::with(Auth::Open, Quirks { trusting: true, ..Quirks::default() });
    three_pushes(&registry, &Trip::default(), Recipe::default());
    assert!(registry.repository(REPOSITORY).broken(TAG).is_empty());
}
