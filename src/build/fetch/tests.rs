//! Against a server that says what the test tells it to, over real sockets. Plain HTTP except where the
//! certificate is the matter; `tests/fixtures/tls/README.md` says how that was made.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject;

use super::*;
use crate::report::{Event, Recorder};

/// What the server does with one connection.
enum Answer {
    /// Sends these bytes and hangs up.
    Bytes(Vec<u8>),
    /// Sends a body without an end, until nobody listens.
    Endless,
}

/// `200` with these headers, a line each, and this body.
fn ok(headers: &str, body: &[u8]) -> Answer {
    answer("200 OK", &format!("Content-Length: {}\r\n{headers}", body.len()), body)
}

fn status(status: &str) -> Answer {
    answer(status, "Content-Length: 0\r\n", b"")
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Answer {
    Answer::Bytes([format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n").as_bytes(), body].concat())
}

/// A server that gives each connection its answer, in order, and then stops.
struct Server {
    base: String,
    requests: Arc<Mutex<Vec<String>>>,
    thread: JoinHandle<()>,
}

impl Server {
    fn new(answers: Vec<Answer>) -> Self {
        Server::with(answers, "http", |stream| Box::new(stream))
    }

    fn with(answers: Vec<Answer>, scheme: &str, wrap: fn(TcpStream) -> Box<dyn Stream>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("{scheme}://{}", listener.local_addr().expect("bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let thread = std::thread::spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().expect("a client");
                let mut stream = wrap(stream);
                let Some(request) = read_head(&mut stream) else { continue };
                seen.lock().expect("not poisoned").push(request);
                match answer {
                    Answer::Bytes(bytes) => drop(stream.write_all(&bytes).and_then(|()| stream.flush())),
                    Answer::Endless => {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
                        while stream.write_all(&[0; 4096]).is_ok() {}
                    }
                }
            }
        });
        Server { base, requests, thread }
    }

    fn item(&self, content: &[u8]) -> Item {
        let url = format!("{}/tool", self.base).replace("://", "://user:secret@") + "?token=secret";
        Item { url, sha256: Digest::of(content), name: "tool".to_owned() }
    }

    /// What it was asked, once it has given all its answers.
    fn requests(self) -> Vec<String> {
        self.thread.join().expect("the server ends");
        std::mem::take(&mut self.requests.lock().expect("not poisoned"))
    }
}

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// Reads a request up to its body, which it has none of. `None` if the client hangs up before.
fn read_head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).to_ascii_lowercase())
}

/// A cache, and what is said while it is filled.
struct Run {
    dir: tempfile::TempDir,
    options: FetchOptions,
    report: Recorder,
}

impl Run {
    fn new() -> Self {
        let options = FetchOptions { pause: Duration::from_millis(1), ..FetchOptions::from_env(&Env::of(&[]), false) };
        Run { dir: tempfile::tempdir().expect("temp"), options, report: Recorder::default() }
    }

    fn fetch(&self, item: &Item) -> Result<Vec<u8>, Error> {
        let paths = fetch(std::slice::from_ref(item), self.dir.path(), &self.options, &self.report)?;
        Ok(fs::read(&paths[0], 1 << 20).expect("it is there"))
    }

    /// The error of a fetch that must fail, with its place, and never with what is secret.
    fn refused(&self, item: &Item) -> String {
        let error = self.fetch(item).expect_err("it is refused");
        let events = self.report.events();
        assert!(!format!("{error}{error:?}{:?}{events:?}", error.place()).contains("secret"), "{error:?}");
        assert!(error.help().is_some());
        error.to_string()
    }

    /// The names in the cache, without locks.
    fn files(&self) -> Vec<String> {
        let found = fs::walk(self.dir.path()).expect("walked");
        let files = found.into_iter().filter(|found| matches!(found.kind, fs::Kind::File(_)));
        files.map(|file| file.relative.display().to_string()).filter(|name| !name.ends_with(".lock")).collect()
    }

    fn warnings(&self) -> Vec<String> {
        let events = self.report.events().into_iter();
        events.filter_map(|event| if let Event::Warning { text, .. } = event { Some(text) } else { None }).collect()
    }

