//! Builders that are programs of others: `cross` and `cargo-xwin`, played by scripts that write down how they
//! are called and hand out a program of the fixtures. The real `cross` is never run: it may change the user's
//! toolchain.

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::files;
use crate::support::prebuilt;
use crate::support::sandbox::{Dext, Sandbox};

/// Plays a builder: `$1` of its own words is its name, `PRINTED` where its messages say that the target folder is.
const BUILDER: &str = r#"
if [ "$1" = "--version" ]; then echo "$VERSION"; exit 0; fi
{
    echo "$(basename "$0") $*"
    echo "in $(pwd)"
    env | grep -E '^(CARGO_ENCODED_RUSTFLAGS|CROSS_|MACOSX_|RUSTFLAGS|SOURCE_DATE_EPOCH|XWIN_)' | sort
} >> "$RECORD"
bins=
while [ $# -gt 0 ]; do
    case "$1" in
        --target) target=$2 ;;
        --target-dir) folder=$2 ;;
        --bin) bins="$bins $2" ;;
    esac
    shift
done
case "$target" in *windows*) exe=.exe ;; *) exe= ;; esac
mkdir -p "$folder/$target/release"
for bin in $bins; do
    cp "$PROGRAMS/$target" "$folder/$target/release/$bin$exe"
    printed="${PRINTED:-$folder}/$target/release/$bin$exe"
    printf '{"reason":"compiler-artifact","package_id":"%s","manifest_path":"/Cargo.toml","target":{"kind":["bin"],"crate_types":["bin"],"name":"%s","src_path":"/main.rs","edition":"2024","doc":true,"doctest":false,"test":true},"profile":{"opt_level":"3","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false},"features":[],"filenames":["%s"],"executable":"%s","fresh":false}\n' \
        "$PACKAGE_ID" "$bin" "$printed" "$printed"
done
echo '{"reason":"build-finished","success":true}'
"#;

/// A project whose builders, container engine and rustup are scripts.
struct Stage {
    project: Sandbox,
}

impl Stage {
    fn new() -> Self {
        let project = prebuilt::project();
        project.stand_in("cross", BUILDER);
        project.stand_in("cargo-xwin", BUILDER);
        project.stand_in("clang-cl", "exit 0\n");
        project.stand_in("rustup", "echo 'rustup 1.28.2 (d1f31992a 2025-04-28)'\n");
        project.stand_in("docker", "test \"$1\" = info && echo ID\n");
        let programs = [
            ("x86_64-unknown-linux-musl", "linux-amd64"),
            ("aarch64-unknown-linux-musl", "linux-arm64"),
            ("x86_64-pc-windows-gnu", "windows-amd64"),
            ("x86_64-pc-windows-msvc", "windows-amd64"),
            ("aarch64-pc-windows-msvc", "windows-arm64"),
        ];
        for (triple, platform) in programs {
            files::write(&project.root().join("programs").join(triple), &files::read(&files::program(platform)));
        }
        Stage { project }
    }

