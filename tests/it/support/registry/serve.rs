//! One connection: requests in, answers out, and the faults between them.

use std::io::Result;
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::State;
use super::auth::{Auth, Refused, TokenServer, wanted};
use super::fault::What;
use super::http::{Answer, Arrival, Connection, Head};
use super::quirks::{Locations, Mounts};
use super::record::{Door, Request};
use super::step::{Route, Step};

/// More requests than any test needs. Who sends more is caught in a loop.
const PATIENCE: u32 = 1000;

/// Answers a client until it leaves, or until a fault ends the connection.
pub fn serve(stream: TcpStream, door: Door, number: u32, state: &Mutex<State>) -> Result<()> {
    let mut connection = Connection::new(stream);
    while let Some(head) = connection.head()? {
        let (visit, pause) = {
            let mut state = lock(state);
            let visit = state.visit(door, number, head);
            let pause = state.quirks.pause_of(visit.step);
            (visit, pause)
        };
        std::thread::sleep(pause);
        if !one(&mut connection, &visit, state)? {
            break;
        }
    }
    Ok(())
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request whose head has arrived.
struct Visit {
    head: Head,
    route: Route,
    step: Step,
    /// Its number in the record.
    number: u32,
    /// Why it is not done at all.
    refused: Option<Answer>,
    what: Option<What>,
}

/// Reads the rest of a request and answers it. Whether the connection goes on.
fn one(connection: &mut Connection, visit: &Visit, state: &Mutex<State>) -> Result<bool> {
    let length = visit.head.length();
    let (to_head, what) = (visit.head.method == "HEAD", visit.what.as_ref());
    match what {
        Some(What::ResetMidBody) if length > 1 => {
            connection.skip(length / 2)?;
            lock(state).note(visit, length / 2, None);
            return Ok(false);
        }
        Some(What::StallMidBody) if length > 1 => {
            connection.skip(length / 2)?;
            lock(state).note(visit, length / 2, None);
            connection.trickle()?;
            return Ok(false);
        }
        Some(What::CloseAfterAccept) => lock(state).refused += 1,
        Some(What::Lost | What::Arrives(_) | What::Without("location")) => lock(state).answers_were_lost = true,
        _ => {}
    }
    let body = if visit.head.is_chunked() { connection.chunked_body()? } else { connection.body(length)? };
    match what {
        Some(What::Reset | What::ResetMidBody | What::CloseAfterAccept) => {
            lock(state).note(visit, body.len(), None);
            Ok(false)
        }
        Some(What::Drips(status)) => {
            lock(state).note(visit, body.len(), Some(*status));
            connection.drip(*status)?;
            lock(state).violation("whoever is refused waits for more words".to_owned());
            Ok(false)
        }
        Some(What::Stall) => {
            lock(state).note(visit, body.len(), None);
            connection.stall()?;
            Ok(false)
        }
        _ => {
            let answer = {
                let mut state = lock(state);
                let answer = state.answer(visit, &body);
                let sent = (what != Some(&What::Lost)).then_some(answer.status);
                state.note(visit, body.len(), sent);
                answer
            };
            match what {
                Some(What::Lost) => Ok(false),
                Some(What::Arrives(arrival)) => connection.answer(&answer, to_head, *arrival),
                _ => connection.answer(&answer, to_head, Arrival::Whole),
            }
        }
    }
}

impl State {
    /// Looks at the head of a request: what it is for, whether it may, and what is to go wrong.
    fn visit(&mut self, door: Door, connection: u32, head: Head) -> Visit {
        let route = Route::of(&head.path);
        let token = head.path == "/token" && (door == Door::Tokens || !self.has_token_server());
        let set = |name: &str, tag: &str| self.record.set.contains(&(name.to_owned(), tag.to_owned()));
        let step = if token { Step::Token } else { Step::of(&head, &route, set) };
        self.check_form(&head, step);
        let refused = if token { None } else { self.not_allowed(door, &head, &route, step) };
        let mut what = if refused.is_none() { self.faults.strike(step) } else { None };
        if self.requests >= PATIENCE {
            self.violation(format!("there is no end of requests: {}", self.record.summary()));
            what = Some(What::Reset);
        }
        self.requests += 1;
        let number = self.requests;
        self.record.requests.push(Request {
            number,
            connection,
            door,
            step,
            head: head.clone(),
            body: 0,
            status: None,
        });
        Visit { head, route, step, number, refused, what }
    }

    fn has_token_server(&self) -> bool {
        matches!(&self.auth, Auth::Tokens(server) if server.apart)
    }

    /// The rules that every request keeps.
    fn check_form(&mut self, head: &Head, step: Step) {
        let name = format!("{} {}", head.method, head.path);
        let has_body = matches!(head.method.as_str(), "POST" | "PUT" | "PATCH");
        if has_body && head.header("content-length").is_none() && !head.is_chunked() {
            self.violation(format!("{name} has no Content-Length"));
        }
        if head.header("transfer-encoding").is_some() {
            self.violation(format!("{name} has a Transfer-Encoding"));
        }
        for header in ["host", "user-agent"] {
            if head.header(header).is_none() {
                self.violation(format!("{name} has no header `{header}`"));
            }
        }
        if step == Step::Unknown {
            self.violation(format!("{name} is nothing that a registry knows"));
        }
    }

    /// Why a request is not done: its host, its credentials, its repository.
    fn not_allowed(&mut self, door: Door, head: &Head, route: &Route, step: Step) -> Option<Answer> {
        if door != Door::Registry {
            if head.header("authorization").is_some() {
                self.violation(format!("{} {} sends credentials to another host", head.method, head.path));
            }
            return (door == Door::Tokens).then(|| Answer::new(404));
        }
        let realm = match &self.auth {
            Auth::Tokens(TokenServer { realm: Some(realm), .. }) => (*realm).to_owned(),
            Auth::Tokens(server) if server.apart => format!("http://{}/token", self.hosts.tokens),
            _ => format!("http://{}/token", self.hosts.registry),
        };
        let mut wanted = wanted(step, route, head, self.quirks.mount_wants_source_scope);
        if let Some(name) = route.repository().filter(|_| self.quirks.hides_absent) {
            let there = self.store.repository(name);
            if there.tags.is_empty() && there.manifests.is_empty() && there.blobs.is_empty() {
                wanted.push((name.to_owned(), "push"));
            }
        }
        if let Err(Refused { answer, violation }) = self.tokens.check(&self.auth, &realm, head, &wanted) {
            self.record.violations.extend(violation);
            return Some(answer);
        }
        let depth = route.repository().map_or(0, |name| name.split('/').count());
        (depth > self.quirks.depth).then(|| Answer::error(400, "NAME_INVALID", "invalid repository name"))
    }

    /// Writes down how a request ended.
    fn note(&mut self, visit: &Visit, body: usize, status: Option<u16>) {
        // Somebody may have taken the record since.
        if let Some(request) = self.record.requests.iter_mut().find(|request| request.number == visit.number) {
            (request.body, request.status) = (body, status);
        }
    }

    /// Does what was asked, or what is to go wrong with it.
    fn answer(&mut self, visit: &Visit, body: &[u8]) -> Answer {
        if let Some(answer) = &visit.refused {
            return answer.clone();
        }
        let Visit { head, route, .. } = visit;
        match &visit.what {
            Some(What::Status(status, said)) => said.answer(*status, head, body),
            Some(What::RetryAfter(status, after)) => {
                Answer::error(*status, "TOOMANYREQUESTS", "slow down").with("retry-after", *after)
            }
            Some(What::ExpiredToken) => {
                self.tokens.revoke(true);
                self.not_allowed(Door::Registry, head, route, visit.step).unwrap_or_else(|| Answer::new(401))
            }
            Some(What::TokenRefused) => {
                self.tokens.revoke(true);
                let answer = self.not_allowed(Door::Registry, head, route, visit.step);
                self.tokens.revoke(false);
                answer.unwrap_or_else(|| Answer::new(401))
            }
            Some(What::UploadUnknown) => {
                if let Route::Upload(name, id) = route {
                    self.store.uploads.remove(&(name.clone(), id.clone()));
                }
                Answer::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
            }
            Some(What::RedirectLoop | What::Redirect) => self.redirect(&self.hosts.registry, visit),
            Some(What::RedirectToOtherHost) => self.redirect(&self.hosts.storage, visit),
            what => {
                let old = (self.quirks.locations, self.quirks.mounts);
                match what {
                    Some(What::LocationOnOtherHost) => self.quirks.locations = Locations::Storage,
                    Some(What::LocationIsPath) => self.quirks.locations = Locations::Path,
                    Some(What::LocationIsRelative) => self.quirks.locations = Locations::Relative,
                    Some(What::MountRefused) => self.quirks.mounts = Mounts::Refused,
                    _ => {}
                }
                let answer = self.act(visit, body);
                (self.quirks.locations, self.quirks.mounts) = old;
                match what {
                    Some(What::OtherBytes) => {
                        let flipped =
                            answer.body.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == 0)).collect();
                        Answer { body: flipped, ..answer }
                    }
                    Some(What::Without(name)) => answer.without(name),
                    Some(What::With(name, value)) => answer.without(name).with(name, *value),
                    _ => answer,
                }
            }
        }
    }

    /// 307 to the same path, whose query grows by a word.
    fn redirect(&self, host: &str, visit: &Visit) -> Answer {
        let pair = |(key, value): &(String, String)| format!("{key}={}&", value.replace('+', "%2B"));
        let query: String = visit.head.query.iter().map(pair).collect();
        Answer::new(307).with("location", format!("http://{host}{}?{query}again={}", visit.head.path, visit.number))
    }

    /// Does what was asked.
    fn act(&mut self, visit: &Visit, body: &[u8]) -> Answer {
        let Visit { head, route, .. } = visit;
        if visit.step == Step::Token {
            return self.give_token(head, body);
        }
        let read = matches!(head.method.as_str(), "HEAD" | "GET");
        match (route, head.method.as_str()) {
            (Route::Ping, _) => Answer::json(200, &serde_json::json!({})),
            (Route::Manifest(name, reference), _) if read => self.read_manifest(name, reference, head),
            (Route::Manifest(name, reference), "PUT") => self.put_manifest(name, reference, head, body),
            (Route::Blob(name, digest), _) if read => self.read_blob(name, digest, head),
            (Route::Uploads(name), "POST") => self.start_upload(name, head),
            (Route::Upload(name, id), "PUT") => self.put_blob(name, id, head, body),
            (Route::Upload(name, id), "PATCH") => self.patch(name, id, head, body),
            (Route::Upload(name, id), "GET") => self.upload_status(name, id),
            (Route::Upload(name, id), "DELETE") => self.cancel(name, id),
            (Route::Tags(name), "GET") => self.list_tags(name, head),
            _ => Answer::error(404, "UNSUPPORTED", "no such address"),
        }
    }

    fn give_token(&mut self, head: &Head, body: &[u8]) -> Answer {
        let Auth::Tokens(server) = self.auth.clone() else { return Answer::new(404) };
        match self.tokens.give(&server, head, body) {
            Ok(answer) => answer,
            Err(Refused { answer, violation }) => {
                self.record.violations.extend(violation);
                answer
            }
        }
    }
}