    /// Leaves a beginning as a broken run does.
    fn begin(&self, item: &Item, content: &[u8], tag: Option<&str>) {
        let hex = item.sha256.hex();
        fs::write_atomic(&self.dir.path().join(format!("{hex}.part")), content).expect("written");
        if let Some(tag) = tag {
            fs::write_atomic(&self.dir.path().join(format!("{hex}.etag")), tag.as_bytes()).expect("written");
        }
    }
}

#[test]
fn a_file_comes_once_and_then_from_the_cache() {
    let (server, run) = (Server::new(vec![ok("", b"content")]), Run::new());
    let item = server.item(b"content");
    assert_eq!(run.fetch(&item).expect("fetched"), b"content");
    assert_eq!(run.fetch(&item).expect("cached"), b"content");
    let [request] = server.requests().try_into().expect("one request");
    assert!(request.starts_with("get /tool?token=secret http/1.1\r\n"), "{request}");
    // What the address says of the user is sent: `user:secret` in base 64, in lower case like all of it.
    assert!(request.contains("authorization: basic dxnlcjpzzwnyzxq="), "{request}");
    assert!(!request.contains("\r\nrange:"), "{request}");
    assert_eq!(run.files(), [format!("sha256/{}", item.sha256.hex())]);
    let events = run.report.events();
    assert!(matches!(&events[0], Event::Status { verb: "Downloading", text } if text.starts_with("tool (http://127")));
    assert_eq!(events[1..], [Event::Progress { verb: "Downloading", done: 7, total: 7 }]);
    let offline = FetchOptions { offline: true, ..run.options.clone() };
    assert!(fetch(&[item], run.dir.path(), &offline, &run.report).is_ok());
}