    /// `package` and further words, with `cross` built from its repository.
    fn package<'a>(&'a self, words: &[&'a str]) -> Dext<'a> {
        let root = files::canonical(self.project.root());
        let id = format!("path+file://{}#demo@1.2.3", files::canonical(self.project.project()).display());
        let words = ["package", "--message-format", "json"].into_iter().chain(words.iter().copied());
        self.project
            .dext(words)
            .first_on_path(&root.join("bin"))
            .env("RECORD", root.join("record"))
            .env("PROGRAMS", root.join("programs"))
            .env("PACKAGE_ID", id)
            .env("VERSION", "cross 0.2.5 (49cd054 2026-08-19)")
    }

    /// How the builders were called.
    fn record(&self) -> String {
        let text = std::fs::read_to_string(self.project.root().join("record")).unwrap_or_default();
        self.project.redactions().apply(&text.replace('\u{1f}', " "))
    }
}

#[test]
fn cross_gets_one_triple_at_a_time_and_its_paths_are_mapped_back() {
    let stage = Stage::new();
    let words = ["--builder", "cross", "--only", "linux/amd64,linux/arm64", "--locked", "-j2", "-F", "fancy"];
    let outcome = stage.package(&words).env("PRINTED", "/target").run().success();
    assert_data_eq!(stage.record(), str![[r#"
cross build --message-format=json-render-diagnostics --keep-going --profile release --target x86_64-unknown-linux-musl --package demo --bin backend --bin tool --features fancy --target-dir [ROOT]/project/target/dext/cross --locked --jobs 2
in [ROOT]/project
CARGO_ENCODED_RUSTFLAGS=--remap-path-prefix=[CARGO_HOME]=/cargo --remap-path-prefix=[ROOT]/project=/src
CROSS_BUILD_ENV_PASSTHROUGH=SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=0
cross build --message-format=json-render-diagnostics --keep-going --profile release --target aarch64-unknown-linux-musl --package demo --bin backend --bin tool --features fancy --target-dir [ROOT]/project/target/dext/cross --locked --jobs 2
in [ROOT]/project
CARGO_ENCODED_RUSTFLAGS=--remap-path-prefix=[CARGO_HOME]=/cargo --remap-path-prefix=[ROOT]/project=/src
CROSS_BUILD_ENV_PASSTHROUGH=SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=0

"#]].raw());
    let paths: Vec<String> = outcome
        .json()
        .iter()
        .filter(|message| message["reason"] == "dext-artifact")
        .map(|message| format!("{} {}\n", message["platform"], message["path"]))
        .collect();
    assert_data_eq!(
        stage.project.redactions().apply(&paths.concat()),
        str![[r#"
"linux/amd64" "[ROOT]/project/target/dext/cross/x86_64-unknown-linux-musl/release/backend"
"linux/arm64" "[ROOT]/project/target/dext/cross/aarch64-unknown-linux-musl/release/backend"
"linux/amd64" "[ROOT]/project/target/dext/cross/x86_64-unknown-linux-musl/release/tool"
"linux/arm64" "[ROOT]/project/target/dext/cross/aarch64-unknown-linux-musl/release/tool"

"#]]
        .raw()
    );
}

#[test]
fn cross_builds_the_image_with_the_others() {
    let stage = Stage::new();
    let build = r#"
[package.metadata.extension.build]
builder = { linux-amd64 = "cross", linux-arm64 = "cross" }
"#;
    stage.project.append("Cargo.toml", build);
    stage.project.edit("Cargo.toml", "bin = \"tool\"", "bin = \"tool\"\nos = [\"linux\"]");
    stage.package(&[]).env("PRINTED", "/target").run().success();
    assert!(stage.project.layout("demo").join("index.json").exists());
}

#[test]
fn xwin_gets_one_triple_at_a_time() {
    let stage = Stage::new();
    let build = r#"
[package.metadata.extension.build]
triple = { windows-amd64 = "x86_64-pc-windows-msvc", windows-arm64 = "aarch64-pc-windows-msvc" }
"#;
    stage.project.append("Cargo.toml", build);
    // A rustc that has the standard libraries of these triples, as far as anybody looks.
    let sysroot = files::canonical(stage.project.root()).join("sysroot");
    for triple in ["x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc"] {
        files::write(&sysroot.join("lib/rustlib").join(triple).join("lib/libstd-0.rlib"), b"");
    }
    stage.project.stand_in(
        "rustc",
        "case \"$*\" in '--print sysroot') echo \"$SYSROOT\" ;; *) exec \"$RUSTC\" \"$@\" ;; esac\n",
    );
    let rustc = crate::support::judges::on_path("rustc").expect("there is a rustc");
    let words = ["--only", "windows/amd64,windows/arm64"];
    let dext = stage.package(&words).env("SYSROOT", sysroot).env("XWIN_ACCEPT_LICENSE", "1");
    // `RUSTC` would name the compiler to the program too, so the stand-in has it written into it.
    let script = files::read(&stage.project.root().join("bin/rustc"));
    let script = String::from_utf8(script).expect("text").replace("$RUSTC", &rustc.display().to_string());
    files::write(&stage.project.root().join("bin/rustc"), script.as_bytes());
    dext.run().success();
    assert_data_eq!(stage.record(), str![[r#"
cargo-xwin xwin build --message-format=json-render-diagnostics --keep-going --profile release --target x86_64-pc-windows-msvc --package demo --bin tool --target-dir [ROOT]/project/target/dext/xwin
in [ROOT]/project
CARGO_ENCODED_RUSTFLAGS=--remap-path-prefix=[CARGO_HOME]=/cargo --remap-path-prefix=[ROOT]/project=/src -Ctarget-feature=+crt-static
SOURCE_DATE_EPOCH=0
XWIN_ACCEPT_LICENSE=1
cargo-xwin xwin build --message-format=json-render-diagnostics --keep-going --profile release --target aarch64-pc-windows-msvc --package demo --bin tool --target-dir [ROOT]/project/target/dext/xwin
in [ROOT]/project
CARGO_ENCODED_RUSTFLAGS=--remap-path-prefix=[CARGO_HOME]=/cargo --remap-path-prefix=[ROOT]/project=/src -Ctarget-feature=+crt-static
SOURCE_DATE_EPOCH=0
XWIN_ACCEPT_LICENSE=1

"#]].raw());
}

#[test]
fn what_would_go_wrong_is_refused_before_anything_runs() {
    let linux = ["--builder", "cross", "--only", "linux/amd64"];
    let stage = Stage::new();
    let refused = |dext: Dext<'_>| dext.run().failure(1).told();

    // cross#1678: this pair adds the active toolchain again, and updates it on the way.
    let told = refused(stage.package(&linux).env("VERSION", "cross 0.2.5"));
    assert_data_eq!(
        told,
        str![[r#"
error: one thing is missing on this machine:
  - a cross that leaves your toolchain alone: 0.2.5 with rustup 1.28.2 updates it on every run (cross#1678)
      cargo install cross --git https://github.com/cross-rs/cross

"#]]
        .raw()
    );

    let told = refused(stage.package(&["--builder", "cross", "--only", "darwin/arm64"]));
    assert_data_eq!(told, str![[r#"
error: the builder `cross` cannot build darwin/arm64 (aarch64-apple-darwin): cross has no image for Apple's systems and silently falls back to cargo on the host
  --> from --builder
  help: use `builder = "zig"` for this platform

"#]].raw());

    let told = refused(stage.package(&["--builder", "cross", "--only", "windows/amd64"]));
    assert_data_eq!(told, str![[r#"
error: the builder `cross` cannot build windows/amd64 (x86_64-pc-windows-gnullvm): cross has no image for x86_64-pc-windows-gnullvm
  --> from --builder
  help: set the triple to `x86_64-pc-windows-gnu`, or use zig

"#]].raw());

    stage.project.stand_in("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1\n");
    let told = refused(stage.package(&linux));
    assert_data_eq!(
        told,
        str![[r#"
error: one thing is missing on this machine:
  - a container engine for cross: `docker info` fails: the engine is not running
      start Docker Desktop or the engine's service

"#]]
        .raw()
    );
    assert_eq!(stage.record(), "");
}

#[test]
fn cross_is_asked_for_its_version_in_an_empty_folder() {
    let stage = Stage::new();
    // In a project, `cross --version` may rewrite the user's toolchain.
    stage.project.stand_in("cross", "ls -A > \"$RECORD\"; pwd >> \"$RECORD\"; echo 'cross 0.2.5'\n");
    stage.package(&["--builder", "cross", "--only", "linux/amd64"]).run().failure(1);
    let record = stage.record();
    assert_eq!(record.lines().count(), 1, "the folder is empty: {record}");
    assert!(!record.contains("[ROOT]"), "it is no folder of the project: {record}");
}

#[test]
fn a_builder_that_fails_is_named_with_its_exit_code() {
    let stage = Stage::new();
    let script = "test \"$1\" = --version && { echo \"$VERSION\"; exit; }\necho 'error: no such image' >&2\nexit 125\n";
    stage.project.stand_in("cross", script);
    let told = stage.package(&["--builder", "cross", "--only", "linux/amd64"]).run().failure(101).told();
    assert_data_eq!(
        told,
        str![[r#"
    Building backend, tool for x86_64-unknown-linux-musl with cross
error: no such image
error: could not compile x86_64-unknown-linux-musl
  --> cargo's exit code was 125
  help: read cargo's messages above

"#]]
        .raw()
    );
}
