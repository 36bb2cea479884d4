//! The cases, as data.

use crate::support::registry::fault::{Said, What};
use crate::support::registry::http::Arrival;
use crate::support::registry::step::Step;

/// More often than anybody tries.
const EVER: usize = usize::MAX;

/// A digest that nothing has.
const NOBODY: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// How a case must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The image arrives.
    Arrives,
    /// An error, after a request and its repetitions.
    FailsAtLast,
    /// An error at once: no request of the step is repeated.
    FailsAtOnce,
    /// An error, however many requests it takes; the text tells.
    Fails,
}
use End::{Arrives, Fails, FailsAtLast, FailsAtOnce};

/// A case: what goes wrong how often, and how it must end.
pub struct Case {
    /// What it is called.
    pub name: String,
    /// How many requests are struck.
    pub times: usize,
    /// What goes wrong.
    pub what: What,
    /// How it must end.
    pub end: End,
}

fn case(name: impl Into<String>, times: usize, what: What, end: End) -> Case {
    Case { name: name.into(), times, what, end }
}

fn spec(status: u16, code: &'static str, message: &'static str) -> What {
    What::Status(status, Said::Error(code, message))
}

/// Faults that pass: once and as often as is tried they are no matter.
fn passing() -> Vec<(&'static str, What)> {
    let busy = |status| What::Status(status, Said::Html);
    vec![
        ("408", busy(408)),
        ("425", busy(425)),
        ("429", What::RetryAfter(429, "0")),
        ("429 without Retry-After", spec(429, "TOOMANYREQUESTS", "slow down")),
        ("429 with a Retry-After that is no time", What::RetryAfter(429, "soon")),
        ("429 with a Retry-After beyond all numbers", What::RetryAfter(429, "99999999999999999999999")),
        ("500", busy(500)),
        ("502", What::Status(502, Said::Nothing)),
        ("503", spec(503, "UNAVAILABLE", "maintenance")),
        ("504", busy(504)),
        ("reset", What::Reset),
        ("reset in the request's body", What::ResetMidBody),
        ("reset, and the next connection too", What::CloseAfterAccept),
        ("half a head", What::Arrives(Arrival::HalfHead)),
        ("garbage", What::Arrives(Arrival::Garbage)),
        ("no answer", What::Stall),
        ("the answer is lost", What::Lost),
    ]
}

/// The same, for ever: one of each kind.
fn passing_for_ever() -> Vec<(&'static str, What)> {
    vec![
        ("429", What::RetryAfter(429, "0")),
        ("503", spec(503, "UNAVAILABLE", "maintenance")),
        ("502 with a page", What::Status(502, Said::Html)),
        ("reset", What::Reset),
        ("garbage", What::Arrives(Arrival::Garbage)),
        ("no answer", What::Stall),
    ]
}

/// Refusals that no repetition changes.
fn lasting() -> Vec<(&'static str, What)> {
    vec![
        ("400", spec(400, "UNSUPPORTED", "this registry cannot do that")),
        ("403", spec(403, "DENIED", "requested access to the resource is denied")),
        ("403 with a page", What::Status(403, Said::Html)),
        ("405", spec(405, "UNSUPPORTED", "the operation is unsupported")),
        ("413 with a page", What::Status(413, Said::Html)),
        ("400 with a long text", What::Status(400, Said::Huge)),
        ("400 with control characters", What::Status(400, Said::Controls)),
        ("400 without a text", What::Status(400, Said::NoErrors)),
    ]
}

