//! A repository's door: requests with tokens, redirects that are followed by hand, and repetition.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};
use tokio::sync::Mutex;

use super::address::{self, MAX_REDIRECTS};
use super::answer::{Answer, clean};
use super::auth::Auth;
use super::fault::{Fault, Passing};
use super::wire::{self, Payload, To, Trouble};
use crate::image::MAX_DOCUMENT;
use crate::registry::{At, Cause, Error, Options, Session};
use crate::report::Report;
use crate::sys::http::{self, Unknown};

/// The most that is read of a body which only explains a refusal, in bytes.
pub(super) const MAX_EXPLANATION: usize = 64 << 10;

/// What is known of a repository and its registry during one run.
pub(crate) struct Door {
    /// The registry as the user writes it.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// Whether it is for sending something, and not for reading alone.
    sends: bool,
    /// What a token must allow.
    pub(super) scopes: Vec<String>,
    /// What a token should allow too, if it can be had: reading where blobs may be mounted from.
    pub(super) wishes: RefCell<Vec<String>>,
    /// Whether the token server has refused the wishes.
    pub(super) narrow: Cell<bool>,
    /// Whether mounting is not tried any more.
    pub no_mounts: Cell<bool>,
    /// The size of pieces, once the registry has refused a whole blob in one request.
    pub pieces: Cell<Option<u64>>,
    pub(super) base: RefCell<Url>,
    /// Whether the registry has answered in the protocol that `base` names.
    pub(super) settled: Cell<bool>,
    pub(super) auth: Mutex<Auth>,
    /// Where our credentials came from, once the registry has asked for them.
    pub(super) origin: RefCell<String>,
}

impl Door {
    /// A door to a repository; nothing is sent.
    pub fn new(session: &Session<'_>, registry: &str, repository: &str, scopes: Vec<String>) -> Result<Self, Error> {
        let sends = scopes.iter().any(|scope| scope.ends_with("push"));
        let Options { plain_http, tls_first, .. } = session.options();
        let own = address::is_own_machine(registry);
        let plain = *plain_http || own && !tls_first;
        let base = address::base(if plain { "http" } else { "https" }, registry, repository)
            .ok_or_else(|| Error::NoAddress { name: format!("{registry}/{repository}") })?;
        Ok(Door {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            sends,
            scopes,
            wishes: RefCell::default(),
            narrow: Cell::new(false),
            no_mounts: Cell::new(false),
            pieces: Cell::new(session.options().chunk),
            base: RefCell::new(base),
            settled: Cell::new(*plain_http || !own),
            auth: Mutex::default(),
            origin: RefCell::default(),
        })
    }
}

/// Where a request goes.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// Below the repository.
    Path(String),
    /// Where the registry sent us.
    Url(Url),
}

/// A request as a value, so that it can be repeated.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub place: Place,
    /// Its headers, but for those that say who asks.
    pub headers: HeaderMap,
    /// What it carries.
    pub payload: Payload,
}

impl Call {
    /// A request without a body.
    pub fn new(method: Method, place: Place) -> Self {
        Call { method, place, headers: HeaderMap::new(), payload: Payload::Empty }
    }
}

/// The head of an answer. The body may have been read already.
pub(crate) struct Incoming {
    /// Who answered, after redirects.
    pub url: Url,
    /// The answer.
    pub response: Response,
    body: Option<Vec<u8>>,
}

impl Incoming {
    /// An answer that nobody has read yet.
    pub fn new(url: Url, response: Response) -> Self {
        Incoming { url, response, body: None }
    }
}

/// Talking through a door.
#[derive(Clone, Copy)]
pub(crate) struct Dialogue<'a> {
    /// Connections and credentials.
    pub session: &'a Session<'a>,
    /// The door.
    pub door: &'a Door,
    /// Who hears of it.
    pub report: &'a dyn Report,
}

