//! The sample extension, built and packaged for all six platforms for real, and looked at from outside.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use snapbox::{IntoData, assert_data_eq, str};

use crate::support::daemon::Daemon;
use crate::support::headers::{MachO, Pe, Program, Signature};
use crate::support::judges::{self, judge};
use crate::support::oci::Layout;
use crate::support::sandbox::{Outcome, Sandbox};
use crate::support::{files, toolchain, wine};

/// The sample as it was packaged in this run.
pub struct Sample {
    /// Where.
    pub sandbox: Sandbox,
    /// What the program said.
    pub outcome: Outcome,
    /// What it made.
    pub layout: Layout,
}

/// Packages the sample once for all tests of this run; `None` where it cannot be compiled.
#[track_caller]
pub fn sample() -> Option<&'static Sample> {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    toolchain::is_there().then(|| {
        SAMPLE.get_or_init(|| {
            // Tests may run in several processes, and they share this folder.
            let lock = std::fs::File::create(files::shared_temp("sample").join("lock")).expect("the lock can be made");
            lock.lock().expect("the lock can be taken");
            let sandbox = Sandbox::kept("sample");
            files::copy_tree(&files::fixture("sample"), sandbox.project());
            let outcome = sandbox.run(["package", "--message-format", "json"]);
            let layout = Layout::read(&sandbox.layout("disk-usage")).expect("the layout is whole");
            Sample { sandbox, outcome, layout }
        })
    })
}

impl Sample {
    /// Writes a file of an image to a folder, as an executable.
    pub fn take(&self, platform: &str, path: &str, folder: &Path) -> std::path::PathBuf {
        let image = self.layout.image(platform);
        let dest = folder.join(path.rsplit('/').next().expect("a name"));
        files::write_program(&dest, &image.files()[path].bytes);
        dest
    }
}

