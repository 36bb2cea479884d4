//! Servers that a test starts on this machine alone, and that end with it.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::files;

/// How long anything may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again until there is an answer.
#[track_caller]
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port of the loopback address that nobody listens at. It is none of those from 32768 on, of which Linux takes one
/// for every connection and for every server that asks for any: one of the other tests would have it sooner or later,
/// before its server has started.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let own = std::process::id().wrapping_mul(101);
    let mut ports = std::iter::repeat_with(|| own.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % 20_000);
    let free = ports.find_map(|offset| {
        let port = u16::try_from(10_000 + offset).expect("it is small");
        TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port)
    });
    free.expect("there is no end of them")
}

/// A running server; dropped, it is asked to end and then made to.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts it with its output in a file.
    pub fn start(command: &mut Command, log: PathBuf) -> Self {
        let file = std::fs::File::create(&log).expect("the log can be made");
        let other = file.try_clone().expect("the log can be shared");
        let child = command.stdin(Stdio::null()).stdout(file).stderr(other).spawn();
        Daemon { child: child.expect("the server can be started"), log }
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        let mut text = String::new();
        let file = std::fs::File::open(&self.log);
        file.and_then(|mut file| file.read_to_string(&mut text)).map_or_else(|error| error.to_string(), |_| text)
    }

    /// Waits until `ask` has an answer; the log is the message if the server ends first.
    #[track_caller]
    pub fn ready<T>(&mut self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        wait_for(what, || {
            let ended = self.child.try_wait().expect("the server can be asked");
            assert!(ended.is_none(), "{what} ended: {}", self.log());
            ask()
        })
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let started = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && started.elapsed() < Duration::from_secs(15) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A container engine of its own, without a network.
#[derive(Debug)]
pub struct Engine {
    docker: PathBuf,
    host: String,
    _daemon: Daemon,
    folder: tempfile::TempDir,
}

impl Engine {
    /// Starts one.
    pub fn start(dockerd: &Path, docker: &Path) -> Self {
        // The path of a Unix socket has at most 107 bytes, so the folder's name is short.
        let folder = tempfile::Builder::new().prefix("dext-").tempdir().expect("a temporary folder can be made");
        let path = |name: &str| folder.path().join(name);
        let host = format!("unix://{}", path("docker.sock").display());
        let mut command = Command::new(dockerd);
        command.args([
            "--iptables=false",
            "--ip6tables=false",
            "--bridge=none",
            "--storage-driver=vfs",
            "--host",
            &host,
        ]);
        command.arg("--data-root").arg(path("data")).arg("--exec-root").arg(path("exec"));
        command.arg("--pidfile").arg(path("pid")).arg("--config-file").arg(path("daemon.json"));
        files::write(&path("daemon.json"), b"{}");
        let daemon = Daemon::start(&mut command, path("log"));
        let mut engine = Engine { docker: docker.to_owned(), host, _daemon: daemon, folder };
        let probe = engine.docker(["info"]);
        engine._daemon.ready("the engine", || {
            let mut probe = Command::new(probe.get_program());
            let answers = probe.args(["--host", &engine.host, "info"]).output();
            answers.is_ok_and(|output| output.status.success()).then_some(())
        });
        engine
    }

    /// The folder it lives in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The address, as `DOCKER_HOST` takes it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// A call of the `docker` program.
    pub fn docker<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.docker);
        command.env("DOCKER_CONFIG", self.folder.path()).args(["--host", &self.host]).args(args);
        command
    }

    /// A call of the `docker` program that must succeed.
    #[track_caller]
    pub fn say<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> String {
        let output = self.docker(args).output().expect("docker can be started");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}
