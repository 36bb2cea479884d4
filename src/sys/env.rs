//! The environment, read once and passed on as a value.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

/// A snapshot of the process's environment. `Debug` prints names alone, because values may be secrets.
#[derive(Clone, Default)]
pub struct Env {
    vars: BTreeMap<OsString, OsString>,
    /// The current folder.
    pub cwd: PathBuf,
    /// This program's own executable.
    pub current_exe: PathBuf,
    /// The user's number, on Linux.
    pub uid: Option<u32>,
}

impl Env {
    /// Reads the environment of this process.
    ///
    /// # Errors
    /// When the current folder or the own executable cannot be told.
    #[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
    pub fn snapshot() -> std::io::Result<Self> {
        Ok(Env {
            vars: std::env::vars_os().collect(),
            cwd: std::env::current_dir()?,
            current_exe: std::env::current_exe()?,
            uid: uid(),
        })
    }

    /// An environment made of the given variables, for tests and recorded inputs.
    #[must_use]
    pub fn of(vars: &[(&str, &str)]) -> Self {
        let vars = vars.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
        Env { vars, cwd: PathBuf::new(), current_exe: PathBuf::from("cargo-dext"), uid: None }
    }

    /// A variable, if it is set and not empty.
    #[must_use]
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.vars.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// A variable, if it is set, not empty and valid Unicode.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        self.os(name).and_then(OsStr::to_str)
    }

    /// The names of all variables that are valid Unicode, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.vars.keys().filter_map(|name| name.to_str())
    }

    /// The home folder, on Windows `USERPROFILE`.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.os(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(PathBuf::from)
    }

    /// This tool's folder in the user's cache.
    #[must_use]
    pub fn cache_dir(&self) -> Option<PathBuf> {
        let base = if let Some(dir) = self.os("CARGO_DEXT_CACHE_DIR") {
            return Some(PathBuf::from(dir));
        } else if cfg!(windows) {
            self.os("LOCALAPPDATA").map(PathBuf::from)
        } else if cfg!(target_os = "macos") {
            self.home().map(|home| home.join("Library/Caches"))
        } else {
            self.os("XDG_CACHE_HOME")
                .map(PathBuf::from)
                .filter(|dir| dir.is_absolute())
                .or_else(|| Some(self.home()?.join(".cache")))
        };
        base.map(|base| base.join("cargo-dext"))
    }

    /// Cargo itself: the one that started this subcommand, else the one on `PATH`.
    #[must_use]
    pub fn cargo(&self) -> PathBuf {
        self.os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
    }

    /// Finds a program as a shell would: a path stays as it is, a name is looked for on `PATH`.
    #[must_use]
    pub fn which(&self, program: &str) -> Option<PathBuf> {
        if program.contains(['/', std::path::MAIN_SEPARATOR]) {
            let path = self.cwd.join(program);
            return is_program(&path).then_some(path);
        }
        let extensions = if cfg!(windows) { vec![".exe", ".cmd", ".bat", ""] } else { vec![""] };
        std::env::split_paths(self.os("PATH")?)
            .flat_map(|dir| extensions.iter().map(move |ext| dir.join(format!("{program}{ext}"))))
            .map(|path| self.cwd.join(path))
            .find(|path| is_program(path))
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env")
            .field("vars", &self.vars.keys())
            .field("cwd", &self.cwd)
            .field("current_exe", &self.current_exe)
            .field("uid", &self.uid)
            .finish()
    }
}

/// The user as whom this process runs. The system shows the process as a folder that belongs to them.
#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "who runs the process is part of its environment")]
fn uid() -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").ok().map(|meta| meta.uid())
}

#[cfg(not(target_os = "linux"))]
fn uid() -> Option<u32> {
    None
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "finding a program on PATH is part of reading the environment")]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_variables_count_as_unset() {
        let env = Env::of(&[("A", ""), ("B", "x")]);
        assert_eq!((env.var("A"), env.var("B"), env.var("C")), (None, Some("x"), None));
    }

    #[test]
    fn debug_prints_no_value() {
        let debug = format!("{:?}", Env::of(&[("TOKEN", "hunter2")]));
        assert!(debug.contains("TOKEN") && !debug.contains("hunter2"), "{debug}");
    }
}
