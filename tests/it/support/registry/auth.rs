//! Who may do what: passwords, and tokens with their scopes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use super::http::{Answer, Head, form};
use super::step::{Route, Step};

/// The name of the service that tokens are for.
const SERVICE: &str = "registry.test";

/// How a registry knows its clients.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    /// It does not.
    #[default]
    Open,
    /// By a user and a password in every request.
    Basic(&'static str, &'static str),
    /// By this token in every request.
    Token(&'static str),
    /// By tokens of a server.
    Tokens(TokenServer),
}

/// A server that gives out tokens.
#[derive(Debug, Clone)]
pub struct TokenServer {
    /// Who may push: user and password. Others get tokens that only pull.
    pub user: Option<(&'static str, &'static str)>,
    /// The identity token that may push.
    pub identity: Option<&'static str>,
    /// The life of a token, as it is told.
    pub expires_in: Option<u64>,
    /// The life of a token.
    pub life: Duration,
    /// Whether it is a server of its own.
    pub apart: bool,
    /// What the token is called in the answer.
    pub field: &'static str,
    /// Where it is said to be, if not where it is.
    pub realm: Option<&'static str>,
}

impl Default for TokenServer {
    fn default() -> Self {
        let life = Duration::from_secs(300);
        TokenServer {
            user: None,
            identity: None,
            expires_in: Some(300),
            life,
            apart: true,
            field: "token",
            realm: None,
        }
    }
}

/// A token that was given out.
#[derive(Debug, Clone)]
struct Token {
    /// Actions by repository.
    scopes: BTreeMap<String, Vec<String>>,
    until: Instant,
    revoked: bool,
}

/// The tokens that were given out.
#[derive(Debug, Default)]
pub struct Tokens(BTreeMap<String, Token>);

/// What is wrong with a request: what to answer, and the rule that it breaks.
pub struct Refused {
    /// What to answer.
    pub answer: Answer,
    /// The rule that it breaks, if it is no honest first try.
    pub violation: Option<String>,
}

impl Tokens {
    /// Lets all tokens expire at once, before their time, or takes that back.
    pub fn revoke(&mut self, revoked: bool) {
        self.0.values_mut().for_each(|token| token.revoked = revoked);
    }

