//! The recording registry itself: a foreign client gets along with it, and it catches who breaks a rule.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::files::sha256;
use crate::support::goods::Recipe;
use crate::support::judges;
use crate::support::registry::Registry;
use crate::support::registry::auth::{Auth, TokenServer, base64};
use crate::support::registry::fault::{Fault, What};
use crate::support::registry::quirks::Quirks;
use crate::support::registry::step::Step;

/// Sends a request with a body and returns the head of the answer.
fn ask(registry: &Registry, line: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(registry.host()).expect("it listens");
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: {}\r\nuser-agent: test\r\ncontent-length: {length}\r\n{headers}\r\n{body}",
        registry.host()
    );
    stream.write_all(request.as_bytes()).expect("it takes the request");
    // A reset may be here before this; the reading tells of it then.
    stream.shutdown(std::net::Shutdown::Write).ok();
    let mut answer = String::new();
    match stream.read_to_string(&mut answer) {
        Ok(_) => answer,
        Err(error) => error.kind().to_string(),
    }
}

#[test]
fn skopeo_gets_along_with_it() {
    let Some(skopeo) = judges::judge("skopeo") else { return };
    let goods = Recipe::large().make();
    let tokens = TokenServer { user: Some(("ann", "secret")), ..TokenServer::default() };
    for auth in [Auth::Open, Auth::Basic("ann", "secret"), Auth::Tokens(tokens)] {
        let known = !matches!(auth, Auth::Open);
        let registry = Registry::with(auth, Quirks::default());
        let source = format!("oci:{}:1.0.0", goods.image.layout.display());
        let dest = format!("docker://{}/x/goods:1.0.0", registry.host());
        let copy = ["--insecure-policy", "copy", "--all", "--preserve-digests"];
        let login = |words: [&'static str; 2]| words.into_iter().filter(move |_| known);
        let to = ["--dest-tls-verify=false", &source, &dest];
        judges::accept(&skopeo, copy.into_iter().chain(login(["--dest-creds", "ann:secret"])).chain(to));
        let there = registry.repository("x/goods");
        assert_eq!(there.tags["1.0.0"], goods.digest());
        assert_eq!(there.content("1.0.0"), goods.content());
        assert_eq!(there.broken("1.0.0"), Vec::<String>::new());
        // Habits of an old client that ours must not have.
        let habits = ["Content-Range", "Transfer-Encoding", "by digest", "accepts", "Content-Type None"];
        for offence in registry.offences() {
            assert!(habits.iter().any(|habit| offence.contains(habit)), "{offence}");
        }
        let back = tempfile::tempdir().expect("a temporary folder can be made");
        let back = format!("oci:{}:1.0.0", back.path().display());
        let from = ["--src-tls-verify=false", &dest, &back];
        judges::accept(&skopeo, copy.into_iter().chain(login(["--src-creds", "ann:secret"])).chain(from));
    }
}

#[test]
fn it_says_what_is_against_the_rules() {
    let manifest =
        r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[{"digest":"sha256:1","size":2}]}"#;
    let put = format!("PUT /v2/x/manifests/{}", sha256(manifest.as_bytes()));
    let cases = [
        ("HEAD /v2/x/manifests/1", "", "", "HEAD of a manifest accepts None"),
        ("GET /v2/x/blobs/uploads/", "authorization: Basic eDp5\r\n", "", "credentials were sent"),
        (&put, "content-type: text/plain\r\n", manifest, "has the Content-Type `text/plain`"),
        (&put, "content-type: application/vnd.oci.image.manifest.v1+json\r\n", manifest, "was PUT before sha256:1"),
        ("POST /v2/", "transfer-encoding: chunked\r\n", "", "has a Transfer-Encoding"),
        ("GET /v1/", "", "", "is nothing that a registry knows"),
    ];
    for (line, headers, body, offence) in cases {
        let registry = Registry::start();
        ask(&registry, line, headers, body);
        let offences = registry.offences();
        assert!(offences.iter().any(|told| told.contains(offence)), "{line}: {offence}: {offences:?}");
    }
}

#[test]
fn it_sees_a_tag_whose_image_is_not_whole() {
    let (registry, goods) = (Registry::start(), Recipe::default().make());
    registry.quirks(|quirks| quirks.trusting = true);
    let index = goods.image.blob_path(&goods.image.index.digest);
    let index = String::from_utf8(crate::support::files::read(&index)).expect("JSON");
    let kind = "accept: x\r\ncontent-type: application/vnd.oci.image.index.v1+json\r\n";
    let answer = ask(&registry, "PUT /v2/x/manifests/1.0.0", kind, &index);
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let offences = registry.offences().join("\n");
    assert!(offences.contains("x: 1.0.0: sha256:"), "{offences}");
    assert!(offences.contains("before its index was there by digest"), "{offences}");
}

#[test]
fn a_reset_is_a_reset() {
    let registry = Registry::start();
    for (step, line) in [(Step::Ping, "GET /v2/"), (Step::StartUpload, "POST /v2/x/blobs/uploads/")] {
        for what in [What::Reset, What::Lost] {
            registry.fail(Fault { step, from: 0, times: 1, what });
            assert_eq!(ask(&registry, line, "", "some bytes"), "connection reset");
            registry.heal();
        }
        assert!(ask(&registry, line, "", "some bytes").starts_with("HTTP/1.1 20"));
    }
}

#[test]
fn base64_is_that_of_the_rfc() {
    // RFC 4648, section 10.
    let texts = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
    for (text, code) in texts {
        assert_eq!(base64(text.as_bytes()), code);
    }
}
