//! New extensions: whatever parts were chosen, they compile without warnings, pass their tests, are packaged, and
//! pass validation.

mod programs;
mod questions;
mod repositories;
mod texts;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::support::headers::Program;
use crate::support::judges;
use crate::support::oci::Layout;
use crate::support::prebuilt::PLATFORMS;
use crate::support::sandbox::{Dext, Outcome, Sandbox};
use crate::support::{files, toolchain};

/// A choice of parts.
struct Choice {
    /// The project's folder.
    folder: &'static str,
    flags: &'static [&'static str],
    backend: bool,
    host: bool,
    page: Page,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Html,
    React,
    None,
}

const fn choice(folder: &'static str, flags: &'static [&'static str], backend: bool, host: bool, page: Page) -> Choice {
    Choice { folder, flags, backend, host, page }
}

impl Choice {
    /// Whether something in it is compiled into the image.
    fn rust(&self) -> bool {
        self.backend || self.host
    }
}

/// Every choice that makes an extension. The first has all parts: its programs go into the images of the others.
static CHOICES: [Choice; 11] = [
    choice("all", &[], true, true, Page::Html),
    choice("backend-html", &["--no-host"], true, false, Page::Html),
    choice("host-html", &["--no-backend"], false, true, Page::Html),
    choice("html", &["--no-backend", "--no-host"], false, false, Page::Html),
    choice("backend-host", &["--ui", "none"], true, true, Page::None),
    choice("backend", &["--no-host", "--ui", "none"], true, false, Page::None),
    choice("host", &["--no-backend", "--ui", "none"], false, true, Page::None),
    choice("all-react", &["--ui", "react"], true, true, Page::React),
    choice("backend-react", &["--ui", "react", "--no-host"], true, false, Page::React),
    choice("host-react", &["--ui", "react", "--no-backend"], false, true, Page::React),
    choice("react", &["--ui", "react", "--no-backend", "--no-host"], false, false, Page::React),
];

/// The projects of all choices, in one folder that stays between runs: compiling their dependencies for six
/// platforms takes minutes.
struct Projects {
    sandbox: Sandbox,
}

/// Makes the projects once for all tests of this run, and packages the first for all platforms; `None` where they
/// cannot be compiled.
#[track_caller]
fn projects() -> Option<&'static Projects> {
    static PROJECTS: OnceLock<Projects> = OnceLock::new();
    toolchain::is_there().then(|| {
        PROJECTS.get_or_init(|| {
            let lock = std::fs::File::create(files::shared_temp("new").join("lock")).expect("the lock can be made");
            lock.lock().expect("the lock can be taken");
            let sandbox = Sandbox::kept("new");
            for choice in &CHOICES {
                let new = ["new", choice.folder, "--name", "made", "--vendor", "Example Ltd", "--vcs", "none"];
                sandbox.run(new.iter().chain(choice.flags));
            }
            let projects = Projects { sandbox };
            projects.dext(&CHOICES[0], &["package"]).run().success();
            // The others take the same versions, and need not ask for them.
            let locked = files::read(&projects.path(&CHOICES[0], "Cargo.lock"));
            for choice in CHOICES.iter().skip(1).filter(|choice| choice.rust()) {
                files::write(&projects.path(choice, "Cargo.lock"), &locked);
            }
            projects
        })
    })
}

impl Projects {
    fn path(&self, choice: &Choice, relative: &str) -> PathBuf {
        self.sandbox.path(choice.folder).join(relative)
    }

    /// The target folder of all projects.
    fn target(&self) -> PathBuf {
        self.sandbox.path("target")
    }

