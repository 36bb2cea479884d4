//! Zig, which compiles and links C for the other machines.

use std::path::PathBuf;

use super::python;
use crate::Result;
use crate::command::{Cmd, which};
use crate::places::Places;

/// The release that is installed: the newest that links all six platforms without doubled frameworks.
const REQUIREMENT: &str = "ziglang==0.16.0";

/// The path of a zig that suits: the user's own, else the one from Python's registry.
///
/// # Errors
/// When it is not there and cannot be installed.
pub fn ensure(places: &Places) -> Result<PathBuf> {
    let own = std::env::var_os("CARGO_ZIGBUILD_ZIG_PATH").map(PathBuf::from).or_else(|| which("zig"));
    if let Some(zig) = own
        && Cmd::new(&zig).arg("version").read().is_ok_and(|version| suits(&version))
    {
        return Ok(zig);
    }
    let python = python::ensure(places, "zig", &[REQUIREMENT])?;
    python::package_file(&python, if cfg!(windows) { "ziglang/zig.exe" } else { "ziglang/zig" })
}

/// Whether a version is one of 0.15.2 to 0.16: older ones miss targets, newer ones double the frameworks of macOS.
fn suits(version: &str) -> bool {
    let release = version.trim().split(['-', '+']).next().unwrap_or_default();
    let mut numbers = release.split('.').map(|number| number.parse::<u32>().unwrap_or(u32::MAX));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    ((0, 15, 2)..(0, 17, 0)).contains(&version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tested_versions_suit() {
        for version in ["0.15.2\n", "0.16.0", "0.16.1"] {
            assert!(suits(version), "{version}");
        }
        for version in ["", "0.15.1", "0.17.0", "0.17.0-dev.1+abc", "1.0.0", "zig"] {
            assert!(!suits(version), "{version}");
        }
    }
}
