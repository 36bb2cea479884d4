//! Bad Cargo.toml files, file trees, binaries and command lines. Each has its exact message, its exit code,
//! and nothing written: no image, no temporary file, no change to the project.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use snapbox::{IntoData, str};

use crate::support::files;
use crate::support::judges;
use crate::support::prebuilt::{self, PACKAGE};
use crate::support::sandbox::{Dext, Sandbox};

/// Runs bad cases one after the other and tells of all that are not as they should be.
#[derive(Default)]
struct Cases(Vec<String>);

impl Cases {
    /// A project that is spoiled, packaged, and refused with exit code 1.
    fn bad(&mut self, name: &str, spoil: impl FnOnce(&Sandbox), told: impl IntoData) {
        self.refused(
            name,
            1,
            |project| {
                spoil(project);
                project.pack([])
            },
            told,
        );
    }

    /// A table of Cargo.toml in which one text is replaced.
    fn edit(&mut self, name: &str, from: &str, to: &str, told: impl IntoData) {
        self.bad(name, |project| project.edit("Cargo.toml", from, to), told);
    }

    /// A table of Cargo.toml to which text is added.
    fn add(&mut self, name: &str, text: &str, told: impl IntoData) {
        self.bad(name, |project| project.append("Cargo.toml", text), told);
    }

    /// A command line that a sound project is packaged with.
    fn words(&mut self, name: &str, code: i32, words: &[&str], told: impl IntoData) {
        self.refused(name, code, |project| project.dext(words), told);
    }

    fn refused(&mut self, name: &str, code: i32, prepare: impl FnOnce(&Sandbox) -> Dext<'_>, told: impl IntoData) {
        let project = prebuilt::project();
        let dext = prepare(&project);
        let before = files::fingerprint(project.root());
        let outcome = dext.run();
        let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
        if let Err(error) = assert.try_eq(Some(&name), outcome.told().into_data().raw(), told.raw()) {
            self.0.push(error.to_string());
        }
        if outcome.code != Some(code) {
            self.0.push(format!("{name}: exit code {:?} instead of {code}", outcome.code));
        }
        let written = written(&before, &files::fingerprint(project.root()));
        if !written.is_empty() {
            self.0.push(format!("{name}: wrote {written:?}"));
        }
    }
}

/// The cases are judged together, so that one run shows every difference.
impl Drop for Cases {
    fn drop(&mut self) {
        assert!(self.0.is_empty() || std::thread::panicking(), "{}", self.0.join("\n"));
    }
}

/// Files that came, went or changed. Folders, and the empty lock file in one of them, are no content.
fn written(before: &BTreeMap<PathBuf, String>, after: &BTreeMap<PathBuf, String>) -> Vec<PathBuf> {
    let all = before.keys().chain(after.keys());
    let changed = all.filter(|path| before.get(*path) != after.get(*path));
    let real = changed.filter(|path| after.get(*path).is_none_or(|kind| kind != "folder") && !path.ends_with(".lock"));
    real.cloned().collect()
}

#[test]
fn tables() {
    let mut cases = Cases::default();
    cases.edit("a key that is nearly known", "icon = ", "icn = ", str![]);
    cases.add("a key that is not known", "\n[package.metadata.extension.wombat]\n", str![]);
    cases.edit("no title", "title = \"Demo\"\n", "", str![]);
    cases.edit("an empty title", "\"Demo\"", "\" \"", str![]);
    cases.edit("a title of another type", "\"Demo\"", "1", str![]);
    cases.edit("no vendor", "vendor = \"Example Ltd\"\n", "", str![]);
    cases.edit(
        "several mistakes at once",
        "title = \"Demo\"\nvendor = \"Example Ltd\"",
        "titel = \"Demo\"\nimge = 1",
        str![],
    );
    cases.edit("no table", "metadata.extension]", "metadata.other]", str![]);
    cases.edit("an icon that is no picture", "icon.svg", "Cargo.toml", str![]);
    cases.edit("an image with a tag", "example/demo", "example/demo:1.0.0", str![]);
    cases.edit("an image in capitals", "example/demo", "Example/Demo", str![]);
    cases.edit("an API version that is none", "icon =", "api-version = \"newest\"\nicon =", str![]);
    cases.edit("a version that is not semver", "title =", "version = \"latest\"\ntitle =", str![]);
    cases.edit("a package version that is not semver", "version = \"1.2.3\"", "version = \"1.2\"", str![]);
    cases.edit("Cargo.toml that is no TOML", "[features]", "[features", str![]);
    cases.add(
        "a label that the table makes itself",
        "\n[package.metadata.extension.labels]\n\"org.opencontainers.image.title\" = \"x\"\n",
        str![],
    );
    cases.add(
        "a marketplace link that is none",
        "\n[package.metadata.extension.marketplace]\npublisher-url = \"example.com\"\n",
        str![],
    );
    cases.add(
        "a screenshot without text",
        "\n[package.metadata.extension.marketplace]\nscreenshots = [{ url = \"https://example.com/1.png\" }]\n",
        str![],
    );
    cases.add(
        "a changelog whose file is missing",
        "\n[package.metadata.extension.marketplace]\nchangelog = { file = \"docs/changelog.html\" }\n",
        str![],
    );
    cases.add(
        "metadata of one's own where the table makes it",
        "\n[package.metadata.extension.extra]\nicon = \"other.svg\"\n",
        str![],
    );
    cases.add("a date in JSON", "\n[package.metadata.extension.extra]\nwhen = 2026-01-01\n", str![]);
}

