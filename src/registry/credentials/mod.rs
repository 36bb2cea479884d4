//! Who we are to a registry.

use std::fmt;

use crate::domain::Explain;
use crate::sys::Env;

/// A text that is never printed.
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being printed.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text itself, for the wire only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// What is shown to a registry.
#[derive(Debug)]
pub enum Credential {
    /// Nothing.
    Anonymous,
    /// A name and a password.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token that is exchanged for others at the registry's token server.
    IdentityToken(Secret),
    /// A token for the registry itself.
    RegistryToken(Secret),
}

/// A credential, and where it was found.
#[derive(Debug)]
pub struct Found {
    /// What is shown.
    pub credential: Credential,
    /// Where it was found, for error messages.
    pub origin: String,
}

/// The credentials of the user.
#[derive(Debug, Default)]
pub struct Keychain {}

impl Keychain {
    /// The credentials that the environment leads to.
    #[must_use]
    pub fn from_env(_env: &Env) -> Self {
        Keychain {}
    }

    /// What to show a registry for a repository.
    ///
    /// # Errors
    /// When a file or helper cannot be used.
    pub fn find(&self, _registry: &str, _repository: &str) -> Result<Found, Error> {
        Ok(Found { credential: Credential::Anonymous, origin: "no entry".to_owned() })
    }
}

/// Why no credentials can be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl Explain for Error {}
