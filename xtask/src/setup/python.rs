//! Python packages, each list of them in a folder of its own that no other Python program sees.

use std::path::{Path, PathBuf};

use super::files::{make_folder, short_hash};
use super::{Places, apt};
use crate::Result;
use crate::command::{Cmd, which};

/// Installs the requirements into `<setup>/<name>-<hash>` and returns the `python` that finds them.
///
/// # Errors
/// When there is no Python 3 with pip, or a package cannot be had.
pub fn ensure(places: &Places, name: &str, requirements: &[&str]) -> Result<PathBuf> {
    let folder = format!("{name}-{}", short_hash(&requirements.join("\n")));
    let python = places.setup.join(&folder).join("bin/python");
    // A link to an interpreter that is gone does not exist, so the folder is made anew then.
    if python.exists() {
        return Ok(python);
    }
    let how = how()?;
    make_folder(&places.setup, &folder, |draft| how.fill(draft, &places.setup.join(&folder), requirements))?;
    Ok(python)
}

enum How {
    /// A virtual environment.
    Venv,
    /// A folder of packages and a script that points Python to it, where `venv` is missing (Debian splits it off).
    Target(PathBuf),
}

fn how() -> Result<How> {
    let venv = Cmd::line("python3 -c").arg("import venv, ensurepip");
    let pip = Cmd::line("python3 -m pip --version");
    if which("python3").is_some() {
        if venv.succeeds() {
            return Ok(How::Venv);
        }
        if pip.succeeds() {
            return Ok(How::Target(which("python3").unwrap_or_default()));
        }
    }
    apt::ensure(&["python3", "python3-venv"])?;
    Ok(How::Venv)
}

impl How {
    fn fill(&self, draft: &Path, last: &Path, requirements: &[&str]) -> Result {
        let pip_install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        match self {
            How::Venv => {
                Cmd::line("python3 -m venv").arg(draft).run()?;
                // Run as a module: the `pip` script names its folder, which is about to be renamed.
                Cmd::new(draft.join("bin/python")).args(pip_install).args(requirements).run()
            }
            How::Target(python) => {
                Cmd::new(python)
                    .args(pip_install)
                    .arg("--target")
                    .arg(draft.join("lib/python3/site-packages"))
                    .args(requirements)
                    .run()?;
                let script = format!(
                    "#!/bin/sh\nPYTHONPATH='{}' exec '{}' \"$@\"\n",
                    last.join("lib/python3/site-packages").display(),
                    python.display()
                );
                super::files::write_program(&draft.join("bin/python"), &script)
            }
        }
    }
}

/// A file of an installed package, below `site-packages`.
///
/// # Errors
/// When it is not there.
pub fn package_file(python: &Path, file: &str) -> Result<PathBuf> {
    let lib = python.parent().and_then(Path::parent).ok_or("a python without a folder")?.join("lib");
    let versions = std::fs::read_dir(&lib).map_err(|error| format!("{}: {error}", lib.display()))?;
    let found = versions.flatten().map(|dir| dir.path().join("site-packages").join(file)).find(|path| path.exists());
    Ok(found.ok_or_else(|| format!("no {file} below {}", lib.display()))?)
}