#[test]
fn places() {
    let mut cases = Cases::default();
    cases.edit("a UI folder that leaves the image", "source = \"ui\"", "source = \"ui\"\nroot = \"../ui\"", str![]);
    cases.edit("a page that leaves the UI", "source = \"ui\"", "source = \"ui\"\nsrc = \"../icon.svg\"", str![]);
    cases.edit("a page that is not there", "source = \"ui\"", "source = \"ui\"\nsrc = \"start.html\"", str![]);
    cases.edit("a socket with a folder", "backend.sock", "run/backend.sock", str![]);
    cases.add(
        "a file that leaves the image",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"/../icon.svg\"\n",
        str![],
    );
    cases.add(
        "a file that Windows cannot hold",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"/extra/aux.svg\"\n",
        str![],
    );
    cases.add(
        "a file in the place of another",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"metadata.json\"\n",
        str![],
    );
    cases.add(
        "a file in the place of a folder's",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"ui/index.html\"\n",
        str![],
    );
    cases.add(
        "a file in the place of a folder",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"ui\"\n",
        str![],
    );
    cases.add(
        "a mode that is none",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"x\"\nmode = \"rwx\"\n",
        str![],
    );
    cases.edit("a path of Windows", "\"icon.svg\"", "'assets\\icon.svg'", str![]);
    cases.edit(
        "a compose file that is missing",
        "bin = \"backend\"",
        "bin = \"backend\"\ncomposefile = \"compose.yaml\"",
        str![],
    );
}

#[test]
fn binaries_of_the_table() {
    let mut cases = Cases::default();
    cases.edit("a backend that is nearly a binary", "\"backend\"", "\"backed\"", str![]);
    cases.edit("a host binary that is none", "\"tool\"", "\"kubectl\"", str![]);
    cases.edit("an operating system that is none", "bin = \"tool\"", "bin = \"tool\"\nos = [\"macos\"]", str![]);
    cases.edit("a package that is none", "bin = \"tool\"", "bin = \"tool\"\npackage = \"demos\"", str![]);
    cases.add("one binary twice", "\n[[package.metadata.extension.host]]\nbin = \"tool\"\n", str![]);
    cases.add(
        "two files with one basename",
        "\n[[package.metadata.extension.host]]\nfile = { linux = \"src/tool\" }\n",
        str![],
    );
    cases.edit("a triple for another platform", "[[package.metadata.extension.host]]", "[package.metadata.extension.build]\ntriple = { linux-arm64 = \"x86_64-unknown-linux-musl\" }\n\n[[package.metadata.extension.host]]", str![]);
    cases.edit(
        "a builder that is none",
        "[[package.metadata.extension.host]]",
        "[package.metadata.extension.build]\nbuilder = \"zigg\"\n\n[[package.metadata.extension.host]]",
        str![],
    );
    cases.edit(
        "a macOS that is none",
        "[[package.metadata.extension.host]]",
        "[package.metadata.extension.build]\nmacos-minimum = \"Big Sur\"\n\n[[package.metadata.extension.host]]",
        str![],
    );
    cases.edit(
        "a base that is not there",
        "bin = \"backend\"",
        "bin = \"backend\"\nbase = { layout = \"base\" }",
        str![],
    );
    cases.edit(
        "a base in a registry",
        "bin = \"backend\"",
        "bin = \"backend\"\nbase = \"docker.io/library/alpine:3.22\"",
        str![],
    );
}

