//! How servers are reached: certificates, proxies, and when to try again. Two rooms speak HTTP, `build/fetch` and
//! `registry/client`; both make their clients here.

#![expect(clippy::disallowed_methods, reason = "this is the room that makes HTTP clients")]

mod names;
mod proxy;
mod trust;

use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, ClientBuilder, Proxy, Url};
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

pub use names::{Unknown, unknown_host};
use proxy::Exceptions;
pub use proxy::ProxyAddress;

use super::{Env, fs};
use crate::domain::Explain;

/// The longest wait between two tries, whatever the server asks for.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The largest file of certificates, in bytes. The usual one of a system has about 250 KB.
const MAX_CERTIFICATES: u64 = 16 << 20;

/// What to do about a proxy whose name no host has.
pub const CHECK_PROXY: &str =
    "correct the address in the variable, or unset it; a host that needs no proxy goes into NO_PROXY";

/// How servers are reached: certificates and proxies. `Debug` prints no proxy, whose address may hold a password.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct HttpSettings {
    /// Files of certificates (PEM) to trust besides those of the system.
    pub ca_files: Vec<PathBuf>,
    /// The proxy for plain HTTP.
    pub http_proxy: Option<ProxyAddress>,
    /// The proxy for HTTPS.
    pub https_proxy: Option<ProxyAddress>,
    /// Hosts that are reached without a proxy, separated by commas.
    pub no_proxy: Option<String>,
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings").field("ca_files", &self.ca_files).finish_non_exhaustive()
    }
}

/// Which servers a client is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// HTTPS, with the system's certificates and those of the settings.
    Https,
    /// Plain HTTP. No certificates are loaded, which takes longer than many a request.
    Plain,
}

/// Why no client can be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of certificates cannot be read.
    #[error(transparent)]
    File(#[from] fs::Error),
    /// A file has no certificates, or broken ones.
    #[error("{why}")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The address of a proxy is none.
    #[error("this is no address of a proxy: `{0}`")]
    Proxy(ProxyAddress),
    /// The proxy is one that HTTP is not spoken with.
    #[error("only HTTP is spoken with proxies, not what `{0}` says")]
    NoHttpProxy(ProxyAddress),
    /// The client cannot be made.
    #[error("no connection can be prepared: {0}")]
    Client(String),
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::File(error) => error.place(),
            Error::Certificates { path, .. } => Some(path.display().to_string()),
            Error::Proxy(proxy) | Error::NoHttpProxy(proxy) => {
                Some(format!("the environment variable {}", proxy.variable))
            }
            Error::Client(_) => Some("the certificates of this system".to_owned()),
        }
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Error::File(_) | Error::Certificates { .. } => {
                "name a PEM file of certificates with `--cacert`, SSL_CERT_FILE or CARGO_HTTP_CAINFO, or none; \
                 `openssl x509 -inform der -in FILE` makes PEM of a DER file"
            }
            Error::Proxy(_) => "write it as http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, or unset the variable",
            Error::NoHttpProxy(_) => {
                "name a proxy for HTTP, as http://HOST:PORT, or unset the variable; a host that needs no proxy goes into \
                 NO_PROXY"
            }
            Error::Client(_) => {
                "install the system's certificates (`ca-certificates`), or name a PEM file in SSL_CERT_FILE"
            }
        };
        Some(help.to_owned())
    }
}