#[test]
fn a_damaged_cache_is_fetched_again() {
    let (server, run) = (Server::new(vec![ok("", b"content")]), Run::new());
    let item = server.item(b"content");
    fs::write_atomic(&run.dir.path().join("sha256").join(item.sha256.hex()), b"c0ntent").expect("written");
    assert_eq!(run.fetch(&item).expect("fetched"), b"content");
    assert_eq!(run.warnings(), ["the cached file of tool was damaged; it is fetched again"]);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn another_content_is_refused_and_removed() {
    let (server, run) = (Server::new(vec![ok("ETag: \"1\"\r\n", b"evil")]), Run::new());
    let item = server.item(b"content");
    let (expected, actual) = (item.sha256, Digest::of(b"evil"));
    assert_eq!(run.refused(&item), format!("the file has the hash {actual}, the manifest says {expected}"));
    assert_eq!(run.files(), [""; 0]);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_broken_download_is_resumed_in_the_same_run() {
    let rest = answer("206 Partial Content", "Content-Length: 3\r\nContent-Range: bytes 4-6/7\r\n", b"ent");
    let broken = answer("200 OK", "Content-Length: 7\r\nETag: \"v1\"\r\n", b"cont");
    let (server, run) = (Server::new(vec![broken, rest]), Run::new());
    assert_eq!(run.fetch(&server.item(b"content")).expect("fetched"), b"content");
    let [first, second] = server.requests().try_into().expect("two requests");
    assert!(!first.contains("\r\nrange:"), "{first}");
    assert!(second.contains("\r\nrange: bytes=4-\r\n") && second.contains("\r\nif-range: \"v1\"\r\n"), "{second}");
    let [warning] = run.warnings().try_into().expect("one warning");
    assert!(warning.starts_with("the download of tool broke off (5 tries left): "), "{warning}");
    assert_eq!(run.files().len(), 1);
}

#[test]
fn a_broken_download_is_resumed_by_the_next_run() {
    let rest = answer("206 Partial Content", "Content-Length: 3\r\nContent-Range: bytes 4-6/7\r\n", b"ent");
    let (server, run) = (Server::new(vec![rest]), Run::new());
    let item = server.item(b"content");
    run.begin(&item, b"cont", None);
    assert_eq!(run.fetch(&item).expect("fetched"), b"content");
    let [request] = server.requests().try_into().expect("one request");
    assert!(request.contains("\r\nrange: bytes=4-\r\n") && !request.contains("if-range"), "{request}");
    assert_eq!(run.report.events().last(), Some(&Event::Progress { verb: "Downloading", done: 7, total: 7 }));
}

#[test]
fn a_finished_part_needs_no_request() {
    let (server, run) = (Server::new(Vec::new()), Run::new());
    let item = server.item(b"content");
    run.begin(&item, b"content", Some("\"v1\""));
    assert_eq!(run.fetch(&item).expect("there"), b"content");
    assert_eq!((server.requests(), run.files().len()), (Vec::new(), 1));
}

#[test]
fn a_server_may_start_over() {
    // It answers 200 where it knows no ranges, or where the file has changed since.
    let (server, run) = (Server::new(vec![ok("", b"content")]), Run::new());
    let item = server.item(b"content");
    run.begin(&item, b"xxxx", Some("\"v1\""));
    assert_eq!(run.fetch(&item).expect("fetched"), b"content");
    let [request] = server.requests().try_into().expect("one request");
    assert!(request.contains("\r\nif-range: \"v1\"\r\n"), "{request}");
}

#[test]
fn pieces_of_two_versions_are_dropped() {
    let rest = || answer("206 Partial Content", "Content-Length: 3\r\nContent-Range: bytes 4-6/7\r\n", b"ent");
    let (server, run) = (Server::new(vec![rest(), ok("", b"content")]), Run::new());
    let item = server.item(b"content");
    run.begin(&item, b"KONT", None);
    assert_eq!(run.fetch(&item).expect("fetched"), b"content");
    assert!(!server.requests()[1].contains("\r\nrange:"));
    // And only once: what comes whole and is wrong is wrong.
    let (server, run) = (Server::new(vec![rest(), ok("", b"evil")]), Run::new());
    let item = server.item(b"content");
    run.begin(&item, b"KONT", None);
    assert!(run.refused(&item).starts_with("the file has the hash"));
    assert_eq!((server.requests().len(), run.files().len()), (2, 0));
}

#[test]
fn a_part_longer_than_the_file_is_dropped() {
    for answer in [
        status("416 Range Not Satisfiable"),
        answer("206 Partial Content", "Content-Length: 7\r\nContent-Range: bytes 0-6/7\r\n", b"content"),
    ] {
        let (server, run) = (Server::new(vec![answer, ok("", b"content")]), Run::new());
        let item = server.item(b"content");
        run.begin(&item, b"content and more", None);
        assert_eq!(run.fetch(&item).expect("fetched"), b"content");
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn a_busy_server_is_asked_again() {
    let busy = ["500 Oops", "503 Busy", "408 Slow", "425 Early"].map(status);
    let later = answer("429 Too Many", "Retry-After: 0\r\nContent-Length: 0\r\n", b"");
    let answers = busy.into_iter().chain([later, ok("", b"content")]).collect();
    let (server, run) = (Server::new(answers), Run::new());
    assert_eq!(run.fetch(&server.item(b"content")).expect("fetched"), b"content");
    assert_eq!((server.requests().len(), run.warnings().len()), (6, 5));
}

#[test]
fn a_server_that_stays_busy_is_given_up() {
    let (server, run) = (Server::new((0..6).map(|_| status("500 Oops")).collect()), Run::new());
    let text = run.refused(&server.item(b"content"));
    assert!(text.starts_with("the download failed 6 times, at last because the server answered 500"), "{text}");
    assert_eq!((server.requests().len(), run.files().len()), (6, 0));
}

#[test]
fn a_server_that_asks_for_more_time_than_anybody_waits_is_not_asked_again() {
    let later = |asked| answer("503 Busy", &format!("Retry-After: {asked}\r\nContent-Length: 0\r\n"), b"");
    let (server, run) = (Server::new(vec![later(3601)]), Run::new());
    let item = server.item(b"content");
    run.begin(&item, b"cont", None);
    let text = run.refused(&item);
    assert_eq!(text, "the server answered 503 Service Unavailable, and wants to be asked again in 61 min");
    assert_eq!((server.requests().len(), run.warnings().len()), (1, 0));
    assert_eq!(run.files(), [format!("{}.part", item.sha256.hex())]);
}

#[test]
fn a_host_that_nobody_knows_is_asked_for_once() {
    let run = Run::new();
    // A label of 64 letters, which the resolver refuses without asking anybody.
    let host = format!("{}.example", "a".repeat(64));
    let item = Item { url: format!("https://{host}/tool"), sha256: Digest::of(b"content"), name: "tool".to_owned() };
    assert_eq!(run.refused(&item), format!("no host has the name `{host}`"));
    assert_eq!(run.warnings(), [""; 0]);
}

#[test]
fn what_came_before_giving_up_stays() {
    let broken = answer("200 OK", "Content-Length: 7\r\nETag: W/\"weak\"\r\n", b"cont");
    let (server, run) = (Server::new(vec![broken]), Run::new());
    let item = server.item(b"content");
    let once = FetchOptions { retries: 0, ..run.options.clone() };
    assert!(fetch(std::slice::from_ref(&item), run.dir.path(), &once, &run.report).expect_err("broken").is_network());
    // A weak tag is not kept.
    assert_eq!(run.files(), [format!("{}.part", item.sha256.hex())]);
    drop(server.requests());
}

#[test]
fn a_refusal_is_final() {
    for (status_line, text) in [
        ("404 Not Found", "the server answered 404 Not Found"),
        ("403 Forbidden", "the server answered 403 Forbidden"),
        ("304 Not Modified", "the server answered 304 Not Modified"),
        ("204 No Content", "the server answered 204 No Content"),
    ] {
        let (server, run) = (Server::new(vec![status(status_line)]), Run::new());
        assert_eq!(run.refused(&server.item(b"content")), text);
        assert_eq!((server.requests().len(), run.warnings().len(), run.files().len()), (1, 0, 0));
    }
}

#[test]
fn redirects_are_followed_where_they_stay_safe() {
    let to = |place: &str| answer("302 Found", &format!("Location: {place}\r\nContent-Length: 0\r\n"), b"");
    let (server, run) = (Server::new(vec![to("/other?x=1#y"), ok("", b"content")]), Run::new());
    assert_eq!(run.fetch(&server.item(b"content")).expect("fetched"), b"content");
    let requests = server.requests();
    assert!(requests[1].starts_with("get /other?x=1 http/1.1"), "{}", requests[1]);

    let (server, run) = (Server::new(vec![to("http://user:secret@example.com/tool?token=secret")]), Run::new());
    let text = run.refused(&server.item(b"content"));
    assert_eq!(text, "the server redirects to `http://example.com/tool`: that is not `https`");
    assert_eq!(server.requests().len(), 1);

    let (server, run) = (Server::new((0..11).map(|_| to("/tool")).collect()), Run::new());
    let text = run.refused(&server.item(b"content"));
    assert!(text.ends_with("it was sent around ten times"), "{text}");
    assert_eq!(server.requests().len(), 11);
}

#[test]
fn a_file_over_the_limit_is_cut() {
    for answer in [Answer::Endless, ok("", &[0; 2000])] {
        let (server, mut run) = (Server::new(vec![answer]), Run::new());
        run.options.max_bytes = 1000;
        assert_eq!(run.refused(&server.item(b"content")), "the file is larger than 1000 bytes");
        assert_eq!(run.files(), [""; 0]);
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn offline_means_no_request() {
    let (server, mut run) = (Server::new(Vec::new()), Run::new());
    run.options.offline = true;
    let text = run.refused(&server.item(b"content"));
    assert_eq!(text, "tool is not in the cache, and the network is off limits (`--offline`)");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn other_addresses_are_refused_before_any_request() {
    for url in [
        "http://example.com/secret",
        "http://127.0.0.1.example.com/",
        "ftp://127.0.0.1/secret",
        "file:///etc/passwd",
        "user:secret@example.com/x",
        "secret",
        "",
    ] {
        let item = Item { url: url.to_owned(), sha256: Digest::of(b""), name: "tool".to_owned() };
        let text = Run::new().refused(&item);
        assert!(text.starts_with("the address of tool cannot be used: "), "{url}: {text}");
    }
}

#[test]
fn two_runs_share_one_download() {
    let (server, run) = (Server::new(vec![ok("", b"content")]), Run::new());
    let item = server.item(b"content");
    std::thread::scope(|scope| {
        let threads = [0, 1, 2].map(|_| scope.spawn(|| run.fetch(&item)));
        for thread in threads {
            assert_eq!(thread.join().expect("no panic").expect("fetched"), b"content");
        }
    });
    assert_eq!(server.requests().len(), 1);
}

/// TLS around a connection, with the certificate that only `ca.pem` makes trusted.
fn tls(stream: TcpStream) -> Box<dyn Stream> {
    let certificate =
        rustls::pki_types::CertificateDer::from_pem_slice(include_bytes!("../../../tests/fixtures/tls/server.pem"));
    let key =
        rustls::pki_types::PrivateKeyDer::from_pem_slice(include_bytes!("../../../tests/fixtures/tls/server.key.pem"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.expect("a certificate")], key.expect("a key"))
        .expect("they belong together");
    let connection = rustls::ServerConnection::new(Arc::new(config)).expect("a connection");
    Box::new(rustls::StreamOwned::new(connection, stream))
}

#[test]
fn certificates_are_checked() {
    let mut run = Run::new();
    let server = Server::with(vec![Answer::Bytes(Vec::new())], "https", tls);
    let text = run.refused(&server.item(b"content"));
    assert!(text.starts_with("the server's certificate is not trusted: "), "{text}");
    assert_eq!(server.requests().len(), 0);

    run.options.http.ca_files = vec![run.dir.path().join("ca.pem")];
    let ca = include_bytes!("../../../tests/fixtures/tls/ca.pem");
    fs::write_atomic(&run.dir.path().join("ca.pem"), ca).expect("written");
    let server = Server::with(vec![ok("", b"content")], "https", tls);
    assert_eq!(run.fetch(&server.item(b"content")).expect("fetched"), b"content");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_safe_address_is_not_left_for_a_plain_one() {
    let mut run = Run::new();
    run.options.http.ca_files = vec![run.dir.path().join("ca.pem")];
    let ca = include_bytes!("../../../tests/fixtures/tls/ca.pem");
    fs::write_atomic(&run.dir.path().join("ca.pem"), ca).expect("written");
    let to_plain = answer("302 Found", "Location: http://127.0.0.1:1/\r\nContent-Length: 0\r\n", b"");
    let server = Server::with(vec![to_plain], "https", tls);
    assert_eq!(
        run.refused(&server.item(b"content")),
        "the server redirects to `http://127.0.0.1:1/`: that is not `https`"
    );
}

#[test]
fn the_environment_sets_proxy_and_certificates() {
    let env = Env::of(&[("https_proxy", "http://p:1"), ("NO_PROXY", "a,b"), ("SSL_CERT_FILE", "ca.pem")]);
    let options = FetchOptions::from_env(&env, false);
    assert_eq!(options.http.https_proxy.as_ref().map(|proxy| proxy.address.as_str()), Some("http://p:1"));
    assert_eq!(options.http.no_proxy.as_deref(), Some("a,b"));
    assert_eq!(options.http.ca_files, [PathBuf::from("ca.pem")]);
}

#[test]
fn https_goes_through_the_proxy() {
    // The proxy is asked for the way to the host, and refuses.
    let (proxy, mut run) = (Server::new(vec![status("403 Forbidden")]), Run::new());
    run.options.http.https_proxy =
        Some(crate::sys::http::ProxyAddress { variable: "HTTPS_PROXY", address: proxy.base.clone() });
    run.options.retries = 0;
    let item = Item { url: "https://example.com/tool".to_owned(), ..proxy.item(b"content") };
    assert!(run.refused(&item).starts_with("the download failed 1 times"));
    assert!(proxy.requests()[0].starts_with("connect example.com:443 http/1.1"));
}

#[test]
fn a_proxy_whose_name_nobody_has_is_named() {
    let mut run = Run::new();
    // A label of 64 letters: the resolver refuses it without asking anybody.
    let address = format!("http://ann:hunter2@{}.example:1", "p".repeat(64));
    run.options.http.https_proxy = Some(crate::sys::http::ProxyAddress { variable: "HTTPS_PROXY", address });
    let item =
        Item { url: "https://example.com/tool".to_owned(), sha256: Digest::of(b"content"), name: "tool".to_owned() };
    let told = format!("no host has the name of the proxy, `HTTPS_PROXY=http://{}.example:1`", "p".repeat(64));
    assert_eq!(run.refused(&item), told);
}
