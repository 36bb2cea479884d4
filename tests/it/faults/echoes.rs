//! Servers that repeat what they are sent. Nothing of it that is secret is told, in whatever spelling it comes back.

use std::path::Path;
use std::sync::Mutex;

use cargo_dext::domain::{Arch, Reference};
use cargo_dext::plan::lock::Lock;
use cargo_dext::registry::base::{Bases, Store, Terms};
use cargo_dext::report::{Event, Report};
use cargo_dext::subject::{self, Place, Subject};

use crate::support::goods::Recipe;
use crate::support::registry::Registry;
use crate::support::registry::auth::{Auth, TokenServer};
use crate::support::registry::fault::{Fault, Said, What};
use crate::support::registry::quirks::Quirks;
use crate::support::registry::step::Step;
use crate::support::secrets::assert_untold;
use crate::support::trip::{REPOSITORY, TAG, Trip, explained, stock};

/// Secrets that look different in a header, a form, a query and JSON.
const ANN: (&str, &str) = ("ann", "p+w/ d&=\"s\\%x");
const IDENTITY: &str = "id+tok/en=secret&x";
const TOKEN: &str = "reg+tok/en=secret";

/// What the tokens of the token server begin with.
const ISSUED: &str = "token-1";

/// Writes down all that is told.
#[derive(Default)]
struct Notes(Mutex<String>);

impl Report for Notes {
    fn event(&self, event: Event) {
        self.0.lock().expect("nobody panics").push_str(&format!("{event:?}\n"));
    }
}