/// What a step adds to these, or does differently.
fn peculiar(step: Step) -> Vec<Case> {
    let denied = || spec(401, "UNAUTHORIZED", "authentication required");
    let wrong_digest = || What::With("docker-content-digest", NOBODY);
    let at = |location| What::With("location", location);
    let answers = |name: &str, what, end| case(name, EVER, what, end);
    let moved = || {
        vec![
            case("redirect", 1, What::Redirect, Arrives),
            case("redirect to another host", 1, What::RedirectToOtherHost, Arrives),
            answers("redirects without end", What::RedirectLoop, Fails),
        ]
    };
    let mut cases = vec![case("slow answer", 1, What::Arrives(Arrival::Slow), Arrives)];
    match step {
        Step::Token => cases.extend([
            answers("401", denied(), FailsAtOnce),
            case("half a body", 1, What::Arrives(Arrival::HalfBody), Arrives),
            answers("200 with a page", What::Status(200, Said::Html), Fails),
            answers("200 without a token", What::Status(200, Said::NoErrors), Fails),
            answers("200 that is too long", What::Status(200, Said::Huge), Fails),
        ]),
        Step::HeadTag => {
            cases.extend([
                answers("401", denied(), FailsAtOnce),
                case("404", 1, spec(404, "NAME_UNKNOWN", "repository name not known to registry"), Arrives),
                case("404 with a page", 1, What::Status(404, Said::Html), Arrives),
            ]);
            cases.extend(moved());
        }
        Step::HeadBlob => {
            cases.extend([
                answers("401", denied(), FailsAtOnce),
                answers("404", spec(404, "BLOB_UNKNOWN", "blob unknown to registry"), Arrives),
            ]);
            cases.extend(moved());
        }
        Step::StartUpload => {
            cases.extend([
                answers("401", denied(), FailsAtOnce),
                answers("404", spec(404, "NAME_UNKNOWN", "repository name not known to registry"), FailsAtOnce),
                answers("no location", What::Without("location"), FailsAtOnce),
                answers("location is a path", What::LocationIsPath, Arrives),
                answers("location is relative", What::LocationIsRelative, Arrives),
                answers("location on another host", What::LocationOnOtherHost, Arrives),
                answers("location is no address", at("http://[:/x"), FailsAtOnce),
                answers("location of another kind", at("ftp://127.0.0.1/x"), FailsAtOnce),
            ]);
            cases.extend(moved());
        }
        Step::Mount => cases.extend([
            answers("202: the mount is refused", What::MountRefused, Arrives),
            answers("404", spec(404, "BLOB_UNKNOWN", "blob unknown to registry"), Arrives),
            case("no location in the 201", 1, What::Without("location"), Arrives),
        ]),
        Step::PutBlob => cases.extend([
            answers("401", denied(), FailsAtOnce),
            case("404: the upload is forgotten", 1, What::UploadUnknown, Arrives),
            case("404: the upload is forgotten twice", 2, What::UploadUnknown, Arrives),
            answers("404: every upload is forgotten", What::UploadUnknown, Fails),
            answers("400: wrong digest", spec(400, "DIGEST_INVALID", "provided digest did not match"), FailsAtOnce),
            answers("416", spec(416, "BLOB_UPLOAD_INVALID", "the range is too long"), Fails),
            answers("no location", What::Without("location"), Arrives),
            answers("no digest", What::Without("docker-content-digest"), Arrives),
            answers("another digest", wrong_digest(), Arrives),
            case("half a body", 1, What::Arrives(Arrival::HalfBody), Arrives),
        ]),
        Step::Patch => cases.extend([
            answers("401", denied(), FailsAtOnce),
            case("404: the upload is forgotten", 1, What::UploadUnknown, Arrives),
            answers("404: every upload is forgotten", What::UploadUnknown, Fails),
            answers("416", spec(416, "BLOB_UPLOAD_INVALID", "out of order"), Fails),
            answers("no location", What::Without("location"), Arrives),
            answers("location is a path", What::LocationIsPath, Arrives),
        ]),
        Step::UploadStatus => cases.extend([
            case("404: the upload is forgotten", 1, What::UploadUnknown, Arrives),
            answers("404 for ever", spec(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown"), Arrives),
            answers("no range", What::Without("range"), Arrives),
            answers("a range beyond the end", What::With("range", "0-99999999"), Arrives),
            answers("a range that is none", What::With("range", "all of it"), Arrives),
        ]),
        Step::PutManifest | Step::PutIndex => {
            cases.extend([
                answers("401", denied(), FailsAtOnce),
                answers("404", spec(404, "NAME_UNKNOWN", "repository name not known to registry"), FailsAtOnce),
                answers(
                    "400: a blob is unknown",
                    spec(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"),
                    Fails,
                ),
                answers("400: invalid", spec(400, "MANIFEST_INVALID", "manifest invalid"), FailsAtOnce),
                answers("no location", What::Without("location"), Arrives),
                answers("no digest", What::Without("docker-content-digest"), Arrives),
                answers("another digest", wrong_digest(), Fails),
            ]);
            cases.extend(moved());
        }
        Step::PutTag => cases.extend([
            answers("401", denied(), FailsAtOnce),
            answers("404", spec(404, "NAME_UNKNOWN", "repository name not known to registry"), FailsAtOnce),
            answers("409", spec(409, "TAG_IMMUTABLE", "the tag is immutable"), FailsAtOnce),
            answers("no location", What::Without("location"), Arrives),
            answers("another digest", wrong_digest(), Fails),
        ]),
        Step::ReadBack => cases.extend([
            answers("401", denied(), FailsAtOnce),
            answers("404", spec(404, "MANIFEST_UNKNOWN", "manifest unknown"), FailsAtLast),
            case("404, once", 1, spec(404, "MANIFEST_UNKNOWN", "manifest unknown"), Arrives),
            case("no digest", EVER, What::Without("docker-content-digest"), Arrives),
            answers("another digest", wrong_digest(), Fails),
            answers("a digest that is none", What::With("docker-content-digest", "md5:1"), Arrives),
        ]),
        _ => {}
    }
    cases
}

/// All cases of a step.
pub fn cases(step: Step) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, what) in passing() {
        // A request without a body cannot be reset in its midst.
        if what != What::ResetMidBody || has_body(step) {
            cases.push(case(format!("{name}, once"), 1, what, Arrives));
        }
    }
    for (name, what) in [("503", spec(503, "UNAVAILABLE", "maintenance")), ("reset", What::Reset)] {
        cases.push(case(format!("{name}, twice"), 2, what, Arrives));
    }
    for (name, what) in passing_for_ever() {
        let end = match step {
            // These are questions: whatever the answer, the blob can be sent.
            Step::Mount | Step::UploadStatus => Arrives,
            // The work is done all the same, and whoever looks sees it.
            Step::PutBlob if what == What::Arrives(Arrival::Garbage) => Arrives,
            _ => FailsAtLast,
        };
        cases.push(case(format!("{name}, for ever"), EVER, what, end));
    }
    for (name, what) in lasting() {
        let end = match (step, &what) {
            (Step::Mount | Step::UploadStatus, _) => Arrives,
            // The registry may not know the method: the question is put in another way.
            (Step::HeadTag | Step::ReadBack, What::Status(400 | 405, _)) => Fails,
            (Step::PutBlob, What::Status(405 | 413, _)) => Fails,
            (Step::Patch, What::Status(405, _)) => Arrives,
            (Step::HeadBlob, What::Status(405, _)) => Arrives,
            _ => FailsAtOnce,
        };
        cases.push(case(name, EVER, what, end));
    }
    cases.extend(peculiar(step));
    cases.push(case("429 for an hour", 1, What::RetryAfter(429, "3600"), FailsAtOnce));
    if step != Step::Token {
        // The first request that a token was fetched for is not the one after which it has expired.
        let end = if step == Step::HeadTag { Fails } else { Arrives };
        cases.push(case("401: the token has expired, once", 1, What::ExpiredToken, end));
        // A mount that is denied is no reason not to send, and neither is a question.
        let asks = matches!(step, Step::Mount | Step::UploadStatus);
        cases.push(case("401: every token has expired", EVER, What::TokenRefused, if asks { Arrives } else { Fails }));
    }
    cases
}

fn has_body(step: Step) -> bool {
    matches!(step, Step::PutBlob | Step::Patch | Step::PutManifest | Step::PutIndex | Step::PutTag)
}
