//! HTTP/1.1 with a grip on every byte: what is read when, what is sent, and how a connection ends.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The longest head of a request in bytes. A token has a few KiB.
const MAX_HEAD: usize = 64 << 10;

/// How long a connection that answers nothing is held open for its client to leave.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request without its body.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The method.
    pub method: String,
    /// The path, decoded and without its query.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
}

impl Head {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers = lines.take_while(|line| !line.is_empty()).map(header).collect::<Option<_>>()?;
        Some(Head { method, path: decode(path), query: form(query), headers })
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// A parameter of the query.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the body comes in chunks of HTTP's own, without a length.
    pub fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
    }

    /// The length of the body in bytes.
    pub fn length(&self) -> usize {
        self.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)
    }
}

/// The pairs of a form or a query.
pub fn form(text: &str) -> Vec<(String, String)> {
    let pair = |text: &str| {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        (decode(&key.replace('+', " ")), decode(&value.replace('+', " ")))
    };
    text.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

fn decode(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend(&piece.as_bytes()[2..]);
            }
            None => {
                bytes.push(b'%');
                bytes.extend(piece.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, without `Content-Length`.
    pub headers: Vec<(&'static str, String)>,
    /// The body. The answer to HEAD has its length only.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer without headers and body.
    pub fn new(status: u16) -> Self {
        Answer { status, ..Answer::default() }
    }

    /// A JSON document.
    pub fn json(status: u16, document: &serde_json::Value) -> Self {
        Answer::new(status).with("content-type", "application/json").body(document.to_string())
    }

    /// An error as the distribution specification writes it.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let error = serde_json::json!({ "code": code, "message": message });
        Answer::json(status, &serde_json::json!({ "errors": [error] }))
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Leaves a header out.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    }

    fn head(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        // 204 has no body and so no length (RFC 9110, section 8.6).
        let length =
            if self.status == 204 { String::new() } else { format!("content-length: {}\r\n", self.body.len()) };
        format!("HTTP/1.1 {} {}\r\n{headers}{length}\r\n", self.status, reason(self.status))
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200..=299 => "OK",
        300..=399 => "Elsewhere",
        400..=499 => "No",
        _ => "Sorry",
    }
}

/// How much of an answer arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// All of it.
    Whole,
    /// All of it, the body in small pieces with a pause before each.
    Slow,
    /// Half of its head.
    HalfHead,
    /// Half of its body, or none of a longer one that was promised.
    HalfBody,
    /// Something that is no HTTP.
    Garbage,
}

/// A connection of a client.
///
/// The last byte of every request stays unread until its answer is sent. A socket that is closed while bytes
/// are unread tells its client so with a reset, whatever was sent before (RFC 1122, section 4.2.2.13).
#[derive(Debug)]
pub struct Connection(TcpStream);

impl Connection {
    /// Takes over an accepted connection.
    pub fn new(stream: TcpStream) -> Self {
        // Where this is not possible, answers arrive later and no test changes.
        let _ = stream.set_nodelay(true);
        Connection(stream)
    }

    /// Waits for the head of a request; `None` when the client has left.
    pub fn head(&mut self) -> Result<Option<Head>> {
        let mut buffer = vec![0; MAX_HEAD];
        loop {
            let seen = match self.0.peek(&mut buffer) {
                Ok(0) => return Ok(None),
                Ok(seen) => seen,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(error),
            };
            if !buffer[0].is_ascii_alphabetic() {
                // A client tries TLS. Go's servers answer that in the clear, as all that do not speak it.
                self.skip(seen)?;
                self.0.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\nnot an HTTP request\n")?;
                return Ok(None);
            }
            let Some(end) = buffer[..seen].windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
                if seen == MAX_HEAD {
                    return Err(Error::new(ErrorKind::InvalidData, "a head without an end"));
                }
                std::thread::sleep(Duration::from_millis(1));
                continue;
            };
            self.0.read_exact(&mut buffer[..end + 3])?;
            let text = String::from_utf8_lossy(&buffer[..end + 2]).into_owned();
            let head = Head::parse(&text);
            return head.map(Some).ok_or_else(|| Error::new(ErrorKind::InvalidData, text));
        }
    }

    /// Reads a body of so many bytes, and leaves its last byte in the socket.
    pub fn body(&mut self, length: usize) -> Result<Vec<u8>> {
        if length == 0 {
            return Ok(Vec::new());
        }
        let mut body = vec![0; length];
        self.skip(1)?;
        self.0.read_exact(&mut body[..length - 1])?;
        match self.0.peek(&mut body[length - 1..])? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(body),
        }
    }

    /// Reads a body that comes in chunks (RFC 9112, section 7.1), and leaves its last byte.
    pub fn chunked_body(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        self.skip(1)?;
        loop {
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                let mut byte = [0];
                self.0.read_exact(&mut byte)?;
                line.extend(byte);
            }
            let length = std::str::from_utf8(&line).ok().and_then(|line| usize::from_str_radix(line.trim(), 16).ok());
            let length = length.ok_or(ErrorKind::InvalidData)?;
            if length == 0 {
                self.skip(1)?;
                return Ok(body);
            }
            let start = body.len();
            body.resize(start + length, 0);
            self.0.read_exact(&mut body[start..])?;
            self.skip(2)?;
        }
    }

    /// Reads so many bytes and forgets them.
    pub fn skip(&mut self, length: usize) -> Result<()> {
        self.0.read_exact(&mut vec![0; length])
    }

    /// Sends an answer to a request whose last byte is still in the socket. Whether the connection goes on.
    pub fn answer(&mut self, answer: &Answer, to_head: bool, arrival: Arrival) -> Result<bool> {
        self.skip(1)?;
        let (head, body) = (answer.head(), if to_head { &[][..] } else { &answer.body });
        match arrival {
            Arrival::Whole => {
                let close = answer.header("connection") == Some("close");
                self.0.write_all(&[head.as_bytes(), body].concat())?;
                return Ok(!close);
            }
            Arrival::Slow => {
                self.0.write_all(head.as_bytes())?;
                for piece in body.chunks(body.len().div_ceil(8).max(1)) {
                    std::thread::sleep(Duration::from_millis(15));
                    self.0.write_all(piece)?;
                }
                return Ok(true);
            }
            Arrival::HalfHead => self.0.write_all(&head.as_bytes()[..head.len() / 2])?,
            Arrival::HalfBody if body.is_empty() => {
                let promise = Answer { body: vec![b' '; 1000], ..answer.clone() };
                self.0.write_all(promise.head().as_bytes())?;
            }
            Arrival::HalfBody => self.0.write_all(&[head.as_bytes(), &body[..body.len() / 2]].concat())?,
            Arrival::Garbage => self.0.write_all(b"SSH-2.0-OpenSSH_9.2\r\n")?,
        }
        Ok(false)
    }

    /// Answers nothing until the client leaves.
    pub fn stall(&mut self) -> Result<()> {
        self.skip(1)?;
        self.0.set_read_timeout(Some(PATIENCE))?;
        while self.0.read(&mut [0; 4096])? > 0 {}
        Ok(())
    }

    /// Answers with a body that takes hours. An error if the client leaves, as it should.
    pub fn drip(&mut self, status: u16) -> Result<()> {
        self.skip(1)?;
        let promise = Answer::new(status).with("content-type", "text/plain").body(vec![b' '; 1 << 20]);
        self.0.write_all(promise.head().as_bytes())?;
        for _ in 0..PATIENCE.as_secs() * 4 {
            self.0.write_all(b"no")?;
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }

    /// Takes so little that the client gets stuck, until it leaves.
    pub fn trickle(&mut self) -> Result<()> {
        while self.0.read(&mut [0; 1024])? > 0 {
            std::thread::sleep(PATIENCE / 1000);
        }
        Ok(())
    }
}
