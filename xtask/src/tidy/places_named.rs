//! No file names a folder of the machine it was written on, or a host that its writer's package manager talks to.

use super::Finding;
use super::source::Source;

/// Folders in which people work; in parts, so that this file does not break its own rule.
const FOLDERS: [&str; 3] = ["work", "root", "home"];

const HOSTS: [(&str, &str); 8] = [
    ("index", "crates.io"),
    ("static", "crates.io"),
    ("pypi", "org"),
    ("files", "pythonhosted.org"),
    ("registry", "npmjs.org"),
    ("deb", "debian.org"),
    ("security", "debian.org"),
    ("ftp", "debian.org"),
];

/// Finds such names. A lock file names the registry it was made with by a well-known address, which is no machine's.
pub fn check(source: &Source) -> Vec<Finding> {
    if source.path.ends_with(".lock") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        for folder in FOLDERS {
            if names_folder(line, &format!("/{folder}/")) {
                findings.push(source.finding_in_line(number + 1, format!("names the machine's folder /{folder}")));
            }
        }
        for (host, domain) in HOSTS {
            if line.contains(&format!("{host}.{domain}")) {
                findings
                    .push(source.finding_in_line(number + 1, format!("names the registry host {host} of {domain}")));
            }
        }
    }
    findings
}

/// Whether the folder stands at the start of a path, not in the middle of one.
fn names_folder(line: &str, folder: &str) -> bool {
    let middle = |c: char| c.is_alphanumeric() || "_-.}~)*>$/".contains(c);
    line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(middle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: String) -> usize {
        check(&Source::new(path, text)).len()
    }

    #[test]
    fn folders_and_hosts_are_found() {
        for folder in FOLDERS {
            assert_eq!(found("README.md", format!("see \"/{folder}/x\"")), 1, "{folder}");
            assert_eq!(
                found("README.md", format!("target/{folder}/x, ~/{folder}/x, ${{HOME}}/{folder}/x")),
                0,
                "{folder}"
            );
        }
        for (host, domain) in HOSTS {
            assert_eq!(found("a.toml", format!("\nurl = \"{host}.{domain}/x\"")), 1, "{host}");
            assert_eq!(found("Cargo.lock", format!("{host}.{domain}")), 0, "{host}");
        }
    }
}
