//! The pages that `cargo dext new` writes, and the real programs behind them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::chromium::Page;
use super::desktop::{Client, Desktop, Installed};
use super::sandbox::Sandbox;
use super::{files, judges};

/// A page of the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ui {
    Html,
    React,
}

impl Ui {
    pub const ALL: [Ui; 2] = [Ui::Html, Ui::React];

    /// As `--ui` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Ui::Html => "html",
            Ui::React => "react",
        }
    }
}

/// An extension with either page, built.
#[derive(Debug)]
pub struct Built {
    html: PathBuf,
    react: PathBuf,
    /// The folder with the host tool.
    host: PathBuf,
    backend: PathBuf,
}

/// Builds the extension once for all tests; none where something is missing to build it.
#[track_caller]
pub fn built() -> Option<&'static Built> {
    static BUILT: OnceLock<Option<Built>> = OnceLock::new();
    let npm = judges::judge("npm")?;
    BUILT.get_or_init(|| Some(build(&npm))).as_ref()
}

fn build(npm: &Path) -> Built {
    // It stays where it is between runs: npm's packages take a minute to come.
    let folder = files::shared_temp("pages");
    let sandbox = Sandbox::empty();
    for ui in Ui::ALL {
        // No title is harder to write into a page than this one.
        let texts = ["--title", TITLE, "--vendor", "Example Ltd", "--vcs", "none"];
        sandbox.run(["new", ui.name(), "--name", "page", "--ui", ui.name()].into_iter().chain(texts));
        for part in ["backend", "host", "ui/src", "ui/dist"] {
            let _ = std::fs::remove_dir_all(folder.join(ui.name()).join(part));
        }
        std::fs::create_dir_all(folder.join(ui.name())).expect("a folder");
        files::copy_tree(&sandbox.path(ui.name()), &folder.join(ui.name()));
    }
    let (html, react) = (folder.join("html"), folder.join("react/ui"));
    build_page(npm, &react);
    let programs = build_programs(&html);
    // The way Docker Desktop has them: only the tools.
    let host = folder.join("installed");
    let _ = std::fs::remove_dir_all(&host);
    files::write(&host.join("page-host"), &files::read(&programs.join("page-host")));
    files::set_mode(&host.join("page-host"), 0o755);
    Built { html: html.join("ui"), react: react.join("dist"), host, backend: programs.join("page-backend") }
}

/// The title of the extension.
pub const TITLE: &str = "Größe \"x\" & 'y' <b> {{name}} `${1}` 容量";

/// Runs what the table in Cargo.toml tells to run, and the linter. The packages that npm brought last time are good
/// for the same lock file.
fn build_page(npm: &Path, ui: &Path) {
    let (lock, brought) = (files::read(&ui.join("package-lock.json")), ui.join("node_modules/.brought"));
    if std::fs::read(&brought).ok().as_ref() != Some(&lock) {
        run(Command::new(npm).args(["ci", "--no-audit", "--no-fund"]).current_dir(ui));
        files::write(&brought, &lock);
    }
    for script in ["lint", "build"] {
        run(Command::new(npm).args(["run", script]).current_dir(ui));
    }
}

/// Compiles the programs and tells where they are. Their dependencies are those of `new`'s own tests.
fn build_programs(project: &Path) -> PathBuf {
    let target = files::shared_temp("new").join("project/made/target");
    // As Cargo compiles for tests, so that each dependency is compiled once for both.
    let cargo = &mut Command::new("cargo");
    run(cargo
        .args(["build", "--quiet", "--workspace", "--all-targets"])
        .current_dir(project)
        .env("CARGO_TARGET_DIR", &target));
    target.join("debug")
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().expect("the program can be started");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{stdout}\n{stderr}");
}

/// The extension with one of its pages, in Docker Desktop.
#[derive(Debug)]
pub struct Stage {
    pub desktop: Desktop,
    pub page: Page,
    /// A folder of this stage's own.
    pub temp: tempfile::TempDir,
    built: &'static Built,
    backend: Option<Child>,
}

impl Stage {
    /// Sets it, with the backend running and the page not opened; none where something is missing.
    #[track_caller]
    pub fn set(ui: Ui) -> Option<Self> {
        let mut stage = Self::without_backend(ui)?;
        stage.start_backend();
        Some(stage)
    }

    /// As [`Stage::set`], with a backend that does not run.
    #[track_caller]
    pub fn without_backend(ui: Ui) -> Option<Self> {
        let (built, page) = (built()?, Page::start()?);
        let temp = tempfile::tempdir().expect("a temporary folder can be made");
        let installed = Installed {
            ui: if ui == Ui::Html { built.html.clone() } else { built.react.clone() },
            socket: temp.path().join("run/backend.sock"),
            host: built.host.clone(),
        };
        let desktop = Desktop::start(installed);
        Some(Stage { desktop, page, temp, built, backend: None })
    }

    /// Starts the backend, as its container does.
    pub fn start_backend(&mut self) {
        let socket = self.temp.path().join("run/backend.sock");
        let mut command = Command::new(&self.built.backend);
        let child = command.arg("--socket").arg(&socket).stderr(Stdio::null()).spawn().expect("it can be started");
        self.backend = Some(child);
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            let ended = self.backend.as_mut().and_then(|child| child.try_wait().expect("it was started"));
            assert!(ended.is_none(), "the backend ended: {ended:?}");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Ends the backend, as a container is killed.
    pub fn stop_backend(&mut self) {
        if let Some(mut backend) = self.backend.take() {
            backend.kill().expect("it can be ended");
            backend.wait().expect("it was started");
        }
    }

    /// Opens the page as Docker Desktop does.
    #[track_caller]
    pub fn open(&mut self, client: &Client) {
        self.page.run_first(&client.script());
        self.page.open(&self.desktop.url);
    }

    /// A folder with files in it, for the host tool.
    pub fn folder(&self, files: impl IntoIterator<Item = (String, usize)>) -> PathBuf {
        let folder = self.temp.path().join("measured");
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        for (name, size) in files {
            files::write(&folder.join(name), &vec![0; size]);
        }
        folder
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop_backend();
    }
}
