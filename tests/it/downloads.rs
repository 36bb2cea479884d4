//! Programs of others, by URL and hash: the kubectl example of Docker's manual on multi-arch extensions, where
//! Kubernetes has no program for Windows on Arm.

use std::collections::BTreeMap;

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::files;
use crate::support::http::Server;
use crate::support::oci::Layout;
use crate::support::prebuilt;
use crate::support::sandbox::{Outcome, Sandbox};

/// The platforms that the server has a program for.
const THERE: [&str; 5] = ["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "windows-amd64"];

fn path(platform: &str) -> String {
    let exe = if platform.starts_with("windows") { ".exe" } else { "" };
    format!("/release/v1.31.0/bin/{}/kubectl{exe}", platform.replace('-', "/"))
}

fn server() -> Server {
    Server::start(THERE.map(|platform| (path(platform), files::read(&files::program(platform)))).into())
}

/// The prebuilt extension with kubectl beside its own tool.
fn project(server: &Server) -> Sandbox {
    let project = prebuilt::project();
    let hash = |platform: &str| files::sha256(&files::read(&files::program(platform))).replace("sha256:", "");
    let hashes = THERE.map(|platform| format!("{platform} = \"{}\"", hash(platform))).join(", ");
    let table = format!(
        r#"
[[package.metadata.extension.host]]
name = "kubectl"
url = "{}/release/v1.31.0/bin/{{os}}/{{arch}}/kubectl{{exe}}"
sha256 = {{ {hashes} }}
fallback = {{ windows-arm64 = "windows-amd64" }}
"#,
        server.url
    );
    project.append("Cargo.toml", &table);
    project
}

fn told(outcome: &Outcome, server: &Server) -> String {
    outcome.told().replace(&server.url, "[SERVER]")
}

#[test]
fn kubectl_lands_in_both_images() {
    let server = server();
    let project = project(&server);
    let outcome = project.pack([]).run().success();
    assert_data_eq!(
        told(&outcome, &server),
        str![[r#"
warning: windows/arm64 gets the windows/amd64 build of `kubectl` (fallback in Cargo.toml)
 Downloading kubectl for darwin/amd64 ([SERVER]/release/v1.31.0/bin/darwin/amd64/kubectl)
 Downloading kubectl for darwin/arm64 ([SERVER]/release/v1.31.0/bin/darwin/arm64/kubectl)
 Downloading kubectl for windows/amd64 ([SERVER]/release/v1.31.0/bin/windows/amd64/kubectl.exe)
 Downloading kubectl for linux/amd64 ([SERVER]/release/v1.31.0/bin/linux/amd64/kubectl)
 Downloading kubectl for linux/arm64 ([SERVER]/release/v1.31.0/bin/linux/arm64/kubectl)
   Packaging demo v1.2.3 ([ROOT]/project/target/dext/demo)
warning: the Windows program `/windows/kubectl.exe` is for windows/amd64 only [W14] (metadata.json: host.binaries[1].windows[0].path, layer host kubectl windows-amd64 (linux/arm64))
  help: build it for windows/arm64 too; see `host` in [package.metadata.extension]
    Packaged linux/amd64 sha256:[DIGEST] ([SIZE])
    Packaged linux/arm64 sha256:[DIGEST] ([SIZE])
    Finished example/demo:1.2.3 sha256:[DIGEST] in [TIME]

"#]]
        .raw()
    );
    let layout = Layout::read(&project.layout("demo")).expect("the layout is whole");
    let wanted: BTreeMap<(&str, &str), &str> = BTreeMap::from([
        (("linux/amd64", "darwin/kubectl"), "darwin-amd64"),
        (("linux/amd64", "linux/kubectl"), "linux-amd64"),
        (("linux/amd64", "windows/kubectl.exe"), "windows-amd64"),
        (("linux/arm64", "darwin/kubectl"), "darwin-arm64"),
        (("linux/arm64", "linux/kubectl"), "linux-arm64"),
        (("linux/arm64", "windows/kubectl.exe"), "windows-amd64"),
    ]);
    for ((image, path), platform) in wanted {
        let entry = layout.image(image).files()[path];
        assert!(entry.bytes == files::read(&files::program(platform)), "{path} of {image}");
        assert_eq!(entry.owner.0, 0o755, "{path} of {image}");
    }
    assert_eq!(
        layout.image("linux/amd64").layer_of("windows/kubectl.exe").digest,
        layout.image("linux/arm64").layer_of("windows/kubectl.exe").digest,
        "one file for both is one layer"
    );
    assert_eq!(server.requests().len(), 5, "each file is fetched once");
    project.pack(["--offline"]).run().success();
    assert_eq!(server.requests(), [""; 0], "the second run has them");
}

#[test]
fn a_broken_download_goes_on_where_it_stopped() {
    let server = server();
    let project = project(&server);
    server.break_off_at(1000);
    let outcome = project.pack([]).run().success();
    assert!(told(&outcome, &server).contains("broke off (5 tries left)"), "{}", outcome.told());
    let first = path("darwin-amd64");
    assert_eq!(server.requests()[..2], [first.clone(), format!("{first} from 1000")]);
}

#[test]
fn other_bytes_are_not_taken() {
    let server = server();
    let project = project(&server);
    server.put(&path("linux-arm64"), b"something else");
    let outcome = project.pack([]).run().failure(1);
    assert_data_eq!(
        told(&outcome, &server),
        str![[r#"
warning: windows/arm64 gets the windows/amd64 build of `kubectl` (fallback in Cargo.toml)
 Downloading kubectl for darwin/amd64 ([SERVER]/release/v1.31.0/bin/darwin/amd64/kubectl)
 Downloading kubectl for darwin/arm64 ([SERVER]/release/v1.31.0/bin/darwin/arm64/kubectl)
 Downloading kubectl for windows/amd64 ([SERVER]/release/v1.31.0/bin/windows/amd64/kubectl.exe)
 Downloading kubectl for linux/amd64 ([SERVER]/release/v1.31.0/bin/linux/amd64/kubectl)
 Downloading kubectl for linux/arm64 ([SERVER]/release/v1.31.0/bin/linux/arm64/kubectl)
error: the file has the hash sha256:[DIGEST], the manifest says sha256:[DIGEST]
  --> [SERVER]/release/v1.31.0/bin/linux/arm64/kubectl
  help: check with the publisher which hash is right; if the file was replaced on purpose, change `sha256`

"#]]
        .raw()
    );
    assert!(!project.layout("demo").exists());
}

#[test]
fn a_missing_file_is_named() {
    let server = server();
    let project = project(&server);
    project.edit("Cargo.toml", "v1.31.0", "v1.31.1");
    let outcome = project.pack([]).run().failure(3);
    assert_data_eq!(
        told(&outcome, &server),
        str![[r#"
warning: windows/arm64 gets the windows/amd64 build of `kubectl` (fallback in Cargo.toml)
 Downloading kubectl for darwin/amd64 ([SERVER]/release/v1.31.1/bin/darwin/amd64/kubectl)
error: the server answered 404 Not Found
  --> [SERVER]/release/v1.31.1/bin/darwin/amd64/kubectl
  help: check the `url`, and that it exists for each platform

"#]]
        .raw()
    );
}

#[test]
fn without_the_network_it_says_what_it_lacks() {
    let server = server();
    let outcome = project(&server).pack(["--offline"]).run().failure(1);
    assert_data_eq!(
        told(&outcome, &server),
        str![[r#"
warning: windows/arm64 gets the windows/amd64 build of `kubectl` (fallback in Cargo.toml)
error: kubectl for darwin/amd64 is not in the cache, and the network is off limits (`--offline`)
  --> [SERVER]/release/v1.31.0/bin/darwin/amd64/kubectl
  help: run once without `--offline`

"#]]
        .raw()
    );
    assert_eq!(server.requests(), [""; 0]);
}

#[test]
fn a_damaged_cache_is_not_trusted() {
    let server = server();
    let project = project(&server);
    project.pack([]).run().success();
    let cached = project.root().join("cache");
    let file =
        files::fingerprint(&cached).into_keys().find(|path| path.parent().is_some_and(|p| p.ends_with("sha256")));
    files::write(&cached.join(file.expect("a file is in the cache")), b"spoiled");
    server.requests();
    let outcome = project.pack([]).run().success();
    assert!(outcome.told().contains("damaged"), "{}", outcome.told());
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_program_for_another_machine_is_not_packed() {
    let server = server();
    let project = project(&server);
    // The right bytes by their hash, and the wrong ones for the platform.
    let (intel, arm) = (files::program("darwin-amd64"), files::program("darwin-arm64"));
    let hash = |path| files::sha256(&files::read(path)).replace("sha256:", "");
    project.edit("Cargo.toml", &hash(&arm), &hash(&intel));
    server.put(&path("darwin-arm64"), &files::read(&intel));
    let outcome = project.pack([]).run().failure(1);
    assert_data_eq!(told(&outcome, &server), str![[r#"
warning: windows/arm64 gets the windows/amd64 build of `kubectl` (fallback in Cargo.toml)
 Downloading kubectl for darwin/amd64 ([SERVER]/release/v1.31.0/bin/darwin/amd64/kubectl)
 Downloading kubectl for windows/amd64 ([SERVER]/release/v1.31.0/bin/windows/amd64/kubectl.exe)
 Downloading kubectl for linux/amd64 ([SERVER]/release/v1.31.0/bin/linux/amd64/kubectl)
 Downloading kubectl for linux/arm64 ([SERVER]/release/v1.31.0/bin/linux/arm64/kubectl)
error: `[ROOT]/cache/downloads/sha256/8369c99b68aae1f8e7fb4085cb604f1d2faac1111c08c0f77979356441f96fe9` is not fit for darwin/arm64: it is a Mach-O for darwin/amd64; darwin/arm64 is needed
  help: check which platform the file was built or downloaded for

"#]].raw());
}
