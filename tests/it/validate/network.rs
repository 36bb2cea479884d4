//! What only the network knows, and what Docker Desktop's own validator says. Docker Desktop cannot run on a machine
//! of the tests: a script plays it, with the words that issues of Docker's repositories quote.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::{findings, packaged};
use crate::support::daemon::{Daemon, free_port};
use crate::support::distribution::Registry;
use crate::support::files;
use crate::support::http::Server;
use crate::support::judges::{accept, judge, python};
use crate::support::prebuilt;
use crate::support::sandbox::Sandbox;

/// The header of a picture with this width and height.
fn png(width: u32, height: u32) -> Vec<u8> {
    let (width, height) = (width.to_be_bytes(), height.to_be_bytes());
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &width, &height, b"\x08\x06\0\0\0"].concat()
}

#[test]
fn pictures_answer() {
    let files = [
        ("/icon.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        ("/right.png", png(2400, 1600)),
        ("/small.png", png(240, 160)),
        ("/page.png", b"<!DOCTYPE html><p>No such picture".to_vec()),
    ];
    let files: BTreeMap<String, Vec<u8>> = files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect();
    let server = Server::start(files);
    let project = prebuilt::project();
    project.edit("Cargo.toml", "image = \"example/demo\"\n", "");
    let table = r#"
[package.metadata.extension.marketplace]
icon-url = "URL/icon.svg"
screenshots = [
    { alt = "1", url = "URL/right.png" }, { alt = "2", url = "URL/small.png" },
    { alt = "3", url = "URL/page.png" }, { alt = "4", url = "URL/gone.png" },
]
"#;
    project.append("Cargo.toml", &table.replace("URL", &server.url));
    assert_eq!(findings(&project, ["--allow", "E20,E25"]), [""; 0]);
    assert_eq!(server.requests(), [""; 0], "nobody asks without --online");
    let found = findings(&project, ["--online", "--profile", "marketplace", "--allow", "E20,E25"]);
    let expected = [
        format!("warning E24 the screenshot `{}/small.png` has 240x160 pixels", server.url),
        format!(
            "warning E24 the screenshot `{}/page.png` answers with `something unknown`, which is no picture",
            server.url
        ),
        format!("warning E24 the screenshot `{}/gone.png` answers with HTTP status 404", server.url),
    ];
    assert_eq!(found, expected);
    let told = project.dext(["validate", "--online", "--offline"]).run().failure(2).told();
    assert!(told.contains("cannot be used with"), "{told}");
}

#[test]
fn an_image_in_a_registry_is_not_asked_for_offline() {
    let sandbox = Sandbox::empty();
    for flag in ["--offline", "--frozen"] {
        let told = sandbox.dext(["validate", "127.0.0.1:1/example/tool:1.0.0", flag]).run().failure(2).told();
        let expected = format!("error: an image in a registry needs the network, which `{flag}` forbids");
        assert!(told.contains(&expected), "{told}");
    }
}

#[test]
fn an_icon_answers_or_does_not() {
    let html = b"<!DOCTYPE html><svg></svg>".to_vec();
    let files = [("/icon.svg", b"<svg/>".to_vec()), ("/icon.png", png(64, 64)), ("/page.svg", html)];
    let server = Server::start(files.map(|(path, bytes)| (path.to_owned(), bytes)).into());
    for (url, found) in [
        ("URL/icon.svg", ""),
        ("URL/icon.png", ""),
        ("URL/page.svg", "answers with `something unknown`, which is no picture"),
        ("URL/gone.svg", "answers with HTTP status 404"),
        ("http://127.0.0.1:1/icon.svg", "could not be looked at: "),
        ("http://pictures.example/icon.svg", "it is not `https`"),
    ] {
        let url = url.replace("URL", &server.url);
        let project = prebuilt::project();
        project.edit("Cargo.toml", "image = \"example/demo\"\n", "");
        project.append("Cargo.toml", &format!("\n[package.metadata.extension.marketplace]\nicon-url = \"{url}\"\n"));
        let told = findings(&project, ["--online", "--profile", "marketplace", "--allow", "E20,E25"]);
        assert_eq!(told.len(), usize::from(!found.is_empty()), "{url}: {told:?}");
        let about = format!("warning E26 the icon `{url}` ");
        assert!(told.iter().all(|line| line.starts_with(&about) && line.contains(found)), "{told:?}");
    }
}

/// A server of files over TLS, by Python's own modules, with the certificate of `tests/fixtures/registry`.
fn serve_with_tls(python: &Path, folder: &Path) -> (Daemon, String) {
    const SCRIPT: &str = "\
import http.server, ssl, sys
_, port, folder, certificate, key = sys.argv
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
handler = lambda *words: http.server.SimpleHTTPRequestHandler(*words, directory=folder)
server = http.server.ThreadingHTTPServer(('127.0.0.1', int(port)), handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()";
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new(python);
    command.args(["-c", SCRIPT, address.rsplit(':').next().expect("a port")]).arg(folder);
    command.args([files::fixture("registry/server.pem"), files::fixture("registry/server.key.pem")]);
    let mut daemon = Daemon::start(&mut command, folder.with_extension("log"));
    daemon.ready("the server", || std::net::TcpStream::connect(&address).ok());
    (daemon, format!("https://{address}"))
}

#[test]
fn pictures_answer_over_tls() {
    let Some(python) = python() else { return };
    let project = prebuilt::project();
    let pages = project.root().join("pages");
    files::write(&pages.join("icon.svg"), b"<svg xmlns='http://www.w3.org/2000/svg'/>");
    files::write(&pages.join("1.png"), &png(2400, 1600));
    files::write(&pages.join("2.png"), &png(1200, 800));
    files::write(&pages.join("page.png/index.html"), b"<!DOCTYPE html><p>Pictures");
    let (_server, url) = serve_with_tls(&python, &pages);
    project.edit("Cargo.toml", "image = \"example/demo\"\n", "");
    let table = r#"
[package.metadata.extension.marketplace]
icon-url = "URL/icon.svg"
screenshots = [
    { alt = "1", url = "URL/1.png" }, { alt = "2", url = "URL/2.png" }, { alt = "3", url = "URL/page.png" },
]
"#;
    project.append("Cargo.toml", &table.replace("URL", &url));
    let words = ["--online", "--profile", "marketplace", "--allow", "E20,E25"];
    let authority = files::fixture("registry/ca.pem").display().to_string();
    assert_eq!(
        findings(&project, words.into_iter().chain(["--cacert", &authority])),
        [
            format!("warning E24 the screenshot `{url}/2.png` has 1200x800 pixels"),
            format!("warning E24 the screenshot `{url}/page.png` answers with `text/html`, which is no picture"),
        ]
    );
    let strange = findings(&project, words);
    assert_eq!(strange.len(), 4, "{strange:?}");
    assert!(
        strange.iter().all(|line| line.contains("could not be looked at: ") && line.contains("not trusted")),
        "{strange:?}"
    );
}

#[test]
fn the_tag_is_the_greatest_version() {
    let project = packaged();
    let (Some(program), Some(skopeo)) = (judge("docker-registry"), judge("skopeo")) else { return };
    let registry = Registry::start(&program, project.root());
    let from = format!("oci:{}:1.2.3", project.layout("demo").display());
    for tag in ["1.2.3", "1.10.0", "latest"] {
        let to = format!("docker://{}/team/demo:{tag}", registry.address);
        accept(&skopeo, ["--insecure-policy", "copy", "--all", "--dest-tls-verify=false", &from, &to]);
    }
    let words = ["--online", "--profile", "marketplace", "--allow", "E20,E25,W38"];
    let found = |tag: &str| {
        let name = format!("{}/team/demo:{tag}", registry.address);
        findings(&project, words.into_iter().chain([name.as_str()]))
    };
    let below = "warning W36 the tag `1.2.3` is below `1.10.0`, the greatest version of the repository";
    assert_eq!(found("1.2.3"), [below]);
    assert_eq!(found("1.10.0"), [""; 0]);
    assert_eq!(found("latest"), ["error E35 the tag `latest` is no version"]);
    // Without a tag an engine takes `latest`, and so does Docker's validator.
    let untagged = format!("{}/team/demo", registry.address);
    let found = findings(&project, words.into_iter().chain([untagged.as_str()]));
    assert_eq!(found, ["error E35 the tag `latest` is no version"]);
    // What a project is about to become.
    project.edit("Cargo.toml", "example/demo", &untagged);
    assert_eq!(findings(&project, words), [below]);
    assert_eq!(findings(&project, words.into_iter().filter(|word| *word != "--online")), [""; 0], "nobody was asked");
    project.edit("Cargo.toml", "version = \"1.2.3\"", "version = \"1.10.1\"");
    assert_eq!(findings(&project, words), [""; 0]);
    // A repository that is not there has no version that is greater, and a registry that is gone says nothing.
    project.edit("Cargo.toml", "team/demo", "team/another");
    assert_eq!(findings(&project, words), [""; 0]);
    drop(registry);
    let outcome = project.dext(["validate"].into_iter().chain(words)).run().success();
    assert!(outcome.told().contains("are not known"), "{}", outcome.told());
}

#[test]
fn docker_desktop_is_asked_and_its_words_are_mapped() {
    let project = prebuilt::project();
    project.write("metadata.json", r#"{"icon":"a.svg","vm":{"image":"${DESKTOP_PLUGIN_IMAGE}"}}"#);
    let bin = project.stand_in(
        "docker",
        r#"
echo "$*" >> "$RECORD"
case "$2" in
    version) echo "Client Version: v0.2.31"; exit 0 ;;
    validate)
        echo "✓ Checked image labels"
        echo "metadata.json: (root): Additional property name is not allowed"
        echo "an ominous new message" >&2
        exit 1 ;;
esac
"#,
    );
    let record = project.root().join("record");
    let run = |words: &[&str]| {
        let words = ["validate", "--docker"].into_iter().chain(words.iter().copied());
        project.dext(words).first_on_path(&bin).env("RECORD", &record).run()
    };
    let told = run(&["metadata.json"]).failure(1).told();
    assert!(told.contains("Docker metadata.json: (root): Additional property name is not allowed [E02]"), "{told}");
    assert!(told.contains("Docker an ominous new message\n"), "{told}");
    assert!(told.contains("error: 1 error in `docker extension validate "), "{told}");
    let asked = std::fs::read_to_string(&record).expect("a record");
    assert!(asked.starts_with("extension version\nextension validate --sdk-compatibility "), "{asked}");
    assert!(run(&["--profile", "private"]).success().told().contains("takes no layouts, archives and projects"));
    let without = project.stand_in("docker", "exit 1\n");
    let told = project.dext(["validate", "--docker", "metadata.json"]).first_on_path(&without).run().success().told();
    assert!(told.contains("warning: `docker extension version` does not work here"), "{told}");
}