#[test]
fn paths_modes_owners_and_times() {
    let Some(sample) = sample() else { return };
    for image in &sample.layout.images {
        let mut listing = String::new();
        for layer in &image.layers {
            listing += &format!("{}\n", layer.created_by);
            for entry in &layer.entries {
                let (mode, uid, gid) = entry.owner;
                let slash = if entry.is_dir { "/" } else { "" };
                assert_eq!(entry.names, (String::new(), String::new()), "{}", entry.path);
                listing += &format!("  {mode:04o} {uid}:{gid} {} {}{slash}\n", entry.mtime, entry.path);
            }
        }
        assert_data_eq!(
            listing,
            str![[r#"
cargo dext: shared
  0644 0:0 0 icon.svg
  0644 0:0 0 metadata.json
  0755 0:0 0 ui/
  0755 0:0 0 ui/assets/
  0644 0:0 0 ui/assets/style.css
  0644 0:0 0 ui/index.html
cargo dext: backend disk-usage-backend
  0755 0:0 0 disk-usage-backend
cargo dext: host dutool darwin
  0755 0:0 0 darwin/
  0755 0:0 0 darwin/dutool
cargo dext: host dutool windows
  0755 0:0 0 windows/
  0755 0:0 0 windows/dutool.exe
cargo dext: host dutool linux
  0755 0:0 0 linux/
  0755 0:0 0 linux/dutool

"#]]
            .raw()
        );
    }
}

#[test]
fn metadata_json() {
    let Some(sample) = sample() else { return };
    let files = sample.layout.images[0].files();
    let text = String::from_utf8(files["metadata.json"].bytes.clone()).expect("metadata.json is text");
    assert_data_eq!(
        text,
        str![[r#"
{
  "icon": "icon.svg",
  "vm": {
    "image": "${DESKTOP_PLUGIN_IMAGE}",
    "exposes": {
      "socket": "backend.sock"
    }
  },
  "ui": {
    "dashboard-tab": {
      "title": "Disk Usage",
      "root": "ui",
      "src": "index.html"
    }
  },
  "host": {
    "binaries": [
      {
        "darwin": [
          {
            "path": "/darwin/dutool"
          }
        ],
        "windows": [
          {
            "path": "/windows/dutool.exe"
          }
        ],
        "linux": [
          {
            "path": "/linux/dutool"
          }
        ]
      }
    ]
  }
}

"#]]
        .raw()
    );
}

#[test]
fn configs_are_equal_but_for_the_cpu() {
    let Some(sample) = sample() else { return };
    let image = sample.layout.image("linux/amd64");
    assert_eq!(image.config["config"], sample.layout.image("linux/arm64").config["config"]);
    let config = json!({ "created": image.config["created"], "config": image.config["config"] });
    assert_data_eq!(
        format!("{}\n", serde_json::to_string_pretty(&config).expect("JSON")),
        str![[r#"
{
  "config": {
    "Cmd": [
      "--socket",
      "/run/guest-services/backend.sock"
    ],
    "Entrypoint": [
      "/disk-usage-backend"
    ],
    "Labels": {
      "com.docker.desktop.extension.api.version": ">= 0.3.4",
      "com.docker.desktop.extension.icon": "https://example.com/icon.svg",
      "com.docker.extension.additional-urls": "[{\"title\":\"Support\",\"url\":\"https://example.com/support\"}]",
      "com.docker.extension.categories": "utility-tools",
      "com.docker.extension.changelog": "<ul><li>First version.</li></ul>",
      "com.docker.extension.detailed-description": "Shows which folders fill your disk.",
      "com.docker.extension.publisher-url": "https://example.com",
      "com.docker.extension.screenshots": "[{\"alt\":\"Main view\",\"url\":\"https://example.com/1.png\"}]",
      "org.opencontainers.image.description": "See what fills your disk",
      "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
      "org.opencontainers.image.source": "https://example.com/disk-usage",
      "org.opencontainers.image.title": "Disk Usage",
      "org.opencontainers.image.vendor": "Example Ltd",
      "org.opencontainers.image.version": "0.1.0"
    }
  },
  "created": "1970-01-01T00:00:00Z"
}

"#]]
        .raw()
    );
}

#[test]
fn one_layer_is_shared_and_every_binary_has_its_own() {
    let Some(sample) = sample() else { return };
    let [amd64, arm64] = sample.layout.images.as_slice() else { panic!("two images") };
    assert_eq!((amd64.platform.as_str(), arm64.platform.as_str()), ("linux/amd64", "linux/arm64"));
    for path in ["metadata.json", "icon.svg", "ui/index.html", "ui/assets/style.css"] {
        assert_eq!(amd64.layer_of(path).digest, arm64.layer_of(path).digest, "{path}");
    }
    for path in ["disk-usage-backend", "darwin/dutool", "linux/dutool", "windows/dutool.exe"] {
        assert_ne!(amd64.layer_of(path).digest, arm64.layer_of(path).digest, "{path}");
        for image in [amd64, arm64] {
            let files = image.layer_of(path).entries.iter().filter(|entry| !entry.is_dir);
            assert_eq!(files.count(), 1, "{path} is alone in its layer of {}", image.platform);
        }
    }
    assert_eq!(amd64.layers.len(), 5);
}

#[test]
fn the_index_names_two_platforms_and_nothing_else() {
    let Some(sample) = sample() else { return };
    let layout = &sample.layout;
    let platforms: Vec<&Value> =
        layout.index["manifests"].as_array().expect("a list").iter().map(|manifest| &manifest["platform"]).collect();
    assert_eq!(
        platforms,
        [&json!({"architecture": "amd64", "os": "linux"}), &json!({"architecture": "arm64", "os": "linux"})]
    );
    assert_eq!(layout.index["mediaType"], "application/vnd.oci.image.index.v1+json");
    assert_eq!(layout.descriptor["annotations"]["org.opencontainers.image.ref.name"], "0.1.0");
}

#[test]
fn every_binary_is_for_its_platform() {
    let Some(sample) = sample() else { return };
    let binaries = [
        ("disk-usage-backend", "linux"),
        ("linux/dutool", "linux"),
        ("darwin/dutool", "darwin"),
        ("windows/dutool.exe", "windows"),
    ];
    for image in &sample.layout.images {
        let cpu = image.platform.strip_prefix("linux/").expect("a Linux image");
        for (path, os) in binaries {
            let bytes = &image.files()[path].bytes;
            let program = Program::read(bytes).unwrap_or_else(|| panic!("{path} is a program"));
            assert_eq!(program.platform(), format!("{os}/{cpu}"), "{path}");
            match program {
                Program::Elf(elf) => assert!(elf.is_static, "{path} needs a loader or libraries"),
                Program::MachO(macho) => runs_on_every_mac(path, &macho),
                Program::Pe(pe) => runs_on_every_windows(path, &pe),
            }
            let home = files::cargo_home();
            for folder in [sample.sandbox.project(), home.as_path()] {
                let folder = folder.to_str().expect("Unicode").as_bytes();
                let leaks = bytes.windows(folder.len()).any(|window| window == folder);
                assert!(!leaks, "{path} for {cpu} names a folder of this machine");
            }
        }
    }
}

fn runs_on_every_mac(path: &str, macho: &MachO) {
    assert_eq!(macho.minos, (11, 0), "{path}");
    assert_eq!(macho.dylibs, ["/usr/lib/libSystem.B.dylib"], "{path}");
    // arm64 kills a program without a valid signature; Intel runs it.
    let wanted = if macho.cpu == "arm64" { Signature::Whole } else { Signature::None };
    assert_eq!(macho.signature, wanted, "{path} for {}", macho.cpu);
}

fn runs_on_every_windows(path: &str, pe: &Pe) {
    assert!(pe.is_console, "{path}");
    let of_windows = |name: &str| {
        let name = name.to_lowercase();
        name.starts_with("api-ms-win-")
            || ["kernel32.dll", "ntdll.dll", "bcryptprimitives.dll"].contains(&name.as_str())
    };
    let strange: Vec<&String> = pe.imports.iter().filter(|name| !of_windows(name)).collect();
    assert!(strange.is_empty(), "{path} for {} imports {strange:?}", pe.cpu);
}

#[test]
fn linux_amd64_runs() {
    let Some(sample) = sample() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let dutool = sample.take("linux/amd64", "linux/dutool", folder.path());
    assert_eq!(judges::accept(&dutool, ["1", "2", "39"]), "linux/x86_64 sum 42\n");
    let backend = sample.take("linux/amd64", "disk-usage-backend", folder.path());
    assert_eq!(health(&mut Command::new(backend), folder.path()), r#"{"arch":"x86_64"}"#);
}

#[test]
fn linux_arm64_runs_under_qemu() {
    let Some(sample) = sample() else { return };
    let Some(qemu) = judge("qemu-aarch64-static") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let dutool = sample.take("linux/arm64", "linux/dutool", folder.path());
    assert_eq!(judges::accept(&qemu, [dutool.as_os_str(), "1".as_ref(), "41".as_ref()]), "linux/aarch64 sum 42\n");
    let backend = sample.take("linux/arm64", "disk-usage-backend", folder.path());
    assert_eq!(health(Command::new(qemu).arg(backend), folder.path()), r#"{"arch":"aarch64"}"#);
}

#[test]
fn windows_amd64_runs_under_wine() {
    let Some(sample) = sample() else { return };
    let Some(wine) = wine::Wine::find() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let dutool = sample.take("linux/amd64", "windows/dutool.exe", folder.path());
    assert_eq!(wine.run(&dutool, &["2", "40"]).trim_end(), "windows/x86_64 sum 42");
}

/// Starts a backend with a socket in `folder` and asks how it is.
fn health(backend: &mut Command, folder: &Path) -> String {
    let socket = folder.join("backend.sock");
    let mut server = Daemon::start(backend.arg("--socket").arg(&socket), folder.join("backend.log"));
    server.ready("the backend", || ask_health(&socket))
}

/// The body of the answer to `GET /health` over a Unix socket; `None` if nobody listens yet.
pub fn ask_health(socket: &Path) -> Option<String> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{answer}");
    Some(body.to_owned())
}
