//! Proxies: which one is asked, and which servers are reached without one.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

/// This machine itself, in the words of `NO_PROXY`: no proxy has a way to it, whatever the environment says. Docker
/// and skopeo have that from Go (`net/http`, `ProxyFromEnvironment`).
const OWN_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// A proxy and the variable that names it. `Display` and `Debug` print
/// `HTTPS_PROXY=http://HOST:PORT`, without user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyAddress {
    /// The variable.
    pub variable: &'static str,
    /// Its value.
    pub address: String,
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It may be no address at all, so that it is cut as a text.
        let start = self.address.find("://").map_or(0, |at| at + "://".len());
        let (scheme, rest) = self.address.split_at(start);
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        write!(f, "{}={}{}", self.variable, scheme.escape_debug(), host.escape_debug())
    }
}

impl ProxyAddress {
    /// The address as one, with the user and the password. Without a scheme it is `http`, as curl has it.
    pub(super) fn url(&self) -> Option<Url> {
        let scheme = if self.address.contains("://") { "" } else { "http://" };
        Url::parse(&format!("{scheme}{}", self.address)).ok().filter(Url::has_host)
    }

    /// Whether it is one that HTTP is spoken with. SOCKS is not spoken here.
    pub(super) fn speaks_http(&self) -> bool {
        self.url().is_none_or(|url| matches!(url.scheme(), "http" | "https"))
    }
}

/// Servers that are reached without a proxy, as `NO_PROXY` names them.
///
/// Go's `golang.org/x/net/http/httpproxy`, from which Docker and skopeo have it, takes names with everything below
/// them, addresses, networks (`10.0.0.0/8`), each name and address with a port or without, and a star for all. A dot
/// or `*.` before a name leaves out the name itself there; curl takes it in, and so do we.
#[derive(Debug, Clone)]
pub(super) struct Exceptions(Vec<Exception>);

#[derive(Debug, Clone)]
struct Exception {
    who: Who,
    /// Without a port, all of them.
    port: Option<u16>,
}

#[derive(Debug, Clone)]
enum Who {
    All,
    Address(IpAddr),
    Network(IpAddr, u32),
    /// In lower case.
    Name(String),
}

impl Exceptions {
    /// This machine, and what `no_proxy` says.
    pub fn new(no_proxy: Option<&str>) -> Self {
        let named = OWN_MACHINE.split(',').chain(no_proxy.unwrap_or_default().split(','));
        Exceptions(named.filter_map(|text| Exception::parse(text.trim())).collect())
    }

    /// Whether no proxy is asked for a server.
    pub fn has(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        self.0
            .iter()
            .any(|one| one.port.is_none_or(|port| url.port_or_known_default() == Some(port)) && one.who.is(bare(&host)))
    }
}

impl Exception {
    fn parse(text: &str) -> Option<Self> {
        let all_ports = |who| Some(Exception { who, port: None });
        if text.is_empty() {
            return None;
        } else if text == "*" {
            return all_ports(Who::All);
        } else if let Some((address, bits)) = text.split_once('/') {
            let network = bare(address).parse().ok().zip(bits.parse().ok());
            return network.and_then(|(address, bits)| all_ports(Who::Network(address, bits)));
        } else if let Ok(address) = bare(text).parse() {
            return all_ports(Who::Address(address));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (text, None),
        };
        let name = || host.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
        let who = bare(host).parse().map_or_else(|_| Who::Name(name()), Who::Address);
        Some(Exception { who, port })
    }
}

impl Who {
    fn is(&self, host: &str) -> bool {
        let address = host.parse::<IpAddr>();
        match self {
            Who::All => true,
            Who::Address(own) => address.is_ok_and(|address| address == *own),
            Who::Network(network, bits) => address.is_ok_and(|address| shares(address, *network, *bits)),
            Who::Name(name) => {
                host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
        }
    }
}

/// An address without the brackets that it has in a URL.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Whether the first bits of two addresses of one family are the same.
fn shares(a: IpAddr, b: IpAddr, bits: u32) -> bool {
    let leading = match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        _ => return false,
    };
    leading >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_servers_need_no_proxy() {
        for (no_proxy, with, without) in [
            (
                "",
                &["http://r.example", "http://10.1.2.3"][..],
                &["http://localhost:5000", "https://127.9.9.9", "http://[::1]:1"][..],
            ),
            (
                "r.example",
                &["http://xr.example", "http://example"],
                &["http://r.example", "https://R.Example:5000", "http://a.r.example"],
            ),
            (".r.example", &["http://xr.example"], &["http://r.example", "http://a.r.example"]),
            ("*.r.example, other", &["http://xr.example"], &["http://a.r.example:5000", "https://other"]),
            (
                "r.example:5000",
                &["http://r.example", "https://r.example:5001"],
                &["http://r.example:5000", "https://a.r.example:5000"],
            ),
            ("r.example:443,q:80", &["http://r.example", "https://q"], &["https://r.example", "http://q"]),
            ("10.1.2.3:5000", &["http://10.1.2.3", "http://10.1.2.4:5000"], &["http://10.1.2.3:5000"]),
            ("10.1.2.3", &["http://110.1.2.3"], &["http://10.1.2.3:5000", "https://10.1.2.3"]),
            (
                "10.0.0.0/8,fe80::/10",
                &["http://11.1.1.1", "http://[2001::1]"],
                &["http://10.200.0.1:1", "http://[fe81::1]"],
            ),
            (
                "[fd00::1]:5000,fd00::2,[fd00::3]",
                &["http://[fd00::1]"],
                &["http://[fd00::1]:5000", "http://[fd00::2]:7", "http://[fd00::3]"],
            ),
            ("*", &[], &["http://r.example", "https://10.1.2.3:5000"]),
            ("r.example:http,:,10.0.0.0/x,/,10.1.1.1/33", &["http://r.example", "http://10.1.1.1"], &[]),
            ("0.0.0.0/0", &["http://[fd00::1]", "http://r.example"], &["http://8.8.8.8"]),
        ] {
            let exceptions = Exceptions::new(Some(no_proxy));
            let has = |url: &&str| exceptions.has(&Url::parse(url).expect("a URL"));
            assert_eq!(with.iter().copied().filter(has).collect::<Vec<_>>(), [""; 0], "{no_proxy}");
            assert_eq!(without.iter().copied().filter(has).collect::<Vec<_>>(), without, "{no_proxy}");
        }
    }
}
