//! What must never be printed.

use std::fmt;

/// A password or token. `Debug` and `Display` print `<redacted>`, and it is neither cloned nor serialised, so
/// that every place it goes to calls [`expose`](Secret::expose) and can be found by that word.
///
/// Its memory is not wiped when it is dropped: the file it came from and the headers it goes into leave copies
/// that are out of reach, so that wiping this one would only look safe.
pub struct Secret(String);

impl Secret {
    /// Takes a text for a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The secret itself, for a header or the body of a request and nothing else.
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

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// How to say to a registry who one is.
#[derive(Debug)]
pub enum Credential {
    /// Without a name.
    Anonymous,
    /// User and password, or an access token in its place.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// An OAuth 2 refresh token that buys tokens from the registry's token server by POST, as `az acr login`
    /// leaves it.
    IdentityToken(Secret),
    /// A bearer token for the registry itself.
    RegistryToken(Secret),
}

/// A credential and where it came from.
#[derive(Debug)]
pub struct Found {
    /// The credential.
    pub credential: Credential,
    /// The file and key or program it came from, or for [`Credential::Anonymous`] what was looked at in vain.
    /// For messages; never a secret.
    pub origin: String,
}
