//! What version control says of the sources, as the labels tell it.

/// Where an image's sources are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vcs {
    /// The commit, if the sources are what it holds.
    pub revision: Option<String>,
    /// A web address for them.
    pub source: Option<String>,
}

/// The web address of a git remote, without what says how or as whom to log in: `git@host:a/b.git` and
/// `https://user:password@host/a/b` are `https://host/a/b`. So clones over SSH and over HTTPS give the same label.
///
/// `None` for an address that is good on one machine only.
///
/// Source: git-fetch(1), "GIT URLS".
#[must_use]
pub fn web_address(remote: &str) -> Option<String> {
    let (scheme, host, path) = match remote.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/')?;
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            match scheme {
                "https" | "http" => (scheme, host, path),
                // The port is that of another protocol.
                "ssh" | "git" | "git+ssh" | "ssh+git" => ("https", host.split(':').next().unwrap_or(host), path),
                _ => return None,
            }
        }
        None => {
            let (authority, path) = remote.split_once(':')?;
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            // `C:\x` is a folder of Windows, what has a slash before the colon is a path, and `ext::x` runs a program.
            if host.len() < 2 || authority.contains('/') || path.starts_with(':') {
                return None;
            }
            ("https", host, path)
        }
    };
    // What follows may hold a token, and is not part of the place.
    let path = path.split(['?', '#']).next().unwrap_or(path).trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !"@\\\"<>".contains(c));
    (plain(host) && plain(path)).then(|| format!("{scheme}://{}/{path}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes() {
        for (remote, expected) in [
            ("git@github.com:example/x.git", Some("https://github.com/example/x")),
            ("github.com:example/x", Some("https://github.com/example/x")),
            ("https://github.com/example/x", Some("https://github.com/example/x")),
            ("https://github.com/example/x.git/", Some("https://github.com/example/x")),
            ("https://user:p%40ss@GitHub.com/example/x.git", Some("https://github.com/example/x")),
            ("https://x-access-token:ghs_1@github.com/example/x?a=b#c", Some("https://github.com/example/x")),
            ("https://a@b:c@github.com/example/x", Some("https://github.com/example/x")),
            ("http://git.example.com:3000/a/b/c.git", Some("http://git.example.com:3000/a/b/c")),
            ("ssh://git@git.example.com:2222/a/b.git", Some("https://git.example.com/a/b")),
            ("git://example.com/a.git", Some("https://example.com/a")),
            ("/srv/git/x.git", None),
            ("../x", None),
            ("./a:b", None),
            ("C:\\git\\x", None),
            ("file:///srv/git/x.git", None),
            ("https://", None),
            ("https://example.com", None),
            ("https://example.com/", None),
            ("https://user:secret@/x", None),
            ("git@host:", None),
            ("git@host:a b", None),
            ("ext::secret", None),
            ("", None),
        ] {
            assert_eq!(web_address(remote).as_deref(), expected, "{remote}");
        }
    }
}
