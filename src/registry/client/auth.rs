//! Who we are: the registry's challenge, the user's credential, and the one token that comes of both.
//!
//! A door has one token for all it does. Requests that need one while it is fetched wait for it; none of them
//! fetches another.

use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Method, Url};
use tokio::time::Instant;

use super::address;
use super::answer::Answer;
use super::door::{Dialogue, Door, Incoming};
use super::fault::Fault;
use super::wire::{self, Payload, To};
use crate::registry::Error;
use crate::registry::credentials::{Credential, Found};
use crate::registry::token::{self, Challenge};
use crate::sys::http;

/// The user's name where a token takes the place of the password, as Docker writes it.
const TOKEN_USER: &str = "<token>";

/// The longest time before its end at which a token is replaced.
const MARGIN: Duration = Duration::from_secs(10);

/// What is known of who we are.
#[derive(Default)]
pub(crate) struct Auth {
    /// How often what is shown has changed.
    generation: u64,
    shown: Option<HeaderValue>,
    /// Until when it may be shown.
    until: Option<Instant>,
    /// How many of the door's wishes the token was asked for with.
    wished: usize,
    /// The token server, once the registry has named it.
    server: Option<(Url, Option<String>)>,
    found: Option<Found>,
}

impl Door {
    /// Adds to what a token should allow. One that was fetched without it is replaced before the next request.
    pub fn wish(&self, scope: String) {
        let mut wishes = self.wishes.borrow_mut();
        if !wishes.contains(&scope) {
            wishes.push(scope);
        }
    }
}

impl Dialogue<'_> {
    /// What to show with a request, and its generation.
    pub(super) async fn authorization(&self, step: &str) -> Result<(Option<HeaderValue>, u64), Fault> {
        let mut auth = self.door.auth.lock().await;
        let wishes_more = !self.door.narrow.get() && auth.wished < self.door.wishes.borrow().len();
        if auth.until.is_some_and(|until| wishes_more || Instant::now() >= until) {
            self.fetch(step, &mut auth).await?;
        }
        Ok((auth.shown.clone(), auth.generation))
    }

    /// Answers a challenge, unless another request has done so since `generation`. `false` if there is nothing
    /// that could be shown.
    pub(super) async fn renew(&self, step: &str, generation: u64, headers: &HeaderMap) -> Result<bool, Fault> {
        let mut auth = self.door.auth.lock().await;
        if auth.generation != generation {
            return Ok(true);
        }
        let challenges: Vec<Challenge> = headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(token::challenges)
            .collect();
        if auth.found.is_none() {
            auth.found = Some(self.find()?);
        }
        let credential = auth.found.as_ref().map(|found| &found.credential);
        self.door.origin.replace(auth.found.as_ref().map_or_else(String::new, whose));
        if let Some(Credential::RegistryToken(token)) = credential {
            // Shown once and refused, it stays refused.
            let shown = auth.generation == 0;
            let header = wire::secret_header(&format!("Bearer {}", token.expose()));
            self.show(&mut auth, header);
            return Ok(shown);
        }
        let bearer = challenges.iter().find_map(|challenge| match challenge {
            Challenge::Bearer { realm, service } => Some((realm, service)),
            Challenge::Basic => None,
        });
        if let Some((realm, service)) = bearer {
            let (base, plain) = (self.door.base.borrow().clone(), self.session.options().plain_http);
            let realm = address::realm(&base, realm, plain).map_err(|why| self.senseless(step, why))?;
            auth.server = Some((realm, service.clone()));
            self.fetch(step, &mut auth).await?;
            return Ok(true);
        }
        let basic = challenges.contains(&Challenge::Basic).then_some(credential).flatten();
        let header = basic.and_then(basic_header);
        let again = header.is_some() && auth.generation == 0;
        self.show(&mut auth, header);
        Ok(again)
    }

    fn find(&self) -> Result<Found, Error> {
        let found = self.session.keychain().find(&self.door.registry, &self.door.repository)?;
        let mut secrets = self.session.secrets().borrow_mut();
        match &found.credential {
            Credential::Anonymous => {}
            Credential::Basic { password: secret, .. }
            | Credential::IdentityToken(secret)
            | Credential::RegistryToken(secret) => secrets.learn(secret.expose()),
        }
        if let Some(pair) = pair(&found.credential) {
            secrets.learn_pair(&pair);
        }
        drop(secrets);
        Ok(found)
    }

    fn show(&self, auth: &mut Auth, header: Option<HeaderValue>) {
        let text = header.as_ref().and_then(|header| header.to_str().ok());
        if let Some(secret) = text.and_then(|text| text.split(' ').next_back()) {
            self.session.secrets().borrow_mut().learn(secret);
        }
        auth.generation += 1;
        auth.shown = header;
        auth.until = None;
    }

    /// Fetches a token: one for the repository and all it may mount from, or if the server refuses that, one for
    /// the repository alone.
    async fn fetch(&self, step: &str, auth: &mut Auth) -> Result<(), Fault> {
        let step = format!("{step} (asking for a token)");
        loop {
            let wishes = if self.door.narrow.get() { Vec::new() } else { self.door.wishes.borrow().clone() };
            let answer = self.patiently(&step, async || self.ask_server(&step, auth, &wishes).await).await?;
            match answer.code() {
                200..=299 => {
                    let token = token::parse_answer(&answer.body)
                        .ok_or_else(|| self.senseless(&step, "there is no token in it"))?;
                    let until = Instant::now() + token.life - MARGIN.min(token.life / 10);
                    let header = wire::secret_header(&format!("Bearer {}", token.token.expose()));
                    self.show(auth, header);
                    auth.until = Some(until);
                    auth.wished = wishes.len();
                    return Ok(());
                }
                401 | 403 if !wishes.is_empty() => {
                    self.door.narrow.set(true);
                    self.door.no_mounts.set(true);
                }
                _ => return Err(self.refusal_of_token(&step, &answer).into()),
            }
        }
    }

    fn refusal_of_token(&self, step: &str, answer: &Answer) -> Error {
        let (status, host) = (answer.code(), self.told(&address::host_of(&answer.url)));
        if status == 407 {
            return self.refusal(step, answer);
        }
        let origin = self.door.origin.borrow().clone();
        Error::TokenServer { at: self.at(step), host, status, answer: self.words(answer), origin }
    }

    async fn ask_server(&self, step: &str, auth: &Auth, wishes: &[String]) -> Result<Answer, Fault> {
        let Some((realm, service)) = &auth.server else { return Err(self.senseless(step, "it names none").into()) };
        let scopes: Vec<&str> = self.door.scopes.iter().chain(wishes).map(String::as_str).collect();
        let credential = auth.found.as_ref().map(|found| &found.credential);
        if let Some(Credential::IdentityToken(token)) = credential {
            let form = refresh_form(service.as_deref(), &scopes, token.expose());
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            let answer = self.ask_token(step, Method::POST, realm, headers, Payload::Bytes(form.into())).await?;
            // Servers without OAuth 2 know the older way only.
            if !matches!(answer.code(), 404 | 405 | 501) {
                return Ok(answer);
            }
        }
        let mut url = realm.clone();
        let pairs = service.iter().map(|service| ("service", service.as_str()));
        url.query_pairs_mut().extend_pairs(pairs.chain(scopes.iter().map(|scope| ("scope", *scope))));
        let headers = wire::with_authorization(HeaderMap::new(), credential.and_then(basic_header));
        self.ask_token(step, Method::GET, &url, headers, Payload::Empty).await
    }

    async fn ask_token(
        &self,
        step: &str,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        payload: Payload,
    ) -> Result<Answer, Fault> {
        let sent = self.session.wire().send(To::TokenServer, method.clone(), url, headers, &payload).await;
        self.tell(&method, url, sent.as_ref().map(reqwest::Response::status).ok());
        let response = sent.map_err(|trouble| self.fault(step, trouble))?;
        let answer = self.whole(step, Incoming::new(url.clone(), response)).await?;
        if http::is_passing(answer.code()) {
            let who = format!("the token server {}", self.told(&address::host_of(url)));
            return Err(self.passing(step, &who, &answer));
        }
        Ok(answer)
    }
}

