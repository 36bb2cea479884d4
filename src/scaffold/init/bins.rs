//! Which binaries there are, and which of them is probably what.

use std::collections::BTreeSet;

use cargo_metadata::Metadata;

use super::error::Error;
use crate::manifest::extension::{Origin, WorkspaceBin};
use crate::manifest::mistake::nearest;

/// The last words of names of programs that serve others.
const SERVERS: [&str; 4] = ["backend", "server", "service", "daemon"];

/// The name that programs have which only work on their own repository.
///
/// Source: <https://github.com/matklad/cargo-xtask>.
const TASKS: &str = "xtask";

/// The binaries of a workspace, seen from where the table goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bins {
    all: Vec<WorkspaceBin>,
    /// Those that may be proposed: the package's own, or those of the members that Cargo builds by default.
    near: Vec<WorkspaceBin>,
    /// What `cargo run` starts.
    default_run: Option<String>,
    package: Option<String>,
}

impl Bins {
    /// The binaries of what `cargo metadata` says.
    #[must_use]
    pub fn new(metadata: &Metadata, origin: &Origin) -> Self {
        let packages = metadata.workspace_packages();
        let own = packages.iter().find(|package| Some(package.name.as_str()) == origin.package.as_deref());
        // Versions of Cargo before 1.71 do not say which members are built by default.
        let defaults = match metadata.workspace_default_members.is_available() {
            true => metadata.workspace_default_packages(),
            false => packages.clone(),
        };
        let of = |names: &[&str]| -> Vec<WorkspaceBin> {
            let bins = origin.bins.iter().filter(|bin| names.contains(&bin.package.as_str()));
            bins.filter(|bin| bin.name.as_str() != TASKS && bin.package != TASKS).cloned().collect()
        };
        let mut near = own.map(|own| of(&[own.name.as_str()])).unwrap_or_default();
        if near.is_empty() {
            near = of(&defaults.iter().map(|package| package.name.as_str()).collect::<Vec<_>>());
        }
        Bins {
            all: origin.bins.clone(),
            near,
            default_run: own.and_then(|own| own.default_run.clone()),
            package: origin.package.clone(),
        }
    }

    /// The names of those that may be proposed.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.near.iter().map(|bin| self.name(bin)).collect()
    }

    /// The one binary whose name says that it serves others.
    ///
    /// # Errors
    /// When there are several.
    pub fn likely_backend(&self) -> Result<Option<&WorkspaceBin>, Error> {
        match self.near.iter().filter(|bin| serves(bin)).collect::<Vec<_>>().as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            several => Err(self.unclear("backend", "--backend", several)),
        }
    }

    /// The one binary that is left, or the one that `cargo run` would start.
    ///
    /// # Errors
    /// When there are several, and none is that one.
    pub fn likely_host(&self, backend: Option<&WorkspaceBin>) -> Result<Option<&WorkspaceBin>, Error> {
        let left: Vec<_> = self.near.iter().filter(|bin| Some(*bin) != backend).collect();
        let default = left.iter().find(|bin| Some(bin.name.as_str()) == self.default_run.as_deref());
        match (left.as_slice(), default) {
            ([], _) => Ok(None),
            ([one], _) | (_, Some(one)) => Ok(Some(one)),
            (several, None) => Err(self.unclear("host tool", "--host", several)),
        }
    }

    fn unclear(&self, part: &'static str, flag: &'static str, bins: &[&WorkspaceBin]) -> Error {
        Error::Unclear { part, flag, bins: bins.iter().map(|bin| self.name(bin)).collect() }
    }

    /// Finds a binary by its name, or by `package/name`.
    ///
    /// # Errors
    /// When there is none, or several packages have one.
    pub fn find(&self, text: &str) -> Result<&WorkspaceBin, Error> {
        let (package, name) = text.rsplit_once('/').map_or((None, text), |(package, name)| (Some(package), name));
        let named = self.all.iter().filter(|bin| bin.name.as_str() == name);
        let found: Vec<_> = named.filter(|bin| package.is_none_or(|package| bin.package == package)).collect();
        let own = found.iter().find(|bin| Some(&bin.package) == self.package.as_ref());
        match (found.as_slice(), own) {
            ([one], _) | (_, Some(one)) => Ok(one),
            ([], None) => {
                let bins: BTreeSet<String> = self.all.iter().map(|bin| self.name(bin)).collect();
                let near = nearest(text, bins.iter().map(String::as_str)).map(str::to_owned);
                Err(Error::UnknownBin { name: text.to_owned(), nearest: near, bins: bins.into_iter().collect() })
            }
            (several, None) => Err(Error::SeveralPackages {
                name: name.to_owned(),
                packages: several.iter().map(|bin| bin.package.clone()).collect(),
            }),
        }
    }

    /// What [`Bins::find`] finds the binary by: its name, with its package's where others have one of that name.
    #[must_use]
    pub fn name(&self, bin: &WorkspaceBin) -> String {
        match self.needs_package(bin) {
            true => format!("{}/{}", bin.package, bin.name),
            false => bin.name.to_string(),
        }
    }

    /// Whether the name alone means no or another binary to the table.
    #[must_use]
    pub fn needs_package(&self, bin: &WorkspaceBin) -> bool {
        self.find(bin.name.as_str()).ok() != Some(bin)
    }
}

