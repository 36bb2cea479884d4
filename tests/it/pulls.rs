//! Reading from a registry: what arrives is what was asked for, or there is an error.

use std::io::Read;

use cargo_dext::domain::Reference;
use cargo_dext::image::Descriptor;
use cargo_dext::registry::Error;
use cargo_dext::report::{Event, Recorder};
use snapbox::{IntoData, assert_data_eq, str};

use crate::support::files::{self, sha256};
use crate::support::goods::{Goods, Recipe};
use crate::support::registry::Registry;
use crate::support::registry::auth::{Auth, TokenServer};
use crate::support::registry::fault::{Fault, Said, What};
use crate::support::registry::http::Arrival;
use crate::support::registry::quirks::Quirks;
use crate::support::registry::step::Step;
use crate::support::sandbox::Sandbox;
use crate::support::trip::{REPOSITORY, TAG, Trip, explained, stock};

fn stocked(auth: Auth, quirks: Quirks, goods: &Goods) -> (Registry, Reference) {
    let registry = Registry::with(auth, quirks);
    stock(&registry, REPOSITORY, TAG, goods);
    let reference = Reference::parse(&format!("{}/{REPOSITORY}:{TAG}", registry.host())).expect("a reference");
    (registry, reference)
}

/// The large layer of an image.
fn large(goods: &Goods) -> Descriptor {
    goods.image.platforms[0].layers[1].descriptor()
}

/// Reads a blob to its end.
fn read(trip: &Trip, registry: &Registry, reference: &Reference, blob: &Descriptor) -> Result<Vec<u8>, String> {
    let session = trip.session(registry);
    let mut bytes = Vec::new();
    let mut reader = session.blob(reference, blob).map_err(|error| explained(&error, registry))?;
    reader.read_to_end(&mut bytes).map_err(|error| format!("{error}\n"))?;
    Ok(bytes)
}

#[test]
fn a_tag_is_resolved_with_one_question() {
    let goods = Recipe::default().make();
    for digest_header in [true, false] {
        let (registry, reference) = stocked(Auth::Open, Quirks { digest_header, ..Quirks::default() }, &goods);
        let found = Trip::default().session(&registry).resolve(&reference).expect("it is there");
        assert_eq!((found.digest, found.size), (goods.image.index.digest, goods.image.index.size));
        assert_eq!(found.media_type, goods.image.index.media_type);
        registry.check();
        assert_eq!(registry.record().requests.len(), if digest_header { 1 } else { 2 });
    }
}

