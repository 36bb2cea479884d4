//! A toolchain for all six platforms made of Debian packages, for machines that reach only package registries.
//!
//! Debian ships a standard library for its own platform, and the source of it for every other. One Cargo call builds
//! that source for the six targets, and the libraries go into a folder that looks like a toolchain: a sysroot of our
//! own, with small scripts that make Debian's compiler use it. Nothing outside the cache folder is changed.

use std::path::{Path, PathBuf};

use super::apt;
use super::files::{make_folder, short_hash, write_program};
use super::toolchain::{TRIPLES, foreign, has_std};
use crate::Result;
use crate::command::Cmd;
use crate::places::Places;

/// `rust-web-llvm` brings `rust-objcopy`, without which stripping for macOS fails.
const PACKAGES: [&str; 7] = [
    "rustc-web",
    "cargo-web",
    "libstd-rust-web-dev",
    "rust-web-src",
    "rust-web-llvm",
    "rust-web-clippy",
    "rustfmt-web",
];

/// Where the packages put their programs and their part of the sysroot.
const BIN: &str = "/usr/bin";
const RUSTLIB: &str = "/usr/lib/rustlib";

/// An empty library: building it builds the standard library.
const SEED: &str = r#"[package]
name = "dext-std-seed"
version = "0.0.0"
edition = "2024"

[profile.release]
debug = 0
strip = "none"

[workspace]
"#;

/// The standard library's own dependencies lie beside its source, so its build needs no network.
const VENDORED: &str = r#"[source.crates-io]
replace-with = "vendored"

[source.vendored]
directory = "/usr/lib/rustlib/src/rust/library/vendor"
"#;

const CRATES: &str = "-Zbuild-std=std,panic_abort,panic_unwind,proc_macro,test";

/// Bitcode, as in the libraries that Rust's own distribution ships: without it `lto = true` cannot link.
const RUSTFLAGS: &str = "-Cembed-bitcode=yes";

/// Raised when the layout of the folder changes in a way that the texts above do not tell.
const LAYOUT: u32 = 1;

/// The toolchain, if an earlier setup made it of the packages as they are now.
pub fn cached(places: &Places) -> Option<PathBuf> {
    if !Path::new(BIN).join("rustc").exists() {
        return None;
    }
    Some(places.setup.join(folder().ok()?)).filter(|dir| is_whole(dir))
}

/// Installs the packages that are missing, and makes the toolchain unless it is there.
///
/// # Errors
/// When a package cannot be had or the standard library does not build.
pub fn ensure(places: &Places) -> Result<PathBuf> {
    apt::ensure(&PACKAGES)?;
    let name = folder()?;
    let last = places.setup.join(&name);
    if is_whole(&last) {
        return Ok(last);
    }
    eprintln!("Building the standard library for six platforms: a few minutes, once.");
    make_folder(&places.setup, &name, |draft| {
        let work = draft.join("work");
        build_std(&work)?;
        assemble(draft, &work, &last)?;
        super::files::remove(&work)?;
        TRIPLES.iter().try_for_each(|triple| probe(draft, triple))
    })
}

fn is_whole(toolchain: &Path) -> bool {
    toolchain.join("bin/rustc").exists() && TRIPLES.iter().all(|triple| has_std(toolchain, triple))
}

/// `toolchain-<rustc's version>-<hash of what it is made of>`.
fn folder() -> Result<String> {
    let package = apt::version(PACKAGES[0])?;
    let recipe = format!(
        "{LAYOUT}\n{package}\n{SEED}\n{VENDORED}\n{CRATES}\n{RUSTFLAGS}\n{TRIPLES:?}\n{}",
        wrappers(Path::new("")).concat()
    );
    let version = package.split(['+', '-']).next().unwrap_or(&package);
    Ok(format!("toolchain-{version}-{}", short_hash(&recipe)))
}

/// Builds the standard library for all targets in one call, so that what they share is built once.
fn build_std(work: &Path) -> Result {
    std::fs::create_dir_all(work.join("src"))?;
    std::fs::write(work.join("Cargo.toml"), SEED)?;
    std::fs::write(work.join("src/lib.rs"), "//! Empty.\n")?;
    std::fs::create_dir_all(work.join(".cargo"))?;
    std::fs::write(work.join(".cargo/config.toml"), VENDORED)?;
    let mut cargo = Cmd::new(Path::new(BIN).join("cargo"))
        .args(["build", "--quiet", "--release", "--offline", CRATES])
        .args(TRIPLES.iter().flat_map(|triple| ["--target", triple]))
        .dir(work)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", Path::new(BIN).join("rustc"))
        .env("RUSTFLAGS", RUSTFLAGS)
        // The user's own Cargo settings shall not get into libraries that all builds share.
        .env("CARGO_HOME", work.join("home"))
        .env("CARGO_TARGET_DIR", work.join("target"));
    let theirs = |name: &str| {
        let settings =
            ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_", "CARGO_ENCODED_RUSTFLAGS", "CARGO_UNSTABLE_"];
        name != "CARGO_TARGET_DIR" && settings.iter().any(|prefix| name.starts_with(prefix))
    };
    let names = || std::env::vars_os().map(|(name, _)| name);
    let theirs = names().filter_map(|name| name.into_string().ok()).filter(|name| theirs(name));
    let unset = foreign(names()).into_iter().filter(|name| name != "RUSTC").chain(theirs);
    cargo = cargo.given(unset.map(|name| (name, None)));
    cargo.run()
}

