//! Asking a credential helper: `docker-credential-NAME get`, with the registry on its standard input, answers
//! with JSON (docker/docker-credential-helpers, `README.md` and `client/client.go`).

use std::time::Duration;

use serde::Deserialize;

use super::error::{At, Error, Trouble};
use super::said::said;
use super::secret::{Credential, Secret};
use crate::sys::process::Bounds;
use crate::sys::{Env, Invocation, process};

/// How long a helper may take. It may ask its user for a passphrase.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// The largest answer, in bytes. Tokens of cloud registries have a few kilobytes.
const MAX_ANSWER: u64 = 1 << 20;

/// What a helper says when it has nothing for a registry: on standard output, with a failing exit status
/// (docker-credential-helpers `credentials/error.go`). Some say it with success, or on standard error.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// The user that stands for "the secret is an identity token" (docker/cli `native_store.go`).
const TOKEN_USER: &str = "<token>";

/// A helper's answer. Go reads fields without regard to case, so that some helpers write them in lower case.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username", alias = "username", default)]
    user: String,
    #[serde(rename = "Secret", alias = "secret", default)]
    secret: String,
}

/// One question to a helper.
pub(super) struct Question<'a> {
    /// What follows `docker-credential-`.
    pub(super) name: &'a str,
    /// The registry under the name the helper knows it by.
    pub(super) key: &'a str,
    /// Where the helper is named.
    pub(super) at: At,
    /// The registry that was asked for, for messages.
    pub(super) registry: &'a str,
}

impl Question<'_> {
    /// The program's name.
    pub(super) fn program(&self) -> String {
        format!("docker-credential-{}", self.name)
    }

    /// Asks; `None` if the helper has nothing for the registry.
    pub(super) fn ask(&self, env: &Env, patience: Duration) -> Result<Option<Credential>, Error> {
        if !is_name(self.name) {
            let what = "is no name of a credential helper: letters, digits, `.`, `_` and `-`".to_owned();
            return Err(Error::Content { what, at: self.at.clone(), registry: self.registry.to_owned() });
        }
        let program = self.program();
        let path = env.which(&program).ok_or_else(|| self.trouble(Trouble::Missing))?;
        let bounds = Bounds { bytes: MAX_ANSWER, time: patience };
        let output = Invocation::new(path)
            .arg("get")
            .ask(self.key.as_bytes(), bounds)
            .map_err(|error| self.trouble(Trouble::Process(error)))?;
        self.understand(&output)
    }

    fn understand(&self, output: &process::Output) -> Result<Option<Credential>, Error> {
        if [&output.stdout, &output.stderr].iter().any(|said| said.to_ascii_lowercase().contains(NOT_FOUND)) {
            return Ok(None);
        }
        let wrong = |why| Err(self.trouble(Trouble::Answer(why)));
        if output.stdout.len() as u64 >= MAX_ANSWER {
            return wrong("it is longer than a megabyte");
        }
        if !output.status.success() {
            let said = said(&[&output.stderr, &output.stdout]);
            return Err(self.trouble(Trouble::Failed { status: output.status, said }));
        }
        match serde_json::from_str::<Answer>(output.stdout.trim()) {
            Err(_) => wrong("it is not JSON with texts for `Username` and `Secret`"),
            Ok(Answer { user, secret }) if user.is_empty() && secret.is_empty() => Ok(None),
            Ok(Answer { secret, .. }) if secret.is_empty() => wrong("its `Secret` is empty"),
            Ok(Answer { user, .. }) if user.is_empty() => wrong("its `Username` is empty"),
            Ok(Answer { user, secret }) if user == TOKEN_USER => {
                Ok(Some(Credential::IdentityToken(Secret::new(secret))))
            }
            Ok(Answer { user, secret }) => Ok(Some(Credential::Basic { user, password: Secret::new(secret) })),
        }
    }

    fn trouble(&self, trouble: Trouble) -> Error {
        Error::Helper {
            program: self.program(),
            trouble: Box::new(trouble),
            at: self.at.clone(),
            registry: self.registry.to_owned(),
        }
    }
}

/// Whether a text can follow `docker-credential-`. It names a program on `PATH` and never one elsewhere.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_is_a_name_and_no_path() {
        for (name, good) in [
            ("osxkeychain", true),
            ("desktop.exe", true),
            ("ecr-login", true),
            ("acr_env", true),
            ("", false),
            ("../x", false),
            ("a/b", false),
            ("a\\b", false),
            ("a b", false),
            ("a\0", false),
            (&"a".repeat(65), false),
        ] {
            assert_eq!(is_name(name), good, "{name}");
        }
    }
}
