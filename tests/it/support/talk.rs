//! One HTTP request and its answer, read and written by hand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// What a client wants.
#[derive(Debug)]
pub struct Request {
    /// `GET`
    pub method: String,
    /// As on the request's first line: a path, a whole URL for a proxy, or a host and port.
    pub target: String,
    /// By their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, if its length was said.
    pub body: Vec<u8>,
}

impl Request {
    /// Reads one; none where the client has gone.
    pub fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut request = Self::head(&mut reader)?;
        let length = request.headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        reader.take(length).read_to_end(&mut request.body).ok()?;
        Some(request)
    }

    /// Reads the lines before the body.
    pub fn head(reader: &mut impl BufRead) -> Option<Self> {
        let mut lines = reader.lines();
        let first = lines.next()?.ok()?;
        let mut words = first.split_whitespace().map(str::to_owned);
        let (method, target) = (words.next()?, words.next()?);
        let mut headers = BTreeMap::new();
        for line in lines {
            let line = line.ok()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        Some(Request { method, target, headers, body: Vec::new() })
    }
}

/// Answers, and says that the connection ends with it.
pub fn answer(mut stream: &TcpStream, status: &str, headers: &str, body: &str) {
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    // A client that goes away has its reasons; the test sees what it makes of it.
    let _ = stream.write_all(text.as_bytes());
}

/// The text of a URL's part, with its `%` escapes and `+` resolved.
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16)).unwrap_or(0);
                u8::try_from(digit() << 4 | digit()).expect("two digits are a byte")
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The pairs of a query or a form, in their order.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

#[test]
fn a_query_is_taken_apart() {
    let found = pairs("scope=repository%3Aa%2Fb%3Apull%2cpush&service=a+b&scope=x");
    let expected = [("scope", "repository:a/b:pull,push"), ("service", "a b"), ("scope", "x")];
    assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// A header of the answer to `HEAD`; none if the answer is not 200.
pub fn head(address: &str, path: &str, header: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).expect("the server is there");
    let accept = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json";
    let request = format!("HEAD {path} HTTP/1.1\r\nhost: {address}\r\naccept: {accept}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it listens");
    let answer = Request::head(&mut BufReader::new(&stream))?;
    // The first line of an answer is the version and the status.
    if answer.target == "200" { answer.headers.get(header).cloned() } else { None }
}
