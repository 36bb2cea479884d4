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
        Self::guarded(program, folder, Guard::Nobody, None)
    }

    /// Starts one with its store in a folder. For TLS, it has a certificate of `tests/fixtures/registry`, of a name there.
    pub fn guarded(program: &Path, folder: &Path, guard: Guard<'_>, certificate: Option<&str>) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let mut config = json!({
            "version": 0.1,
            "log": { "level": "error", "accesslog": { "disabled": false } },
            "storage": { "filesystem": { "rootdirectory": folder.join("store") } },
            "http": { "addr": address },
        });
        if let Some(name) = certificate {
            let [certificate, key] = ["pem", "key.pem"].map(|kind| fixture(&format!("registry/{name}.{kind}")));
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

    /// Every request that it has answered: method, path without a query, and status.
    pub fn requests(&self) -> Vec<String> {
        // A request is logged after its answer, so the last line may come a little later than its client ends.
        std::thread::sleep(std::time::Duration::from_millis(100));
        self.log().lines().filter_map(request).collect()
    }
}

/// `METHOD PATH STATUS` of a line in Apache's combined format.
fn request(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("] \"")?;
    let (first, rest) = rest.split_once(" HTTP/1.1\" ")?;
    let (path, status) = (first.split('?').next()?, rest.split(' ').next()?);
    Some(format!("{path} {status}"))
}

#[test]
fn the_access_log_is_read() {
    let line = r#"127.0.0.1 - - [x] "PUT /v2/a/blobs/uploads/1?digest=x HTTP/1.1" 201 0 "" "c""#;
    assert_eq!(request(line).as_deref(), Some("PUT /v2/a/blobs/uploads/1 201"));
    assert_eq!(request("time=\"x\" level=error"), None);
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
