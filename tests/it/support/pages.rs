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

/// What an extension has behind its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    All,
    Backend,
    Host,
    /// Docker alone.
    Nothing,
}

impl Behind {
    const ALL: [Behind; 4] = [Behind::All, Behind::Backend, Behind::Host, Behind::Nothing];

    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Behind::All => "all",
            Behind::Backend => "backend",
            Behind::Host => "host",
            Behind::Nothing => "nothing",
        }
    }

    /// What `new` is told to leave out.
    fn without(self) -> &'static [&'static str] {
        match self {
            Behind::All => &[],
            Behind::Backend => &["--no-host"],
            Behind::Host => &["--no-backend"],
            Behind::Nothing => &["--no-backend", "--no-host"],
        }
    }
}

/// What was built of the extensions.
#[derive(Debug)]
pub struct Built {
    /// The folder with the pages.
    pages: PathBuf,
    /// The folder with the host tool, as Docker Desktop fills it.
    host: PathBuf,
    backend: PathBuf,
}

impl Built {
    /// The folder of a page.
    fn page(&self, ui: Ui, behind: Behind) -> PathBuf {
        self.pages.join(folder(ui, behind))
    }
}

fn folder(ui: Ui, behind: Behind) -> String {
    format!("{}-{}", ui.name(), behind.name())
}

/// Builds the extensions once for all tests; none where something is missing to build them.
#[track_caller]
pub fn built() -> Option<&'static Built> {
    static BUILT: OnceLock<Built> = OnceLock::new();
    let npm = judges::judge("npm")?;
    Some(BUILT.get_or_init(|| build(&npm)))
}

fn build(npm: &Path) -> Built {
    let (sandbox, kept) = (Sandbox::empty(), files::shared_temp("pages"));
    let (pages, host) = (kept.join("built"), kept.join("installed"));
    for made in [&pages, &host] {
        let _ = std::fs::remove_dir_all(made);
    }
    for ui in Ui::ALL {
        for behind in Behind::ALL {
            let name = folder(ui, behind);
            let new =
                ["new", &name, "--name", "page", "--ui", ui.name(), "--title", TITLE, "--vendor", "A", "--vcs", "none"];
            sandbox.run(new.into_iter().chain(behind.without().iter().copied()));
            let source = sandbox.path(&name).join("ui");
            let built = if ui == Ui::React { build_page(npm, &source, &kept.join("react")) } else { source };
            files::copy_tree(&built, &make(&pages.join(&name)));
        }
    }
    let programs = build_programs(&sandbox.path(folder(Ui::Html, Behind::All)));
    files::write(&host.join("page-host"), &files::read(&programs.join("page-host")));
    files::set_mode(&host.join("page-host"), 0o755);
    Built { pages, host, backend: programs.join("page-backend") }
}

fn make(folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).expect("the folder can be made");
    folder.to_owned()
}

/// The title of the extensions. None is harder to write into a page.
pub const TITLE: &str = "Größe \"x\" & 'y' <b> {{name}} `${1}` 容量";

/// Checks and builds a page as its project does, in a folder that stays between runs: the packages that npm brought
/// last time are good for the same lock file.
fn build_page(npm: &Path, source: &Path, kept: &Path) -> PathBuf {
    for old in ["src", "dist"] {
        let _ = std::fs::remove_dir_all(kept.join(old));
    }
    files::copy_tree(source, &make(kept));
    let (lock, brought) = (files::read(&kept.join("package-lock.json")), kept.join("node_modules/.brought"));
    if std::fs::read(&brought).ok().as_ref() != Some(&lock) {
        run(Command::new(npm).args(["ci", "--no-audit", "--no-fund"]).current_dir(kept));
        files::write(&brought, &lock);
    }
    for script in ["lint", "build"] {
        run(Command::new(npm).args(["run", script]).current_dir(kept));
    }
    kept.join("dist")
}

/// The project of the page in React as it was built last, with the packages that npm brought.
#[track_caller]
pub fn react() -> Option<PathBuf> {
    built()?;
    Some(files::shared_temp("pages").join("react"))
}

/// Compiles the programs and tells where they are. Their dependencies are compiled as for the tests of `new`, and
/// found where those have them.
fn build_programs(project: &Path) -> PathBuf {
    let target = files::shared_temp("new").join("project/target");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--workspace", "--all-targets"]).current_dir(project);
    cargo.env("CARGO_TARGET_DIR", &target).env("CARGO_PROFILE_DEV_DEBUG", "0").env("RUSTUP_AUTO_INSTALL", "0");
    run(&mut cargo);
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
        Self::with(ui, Behind::All)
    }

    /// A page with only some parts behind it, and with a backend that does not run.
    #[track_caller]
    pub fn with(ui: Ui, behind: Behind) -> Option<Self> {
        let (built, page) = (built()?, Page::start()?);
        let temp = tempfile::tempdir().expect("a temporary folder can be made");
        let installed = Installed {
            ui: built.page(ui, behind),
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