    /// `cargo dext` in a project. What is built is not optimised, which takes half of the time; the rest of the
    /// profile is the template's.
    fn dext(&self, choice: &Choice, args: &[&str]) -> Dext<'_> {
        self.sandbox
            .dext(args)
            .cwd(self.sandbox.path(choice.folder))
            .env("CARGO_TARGET_DIR", self.target())
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("RUSTUP_AUTO_INSTALL", "0")
    }

    /// Cargo in a project. Should it be rustup's, it may not download what the project's `rust-toolchain.toml` names.
    fn cargo(&self, choice: &Choice, args: &[&str]) -> Output {
        let mut cargo = Command::new("cargo");
        cargo.args(args).current_dir(self.sandbox.path(choice.folder));
        cargo.env("CARGO_TARGET_DIR", self.target()).env("CARGO_PROFILE_DEV_DEBUG", "0");
        cargo.env("CARGO_TERM_COLOR", "never").env("RUSTUP_AUTO_INSTALL", "0");
        cargo.output().expect("cargo can be started")
    }

    /// A program of the first project as it was built for a platform, as `linux-amd64`.
    fn program(&self, name: &str, platform: &str) -> PathBuf {
        let (os, cpu) = platform.split_once('-').expect("a platform");
        let cpu = if cpu == "amd64" { "x86_64" } else { "aarch64" };
        let (system, exe) = match os {
            "darwin" => ("apple-darwin", ""),
            "windows" => ("pc-windows-gnullvm", ".exe"),
            _ => ("unknown-linux-musl", ""),
        };
        self.target().join(format!("{cpu}-{system}/release/{name}{exe}"))
    }

    /// A folder for `--artifacts` with the programs that a choice has.
    fn artifacts(&self, choice: &Choice) -> PathBuf {
        let folder = self.sandbox.root().join("artifacts").join(choice.folder);
        for platform in PLATFORMS {
            let linux = platform.starts_with("linux");
            let wanted = [("made-backend", choice.backend && linux), ("made-host", choice.host)];
            for (name, _) in wanted.into_iter().filter(|(_, wanted)| *wanted) {
                let program = self.program(name, platform);
                let dest = folder.join(platform).join(program.file_name().expect("a name"));
                files::write(&dest, &files::read(&program));
            }
        }
        folder
    }
}

/// The first choice before this one whose Rust is the same.
fn twin(index: usize) -> Option<&'static Choice> {
    let choice = &CHOICES[index];
    CHOICES[..index].iter().find(|twin| choice.rust() && (twin.backend, twin.host) == (choice.backend, choice.host))
}

fn quiet(output: &Output, what: &str) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{what}: {said}");
    assert!(!said.contains("warning"), "{what}: {said}");
}

#[test]
fn every_choice_compiles_without_warnings_and_passes_its_tests() {
    let Some(projects) = projects() else { return };
    for (index, choice) in CHOICES.iter().enumerate() {
        if let Some(twin) = twin(index) {
            // The page is no business of the compiler: what it reads has been compiled already.
            for folder in ["backend", "host"] {
                let [one, other] = [choice, twin].map(|choice| files::fingerprint(&projects.path(choice, folder)));
                assert_eq!(one, other, "{folder} of {} and {}", choice.folder, twin.folder);
            }
            continue;
        }
        for line in ["build", "test --quiet", "clippy --all-targets -- -D warnings", "fmt --all --check"] {
            let args: Vec<&str> = line.split(' ').collect();
            quiet(&projects.cargo(choice, &args), &format!("{}: cargo {line}", choice.folder));
        }
    }
}

#[test]
fn every_choice_is_packaged_and_passes_validation() {
    let Some(projects) = projects() else { return };
    let has_npm = judges::judge("npm").is_some();
    let choices = CHOICES.iter().enumerate().filter(|(_, choice)| choice.page != Page::React || has_npm);
    for (index, choice) in choices {
        let output = projects.sandbox.root().join("images").join(choice.folder);
        let output = output.to_str().expect("Unicode");
        if choice.rust() && choice.folder != "all" {
            if twin(index).is_none() {
                projects.dext(choice, &["package", "--only", "linux/amd64"]).run().success();
            }
            let artifacts = projects.artifacts(choice);
            let artifacts = artifacts.to_str().expect("Unicode");
            let words = ["package", "--output", output, "--no-build", "--artifacts", artifacts];
            projects.dext(choice, &words).run().success();
        } else {
            projects.dext(choice, &["package", "--output", output]).run().success();
        }
        holds_its_parts(choice, &Layout::read(Path::new(output)).expect("the layout is whole"));
        // What is a placeholder is well-formed, so that even the Marketplace's rules find nothing.
        for profile in ["private", "marketplace"] {
            for subject in [&[output][..], &[]] {
                let words = ["validate", "--deny", "warnings", "--profile", profile];
                let outcome = projects.dext(choice, &[&words[..], subject].concat()).run().success();
                assert!(outcome.stderr.contains("nothing found"), "{} {profile}: {}", choice.folder, outcome.stderr);
            }
        }
    }
}

