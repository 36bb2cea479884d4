//! What a registry was asked, and what of it was wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::http::Head;
use super::step::Step;

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its number, counted from the start of the registry.
    pub number: u32,
    /// The number of its connection.
    pub connection: u32,
    /// Which of the hosts was asked.
    pub door: Door,
    /// What it is for.
    pub step: Step,
    /// Its head.
    pub head: Head,
    /// The length of its body in bytes, as far as it arrived.
    pub body: usize,
    /// The status it was answered with; `None` where no answer was sent.
    pub status: Option<u16>,
}

/// One of the hosts of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// The registry itself.
    Registry,
    /// The token server.
    Tokens,
    /// Another host, which must see no credentials.
    Storage,
}

/// Everything that was asked since the last time somebody looked.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The requests, in the order in which they came.
    pub requests: Vec<Request>,
    /// What the specification does not allow, or what no careful client does.
    pub violations: Vec<String>,
    /// The tags that were set, with their repositories.
    pub set: BTreeSet<(String, String)>,
}

impl Record {
    /// How many requests there were of a step, answered or not.
    pub fn count(&self, step: Step) -> usize {
        self.requests.iter().filter(|request| request.step == step).count()
    }

    /// How many bytes of bodies arrived, those of forms for tokens aside.
    pub fn bytes(&self) -> usize {
        let counted = self.requests.iter().filter(|request| request.step != Step::Token);
        counted.map(|request| request.body).sum()
    }

    /// How many connections there were to one of the hosts.
    pub fn connections(&self, door: Door) -> usize {
        let asked = self.requests.iter().filter(|request| request.door == door);
        asked.map(|request| request.connection).collect::<BTreeSet<_>>().len()
    }

    /// The requests in a line, by step: `1 HeadTag, 6 StartUpload`.
    pub fn summary(&self) -> String {
        let mut counts = BTreeMap::new();
        for request in &self.requests {
            *counts.entry(request.step).or_insert(0) += 1;
        }
        let counts: Vec<String> = counts.iter().map(|(step, count)| format!("{count} {step:?}")).collect();
        counts.join(", ")
    }

    /// The requests, one a line, for the message of a test that fails.
    pub fn story(&self) -> String {
        let line = |request: &Request| {
            let Head { method, path, query, .. } = &request.head;
            let query: Vec<String> = query.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let status = request.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
            let (number, door, body) = (request.connection, request.door, request.body);
            format!("  #{number} {door:?} {method} {path} {} +{body} -> {status}\n", query.join("&"))
        };
        self.requests.iter().map(line).collect()
    }
}