impl Dialogue<'_> {
    /// The place of an error.
    pub fn at(&self, step: &str) -> Box<At> {
        let Door { registry, repository, .. } = self.door;
        let (registry, repository) = (registry.clone(), repository.clone());
        Box::new(At { registry, repository, step: step.to_owned(), sends: self.door.sends })
    }

    /// An answer that must not be.
    pub fn senseless(&self, step: &str, why: impl Into<String>) -> Error {
        Error::Answer { at: self.at(step), why: self.told(&why.into()) }
    }

    /// The error of an answer that will not change.
    pub fn refusal(&self, step: &str, answer: &Answer) -> Error {
        let (words, at) = (self.words(answer), self.at(step));
        match answer.code() {
            401 | 403 => Error::Denied { at, answer: words, origin: self.door.origin.borrow().clone() },
            407 => Error::ProxyDenies { at },
            status => Error::Refused { at, status, answer: words },
        }
    }

    /// What a server said, without what it must not have heard.
    pub fn words(&self, answer: &Answer) -> String {
        answer.words(self.session.secrets().borrow().known())
    }

    /// A text that holds what a server has chosen, without what it must not have heard.
    pub(super) fn told(&self, text: &str) -> String {
        self.session.told(text)
    }

    /// Asks until there is an answer that is no passing fault.
    pub async fn ask(&self, step: &str, call: &Call) -> Result<Answer, Error> {
        self.patiently(step, async || self.ask_once(step, call).await).await
    }

    /// Asks once. A status that may pass is a fault.
    pub async fn ask_once(&self, step: &str, call: &Call) -> Result<Answer, Fault> {
        let incoming = self.exchange(step, call).await?;
        self.lasting(step, self.whole(step, incoming).await?)
    }

    /// An answer, unless it is one that may pass.
    fn lasting(&self, step: &str, answer: Answer) -> Result<Answer, Fault> {
        if http::is_passing(answer.code()) { Err(self.passing(step, "the registry", &answer)) } else { Ok(answer) }
    }

    /// The fault of an answer that may pass. Who asks for more time than anybody waits is not asked again.
    pub(super) fn passing(&self, step: &str, who: &str, answer: &Answer) -> Fault {
        let why = format!("{who} answered {}", self.words(answer));
        match http::retry_after(&answer.headers) {
            Some(asks) if asks > http::LONGEST_PAUSE => Error::Later { at: self.at(step), why, asks }.into(),
            after => Fault::Passing(Passing { after, ..Passing::answered(why) }),
        }
    }

    /// Asks until there is an answer that is no passing fault, and leaves the body of a success to the caller.
    pub async fn open(&self, step: &str, call: &Call) -> Result<Result<Incoming, Answer>, Error> {
        let attempt = async || {
            let incoming = self.exchange(step, call).await?;
            if incoming.response.status().is_success() {
                return Ok(Ok(incoming));
            }
            self.lasting(step, self.whole(step, incoming).await?).map(Err)
        };
        self.patiently(step, attempt).await
    }

    /// Repeats `attempt` while its faults may pass, with pauses.
    pub async fn patiently<T>(
        &self,
        step: &str,
        mut attempt: impl AsyncFnMut() -> Result<T, Fault>,
    ) -> Result<T, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(Fault::Final(error)) => return Err(error),
                Err(Fault::Passing(last)) if tries > self.session.options().retries => {
                    return Err(self.exhausted(step, tries, last));
                }
                Err(Fault::Passing(Passing { why, after, .. })) => self.rest(step, &why, tries, after).await,
            }
        }
    }

    /// The error of what was tried often enough.
    pub fn exhausted(&self, step: &str, tries: u32, last: Passing) -> Error {
        let Passing { cause, why, .. } = last;
        Error::Unreachable { at: self.at(step), tries, cause, why }
    }

    /// Waits before a repetition.
    pub async fn rest(&self, step: &str, why: &str, tries: u32, after: Option<Duration>) {
        let left = self.session.options().retries.saturating_sub(tries) + 1;
        self.report.warning(format!("{step} failed ({left} tries left): {why}"), None);
        self.session.wire().count_retry();
        self.session.pause(tries, after).await;
    }

    /// Reads the body of an answer.
    pub async fn whole(&self, step: &str, mut incoming: Incoming) -> Result<Answer, Fault> {
        let (wire, status) = (self.session.wire(), incoming.response.status());
        let body = match incoming.body.take() {
            Some(body) => body,
            None if status.is_success() => {
                let body = wire.read(&mut incoming.response, MAX_DOCUMENT).await;
                body.map_err(|trouble| self.fault(step, trouble))?
            }
            None => wire.read_some(&mut incoming.response, MAX_EXPLANATION).await,
        };
        Ok(Answer { status, headers: std::mem::take(incoming.response.headers_mut()), url: incoming.url, body })
    }

    /// Sends a request once, shows who asks if that is wanted, and follows where the registry sends.
    pub async fn exchange(&self, step: &str, call: &Call) -> Result<Incoming, Fault> {
        let wire = self.session.wire();
        let (mut renewed, mut turned, mut hops, mut sent_to) = (false, false, 0, None);
        loop {
            let base = self.door.base.borrow().clone();
            let url = match (&sent_to, &call.place) {
                (Some(url), _) | (None, Place::Url(url)) => url.clone(),
                (None, Place::Path(path)) => {
                    base.join(path).map_err(|_| self.senseless(step, "its address cannot be built"))?
                }
            };
            // Another server, such as a registry's storage, learns nothing of who we are.
            let own = address::same_server(&url, &base);
            let (shown, generation) = if own { self.authorization(step).await? } else { (None, 0) };
            let headers = wire::with_authorization(call.headers.clone(), shown);
            let sent = wire.send(To::Registry, call.method.clone(), &url, headers, &call.payload).await;
            self.tell(&call.method, &url, sent.as_ref().map(Response::status).ok());
            let mut response = match sent {
                Ok(response) => response,
                // Once is enough: a registry that speaks neither protocol is asked again from the beginning, later.
                Err(trouble) if own && self.turns(&url, &trouble) && !turned => {
                    turned = true;
                    continue;
                }
                Err(trouble) => return Err(self.fault(step, trouble)),
            };
            let body =
                if self.door.settled.get() { None } else { self.first_answer(&call.method, &url, &mut response).await };
            match response.status() {
                // It was this answer, or that of another request meanwhile, that asked for TLS.
                StatusCode::BAD_REQUEST if own && self.has_turned(&url) => {}
                StatusCode::UNAUTHORIZED if own && !renewed => {
                    let said = wire.read_some(&mut response, MAX_EXPLANATION).await;
                    if !self.renew(step, generation, response.headers()).await? {
                        return Ok(Incoming { url, response, body: Some(said) });
                    }
                    renewed = true;
                }
                status if follows(status, &call.method) && response.headers().contains_key(LOCATION) => {
                    hops += 1;
                    if hops > MAX_REDIRECTS {
                        return Err(self
                            .senseless(step, format!("it redirects more than {MAX_REDIRECTS} times"))
                            .into());
                    }
                    wire.read_some(&mut response, MAX_EXPLANATION).await;
                    sent_to = Some(self.location(step, &url, response.headers())?);
                }
                _ => return Ok(Incoming { url, response, body }),
            }
        }
    }

    /// Where an answer sends, checked. Whoever calls has seen that there is a `Location`.
    pub fn location(&self, step: &str, from: &Url, headers: &HeaderMap) -> Result<Url, Error> {
        let text = headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        address::follow(from, text, self.session.options().plain_http).map_err(|why| self.senseless(step, why))
    }

    /// What a failed request means.
    pub fn fault(&self, step: &str, trouble: Trouble) -> Fault {
        let own = address::is_own_machine(&self.door.registry);
        Fault::Final(match trouble {
            // A registry of this machine is asked again by plain HTTP; no other one is.
            Trouble::NoTls(why) if !own => Error::NoTls { why: clean(&self.told(&why)), at: self.at(step) },
            Trouble::NoTls(why) | Trouble::Broken(why) | Trouble::Gibberish(why) => {
                return Fault::Passing(Passing::broken(clean(&self.told(&why))));
            }
            Trouble::Proxy { proxy, why } => {
                let why = clean(&self.told(&why));
                return Fault::Passing(Passing { cause: Cause::Proxy(proxy), ..Passing::broken(why) });
            }
            Trouble::UnknownHost(Unknown::Server(host)) => {
                Error::UnknownHost { host: clean(&self.told(&host)), at: self.at(step) }
            }
            Trouble::UnknownHost(Unknown::Proxy(proxy)) => Error::UnknownProxy { proxy, at: self.at(step) },
            Trouble::ProxyDenies => Error::ProxyDenies { at: self.at(step) },
            Trouble::ProxyRefuses { proxy, status } => {
                Error::ProxyRefuses { proxy, status: status.to_string(), at: self.at(step) }
            }
            Trouble::Certificate { host, why } => {
                // A certificate may have hundreds of names, all of which are told where none of them fits.
                Error::Certificate { host: self.told(&host), why: clean(&self.told(&why)), at: self.at(step) }
            }
            Trouble::Changed(path) => Error::Changed { path },
            Trouble::File(error) => Error::File(error),
            Trouble::Setup(error) => Error::Http(error),
            Trouble::TooLong(limit) => self.senseless(step, format!("it is longer than {limit} bytes")),
        })
    }

    /// Tells of a request, without what its query may hold.
    pub(super) fn tell(&self, method: &Method, url: &Url, status: Option<StatusCode>) {
        let verb = match method.as_str() {
            "HEAD" => "HEAD",
            "GET" => "GET",
            "PUT" => "PUT",
            "POST" => "POST",
            "PATCH" => "PATCH",
            _ => "DELETE",
        };
        let status = status.map_or_else(|| "no answer".to_owned(), |status| status.as_str().to_owned());
        self.report.detail(verb, format!("{}: {status}", self.told(&http::printed(url))));
    }
}

/// Whether a redirect keeps the method, so that it can be followed.
fn follows(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        307 | 308 => true,
        301..=303 => matches!(*method, Method::GET | Method::HEAD),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
