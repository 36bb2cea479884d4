//! Programs of others: URL and hash to a file in the user's cache.
//!
//! A file counts only with the hash that the manifest says, before it is stored and whenever it is used again,
//! so that neither the server nor the cache needs to be trusted. The cache holds `sha256/<hex>` for finished
//! files, and beside it `<hex>.part`, `<hex>.etag` and `<hex>.lock` for those that are under way; a download
//! that breaks is resumed, by the next run too.
//!
//! Only HTTPS is spoken, and plain HTTP with this machine itself, for tests. Certificates are those that the
//! system trusts (on Linux the ones OpenSSL would take, with `SSL_CERT_FILE` and `SSL_CERT_DIR`), and those of
//! [`HttpSettings::ca_files`].

mod client;
mod download;
mod glance;
mod part;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use download::Downloader;
pub use glance::{Glance, glances};
use part::Part;

use crate::domain::{Digest, Explain};
use crate::report::Report;
use crate::sys::http::HttpSettings;
use crate::sys::{Env, fs, http};

/// A file to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it is. User name, password and query are sent and never printed.
    pub url: String,
    /// What its content must hash to.
    pub sha256: Digest,
    /// What it is called in reports.
    pub name: String,
}

/// How to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchOptions {
    /// Whether the network is off limits.
    pub offline: bool,
    /// The largest file that is taken, in bytes.
    pub max_bytes: u64,
    /// How often one file is tried again.
    pub retries: u32,
    /// How long to wait before the first retry. Each further wait is twice as long.
    pub pause: Duration,
    /// Certificates and proxies.
    pub http: HttpSettings,
}

impl FetchOptions {
    /// The usual options, with certificates and proxies of the environment.
    #[must_use]
    pub fn from_env(env: &Env, offline: bool) -> Self {
        FetchOptions {
            offline,
            max_bytes: 1 << 30,
            retries: 5,
            pause: Duration::from_millis(500),
            http: HttpSettings::from_env(env),
        }
    }
}

/// Brings every item into `cache` and returns their files, in the items' order. Their names are hashes, and
/// they are not executable.
///
/// # Errors
/// The first item that cannot be had; what was fetched before it stays in the cache.
pub fn fetch(items: &[Item], cache: &Path, options: &FetchOptions, report: &dyn Report) -> Result<Vec<PathBuf>, Error> {
    let mut downloader = None;
    items.iter().map(|item| bring(item, cache, options, report, &mut downloader)).collect()
}

/// Brings one item into the cache. The downloader is made when the first item needs it.
fn bring<'a>(
    item: &Item,
    cache: &Path,
    options: &'a FetchOptions,
    report: &dyn Report,
    downloader: &mut Option<Downloader<'a>>,
) -> Result<PathBuf, Error> {
    let url = client::check_url(item)?;
    let path = cache.join("sha256").join(item.sha256.hex());
    if is_cached(&path, item, report)? {
        return Ok(path);
    }
    if options.offline {
        return Err(Error::Offline { name: item.name.clone(), url: http::printed(&url) });
    }
    let lock = cache.join(format!("{}.lock", item.sha256.hex()));
    let _lock = fs::lock(&lock, || report.status("Waiting", format!("for another download of {}", item.name)))?;
    // The process that held the lock may have brought it.
    if is_cached(&path, item, report)? {
        return Ok(path);
    }
    let downloader = match downloader {
        Some(downloader) => downloader,
        none => none.insert(Downloader::new(options)?),
    };
    let mut part = Part::open(cache, &item.sha256)?;
    report.status("Downloading", format!("{} ({})", item.name, http::printed(&url)));
    match downloader.run(&url, item, &mut part, report) {
        Ok(()) => part.finish(&path)?,
        Err(error) => {
            part.leave()?;
            return Err(error);
        }
    }
    Ok(path)
}

