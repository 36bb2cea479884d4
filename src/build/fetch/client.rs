//! HTTP: which addresses are allowed, the client, and following redirects.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Certificate, Client, NoProxy, Proxy, Response, Url};

use super::{Error, FetchOptions, Item};
use crate::sys::fs;

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 10;

/// The largest file of certificates, in bytes. The usual one of a system has about 250 KB.
const MAX_CERTIFICATES: u64 = 16 << 20;

/// Reads an item's address.
pub(super) fn check_url(item: &Item) -> Result<Url, Error> {
    let refuse = |why| Error::Url { name: item.name.clone(), why };
    match Url::parse(&item.url) {
        Err(_) => Err(refuse("it is no URL")),
        Ok(url) if url.scheme() == "https" || is_plain_loopback(&url) => Ok(url),
        Ok(_) => Err(refuse("it is not `https`, so that others could read and change what comes")),
    }
}

/// The address without what may be secret: user name, password, query and fragment.
pub(super) fn printed(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// Whether the address is plain HTTP with this machine itself, which leaves no wire to listen on.
fn is_plain_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    url.scheme() == "http" && (host == "localhost" || address.is_ok_and(|address| address.is_loopback()))
}

/// Makes the client.
pub(super) fn client(options: &FetchOptions) -> Result<Client, Error> {
    let setup = |what: &str, error: reqwest::Error| Error::Setup { why: format!("{what}: {}", reason(error)) };
    // reqwest takes the process's provider. Another part of the program may have installed it, the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    // The hash is that of the file as it is, not of a compressed form.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let mut builder = Client::builder()
        .user_agent(concat!("cargo-dext/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(30))
        .read_timeout(Duration::from_secs(60))
        // The environment came as a value; the client shall not look at it again.
        .no_proxy();
    if let Some(path) = &options.ca_file {
        let pem = fs::read(path, MAX_CERTIFICATES)?;
        let bundle = Certificate::from_pem_bundle(&pem)
            .map_err(|error| setup(&format!("the certificates in `{}`", path.display()), error))?;
        builder = builder.tls_certs_merge(bundle);
    }
    if let Some(proxy) = &options.proxy {
        // The proxy's address may hold a password, so that neither it nor the parser's words are printed.
        let proxy = Proxy::https(proxy)
            .map_err(|_| Error::Setup { why: "the proxy's address in the environment cannot be used".to_owned() })?;
        builder = builder.proxy(proxy.no_proxy(options.no_proxy.as_deref().and_then(NoProxy::from_string)));
    }
    builder.build().map_err(|error| setup("the client", error))
}

/// What went wrong, with its causes and without the address.
pub(super) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// What is wrong with the server's certificate, if that is why there is no connection.
fn certificate_defect(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(defect @ rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return Some(defect);
        }
        // An I/O error takes its content's cause for its own and leaves out the content itself.
        cause = match error.downcast_ref::<std::io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as _),
            None => error.source(),
        };
    }
    None
}

/// Why there is no answer.
pub(super) enum NoAnswer {
    /// The connection failed.
    Connection(String),
    /// The server is not who it should be, or sends where nobody follows.
    Refused(Error),
}

fn no_answer(url: &Url, error: reqwest::Error) -> NoAnswer {
    match certificate_defect(&error) {
        Some(defect) => NoAnswer::Refused(Error::Certificate { url: printed(url), why: defect.to_string() }),
        None => NoAnswer::Connection(reason(error)),
    }
}

/// Asks for `url`, and follows redirects that stay as safe as the first address.
pub(super) async fn get(client: &Client, url: &Url, headers: &HeaderMap) -> Result<(Url, Response), NoAnswer> {
    let mut url = url.clone();
    for _ in 0..=MAX_REDIRECTS {
        let response =
            client.get(url.clone()).headers(headers.clone()).send().await.map_err(|error| no_answer(&url, error))?;
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let Some(location) = location.filter(|_| matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308))
        else {
            return Ok((url, response));
        };
        url = follow(&url, location).map_err(NoAnswer::Refused)?;
    }
    let target = printed(&url);
    Err(NoAnswer::Refused(Error::Redirect { url: target.clone(), target, why: "it was sent around ten times" }))
}

fn follow(url: &Url, location: &str) -> Result<Url, Error> {
    let refuse = |target: String, why| Error::Redirect { url: printed(url), target, why };
    let target = url.join(location).map_err(|_| refuse("?".to_owned(), "that is no URL"))?;
    if target.scheme() == "https" || is_plain_loopback(&target) && is_plain_loopback(url) {
        Ok(target)
    } else {
        Err(refuse(printed(&target), "that is not `https`"))
    }
}
