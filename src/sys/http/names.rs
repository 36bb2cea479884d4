//! Names of hosts: asking the system for their addresses, and telling a name that nobody has from a resolver in trouble.

use std::io;
use std::net::ToSocketAddrs;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::pki_types::{InvalidDnsNameError, ServerName};

use super::{HttpSettings, cause};

/// Whose name it is that no host has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// The server's: the name.
    Server(String),
    /// The proxy's: the variable that names it and its address, without its password.
    Proxy(String),
}

/// The name that no host has, if that is why there is no connection: nobody knows an address for it, or it is none that
/// a host could have.
#[must_use]
pub fn unknown_host(url: &Url, error: &reqwest::Error, settings: &HttpSettings) -> Option<Unknown> {
    let server = url.host_str().unwrap_or_default();
    let unknown = cause::<Unresolved>(error).filter(|name| name.is_unknown).map(|name| name.host.as_str());
    // TLS does not say which name it cannot take.
    let is_possible = ServerName::try_from(server).is_ok();
    let impossible = || cause::<InvalidDnsNameError>(error).map(|_| if is_possible { "" } else { server });
    let name = unknown.or_else(impossible)?;
    // Nobody else is looked for. The proxy's name is told as it is written, because what is taken for the name may be
    // half a password, if that has a slash.
    let proxy = settings.proxy_before(url).filter(|_| name != server).map(|proxy| Unknown::Proxy(proxy.to_string()));
    Some(proxy.unwrap_or_else(|| Unknown::Server(name.to_owned())))
}

/// A name that could not be turned into addresses.
#[derive(Debug, thiserror::Error)]
#[error("the name `{host}` could not be looked up: {why}")]
struct Unresolved {
    host: String,
    /// Whether there is no host of that name, as far as can be told: then nothing changes by asking again.
    is_unknown: bool,
    why: String,
}

impl Unresolved {
    fn new(host: &str, error: &io::Error) -> Self {
        let text = error.to_string();
        let why = text.rsplit_once("address information: ").map_or(text.as_str(), |(_, why)| why).to_owned();
        Unresolved { host: host.to_owned(), is_unknown: says_unknown(error, &why), why }
    }
}

/// Whether the system says that there is no such name, and not that it could not find out.
///
/// Of what getaddrinfo returns, std keeps the code on Windows (`WSAHOST_NOT_FOUND` and `WSANO_DATA` of winsock2.h), and
/// the words of `gai_strerror` elsewhere: those for `EAI_NONAME` and `EAI_NODATA` of glibc, musl, Apple's and FreeBSD's
/// libc, which no locale changes, because no locale is set. What says something else is asked again.
fn says_unknown(error: &io::Error, why: &str) -> bool {
    const CODES: [i32; 2] = [11001, 11004];
    const WORDS: [&str; 7] = [
        "Name or service not known",
        "No address associated with hostname",
        "Name does not resolve",
        "Name has no usable address",
        "nodename nor servname provided, or not known",
        "hostname nor servname provided, or not known",
        "No address associated with nodename",
    ];
    error.raw_os_error().map_or_else(|| WORDS.contains(&why), |code| CODES.contains(&code))
}

/// Asks the system for addresses, as std does, and remembers who was asked for.
pub(super) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        Box::pin(async move {
            // getaddrinfo blocks, for seconds if need be.
            let look = move || (host.as_str(), 0).to_socket_addrs().map_err(|error| Unresolved::new(&host, &error));
            let found = tokio::task::spawn_blocking(look).await??;
            Ok(Box::new(found) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::http::{HttpSettings, ProxyAddress, Speaks, finish};

    #[test]
    fn names_that_nobody_has_are_told_from_a_resolver_in_trouble() {
        let said = |words: &str| io::Error::other(format!("failed to lookup address information: {words}"));
        for (error, unknown) in [
            (said("Name or service not known"), true),
            (said("No address associated with hostname"), true),
            (said("Name does not resolve"), true),
            (said("nodename nor servname provided, or not known"), true),
            (io::Error::from_raw_os_error(11001), true),
            (io::Error::from_raw_os_error(11002), false),
            (said("Temporary failure in name resolution"), false),
            (said("Try again"), false),
            (said("Non-recoverable failure in name resolution"), false),
            (io::Error::from_raw_os_error(11), false),
            (io::Error::other("Name or service not known, perhaps"), false),
        ] {
            let name = Unresolved::new("r.example", &error);
            assert_eq!(name.is_unknown, unknown, "{error}");
            assert!(name.to_string().starts_with("the name `r.example` could not be looked up: "), "{name}");
        }
    }

    #[test]
    fn the_name_that_no_host_has_is_told() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // A label of 64 letters: the resolver refuses it without asking anybody, and TLS before that.
        let name = format!("{}.example", "a".repeat(64));
        let through = |address: String| {
            let proxy = |variable| Some(ProxyAddress { variable, address: address.clone() });
            let (http_proxy, https_proxy) = (proxy("HTTP_PROXY"), proxy("ALL_PROXY"));
            let no_proxy = Some("direct.example,.direct.example".to_owned());
            HttpSettings { http_proxy, https_proxy, no_proxy, ..HttpSettings::default() }
        };
        let direct = HttpSettings::default();
        let plain = through(format!("http://ann:hunter2@{name}:1"));
        let secure = through(format!("https://ann:hunter2@{name}:1"));
        let (bare, slashed) = (through(format!("{name}:1")), through(format!("http://{name}:1/hunter2@p.example:1")));
        let server = |name: &str| Some(Unknown::Server(name.to_owned()));
        let proxy = |told: &str| Some(Unknown::Proxy(told.replace("NAME", &name)));
        let excepted = format!("{}.direct.example", "a".repeat(64));
        for (settings, speaks, url, unknown) in [
            (&direct, Speaks::Plain, format!("http://{name}/"), server(&name)),
            (&direct, Speaks::Https, format!("https://{name}/"), server(&name)),
            (&plain, Speaks::Plain, "http://other.example/".to_owned(), proxy("HTTP_PROXY=http://NAME:1")),
            (&plain, Speaks::Https, "https://other.example/".to_owned(), proxy("ALL_PROXY=http://NAME:1")),
            (&secure, Speaks::Plain, "http://other.example/".to_owned(), proxy("HTTP_PROXY=https://NAME:1")),
            (&secure, Speaks::Https, "https://other.example/".to_owned(), proxy("ALL_PROXY=https://NAME:1")),
            (&bare, Speaks::Https, "https://other.example/".to_owned(), proxy("ALL_PROXY=NAME:1")),
            (&slashed, Speaks::Https, "https://other.example/".to_owned(), proxy("ALL_PROXY=http://p.example:1")),
            // They need no proxy.
            (&plain, Speaks::Plain, format!("http://{excepted}/"), server(&excepted)),
            (&plain, Speaks::Https, format!("https://{excepted}/"), server(&excepted)),
            // Nobody listens there, which is another matter.
            (&direct, Speaks::Plain, "http://127.0.0.1:9/".to_owned(), None),
            (&direct, Speaks::Plain, "http://localhost:9/".to_owned(), None),
        ] {
            let client = settings.client(speaks).and_then(finish).expect("a client");
            let url = Url::parse(&url).expect("a URL");
            let error = runtime.block_on(client.get(url.clone()).send()).expect_err("there is no such host");
            assert_eq!(unknown_host(&url, &error, settings), unknown, "{url} {settings:?} {error:?}");
        }
    }
}