/// Whether the cache has the item. A damaged file is removed.
fn is_cached(path: &Path, item: &Item, report: &dyn Report) -> Result<bool, Error> {
    let mut file = match fs::open(path) {
        Ok((file, _)) => file,
        Err(error) if error.is_not_found() => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let (hasher, _) = part::hash(&mut file).map_err(|error| fs::Error::new("read", path, error))?;
    if Digest::from_hasher(hasher) == item.sha256 {
        return Ok(true);
    }
    report.warning(format!("the cached file of {} was damaged; it is fetched again", item.name), None);
    fs::remove_file(path)?;
    Ok(false)
}

/// A file that cannot be had. URLs in it are without user name, password and query.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The item's address is no URL, or not one of HTTPS. It is not printed: it may hold a password.
    #[error("the address of {name} cannot be used: {why}")]
    Url {
        /// The item's name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The network is off limits and the cache does not have the file.
    #[error("{name} is not in the cache, and the network is off limits (`--offline`)")]
    Offline {
        /// The item's name.
        name: String,
        /// Its URL.
        url: String,
    },
    /// Certificates or a proxy cannot be used.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The system gives no means to wait for connections.
    #[error("could not prepare downloads: {0}")]
    Runtime(std::io::Error),
    /// The server's certificate is not one that this machine trusts.
    #[error("the server's certificate is not trusted: {why}")]
    Certificate {
        /// The URL.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server refused.
    #[error("the server answered {status}")]
    Status {
        /// The URL that answered so.
        url: String,
        /// The status and its usual words.
        status: String,
    },
    /// The server sends elsewhere, and there nobody follows.
    #[error("the server redirects to `{target}`: {why}")]
    Redirect {
        /// The URL that redirects.
        url: String,
        /// Where to.
        target: String,
        /// Why it is not followed.
        why: &'static str,
    },
    /// It did not work, however often it was tried.
    #[error("the download failed {tries} times, at last because {why}")]
    Network {
        /// The URL.
        url: String,
        /// How often it was tried.
        tries: u32,
        /// What went wrong the last time.
        why: String,
    },
    /// Nothing knows an address of the server.
    #[error("no host has the name `{host}`")]
    UnknownHost {
        /// The URL.
        url: String,
        /// The name.
        host: String,
    },
    /// Nothing knows an address of the proxy.
    #[error("no host has the name of the proxy, `{proxy}`")]
    UnknownProxy {
        /// The URL.
        url: String,
        /// Variable and address, without its password.
        proxy: String,
    },
    /// It may work, but only after more time than is waited here.
    #[error("the server answered {status}, and wants to be asked again in {}", http::span(*asks))]
    Later {
        /// The URL.
        url: String,
        /// The status and its usual words.
        status: String,
        /// How long it asks to wait.
        asks: Duration,
    },
    /// The file is larger than allowed.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The URL.
        url: String,
        /// The largest size, in bytes.
        limit: u64,
    },
    /// The content is not the one that the manifest means.
    #[error("the file has the hash {actual}, the manifest says {expected}")]
    WrongHash {
        /// The URL.
        url: String,
        /// The hash of the manifest.
        expected: Digest,
        /// The hash of what came.
        actual: Digest,
    },
    /// The cache cannot be read or written.
    #[error(transparent)]
    Fs(#[from] fs::Error),
}

impl Error {
    /// Whether the network or a server is at fault, not the manifest or this machine.
    #[must_use]
    pub fn is_network(&self) -> bool {
        matches!(
            self,
            Error::Certificate { .. }
                | Error::Status { .. }
                | Error::Redirect { .. }
                | Error::Network { .. }
                | Error::UnknownHost { .. }
                | Error::UnknownProxy { .. }
                | Error::Later { .. }
        )
    }

    fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Error::Fs(fs::Error::new(action, path, source))
    }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Offline { url, .. }
            | Error::Certificate { url, .. }
            | Error::Status { url, .. }
            | Error::Redirect { url, .. }
            | Error::Network { url, .. }
            | Error::UnknownHost { url, .. }
            | Error::UnknownProxy { url, .. }
            | Error::Later { url, .. }
            | Error::TooLarge { url, .. }
            | Error::WrongHash { url, .. } => Some(url.clone()),
            Error::Fs(error) => error.place(),
            Error::Http(error) => error.place(),
            Error::Url { .. } | Error::Runtime(_) => None,
        }
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Error::Url { .. } => "write an `https://` address",
            Error::Offline { .. } => "run once without `--offline`",
            Error::Http(error) => return error.help(),
            Error::Runtime(_) => "raise the limit of open files (`ulimit -n`), or end other programs",
            Error::Certificate { .. } => {
                "install the system's certificates (`ca-certificates`), or name a PEM file in SSL_CERT_FILE"
            }
            Error::Status { .. } => "check the `url`, and that it exists for each platform",
            Error::Redirect { .. } => "take the address that the server finally sends to",
            Error::Network { .. } => "try again; what was fetched so far is kept. Behind a proxy, set HTTPS_PROXY",
            Error::UnknownHost { .. } => {
                "check the `url`, and that this machine is on the network. Behind a proxy, set HTTPS_PROXY"
            }
            Error::UnknownProxy { .. } => http::CHECK_PROXY,
            Error::Later { .. } => "try again then; what was fetched so far is kept",
            Error::TooLarge { .. } => "check that the `url` names the program itself",
            Error::WrongHash { .. } => {
                "check with the publisher which hash is right; if the file was replaced on purpose, change `sha256`"
            }
            Error::Fs(error) => return error.help(),
        };
        Some(help.to_owned())
    }
}
