//! The program of this workspace, built.

use std::path::PathBuf;

use crate::Result;
use crate::command::Cmd;
use crate::places::Places;
use crate::setup::Tools;

/// Builds `cargo-dext` and returns where it is.
///
/// # Errors
/// When it does not build.
pub fn build(places: &Places, tools: &Tools, release: bool) -> Result<PathBuf> {
    let flag = release.then_some("--release");
    tools.line("cargo build --quiet --package cargo-dext --bin cargo-dext").args(flag).dir(&places.root).run()?;
    let name = if cfg!(windows) { "cargo-dext.exe" } else { "cargo-dext" };
    Ok(places.target.join(if release { "release" } else { "debug" }).join(name))
}

/// `cargo xtask smoke`: whether the program starts and can look at this machine.
///
/// # Errors
/// When it does not build, does not start, or says nothing.
pub fn smoke(places: &Places, tools: &Tools) -> Result {
    let program = build(places, tools, false)?;
    for line in ["dext --help", "dext --version", "dext package --help"] {
        if Cmd::new(&program).args(line.split(' ')).read()?.trim().is_empty() {
            return Err(format!("`cargo {line}` said nothing").into());
        }
    }
    // It may find tools missing, and says so with 1: that is its job. Anything above is a failure of its own.
    let doctor = tools.program(&program.to_string_lossy()).args(["dext", "doctor"]).dir(&places.root).code()?;
    if doctor > 1 {
        return Err(format!("`cargo dext doctor` ended with {doctor}").into());
    }
    println!("it starts");
    Ok(())
}
