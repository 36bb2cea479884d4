//! What a credentials file says about a repository. Pure.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::error::{At, Error};
use super::json::Json;
use super::key::{Dialect, printed};
use super::secret::{Credential, Secret};
use super::view::{Asked, View};

/// Padding may be missing, and bits that count for nothing may be anything, as with Go's decoder.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Whose rules a source follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `DOCKER_AUTH_CONFIG`: `auth` of `auths` counts, and nothing else (docker/cli `cli/config/configfile`).
    Variable,
    /// `config.json`.
    Docker,
    /// `auth.json`.
    Podman,
}

impl Kind {
    /// Whose keys it prefers.
    pub(super) fn dialect(self) -> Dialect {
        if self == Kind::Podman { Dialect::Podman } else { Dialect::Docker }
    }
}

/// A file or variable that has been read.
#[derive(Debug)]
pub(super) struct Config {
    source: String,
    kind: Kind,
    root: Json,
}

/// What a source says about a repository.
#[derive(Debug)]
pub(super) enum Entry<'a> {
    /// Ask this credential helper.
    Helper { name: &'a str, at: At },
    /// The credential stands there.
    Stored { credential: Credential, at: At },
    /// Nothing.
    Nothing,
}

impl Config {
    /// Reads a text. `asked` is for messages only.
    pub(super) fn parse(bytes: &[u8], source: &str, kind: Kind, asked: Asked<'_>) -> Result<Self, Error> {
        let wrong = |what: String| {
            let at = At { source: source.to_owned(), key: String::new() };
            Error::Content { what, at, registry: asked.registry.to_owned() }
        };
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("is not UTF-8".to_owned()))?;
        // Windows editors put a byte order mark before the text.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // Docker takes an empty file for one that says nothing.
        let text = if text.trim().is_empty() { "null" } else { text };
        // Every kind of value is welcome here, so that an error tells of syntax alone and quotes no value.
        let root = serde_json::from_str(text).map_err(|error| wrong(format!("is no JSON: {error}")))?;
        Ok(Config { source: source.to_owned(), kind, root })
    }

    /// What it says about a repository: the helper of its registry, else the helper for everything, else the
    /// best entry of its own.
    ///
    /// A helper keeps entries of the file from counting, as in Docker: what stands there beside a helper is left
    /// over from before (docker/cli `cli/config/credentials/native_store.go` puts the helper's answer over it).
    pub(super) fn lookup<'a>(&'a self, asked: Asked<'a>) -> Result<Entry<'a>, Error> {
        let root = View::root(&self.root, &self.source, asked)?;
        if self.kind == Kind::Variable {
            return self.stored(&root.object("auths")?, asked);
        }
        let helpers = root.object("credHelpers")?;
        // Helpers know registries and nothing below them.
        let whole = Asked { repository: "", ..asked };
        if let Some((key, value)) = self.fitting(&helpers, whole)?.first() {
            match value {
                Json::Null => {}
                // Docker takes an empty name for "no helper", even where `credsStore` names one.
                Json::Text(name) if name.is_empty() => return self.stored(&root.object("auths")?, asked),
                Json::Text(name) => return Ok(Entry::Helper { name, at: helpers.at(key) }),
                other => return Err(helpers.unlike(key, "a text", other)),
            }
        }
        match root.text("credsStore")? {
            Some(name) => Ok(Entry::Helper { name, at: root.at("credsStore") }),
            None => self.stored(&root.object("auths")?, asked),
        }
    }

    fn stored<'a>(&self, auths: &View<'a>, asked: Asked<'a>) -> Result<Entry<'a>, Error> {
        for (key, entry) in self.fitting(auths, asked)? {
            if let Some(credential) = self.credential(&auths.inner(entry, key.clone())?)? {
                return Ok(Entry::Stored { credential, at: auths.at(&key) });
            }
        }
        Ok(Entry::Nothing)
    }

    /// The entries that fit, the best first, each under its key as messages show it.
    fn fitting<'a>(&self, entries: &View<'a>, asked: Asked<'_>) -> Result<Vec<(String, &'a Json)>, Error> {
        let fit = |key: &str| self.kind.dialect().fit(key, asked.registry, asked.repository);
        let mut fitting: Vec<_> =
            entries.fields.iter().filter_map(|(key, value)| Some((fit(key)?, key, value))).collect();
        fitting.sort_by_key(|(fit, ..)| *fit);
        let shown = |key: &str| format!("\"{}\"", printed(key));
        match fitting.windows(2).find(|pair| pair[0].1 == pair[1].1) {
            Some(pair) => Err(entries.wrong(&shown(pair[0].1), "is there twice")),
            None => Ok(fitting.into_iter().map(|(_, key, value)| (shown(key), value)).collect()),
        }
    }

    /// What an entry holds; an empty one, as `docker login` leaves it beside a helper, holds nothing.
    ///
    /// Docker's engine prefers a registry token, and an identity token to a password (moby `registry/auth.go`).
    fn credential(&self, entry: &View<'_>) -> Result<Option<Credential>, Error> {
        let auth_alone = self.kind == Kind::Variable;
        if !auth_alone && let Some(token) = entry.text("registrytoken")? {
            return Ok(Some(Credential::RegistryToken(Secret::new(token))));
        }
        if !auth_alone && let Some(token) = entry.text("identitytoken")? {
            return Ok(Some(Credential::IdentityToken(Secret::new(token))));
        }
        if let Some(auth) = entry.text("auth")? {
            let (user, password) = decode(auth).map_err(|what| entry.wrong("auth", what))?;
            return Ok(Some(Credential::Basic { user, password: Secret::new(password) }));
        }
        if !auth_alone && let (Some(user), Some(password)) = (entry.text("username")?, entry.text("password")?) {
            return Ok(Some(Credential::Basic { user: user.to_owned(), password: Secret::new(password) }));
        }
        Ok(None)
    }
}

