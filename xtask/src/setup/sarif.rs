//! The judge of SARIF logs: Microsoft's multitool, which holds the official schema of SARIF 2.1.0 and knows the
//! specification's further rules and those of GitHub's code scanning.

use std::path::PathBuf;

use super::apt;
use super::files::make_folder;
use crate::Result;
use crate::command::{Cmd, which};
use crate::places::Places;

/// Its package in npm's registry (MIT), a program for Linux on amd64 that needs nothing else.
const PACKAGE: &str = "@microsoft/sarif-multitool-linux@5.7.0";

/// What is kept of it.
const FILES: [&str; 2] = ["package/Sarif.Multitool", "package/sarif-2.1.0.json"];

/// Fetches the package and returns the folder with the program and the schema.
///
/// # Errors
/// When there is no npm, or the package cannot be had.
pub fn ensure(places: &Places) -> Result<PathBuf> {
    let name = PACKAGE.rsplit('/').next().unwrap_or(PACKAGE);
    let folder = places.setup.join(name);
    if FILES.iter().all(|file| folder.join(file).exists()) {
        return Ok(folder.join("package"));
    }
    if which("npm").is_none() {
        apt::ensure(&["npm"])?;
    }
    make_folder(&places.setup, name, |draft| {
        // `npm pack` fetches as any client does, and runs no script of the package.
        Cmd::line("npm pack --silent --pack-destination").arg(draft).arg(PACKAGE).read()?;
        let packed = |entry: &std::fs::DirEntry| entry.path().extension().is_some_and(|ending| ending == "tgz");
        let file = std::fs::read_dir(draft)?.flatten().find(packed).ok_or("npm packed nothing")?.path();
        Cmd::line("tar -xzf").arg(&file).arg("-C").arg(draft).args(FILES).run()?;
        std::fs::remove_file(&file)?;
        Cmd::line("chmod +x").arg(draft.join(FILES[0])).run()
    })?;
    Ok(folder.join("package"))
}
