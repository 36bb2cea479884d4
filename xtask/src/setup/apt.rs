//! Debian packages.

use crate::Result;
use crate::command::{Cmd, which};

/// Whether this machine has Debian's package manager.
pub fn is_here() -> bool {
    which("apt-get").is_some() && which("dpkg-query").is_some()
}

/// Installs those of the packages that are not installed.
///
/// # Errors
/// When the machine has no apt or gives us no right to use it: the message holds the line to run.
pub fn ensure(packages: &[&str]) -> Result {
    let absent = absent(packages)?;
    if absent.is_empty() { Ok(()) } else { install(&absent) }
}

/// Installs the packages.
///
/// # Errors
/// As [`ensure`].
pub fn install(packages: &[&str]) -> Result {
    if !is_here() {
        return Err(format!("this machine has no apt; install what Debian calls {}", packages.join(" ")).into());
    }
    let apt = match right()? {
        Right::Root => Cmd::new("apt-get"),
        Right::Sudo => Cmd::line("sudo -n apt-get"),
        Right::None => {
            let line = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
            return Err(format!("no right to install packages; run as root: {line}").into());
        }
    }
    .args(["-q", "-o", "DPkg::Lock::Timeout=300"])
    .env("DEBIAN_FRONTEND", "noninteractive");
    apt.clone().arg("update").run()?;
    apt.args(["install", "-y", "--no-install-recommends"]).args(packages).run()
}

/// The version of an installed package.
pub fn version(package: &str) -> Result<String> {
    Cmd::line("dpkg-query --show --showformat ${Version}").arg(package).read()
}

enum Right {
    Root,
    Sudo,
    None,
}

fn right() -> Result<Right> {
    if Cmd::line("id -u").read()?.trim() == "0" {
        Ok(Right::Root)
    } else if which("sudo").is_some() && Cmd::line("sudo -n true").succeeds() {
        Ok(Right::Sudo)
    } else {
        Ok(Right::None)
    }
}

fn absent<'a>(packages: &[&'a str]) -> Result<Vec<&'a str>> {
    if !is_here() {
        return Ok(packages.to_vec());
    }
    // It ends with 1 when it does not know one of the names, which is an answer, too.
    let known = Cmd::line("dpkg-query --show --showformat")
        .arg("${Package} ${db:Status-Status}\\n")
        .args(packages)
        .read_anyway()?;
    Ok(not_installed(packages, &known))
}

/// Those of the packages that `dpkg-query`'s answer does not call installed.
fn not_installed<'a>(packages: &[&'a str], known: &str) -> Vec<&'a str> {
    let installed = |package: &str| known.lines().any(|line| line.split_once(' ') == Some((package, "installed")));
    packages.iter().copied().filter(|package| !installed(package)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_and_unknown_packages_are_not_installed() {
        let known = "pigz installed\nwine config-files\n";
        assert_eq!(not_installed(&["pigz", "wine", "skopeo"], known), ["wine", "skopeo"]);
    }
}
