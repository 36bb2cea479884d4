//! How servers are reached: certificates and proxies.

use std::fmt;
use std::path::PathBuf;

use super::Env;

/// How servers are reached: certificates and proxies. `Debug` prints no proxy, whose address may hold a password.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct HttpSettings {
    /// Files of certificates (PEM) to trust besides those of the system.
    pub ca_files: Vec<PathBuf>,
    /// The proxy for plain HTTP.
    pub http_proxy: Option<String>,
    /// The proxy for HTTPS.
    pub https_proxy: Option<String>,
    /// Hosts that are reached without a proxy, separated by commas.
    pub no_proxy: Option<String>,
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings").field("ca_files", &self.ca_files).finish_non_exhaustive()
    }
}

impl HttpSettings {
    /// What the environment says: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` as curl reads them, and
    /// `SSL_CERT_FILE`; Cargo's own `CARGO_HTTP_PROXY` and `CARGO_HTTP_CAINFO` come first.
    #[must_use]
    pub fn from_env(env: &Env) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| env.var(name)).map(str::to_owned);
        let ca_file = env.os("CARGO_HTTP_CAINFO").or_else(|| env.os("SSL_CERT_FILE"));
        HttpSettings {
            ca_files: ca_file.map(|path| env.cwd.join(path)).into_iter().collect(),
            http_proxy: first(&["CARGO_HTTP_PROXY", "http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"]),
            https_proxy: first(&["CARGO_HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            no_proxy: first(&["NO_PROXY", "no_proxy"]),
        }
    }
}
