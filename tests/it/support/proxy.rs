//! An HTTP proxy that writes down whom it connects, and brings every client to one server, whatever the name.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD;

use super::base64;
use super::talk::{Request, answer};

/// A running proxy. Its threads end with the tests.
#[derive(Debug)]
pub struct Proxy {
    /// `127.0.0.1:PORT`
    pub address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts one in front of a server, which is a host and port. With `password` (`user:password`) it wants that.
    pub fn start(server: &str, password: Option<&str>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = listener.local_addr().expect("it has an address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (shared, server) = (Arc::clone(&asked), server.to_owned());
        let wanted = password.map(|password| format!("Basic {}", base64::standard(password.as_bytes())));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (shared, server, wanted) = (Arc::clone(&shared), server.clone(), wanted.clone());
                std::thread::spawn(move || pass(&client, &server, wanted.as_deref(), &shared));
            }
        });
        Proxy { address, asked }
    }

    /// Starts one that lets nobody through, and repeats what it was shown.
    pub fn that_repeats() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = listener.local_addr().expect("it has an address").to_string();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Some(request) = Request::head(&mut BufReader::new(&client)) else { continue };
                let shown = request.headers.get("proxy-authorization").cloned().unwrap_or_default();
                let pair = STANDARD.decode(shown.trim_start_matches("Basic ")).unwrap_or_default();
                let body = format!("denied for {shown} {}", String::from_utf8_lossy(&pair));
                answer(&client, "403 Forbidden", "content-type: text/plain\r\n", &body);
            }
        });
        Proxy { address, asked: Arc::default() }
    }

    /// Starts one that answers everything with a status, which is a number and its reason, and with the password that it
    /// was shown.
    pub fn refusing(status: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = listener.local_addr().expect("it has an address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&asked);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Some(request) = Request::head(&mut BufReader::new(&client)) else { continue };
                shared.lock().expect("no test panicked").push(format!("{} {}", request.method, request.target));
                let shown = request.headers.get("proxy-authorization").map_or("", String::as_str);
                answer(&client, status, "", shown);
            }
        });
        Proxy { address, asked }
    }

    /// What was asked for since the last call: a method, and a URL or, after `CONNECT`, a host and port.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("no test panicked"))
    }
}

fn pass(client: &TcpStream, server: &str, wanted: Option<&str>, asked: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(client);
    let request = Request::head(&mut reader)?;
    asked.lock().expect("no test panicked").push(format!("{} {}", request.method, request.target));
    if wanted.is_some() && request.headers.get("proxy-authorization").map(String::as_str) != wanted {
        let headers = "proxy-authenticate: Basic realm=\"tests\"\r\n";
        answer(client, "407 Proxy Authentication Required", headers, "who are you?");
        return None;
    }
    let server = TcpStream::connect(server).ok()?;
    if request.method == "CONNECT" {
        (&*client).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    } else {
        (&server).write_all(forwarded(&request)?.as_bytes()).ok()?;
    }
    std::thread::scope(|scope| {
        scope.spawn(|| copy(reader, &server));
        copy(&server, client);
    });
    Some(())
}

/// The request as its server wants it, and the last one of its connection.
fn forwarded(request: &Request) -> Option<String> {
    let (_, rest) = request.target.split_once("://")?;
    let path = rest.find('/').map_or("/", |slash| &rest[slash..]);
    let own = |name: &str| name == "connection" || name.starts_with("proxy-");
    let headers = request.headers.iter().filter(|(name, _)| !own(name));
    let headers: String = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    Some(format!("{} {path} HTTP/1.1\r\n{headers}connection: close\r\n\r\n", request.method))
}

/// Takes bytes from one to the other until there are no more.
fn copy(mut from: impl Read, mut to: &TcpStream) {
    // Whoever hangs up first ends it for both.
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
