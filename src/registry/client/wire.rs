//! One request, one answer: no tokens, no redirects, no second try.

#![expect(clippy::disallowed_methods, reason = "this is the room that sends requests to registries")]

use std::cell::OnceCell;
use std::error::Error as _;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderValue};
use reqwest::{Body, Client, Method, Response, StatusCode, Url};
use tokio::time::{Instant, timeout_at};

use super::body::{FileBody, Piece, Pulse};
use crate::registry::{Options, Traffic};
use crate::sys::fs;
use crate::sys::http::{self, Speaks};

/// How long a body that only explains something may take. The status says what matters.
const EXPLAINS_WITHIN: Duration = Duration::from_secs(5);

/// What a request carries.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    /// Nothing.
    Empty,
    /// A document.
    Bytes(Bytes),
    /// Bytes of a file.
    File(Piece),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The connection failed; it may work the next time.
    Broken(String),
    /// Nothing knows an address of a host of this name.
    UnknownHost(http::Unknown),
    /// What came was not HTTP.
    Gibberish(String),
    /// What came was not TLS.
    NoTls(String),
    /// The proxy does not let us through.
    ProxyDenies,
    /// The other side has a certificate that is not trusted.
    Certificate {
        /// Whose.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// The file that should be sent has another length.
    Changed(PathBuf),
    /// The file that should be sent cannot be read.
    File(fs::Error),
    /// No client can be made.
    Setup(http::Error),
    /// The proxy cannot be reached, or does not reach the server.
    Proxy {
        /// The proxy, without its password.
        proxy: String,
        /// What happened.
        why: String,
    },
    /// The proxy does not connect us with the server, and will not.
    ProxyRefuses {
        /// The proxy, without its password.
        proxy: String,
        /// The status of its answer.
        status: StatusCode,
    },
    /// The body is longer than allowed.
    TooLong(u64),
}

/// What requests count.
#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    tokens: AtomicU64,
    sent: Arc<AtomicU64>,
    received: AtomicU64,
    retries: AtomicU64,
}

/// The connections of a session.
#[derive(Debug)]
pub(crate) struct Wire {
    settings: http::HttpSettings,
    timeout: Duration,
    plain: OnceCell<Client>,
    secure: OnceCell<Client>,
    counters: Counters,
}

/// Whose request it is, for the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// A registry's, or that of the storage it sends to.
    Registry,
    /// A token server's.
    TokenServer,
}

impl Wire {
    /// Prepares connections; none is made.
    pub fn new(options: &Options) -> Self {
        Wire {
            settings: options.http.clone(),
            timeout: options.timeout,
            plain: OnceCell::new(),
            secure: OnceCell::new(),
            counters: Counters::default(),
        }
    }

    /// What has gone over the wire.
    pub fn traffic(&self) -> Traffic {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic {
            requests: read(&self.counters.requests),
            tokens: read(&self.counters.tokens),
            bytes_sent: read(&self.counters.sent),
            bytes_received: read(&self.counters.received),
            retries: read(&self.counters.retries),
        }
    }