impl HttpSettings {
    /// What the environment says: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` as curl reads them, and
    /// `SSL_CERT_FILE`; Cargo's own `CARGO_HTTP_PROXY` and `CARGO_HTTP_CAINFO` come first.
    #[must_use]
    pub fn from_env(env: &Env) -> Self {
        let named = |variable| Some(ProxyAddress { variable, address: env.var(variable)?.to_owned() });
        let first = |names: &[&'static str]| names.iter().find_map(|name| named(name));
        let ca_file = env.os("CARGO_HTTP_CAINFO").or_else(|| env.os("SSL_CERT_FILE"));
        HttpSettings {
            ca_files: ca_file.map(|path| env.cwd.join(path)).into_iter().collect(),
            http_proxy: first(&["CARGO_HTTP_PROXY", "http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"]),
            https_proxy: first(&["CARGO_HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            no_proxy: first(&["NO_PROXY", "no_proxy"]).map(|hosts| hosts.address),
        }
    }

    /// Begins a client that verifies every certificate, follows no redirect by itself, and does not look at the
    /// environment.
    ///
    /// # Errors
    /// When the certificates or the proxy cannot be used.
    pub fn client(&self, speaks: Speaks) -> Result<ClientBuilder, Error> {
        // reqwest takes the process's provider. Another part of the program may have installed it, the same one.
        let _ = ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        // Digests are those of the bytes as they are, not of a compressed form.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let builder = Client::builder()
            .user_agent(concat!("cargo-dext/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(30))
            .dns_resolver(Arc::new(names::System))
            // The environment came as a value; the client shall not look at it again.
            .no_proxy();
        let builder = match speaks {
            Speaks::Plain => builder.tls_certs_only([]),
            Speaks::Https => self.certificates(builder)?,
        };
        let Some(named) = self.proxy(speaks) else { return Ok(builder) };
        // It may hold a password, so that the parser's words are not printed.
        let address = named.url().ok_or_else(|| Error::Proxy(named.clone()))?;
        let exceptions = self.exceptions();
        Ok(builder.proxy(Proxy::custom(move |url| (!exceptions.has(url)).then(|| address.clone()))))
    }

    /// The proxy that a server is asked through.
    #[must_use]
    pub fn proxy_before(&self, url: &Url) -> Option<&ProxyAddress> {
        let speaks = if url.scheme() == "https" { Speaks::Https } else { Speaks::Plain };
        self.proxy(speaks).filter(|_| !self.exceptions().has(url))
    }

    /// Why a server cannot be asked at all: the proxy before it is not one for HTTP.
    #[must_use]
    pub fn unusable_proxy(&self, url: &Url) -> Option<Error> {
        let proxy = self.proxy_before(url).filter(|proxy| !proxy.speaks_http())?;
        Some(Error::NoHttpProxy(proxy.clone()))
    }

    /// How the proxy before a server of HTTPS can be asked to connect us with it, by a request of its own: the settings
    /// for that, and what a `CONNECT` is sent for.
    #[must_use]
    pub fn tunnel(&self, url: &Url) -> Option<(Self, Url)> {
        let proxy = self.proxy_before(url)?.clone();
        let authority = format!("http://{}:{}/", url.host_str()?, url.port_or_known_default()?);
        let settings = HttpSettings { http_proxy: Some(proxy), no_proxy: None, ..self.clone() };
        Some((settings, Url::parse(&authority).ok()?))
    }

    fn proxy(&self, speaks: Speaks) -> Option<&ProxyAddress> {
        match speaks {
            Speaks::Plain => self.http_proxy.as_ref(),
            Speaks::Https => self.https_proxy.as_ref(),
        }
    }

    fn exceptions(&self) -> Exceptions {
        Exceptions::new(self.no_proxy.as_deref())
    }

    fn certificates(&self, builder: ClientBuilder) -> Result<ClientBuilder, Error> {
        let files: Vec<_> = self.ca_files.iter().map(|path| certificates(path)).collect::<Result<_, _>>()?;
        if files.is_empty() {
            return Ok(builder);
        }
        let provider = CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()));
        let config = trust::config(files.concat(), provider).map_err(|error| Error::Client(error.to_string()))?;
        Ok(builder.tls_backend_preconfigured(config))
    }
}

/// Reads a file of certificates.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let pem = fs::read(path, MAX_CERTIFICATES)?;
    let unusable = |why| Error::Certificates { path: path.to_owned(), why };
    let unreadable = |why: &dyn fmt::Display| unusable(format!("its certificates cannot be read: {why}"));
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|error| unreadable(&error))?;
    if found.is_empty() {
        return Err(unusable("there is no certificate in it in the form of PEM".to_owned()));
    }
    let mut store = RootCertStore::empty();
    found.iter().try_for_each(|one| store.add(one.clone())).map_err(|error| unreadable(&error))?;
    Ok(found)
}

/// Finishes a client.
///
/// # Errors
/// When the system has no certificates, for one.
pub fn finish(builder: ClientBuilder) -> Result<Client, Error> {
    builder.build().map_err(|error| Error::Client(reason(error)))
}

/// The address without what may be secret: user name, password, query and fragment.
#[must_use]
pub fn printed(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// Whether a host, without its port, is this machine itself, so that there is no wire to listen on.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// What went wrong, with its causes and without the address.
#[must_use]
pub fn reason(error: reqwest::Error) -> String {
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
#[must_use]
pub fn certificate_defect(error: &reqwest::Error) -> Option<&rustls::Error> {
    tls_error(error).filter(|defect| matches!(defect, rustls::Error::InvalidCertificate(_)))
}

/// What TLS says, if that is why there is no connection.
#[must_use]
pub fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    cause(error)
}

/// The outermost cause of a type.
fn cause<T: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        // An I/O error takes its content's cause for its own and leaves out the content itself.
        cause = match error.downcast_ref::<std::io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as _),
            None => error.source(),
        };
    }
    None
}

/// Whether a status says that the same request may work later: timeout, too early, too many requests, and the
/// server's own troubles, except those that stay (501 not implemented, 505 version not supported).
#[must_use]
pub fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599) && !matches!(status, 501 | 505)
}

/// How long the server asks to wait. A date is read as a distance from the answer's own `Date`, because clocks
/// differ.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let asked = text(RETRY_AFTER)?;
    let seconds = match asked.parse() {
        Ok(seconds) => seconds,
        Err(_) => http_date(asked)?.saturating_sub(http_date(text(DATE)?)?),
    };
    Some(Duration::from_secs(seconds))
}

/// Seconds since the epoch of a date as HTTP has it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn http_date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let parts: Vec<&str> = rest.split([' ', ':']).collect();
    let &[day, month, year, hour, minute, second, "GMT"] = parts.as_slice() else { return None };
    let number = |text: &str, most: u64| text.parse::<u64>().ok().filter(|number| *number <= most);
    let month = MONTHS.iter().position(|name| *name == month)? as u64;
    let year = number(year, 9999).filter(|year| *year >= 1970)?;
    // Years begin in March here, so that the leap day is the last day of one.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + number(day, 31)?;
    let seconds = number(hour, 23)? * 3_600 + number(minute, 59)? * 60 + number(second, 60)?;
    Some(days.checked_sub(719_469)? * 86_400 + seconds)
}

/// A time for people: `90 s`, and longer ones in minutes.
#[must_use]
pub fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

/// How long to wait after so many tries: what the server asks for, or twice as long each time, less a random
/// part, so that those who broke off together do not come back together.
#[must_use]
pub fn pause(first: Duration, tries: u32, random: u64, asked: Option<Duration>) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
    let random_half = || doubled.min(LONGEST_PAUSE).mul_f64(1.0 - (random % 512) as f64 / 1024.0);
    asked.unwrap_or_else(random_half).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests;
