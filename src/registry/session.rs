//! How registries are talked to, and the door through which everything goes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::Error;
use super::client::{Dialogue, Door, Secrets, Wire, hide};
use super::credentials::Keychain;
use super::token::scope;
use crate::domain::Reference;
use crate::report::Report;
use crate::sys::http::{self, HttpSettings};
use crate::sys::{Env, Runtime, interrupt};

/// How often work looks whether the user wants it to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// How a registry is talked to.
#[derive(Debug, Clone)]
pub struct Options {
    /// Certificates and proxies.
    pub http: HttpSettings,
    /// Whether plain HTTP is spoken with every registry. Without it, plain HTTP is for this machine's own
    /// registries only.
    pub plain_http: bool,
    /// Whether TLS is looked for first at this machine's own registries too, as who names a certificate for one
    /// expects. What the environment trusts says nothing of them: on many machines `SSL_CERT_FILE` is always set.
    pub tls_first: bool,
    /// How often a request is repeated.
    pub retries: u32,
    /// How long to wait before the first repetition. Each further wait is twice as long.
    pub pause: Duration,
    /// After how long without a single byte a request counts as broken.
    pub timeout: Duration,
    /// How many blobs are sent at once. As many more are looked for at the same time, so that there are up to twice as
    /// many connections.
    pub parallel: usize,
    /// Sends blobs in pieces of so many bytes; without it a blob is sent in one request where the registry
    /// takes that. No option of the command sets this, since registries that want pieces say so; who calls the
    /// library may know better.
    pub chunk: Option<u64>,
}

impl Options {
    /// The usual options, with certificates and proxies of the environment.
    #[must_use]
    pub fn from_env(env: &Env) -> Self {
        Options {
            http: HttpSettings::from_env(env),
            plain_http: false,
            tls_first: false,
            retries: 5,
            pause: Duration::from_millis(500),
            timeout: Duration::from_secs(60),
            parallel: 6,
            chunk: None,
        }
    }
}

/// What went over the wire. Bytes are those of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Requests to registries, those included that were answered with a challenge or repeated.
    pub requests: u64,
    /// Requests to token servers.
    pub tokens: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Requests that were repeated after a passing fault.
    pub retries: u64,
}

impl Traffic {
    /// What was added since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Traffic) -> Traffic {
        Traffic {
            requests: self.requests - earlier.requests,
            tokens: self.tokens - earlier.tokens,
            bytes_sent: self.bytes_sent - earlier.bytes_sent,
            bytes_received: self.bytes_received - earlier.bytes_received,
            retries: self.retries - earlier.retries,
        }
    }
}

/// The door to registries: options, credentials, connections and tokens, which all commands of one run share.
/// Blocking on the outside.
pub struct Session<'r> {
    options: Options,
    keychain: Keychain,
    report: &'r dyn Report,
    runtime: Runtime,
    wire: Wire,
    /// What must not be repeated, should a server repeat it.
    secrets: RefCell<Secrets>,
    /// The doors so far, by registry, repository and what their tokens allow.
    doors: RefCell<BTreeMap<[String; 3], Rc<Door>>>,
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("options", &self.options).finish_non_exhaustive()
    }
}

impl<'r> Session<'r> {
    /// Prepares to talk to registries. Nothing is sent or read yet. The report hears of requests, and of those that are
    /// repeated.
    ///
    /// # Errors
    /// When the system gives no means to wait for connections.
    pub fn new(options: Options, keychain: Keychain, report: &'r dyn Report) -> Result<Self, Error> {
        let runtime = Runtime::new().map_err(Error::Runtime)?;
        let wire = Wire::new(&options);
        let mut secrets = Secrets::default();
        let proxies = [&options.http.http_proxy, &options.http.https_proxy];
        proxies.into_iter().flatten().for_each(|proxy| secrets.learn_proxy(&proxy.address));
        let secrets = RefCell::new(secrets);
        Ok(Session { options, keychain, report, runtime, wire, secrets, doors: RefCell::default() })
    }

    /// What has gone over the wire so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.wire.traffic()
    }

    /// A text that holds what a server has chosen, without the passwords and tokens that servers were shown; if it is
    /// longer than anybody reads, its beginning. Whoever makes an error of what came through this session passes the
    /// text through here.
    #[must_use]
    pub fn told(&self, text: &str) -> String {
        hide(text, self.secrets.borrow().known())
    }

    pub(crate) fn secrets(&self) -> &RefCell<Secrets> {
        &self.secrets
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn keychain(&self) -> &Keychain {
        &self.keychain
    }

    /// Talking through a door.
    pub(crate) fn talk<'a>(&'a self, door: &'a Door) -> Dialogue<'a> {
        Dialogue { session: self, door, report: self.report }
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Works until it is done or the user presses Ctrl-C.
    pub(crate) fn run<T, E: From<Error>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.runtime.block_on(async {
            match select(pin!(work), pin!(stop_asked())).await {
                Either::Left((done, _)) => done,
                Either::Right(_) => Err(Error::Interrupted.into()),
            }
        })
    }

    /// Waits before another try: as long as the server asks, or longer each time.
    pub(crate) async fn pause(&self, tries: u32, asked: Option<Duration>) {
        let random = RandomState::new().hash_one(tries);
        tokio::time::sleep(http::pause(self.options.pause, tries, random, asked)).await;
    }

    /// The door for reading from a repository.
    pub(crate) fn reading(&self, repository: &Reference) -> Result<Rc<Door>, Error> {
        self.door(repository, "pull")
    }

    /// The door for all that belongs to a push: looking before a build, a survey, and the push. Its token may read from
    /// the repositories `others` too, where that is allowed; should later ones be new, it is asked for again.
    ///
    /// Questions go through it too, although they only read: registries deny that there is a repository to those who
    /// may not make it.
    pub(crate) fn writing(&self, to: &Reference, others: &[String]) -> Result<Rc<Door>, Error> {
        let door = self.door(to, "pull,push")?;
        others.iter().filter(|other| **other != to.repository).for_each(|other| door.wish(scope(other, "pull")));
        Ok(door)
    }

    /// The door to a repository for some actions. It is the same for all who ask for the same, and so are its tokens.
    fn door(&self, to: &Reference, actions: &str) -> Result<Rc<Door>, Error> {
        let Reference { registry, repository, .. } = to;
        let key = [registry, repository, actions].map(str::to_owned);
        if let Some(door) = self.doors.borrow().get(&key) {
            return Ok(Rc::clone(door));
        }
        let door = Rc::new(Door::new(self, registry, repository, vec![scope(repository, actions)])?);
        self.doors.borrow_mut().insert(key, Rc::clone(&door));
        Ok(door)
    }
}

async fn stop_asked() {
    while !interrupt::asked() {
        tokio::time::sleep(GLANCE).await;
    }
}
