//! `cross` and `cargo-xwin` as programs: recorded stand-ins on `PATH` write down how they are called and answer
//! as the real ones do. The real ones are never run here.

use std::path::{Path, PathBuf};

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::files;
use crate::support::prebuilt;
use crate::support::sandbox::{Dext, Sandbox};

/// A `cross` that writes its command line to `calls`, puts a small program where a container would, and prints
/// Cargo's message for it with the container's path.
const CROSS: &str = r#"
if [ "$1" = --version ]; then echo "cross $CROSS_VERSION"; pwd >> "$RECORD/version-asked-in"; exit 0; fi
{ echo "cross $*"; env | grep -E '^(SOURCE_DATE_EPOCH|CROSS_BUILD_ENV_PASSTHROUGH)=' | sort; } >> "$RECORD/calls"
while [ $# -gt 0 ]; do
  case "$1" in --target) triple=$2;; --target-dir) dir=$2;; --bin) bins="$bins $2";; esac
  shift
done
mkdir -p "$dir/$triple/release"
for bin in $bins; do
  cp "$PROGRAMS/$triple" "$dir/$triple/release/$bin"
  echo "{\"reason\":\"compiler-artifact\",\"package_id\":\"$PACKAGE_ID\",\"manifest_path\":\"/x/Cargo.toml\",\"target\":{\"kind\":[\"bin\"],\"crate_types\":[\"bin\"],\"name\":\"$bin\",\"src_path\":\"/x/main.rs\",\"edition\":\"2024\",\"doc\":true,\"doctest\":false,\"test\":true},\"profile\":{\"opt_level\":\"3\",\"debuginfo\":0,\"debug_assertions\":false,\"overflow_checks\":false,\"test\":false},\"features\":[],\"filenames\":[\"/target/$triple/release/$bin\"],\"executable\":\"/target/$triple/release/$bin\",\"fresh\":false}"
done
echo '{"reason":"build-finished","success":true}'
"#;

/// A project whose Linux binaries `cross` builds.
fn project() -> (Sandbox, PathBuf) {
    let project = prebuilt::project();
    project.append("Cargo.toml", "os = [\"linux\"]\n\n[package.metadata.extension.build]\nbuilder = \"cross\"\n");
    let programs = project.root().join("programs");
    for (triple, platform) in
        [("x86_64-unknown-linux-musl", "linux-amd64"), ("aarch64-unknown-linux-musl", "linux-arm64")]
    {
        files::write(&programs.join(triple), &files::read(&files::program(platform)));
        files::set_mode(&programs.join(triple), 0o755);
    }
    (project, programs)
}

/// A run that finds the stand-ins, and the folder they write to.
fn recorded<'a>(project: &'a Sandbox, programs: &Path, words: &[&str]) -> (Dext<'a>, PathBuf) {
    let record = project.root().join("record");
    std::fs::create_dir_all(&record).expect("a folder");
    let bin = project.stand_in("cross", CROSS);
    project.stand_in("rustup", "echo \"rustup ${RUSTUP_VERSION:-1.27.1} (x)\"\n");
    project.stand_in("docker", "exit ${ENGINE_DOWN:-0}\n");
    let id = format!("path+file://{}#demo@1.2.3", files::canonical(project.project()).display());
    let dext = project.dext(words).first_on_path(&bin);
    let dext = dext.env("RECORD", &record).env("PROGRAMS", programs).env("PACKAGE_ID", id);
    (dext.env("CROSS_VERSION", "0.2.5").env("CROSS_CONTAINER_ENGINE", "docker"), record)
}

#[test]
fn cross_builds_one_triple_a_call_and_its_paths_are_mapped_back() {
    let (project, programs) = project();
    let (dext, record) = recorded(&project, &programs, &["package", "--locked"]);
    dext.run().success();
    let calls = String::from_utf8(files::read(&record.join("calls"))).expect("text");
    let calls = calls.replace(&*files::canonical(project.root()).to_string_lossy(), "[ROOT]");
    assert_data_eq!(
        calls,
        str![[r#"
cross build --message-format=json-render-diagnostics --keep-going --profile release --target x86_64-unknown-linux-musl --package demo --bin backend --bin tool --target-dir [ROOT]/project/target/dext/cross --locked
CROSS_BUILD_ENV_PASSTHROUGH=SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=0
cross build --message-format=json-render-diagnostics --keep-going --profile release --target aarch64-unknown-linux-musl --package demo --bin backend --bin tool --target-dir [ROOT]/project/target/dext/cross --locked
CROSS_BUILD_ENV_PASSTHROUGH=SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=0

"#]]
        .raw()
    );
    // The version was asked for in an empty folder: in a project cross 0.2.5 may change the toolchain.
    let asked_in = String::from_utf8(files::read(&record.join("version-asked-in"))).expect("text");
    assert!(!asked_in.contains("/project"), "{asked_in}");
}

#[test]
fn the_cross_that_updates_toolchains_is_refused() {
    let (project, programs) = project();
    let (dext, record) = recorded(&project, &programs, &["package"]);
    let outcome = dext.env("RUSTUP_VERSION", "1.28.2").run().failure(1);
    assert!(outcome.told().contains("cross#1678"), "{}", outcome.told());
    assert!(!record.join("calls").exists(), "nothing was built");
}

#[test]
fn an_engine_that_is_down_is_told_before_anything_is_built() {
    let (project, programs) = project();
    let (dext, record) = recorded(&project, &programs, &["package"]);
    let outcome = dext.env("ENGINE_DOWN", "1").run().failure(1);
    assert!(outcome.told().contains("`docker info` fails: the engine is not running"), "{}", outcome.told());
    assert!(!record.join("calls").exists(), "nothing was built");
}

#[test]
fn platforms_without_an_image_of_cross_are_refused() {
    let project = prebuilt::project();
    let outcome = project.dext(["package", "--builder", "cross"]).run().failure(1);
    assert_data_eq!(
        outcome.told(),
        str![[r#"
error: the builder `cross` cannot build darwin/amd64 (x86_64-apple-darwin): cross has no image for Apple's systems and silently falls back to cargo on the host
  --> from --builder
  help: use `builder = "zig"` for this platform

"#]]
        .raw()
    );
}

#[test]
fn xwin_asks_for_consent_and_builds_one_cpu_a_call() {
    let project = prebuilt::project();
    project.append(
        "Cargo.toml",
        "os = [\"windows\"]\n\n[package.metadata.extension.build]\n\
         triple = { windows-amd64 = \"x86_64-pc-windows-msvc\", windows-arm64 = \"aarch64-pc-windows-msvc\" }\n",
    );
    let plan = project.run(["package", "--dry-run", "--only", "windows/amd64,windows/arm64"]);
    assert!(plan.answer().contains("xwin: the triple needs Microsoft's SDK"), "{}", plan.answer());
    let outcome = project.dext(["package", "--only", "windows/amd64"]).run().failure(1);
    for line in ["the standard library for x86_64-pc-windows-msvc", "`cargo-xwin`", "XWIN_ACCEPT_LICENSE=1"] {
        assert!(outcome.told().contains(line), "{line} in {}", outcome.told());
    }
}
