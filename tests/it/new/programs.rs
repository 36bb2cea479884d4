//! The programs of a new extension as its users run them.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::projects;
use crate::support::daemon::{Daemon, free_port, wait_for};
use crate::support::judges::{self, judge};
use crate::support::{files, wine};

/// What the backend answers to a request.
fn ask(mut stream: impl Read + Write, path: &str) -> Option<(u16, Value)> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: backend\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))))
}

fn start(program: &Path, socket: &Path) -> Child {
    let mut command = Command::new(program);
    command.arg("--socket").arg(socket).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the backend can be started")
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "the signal is sent");
}

#[test]
fn the_backend_serves_its_socket_and_stops_when_asked() {
    let Some(projects) = projects() else { return };
    let program = projects.program("made-backend", "linux-amd64");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    // Its folder is made, and what a killed backend left behind is replaced.
    let socket = folder.path().join("guest-services/backend.sock");
    for (name, stale) in [("TERM", false), ("INT", true)] {
        if stale {
            drop(UnixListener::bind(&socket).expect("a stale socket"));
        }
        let child = start(&program, &socket);
        let connect = || UnixStream::connect(&socket).ok();
        let health = wait_for("the backend", || ask(connect()?, "/health"));
        assert_eq!(health, (200, json!({ "status": "ok", "version": "0.1.0" })));
        let mode = std::fs::metadata(&socket).expect("the socket").permissions().mode();
        assert_eq!(mode & 0o777, 0o666, "everybody may connect");
        let (status, vm) = ask(connect().expect("it listens"), "/vm").expect("an answer");
        assert!(status == 200 && vm["memory"]["total"].as_u64() > Some(0) && vm["load"].is_array(), "{vm}");
        let (status, wrong) = ask(connect().expect("it listens"), "/nothing").expect("an answer");
        assert_eq!((status, wrong), (404, json!({ "message": "there is no GET /nothing" })));

        signal(&child, name);
        let output = child.wait_with_output().expect("it ends");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "SIG{name}: {} {log}", output.status);
        assert!(!socket.exists(), "the socket goes with it");
        for words in ["listening socket=", "request method=GET path=\"/health\" status=200", "stopped"] {
            assert!(log.contains(words), "no `{words}` in {log}");
        }
    }
}

#[test]
fn the_backend_needs_nothing_but_itself() {
    let Some(projects) = projects() else { return };
    let (Some(qemu), true) = (judge("qemu-aarch64-static"), judges::is_root()) else {
        judges::absent("only root can change the root folder");
        return;
    };
    for platform in ["linux-amd64", "linux-arm64"] {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        for (source, name) in [(projects.program("made-backend", platform), "backend"), (qemu.clone(), "qemu")] {
            files::write(&root.path().join(name), &files::read(&source));
            files::set_mode(&root.path().join(name), 0o755);
        }
        let emulated = (platform == "linux-arm64").then_some("/qemu");
        let mut command = Command::new("chroot");
        command.arg(root.path()).args(emulated).arg("/backend");
        command.args(["--socket", "/run/guest-services/backend.sock"]);
        let socket = root.path().join("run/guest-services/backend.sock");
        let mut backend = Daemon::start(&mut command, root.path().join("log"));
        let health = backend.ready("the backend", || ask(UnixStream::connect(&socket).ok()?, "/health"));
        assert_eq!(health.0, 200, "{platform}");
        // Where there is no `/proc`, it says so.
        let (status, answer) = ask(UnixStream::connect(&socket).expect("it listens"), "/vm").expect("an answer");
        let told = answer["message"].as_str().unwrap_or_default();
        assert!(status == 500 && told.contains("/proc/"), "{platform}: {answer}");
    }
}

#[test]
fn the_backend_listens_for_development() {
    let Some(projects) = projects() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new(projects.program("made-backend", "linux-amd64"));
    let mut backend = Daemon::start(command.args(["--listen", &address]), folder.path().join("log"));
    let (status, _) = backend.ready("the backend", || ask(TcpStream::connect(&address).ok()?, "/health"));
    assert_eq!(status, 200);
}

/// What the host tool must print for the folder that [`folder`] makes.
fn expect(lines: &str, system: &str) {
    let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    let lines: Vec<Value> = lines.collect();
    let told: BTreeSet<(Option<&str>, Option<u64>)> =
        lines.iter().map(|line| (line["name"].as_str(), line["bytes"].as_u64())).collect();
    let wanted = [(Some("größe"), Some(300)), (Some("x y"), Some(7)), (None, Some(307))];
    assert_eq!(told, wanted.into(), "{system}");
    assert_eq!(lines.last().expect("a line")["type"], "total", "{system}");
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    files::write(&folder.path().join("größe/deep/file"), &[0; 300]);
    files::write(&folder.path().join("x y"), &[0; 7]);
    folder
}

#[test]
fn the_host_tool_works_on_linux() {
    let Some(projects) = projects() else { return };
    let Some(qemu) = judge("qemu-aarch64-static") else { return };
    let (folder, there) = (folder(), projects.program("made-host", "linux-amd64"));
    expect(&judges::accept(&there, [folder.path()]), "linux/amd64");
    let there = projects.program("made-host", "linux-arm64");
    expect(&judges::accept(&qemu, [there.as_path(), folder.path()]), "linux/arm64");
    let missing = folder.path().join("missing");
    let said = judges::refuse(&projects.program("made-host", "linux-amd64"), [&missing]);
    assert_eq!(said.lines().count(), 1, "one line, which the page shows: {said}");
    assert!(said.contains("missing"), "{said}");
}

#[test]
fn the_host_tool_works_on_windows() {
    let Some(projects) = projects() else { return };
    let Some(wine) = wine::Wine::find() else { return };
    let folder = folder();
    let there = tempfile::tempdir().expect("a temporary folder can be made");
    let tool = there.path().join("made-host.exe");
    files::write(&tool, &files::read(&projects.program("made-host", "windows-amd64")));
    // wine shows the root folder as drive Z.
    let path = format!("Z:{}", folder.path().display()).replace('/', "\\");
    expect(&wine.run(&tool, &[&path]), "windows/amd64");
}
