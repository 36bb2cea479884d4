//! HTTP: which addresses are allowed, the client, and following redirects.

#![expect(clippy::disallowed_methods, reason = "downloads send requests")]

use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Response, Url};

use super::{Error, FetchOptions, Item};
use crate::sys::http::{self, HttpSettings, Speaks, Unknown};

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 10;

/// Reads an item's address.
pub(super) fn check_url(item: &Item) -> Result<Url, Error> {
    let refuse = |why| Error::Url { name: item.name.clone(), why };
    match Url::parse(&item.url) {
        Err(_) => Err(refuse("it is no URL")),
        Ok(url) if url.scheme() == "https" || is_plain_loopback(&url) => Ok(url),
        Ok(_) => Err(refuse("it is not `https`, so that others could read and change what comes")),
    }
}

/// Whether the address is plain HTTP with this machine itself, which leaves no wire to listen on.
fn is_plain_loopback(url: &Url) -> bool {
    url.scheme() == "http" && url.host_str().is_some_and(http::is_loopback)
}

/// Connections, and how they are made.
#[derive(Debug)]
pub(super) struct Client {
    inner: reqwest::Client,
    settings: HttpSettings,
}

/// Makes the client.
pub(super) fn client(options: &FetchOptions) -> Result<Client, Error> {
    let builder = options.http.client(Speaks::Https).map(|builder| builder.read_timeout(Duration::from_secs(60)));
    Ok(Client { inner: builder.and_then(http::finish)?, settings: options.http.clone() })
}

/// Why there is no answer.
pub(super) enum NoAnswer {
    /// The connection failed.
    Connection(String),
    /// The server is not who it should be, or sends where nobody follows.
    Refused(Error),
}

fn no_answer(url: &Url, error: reqwest::Error, settings: &HttpSettings) -> NoAnswer {
    if let Some(defect) = http::certificate_defect(&error) {
        return NoAnswer::Refused(Error::Certificate { url: http::printed(url), why: defect.to_string() });
    }
    if let Some(error) = settings.unusable_proxy(url) {
        return NoAnswer::Refused(error.into());
    }
    match http::unknown_host(url, &error, settings) {
        Some(Unknown::Server(host)) => NoAnswer::Refused(Error::UnknownHost { url: http::printed(url), host }),
        Some(Unknown::Proxy(proxy)) => NoAnswer::Refused(Error::UnknownProxy { url: http::printed(url), proxy }),
        None => NoAnswer::Connection(http::reason(error)),
    }
}

/// Asks for `url`, and follows redirects that stay as safe as the first address.
pub(super) async fn get(client: &Client, url: &Url, headers: &HeaderMap) -> Result<(Url, Response), NoAnswer> {
    let mut url = url.clone();
    for _ in 0..=MAX_REDIRECTS {
        let sent = client.inner.get(url.clone()).headers(headers.clone()).send().await;
        let response = sent.map_err(|error| no_answer(&url, error, &client.settings))?;
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let Some(location) = location.filter(|_| matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308))
        else {
            return Ok((url, response));
        };
        url = follow(&url, location).map_err(NoAnswer::Refused)?;
    }
    let target = http::printed(&url);
    Err(NoAnswer::Refused(Error::Redirect { url: target.clone(), target, why: "it was sent around ten times" }))
}

fn follow(url: &Url, location: &str) -> Result<Url, Error> {
    let refuse = |target: String, why| Error::Redirect { url: http::printed(url), target, why };
    let target = url.join(location).map_err(|_| refuse("?".to_owned(), "that is no URL"))?;
    if target.scheme() == "https" || is_plain_loopback(&target) && is_plain_loopback(url) {
        Ok(target)
    } else {
        Err(refuse(http::printed(&target), "that is not `https`"))
    }
}