/// Whether a name ends in one of the words, which may be all of it.
fn serves(bin: &WorkspaceBin) -> bool {
    bin.name.as_str().rsplit(['-', '_']).next().is_some_and(|last| SERVERS.contains(&last.to_lowercase().as_str()))
}

#[cfg(test)]
pub(crate) mod testing {
    use std::path::PathBuf;

    use super::{Bins, WorkspaceBin};
    use crate::domain::BinName;

    /// The binaries of a package `own`, and others written as `package/name`, of which none is proposed.
    pub(crate) fn bins(names: &[&str], default_run: Option<&str>) -> Bins {
        let all: Vec<WorkspaceBin> = names.iter().map(|name| bin(name)).collect();
        let near = all.iter().filter(|bin| bin.package == "own").cloned().collect();
        Bins { all, near, default_run: default_run.map(str::to_owned), package: Some("own".to_owned()) }
    }

    pub(crate) fn bin(name: &str) -> WorkspaceBin {
        let (package, name) = name.split_once('/').unwrap_or(("own", name));
        WorkspaceBin {
            package: package.to_owned(),
            dir: PathBuf::new(),
            package_id: package.to_owned(),
            name: BinName::new(name).expect(name),
            required_features: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{bin, bins};
    use super::*;

    #[test]
    fn names_say_who_serves() {
        for (name, expected) in [
            ("server", true),
            ("x-backend", true),
            ("x_Service", true),
            ("my-daemon", true),
            ("observer", false),
            ("server-tool", false),
            ("xserver", false),
            ("x", false),
        ] {
            assert_eq!(serves(&bin(name)), expected, "{name}");
        }
    }

    /// What is likely, or what is unclear.
    fn likely(names: &[&str], default_run: Option<&str>) -> (String, String) {
        let bins = bins(names, default_run);
        let told = |found: Result<Option<&WorkspaceBin>, Error>| match found {
            Ok(Some(bin)) => bins.name(bin),
            Ok(None) => "none".to_owned(),
            Err(Error::Unclear { bins, .. }) => bins.join(" or "),
            Err(other) => panic!("{other}"),
        };
        let backend = bins.likely_backend();
        let host = bins.likely_host(backend.as_ref().ok().copied().flatten());
        (told(backend), told(host))
    }

    #[test]
    fn what_is_likely_is_proposed() {
        for (names, default_run, backend, host) in [
            (&["x"][..], None, "none", "x"),
            (&["x-server"], None, "x-server", "none"),
            (&["x", "x-server"], None, "x-server", "x"),
            (&["x", "y"], None, "none", "x or y"),
            (&["x", "y"], Some("y"), "none", "y"),
            (&["x", "y", "z-daemon"], Some("z-daemon"), "z-daemon", "x or y"),
            (&["a-server", "b-server"], None, "a-server or b-server", "a-server or b-server"),
            (&["x", "other/y", "other/z-server"], None, "none", "x"),
            (&["other/x"], None, "none", "none"),
        ] {
            assert_eq!(likely(names, default_run), (backend.to_owned(), host.to_owned()), "{names:?}");
        }
    }

    #[test]
    fn binaries_are_found_by_name_and_package() {
        let bins = bins(&["x", "a/x", "a/y", "a/z", "b/z", "b/long-name"], None);
        for (text, found) in [
            ("x", Ok("own x")),
            ("a/x", Ok("a x")),
            ("y", Ok("a y")),
            ("b/z", Ok("b z")),
            ("z", Err("several packages have a binary `z`: `a`, `b`")),
            ("b/y", Err("there is no binary `b/y`")),
            ("", Err("there is no binary ``")),
        ] {
            let said = bins.find(text).map(|bin| format!("{} {}", bin.package, bin.name)).map_err(|e| e.to_string());
            assert_eq!(said.as_deref().map_err(String::as_str), found, "{text}");
        }
        for bin in &bins.all {
            assert_eq!(bins.find(&bins.name(bin)).expect("every name is found"), bin);
        }
        let near = bins.find("long-nmae").map_err(|error| crate::domain::Explain::help(&error));
        assert_eq!(near, Err(Some("did you mean `long-name`?".to_owned())));
    }
}
