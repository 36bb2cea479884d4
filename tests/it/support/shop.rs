//! A packed extension, a real registry, and `cargo dext publish` between them.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::distribution::{Guard, PASSWORD, Registry, USER};
use super::files::{self, fixture};
use super::judges::{accept, judge};
use super::oci::Layout;
use super::sandbox::{Dext, Outcome, Sandbox};
use super::secrets::assert_untold;
use super::tokens::{Account, TokenServer};
use super::{base64, prebuilt};

/// What stands for the password at the token server, as `az acr login` stores it.
pub const IDENTITY: &str = "an.identity-token_of/the+tests";

/// What a registry asks of its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Plain,
    /// To trust its certificate, and a password.
    Tls,
    /// A token of a server that wants a password.
    Tokens,
}

/// All that a test of publishing needs.
#[derive(Debug)]
pub struct Shop {
    /// The project, packed as `demo` with the tag `1.2.3`.
    pub sandbox: Sandbox,
    pub registry: Registry,
    tokens: Option<TokenServer>,
    kind: Kind,
    /// What no output may hold, besides the passwords that all shops know.
    secrets: RefCell<Vec<String>>,
    _store: tempfile::TempDir,
}

impl Shop {
    /// Opens one; none where there is no registry to be had.
    pub fn open(kind: Kind) -> Option<Self> {
        let program = judge("docker-registry")?;
        let sandbox = prebuilt::project();
        sandbox.pack([]).run().success();
        let store = tempfile::tempdir().expect("a temporary folder can be made");
        let tokens = (kind == Kind::Tokens).then(|| {
            let [user, password, identity] = [USER, PASSWORD, IDENTITY].map(str::to_owned);
            TokenServer::start(Account { user, password, identity })
        });
        let guard = match (&tokens, kind) {
            (Some(tokens), _) => Guard::Tokens(tokens),
            (None, Kind::Tls) => Guard::Password,
            (None, _) => Guard::Nobody,
        };
        let registry = Registry::guarded(&program, store.path(), guard, (kind == Kind::Tls).then_some("server"));
        let shop = Shop { sandbox, registry, tokens, kind, secrets: RefCell::default(), _store: store };
        shop.log_in(&shop.registry.address, USER, PASSWORD);
        Some(shop)
    }

    /// Names something more that no output may hold.
    pub fn keep_secret(&self, secret: &str) {
        self.secrets.borrow_mut().push(secret.to_owned());
    }

    /// Stores a password as `docker login` does, instead of all that was stored before.
    pub fn log_in(&self, host: &str, user: &str, password: &str) {
        self.keep_secret(password);
        let auth = base64::standard(format!("{user}:{password}").as_bytes());
        self.configure(&json!({ "auths": { host: { "auth": auth } } }));
    }

    /// Writes Docker's configuration of this sandbox's home.
    pub fn configure(&self, config: &serde_json::Value) {
        files::write(&self.sandbox.root().join("home/.docker/config.json"), config.to_string().as_bytes());
    }

    /// The token server of [`Kind::Tokens`].
    #[track_caller]
    pub fn tokens(&self) -> &TokenServer {
        self.tokens.as_ref().expect("this shop has a token server")
    }

    /// `127.0.0.1:PORT/team/demo`
    pub fn image(&self) -> String {
        format!("{}/team/demo", self.registry.address)
    }

    /// The layout that is published.
    pub fn layout(&self) -> PathBuf {
        self.sandbox.layout("demo")
    }

    /// `publish` of the layout to this shop's registry, with further words.
    pub fn publish(&self, more: &[&str]) -> Dext<'_> {
        let image = self.image();
        self.publish_to(&image, more)
    }

    /// `publish` of the layout elsewhere, with further words.
    pub fn publish_to(&self, image: &str, more: &[&str]) -> Dext<'_> {
        let from = format!("{}:1.2.3", self.layout().display());
        let words = ["publish", "-vv", "--message-format", "json", "--from", &from, "--image", image, "--tag", "1.2.3"];
        let dext = self.sandbox.dext(words.into_iter().chain(more.iter().copied()));
        // The proxy and the certificates of this machine have no part in it.
        let names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"];
        let lower = names.map(str::to_lowercase);
        let all = names.into_iter().chain(lower.iter().map(String::as_str)).chain(["CARGO_HTTP_CAINFO"]);
        all.fold(dext, Dext::env_remove)
    }

    /// The words that make a registry of this shop's certificate trusted.
    pub fn trust() -> [String; 2] {
        ["--cacert".to_owned(), fixture("registry/ca.pem").display().to_string()]
    }

    /// Runs it, and finds no secret in what it says.
    #[track_caller]
    pub fn run(&self, dext: &Dext<'_>) -> Outcome {
        let outcome = dext.run();
        let tokens = self.tokens.iter().flat_map(TokenServer::issued);
        // Most of a token is no secret; its signature is what makes it one.
        let signatures = tokens.filter_map(|token| Some(token.rsplit_once('.')?.1.to_owned()));
        let known = self.secrets.borrow().clone().into_iter().chain([PASSWORD, IDENTITY].map(str::to_owned));
        for secret in known.flat_map(|secret| [escaped(&secret), secret]).chain(signatures) {
            assert_untold(&format!("{}\n{}", outcome.stderr, outcome.stdout), &secret);
        }
        outcome
    }

    /// The error it told, with the registry's address hidden. The lines before it come in the order of the answers.
    #[track_caller]
    pub fn error(&self, outcome: &Outcome) -> String {
        let told = outcome.told().replace(&self.registry.address, "[REGISTRY]");
        let told = told.replace("[ROOT]/home", "[HOME]");
        let at = told.find("error: ").unwrap_or_else(|| panic!("no error in\n{told}"));
        told[at..].to_owned()
    }

    /// Lets skopeo bring the image back, and compares every digest.
    #[track_caller]
    pub fn read_back(&self) -> String {
        let packed = Layout::read(&self.layout()).expect("the packed layout is whole");
        let temp = tempfile::tempdir().expect("a temporary folder can be made");
        let back = self.pull(temp.path());
        let pulled = Layout::read(&back).expect("the pulled layout is whole");
        assert_eq!(pulled.digest(), packed.digest());
        assert_eq!(pulled.index, packed.index);
        let manifests = |layout: &Layout| layout.images.iter().map(|image| image.manifest.clone()).collect::<Vec<_>>();
        assert_eq!(manifests(&pulled), manifests(&packed));
        pulled.digest()
    }

    fn pull(&self, folder: &Path) -> PathBuf {
        let Some(skopeo) = judge("skopeo") else { return self.layout() };
        let back = folder.join("back");
        files::write(&folder.join("ca/ca.crt"), &files::read(&fixture("registry/ca.pem")));
        let mut args = vec!["--insecure-policy".to_owned(), "copy".to_owned()];
        args.extend(["--all", "--preserve-digests"].map(str::to_owned));
        args.push(match self.kind {
            Kind::Tls => format!("--src-cert-dir={}", folder.join("ca").display()),
            Kind::Plain | Kind::Tokens => "--src-tls-verify=false".to_owned(),
        });
        if self.kind != Kind::Plain {
            args.push(format!("--src-creds={USER}:{PASSWORD}"));
        }
        args.extend([format!("docker://{}:1.2.3", self.image()), format!("oci:{}:1.2.3", back.display())]);
        accept(&skopeo, args);
        back
    }
}

/// As URLs have it.
fn escaped(secret: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    secret.bytes().map(escaped).collect()
}
