//! The registry of the distribution project, as Debian packages it.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::daemon::{Daemon, free_port};
use super::files::{self, fixture};
use super::tokens::{ISSUER, SERVICE, TokenServer};

/// The one user that registries with [`Guard::Password`] know: `tests/fixtures/registry/htpasswd`.
pub const USER: &str = "robot";
pub const PASSWORD: &str = "correct horse/battery+staple";

/// Who may push and pull.
#[derive(Debug, Clone, Copy)]
pub enum Guard<'a> {
    /// Everybody.
    Nobody,
    /// The user of the password file.
    Password,
    /// Whoever has a token of this server.
    Tokens(&'a TokenServer),
}

/// A running registry.
#[derive(Debug)]
pub struct Registry {
    /// `127.0.0.1:PORT`
    pub address: String,
    daemon: Daemon,
}

impl Registry {
    /// Starts one for everybody and without TLS, with its store in a folder.
    pub fn start(program: &Path, folder: &Path) -> Self {
        Self::guarded(program, folder, Guard::Nobody, false)
    }

    /// Starts one with its store in a folder, and with the certificate of `tests/fixtures/registry` if it is for TLS.
    pub fn guarded(program: &Path, folder: &Path, guard: Guard<'_>, tls: bool) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let mut config = json!({
            "version": 0.1,
            "log": { "level": "error", "accesslog": { "disabled": false } },
            "storage": { "filesystem": { "rootdirectory": folder.join("store") } },
            "http": { "addr": address },
        });
        if tls {
            let (certificate, key) = (fixture("registry/server.pem"), fixture("registry/server.key.pem"));
            config["http"]["tls"] = json!({ "certificate": certificate, "key": key });
        }
        if let Some(auth) = auth(guard) {
            config["auth"] = auth;
        }
        // JSON is YAML.
        let file = folder.join("registry.yml");
        files::write(&file, config.to_string().as_bytes());
        let mut daemon = Daemon::start(Command::new(program).arg("serve").arg(file), folder.join("registry.log"));
        daemon.ready("the registry", || TcpStream::connect(&address).ok());
        Registry { address, daemon }
    }

    /// Everything it wrote, with a line in Apache's format for each request.
    pub fn log(&self) -> String {
        self.daemon.log()
    }
}

fn auth(guard: Guard<'_>) -> Option<Value> {
    match guard {
        Guard::Nobody => None,
        Guard::Password => Some(json!({ "htpasswd": { "realm": "tests", "path": fixture("registry/htpasswd") } })),
        Guard::Tokens(server) => Some(json!({ "token": {
            "realm": server.realm,
            "service": SERVICE,
            "issuer": ISSUER,
            "rootcertbundle": fixture("registry/server.pem"),
        } })),
    }
}
