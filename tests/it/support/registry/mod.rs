//! A registry for this machine alone that writes down what it is asked, fails on request, and allows nothing
//! that the distribution specification does not allow.
//!
//! It is a real server on a real port, so that what is tested is the client as a whole: connections, bodies,
//! time limits. What it holds is in memory. [`Registry::check`] is the law of every test: no tag points, or ever
//! pointed, at something that is not wholly there, and no request broke a rule.

pub mod auth;
mod blobs;
pub mod fault;
pub mod http;
mod manifests;
pub mod quirks;
pub mod record;
mod serve;
pub mod step;
pub mod store;

use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth::{Auth, Tokens};
use fault::{Fault, Faults};
use quirks::Quirks;
use record::{Door, Record};
use store::{Repository, Store};

/// A registry that runs until it is dropped.
#[derive(Debug)]
pub struct Registry {
    hosts: Hosts,
    state: Arc<Mutex<State>>,
    closing: Arc<AtomicBool>,
}

/// Where the hosts of a registry listen, as `127.0.0.1:PORT`.
#[derive(Debug, Clone)]
pub struct Hosts {
    /// The registry.
    pub registry: String,
    /// The token server.
    pub tokens: String,
    /// Another host.
    pub storage: String,
}

/// What a registry is made of.
#[derive(Debug)]
pub struct State {
    pub(crate) hosts: Hosts,
    pub(crate) auth: Auth,
    pub(crate) tokens: Tokens,
    pub(crate) quirks: Quirks,
    pub(crate) store: Store,
    pub(crate) record: Record,
    pub(crate) faults: Faults,
    /// Whether the client may know less than it was told.
    pub(crate) answers_were_lost: bool,
    connections: u32,
    requests: u32,
    /// How many of the next connections are closed as soon as they are there.
    refused: u32,
}

impl Registry {
    /// An open registry without peculiarities.
    pub fn start() -> Self {
        Self::with(Auth::Open, Quirks::default())
    }

    /// A registry.
    pub fn with(auth: Auth, quirks: Quirks) -> Self {
        let listen = || TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let doors = [(Door::Registry, listen()), (Door::Tokens, listen()), (Door::Storage, listen())];
        let [registry, tokens, storage] =
            doors.each_ref().map(|(_, listener)| listener.local_addr().expect("it has an address").to_string());
        let hosts = Hosts { registry, tokens, storage };
        let state = State {
            hosts: hosts.clone(),
            auth,
            tokens: Tokens::default(),
            quirks,
            store: Store::default(),
            record: Record::default(),
            faults: Faults::default(),
            answers_were_lost: false,
            connections: 0,
            requests: 0,
            refused: 0,
        };
        let registry = Registry { hosts, state: Arc::new(Mutex::new(state)), closing: Arc::default() };
        for (door, listener) in doors {
            let (state, closing) = (Arc::clone(&registry.state), Arc::clone(&registry.closing));
            std::thread::spawn(move || listen_at(door, &listener, &state, &closing));
        }
        registry
    }

    /// Host and port, as they are written in references.
    pub fn host(&self) -> &str {
        &self.hosts.registry
    }

    /// Where its hosts listen.
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// How many requests the faults have struck.
    pub fn struck(&self) -> usize {
        self.state().faults.struck
    }

    /// Adds a fault.
    pub fn fail(&self, fault: Fault) {
        self.state().faults.add(fault);
    }

    /// Takes all faults away.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// Changes its peculiarities.
    pub fn quirks(&self, change: impl FnOnce(&mut Quirks)) {
        change(&mut self.state().quirks);
    }

    /// What it was asked since the last call.
    pub fn record(&self) -> Record {
        std::mem::take(&mut self.state().record)
    }

    /// What it was asked since the last call, which goes on being the last call.
    pub fn peek(&self) -> Record {
        self.state().record.clone()
    }

    /// How many requests have come since it started.
    pub fn requests(&self) -> u32 {
        self.state().requests
    }

    /// A copy of a repository.
    pub fn repository(&self, name: &str) -> Repository {
        self.state().store.repository(name).clone()
    }

    /// Changes what it holds behind its own back.
    pub fn store(&self, change: impl FnOnce(&mut Store)) {
        change(&mut self.state().store);
    }

    /// How many uploads have begun and not ended.
    pub fn open_uploads(&self) -> usize {
        self.state().store.uploads.len()
    }

    /// What is against the law: tags whose images are not whole, requests that break a rule.
    pub fn offences(&self) -> Vec<String> {
        let state = self.state();
        let mut offences = state.store.broken();
        offences.extend(state.record.violations.iter().cloned());
        offences
    }

    /// Fails if anything is against the law.
    #[track_caller]
    pub fn check(&self) {
        let offences = self.offences();
        assert!(offences.is_empty(), "{}\n{}", offences.join("\n"), self.peek().story());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that failed has said so itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        for host in [&self.hosts.registry, &self.hosts.tokens, &self.hosts.storage] {
            // The listener looks up from its wait; should it not, its thread ends with the tests.
            let _ = TcpStream::connect(host);
        }
    }
}

impl State {
    /// Writes down that a rule was broken.
    pub(crate) fn violation(&mut self, what: String) {
        self.record.violations.push(what);
    }
}

fn listen_at(door: Door, listener: &TcpListener, state: &Arc<Mutex<State>>, closing: &AtomicBool) {
    for stream in listener.incoming().flatten() {
        if closing.load(Ordering::SeqCst) {
            return;
        }
        let number = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.refused > 0 {
                state.refused -= 1;
                continue;
            }
            state.connections += 1;
            state.connections
        };
        let state = Arc::clone(state);
        // A client that goes away in the middle of something has its reasons; the test sees what comes of it.
        std::thread::spawn(move || serve::serve(stream, door, number, &state));
    }
}
