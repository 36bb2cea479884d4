//! A server of tokens for registries, as Docker's manual describes them ("Token Authentication Specification" and
//! "Token Authentication Implementation"): whoever knows the password gets a signed token for what was asked.

use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use super::base64;
use super::files;
use super::talk::{Request, answer, pairs};

/// The names by which registry and server know each other.
pub const SERVICE: &str = "registry of the tests";
pub const ISSUER: &str = "token server of the tests";

/// A running token server. Its thread ends with the tests.
#[derive(Debug)]
pub struct TokenServer {
    /// `http://127.0.0.1:PORT/token`
    pub realm: String,
    state: Arc<Mutex<State>>,
}

/// A request for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `GET`, or `POST` for OAuth 2.
    pub method: String,
    /// Whose password was right; nobody's if there was none.
    pub user: Option<String>,
    /// Each `type:name:actions`, in alphabetical order.
    pub scopes: Vec<String>,
}

#[derive(Debug, Default)]
struct State {
    asked: Vec<Asked>,
    issued: Vec<String>,
}

/// Who is let in: a user by a password, and by an identity token instead of it.
#[derive(Debug, Clone)]
pub struct Account {
    pub user: String,
    pub password: String,
    pub identity: String,
}

impl TokenServer {
    /// Starts one that lets one user in.
    pub fn start(account: Account) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let realm = format!("http://{}/token", listener.local_addr().expect("it has an address"));
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(&stream, &account, &shared);
            }
        });
        TokenServer { realm, state }
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> &str {
        self.realm.trim_start_matches("http://").trim_end_matches("/token")
    }

    /// What was asked for since the last call.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.lock().expect("no test panicked").asked)
    }

    /// Every token that was given away, ever.
    pub fn issued(&self) -> Vec<String> {
        self.state.lock().expect("no test panicked").issued.clone()
    }
}

fn serve(stream: &TcpStream, account: &Account, state: &Mutex<State>) {
    let Some(request) = Request::read(stream) else { return };
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let form = String::from_utf8_lossy(&request.body).into_owned();
    let words = pairs(if request.method == "POST" { &form } else { query });
    let Ok(user) = identify(&request, &words, account) else {
        let body = json!({ "errors": [{ "code": "UNAUTHORIZED", "message": "this is not the password" }] });
        return answer(stream, "401 Unauthorized", "content-type: application/json\r\n", &body.to_string());
    };
    // OAuth 2 has all scopes in one value, the older way has each in one of its own.
    let scopes = words.iter().filter(|(name, _)| name == "scope").flat_map(|(_, value)| value.split(' '));
    let mut scopes: Vec<String> = scopes.map(str::to_owned).collect();
    scopes.sort();
    let token = token(user.as_deref(), &scopes);
    let mut state = state.lock().expect("no test panicked");
    state.asked.push(Asked { method: request.method, user, scopes });
    state.issued.push(token.clone());
    drop(state);
    let body = json!({ "token": token, "access_token": token, "expires_in": 300 });
    answer(stream, "200 OK", "content-type: application/json\r\n", &body.to_string());
}

/// Whose password or identity token it is; nobody's where there is none; an error where it is a wrong one.
fn identify(request: &Request, words: &[(String, String)], account: &Account) -> Result<Option<String>, ()> {
    let word = |name: &str| words.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if request.method == "POST" {
        let right = match word("grant_type") {
            Some("refresh_token") => word("refresh_token") == Some(&account.identity),
            Some("password") => (word("username"), word("password")) == (Some(&account.user), Some(&account.password)),
            _ => false,
        };
        return if right { Ok(Some(account.user.clone())) } else { Err(()) };
    }
    let basic = format!("Basic {}", base64::standard(format!("{}:{}", account.user, account.password).as_bytes()));
    match request.headers.get("authorization") {
        None => Ok(None),
        Some(given) if *given == basic => Ok(Some(account.user.clone())),
        Some(_) => Err(()),
    }
}

/// A token for all that was asked, or for pulling only where nobody asks.
fn token(user: Option<&str>, scopes: &[String]) -> String {
    let granted = scopes.iter().filter_map(|scope| {
        let (rest, actions) = scope.rsplit_once(':')?;
        let (kind, name) = rest.split_once(':')?;
        let actions: Vec<&str> = actions.split(',').filter(|action| user.is_some() || *action == "pull").collect();
        Some(json!({ "type": kind, "name": name, "actions": actions }))
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_secs();
    let claims = json!({
        "iss": ISSUER,
        "sub": user.unwrap_or_default(),
        "aud": SERVICE,
        "exp": now + 300,
        "nbf": now - 10,
        "iat": now,
        "jti": format!("{now}"),
        "access": granted.collect::<Vec<Value>>(),
    });
    let certificate = String::from_utf8(files::read(&files::fixture("registry/server.pem"))).expect("PEM is text");
    let certificate: String = certificate.lines().filter(|line| !line.starts_with("-----")).collect();
    let header = json!({ "typ": "JWT", "alg": "ES256", "x5c": [certificate] });
    let signed = [header, claims].map(|part| base64::url_safe(part.to_string().as_bytes())).join(".");
    let signature = base64::url_safe(&sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// ECDSA on P-256 with SHA-256, as RFC 7518 (section 3.4) wants it: two numbers of 32 bytes.
fn sign(message: &[u8]) -> Vec<u8> {
    let key = PrivateKeyDer::from_pem_file(files::fixture("registry/server.key.pem")).expect("a key");
    let key = rustls::crypto::ring::sign::any_ecdsa_type(&key).expect("a key on an elliptic curve");
    let signer = key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]).expect("a key on P-256");
    let der = signer.sign(message).expect("a signature");
    // TLS wraps both numbers: a sequence (0x30, its length) of integers (0x02, length, bytes with a sign).
    let mut rest = &der[2..];
    let mut fixed = Vec::new();
    for _ in 0..2 {
        let (number, after) = rest[2..].split_at(rest[1].into());
        let digits = &number[number.len().saturating_sub(32)..];
        fixed.extend(std::iter::repeat_n(0, 32 - digits.len()));
        fixed.extend(digits);
        rest = after;
    }
    fixed
}
