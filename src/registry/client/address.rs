//! Where requests go: a registry's own addresses, and the others that it sends to. Pure.

use reqwest::Url;

use crate::domain::Digest;
use crate::domain::reference::DOCKER_HUB;
use crate::sys::http;

/// The most hops of one request.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// Docker Hub's name in references is not where its registry is.
const DOCKER_HUB_API: &str = "registry-1.docker.io";

/// The host, with its port, that speaks for a registry.
pub(crate) fn api_host(registry: &str) -> &str {
    if registry == DOCKER_HUB { DOCKER_HUB_API } else { registry }
}

/// The address below which a repository's requests go.
pub(crate) fn base(scheme: &str, registry: &str, repository: &str) -> Option<Url> {
    Url::parse(&format!("{scheme}://{}/v2/{repository}/", api_host(registry))).ok()
}

/// Who is at an address: the host, and its port unless that is the usual one.
pub(super) fn host_of(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// Whether the host of a registry, with or without a port, is this machine.
pub(crate) fn is_own_machine(registry: &str) -> bool {
    Url::parse(&format!("http://{registry}/")).is_ok_and(|url| url.host_str().is_some_and(http::is_loopback))
}

/// Whether two addresses are the same server: only then may one get the credentials of the other.
pub(crate) fn same_server(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && a.host_str() == b.host_str() && a.port_or_known_default() == b.port_or_known_default()
}

/// Where a `Location` in the answer of `from` leads. A safe connection stays safe: a registry behind a proxy that
/// takes itself for a plain one is corrected, and another host must be an `https` one. From a plain connection,
/// other hosts may be plain ones if `plain` allows it or they are this machine.
pub(crate) fn follow(from: &Url, location: &str, plain: bool) -> Result<Url, &'static str> {
    let mut target = from.join(location).map_err(|_| "its `Location` is no address")?;
    if target.host_str().is_none() {
        return Err("its `Location` is no address of a server");
    }
    if from.scheme() == "https" && target.scheme() == "http" && target.host_str() == from.host_str() {
        let port = from.port();
        let corrected = target.set_scheme("https").and_then(|()| target.set_port(port));
        corrected.map_err(|()| "its `Location` is no address")?;
    }
    // A name and password in an address would be sent there as credentials.
    let cleared = target.set_username("").and_then(|()| target.set_password(None));
    cleared.map_err(|()| "its `Location` is no address")?;
    match (from.scheme(), target.scheme()) {
        (_, "https") => Ok(target),
        ("http", "http") if same_server(from, &target) || plain => Ok(target),
        ("http", "http") if target.host_str().is_some_and(http::is_loopback) => Ok(target),
        (_, "http") => Err("it sends to an address that is not `https`"),
        _ => Err("it sends to an address that is neither `https` nor `http`"),
    }
}

/// Where a token server may be: `https`, or as plain as the registry itself is.
pub(crate) fn realm(base: &Url, realm: &str, plain: bool) -> Result<Url, &'static str> {
    let realm = Url::parse(realm).map_err(|_| "the address of its token server is no URL")?;
    let own_machine = realm.host_str().is_some_and(http::is_loopback);
    match (base.scheme(), realm.scheme()) {
        (_, "https") => Ok(realm),
        ("http", "http") if own_machine || plain => Ok(realm),
        _ => Err("the address of its token server is not `https`, so that others could read the password"),
    }
}

/// The address that ends an upload: the session's own, with the digest behind what the registry put there.
pub(crate) fn with_digest(session: &Url, digest: &Digest) -> Url {
    let mut url = session.clone();
    url.query_pairs_mut().append_pair("digest", &digest.to_string());
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    #[test]
    fn repositories_have_addresses() {
        for (registry, address) in [
            ("docker.io", "https://registry-1.docker.io/v2/a/b/"),
            ("ghcr.io", "https://ghcr.io/v2/a/b/"),
            ("[::1]:5000", "https://[::1]:5000/v2/a/b/"),
        ] {
            assert_eq!(base("https", registry, "a/b").expect("an address").as_str(), address);
        }
        for (registry, own) in
            [("localhost", true), ("127.0.0.1:5000", true), ("[::1]:5000", true), ("ghcr.io", false), ("a:5000", false)]
        {
            assert_eq!(is_own_machine(registry), own, "{registry}");
        }
    }

    #[test]
    fn locations_lead_only_where_it_is_as_safe() {
        let (safe, plain) = ("https://r.example:8443/v2/a/blobs/uploads/", "http://127.0.0.1:5000/v2/a/blobs/uploads/");
        for (from, location, target) in [
            (safe, "/v2/a/x?_state=1", Some("https://r.example:8443/v2/a/x?_state=1")),
            (safe, "uuid?x=y", Some("https://r.example:8443/v2/a/blobs/uploads/uuid?x=y")),
            (safe, "https://other.example/x", Some("https://other.example/x")),
            (safe, "//other.example/x", Some("https://other.example/x")),
            (safe, "http://r.example/v2/x", Some("https://r.example:8443/v2/x")),
            (safe, "http://other.example/x", None),
            (safe, "http://127.0.0.1/x", None),
            (safe, "ftp://r.example/x", None),
            (safe, "file:///etc/passwd", None),
            (safe, "data:,x", None),
            (safe, "https://", None),
            (safe, "https://user:secret@other.example/x", Some("https://other.example/x")),
            (plain, "/x", Some("http://127.0.0.1:5000/x")),
            (plain, "http://127.0.0.1:6000/x", Some("http://127.0.0.1:6000/x")),
            (plain, "https://s3.example/x", Some("https://s3.example/x")),
            (plain, "http://s3.example/x", None),
        ] {
            let found = follow(&url(from), location, false).ok();
            assert_eq!(found.as_ref().map(Url::as_str), target, "{location}");
        }
        assert!(follow(&url(plain), "http://s3.example/x", true).is_ok());
        assert!(follow(&url(safe), "http://s3.example/x", true).is_err());
    }

    #[test]
    fn passwords_go_to_safe_token_servers_only() {
        let (safe, plain) = ("https://r.example/", "http://127.0.0.1:5000/");
        for (base, address, fine) in [
            (safe, "https://auth.example/token", true),
            (safe, "http://auth.example/token", false),
            (safe, "http://127.0.0.1/token", false),
            (plain, "http://127.0.0.1:5001/token", true),
            (plain, "http://auth.example/token", false),
            (plain, "https://auth.example/token", true),
            (safe, "/token", false),
            (safe, "", false),
            (safe, "javascript:x", false),
        ] {
            assert_eq!(realm(&url(base), address, false).is_ok(), fine, "{address}");
        }
    }

    #[test]
    fn the_digest_goes_behind_what_is_there() {
        let digest = Digest::of(b"");
        let escaped = digest.to_string().replace(':', "%3A");
        for (session, expected) in [
            ("http://localhost/u", format!("http://localhost/u?digest={escaped}")),
            ("http://localhost/u?_state=a%2Bb%3D", format!("http://localhost/u?_state=a%2Bb%3D&digest={escaped}")),
        ] {
            assert_eq!(with_digest(&url(session), &digest).as_str(), expected);
        }
    }
}
