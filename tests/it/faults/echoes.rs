//! Servers that repeat what they are sent. Nothing of it that is secret is told, in whatever spelling it comes back.

use std::sync::Mutex;

use cargo_dext::report::{Event, Report};

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
                for secret in &secrets {
                    assert_untold(&told, secret);
                    let form = reqwest::Url::parse_with_params("form:", [("", secret)]).expect("an address");
                    let form = form.query().unwrap_or_default().trim_start_matches('=');
                    assert_untold(&told, form);
                    assert_untold(&told, serde_json::json!(secret).to_string().trim_matches('"'));
                }
                // Answers to HEAD have no body, so that nothing may have come back; and a registry that mounts
                // nothing or does not say what it has is asked for something else, without a word.
                let is_silent = matches!(step, HeadTag | HeadBlob | ReadBack)
                    || matches!(step, Mount | UploadStatus) && status != 503;
                assert!(is_silent || told.contains("<redacted>"), "{told}");
            }
        }
    }
}
