//! Rust with a standard library for each of the six platforms.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{Tools, apt, distribution};
use crate::Result;
use crate::command::{Cmd, which};
use crate::places::Places;

/// The targets of the six platforms that Docker Desktop asks for.
pub const TRIPLES: [&str; 6] = [
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-gnullvm",
    "aarch64-pc-windows-gnullvm",
];

/// Where the targets shall come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// What is installed already, else rustup, else the distribution.
    Auto,
    /// `rustup target add` for what is missing.
    Rustup,
    /// Debian's Rust, with the missing standard libraries built from its source.
    Distribution,
}

impl Wanted {
    /// The choice of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "auto" => Ok(Wanted::Auto),
            "rustup" => Ok(Wanted::Rustup),
            "distribution" => Ok(Wanted::Distribution),
            _ => Err(format!("no toolchain `{name}`; there are auto, rustup, distribution").into()),
        }
    }
}

/// Makes the targets ready and puts the toolchain first on the search path.
///
/// # Errors
/// When the targets cannot be had in the wanted way.
pub fn ensure(places: &Places, wanted: Wanted, tools: &mut Tools) -> Result {
    match wanted {
        Wanted::Rustup => rustup(),
        Wanted::Distribution => use_distribution(distribution::ensure(places)?, tools),
        Wanted::Auto => {
            if missing()?.is_empty() {
                return Ok(());
            }
            if let Some(toolchain) = distribution::cached(places) {
                return use_distribution(toolchain, tools);
            }
            let from_rustup = rustup();
            match from_rustup {
                Err(error) if apt::is_here() => {
                    eprintln!("{error}\nTaking the distribution's toolchain instead.");
                    use_distribution(distribution::ensure(places)?, tools)
                }
                other => other,
            }
        }
    }
}

/// Adds the missing targets to the active toolchain of rustup; nothing else of it is changed.
fn rustup() -> Result {
    if which("rustup").is_none() {
        return Err("there is no rustup; install it, or take `--toolchain distribution` on Debian".into());
    }
    let missing = missing()?;
    if missing.is_empty() { Ok(()) } else { Cmd::line("rustup target add").args(missing).run() }
}

/// The targets that the `rustc` on the search path has no standard library for.
fn missing() -> Result<Vec<&'static str>> {
    let sysroot = PathBuf::from(Cmd::line("rustc --print sysroot").read()?.trim());
    Ok(TRIPLES.into_iter().filter(|triple| !has_std(&sysroot, triple)).collect())
}

/// Whether a sysroot holds the standard library of a target.
pub fn has_std(sysroot: &Path, triple: &str) -> bool {
    let Ok(files) = std::fs::read_dir(sysroot.join("lib/rustlib").join(triple).join("lib")) else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Puts the toolchain first on the search path, and takes away what would lead to another one.
fn use_distribution(toolchain: PathBuf, tools: &mut Tools) -> Result {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut dirs = vec![toolchain.join("bin")];
    dirs.extend(std::env::split_paths(&path));
    // Cargo looks for `cargo-fmt` in its home's `bin` before the search path, unless the search path has that folder.
    if let Some(home) = cargo_home() {
        dirs.push(home.join("bin"));
    }
    tools.set("PATH", std::env::join_paths(dirs)?);
    for name in foreign(std::env::vars_os().map(|(name, _)| name)) {
        tools.unset(name);
    }
    Ok(())
}

fn cargo_home() -> Option<PathBuf> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

/// The variables that the Cargo which started this program left for it: they name its toolchain, its libraries and
/// this package, and another Cargo would believe them.
pub fn foreign(names: impl Iterator<Item = OsString>) -> Vec<String> {
    let names = names.filter_map(|name| name.into_string().ok());
    let mut foreign: Vec<String> = names
        .filter(|name| match name.as_str() {
            "CARGO"
            | "RUSTC"
            | "RUSTDOC"
            | "RUSTUP_TOOLCHAIN"
            | "RUSTUP_TOOLCHAIN_SOURCE"
            | "RUST_RECURSION_COUNT"
            | "LD_LIBRARY_PATH"
            | "DYLD_FALLBACK_LIBRARY_PATH"
            | "SYSROOT" => true,
            name => ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| name.starts_with(prefix)),
        })
        .collect();
    foreign.sort();
    foreign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_std_counts_when_its_library_is_there() {
        let sysroot = tempfile::tempdir().unwrap();
        let lib = sysroot.path().join("lib/rustlib/x86_64-apple-darwin/lib");
        std::fs::create_dir_all(&lib).unwrap();
        assert!(!has_std(sysroot.path(), "x86_64-apple-darwin"));
        std::fs::write(lib.join("libstd-1234.rlib"), "").unwrap();
        assert!(has_std(sysroot.path(), "x86_64-apple-darwin") && !has_std(sysroot.path(), "aarch64-apple-darwin"));
    }

    #[test]
    fn the_outer_cargo_is_forgotten_and_its_settings_are_not() {
        let names = ["CARGO", "CARGO_HOME", "CARGO_PKG_NAME", "CARGO_TARGET_DIR", "RUSTUP_TOOLCHAIN", "RUSTFLAGS"];
        let foreign = foreign(names.map(OsString::from).into_iter());
        assert_eq!(foreign, ["CARGO", "CARGO_PKG_NAME", "RUSTUP_TOOLCHAIN"]);
    }
}
