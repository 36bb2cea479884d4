//! Bad Cargo.toml files, file trees, binaries and command lines. Each has its exact message, its exit code,
//! and nothing written: no image, no temporary file, no change to the project.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use snapbox::{Data, IntoData, str};

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
        self.refused(name, 1, |project| after(project, spoil), told.raw());
    }

    /// A table of Cargo.toml in which one text is replaced.
    fn edit(&mut self, name: &str, from: &str, to: &str, told: impl IntoData) {
        self.bad(name, |project| project.edit("Cargo.toml", from, to), told);
    }

    /// A table of Cargo.toml to which text is added.
    fn add(&mut self, name: &str, text: &str, told: impl IntoData) {
        self.bad(name, |project| project.append("Cargo.toml", text), told);
    }

    /// As `edit`, for what Cargo itself refuses. Its words change from version to version, so `[..]` stands for
    /// them.
    fn edit_for_cargo(&mut self, name: &str, from: &str, to: &str, told: impl IntoData) {
        let edit = |project: &Sandbox| project.edit("Cargo.toml", from, to);
        self.refused(name, 101, |project| after(project, edit), told.into_data());
    }

    /// A command line that a sound project is packaged with.
    fn words(&mut self, name: &str, code: i32, words: &[&str], told: impl IntoData) {
        self.refused(name, code, |project| project.dext(words), told.raw());
    }

    fn refused(&mut self, name: &str, code: i32, prepare: impl FnOnce(&Sandbox) -> Dext<'_>, told: Data) {
        let project = prebuilt::project();
        let dext = prepare(&project);
        let before = files::fingerprint(project.root());
        let outcome = dext.run();
        let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
        if let Err(error) = assert.try_eq(Some(&name), outcome.told().into_data(), told) {
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

/// Packages a project after something was done to it.
fn after<'a>(project: &'a Sandbox, spoil: impl FnOnce(&Sandbox)) -> Dext<'a> {
    spoil(project);
    project.pack([])
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
    cases.edit(
        "a key that is nearly known",
        "icon = ",
        "icn = ",
        str![[r#"
error: unknown key `icn`
  --> Cargo.toml:14:1 (package.metadata.extension.icn)
  help: did you mean `icon`?

"#]],
    );
    cases.add("a key that is not known", "\n[package.metadata.extension.wombat]\n", str![[r#"
error: unknown key `wombat`
  --> Cargo.toml:27:1 (package.metadata.extension.wombat)
  help: known keys are `name`, `version`, `title`, `vendor`, `description`, `icon`, `image`, `api-version`, `ui`, `vm`, `host`, `marketplace`, `labels`, `files`, `build`, `validate`, `extra`

"#]]);
    cases.edit(
        "no title",
        "title = \"Demo\"\n",
        "",
        str![[r#"
error: `title` is missing
  --> Cargo.toml:11:1 (package.metadata.extension.title)
  help: add `title = "…"`

"#]],
    );
    cases.edit(
        "an empty title",
        "\"Demo\"",
        "\" \"",
        str![[r#"
error: the text is empty
  --> Cargo.toml:12:1 (package.metadata.extension.title)

"#]],
    );
    cases.edit(
        "a title of another type",
        "\"Demo\"",
        "1",
        str![[r#"
error: expected a string, found the number 1
  --> Cargo.toml:12:1 (package.metadata.extension.title)

"#]],
    );
    cases.edit(
        "no vendor",
        "vendor = \"Example Ltd\"\n",
        "",
        str![[r#"
error: `vendor` is missing
  --> Cargo.toml:11:1 (package.metadata.extension.vendor)
  help: add `vendor = "…"`

"#]],
    );
    cases.edit(
        "several mistakes at once",
        "title = \"Demo\"\nvendor = \"Example Ltd\"",
        "titel = \"Demo\"\nimge = 1",
        str![[r#"
error: the extension's table has 3 mistakes
  `vendor` is missing
    --> Cargo.toml:11:1 (package.metadata.extension.vendor)
    help: add `vendor = "…"`
  unknown key `titel`
    --> Cargo.toml:12:1 (package.metadata.extension.titel)
    help: did you mean `title`?
  unknown key `imge`
    --> Cargo.toml:13:1 (package.metadata.extension.imge)
    help: did you mean `image`?

"#]],
    );
    cases.bad(
        "no table",
        |project| {
            let text = String::from_utf8(files::read(&project.path("Cargo.toml"))).expect("text");
            project.write("Cargo.toml", text.replace("metadata.extension", "metadata.other"));
        },
        str![[r#"
error: there is no extension in this workspace: no Cargo.toml has the table for it
  --> [ROOT]/project/Cargo.toml
  help: add `[package.metadata.extension]` with `title` and `vendor` to the extension's package

"#]],
    );
    cases.bad(
        "a version that is no tag",
        |project| {
            project.edit("Cargo.toml", "\"1.2.3\"", "\"1.2.3+build.5\"");
            project.edit("Cargo.lock", "\"1.2.3\"", "\"1.2.3+build.5\"");
        },
        str![[r#"
error: the version `1.2.3+build.5` cannot be the tag of an image
  --> Cargo.toml:3:1 (package.version)
  help: a tag is at most 128 letters, digits, `_`, `.` and `-`; leave out what follows the `+`

"#]],
    );
    cases.edit(
        "an icon that is no picture",
        "icon.svg",
        "Cargo.toml",
        str![[r#"
error: the icon `Cargo.toml` is no .svg, .png or .jpg file
  --> Cargo.toml:14:1 (package.metadata.extension.icon)

"#]],
    );
    cases.edit(
        "an image with a tag",
        "example/demo",
        "example/demo:1.0.0",
        str![[r#"
error: `example/demo:1.0.0` is no image name without tag: it has a tag; the tag is the package's version
  --> Cargo.toml:15:1 (package.metadata.extension.image)

"#]],
    );
    cases.edit("an image in capitals", "example/demo", "Example/Demo", str![[r#"
error: `Example/Demo` is no image name without tag: its repository is not lower-case letters and digits, joined by single `.`, `_`, `__`, `-` or `/`
  --> Cargo.toml:15:1 (package.metadata.extension.image)

"#]]);
    cases.edit(
        "an API version that is none",
        "icon =",
        "api-version = \"newest\"\nicon =",
        str![[r#"
error: `newest` is no version constraint: unexpected character 'n' while parsing major version number
  --> Cargo.toml:14:1 (package.metadata.extension.api-version)
  help: write one such as `>= 0.3.4` or `>= 0.3.4, < 1.0.0`

"#]],
    );
    cases.edit(
        "a version that is not semver",
        "title =",
        "version = \"latest\"\ntitle =",
        str![[r#"
error: the version is that of the package `demo`
  --> Cargo.toml:12:1 (package.metadata.extension.version)
  help: leave `version` out; only `[workspace.metadata.extension]` has it

"#]],
    );
    cases.edit_for_cargo(
        "a package version that is not semver",
        "version = \"1.2.3\"",
        "version = \"1.2\"",
        str![[r#"
error: `cargo` failed (exit status: 101):
...
  --> cargo metadata --format-version 1

"#]],
    );
    cases.edit_for_cargo(
        "Cargo.toml that is no TOML",
        "[features]",
        "[features",
        str![[r#"
error: `cargo` failed (exit status: 101):
...
   --> Cargo.toml:8:10
...
  --> cargo metadata --format-version 1

"#]],
    );
    cases.add(
        "a label that the table makes itself",
        "\n[package.metadata.extension.labels]\n\"org.opencontainers.image.title\" = \"x\"\n",
        str![[r#"
error: the label `org.opencontainers.image.title` is already set by `title`
  --> Cargo.toml:28:1 (package.metadata.extension.labels."org.opencontainers.image.title")
  help: leave it out here, or leave `title` out

"#]],
    );
    cases.add(
        "a marketplace link that is none",
        "\n[package.metadata.extension.marketplace]\npublisher-url = \"example.com\"\n",
        str![[r#"
error: `example.com` is no web address
  --> Cargo.toml:28:1 (package.metadata.extension.marketplace.publisher-url)
  help: write the whole URL, with `https://`

"#]],
    );
    cases.add(
        "a screenshot without text",
        "\n[package.metadata.extension.marketplace]\nscreenshots = [{ url = \"https://example.com/1.png\" }]\n",
        str![[r#"
error: the key `alt` is missing
  --> Cargo.toml:28:16 (package.metadata.extension.marketplace.screenshots[0].alt)

"#]],
    );
    cases.add(
        "a changelog whose file is missing",
        "\n[package.metadata.extension.marketplace]\nchangelog = { file = \"docs/changelog.html\" }\n",
        str![[r#"
error: could not open `[ROOT]/project/docs/changelog.html`: No such file or directory (os error 2)
  --> Cargo.toml:28:15 (package.metadata.extension.marketplace.changelog.file)

"#]],
    );
    cases.add(
        "a date in JSON",
        "\n[package.metadata.extension.extra]\nwhen = 2026-01-01\n",
        str![[r#"
error: expected what JSON can hold too, found a date
  --> Cargo.toml:28:1 (package.metadata.extension.extra.when)
  help: put the date in quotes

"#]],
    );
}

#[test]
fn places() {
    let mut cases = Cases::default();
    cases.edit(
        "a UI folder that leaves the image",
        "source = \"ui\"",
        "source = \"ui\"\nroot = \"../ui\"",
        str![[r#"
error: `../ui` is no path for a file in an image: `..` would leave its folder
  --> Cargo.toml:19:1 (package.metadata.extension.ui.root)

"#]],
    );
    cases.edit(
        "a page that leaves the UI",
        "source = \"ui\"",
        "source = \"ui\"\nsrc = \"../icon.svg\"",
        str![[r#"
error: `/ui/../icon.svg` is no path for a file in an image: `..` would leave its folder
  --> package.metadata.extension.ui.src
  help: use a path inside the UI's folder

"#]],
    );
    cases.edit(
        "a page that is not there",
        "source = \"ui\"",
        "source = \"ui\"\nsrc = \"start.html\"",
        str![[r#"
error: the page `start.html` is not in `[ROOT]/project/ui`
  --> package.metadata.extension.ui.src
  help: build the UI first (see `ui.build`), or name the page that is there

"#]],
    );
    cases.edit(
        "a socket with a folder",
        "backend.sock",
        "run/backend.sock",
        str![[r#"
error: `run/backend.sock` is no bare file name: it has a `/`
  --> Cargo.toml:22:1 (package.metadata.extension.vm.socket)

"#]],
    );
    cases.add(
        "a file that leaves the image",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"/../icon.svg\"\n",
        str![[r#"
error: `/../icon.svg` is no path for a file in an image: `..` would leave its folder
  --> Cargo.toml:29:1 (package.metadata.extension.files[0].path)

"#]],
    );
    cases.add(
        "a file that Windows cannot hold",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"/extra/aux.svg\"\n",
        str![[r#"
error: `/extra/aux.svg` is no path for a file in an image: a part is a device name on Windows
  --> Cargo.toml:29:1 (package.metadata.extension.files[0].path)

"#]],
    );
    cases.add(
        "a file in the place of another",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"metadata.json\"\n",
        str![[r#"
error: `/metadata.json` is generated from this table
  --> Cargo.toml:27:1 (package.metadata.extension.files[0])
  help: choose another path

"#]],
    );
    cases.add(
        "a file in the place of a folder's",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"ui/index.html\"\n",
        str![[r#"
error: two files land at /ui/index.html in the linux/amd64 image (layers shared, shared)
  help: rename one of them

"#]],
    );
    cases.add(
        "a file in the place of a folder",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"ui\"\n",
        str![[r#"
error: /ui is a file and a folder at once: /ui/assets/style.css lies in it (linux/amd64 image)
  help: give one of the two another `path`

"#]],
    );
    cases.add(
        "a mode that is none",
        "\n[[package.metadata.extension.files]]\nsource = \"icon.svg\"\npath = \"x\"\nmode = \"rwx\"\n",
        str![[r#"
error: `rwx` is no mode
  --> Cargo.toml:30:1 (package.metadata.extension.files[0].mode)
  help: write `executable` (0755) or `file` (0644); without `mode`, a script or program is executable

"#]],
    );
    cases.edit(
        "a path of Windows",
        "\"icon.svg\"",
        "'assets\\icon.svg'",
        str![[r#"
error: the path `assets\icon.svg` has a `\`
  --> Cargo.toml:14:1 (package.metadata.extension.icon)
  help: write `assets/icon.svg`

"#]],
    );
    cases.edit(
        "a compose file that is missing",
        "bin = \"backend\"",
        "bin = \"backend\"\ncomposefile = \"compose.yaml\"",
        str![[r#"
error: there is no `[ROOT]/project/compose.yaml`
  --> package.metadata.extension.vm.composefile
  help: create it, or correct the path; relative paths count from the folder of Cargo.toml

"#]],
    );
}

#[test]
fn binaries_of_the_table() {
    let mut cases = Cases::default();
    cases.edit(
        "a backend that is nearly a binary",
        "\"backend\"",
        "\"backed\"",
        str![[r#"
error: there is no binary `backed`
  --> Cargo.toml:21:1 (package.metadata.extension.vm.bin)
  help: did you mean `backend`?

"#]],
    );
    cases.edit(
        "a host binary that is none",
        "\"tool\"",
        "\"kubectl\"",
        str![[r#"
error: there is no binary `kubectl`
  --> Cargo.toml:25:1 (package.metadata.extension.host[0].bin)
  help: binaries are `backend`, `tool`

"#]],
    );
    cases.edit(
        "an operating system that is none",
        "bin = \"tool\"",
        "bin = \"tool\"\nos = [\"macos\"]",
        str![[r#"
error: `macos` is no operating system
  --> Cargo.toml:26:7 (package.metadata.extension.host[0].os[0])
  help: did you mean `darwin`?

"#]],
    );
    cases.edit(
        "a package that is none",
        "bin = \"tool\"",
        "bin = \"tool\"\npackage = \"demos\"",
        str![[r#"
error: no package `demos` with a binary is in the workspace
  --> Cargo.toml:25:1 (package.metadata.extension.host[0].bin)
  help: did you mean `demo`?

"#]],
    );
    cases.add(
        "one binary twice",
        "\n[[package.metadata.extension.host]]\nbin = \"tool\"\n",
        str![[r#"
error: `/darwin/tool` is the path of two files on darwin, windows, linux
  --> Cargo.toml:27:1 (package.metadata.extension.host[1])
  help: Docker Desktop copies all host files into one folder; give them different names

"#]],
    );
    cases.add(
        "two files with one basename",
        "\n[[package.metadata.extension.host]]\nfile = { linux = \"src/tool\" }\n",
        str![[r#"
error: `/linux/tool` is the path of two files on linux
  --> Cargo.toml:27:1 (package.metadata.extension.host[1])
  help: Docker Desktop copies all host files into one folder; give them different names

"#]],
    );
    cases.edit("a triple for another platform", "[[package.metadata.extension.host]]", "[package.metadata.extension.build]\ntriple = { linux-arm64 = \"x86_64-unknown-linux-musl\" }\n\n[[package.metadata.extension.host]]", str![[r#"
error: `x86_64-unknown-linux-musl` builds for linux/amd64, not for linux/arm64
  --> Cargo.toml:25:12 (package.metadata.extension.build.triple.linux-arm64)
  help: the default is `aarch64-unknown-linux-musl`

"#]]);
    cases.edit(
        "a builder that is none",
        "[[package.metadata.extension.host]]",
        "[package.metadata.extension.build]\nbuilder = \"zigg\"\n\n[[package.metadata.extension.host]]",
        str![[r#"
error: `zigg` is no builder
  --> Cargo.toml:25:1 (package.metadata.extension.build.builder)
  help: did you mean `zig`?

"#]],
    );
    cases.edit(
        "a macOS that is none",
        "[[package.metadata.extension.host]]",
        "[package.metadata.extension.build]\nmacos-minimum = \"Big Sur\"\n\n[[package.metadata.extension.host]]",
        str![[r#"
error: `Big Sur` is no version of macOS
  --> Cargo.toml:25:1 (package.metadata.extension.build.macos-minimum)
  help: write one such as `11.0`

"#]],
    );
    cases.edit(
        "a base that is not there",
        "bin = \"backend\"",
        "bin = \"backend\"\nbase = { layout = \"base\" }",
        str![[r#"
error: the base image cannot be used: `[ROOT]/project/base` is no OCI image layout: it has no `oci-layout`
  --> base image [ROOT]/project/base
  help: name the folder that holds `oci-layout` and `index.json`

"#]],
    );
    let base = ("bin = \"backend\"", "bin = \"backend\"\nbase = \"alpine:3.22\"");
    cases.refused(
        "a base that is not locked, and no network",
        1,
        |project| {
            project.edit("Cargo.toml", base.0, base.1);
            project.pack(["--offline"])
        },
        str![[r#"
error: the base image `alpine:3.22` is not locked yet, and the network is off limits (`--offline`)
  --> base image alpine:3.22
  help: run `cargo dext update` once without `--offline`

"#]]
        .raw(),
    );
    cases.bad(
        "a lock file that somebody edited",
        |project| {
            project.edit("Cargo.toml", base.0, base.1);
            project.write("Dext.lock", "version = 1\n\n[[base]]\nimage = \"alpine:3.22\"\n");
        },
        str![[r#"
error: the lock file is damaged: `alpine:3.22` is not written in full, as `docker.io/library/alpine:3.22`
  --> [ROOT]/project/Dext.lock:4
  help: take Dext.lock from version control again, or remove it and run `cargo dext update`

"#]],
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
    cases.add(
        "a hash of another length",
        &host(&format!("{url}{}", all("abc"))),
        str![[r#"
error: the extension's table has 6 mistakes
  `abc` is no SHA-256 digest of 64 hexadecimal digits
    --> Cargo.toml:30:12 (package.metadata.extension.host[1].sha256.darwin-amd64)
  `abc` is no SHA-256 digest of 64 hexadecimal digits
    --> Cargo.toml:30:34 (package.metadata.extension.host[1].sha256.darwin-arm64)
  `abc` is no SHA-256 digest of 64 hexadecimal digits
    --> Cargo.toml:30:56 (package.metadata.extension.host[1].sha256.linux-amd64)
  `abc` is no SHA-256 digest of 64 hexadecimal digits
    --> Cargo.toml:30:77 (package.metadata.extension.host[1].sha256.linux-arm64)
  `abc` is no SHA-256 digest of 64 hexadecimal digits
    --> Cargo.toml:30:98 (package.metadata.extension.host[1].sha256.windows-amd64)
  `abc` is no SHA-256 digest of 64 hexadecimal digits
    --> Cargo.toml:30:121 (package.metadata.extension.host[1].sha256.windows-arm64)

"#]],
    );
    cases.add(
        "no hashes",
        &host(url),
        str![[r#"
error: the extension's table has 2 mistakes
  no hash for `darwin-amd64`, `darwin-arm64`, `windows-amd64`, `windows-arm64`, `linux-amd64`, `linux-arm64`
    --> Cargo.toml:27:1 (package.metadata.extension.host[1].sha256)
    help: add the hashes; or name a stand-in in `fallback`, or fewer systems in `os`
  `url` needs `sha256 = { darwin-amd64 = "…", … }`
    --> Cargo.toml:29:1 (package.metadata.extension.host[1].url)

"#]],
    );
    cases.add(
        "a platform without a hash",
        &host(&format!("{url}sha256 = {{ linux-amd64 = \"{HASH}\" }}")),
        str![[r#"
error: no hash for `darwin-amd64`, `darwin-arm64`, `windows-amd64`, `windows-arm64`, `linux-arm64`
  --> Cargo.toml:30:1 (package.metadata.extension.host[1].sha256)
  help: add the hashes; or name a stand-in in `fallback`, or fewer systems in `os`

"#]],
    );
    cases.add(
        "a hash for no platform",
        &host(&format!("{url}sha256 = {{ linux-x86 = \"{HASH}\" }}")),
        str![[r#"
error: `linux-x86` is no platform
  --> Cargo.toml:30:12 (package.metadata.extension.host[1].sha256.linux-x86)
  help: platforms are darwin-amd64, darwin-arm64, windows-amd64, windows-arm64, linux-amd64, linux-arm64

"#]],
    );
    cases.add(
        "an address that is not encrypted",
        &host(&format!("{}{}", url.replace("https", "http"), all(HASH))),
        str![[r#"
error: `http://example.com/{os}/{arch}/kubectl{exe}` is not encrypted
  --> Cargo.toml:29:1 (package.metadata.extension.host[1].url)
  help: write `https://`

"#]],
    );
    cases.add(
        "an address with an unknown part",
        &host(&format!("{}{}", url.replace("{arch}", "{cpu}"), all(HASH))),
        str![[r#"
error: `{cpu}` stands for nothing here; known are {os}, {arch}, {exe}, {name}
  --> Cargo.toml:29:1 (package.metadata.extension.host[1].url)

"#]],
    );
    cases.add(
        "a fallback to nothing",
        &host(&format!("{url}{}\nfallback = {{ windows-arm64 = \"windows\" }}", all(HASH))),
        str![[r#"
error: `windows` is no platform
  --> Cargo.toml:31:14 (package.metadata.extension.host[1].fallback.windows-arm64)
  help: platforms are darwin-amd64, darwin-arm64, windows-amd64, windows-arm64, linux-amd64, linux-arm64

"#]],
    );
    cases.add(
        "a fallback to another system",
        &host(&format!("{url}{}\nfallback = {{ windows-arm64 = \"linux-arm64\" }}", all(HASH))),
        str![[r#"
error: `linux-arm64` cannot stand in for `windows-arm64`
  --> Cargo.toml:31:14 (package.metadata.extension.host[1].fallback.windows-arm64)

"#]],
    );
}

#[test]
fn file_trees() {
    let mut cases = Cases::default();
    let remove =
        |path: &'static str| move |project: &Sandbox| std::fs::remove_file(project.path(path)).expect("removed");
    cases.bad(
        "no icon",
        remove("icon.svg"),
        str![[r#"
error: there is no `[ROOT]/project/icon.svg`
  --> package.metadata.extension.icon
  help: create it, or correct the path; relative paths count from the folder of Cargo.toml

"#]],
    );
    cases.bad(
        "an empty icon",
        |p| p.write("icon.svg", ""),
        str![[r#"
error: `[ROOT]/project/icon.svg` is empty
  --> package.metadata.extension.icon
  help: fill it, or leave the key out

"#]],
    );
    cases.edit(
        "an icon that is a folder",
        "\"icon.svg\"",
        "{ source = \"ui\", path = \"icon.svg\" }",
        str![[r#"
error: `[ROOT]/project/ui` is no regular file
  --> package.metadata.extension.icon
  help: name a file

"#]],
    );
    cases.edit(
        "no UI",
        "source = \"ui\"",
        "source = \"web/dist\"",
        str![[r#"
error: there is no `[ROOT]/project/web/dist`
  --> package.metadata.extension.ui.source
  help: create it, or correct the path; relative paths count from the folder of Cargo.toml

"#]],
    );
    cases.edit(
        "a UI that is a file",
        "source = \"ui\"",
        "source = \"icon.svg\"",
        str![[r#"
error: `[ROOT]/project/icon.svg` is no folder
  --> package.metadata.extension.ui.source
  help: name the folder that holds the built UI

"#]],
    );
    cases.bad(
        "no page",
        remove("ui/index.html"),
        str![[r#"
error: the page `index.html` is not in `[ROOT]/project/ui`
  --> package.metadata.extension.ui.src
  help: build the UI first (see `ui.build`), or name the page that is there

"#]],
    );
    cases.bad(
        "a link in the UI",
        |p| link("index.html", p.path("ui/start.html")),
        str![[r#"
error: `[ROOT]/project/ui/start.html` is a symbolic link, which Docker Desktop cannot install on Windows
  help: put the file itself there, or leave it out of the folder

"#]],
    );
    cases.bad(
        "a link to a folder in the UI",
        |p| link("/etc", p.path("ui/etc")),
        str![[r#"
error: `[ROOT]/project/ui/etc` is a symbolic link, which Docker Desktop cannot install on Windows
  help: put the file itself there, or leave it out of the folder

"#]],
    );
    cases.bad(
        "a link to nothing in the UI",
        |p| link("nowhere", p.path("ui/gone")),
        str![[r#"
error: `[ROOT]/project/ui/gone` is a symbolic link, which Docker Desktop cannot install on Windows
  help: put the file itself there, or leave it out of the folder

"#]],
    );
    cases.bad(
        "a pipe in the UI",
        |p| pipe(p.path("ui/pipe")),
        str![[r#"
error: `[ROOT]/project/ui/pipe` is neither a file nor a folder
  help: leave it out of the folder

"#]],
    );
    cases.bad(
        "a pipe as icon",
        |p| {
            remove("icon.svg")(p);
            pipe(p.path("icon.svg"));
        },
        str![[r#"
error: `[ROOT]/project/icon.svg` is no regular file
  --> package.metadata.extension.icon
  help: name a file

"#]],
    );
    cases.bad(
        "a name that is not Unicode",
        |p| p.write(OsStr::from_bytes(b"ui/caf\xe9.html"), "x"),
        str![[r#"
error: the name of `[ROOT]/project/ui/caf�.html` is not valid Unicode
  help: rename it

"#]],
    );
    cases.bad(
        "a name that Windows keeps for a device",
        |p| p.write("ui/nul.txt", "x"),
        str![[r#"
error: `[ROOT]/project/ui/nul.txt` cannot be in an image: a part is a device name on Windows
  help: rename it

"#]],
    );
    cases.bad("a name that Windows cannot hold", |p| p.write("ui/a:b.html", "x"), str![[r#"
error: `[ROOT]/project/ui/a:b.html` cannot be in an image: it has a character that Windows refuses (one of < > : " | ? *)
  help: rename it

"#]]);
    cases.bad(
        "names that differ in case",
        |p| p.write("ui/Index.html", "x"),
        str![[r#"
error: `[ROOT]/project/ui/Index.html` and `[ROOT]/project/ui/index.html` are one file on macOS and Windows
  help: rename it

"#]],
    );
}

fn link(to: &str, path: PathBuf) {
    std::os::unix::fs::symlink(to, path).expect("the link can be made");
}

fn pipe(path: PathBuf) {
    judges::accept("mkfifo".as_ref(), [path]);
}

/// Root may read everything, unless that right is taken away.
fn humble(dext: Dext<'_>) -> Dext<'_> {
    let words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"];
    if judges::is_root() { dext.through(words) } else { dext }
}

#[test]
fn unreadable_files() {
    let mut cases = Cases::default();
    let mut unreadable = |name, path: &'static str, told: snapbox::data::Inline| {
        let prepare = |project: &Sandbox| files::set_mode(&project.path(path), 0o000);
        cases.refused(name, 1, |project| humble(after(project, prepare)), told.raw());
    };
    unreadable(
        "a file of the UI",
        "ui/assets/style.css",
        str![[r#"
   Packaging demo v1.2.3 ([ROOT]/project/target/dext/demo)
error: could not open `[ROOT]/project/ui/assets/style.css`: Permission denied (os error 13)
  help: check the permissions of the file and of the folders above it

"#]],
    );
    unreadable(
        "a folder of the UI",
        "ui/assets",
        str![[r#"
error: could not list the folder `[ROOT]/project/ui/assets`: Permission denied (os error 13)
  help: check the permissions of the file and of the folders above it

"#]],
    );
    unreadable(
        "a binary",
        "artifacts/linux-amd64/tool",
        str![[r#"
error: `artifacts/linux-amd64/tool` is not fit for linux/amd64: could not open `artifacts/linux-amd64/tool`: Permission denied (os error 13)

"#]],
    );
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
    cases.bad("none", |p| std::fs::remove_file(p.path("artifacts/darwin-arm64/tool")).expect("removed"), str![[r#"
error: there is no `tool` for darwin/arm64 among the artifacts
  --> looked for artifacts/aarch64-apple-darwin/tool, artifacts/darwin-arm64/tool, artifacts/aarch64-apple-darwin/release/tool
  help: put it at one of these places, or build without `--no-build`

"#]]);
    cases.bad("one without the ending", |p| {
        std::fs::rename(p.path("artifacts/windows-arm64/tool.exe"), p.path("artifacts/windows-arm64/tool")).expect("renamed");
    }, str![[r#"
error: there is no `tool` for windows/arm64 among the artifacts
  --> looked for artifacts/aarch64-pc-windows-gnullvm/tool.exe, artifacts/windows-arm64/tool.exe, artifacts/aarch64-pc-windows-gnullvm/release/tool.exe
  help: put it at one of these places, or build without `--no-build`

"#]]);
    cases.bad("one for another CPU", put("artifacts/darwin-arm64/tool", program("darwin-amd64")), str![[r#"
error: `artifacts/darwin-arm64/tool` is not fit for darwin/arm64: it is a Mach-O for darwin/amd64; darwin/arm64 is needed
  help: check which platform the file was built or downloaded for

"#]]);
    cases.bad("one for another system", put("artifacts/windows-amd64/tool.exe", program("linux-amd64")), str![[r#"
error: `artifacts/windows-amd64/tool.exe` is not fit for windows/amd64: it is an ELF for linux/amd64; windows/amd64 is needed
  help: check which platform the file was built or downloaded for

"#]]);
    cases.bad(
        "one of 0 bytes",
        put("artifacts/linux-amd64/tool", Vec::new()),
        str![[r#"
error: `artifacts/linux-amd64/tool` is not fit for linux/amd64: it is an empty file
  help: build or download it again

"#]],
    );
    cases.bad("one that is cut off", put("artifacts/linux-amd64/tool", program("linux-amd64")[..100].to_vec()), str![[r#"
error: `artifacts/linux-amd64/tool` is not fit for linux/amd64: it is a damaged ELF: Invalid ELF program header size or alignment
  help: build or download it again

"#]]);
    cases.bad("a text", put("artifacts/linux-arm64/tool", b"hello, world\n".to_vec()), str![[r#"
error: `artifacts/linux-arm64/tool` is not fit for linux/arm64: it is a text file without a `#!` line; linux/arm64 is needed
  help: check that the path or URL names the program itself, unpacked

"#]]);
    let script = b"#!/bin/sh\nexec true\n";
    cases.bad("a script as backend", put("artifacts/linux-arm64/backend", script.to_vec()), str![[r#"
error: `artifacts/linux-arm64/backend` is not fit for linux/arm64: it is a script for `/bin/sh`, which an image without a base does not have
  help: take a static program, or a base image that has what it needs

"#]]);
    cases.bad("a shell's script for Windows", put("artifacts/windows-arm64/tool.exe", script.to_vec()), str![[r#"
error: `artifacts/windows-arm64/tool.exe` is not fit for windows/arm64: it is a script for /bin/sh; windows/arm64 is needed
  help: give Windows a .cmd file or a program of its own

"#]]);
    cases.bad(
        "a script with line ends of Windows",
        put("artifacts/linux-arm64/tool", b"#!/bin/sh\r\n".to_vec()),
        str![[r#"
error: `artifacts/linux-arm64/tool` is not fit for linux/arm64: its `#!` line ends in CR LF, so that `/bin/sh\r` is looked for
  help: save it with LF line endings; `* text eol=lf` in .gitattributes keeps them

"#]],
    );
    cases.bad(
        "a library",
        put("artifacts/linux-amd64/tool", program("linux-amd64.so")),
        str![[r#"
error: `artifacts/linux-amd64/tool` is not fit for linux/amd64: it is a library; a program is needed
  help: check that the path names the program

"#]],
    );
    cases.bad("a backend that needs a loader", put("artifacts/linux-amd64/backend", program("linux-amd64-glibc-2.17")), str![[r#"
error: `artifacts/linux-amd64/backend` is not fit for linux/amd64: it is not static: it needs /lib64/ld-linux-x86-64.so.2, libc.so.6
  help: build it for a `-musl` triple, or take a base image that has what it needs

"#]]);
    cases.bad("a broken signature", put("artifacts/darwin-arm64/tool", spoiled("darwin-arm64", 0x1000)), str![[r#"
error: `artifacts/darwin-arm64/tool` is not fit for darwin/arm64: its signature is broken, and macOS kills such a program: the page at byte 0 is not the one that was signed
  help: sign it last, after anything that changes it: `codesign -f -s -` or `rcodesign sign`

"#]]);
    cases.bad("a folder", |p| {
        std::fs::remove_file(p.path("artifacts/linux-amd64/tool")).expect("removed");
        std::fs::create_dir(p.path("artifacts/linux-amd64/tool")).expect("made");
    }, str![[r#"
error: `artifacts/linux-amd64/tool` is not fit for linux/amd64: could not open `artifacts/linux-amd64/tool`: it is no regular file

"#]]);
    cases.bad("a pipe", |p| {
        std::fs::remove_file(p.path("artifacts/linux-amd64/tool")).expect("removed");
        pipe(p.path("artifacts/linux-amd64/tool"));
    }, str![[r#"
error: `artifacts/linux-amd64/tool` is not fit for linux/amd64: could not open `artifacts/linux-amd64/tool`: it is no regular file

"#]]);
}

#[test]
fn command_lines() {
    let mut cases = Cases::default();
    cases.words(
        "a subcommand that is none",
        2,
        &["pakcage"],
        str![[r#"
error: unrecognized subcommand 'pakcage'

  tip: a similar subcommand exists: 'package'

Usage: cargo dext [OPTIONS] <COMMAND>

For more information, try '--help'.

"#]],
    );
    cases.words(
        "artifacts of a build",
        2,
        &["package", "--artifacts", "artifacts"],
        str![[r#"
error: the following required arguments were not provided:
  --no-build

Usage: cargo dext package --artifacts <DIR> --no-build

For more information, try '--help'.

"#]],
    );
    cases.words(
        "no artifacts",
        2,
        &["package", "--no-build"],
        str![[r#"
error: the following required arguments were not provided:
  --artifacts <DIR>

Usage: cargo dext package --no-build --artifacts <DIR>

For more information, try '--help'.

"#]],
    );
    cases.words("a platform that is none", 2, &["package", "--platform", "linux/riscv64"], str![[r#"
error: invalid value 'linux/riscv64' for '--platform <PLATFORM>': `linux/riscv64` is not one of darwin, windows or linux on amd64 or arm64

For more information, try '--help'.

"#]]);
    cases.words(
        "an image for macOS",
        2,
        &[&PACKAGE[..], &["--platform", "darwin/arm64"]].concat(),
        str![[r#"
error: `--platform darwin/arm64`: extension images are Linux images
  help: use linux/amd64 or linux/arm64; `package --only` builds for one of the six platforms

"#]],
    );
    cases.words(
        "an archive of two images for docker",
        2,
        &[&PACKAGE[..], &["--archive", "x.tar", "--archive-format", "docker"]].concat(),
        str![[r#"
error: an archive for `docker load` holds the image of one CPU
  help: add `--platform linux/amd64` or `--platform linux/arm64`

"#]],
    );
    cases.words("artifacts that are not there", 1, &["package", "--no-build", "--artifacts", "elsewhere"], str![[r#"
error: there is no `tool` for darwin/amd64 among the artifacts
  --> looked for elsewhere/x86_64-apple-darwin/tool, elsewhere/darwin-amd64/tool, elsewhere/x86_64-apple-darwin/release/tool
  help: put it at one of these places, or build without `--no-build`

"#]]);
    cases.words(
        "no such Cargo.toml",
        101,
        &[&PACKAGE[..], &["--manifest-path", "elsewhere/Cargo.toml"]].concat(),
        str![[r#"
error: `cargo` failed (exit status: 101):
  error: manifest path `elsewhere/Cargo.toml` does not exist
  --> cargo metadata --format-version 1 --manifest-path elsewhere/Cargo.toml

"#]],
    );
    cases.words(
        "no such package",
        1,
        &[&PACKAGE[..], &["-p", "demos"]].concat(),
        str![[r#"
error: there is no package `demos` in this workspace
  help: did you mean `demo`?

"#]],
    );
    cases.refused(
        "no project",
        101,
        |p| p.pack([]).cwd(p.root()),
        str![[r#"
error: `cargo` failed (exit status: 101):
  error: could not find `Cargo.toml` in `[ROOT]` or any parent directory
  --> cargo metadata --format-version 1

"#]]
        .raw(),
    );
    cases.refused(
        "a time that is none",
        2,
        |p| p.pack([]).env("SOURCE_DATE_EPOCH", "yesterday"),
        str![[r#"
error: SOURCE_DATE_EPOCH is `yesterday`, which is no number of seconds since 1970
  help: unset it, or set it to e.g. `git log -1 --format=%ct`

"#]]
        .raw(),
    );
    cases.words(
        "an output that is a file",
        1,
        &[&PACKAGE[..], &["--output", "icon.svg"]].concat(),
        str![[r#"
   Packaging demo v1.2.3 ([ROOT]/project/icon.svg)
error: `[ROOT]/project/icon.svg` is no folder, so it is not replaced
  help: choose another output folder, or remove this one yourself

"#]],
    );
    cases.words(
        "an output that is somebody's folder",
        1,
        &[&PACKAGE[..], &["--output", "ui"]].concat(),
        str![[r#"
error: `[ROOT]/project/ui` holds `[ROOT]/project/ui`, which this run writes to
  --> package.metadata.extension.ui.source
  help: name a folder below it, or write elsewhere with `--output` and `--target-dir`

"#]],
    );
    cases.words(
        "an output that is the project",
        1,
        &[&PACKAGE[..], &["--output", "."]].concat(),
        str![[r#"
   Packaging demo v1.2.3 ([ROOT]/project/.)
error: `[ROOT]/project/.` is a folder with other things in it, so it is not replaced
  help: choose another output folder, or remove this one yourself

"#]],
    );
}
