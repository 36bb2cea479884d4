//! Docker Desktop as a page sees it: its files, and behind `ddClient` a real backend on its socket and real programs
//! on this system.

mod runs;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::talk::{self, Request};
use runs::Runs;

const CLIENT: &str = include_str!("client.js");

/// Where an installed extension has its parts.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The folder of the page.
    pub ui: PathBuf,
    /// The backend's socket.
    pub socket: PathBuf,
    /// The folder of the host tools, which Docker Desktop fills without folders in it.
    pub host: PathBuf,
}

/// What the page is told about the user's system.
#[derive(Debug, Clone)]
pub struct Client {
    /// As Node.js names it: `linux`, `win32`.
    pub platform: &'static str,
    /// What the user chooses in the dialog for folders; `None` if they close it.
    pub chosen: Option<PathBuf>,
    /// The containers that run, as Docker's engine lists them; `None` where it does not answer.
    pub containers: Option<Value>,
}

impl Default for Client {
    fn default() -> Self {
        Client { platform: "linux", chosen: None, containers: None }
    }
}

impl Client {
    /// The script that puts `ddClient` on the page.
    pub fn script(&self) -> String {
        let settings = json!({ "platform": self.platform, "chosen": self.chosen, "containers": self.containers });
        format!("({})({settings})", CLIENT.trim_end().trim_end_matches(';'))
    }
}

/// The server behind a page.
#[derive(Debug)]
pub struct Desktop {
    /// The page's address.
    pub url: String,
    runs: Arc<Runs>,
}

impl Desktop {
    /// Serves an extension. The thread ends with the tests.
    pub fn start(installed: Installed) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let url = format!("http://{}/index.html", listener.local_addr().expect("it has an address"));
        let runs = Arc::new(Runs::default());
        let shared = Arc::clone(&runs);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (installed, runs) = (installed.clone(), Arc::clone(&shared));
                std::thread::spawn(move || serve(&stream, &installed, &runs));
            }
        });
        Desktop { url, runs }
    }

    /// The programs that the page runs.
    pub fn runs(&self) -> &Runs {
        &self.runs
    }
}

fn serve(stream: &TcpStream, installed: &Installed, runs: &Runs) {
    let Some(request) = Request::read(stream) else { return };
    let body = || serde_json::from_slice::<Value>(&request.body).expect("the client sends JSON");
    match request.target.as_str() {
        "/desktop/vm" => ask_backend(stream, &installed.socket, &body()),
        "/desktop/exec" => runs.stream(stream, &installed.host, &body()),
        "/desktop/close" => {
            runs.close(&body()["run"]);
            talk::answer(stream, "200 OK", "", "");
        }
        path => send_file(stream, &installed.ui, path),
    }
}

/// A file of the page. Its folder holds no other.
fn send_file(mut stream: &TcpStream, ui: &Path, path: &str) {
    let file = ui.join(path.trim_start_matches('/'));
    let kind = match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        _ => "application/octet-stream",
    };
    match std::fs::read(&file) {
        Ok(content) => {
            let length = content.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n");
            let sent = stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes());
            // A browser that goes away has its reasons.
            let _ = sent.and_then(|()| stream.write_all(&content));
        }
        // Browsers ask for an icon that no page names.
        Err(_) if path == "/favicon.ico" => talk::answer(stream, "204 No Content", "", ""),
        Err(_) => talk::answer(stream, "404 Not Found", "", ""),
    }
}

/// Passes a request on to the backend, as HTTP over its socket.
fn ask_backend(stream: &TcpStream, socket: &Path, wanted: &Value) {
    let word = |key: &str| wanted[key].as_str().unwrap_or_default().to_owned();
    let request = format!("{} {} HTTP/1.1\r\nhost: backend\r\nconnection: close\r\n\r\n", word("method"), word("url"));
    let answer = UnixStream::connect(socket).and_then(|mut backend| {
        backend.write_all(request.as_bytes())?;
        let mut answer = String::new();
        backend.read_to_string(&mut answer)?;
        Ok(answer)
    });
    match answer {
        Ok(answer) => {
            let (head, body) = answer.split_once("\r\n\r\n").expect("the backend speaks HTTP");
            let status = head.split_whitespace().nth(1).expect("a status");
            talk::answer(stream, &format!("{status} Answered"), "", body);
        }
        Err(error) => talk::answer(stream, "502 Bad Gateway", "", &format!("connect {}: {error}", socket.display())),
    }
}