    /// Whether a request may be done.
    pub fn check(&self, auth: &Auth, realm: &str, head: &Head, wanted: &[(String, &str)]) -> Result<(), Refused> {
        let header = head.header("authorization");
        match auth {
            Auth::Open => match header {
                Some(_) => Err(refuse(Answer::new(400), "credentials were sent to a registry that wants none")),
                None => Ok(()),
            },
            Auth::Basic(user, password) if header == Some(&basic(user, password)) => Ok(()),
            Auth::Basic(..) => Err(Refused {
                answer: unauthorized().with("www-authenticate", r#"Basic realm="registry.test""#),
                violation: None,
            }),
            Auth::Token(token) if header == Some(&format!("Bearer {token}")) => Ok(()),
            Auth::Token(_) => Err(Refused {
                answer: unauthorized().with("www-authenticate", r#"Bearer realm="https://tokens.example/token""#),
                violation: None,
            }),
            Auth::Tokens(_) => self.check_token(header, realm, wanted),
        }
    }

    fn check_token(&self, header: Option<&str>, realm: &str, wanted: &[(String, &str)]) -> Result<(), Refused> {
        let challenge = |error: &str| {
            let mut scopes: Vec<String> = Vec::new();
            for (repository, action) in wanted {
                let actions = if *action == "push" { "pull,push" } else { action };
                scopes.push(format!("repository:{repository}:{actions}"));
            }
            let (scope, error) = (scopes.join(" "), if error.is_empty() { "" } else { error });
            let challenge = format!(r#"Bearer realm="{realm}",service="{SERVICE}",scope="{scope}"{error}"#);
            unauthorized().with("www-authenticate", challenge)
        };
        let Some(header) = header else { return Err(Refused { answer: challenge(""), violation: None }) };
        let Some(token) = header.strip_prefix("Bearer ").and_then(|token| self.0.get(token)) else {
            return Err(refuse(
                challenge(""),
                &format!("the registry was sent `{header}`, which is none of its tokens"),
            ));
        };
        let expired = r#",error="invalid_token""#;
        if token.revoked {
            return Err(Refused { answer: challenge(expired), violation: None });
        }
        if token.until < Instant::now() {
            return Err(refuse(challenge(expired), "a token was used after its life"));
        }
        let lacks = |(repository, action): &&(String, &str)| {
            !token.scopes.get(repository).is_some_and(|actions| actions.iter().any(|other| other == action))
        };
        match wanted.iter().find(lacks) {
            None => Ok(()),
            Some((repository, action)) => {
                let answer = challenge(r#",error="insufficient_scope""#);
                Err(refuse(answer, &format!("the token may not {action} {repository}")))
            }
        }
    }

    /// Gives out a token.
    pub fn give(&mut self, server: &TokenServer, head: &Head, body: &[u8]) -> Result<Answer, Refused> {
        let form = form(std::str::from_utf8(body).unwrap_or_default());
        let pairs = if head.method == "POST" { &form } else { &head.query };
        let param = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let trusted = match head.method.as_str() {
            "POST" => {
                if head.header("content-type") != Some("application/x-www-form-urlencoded") {
                    return Err(refuse(Answer::new(400), "a token was asked for by POST without a form"));
                }
                if param("grant_type") != Some("refresh_token") || param("client_id").is_none_or(str::is_empty) {
                    return Err(refuse(Answer::new(400), "a token was asked for without grant_type and client_id"));
                }
                server.identity.is_some() && param("refresh_token") == server.identity
            }
            _ => match (server.user, head.header("authorization")) {
                (Some((user, password)), Some(header)) => header == basic(user, password),
                (None, None) => server.identity.is_none(),
                (None, Some(_)) => {
                    return Err(refuse(Answer::new(400), "credentials were sent where there is no user"));
                }
                (Some(_), None) => false,
            },
        };
        let named = head.header("authorization").is_some() || head.method == "POST";
        if named && !trusted {
            let answer = Answer::error(401, "UNAUTHORIZED", "incorrect username or password");
            return Err(Refused { answer, violation: None });
        }
        if param("service") != Some(SERVICE) {
            return Err(refuse(Answer::new(400), "a token was asked for without the service of the challenge"));
        }
        let texts = pairs.iter().filter(|(key, _)| key == "scope").flat_map(|(_, value)| value.split(' '));
        let mut scopes = BTreeMap::new();
        for text in texts {
            let Some((repository, actions)) = text.strip_prefix("repository:").and_then(|rest| rest.rsplit_once(':'))
            else {
                return Err(refuse(Answer::new(400), &format!("the scope `{text}`")));
            };
            let may = |action: &&str| trusted || *action == "pull";
            let actions: Vec<String> = actions.split(',').filter(may).map(str::to_owned).collect();
            scopes.insert(repository.to_owned(), actions);
        }
        let name = format!("token-{}", self.0.len() + 1);
        self.0.insert(name.clone(), Token { scopes, until: Instant::now() + server.life, revoked: false });
        let mut document = json!({ server.field: name });
        if let Some(seconds) = server.expires_in {
            document["expires_in"] = seconds.into();
        }
        Ok(Answer::json(200, &document))
    }
}

/// What a request needs a token to allow.
pub fn wanted(step: Step, route: &Route, head: &Head, source: bool) -> Vec<(String, &'static str)> {
    let Some(repository) = route.repository() else { return Vec::new() };
    let read = matches!(head.method.as_str(), "HEAD" | "GET") && step != Step::UploadStatus;
    let mut wanted = vec![(repository.to_owned(), if read { "pull" } else { "push" })];
    if let (Step::Mount, true, Some(from)) = (step, source, head.param("from")) {
        wanted.push((from.to_owned(), "pull"));
    }
    wanted
}

fn unauthorized() -> Answer {
    Answer::error(401, "UNAUTHORIZED", "authentication required")
}

fn refuse(answer: Answer, violation: &str) -> Refused {
    Refused { answer, violation: Some(violation.to_owned()) }
}

/// The header of a user and a password.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))
}

/// Base64 with padding (RFC 4648, section 4).
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        let digit = move |at: usize| char::from(ALPHABET[bits >> (18 - 6 * at) & 63]);
        let padding = 3 - chunk.len();
        (0..4 - padding).map(digit).chain(std::iter::repeat_n('=', padding)).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}