#[test]
fn downloads() {
    const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";
    let host = |lines: &str| format!("\n[[package.metadata.extension.host]]\nname = \"kubectl\"\n{lines}\n");
    let all = |hash: &str| {
        let platforms = prebuilt::PLATFORMS.map(|platform| format!("{platform} = \"{hash}\""));
        format!("sha256 = {{ {} }}", platforms.join(", "))
    };
    let url = "url = \"https://example.com/{os}/{arch}/kubectl{exe}\"\n";
    let mut cases = Cases::default();
    cases.add("a hash of another length", &host(&format!("{url}{}", all("abc"))), str![]);
    cases.add("no hashes", &host(url), str![]);
    cases.add("a platform without a hash", &host(&format!("{url}sha256 = {{ linux-amd64 = \"{HASH}\" }}")), str![]);
    cases.add("a hash for no platform", &host(&format!("{url}sha256 = {{ linux-x86 = \"{HASH}\" }}")), str![]);
    cases.add(
        "an address that is not encrypted",
        &host(&format!("{}{}", url.replace("https", "http"), all(HASH))),
        str![],
    );
    cases.add(
        "an address with an unknown part",
        &host(&format!("{}{}", url.replace("{arch}", "{cpu}"), all(HASH))),
        str![],
    );
    cases.add(
        "a fallback to nothing",
        &host(&format!("{url}{}\nfallback = {{ windows-arm64 = \"windows\" }}", all(HASH))),
        str![],
    );
    cases.add(
        "a fallback to another system",
        &host(&format!("{url}{}\nfallback = {{ windows-arm64 = \"linux-arm64\" }}", all(HASH))),
        str![],
    );
}

#[test]
fn file_trees() {
    let mut cases = Cases::default();
    let remove =
        |path: &'static str| move |project: &Sandbox| std::fs::remove_file(project.path(path)).expect("removed");
    cases.bad("no icon", remove("icon.svg"), str![]);
    cases.bad("an empty icon", |p| p.write("icon.svg", ""), str![]);
    cases.edit("an icon that is a folder", "\"icon.svg\"", "{ source = \"ui\", path = \"icon.svg\" }", str![]);
    cases.edit("no UI", "source = \"ui\"", "source = \"web/dist\"", str![]);
    cases.edit("a UI that is a file", "source = \"ui\"", "source = \"icon.svg\"", str![]);
    cases.bad("no page", remove("ui/index.html"), str![]);
    cases.bad("a link in the UI", |p| link("index.html", p.path("ui/start.html")), str![]);
    cases.bad("a link to a folder in the UI", |p| link("/etc", p.path("ui/etc")), str![]);
    cases.bad("a link to nothing in the UI", |p| link("nowhere", p.path("ui/gone")), str![]);
    cases.bad("a pipe in the UI", |p| pipe(p.path("ui/pipe")), str![]);
    cases.bad(
        "a pipe as icon",
        |p| {
            remove("icon.svg")(p);
            pipe(p.path("icon.svg"));
        },
        str![],
    );
    cases.bad("a name that is not Unicode", |p| p.write(OsStr::from_bytes(b"ui/caf\xe9.html"), "x"), str![]);
    cases.bad("a name that Windows keeps for a device", |p| p.write("ui/nul.txt", "x"), str![]);
    cases.bad("a name that Windows cannot hold", |p| p.write("ui/a:b.html", "x"), str![]);
    cases.bad("names that differ in case", |p| p.write("ui/Index.html", "x"), str![]);
}

fn link(to: &str, path: PathBuf) {
    std::os::unix::fs::symlink(to, path).expect("the link can be made");
}

fn pipe(path: PathBuf) {
    judges::accept("mkfifo".as_ref(), [path]);
}

#[test]
fn unreadable_files() {
    let mut cases = Cases::default();
    // Root may read everything, so root's tests go on as nobody.
    let as_nobody: &[&str] =
        if judges::is_root() { &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] } else { &[] };
    let mut unreadable = |name, path: &'static str, mode: u32, told| {
        cases.refused(
            name,
            1,
            |project| {
                judges::accept("chmod".as_ref(), ["-R".as_ref(), "a+rwX".as_ref(), project.root().as_os_str()]);
                files::set_mode(&project.path(path), mode);
                let dext = project.pack([]).env("CARGO_HOME", project.root().join("home"));
                if as_nobody.is_empty() { dext } else { dext.through(as_nobody) }
            },
            told,
        );
    };
    unreadable("a file of the UI", "ui/assets/style.css", 0o000, str![]);
    unreadable("a folder of the UI", "ui/assets", 0o000, str![]);
    unreadable("a binary", "artifacts/linux-amd64/tool", 0o000, str![]);
}