fn holds_its_parts(choice: &Choice, layout: &Layout) {
    assert_eq!(layout.images.len(), 2, "{}", choice.folder);
    for image in &layout.images {
        let found = image.files();
        let html = choice.page == Page::Html;
        for (path, wanted) in [
            ("made-backend", choice.backend),
            ("darwin/made-host", choice.host),
            ("linux/made-host", choice.host),
            ("windows/made-host.exe", choice.host),
            ("ui/index.html", choice.page != Page::None),
            ("ui/vm.js", html && choice.backend),
            ("ui/sizes.js", html && choice.host),
            ("ui/containers.js", html && !choice.rust()),
            ("icon.svg", true),
        ] {
            assert_eq!(found.contains_key(path), wanted, "{path} for {} in {}", image.platform, choice.folder);
        }
        for (path, file) in found.iter().filter(|(path, _)| path.contains("made-")) {
            let program = Program::read(&file.bytes).unwrap_or_else(|| panic!("{path} is a program"));
            let os = path.split_once('/').map_or("linux", |(os, _)| os);
            let cpu = image.platform.trim_start_matches("linux/");
            assert_eq!(program.platform(), format!("{os}/{cpu}"), "{path}");
            assert!(!matches!(program, Program::Elf(elf) if !elf.is_static), "{path} needs a loader");
        }
    }
}

/// The lines of the README's consoles, without their comments.
fn console(readme: &str) -> Vec<&str> {
    let lines = readme.lines().filter_map(|line| line.strip_prefix("$ "));
    lines.map(|line| line.split_once("  ").map_or(line, |(line, _)| line).trim()).collect()
}

#[test]
fn the_readme_tells_the_truth() {
    let Some(projects) = projects() else { return };
    let all = &CHOICES[0];
    let readme = String::from_utf8(files::read(&projects.path(all, "README.md"))).expect("text");
    // Run here; what the others say of the programs is in `programs`, and two need Docker and a registry.
    let run = ["cargo run -p made-host -- .", "cargo dext doctor", "cargo dext validate --profile private"];
    let elsewhere = [
        "cargo test",
        "cargo clippy --all-targets -- -D warnings",
        "cargo run -p made-backend -- --listen 127.0.0.1:8080",
        "curl http://127.0.0.1:8080/health",
        "curl http://127.0.0.1:8080/vm",
        "cargo dext package",
        "cargo dext package --load",
        "docker extension install example/made:0.1.0",
        "docker login",
        "cargo dext publish",
    ];
    let mut known = [&run[..], &elsewhere].concat();
    let mut told = console(&readme);
    known.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, known);
    for line in run {
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        if let Some(words) = words.strip_prefix(&["dext"]) {
            projects.dext(all, words).run().success();
        } else {
            let output = projects.cargo(all, &words);
            assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
            let last = String::from_utf8_lossy(&output.stdout).lines().last().map(str::to_owned);
            assert!(last.is_some_and(|last| last.contains(r#""type":"total""#)), "{line}");
        }
    }
    // Every path of its table is there.
    let table = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let paths: Vec<&str> = table.map(|(path, _)| path).collect();
    assert!(paths.len() >= 7, "{paths:?}");
    for path in paths {
        assert!(projects.path(all, path).exists(), "{path}");
    }
}

/// `new` in a sandbox of its own.
fn new(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    sandbox.dext(std::iter::once(&"new").chain(args)).env("GIT_CONFIG_NOSYSTEM", "1").run()
}

#[test]
fn github_takes_the_workflow() {
    let (Some(_), Some(python), Some(node)) = (judges::judge("git"), judges::python(), judges::judge("node")) else {
        return;
    };
    let sandbox = Sandbox::empty();
    let images = ["example/made", "ghcr.io/example/made", "registry.example.com:5000/example/made"];
    let mut workflows = Vec::new();
    for (index, image) in images.into_iter().enumerate() {
        for choice in &CHOICES {
            let folder = format!("{}-{index}", choice.folder);
            new(&sandbox, &[&[&folder, "--vcs", "git", "--image", image], choice.flags].concat()).success();
            let path = sandbox.path(folder).join(".github/workflows/extension.yml");
            workflows.push(path.display().to_string());
        }
    }
    // GitHub's own schema, and actionlint, which also knows expressions, runners and permissions.
    let schema = ["-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"].map(str::to_owned);
    let schema = |files: &[String]| [&schema[..], files].concat();
    judges::accept(&python, schema(&workflows));
    let judge = files::checkout().join("tests/it/support/workflow_judge.cjs").display().to_string();
    let Some(modules) = judges::node_modules() else { return };
    let lint = |files: &[String]| [&[judge.clone(), modules.display().to_string()], files].concat();
    assert_eq!(judges::accept(&node, lint(&workflows)), "");
    // Judges that accept everything would prove nothing.
    let bad = sandbox.root().join("bad.yml");
    let steps = "    runs-on: ubuntu-latest\n    steps: [{ run: \"echo ${{ secret.X }}\" }]\n";
    files::write(&bad, format!("on: push\njobs:\n  check:\n{steps}    needs: nothing\n    wrong: 1\n").as_bytes());
    let bad = [bad.display().to_string()];
    judges::refuse(&python, schema(&bad));
    judges::refuse(&node, lint(&bad));
}
