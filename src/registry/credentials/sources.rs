//! Where credentials may be.

use std::ffi::OsString;
use std::fmt;
use std::io::ErrorKind::{NotADirectory, NotFound};
use std::path::PathBuf;
use std::sync::OnceLock;

use super::VARIABLE;
use super::error::Error;
use super::file::{Config, Kind};
use super::view::Asked;
use crate::sys::{Env, fs};

/// The largest credentials file, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// A variable or file, read at most once.
pub(super) struct Source {
    origin: Origin,
    kind: Kind,
    config: OnceLock<Option<Config>>,
}

enum Origin {
    /// The variable's value.
    Variable(OsString),
    File(PathBuf),
}

/// The sources, in the order in which they are asked.
pub(super) fn of(env: &Env) -> Vec<Source> {
    let home = env.home();
    let dir = |name: &str| env.os(name).map(PathBuf::from);
    let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
    let docker = dir("DOCKER_CONFIG").or_else(|| in_home(".docker")).map(|dir| dir.join("config.json"));
    let settings = dir("XDG_CONFIG_HOME").or_else(|| in_home(".config")).map(containers);
    let login = runtime_file(env).or_else(|| in_home(".config").map(containers));
    let login = dir("REGISTRY_AUTH_FILE").or(login);
    let variable = env.os(VARIABLE).map(|value| (Origin::Variable(value.to_owned()), Kind::Variable));
    let file = |path: PathBuf, kind| (Origin::File(env.cwd.join(path)), kind);
    let settings = settings.filter(|path| login.as_ref() != Some(path));
    let files = docker.map(|path| file(path, Kind::Docker)).into_iter();
    let files = files.chain([login, settings].into_iter().flatten().map(|path| file(path, Kind::Podman)));
    variable.into_iter().chain(files).map(|(origin, kind)| Source { origin, kind, config: OnceLock::new() }).collect()
}

fn containers(dir: PathBuf) -> PathBuf {
    dir.join("containers").join("auth.json")
}

/// The file that does not outlive a login to the machine, on the one system where podman has it.
fn runtime_file(env: &Env) -> Option<PathBuf> {
    let fallback = || Some(PathBuf::from(format!("/run/containers/{}/auth.json", env.uid?)));
    let named = env.os("XDG_RUNTIME_DIR").map(|dir| containers(PathBuf::from(dir)));
    if cfg!(target_os = "linux") { named.or_else(fallback) } else { None }
}

impl Source {
    /// Whose rules it follows.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// What it holds; `None` if it is not there.
    pub(super) fn config(&self, asked: Asked<'_>) -> Result<Option<&Config>, Error> {
        if let Some(config) = self.config.get() {
            return Ok(config.as_ref());
        }
        let bytes = match &self.origin {
            Origin::Variable(value) => Some(value.as_encoded_bytes().to_vec()),
            Origin::File(path) => match fs::read(path, MAX_FILE) {
                Ok(bytes) => Some(bytes),
                // `DOCKER_CONFIG=/dev/null` is a way to say "no configuration".
                Err(error) if matches!(error.source.kind(), NotFound | NotADirectory) => None,
                Err(error) => return Err(error.into()),
            },
        };
        let read = |bytes: Vec<u8>| Config::parse(&bytes, &self.to_string(), self.kind, asked);
        let config = bytes.map(read).transpose()?;
        Ok(self.config.get_or_init(|| config).as_ref())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Variable(_) => f.write_str(VARIABLE),
            Origin::File(path) => path.display().fmt(f),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_the_documented_one() {
        let run = cfg!(target_os = "linux");
        for (vars, uid, wanted) in [
            (vec![], None, vec![]),
            (vec![("HOME", "/h")], None, vec!["/h/.docker/config.json", "/h/.config/containers/auth.json"]),
            (
                vec![("HOME", "/h"), ("DOCKER_AUTH_CONFIG", "{}"), ("DOCKER_CONFIG", "d")],
                None,
                vec![VARIABLE, "/here/d/config.json", "/h/.config/containers/auth.json"],
            ),
            (
                vec![("XDG_RUNTIME_DIR", "/run/u"), ("XDG_CONFIG_HOME", "/c")],
                Some(7),
                if run {
                    vec!["/run/u/containers/auth.json", "/c/containers/auth.json"]
                } else {
                    vec!["/c/containers/auth.json"]
                },
            ),
            (
                vec![("XDG_CONFIG_HOME", "/c")],
                Some(7),
                if run {
                    vec!["/run/containers/7/auth.json", "/c/containers/auth.json"]
                } else {
                    vec!["/c/containers/auth.json"]
                },
            ),
            (
                vec![("HOME", "/h"), ("XDG_RUNTIME_DIR", "/run/u"), ("REGISTRY_AUTH_FILE", "auth.json")],
                Some(7),
                vec!["/h/.docker/config.json", "/here/auth.json", "/h/.config/containers/auth.json"],
            ),
        ] {
            let mut env = Env::of(&vars);
            env.cwd = PathBuf::from("/here");
            env.uid = uid;
            assert_eq!(of(&env).iter().map(ToString::to_string).collect::<Vec<_>>(), wanted, "{vars:?}");
        }
    }
}
