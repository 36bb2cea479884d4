//! The answers of a registry: manifests, blobs, lists of tags, challenges and tokens, redirects, refusals. Each part
//! of an input is an answer: a first line that begins with the status, header lines, an empty line, the body. In it,
//! `@host` becomes the address of the registry, and `@digest` the digest of the body. When all were given, the last one
//! is given again.
//!
//! The server is also the proxy for everything, so that no answer can send the client elsewhere.

#![expect(clippy::disallowed_methods, reason = "a listener that is to end is called once more")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cargo_dext::domain::{Digest, Reference};
use cargo_dext::image::Descriptor;
use cargo_dext::registry::credentials::Keychain;
use cargo_dext::registry::{Options, Session};
use cargo_dext::report::Recorder;
use cargo_dext::sys::Env;

use crate::text;

/// A name that nobody has (RFC 6761, section 6.4).
const HOST: &str = "registry.invalid";

/// How many answers an input becomes at most.
const MAX_ANSWERS: usize = 12;

/// How many requests are answered, so that a client that never gives up is found out.
const MAX_REQUESTS: usize = 1_100;

/// Asks a registry that gives these answers.
pub fn run(data: &[u8]) {
    let answers: Vec<Vec<u8>> = text::parts(data).into_iter().take(MAX_ANSWERS).map(answer).collect();
    let listener = TcpListener::bind("127.0.0.1:0").expect("this machine has a port left");
    let address = listener.local_addr().expect("a listener has an address");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| serve(&listener, &answers, &over));
        ask(&format!("http://{address}"));
        over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(address));
    });
}

/// Asks all that there is to ask.
fn ask(proxy: &str) {
    let env = Env::of(&[("HTTP_PROXY", proxy), ("HTTPS_PROXY", proxy)]);
    let (pause, timeout) = (Duration::ZERO, Duration::from_secs(5));
    let usual = Options::from_env(&env);
    let options = Options { plain_http: true, retries: 0, pause, timeout, ..usual };
    let report = Recorder::default();
    let session = Session::new(options, Keychain::from_env(&env), &report).expect("a session can be prepared");
    let reference = Reference::parse(&format!("{HOST}/me/tool:1.0")).expect("a reference");
    match session.root(&reference) {
        Err(error) => text::error(&error),
        Ok((descriptor, bytes)) => {
            assert_eq!((descriptor.size, descriptor.digest), (bytes.len() as u64, Digest::of(&bytes)));
        }
    }
    match session.resolve(&reference) {
        Err(error) => text::error(&error),
        Ok(descriptor) => drop(session.document(&reference, &descriptor)),
    }
    let blob = Descriptor {
        media_type: "application/vnd.oci.image.layer.v1.tar".to_owned(),
        digest: Digest::of(b"hello"),
        size: 5,
        platform: None,
        annotations: None,
    };
    match session.blob(&reference, &blob) {
        Err(error) => text::error(&error),
        Ok(mut stream) => {
            let mut bytes = Vec::new();
            if stream.read_to_end(&mut bytes).is_ok() {
                assert_eq!(bytes, b"hello", "a blob was taken for another");
            }
        }
    }
    match session.tags(&reference) {
        Err(error) => text::error(&error),
        Ok(tags) => assert!(tags.iter().all(|tag| !tag.is_empty() && tag.len() <= 128), "{tags:?}"),
    }
}

/// Answers one request on each connection.
fn serve(listener: &TcpListener, answers: &[Vec<u8>], over: &AtomicBool) {
    let mut given = 0;
    for stream in listener.incoming() {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let Ok(mut stream) = stream else { continue };
        let mut lines = BufReader::new(&stream).lines();
        // The connection may be broken off at any time, by either side.
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        assert!(given < MAX_REQUESTS, "the client asks again and again");
        let _: Result<(), _> = stream.write_all(&answers[given.min(answers.len() - 1)]);
        given += 1;
        let _: Result<(), _> = stream.shutdown(Shutdown::Write);
    }
}

/// An answer as it goes over the wire.
fn answer(part: &[u8]) -> Vec<u8> {
    let end = part.windows(2).position(|window| window == b"\n\n");
    let (head, body) = end.map_or((part, &b""[..]), |end| (&part[..end], &part[end + 2..]));
    let head = String::from_utf8_lossy(head).replace("@host", HOST).replace("@digest", &Digest::of(body).to_string());
    let (status, headers) = head.split_once('\n').unwrap_or((&head, ""));
    let mut answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    let own = |header: &str| header.to_ascii_lowercase().starts_with("content-length:");
    for header in headers.lines() {
        answer += &format!("{header}\r\n");
    }
    if !headers.lines().any(own) {
        answer += &format!("content-length: {}\r\n", body.len());
    }
    answer += "\r\n";
    [answer.as_bytes(), body].concat()
}