    /// Counts a repetition.
    pub fn count_retry(&self) {
        self.counters.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// Sends a request and waits for the head of its answer. Headers with secrets must be marked as such.
    pub async fn send(
        &self,
        to: To,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        payload: &Payload,
    ) -> Result<Response, Trouble> {
        let pulse = Arc::new(Pulse::default());
        let mut request = self.client(url)?.request(method.clone(), url.clone()).headers(headers);
        match payload {
            // Without a body, HTTP clients leave the length out of PUT and PATCH, which some servers want.
            Payload::Empty if method != Method::GET && method != Method::HEAD => {
                request = request.header(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            Payload::Empty => {}
            Payload::Bytes(bytes) => {
                self.counters.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                request = request.body(bytes.clone());
            }
            Payload::File(piece) if piece.leaves_a_gap() => {
                return Err(Trouble::Broken("the registry says that it has bytes which were never sent".to_owned()));
            }
            Payload::File(piece) => {
                let body = FileBody::open(piece, Arc::clone(&pulse), Arc::clone(&self.counters.sent));
                let body = body.map_err(Trouble::File)?.ok_or_else(|| Trouble::Changed(piece.path.clone()))?;
                request = request.body(Body::wrap(body));
            }
        }
        let counter = if to == To::Registry { &self.counters.requests } else { &self.counters.tokens };
        counter.fetch_add(1, Ordering::Relaxed);
        match self.watched(&pulse.moved, request.send()).await? {
            Ok(response) => Ok(response),
            Err(_) if pulse.wrong.load(Ordering::Relaxed) => match payload {
                Payload::File(piece) => Err(Trouble::Changed(piece.path.clone())),
                _ => Err(Trouble::Broken("the body ended too soon".to_owned())),
            },
            Err(error) => match trouble(url, error, &self.settings) {
                Trouble::Proxy { proxy, why } if why.ends_with(PROXY_REFUSES) => Err(self.refusal(url, proxy).await),
                trouble => Err(trouble),
            },
        }
    }

    /// What a proxy answers that does not connect us with the server of `url`. The library keeps that for itself, so
    /// the same is asked for again, as of a proxy for plain HTTP, whose answers are handed on.
    async fn refusal(&self, url: &Url, proxy: String) -> Trouble {
        let again = |why: &str| Trouble::Proxy { proxy: proxy.clone(), why: format!("the proxy {why}") };
        let Some((settings, tunnel)) = self.settings.tunnel(url) else { return again("did not let us through") };
        let client = match settings.client(Speaks::Plain).and_then(http::finish) {
            Ok(client) => client,
            Err(error) => return Trouble::Setup(error),
        };
        let request = client.request(Method::CONNECT, tunnel);
        let status = match self.watched(&AtomicU64::new(0), request.send()).await {
            Ok(Ok(answer)) => answer.status(),
            Ok(Err(_)) | Err(_) => return again("answered what is no HTTP, or nothing"),
        };
        match status {
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => Trouble::ProxyDenies,
            status if status.is_success() => again("did not let us through at first"),
            status if http::is_passing(status.as_u16()) => again(&format!("answered {status}")),
            status => Trouble::ProxyRefuses { proxy, status },
        }
    }

    /// Reads a body of at most `limit` bytes.
    pub async fn read(&self, response: &mut Response, limit: u64) -> Result<Vec<u8>, Trouble> {
        let mut body = Vec::new();
        while let Some(bytes) = self.chunk(response).await? {
            if body.len() as u64 + bytes.len() as u64 > limit {
                return Err(Trouble::TooLong(limit));
            }
            body.extend_from_slice(&bytes);
        }
        Ok(body)
    }

    /// Reads the beginning of a body that only explains something: at most `limit` bytes, and fewer if it breaks
    /// off or does not come soon.
    pub async fn read_some(&self, response: &mut Response, limit: usize) -> Vec<u8> {
        let mut body = Vec::new();
        let end = Instant::now() + EXPLAINS_WITHIN;
        while let Ok(Ok(Some(bytes))) = timeout_at(end, self.chunk(response)).await {
            body.extend_from_slice(&bytes[..bytes.len().min(limit - body.len())]);
            if body.len() == limit {
                break;
            }
        }
        body
    }

    /// The next bytes of a body; `None` at its end.
    pub async fn chunk(&self, response: &mut Response) -> Result<Option<Bytes>, Trouble> {
        let chunk = self.watched(&AtomicU64::new(0), response.chunk()).await?;
        let chunk = chunk.map_err(|error| Trouble::Broken(innermost(&error)))?;
        self.counters.received.fetch_add(chunk.as_ref().map_or(0, |bytes| bytes.len() as u64), Ordering::Relaxed);
        Ok(chunk)
    }

    /// Waits for `work` as long as something moves.
    async fn watched<T>(&self, moved: &AtomicU64, work: impl Future<Output = T>) -> Result<T, Trouble> {
        let mut work = pin!(work);
        loop {
            let before = moved.load(Ordering::Relaxed);
            match tokio::time::timeout(self.timeout, &mut work).await {
                Ok(done) => return Ok(done),
                Err(_) if moved.load(Ordering::Relaxed) != before => {}
                Err(_) => return Err(Trouble::Broken(format!("nothing came for {:?}", self.timeout))),
            }
        }
    }

    fn client(&self, url: &Url) -> Result<&Client, Trouble> {
        if url.scheme() == "https" {
            self.made(&self.secure, Speaks::Https)
        } else {
            self.made(&self.plain, Speaks::Plain)
        }
    }

    /// The client in `cell`, which is made when the first request needs it.
    fn made<'c>(&self, cell: &'c OnceCell<Client>, speaks: Speaks) -> Result<&'c Client, Trouble> {
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = self.settings.client(speaks).map(|builder| builder.tcp_nodelay(true)).and_then(http::finish);
        let client = client.map_err(Trouble::Setup)?;
        Ok(cell.get_or_init(|| client))
    }
}

/// Why there is no answer, without the address, whose query may hold a secret.
fn trouble(url: &Url, error: reqwest::Error, settings: &http::HttpSettings) -> Trouble {
    let host = url.host_str().unwrap_or_default().to_owned();
    if let Some(defect) = http::certificate_defect(&error) {
        return Trouble::Certificate { host, why: defect.to_string() };
    }
    if let Some(host) = http::unknown_host(url, &error, settings) {
        return Trouble::UnknownHost(host);
    }
    if let Some(error) = settings.unusable_proxy(url) {
        return Trouble::Setup(error);
    }
    let (why, proxy) = (innermost(&error), settings.proxy_before(url));
    // A tunnel has a name of its own; what is sent in plain HTTP is sent to the proxy itself.
    let to_proxy = causes(&error).any(|cause| cause.to_string().starts_with(TUNNEL))
        || url.scheme() == "http" && error.is_connect();
    if why.ends_with(PROXY_DENIES) {
        Trouble::ProxyDenies
    } else if let Some(proxy) = proxy.filter(|_| to_proxy) {
        Trouble::Proxy { proxy: proxy.to_string(), why: format!("the proxy: {why}") }
    } else if http::tls_error(&error).is_some_and(|error| matches!(error, rustls::Error::InvalidMessage(_))) {
        Trouble::NoTls(why)
    } else if causes(&error).any(|cause| cause.downcast_ref().is_some_and(hyper::Error::is_parse)) {
        Trouble::Gibberish(why)
    } else {
        Trouble::Broken(why)
    }
}

/// How hyper-util begins what it says of a `CONNECT` that failed, and what it says of a proxy that answered neither 200
/// nor 407, and of one that answered 407. Its errors have no public names.
const TUNNEL: &str = "tunnel error";
const PROXY_REFUSES: &str = "tunnel error: unsuccessful";
const PROXY_DENIES: &str = "proxy authorization required";

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// What the innermost cause says. Those around it, and the address, say only which library noticed.
fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    if innermost.is::<reqwest::Error>() { "the request could not be sent".to_owned() } else { innermost.to_string() }
}

/// A header that must not be printed.
pub(super) fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The headers of a request that shows who asks.
pub(super) fn with_authorization(mut headers: HeaderMap, authorization: Option<HeaderValue>) -> HeaderMap {
    if let Some(value) = authorization {
        headers.insert(AUTHORIZATION, value);
    }
    headers
}
