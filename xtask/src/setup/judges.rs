//! Programs and schemas that judge what we make, none of them written by us.

use std::ffi::OsStr;
use std::path::Path;

use super::{Tools, apt, node, python, sarif};
use crate::Result;
use crate::command::{which, which_on};
use crate::places::Places;

/// A program on the search path, and the Debian packages that bring it.
const PROGRAMS: [(&str, &[&str]); 15] = [
    ("skopeo", &["skopeo"]),
    ("buildah", &["buildah"]),
    ("umoci", &["umoci"]),
    ("oci-image-tool", &["oci-image-tool"]),
    ("dockerd", &["docker.io"]),
    ("docker-registry", &["docker-registry"]),
    ("qemu-aarch64-static", &["qemu-user-static"]),
    ("wine", &["wine", "wine64"]),
    ("pigz", &["pigz"]),
    ("time", &["time"]),
    ("chromium", &["chromium"]),
    ("npm", &["nodejs", "npm"]),
    ("hg", &["mercurial"]),
    ("fossil", &["fossil"]),
    ("script", &["bsdutils"]),
];

/// The folder of the image specification's JSON schemas, and the Debian package that brings it.
const SCHEMAS: (&str, &str) = (
    "/usr/share/gocode/src/github.com/opencontainers/image-spec/schema",
    "golang-github-opencontainers-image-spec-dev",
);

/// What checks JSON against schemas, workflows against GitHub's, and what reads Markdown and JUnit reports.
const PYTHON_PACKAGES: [&str; 5] = [
    "jsonschema==4.26.0",
    "referencing==0.37.0",
    "check-jsonschema==0.39.0",
    "markdown-it-py==4.3.0",
    "junitparser==5.0.3",
];

/// Installs what is missing and tells the tests where it is. What cannot be had is named in [`Tools::lacking`].
///
/// # Errors
/// Never for a missing judge.
pub fn ensure(places: &Places, tools: &mut Tools) -> Result {
    let packages = missing(is_there, |path| path.exists());
    if !packages.is_empty()
        && let Err(error) = apt::install(&packages)
    {
        tools.lacking.push(error.to_string());
    }
    if Path::new(SCHEMAS.0).exists() {
        tools.set("DEXT_TEST_SCHEMAS", SCHEMAS.0);
    }
    match python::ensure(places, "judges", &PYTHON_PACKAGES) {
        Ok(python) => tools.set("DEXT_TEST_PYTHON", python),
        Err(error) => tools.lacking.push(error.to_string()),
    }
    match node::ensure(places) {
        Ok(axe) => tools.set("DEXT_TEST_AXE", axe),
        Err(error) => tools.lacking.push(error.to_string()),
    }
    match sarif::ensure(places) {
        Ok(folder) => tools.set("DEXT_TEST_SARIF", folder),
        Err(error) => tools.lacking.push(error.to_string()),
    }
    Ok(())
}

/// Whether a program is on the search path or where Debian puts what only administrators are thought to want.
fn is_there(program: &str) -> bool {
    let theirs = OsStr::new("/usr/local/sbin:/usr/sbin:/sbin");
    which(program).or_else(|| which_on(theirs, program)).is_some()
}

/// The packages of the programs and files that are not there. A program is looked for rather than a package, because
/// it may have come another way, and a second Docker engine would not go well with the first.
fn missing(has_program: impl Fn(&str) -> bool, has_file: impl Fn(&Path) -> bool) -> Vec<&'static str> {
    let programs = PROGRAMS.iter().filter(|(program, _)| !has_program(program)).flat_map(|(_, packages)| *packages);
    let schemas = (!has_file(Path::new(SCHEMAS.0))).then_some(SCHEMAS.1);
    programs.copied().chain(schemas).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed() {
        assert!(missing(|_| true, |_| true).is_empty());
        assert_eq!(missing(|program| program != "wine", |_| false), ["wine", "wine64", SCHEMAS.1]);
    }
}