/// The ways to say who one is: the registry that wants it, the push, and the secrets.
fn ways() -> [(Auth, Trip, Vec<&'static str>); 4] {
    let trip = || Trip { retries: 1, parallel: 1, overwrite: true, ..Trip::default() };
    let by_password = TokenServer { user: Some(ANN), ..TokenServer::default() };
    let by_identity = TokenServer { identity: Some(IDENTITY), ..TokenServer::default() };
    [
        (Auth::Basic(ANN.0, ANN.1), Trip { login: Some(ANN), ..trip() }, vec![ANN.1]),
        (Auth::Tokens(by_password), Trip { login: Some(ANN), ..trip() }, vec![ANN.1, ISSUED]),
        (Auth::Tokens(by_identity), Trip { identity: Some(IDENTITY), ..trip() }, vec![IDENTITY, ISSUED]),
        (Auth::Token(TOKEN), Trip { token: Some(TOKEN), ..trip() }, vec![TOKEN]),
    ]
}

/// Fails if a secret is told, as it is or as a form or JSON writes it.
fn assert_none_told(told: &str, secrets: &[&str]) {
    for secret in secrets {
        assert_untold(told, secret);
        let form = reqwest::Url::parse_with_params("form:", [("", secret)]).expect("an address");
        let form = form.query().unwrap_or_default().trim_start_matches('=');
        assert_untold(told, form);
        assert_untold(told, serde_json::json!(secret).to_string().trim_matches('"'));
        // As Rust writes a text.
        assert_untold(told, format!("{secret:?}").trim_matches('"'));
    }
}

#[test]
fn nothing_that_was_sent_is_told_again() {
    use Step::{HeadBlob, HeadTag, Mount, Patch, PutBlob, PutIndex, PutManifest, PutTag, ReadBack, StartUpload};
    use Step::{Token, UploadStatus};
    let (old, new) = (Recipe::default().make(), Recipe::default().version(2).make());
    let questions = [Token, HeadTag, HeadBlob, StartUpload, Mount, UploadStatus];
    let steps = questions.into_iter().chain([PutBlob, Patch, PutManifest, PutIndex, PutTag, ReadBack]);
    for (auth, trip, secrets) in ways() {
        for step in steps.clone().filter(|step| *step != Token || matches!(auth, Auth::Tokens(_))) {
            for (status, said) in
                [(400, Said::Echo), (403, Said::EchoInError), (400, Said::EchoOfJson), (503, Said::Echo)]
            {
                let registry = Registry::with(auth.clone(), Quirks::default());
                stock(&registry, REPOSITORY, TAG, &old);
                stock(&registry, "x/other", TAG, &new);
                registry.fail(Fault { step, from: 0, times: usize::MAX, what: What::Status(status, said) });
                if step == UploadStatus {
                    // Who does not know what has arrived asks.
                    registry.fail(Fault { step: Patch, from: 1, times: 1, what: What::Lost });
                }
                let chunk = matches!(step, Patch | UploadStatus).then_some(8 << 10);
                let mount_from = if step == Mount { vec!["x/other"] } else { Vec::new() };
                let trip = Trip { chunk, mount_from, ..trip.clone() };
                let notes = Notes::default();
                let pushed = trip.push_within(&trip.session_told(&registry, &notes), &registry, &new);
                let error = pushed.map_or_else(|error| explained(&error, &registry), |_| "it arrives".to_owned());
                let told = format!("{step:?}, {status}, {said:?}\n{}{error}", notes.0.lock().expect("nobody panics"));
                assert!(registry.struck() > 0 && registry.peek().count(step) > 0, "{told}");
                assert_none_told(&told, &secrets);
                // Answers to HEAD have no body, so that nothing may have come back; and a registry that mounts
                // nothing or does not say what it has is asked for something else, without a word.
                let is_silent = matches!(step, HeadTag | HeadBlob | ReadBack)
                    || matches!(step, Mount | UploadStatus) && status != 503;
                assert!(is_silent || told.contains("<redacted>"), "{told}");
            }
        }
    }
}

/// What is told of an image whose registry answers with what it was sent: by whoever looks at it, and by whoever builds
/// on it.
fn told_of_image(trip: &Trip, registry: &Registry, wanted: &[String]) -> [String; 2] {
    let image = format!("{}/{REPOSITORY}:{TAG}", registry.host());
    let notes = Notes::default();
    let place = Place::find(&image, Path::new("/")).expect("a reference");
    let options = subject::Options { platforms: wanted.to_vec(), ..subject::Options::default() };
    let seen = Subject::open(&place, &options, || Ok(trip.session_told(registry, &notes)));
    let seen = seen.map_or_else(|error| format!("{error}\n{error:?}"), |seen| format!("{:?}", seen.entries));
    let session = trip.session_told(registry, &notes);
    let cache = tempfile::tempdir().expect("a temporary folder can be made");
    let store = Store::new(cache.path().to_owned());
    let bases = Bases { source: &session, store, terms: Terms::default(), report: &notes };
    let base = Reference::parse(&image).expect("a reference");
    // Once from the registry, and once from what was kept of it.
    let pin = || {
        bases
            .pin(&base, &Arch::ALL, &mut Lock::default())
            .map_or_else(|error| format!("{error}\n{error:?}"), |_| "it fits".to_owned())
    };
    let pinned = format!("{}\n{}", pin(), pin());
    let notes = notes.0.lock().expect("nobody panics");
    [format!("{notes}{seen}"), format!("{notes}{pinned}")]
}

#[test]
fn nor_is_it_told_where_it_comes_back_as_a_document() {
    let platform = || vec!["linux/amd64".to_owned()];
    let short = [("ann", "p+w/d&=\"s\\%x")];
    for (auth, trip, secrets) in ways().into_iter().chain(short.map(|ann| {
        // One that fits into a header.
        (Auth::Basic(ann.0, ann.1), Trip { login: Some(ann), retries: 1, ..Trip::default() }, vec![ann.1])
    })) {
        for (said, wanted, quoted) in [
            (Said::EchoAsType, Vec::new(), true),
            (Said::EchoAsList, Vec::new(), true),
            (Said::EchoAsDigest, Vec::new(), true),
            (Said::EchoAsEntry, platform(), true),
            (Said::EchoAsOwnType, Vec::new(), false),
            (Said::EchoAsLocation, Vec::new(), false),
        ] {
            let registry = Registry::with(auth.clone(), Quirks::default());
            registry.fail(Fault { step: Step::HeadTag, from: 0, times: usize::MAX, what: What::Status(200, said) });
            let [seen, built] = told_of_image(&trip, &registry, &wanted);
            assert!(registry.struck() > 0, "{said:?}: {seen}");
            assert_none_told(&seen, &secrets);
            assert_none_told(&built, &secrets);
            let is_type = said == Said::EchoAsType && secrets[0].contains(' ');
            assert!(!quoted || is_type || seen.contains("<redacted>"), "{said:?}: {seen}");
        }
    }
}