/// Lays out the toolchain in `draft`; its scripts name the folder it will have, `last`.
fn assemble(draft: &Path, work: &Path, last: &Path) -> Result {
    let rustlib = draft.join("lib/rustlib");
    std::fs::create_dir_all(&rustlib)?;
    for part in std::fs::read_dir(RUSTLIB).map_err(|error| format!("{RUSTLIB}: {error}"))? {
        let part = part?;
        link(&part.path(), &rustlib.join(part.file_name()))?;
    }
    for triple in TRIPLES {
        let (from, to) = (work.join("target").join(triple).join("release/deps"), rustlib.join(triple).join("lib"));
        std::fs::create_dir_all(&to)?;
        for file in std::fs::read_dir(&from).map_err(|error| format!("{}: {error}", from.display()))? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            if name.ends_with(".rlib") && !name.starts_with("libdext_std_seed-") {
                std::fs::rename(file.path(), to.join(name))?;
            }
        }
    }
    for program in ["cargo", "cargo-fmt", "clippy-driver", "rustfmt"] {
        std::fs::create_dir_all(draft.join("bin"))?;
        link(&Path::new(BIN).join(program), &draft.join("bin").join(program))?;
    }
    let names = ["rustc", "rustdoc", "cargo-clippy"];
    names
        .iter()
        .zip(wrappers(last))
        .try_for_each(|(name, script)| write_program(&draft.join("bin").join(name), &script))
}

/// The scripts `rustc`, `rustdoc` and `cargo-clippy`: Debian's programs with the sysroot at `toolchain`.
///
/// They are for bash, because Debian's `sh` drops variables with a dash in their name, and Cargo passes the paths of
/// binaries to tests as `CARGO_BIN_EXE_<name>`.
fn wrappers(toolchain: &Path) -> [String; 3] {
    let sysroot = toolchain.display();
    let with_sysroot = |program: &str| {
        format!(
            r#"#!/bin/bash
# Made by `cargo xtask setup`: Debian's {program} with a standard library for six platforms.
for arg in "$@"; do
    case "$arg" in --sysroot | --sysroot=*) exec {BIN}/{program} "$@" ;; esac
done
exec {BIN}/{program} --sysroot '{sysroot}' "$@"
"#
        )
    };
    let clippy = format!("#!/bin/bash\nSYSROOT='{sysroot}' exec {BIN}/cargo-clippy \"$@\"\n");
    [with_sysroot("rustc"), with_sysroot("rustdoc"), clippy]
}

/// Checks that the compiler accepts the library of a target as its own.
fn probe(toolchain: &Path, triple: &str) -> Result {
    let source = toolchain.join("probe.rs");
    std::fs::write(&source, "pub fn probe() -> std::collections::HashMap<String, u8> { Default::default() }\n")?;
    Cmd::new(Path::new(BIN).join("rustc"))
        .args(["--crate-type", "lib", "--emit", "metadata", "--target", triple, "--sysroot"])
        .arg(toolchain)
        .args(["-o", "probe.rmeta", "probe.rs"])
        .dir(toolchain)
        .run()?;
    std::fs::remove_file(source)?;
    Ok(std::fs::remove_file(toolchain.join("probe.rmeta"))?)
}

#[cfg(unix)]
fn link(original: &Path, link: &Path) -> Result {
    Ok(std::os::unix::fs::symlink(original, link).map_err(|error| format!("{}: {error}", link.display()))?)
}

#[cfg(not(unix))]
fn link(_original: &Path, _link: &Path) -> Result {
    Err("the distribution's toolchain is for Debian".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_keeps_the_callers_sysroot() {
        let dir = tempfile::tempdir().unwrap();
        let script = wrappers(Path::new("/ours"))[0].replace(&format!("exec {BIN}/rustc"), "exec echo");
        write_program(&dir.path().join("rustc"), &script).unwrap();
        let ask = |args: &[&str]| Cmd::new(dir.path().join("rustc")).args(args).read().unwrap();
        assert_eq!(ask(&["a.rs"]), "--sysroot /ours a.rs\n");
        assert_eq!(ask(&["a.rs", "--sysroot=/theirs"]), "a.rs --sysroot=/theirs\n");
        assert_eq!(ask(&["--sysroot", "/theirs", "a b.rs"]), "--sysroot /theirs a b.rs\n");
        let script = script.replace("exec echo", "exec env");
        write_program(&dir.path().join("rustc"), &script.replace(" --sysroot '/ours'", "")).unwrap();
        let env = Cmd::new(dir.path().join("rustc")).env("CARGO_BIN_EXE_a-b", "kept").read().unwrap();
        assert!(env.lines().any(|line| line == "CARGO_BIN_EXE_a-b=kept"), "{env}");
    }
}
