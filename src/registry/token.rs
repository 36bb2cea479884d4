//! What registries say about tokens: the challenges of `WWW-Authenticate` (RFC 9110, 11.6.1) and the answers of
//! token servers (the distribution project's `auth/token`). Pure; every byte may be hostile.

use std::time::Duration;

use serde::Deserialize;

use super::credentials::Secret;

/// The longest header of challenges that is looked at, in bytes.
const MAX_CHALLENGE: usize = 16 << 10;

/// How long a token lasts whose server does not say (the distribution project's `auth/token`).
const USUAL_LIFE: u64 = 60;

/// The longest life of a token that is believed, in seconds.
const LONGEST_LIFE: u64 = 24 * 60 * 60;

/// How a registry wants to be told who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with every request.
    Basic,
    /// A token of a token server.
    Bearer {
        /// Where the server is.
        realm: String,
        /// What the registry is called there.
        service: Option<String>,
    },
}

/// The challenges in a header that are understood, in their order; `None` if there are none.
pub(super) fn challenges(header: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = header.get(..header.len().min(MAX_CHALLENGE)).unwrap_or_default();
    while let Some((token, after)) = token(rest.trim_start_matches([' ', '\t', ','])) {
        let trimmed = after.trim_start_matches([' ', '\t']);
        match trimmed.strip_prefix('=') {
            // `name=value` belongs to the scheme before it, any other word begins a new one.
            Some(value) if !found.is_empty() => {
                let (value, after) = parameter(value.trim_start_matches([' ', '\t']));
                if let Some((_, parameters)) = found.last_mut() {
                    parameters.push((token.to_ascii_lowercase(), value));
                }
                rest = after;
            }
            Some(_) => break,
            None => {
                found.push((token.to_ascii_lowercase(), Vec::new()));
                rest = after;
            }
        }
    }
    found.into_iter().filter_map(|(scheme, parameters)| challenge(&scheme, parameters)).collect()
}

fn challenge(scheme: &str, parameters: Vec<(String, String)>) -> Option<Challenge> {
    // A name that comes twice means what it meant the first time.
    let get = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer { realm: get("realm")?, service: get("service") }),
        _ => None,
    }
}

/// A word of the characters that RFC 9110 allows in one, and what follows it.
fn token(text: &str) -> Option<(&str, &str)> {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let end = text.bytes().position(|b| !is_word(b)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// A value, quoted or not, and what follows it. A quote that nobody closes runs to the end.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, &quoted[at + 1..]),
            _ => value.push(c),
        }
    }
    (value, "")
}

/// A token and how long it lasts.
#[derive(Debug)]
pub(super) struct Token {
    /// What goes behind `Bearer`.
    pub token: Secret,
    /// For how long, from now on.
    pub life: Duration,
}

/// Reads a token server's answer; `None` if there is no token in it that could go into a header.
pub(super) fn parse_answer(body: &[u8]) -> Option<Token> {
    #[derive(Deserialize)]
    struct Answer {
        token: Option<String>,
        access_token: Option<String>,
        #[serde(default)]
        expires_in: serde_json::Value,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    // OAuth 2 calls it `access_token`; the older name comes first where both are there.
    let token = answer.token.filter(|token| !token.is_empty()).or(answer.access_token)?;
    let fits = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    // Zero and less are what servers write that do not know. Some write the number as a text.
    let seconds = match &answer.expires_in {
        serde_json::Value::String(text) => text.parse().ok(),
        value => value.as_f64().filter(|seconds| *seconds >= 1.0).map(|seconds| seconds as u64),
    };
    let life = seconds.filter(|seconds| *seconds > 0).unwrap_or(USUAL_LIFE).min(LONGEST_LIFE);
    fits.then(|| Token { token: Secret::new(token), life: Duration::from_secs(life) })
}

/// What may be done with a repository, as token servers read it.
pub(super) fn scope(repository: &str, actions: &str) -> String {
    format!("repository:{repository}:{actions}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) }
    }

    #[test]
    fn challenges_are_read() {
        for (header, expected) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
                vec![bearer("https://auth.docker.io/token", Some("registry.docker.io"))],
            ),
            (r#"Basic realm="Registry""#, vec![Challenge::Basic]),
            ("basic", vec![Challenge::Basic]),
            ("BEARER Realm = \"https://x\" , SERVICE=y", vec![bearer("https://x", Some("y"))]),
            (
                r#"Basic realm="a, Bearer realm=b", Bearer realm="https://c""#,
                vec![Challenge::Basic, bearer("https://c", None)],
            ),
            (r#"Negotiate, NTLM, Bearer realm="https://c""#, vec![bearer("https://c", None)]),
            (r#"Bearer realm="https://x",realm="https://evil""#, vec![bearer("https://x", None)]),
            (r#"Bearer realm="a\"b\\c""#, vec![bearer("a\"b\\c", None)]),
            (r#"Bearer realm="https://x?a=b,c=d""#, vec![bearer("https://x?a=b,c=d", None)]),
            (r#"Bearer realm="never closed"#, vec![bearer("never closed", None)]),
            (r#"Bearer error="insufficient_scope",realm="https://x""#, vec![bearer("https://x", None)]),
        ] {
            assert_eq!(challenges(header), expected, "{header}");
        }
    }

    #[test]
    fn senseless_challenges_are_none() {
        let endless = "a=".repeat(1 << 20);
        for header in ["", ",,,", "=", "realm=x", "Bearer", "Bearer service=x", "Digest realm=\"x\"", "\u{0}", &endless]
        {
            assert_eq!(challenges(header), [], "{}", header.len());
        }
    }

    #[test]
    fn answers_are_read() {
        for (body, token, life) in [
            (r#"{"token":"a.b-c_d"}"#, Some("a.b-c_d"), 60),
            (r#"{"access_token":"a","expires_in":300,"issued_at":"x"}"#, Some("a"), 300),
            (r#"{"token":"a","access_token":"b","expires_in":300.5}"#, Some("a"), 300),
            (r#"{"token":"","access_token":"b"}"#, Some("b"), 60),
            (r#"{"token":"a","expires_in":"120"}"#, Some("a"), 120),
            (r#"{"token":"a","expires_in":0}"#, Some("a"), 60),
            (r#"{"token":"a","expires_in":-5}"#, Some("a"), 60),
            (r#"{"token":"a","expires_in":1e300}"#, Some("a"), LONGEST_LIFE),
            (r#"{"token":"a","expires_in":null}"#, Some("a"), 60),
            (r#"{"token":"a\r\nX-Evil: 1"}"#, None, 0),
            (r#"{"token":"ä"}"#, None, 0),
            (r#"{"token":""}"#, None, 0),
            (r#"{"token":1}"#, None, 0),
            ("{}", None, 0),
            ("<html>", None, 0),
            ("", None, 0),
        ] {
            let found = parse_answer(body.as_bytes());
            assert_eq!(found.as_ref().map(|found| found.token.expose()), token, "{body}");
            assert_eq!(found.map_or(0, |found| found.life.as_secs()), life, "{body}");
        }
    }
}
