//! Image references: `registry/repository:tag@digest`.

use std::fmt;

use super::Digest;

/// Docker Hub's name in references.
pub const DOCKER_HUB: &str = "docker.io";

/// An image reference, as the grammar of `distribution/reference` has it, with Docker's short forms filled
/// in: `x` is `docker.io/library/x`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Host and port, `docker.io` for Docker Hub.
    pub registry: String,
    /// The repository, with `library/` where Docker adds it.
    pub repository: String,
    /// The tag, if one was written.
    pub tag: Option<String>,
    /// The digest, if one was written.
    pub digest: Option<Digest>,
}

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// What part of the grammar it breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidReference> {
        let fail = |why| Err(InvalidReference { text: text.to_owned(), why });
        if text.contains("://") {
            return fail("it is a URL; leave out the scheme");
        }
        let (rest, digest) = match text.split_once('@') {
            None => (text, None),
            Some((rest, digest)) => match digest.parse() {
                Ok(digest) => (rest, Some(digest)),
                Err(_) => return fail("its digest is not sha256: and 64 hexadecimal digits"),
            },
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return fail("its tag is not 1 to 128 letters, digits, `_`, `.` or `-`");
        }
        let (registry, path) = match name.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path.to_owned()),
            Some(_) => (DOCKER_HUB, name.to_owned()),
            None => (DOCKER_HUB, format!("library/{name}")),
        };
        let (registry, path) = match registry {
            "index.docker.io" | DOCKER_HUB if !path.contains('/') => (DOCKER_HUB, format!("library/{path}")),
            "index.docker.io" => (DOCKER_HUB, path),
            other => (other, path),
        };
        if !is_host(registry) {
            return fail("its registry is no host name with an optional port");
        }
        if path.split('/').any(|part| !is_component(part)) {
            return fail(
                "its repository is not lower-case letters and digits, joined by single `.`, `_`, `__`, `-` or `/`",
            );
        }
        if path.len() > 255 {
            return fail("its repository is longer than 255 characters");
        }
        Ok(Reference { registry: registry.to_owned(), repository: path, tag: tag.map(str::to_owned), digest })
    }

    /// The same repository under another tag.
    #[must_use]
    pub fn with_tag(&self, tag: &str) -> Self {
        Reference { tag: Some(tag.to_owned()), digest: None, ..self.clone() }
    }

    /// Whether the image lives on Docker Hub.
    #[must_use]
    pub fn is_docker_hub(&self) -> bool {
        self.registry == DOCKER_HUB
    }

    /// The shortest name Docker understands: without `docker.io/` and `library/`.
    #[must_use]
    pub fn familiar(&self) -> String {
        let name = match (self.is_docker_hub(), self.repository.strip_prefix("library/")) {
            (true, Some(name)) => name.to_owned(),
            (true, None) => self.repository.clone(),
            (false, _) => format!("{}/{}", self.registry, self.repository),
        };
        self.with_suffixes(name)
    }

    fn with_suffixes(&self, mut name: String) -> String {
        if let Some(tag) = &self.tag {
            name = format!("{name}:{tag}");
        }
        if let Some(digest) = &self.digest {
            name = format!("{name}@{digest}");
        }
        name
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.with_suffixes(format!("{}/{}", self.registry, self.repository)))
    }
}

/// A text that is no image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no image reference: {why}")]
pub struct InvalidReference {
    /// The text as it was written.
    pub text: String,
    /// What part of the grammar it breaks.
    pub why: &'static str,
}

/// Whether a text can be a tag: `[\w][\w.-]{0,127}`.
#[must_use]
pub fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut bytes = tag.bytes();
    tag.len() <= 128 && bytes.next().is_some_and(word) && bytes.all(|b| word(b) || matches!(b, b'.' | b'-'))
}

/// Whether a text is `[a-z0-9]+` joined by single separators: `.`, `_`, `__` or dashes.
fn is_component(part: &str) -> bool {
    let alnum = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    let ends = bytes.first().is_some_and(alnum) && bytes.last().is_some_and(alnum);
    let separators = bytes.split(alnum).filter(|run| !run.is_empty());
    ends && { separators }.all(|run| matches!(run, b"." | b"_" | b"__") || run.iter().all(|b| *b == b'-'))
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let v6 = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    let named = v6.map_or_else(|| name.split('.').all(label), |v6| v6.parse::<std::net::Ipv6Addr>().is_ok());
    named && port.is_none_or(|port| port.parse::<u16>().is_ok() && port.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_filled_in() {
        for (text, full, familiar) in [
            ("alpine", "docker.io/library/alpine", "alpine"),
            ("example/x:1.0.0", "docker.io/example/x:1.0.0", "example/x:1.0.0"),
            ("index.docker.io/a/b", "docker.io/a/b", "a/b"),
            ("localhost:5000/a/b:t", "localhost:5000/a/b:t", "localhost:5000/a/b:t"),
            ("[::1]:5000/x", "[::1]:5000/x", "[::1]:5000/x"),
            ("ghcr.io/a/b__c-d--e", "ghcr.io/a/b__c-d--e", "ghcr.io/a/b__c-d--e"),
        ] {
            let reference = Reference::parse(text).expect(text);
            assert_eq!(reference.to_string(), full);
            assert_eq!(reference.familiar(), familiar);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            ":",
            "a:",
            "A/b",
            "a/b:-x",
            "a..b/c",
            "a/_b",
            "a/b@sha256:1",
            "host:99999/x",
            "https://a/b",
            "a/b c",
            "-a.io/x",
            "a___b/c",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}
