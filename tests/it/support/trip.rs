//! One push after another to a recording registry, as the library does it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cargo_dext::domain::{Explain, Reference};
use cargo_dext::registry::credentials::Keychain;
use cargo_dext::registry::{self, Error, Options, Pushed, Session, Shipment, Target};
use cargo_dext::report::{Event, Report};
use cargo_dext::sys::Env;
use cargo_dext::sys::http::HttpSettings;

use super::goods::Goods;
use super::redact::Redactions;
use super::registry::Registry;
use super::registry::step::Step;
use super::registry::store::Manifest;
use super::{files, registry::auth};

/// The repository that everything goes to.
pub const REPOSITORY: &str = "x/goods";

/// The tag that everything gets.
pub const TAG: &str = "1.0.0";

/// How a push is done.
#[derive(Debug, Clone)]
pub struct Trip {
    /// The repository.
    pub repository: &'static str,
    /// The tags.
    pub tags: Vec<&'static str>,
    /// Whether tags are moved.
    pub overwrite: bool,
    /// Where blobs may be mounted from.
    pub mount_from: Vec<&'static str>,
    /// How often a request is repeated.
    pub retries: u32,
    /// How long nothing may happen.
    pub timeout: Duration,
    /// How many blobs are sent at once.
    pub parallel: usize,
    /// How large pieces are, where blobs are sent in pieces.
    pub chunk: Option<u64>,
    /// User and password.
    pub login: Option<(&'static str, &'static str)>,
    /// An identity token.
    pub identity: Option<&'static str>,
    /// A token for the registry itself.
    pub token: Option<&'static str>,
    /// The folder of Docker's configuration, where there is one.
    pub config: Arc<OnceLock<tempfile::TempDir>>,
}

impl Default for Trip {
    fn default() -> Self {
        Trip {
            repository: REPOSITORY,
            tags: vec![TAG],
            overwrite: false,
            mount_from: Vec::new(),
            retries: 2,
            // Long enough for a machine that does much else.
            timeout: Duration::from_secs(20),
            parallel: 6,
            chunk: None,
            login: None,
            identity: None,
            token: None,
            config: Arc::default(),
        }
    }
}

impl Trip {
    /// The same with other tags.
    pub fn tags(&self, tags: &[&'static str]) -> Self {
        Trip { tags: tags.to_vec(), ..self.clone() }
    }

    /// A session with a registry, for one push or several.
    pub fn session(&self, registry: &Registry) -> Session<'static> {
        struct Silence;
        impl Report for Silence {
            fn event(&self, _: Event) {}
        }
        self.session_told(registry, &Silence)
    }

