//! Who the user is to a registry: what `docker login`, `podman login` and credential helpers have left.
//!
//! Sources, in the order in which they are asked; the first that has something for the repository wins:
//!
//! 1. `DOCKER_AUTH_CONFIG`, JSON as `{"auths": {HOST: {"auth": BASE64}}}`. Docker warns of a malformed one and
//!    goes on; here that is an error. Other keys are passed over, for GitLab's runner knows more of them.
//! 2. Docker's `config.json`, in `DOCKER_CONFIG` or `~/.docker`: `credHelpers` of the registry, else
//!    `credsStore`, else `auths` (docker/cli `cli/config`).
//! 3. podman's `auth.json`: `REGISTRY_AUTH_FILE`, or in its absence `$XDG_RUNTIME_DIR/containers` (on Linux
//!    without that variable `/run/containers/UID`); then `$XDG_CONFIG_HOME/containers`, usually
//!    `~/.config/containers` (containers-auth.json(5), and containers/image `pkg/docker/config`). podman itself
//!    asks these before Docker's file; here they come after it, as with ko and crane. A `credsStore` in one of
//!    them counts as well.
//!
//! A helper that has nothing for the registry means the next source, and at the end [`Credential::Anonymous`]. A
//! helper that fails is an error: the user meant to be somebody. The same goes for a file that cannot be read.
//!
//! This is no work for the crate `docker_credential` (1.4.0, tried out): there a helper without an entry is a
//! failure, an entry of the file wins over `credsStore`, `"auth": ""` is an error, Docker Hub is found under one
//! of its names, namespaces, `registrytoken` and `DOCKER_AUTH_CONFIG` are unknown, and a missing helper is not
//! named.

mod error;
mod file;
mod helper;
mod json;
mod key;
mod said;
mod secret;
mod sources;
mod view;

use std::fmt;

pub use error::{At, Error, Trouble};
pub use secret::{Credential, Found, Secret};

use crate::sys::Env;
use file::Entry;
use helper::Question;
use sources::Source;
use view::Asked;

/// The variable that holds credentials itself.
pub const VARIABLE: &str = "DOCKER_AUTH_CONFIG";

/// Everything that may know the user's credentials. Files are read when they are first needed and helpers run at
/// each question, so that whoever asks keeps the answer.
pub struct Keychain {
    sources: Vec<Source>,
    env: Env,
}

impl Keychain {
    /// Finds the sources in the environment. Nothing is read yet.
    #[must_use]
    pub fn from_env(env: &Env) -> Self {
        Keychain { sources: sources::of(env), env: env.clone() }
    }

    /// The credential for a repository of a registry, both as an image's reference has them.
    ///
    /// # Errors
    /// When a source cannot be read or makes no sense, or when a helper fails.
    pub fn find(&self, registry: &str, repository: &str) -> Result<Found, Error> {
        let asked = Asked { registry, repository };
        let mut looked = Vec::new();
        for source in &self.sources {
            let Some(config) = source.config(asked)? else { continue };
            match config.lookup(asked)? {
                Entry::Stored { credential, at } => {
                    return Ok(Found { credential, origin: format!("{} in {}", at.key, at.source) });
                }
                Entry::Helper { name, at } => {
                    let question = Question { name, key: source.kind().dialect().key(registry), at, registry };
                    let answer = question.ask(&self.env, helper::PATIENCE)?;
                    let (program, At { source, key }) = (question.program(), question.at);
                    match answer {
                        None => looked.push(format!("{program} ({key} in {source})")),
                        Some(credential) => {
                            return Ok(Found { credential, origin: format!("{key} ({program}) in {source}") });
                        }
                    }
                }
                Entry::Nothing => looked.push(source.to_string()),
            }
        }
        let origin = if looked.is_empty() {
            format!("no credentials for {registry}: there is no file of credentials")
        } else {
            format!("no credentials for {registry} in {}", looked.join(", "))
        };
        Ok(Found { credential: Credential::Anonymous, origin })
    }
}

impl fmt::Debug for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.sources.iter().map(ToString::to_string)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keychain_can_be_shared_by_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Keychain>();
        shared::<Found>();
        shared::<Error>();
    }

    #[test]
    fn a_secret_prints_nothing() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?} {secret:>12}"), "<redacted> <redacted> <redacted>");
        let basic = Credential::Basic { user: "me".to_owned(), password: secret };
        assert_eq!(format!("{basic:?}"), r#"Basic { user: "me", password: <redacted> }"#);
    }
}