/// Whose credentials were shown, as the help of a refusal goes on.
fn whose(found: &Found) -> String {
    match &found.credential {
        Credential::Anonymous => format!("; there are {}", found.origin),
        _ => format!(" with an account that may do this; the credentials were: {}", found.origin),
    }
}

/// A user and a password, or a token in its place.
fn pair(credential: &Credential) -> Option<String> {
    match credential {
        Credential::Basic { user, password } => Some(format!("{user}:{}", password.expose())),
        Credential::IdentityToken(token) => Some(format!("{TOKEN_USER}:{}", token.expose())),
        Credential::Anonymous | Credential::RegistryToken(_) => None,
    }
}

/// The header that shows them.
fn basic_header(credential: &Credential) -> Option<HeaderValue> {
    wire::secret_header(&format!("Basic {}", BASE64_STANDARD.encode(pair(credential)?)))
}

/// The form that buys a token with a refresh token (the distribution project's `auth/oauth`).
fn refresh_form(service: Option<&str>, scopes: &[&str], token: &str) -> String {
    // The query of an address has the same form as this form.
    let mut url = Url::parse("form:").expect("a scheme alone is an address");
    url.query_pairs_mut()
        .append_pair("grant_type", "refresh_token")
        .append_pair("client_id", "cargo-dext")
        .append_pair("service", service.unwrap_or_default())
        .append_pair("scope", &scopes.join(" "))
        .append_pair("refresh_token", token);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded() {
        let form = refresh_form(Some("r.example"), &["repository:a/b:pull,push", "repository:c:pull"], "a+b/c=&d");
        let expected = "grant_type=refresh_token&client_id=cargo-dext&service=r.example\
            &scope=repository%3Aa%2Fb%3Apull%2Cpush+repository%3Ac%3Apull&refresh_token=a%2Bb%2Fc%3D%26d";
        assert_eq!(form, expected);
    }
}