    /// The same, with somebody who hears of it.
    pub fn session_told<'r>(&self, registry: &Registry, report: &'r dyn Report) -> Session<'r> {
        let options = Options {
            http: HttpSettings::default(),
            plain_http: false,
            tls_first: false,
            retries: self.retries,
            pause: Duration::from_millis(1),
            timeout: self.timeout,
            parallel: self.parallel,
            chunk: self.chunk,
        };
        let login = self
            .login
            .map(|(user, password)| format!(r#""auth":"{}""#, auth::base64(format!("{user}:{password}").as_bytes())));
        let identity = self.identity.map(|token| format!(r#""identitytoken":"{token}""#));
        let mut vars = Vec::new();
        let token = self.token.map(|token| format!(r#""registrytoken":"{token}""#));
        if let Some(entry) = login.or(identity).or(token) {
            let config = self.config.get_or_init(|| tempfile::tempdir().expect("a temporary folder can be made"));
            let text = format!(r#"{{"auths":{{"{}":{{{entry}}}}}}}"#, registry.host());
            files::write(&config.path().join("config.json"), text.as_bytes());
            vars.push(("DOCKER_CONFIG", config.path().to_str().expect("its name is Unicode")));
        }
        let keychain = Keychain::from_env(&Env::of(&vars));
        Session::new(options, keychain, report).expect("a session needs nothing")
    }

    /// Where the push goes.
    pub fn target(&self, registry: &Registry) -> Target {
        let repository = Reference::parse(&format!("{}/{}", registry.host(), self.repository)).expect("a reference");
        Target {
            repository,
            tags: self.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            overwrite: self.overwrite,
            mount_from: self.mount_from.iter().map(|name| (*name).to_owned()).collect(),
            seen: BTreeMap::new(),
        }
    }

    /// Pushes, with a session of its own.
    pub fn push(&self, registry: &Registry, goods: &Goods) -> Result<Pushed, Error> {
        self.push_within(&self.session(registry), registry, goods)
    }

    /// Pushes.
    pub fn push_within(&self, session: &Session<'_>, registry: &Registry, goods: &Goods) -> Result<Pushed, Error> {
        registry::push(session, &Shipment::of(&goods.image), &self.target(registry))
    }

    /// Pushes, and fails unless every tag then has the image and no rule was broken.
    #[track_caller]
    pub fn arrive(&self, registry: &Registry, goods: &Goods) -> Pushed {
        let pushed = self.push(registry, goods);
        let pushed =
            pushed.unwrap_or_else(|error| panic!("{}{}", explained(&error, registry), registry.peek().story()));
        self.arrived(registry, goods);
        pushed
    }

    /// Fails unless every tag has the image and no rule was broken.
    #[track_caller]
    pub fn arrived(&self, registry: &Registry, goods: &Goods) {
        registry.check();
        let there = registry.repository(self.repository);
        for tag in &self.tags {
            assert_eq!(there.tags.get(*tag), Some(&goods.digest()), "{tag}");
            assert_eq!(there.content(tag), goods.content(), "{tag}");
        }
    }
}

/// Puts an image into a registry without sending it.
pub fn stock(registry: &Registry, repository: &str, tag: &str, goods: &Goods) {
    registry.store(|store| {
        let repository = store.repository(repository);
        for blob in goods.image.blobs() {
            let bytes: Arc<[u8]> = Arc::from(files::read(&goods.image.blob_path(&blob.digest)));
            let digest = blob.digest.to_string();
            if blob.media_type.contains("manifest") || blob.media_type.contains("index") {
                repository.manifests.insert(digest, Manifest { media_type: blob.media_type, bytes });
            } else {
                repository.blobs.insert(digest, bytes);
            }
        }
        repository.tags.insert(tag.to_owned(), goods.digest());
    });
}

/// The digests of the blobs that a repository has.
pub fn blobs(registry: &Registry, repository: &str) -> BTreeSet<String> {
    registry.repository(repository).blobs.into_keys().collect()
}

/// The digests of the blobs that were sent since the record was taken.
pub fn sent(registry: &Registry) -> BTreeSet<String> {
    let record = registry.peek();
    let sent = record.requests.iter().filter(|request| request.step == Step::PutBlob);
    sent.filter_map(|request| request.head.param("digest").map(str::to_owned)).collect()
}

/// An error as it is shown: what, where, and what to do; without what differs from run to run.
pub fn explained(error: &Error, registry: &Registry) -> String {
    let line = |name: &str, text: Option<String>| text.map(|text| format!("  {name}: {text}\n")).unwrap_or_default();
    let text = format!("  error: {error}\n{}{}", line("place", error.place()), line("help", error.help()));
    let hosts = registry.hosts();
    let redactions = Redactions::new().hide(&hosts.registry, "[HOST]").hide(&hosts.tokens, "[TOKENS]");
    // Two platforms are on their way at once, and either may be the first to fail.
    let redactions = redactions.hide("linux/amd64", "[PLATFORM]").hide("linux/arm64", "[PLATFORM]");
    let told = redactions.hide(&hosts.storage, "[STORAGE]").apply(&text);
    // The configuration lies in a folder of its own for every test.
    let word =
        |word: &str| if word.trim_end().ends_with("/config.json") { "[CONFIG]\n".to_owned() } else { word.to_owned() };
    told.split_inclusive(' ').flat_map(|words| words.split_inclusive('\n')).map(word).collect()
}