/// Splits the value of `auth`: base64 of `user:password`, with NULs after it from some old programs (docker/cli
/// `cli/config/configfile/file.go`).
fn decode(auth: &str) -> Result<(String, String), &'static str> {
    // `base64` without `-w0` breaks long lines, and Go's decoder passes over the breaks.
    let auth: String = auth.split_ascii_whitespace().collect();
    let bytes = BASE64.decode(auth).map_err(|_| "is not base64")?;
    let text = String::from_utf8(bytes).map_err(|_| "is not the base64 of a text")?;
    match text.split_once(':') {
        None => Err("is not the base64 of `user:password`"),
        Some(("", _)) => Err("is the base64 of a password without a user"),
        Some((user, password)) => Ok((user.to_owned(), password.trim_matches('\0').to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auth_is_base64_of_user_and_password() {
        for (auth, wanted) in [
            ("dXNlcjpwYXNz", Ok(("user", "pass"))),
            ("dXNlcjpwYXM=", Ok(("user", "pas"))),
            ("dXNlcjpwYXM", Ok(("user", "pas"))),
            ("dXNlcjpw\r\nYXNz\n", Ok(("user", "pass"))),
            ("dXNlcjphOmI6Og==", Ok(("user", "a:b::"))),
            ("dXNlcjpwYXNzAAA=", Ok(("user", "pass"))),
            ("dXNlcjo=", Ok(("user", ""))),
            ("w7xzZXI6cMOkc3M=", Ok(("üser", "päss"))),
            ("dXNlcg==", Err("is not the base64 of `user:password`")),
            ("OnBhc3M=", Err("is the base64 of a password without a user")),
            ("dXNlcjr/", Err("is not the base64 of a text")),
            ("user:pass", Err("is not base64")),
            ("dXNlcjpwYXNz=", Err("is not base64")),
            ("A", Err("is not base64")),
        ] {
            let wanted = wanted.map(|(user, password): (&str, &str)| (user.to_owned(), password.to_owned()));
            assert_eq!(decode(auth), wanted, "{auth}");
        }
    }
}
