//! A web server for this machine alone.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server of a few files, that writes down what it is asked for.
#[derive(Debug)]
pub struct Server {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    files: BTreeMap<String, Vec<u8>>,
    requests: Vec<String>,
    break_off_at: Option<usize>,
}

impl Server {
    /// Serves files by their paths, which begin with a slash. The thread ends with the tests.
    pub fn start(files: BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let state = Arc::new(Mutex::new(State { files, requests: Vec::new(), break_off_at: None }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away has its reasons; the test sees what it makes of it.
                let _ = answer(&stream, &shared);
            }
        });
        Server { url, state }
    }

    /// Lets the next answer break off after so many bytes of its body.
    pub fn break_off_at(&self, bytes: usize) {
        self.state.lock().expect("no test panicked").break_off_at = Some(bytes);
    }

    /// Puts other bytes at a path.
    pub fn put(&self, path: &str, bytes: &[u8]) {
        self.state.lock().expect("no test panicked").files.insert(path.to_owned(), bytes.to_owned());
    }

    /// What was asked for since the last call: a path, and the range behind it if one was given.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().expect("no test panicked").requests)
    }
}

fn answer(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let path = request.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let mut range = None;
    for line in lines {
        let line = line?.to_lowercase();
        if line.is_empty() {
            break;
        }
        range = line.strip_prefix("range: bytes=").map(|range| range.trim_end_matches('-').to_owned()).or(range);
    }
    let mut state = state.lock().expect("no test panicked");
    let asked = range.as_ref().map_or_else(|| path.clone(), |range| format!("{path} from {range}"));
    state.requests.push(asked);
    let break_off_at = state.break_off_at.take();
    let Some(bytes) = state.files.get(&path).cloned() else {
        return (&*stream).write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    };
    drop(state);
    let start: usize = range.and_then(|range| range.parse().ok()).unwrap_or(0);
    let (first, last) = (start, bytes.len().saturating_sub(1));
    let status = match start {
        0 => "200 OK".to_owned(),
        _ => format!("206 Partial Content\r\ncontent-range: bytes {first}-{last}/{}", bytes.len()),
    };
    let body = &bytes[start.min(bytes.len())..];
    let head =
        format!("HTTP/1.1 {status}\r\netag: \"v1\"\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    (&*stream).write_all(head.as_bytes())?;
    (&*stream).write_all(&body[..break_off_at.unwrap_or(body.len()).min(body.len())])
}
