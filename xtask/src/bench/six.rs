//! Building for six targets: one `cargo dext package`, packaging included, against six `cargo zigbuild` in a row.

use std::path::{Path, PathBuf};

use super::Desk;
use super::harness::{Contender, Row, seconds, take_turns};
use super::inputs::clear;
use crate::Result;
use crate::command::Cmd;

/// The release of cargo-zigbuild that `cargo dext` itself links with.
const ZIGBUILD: &str = "0.24.1";

/// Targets, and the packages that an extension builds for each.
const TARGETS: [(&str, &str); 6] = [
    ("x86_64-unknown-linux-musl", "--workspace"),
    ("aarch64-unknown-linux-musl", "--workspace"),
    ("x86_64-apple-darwin", "--package dutool"),
    ("aarch64-apple-darwin", "--package dutool"),
    ("x86_64-pc-windows-gnullvm", "--package dutool"),
    ("aarch64-pc-windows-gnullvm", "--package dutool"),
];

/// Cold, and with nothing to do.
///
/// # Errors
/// When a build fails.
pub fn run(desk: &Desk) -> Result<Vec<Row>> {
    let zigbuild = install(desk)?;
    let ours = copy(desk, "six-dext")?;
    let peer = copy(desk, "six-zigbuild")?;
    let (package, six) = (package(desk, &ours), six_builds(desk, &peer, &zigbuild));
    // zig builds its C libraries once for each target and keeps them: both contenders find them there.
    eprintln!("Once without a clock, which fills zig's cache.");
    six.read()?;
    package.read()?;
    let cold = |dir: &PathBuf, cmd: &Cmd| {
        let (dir, cmd) = (dir.clone(), cmd.clone());
        Contender {
            prepare: Box::new(move |_| ["target", "image"].iter().try_for_each(|it| clear(&dir.join(it)))),
            cmd,
        }
    };
    let [ours_cold, peer_cold] = take_turns(desk.runs, &desk.work, [cold(&ours, &package), cold(&peer, &six)])?;
    let again = |cmd: &Cmd| Contender { prepare: Box::new(|_| Ok(())), cmd: cmd.clone() };
    let [ours_again, peer_again] = take_turns(desk.runs, &desk.work, [again(&package), again(&six)])?;
    let peer_name = "six cargo zigbuild";
    Ok(vec![
        Row::new("cold", "s", seconds(&ours_cold)).against(peer_name, seconds(&peer_cold)).at_most(0.85),
        Row::new("nothing to do", "s", seconds(&ours_again)).against(peer_name, seconds(&peer_again)).at_most(0.80),
    ])
}

/// The sample extension of the tests: a backend, and a host tool with a C dependency.
fn copy(desk: &Desk, name: &str) -> Result<PathBuf> {
    let dir = desk.work.join(name);
    clear(&dir)?;
    Cmd::line("cp -r").arg(desk.places.root.join("tests/fixtures/sample")).arg(&dir).run()?;
    clear(&dir.join("target"))?;
    Ok(dir)
}

fn package(desk: &Desk, project: &Path) -> Cmd {
    let mut cmd =
        desk.dext().args(["package", "--quiet", "--locked", "--manifest-path"]).arg(project.join("Cargo.toml"));
    for (flag, folder) in [("--target-dir", "target"), ("--output", "image")] {
        cmd = cmd.arg(flag).arg(project.join(folder));
    }
    cmd
}

fn six_builds(desk: &Desk, project: &Path, zigbuild: &Path) -> Cmd {
    let calls = TARGETS.map(|(triple, packages)| {
        format!(
            "{} zigbuild --quiet --locked --release --target-dir target --target {triple} {packages}",
            zigbuild.display()
        )
    });
    desk.tools
        .program("sh")
        .arg("-c")
        .arg(calls.join(" && "))
        .dir(project)
        .env("MACOSX_DEPLOYMENT_TARGET", "11.0")
        // The distribution's standard library brings no start files for musl; zig has them.
        .env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS", "-C link-self-contained=no")
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUSTFLAGS", "-C link-self-contained=no")
}

/// Installs the peer outside the checkout, unless it is there.
fn install(desk: &Desk) -> Result<PathBuf> {
    let root = desk.places.setup.join(format!("cargo-zigbuild-{ZIGBUILD}"));
    let program = root.join("bin/cargo-zigbuild");
    if !program.exists() {
        desk.tools
            .line("cargo install --quiet --locked cargo-zigbuild --version")
            .arg(ZIGBUILD)
            .arg("--root")
            .arg(&root)
            .run()?;
    }
    Ok(program)
}