#[test]
fn what_is_not_there_is_said_to_be_missing() {
    let goods = Recipe::default().make();
    let (registry, reference) = stocked(Auth::Open, Quirks::default(), &goods);
    let session = Trip::default().session(&registry);
    let mut told = String::new();
    let mut tell = |error: Error| {
        assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
        told += &explained(&error, &registry);
    };
    tell(session.resolve(&reference.with_tag("2.0.0")).expect_err("there is no such tag"));
    tell(session.root(&reference.with_tag("2.0.0")).expect_err("there is no such tag"));
    let missing = Descriptor::of(goods.image.index.media_type.clone(), b"nothing");
    tell(session.document(&reference, &missing).expect_err("there is no such document"));
    tell(session.blob(&reference, &missing).map(|_| ()).expect_err("there is no such blob"));
    let nowhere = Reference { repository: "x/nowhere".to_owned(), ..reference };
    tell(session.tags(&nowhere).expect_err("there is no such repository"));
    assert_data_eq!(
        told,
        str![[r#"
  error: the registry has no tag 2.0.0
  place: [HOST]/x/goods, looking for the tag 2.0.0
  help: check the name `x/goods`; the registry may want the repository to be made first, or `docker login [HOST]`
  error: the registry has no tag 2.0.0
  place: [HOST]/x/goods, reading the tag 2.0.0
  help: check the name `x/goods`; the registry may want the repository to be made first, or `docker login [HOST]`
  error: the registry has no sha256:[DIGEST]
  place: [HOST]/x/goods, reading sha256:[DIGEST]
  help: check the name `x/goods`; the registry may want the repository to be made first, or `docker login [HOST]`
  error: the registry has no sha256:[DIGEST]
  place: [HOST]/x/goods, reading sha256:[DIGEST]
  help: check the name `x/goods`; the registry may want the repository to be made first, or `docker login [HOST]`
  error: the registry has no such repository
  place: [HOST]/x/nowhere, listing the tags
  help: check the name `x/nowhere`; the registry may want the repository to be made first, or `docker login [HOST]`

"#]]
        .raw()
    );
}

#[test]
fn a_blob_goes_on_where_it_broke_off() {
    let goods = Recipe::large().make();
    let blob = large(&goods);
    let tokens = Auth::Tokens(TokenServer::default());
    for (auth, what) in [
        (Auth::Open, What::Arrives(Arrival::HalfBody)),
        (Auth::Open, What::Status(503, Said::Html)),
        (Auth::Open, What::Reset),
        (Auth::Open, What::Arrives(Arrival::Slow)),
        (Auth::Open, What::Redirect),
        (tokens.clone(), What::RedirectToOtherHost),
        (tokens, What::Arrives(Arrival::HalfBody)),
    ] {
        let (registry, reference) = stocked(auth, Quirks::default(), &goods);
        registry.fail(Fault { step: Step::GetBlob, from: 0, times: 1, what: what.clone() });
        let bytes = read(&Trip::default(), &registry, &reference, &blob).expect("it arrives");
        assert_eq!(sha256(&bytes), blob.digest.to_string(), "{what:?}");
        registry.check();
        assert_eq!(registry.struck(), 1);
        let record = registry.record();
        let goes_on = record.requests.iter().any(|request| request.head.header("range").is_some());
        assert_eq!(goes_on, what == What::Arrives(Arrival::HalfBody), "{what:?}: {}", record.story());
    }
}

#[test]
fn repetitions_are_told() {
    let goods = Recipe::default().make();
    let blob = large(&goods);
    let busy = || What::Status(503, Said::Error("UNAVAILABLE", "later"));
    let (registry, reference) = stocked(Auth::Open, Quirks::default(), &goods);
    let digest = goods.image.index.digest;
    let repository = format!("http://{}/v2/{REPOSITORY}", registry.host());
    let report = Recorder::default();
    let (trip, told) = (Trip::default(), || report.events());
    let session = trip.session_told(&registry, &report);
    for step in [Step::HeadTag, Step::HeadManifest, Step::GetBlob] {
        registry.fail(Fault { step, from: 0, times: 1, what: busy() });
    }
    registry.fail(Fault { step: Step::GetBlob, from: 1, times: 1, what: What::Arrives(Arrival::HalfBody) });
    session.resolve(&reference).expect("it is there");
    session.document(&reference, &goods.image.index).expect("it is there");
    session.blob(&reference, &blob).expect("it is there").read_to_end(&mut Vec::new()).expect("it comes");
    registry.check();
    let details = |verb, text| Event::Detail { verb, text };
    let warning = |step: &str, why: &str| {
        let text = format!("{step} failed (2 tries left): {why}");
        Event::Warning { text, help: None }
    };
    let answered = "the registry answered 503 Service Unavailable: UNAVAILABLE: later";
    let (manifest, layer) = (format!("{repository}/manifests/{digest}"), format!("{repository}/blobs/{}", blob.digest));
    assert_eq!(
        told(),
        [
            details("HEAD", format!("{repository}/manifests/{TAG}: 503")),
            // A HEAD is answered without words.
            warning("looking for the tag 1.0.0", "the registry answered 503 Service Unavailable"),
            details("HEAD", format!("{repository}/manifests/{TAG}: 200")),
            details("GET", format!("{manifest}: 503")),
            warning(&format!("reading {digest}"), answered),
            details("GET", format!("{manifest}: 200")),
            details("GET", format!("{layer}: 503")),
            warning(&format!("reading {}", blob.digest), answered),
            details("GET", format!("{layer}: 200")),
            warning(&format!("reading {}", blob.digest), "end of file before message length reached"),
            details("GET", format!("{layer}: 206")),
        ]
    );
}

#[test]
fn inspect_tells_of_requests_and_of_repetitions() {
    let goods = Recipe::default().make();
    let (registry, reference) = stocked(Auth::Open, Quirks::default(), &goods);
    let nowhere = Sandbox::empty();
    let inspect = |more: &[&str]| {
        registry.fail(Fault { step: Step::HeadTag, from: 0, times: 1, what: What::RetryAfter(429, "0") });
        let image = reference.to_string();
        nowhere.dext(["inspect", &image].into_iter().chain(more.iter().copied())).run().success().stderr
    };
    let (plain, verbose) = (inspect(&[]), inspect(&["-vv"]));
    let warning = "warning: reading the tag 1.0.0 failed (5 tries left): the registry answered 429 Too Many Requests";
    assert!(plain.contains(warning) && verbose.contains(warning), "{plain}{verbose}");
    let request = format!("GET http://{}/v2/{REPOSITORY}/manifests/{TAG}: ", registry.host());
    assert!(!plain.contains(&request), "{plain}");
    assert!(verbose.contains(&format!("{request}429")) && verbose.contains(&format!("{request}200")), "{verbose}");
}

#[test]
fn other_bytes_are_an_error() {
    let goods = Recipe::default().make();
    let blob = large(&goods);
    let mut told = String::new();
    for (name, what) in [
        ("other bytes", What::OtherBytes),
        ("half a body, for ever", What::Arrives(Arrival::HalfBody)),
        ("403", What::Status(403, Said::Error("DENIED", "requested access to the resource is denied"))),
        ("200 with a page", What::Status(200, Said::Html)),
        ("200 that is too long", What::Status(200, Said::Huge)),
    ] {
        let (registry, reference) = stocked(Auth::Open, Quirks::default(), &goods);
        for step in [Step::GetBlob, Step::HeadManifest, Step::HeadTag] {
            registry.fail(Fault { step, from: 0, times: usize::MAX, what: what.clone() });
        }
        let trip = Trip { retries: 2, ..Trip::default() };
        let session = trip.session(&registry);
        told += &format!("{name}\n{}", read(&trip, &registry, &reference, &blob).expect_err("it is another blob"));
        let error = session.document(&reference, &goods.image.index).expect_err("it is another index");
        told += &explained(&error, &registry);
        registry.check();
    }
    assert_data_eq!(told, str![[r#"
other bytes
the registry's answer makes no sense: what came hashes to sha256:f96a48b454ef5024850e4315956160f53a59f8cb30b801b43f5f9e8203173cd9
  error: the registry's answer makes no sense: the document hashes to sha256:[DIGEST], which is not what it says
  place: [HOST]/x/goods, reading sha256:[DIGEST]
  help: tell whoever runs the registry, or what stands before it: this is against the protocol
half a body, for ever
failed 3 times, at last because end of file before message length reached
  error: failed 3 times, at last because end of file before message length reached
  place: [HOST]/x/goods, reading sha256:[DIGEST]
  help: try again. Behind a proxy, set HTTPS_PROXY
403
  error: the registry denies access: 403 Forbidden: DENIED: requested access to the resource is denied
  place: [HOST]/x/goods, reading sha256:[DIGEST]
  help: run `docker login [HOST]`
  error: the registry denies access: 403 Forbidden: DENIED: requested access to the resource is denied
  place: [HOST]/x/goods, reading sha256:[DIGEST]
  help: run `docker login [HOST]`
200 with a page
failed 3 times, at last because it ended too soon
  error: the registry's answer makes no sense: the document hashes to sha256:[DIGEST], which is not what it says
  place: [HOST]/x/goods, reading sha256:[DIGEST]
  help: tell whoever runs the registry, or what stands before it: this is against the protocol
200 that is too long
the registry's answer makes no sense: the blob is longer than its 20139 bytes
  error: the registry's answer makes no sense: it is longer than 4194304 bytes
  place: [HOST]/x/goods, reading sha256:[DIGEST]
  help: tell whoever runs the registry, or what stands before it: this is against the protocol

"#]].raw());
}

#[test]
fn documents_are_read_in_one_request_each() {
    let goods = Recipe::default().make();
    let (registry, reference) = stocked(Auth::Tokens(TokenServer::default()), Quirks::default(), &goods);
    let session = Trip::default().session(&registry);
    let (root, bytes) = session.root(&reference).expect("it is there");
    assert_eq!((root.digest, sha256(&bytes)), (goods.image.index.digest, goods.digest()));
    for platform in &goods.image.platforms {
        for document in [&platform.manifest, &platform.config] {
            let bytes = session.document(&reference, document).expect("it is there");
            assert_eq!(bytes, files::read(&goods.image.blob_path(&document.digest)));
        }
    }
    registry.check();
    let record = registry.record();
    // A tag, two manifests, two configs, a token; the tag is asked for twice, the first time without the token.
    assert_eq!((record.requests.len(), record.count(Step::Token)), (7, 1), "{}", record.story());
}

#[test]
fn tags_come_in_pages() {
    let goods = Recipe::default().make();
    let (registry, reference) = stocked(Auth::Open, Quirks { page: 2, ..Quirks::default() }, &goods);
    for tag in ["0.1.0", "0.2.0", "0.3.0", "latest"] {
        stock(&registry, REPOSITORY, tag, &goods);
    }
    let tags = Trip::default().session(&registry).tags(&reference).expect("there are tags");
    assert_eq!(tags, ["0.1.0", "0.2.0", "0.3.0", TAG, "latest"]);
    registry.check();
    let record = registry.record();
    assert!(record.count(Step::ListTags) >= 3, "{}", record.story());
}

#[test]
fn a_list_of_tags_that_does_not_end_is_an_error() {
    let (registry, repository) = (Registry::start(), "x/many");
    registry.store(|store| {
        let tags = (0..=100_000).map(|number| (format!("0.0.{number:06}"), "sha256:0".to_owned()));
        store.repository(repository).tags.extend(tags);
    });
    registry.quirks(|quirks| quirks.page = 1_000);
    let reference = Reference::parse(&format!("{}/{repository}", registry.host())).expect("a reference");
    let told = |registry: &Registry| match Trip::default().session(registry).tags(&reference) {
        Ok(tags) => format!("{} tags", tags.len()),
        Err(error) => explained(&error, registry),
    };
    assert_data_eq!(
        told(&registry),
        str![[r#"
  error: the list of tags is too long: there are more than 100000 tags
  place: [HOST]/x/many, listing the tags
  help: delete tags that nobody needs, or publish to another repository

"#]]
        .raw()
    );
    registry.store(|store| drop(store.repository(repository).tags.pop_last()));
    assert_eq!(told(&registry), "100000 tags");
}
