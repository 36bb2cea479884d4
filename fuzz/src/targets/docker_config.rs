//! Credentials: Docker's config.json, podman's auth.json, and the variable that holds one. The first byte chooses
//! which.

use cargo_dext::registry::credentials::{Credential, Keychain, VARIABLE};
use cargo_dext::sys::Env;

use crate::scratch::Scratch;
use crate::text;

/// Registries and repositories that are looked for.
const ASKED: [(&str, &str); 5] = [
    ("docker.io", "library/alpine"),
    ("docker.io", "me/tool"),
    ("ghcr.io", "me/tool"),
    ("localhost:5000", "a/b/c"),
    ("quay.io", "org/repo"),
];

/// Looks for credentials. There are no programs here that could be helpers.
pub fn run(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let mut scratch = Scratch::new();
    let mut env = match choice % 3 {
        0 => match std::str::from_utf8(data) {
            Ok(value) => Env::of(&[(VARIABLE, value)]),
            Err(_) => return,
        },
        1 => {
            scratch.write("config.json", data);
            Env::of(&[("DOCKER_CONFIG", ".")])
        }
        _ => {
            scratch.write("auth.json", data);
            Env::of(&[("REGISTRY_AUTH_FILE", "auth.json")])
        }
    };
    env.cwd = scratch.path().to_owned();
    let keychain = Keychain::from_env(&env);
    for (registry, repository) in ASKED {
        match keychain.find(registry, repository) {
            Err(error) => text::error(&error),
            Ok(found) => {
                text::printable(&found.origin);
                hidden(&found.credential);
            }
        }
    }
    drop(format!("{keychain:?}"));
}

/// Checks that a secret is not shown.
fn hidden(credential: &Credential) {
    let (user, secret) = match credential {
        Credential::Basic { user, password } => (user.as_str(), password),
        Credential::IdentityToken(secret) | Credential::RegistryToken(secret) => ("", secret),
        Credential::Anonymous => return,
    };
    let secret = secret.expose();
    // A short or well-known one may be in the words around it.
    if secret.len() >= 12 && !user.contains(secret) && !"RegistryToken(<redacted>)".contains(secret) {
        let shown = format!("{credential:?}");
        assert!(!shown.contains(secret), "a secret is shown: {shown}");
    }
}