#[test]
fn prebuilt_binaries() {
    let mut cases = Cases::default();
    let put = |path: &'static str, bytes: Vec<u8>| move |project: &Sandbox| project.write(path, bytes);
    let program = |name: &str| files::read(&files::fixture("binaries").join(name));
    let spoiled = |name: &str, at: usize| {
        let mut bytes = program(name);
        bytes[at] ^= 0xff;
        bytes
    };
    cases.bad("none", |p| std::fs::remove_file(p.path("artifacts/darwin-arm64/tool")).expect("removed"), str![]);
    cases.bad(
        "one without the ending",
        |p| {
            std::fs::rename(p.path("artifacts/windows-arm64/tool.exe"), p.path("artifacts/windows-arm64/tool"))
                .expect("renamed");
        },
        str![],
    );
    cases.bad("one for another CPU", put("artifacts/darwin-arm64/tool", program("darwin-amd64")), str![]);
    cases.bad("one for another system", put("artifacts/windows-amd64/tool.exe", program("linux-amd64")), str![]);
    cases.bad("one of 0 bytes", put("artifacts/linux-amd64/tool", Vec::new()), str![]);
    cases.bad("one that is cut off", put("artifacts/linux-amd64/tool", program("linux-amd64")[..100].to_vec()), str![]);
    cases.bad("a text", put("artifacts/linux-arm64/tool", b"hello, world\n".to_vec()), str![]);
    cases.bad("a script", put("artifacts/linux-arm64/tool", b"#!/bin/sh\nexec true\n".to_vec()), str![]);
    cases.bad("a library", put("artifacts/linux-amd64/tool", program("linux-amd64.so")), str![]);
    cases.bad(
        "a backend that needs a loader",
        put("artifacts/linux-amd64/backend", program("linux-amd64-glibc-2.17")),
        str![],
    );
    cases.bad("a broken signature", put("artifacts/darwin-arm64/tool", spoiled("darwin-arm64", 0x1000)), str![]);
    cases.bad(
        "a folder",
        |p| {
            std::fs::remove_file(p.path("artifacts/linux-amd64/tool")).expect("removed");
            std::fs::create_dir(p.path("artifacts/linux-amd64/tool")).expect("made");
        },
        str![],
    );
    cases.bad(
        "a pipe",
        |p| {
            std::fs::remove_file(p.path("artifacts/linux-amd64/tool")).expect("removed");
            pipe(p.path("artifacts/linux-amd64/tool"));
        },
        str![],
    );
}

#[test]
fn command_lines() {
    let mut cases = Cases::default();
    cases.words("a subcommand that is none", 2, &["pakcage"], str![]);
    cases.words("artifacts of a build", 2, &["package", "--artifacts", "artifacts"], str![]);
    cases.words("no artifacts", 2, &["package", "--no-build"], str![]);
    cases.words("a platform that is none", 2, &["package", "--platform", "linux/riscv64"], str![]);
    cases.words("an image for macOS", 2, &[&PACKAGE[..], &["--platform", "darwin/arm64"]].concat(), str![]);
    cases.words(
        "an archive of two images for docker",
        2,
        &[&PACKAGE[..], &["--archive", "x.tar", "--archive-format", "docker"]].concat(),
        str![],
    );
    cases.words("artifacts that are not there", 1, &["package", "--no-build", "--artifacts", "elsewhere"], str![]);
    cases.words(
        "no such Cargo.toml",
        101,
        &[&PACKAGE[..], &["--manifest-path", "elsewhere/Cargo.toml"]].concat(),
        str![],
    );
    cases.words("no such package", 1, &[&PACKAGE[..], &["-p", "demos"]].concat(), str![]);
    cases.refused("no project", 101, |p| p.pack([]).cwd(p.root()), str![]);
    cases.refused("a time that is none", 2, |p| p.pack([]).env("SOURCE_DATE_EPOCH", "yesterday"), str![]);
    cases.words("an output that is a file", 1, &[&PACKAGE[..], &["--output", "icon.svg"]].concat(), str![]);
    cases.words("an output that is somebody's folder", 1, &[&PACKAGE[..], &["--output", "ui"]].concat(), str![]);
    cases.words("an output that is the project", 1, &[&PACKAGE[..], &["--output", "."]].concat(), str![]);
}
