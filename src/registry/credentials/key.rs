//! Which keys of `auths` and `credHelpers` speak of which repository.
//!
//! Docker writes the host, for Docker Hub the address of its first API; old versions wrote addresses for every
//! registry (docker/cli `cli/config/credentials/file_store.go`). podman writes `docker.io`, and may add a
//! namespace or repository to any host (containers/image `docs/containers-auth.json.5.md`).

use std::cmp::Reverse;

use crate::domain::DOCKER_HUB;

/// The key under which Docker keeps credentials for Docker Hub.
pub(super) const HUB_KEY: &str = "https://index.docker.io/v1/";

/// Who writes a file, and so which names it prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Docker,
    Podman,
}

impl Dialect {
    /// The key for a registry, as this dialect writes it and asks credential helpers with it.
    pub(super) fn key(self, registry: &str) -> &str {
        if host(&registry.to_ascii_lowercase()) != DOCKER_HUB {
            return registry;
        }
        match self {
            Dialect::Docker => HUB_KEY,
            Dialect::Podman => DOCKER_HUB,
        }
    }

    /// How well a key fits a repository: the least is the best, `None` not at all.
    pub(super) fn fit(self, key: &str, registry: &str, repository: &str) -> Option<Fit> {
        let wanted = Scope::of(registry);
        let found = Scope::of(key);
        let inside = found.path.is_empty()
            || repository.strip_prefix(&found.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if found.host != wanted.host || !inside {
            return None;
        }
        let spelling = match key {
            key if key == self.key(registry) => Spelling::Own,
            key if key == registry => Spelling::AsAsked,
            key if !key.contains("://") => Spelling::Host,
            _ => Spelling::Address,
        };
        Some(Fit { path: Reverse(found.path.len()), spelling })
    }
}

/// How well a key fits: the longer path first, then the more usual spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    path: Reverse<usize>,
    spelling: Spelling,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Spelling {
    Own,
    AsAsked,
    Host,
    Address,
}

/// A registry, or with a path a part of it.
struct Scope {
    host: String,
    path: String,
}

impl Scope {
    fn of(key: &str) -> Self {
        let (is_address, rest) = key.split_once("://").map_or((false, key), |(_, rest)| (true, rest));
        let rest = rest.trim_end_matches('/').to_ascii_lowercase();
        let (authority, path) = rest.split_once('/').unwrap_or((&rest, ""));
        let host = host(authority.rsplit_once('@').map_or(authority, |(_, host)| host));
        // Below Docker Hub's address Docker keeps tokens of its own, such as `…/v1/refresh-token`.
        let names_host = matches!(path, "v1" | "v2") || (is_address && host != DOCKER_HUB);
        Scope { host: host.to_owned(), path: if names_host { String::new() } else { path.to_owned() } }
    }
}

/// A host in lower case, with one name for Docker Hub instead of four (those of jib's `RegistryAliasGroup`).
fn host(lower: &str) -> &str {
    match lower {
        "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com" => DOCKER_HUB,
        other => other,
    }
}

/// A key as messages show it: without a user and password before its host, escaped, and not without end.
pub(super) fn printed(key: &str) -> String {
    let (scheme, rest) = key.split_once("://").map_or(("", key), |(scheme, rest)| (scheme, rest));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let address = if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") };
    address.chars().take(200).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_key_is_the_longest_then_the_most_usual() {
        let order = |dialect: Dialect, registry, repository, keys: &[&'static str]| {
            let mut fits: Vec<_> =
                keys.iter().filter_map(|key| Some((dialect.fit(key, registry, repository)?, *key))).collect();
            fits.sort();
            fits.into_iter().map(|(_, key)| key).collect::<Vec<_>>()
        };
        use Dialect::{Docker, Podman};
        let quay = ["quay.io", "quay.io/acme", "quay.io/acme/tool", "quay.io/acme/to", "quay.io/other", "quay.io:443"];
        let hub = [
            "https://registry-1.docker.io/v2/",
            "index.docker.io",
            "docker.io",
            "https://index.docker.io/v1/",
            "https://index.docker.io/v1/refresh-token",
            "docker.io/acme",
            "index.docker.io/v1/",
        ];
        assert_eq!(
            order(Podman, "quay.io", "acme/tool", &quay),
            ["quay.io/acme/tool", "quay.io/acme", "quay.io"],
            "a namespace ends where a name ends"
        );
        assert_eq!(
            order(Docker, "docker.io", "library/x", &hub),
            [
                "https://index.docker.io/v1/",
                "docker.io",
                "index.docker.io",
                "index.docker.io/v1/",
                "https://registry-1.docker.io/v2/"
            ]
        );
        assert_eq!(order(Podman, "index.docker.io", "acme/x", &hub)[..2], ["docker.io/acme", "docker.io"]);
        for (key, registry, fits) in [
            ("https://ghcr.io", "ghcr.io", true),
            ("https://ghcr.io/v1/", "ghcr.io", true),
            ("http://GHCR.io/v2", "ghcr.io", true),
            ("ghcr.io/v2/", "GHCR.IO", true),
            ("https://u:p@ghcr.io/", "ghcr.io", true),
            ("localhost:5000", "localhost:5000", true),
            ("localhost", "localhost:5000", false),
            ("https://[::1]:5000/v2/", "[::1]:5000", true),
            ("notghcr.io", "ghcr.io", false),
            ("ghcr.io.evil.example", "ghcr.io", false),
            ("", "ghcr.io", false),
            ("://", "ghcr.io", false),
        ] {
            assert_eq!(Docker.fit(key, registry, "a/b").is_some(), fits, "{key} for {registry}");
        }
    }

    #[test]
    fn a_key_is_shown_without_its_password() {
        for (key, shown) in [
            ("ghcr.io", "ghcr.io"),
            ("https://me:pa:ss@ghcr.io/v1/", "https://ghcr.io/v1/"),
            ("me:p/a@ss@ghcr.io", "ghcr.io"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
        ] {
            assert_eq!(printed(key), shown);
        }
    }
}
