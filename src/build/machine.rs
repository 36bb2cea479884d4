//! What this machine has: rustc, its sysroot, and the user's Cargo configuration.

use std::path::{Path, PathBuf};

use cargo_config2::{Config, ResolveOptions, VersionControlSoftware};

use super::Error;
use crate::domain::TargetTriple;
use crate::plan::Machine;
use crate::sys::{Env, Invocation};

/// The compiler that Cargo will run.
#[derive(Debug, Clone)]
pub struct Rustc {
    /// The program.
    pub program: PathBuf,
    /// Its version, e.g. `1.96.0`.
    pub version: String,
    /// The triple of this machine.
    pub host: String,
    /// The folder that holds the standard libraries.
    pub sysroot: PathBuf,
}

impl Rustc {
    /// Asks rustc who it is.
    ///
    /// # Errors
    /// When it cannot be run or says nothing that can be understood.
    pub fn probe(config: &CargoConfig, env: &Env) -> Result<Self, Error> {
        let program = config.rustc();
        let ask = |args: &[&str]| Invocation::new(&program).args(args.iter().copied()).cwd(&env.cwd).read();
        let verbose = ask(&["-vV"])?;
        let field = |name: &str| {
            let line = verbose.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
                .ok_or_else(|| Error::Rustc { program: program.clone(), said: verbose.clone() })
        };
        let (version, host) = (field("release:")?, field("host:")?);
        let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?.trim());
        Ok(Rustc { program, version, host, sysroot })
    }

    /// The folder of a triple's standard library.
    #[must_use]
    pub fn std_dir(&self, triple: &str) -> PathBuf {
        self.sysroot.join("lib").join("rustlib").join(triple).join("lib")
    }

    /// The stripping tool that rustc calls for Apple's systems on other hosts.
    #[must_use]
    pub fn objcopy(&self) -> PathBuf {
        self.sysroot.join("lib").join("rustlib").join(&self.host).join("bin").join("rust-objcopy")
    }
}

/// The user's Cargo configuration: files and variables.
#[derive(Debug)]
pub struct CargoConfig {
    config: Config,
    rustc: Option<PathBuf>,
    cargo_home: PathBuf,
}

impl CargoConfig {
    /// Reads `.cargo/config.toml` of the current folder and those above it, and Cargo's variables.
    ///
    /// # Errors
    /// When a file is no valid configuration.
    pub fn load(env: &Env) -> Result<Self, Error> {
        let vars = env.names().filter_map(|name| Some((name.to_owned(), env.os(name)?.to_owned())));
        let home = env.os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env.home()?.join(".cargo")));
        let options = ResolveOptions::default().env(vars).cargo_home(home.clone());
        let config =
            Config::load_with_options(&env.cwd, options).map_err(|source| Error::CargoConfig(source.to_string()))?;
        let rustc = config.build.rustc.clone().or_else(|| env.os("RUSTC").map(PathBuf::from));
        Ok(CargoConfig { config, rustc, cargo_home: home.unwrap_or_else(|| env.cwd.join(".cargo")) })
    }

    fn rustc(&self) -> PathBuf {
        self.rustc.clone().unwrap_or_else(|| PathBuf::from("rustc"))
    }

    /// Cargo's home folder.
    #[must_use]
    pub fn cargo_home(&self) -> &Path {
        &self.cargo_home
    }

    /// The version control of new projects, by the name that `cargo new --vcs` takes.
    #[must_use]
    pub fn new_vcs(&self) -> Option<&'static str> {
        self.config.cargo_new.vcs.map(VersionControlSoftware::as_str)
    }

    /// The flags rustc gets for a triple from the user, wherever they are written.
    ///
    /// # Errors
    /// When a value cannot be understood.
    pub fn rustflags(&self, triple: &TargetTriple) -> Result<Vec<String>, Error> {
        let flags = self.config.rustflags(triple.as_str()).map_err(|source| Error::CargoConfig(source.to_string()))?;
        Ok(flags.map(|flags| flags.flags).unwrap_or_default())
    }

    /// What the plan needs to know of this machine, for the given triples.
    ///
    /// # Errors
    /// When a value cannot be understood.
    pub fn machine(&self, rustc: &Rustc, triples: &[TargetTriple], env: &Env) -> Result<Machine, Error> {
        let mut machine = Machine {
            host: rustc.host.clone(),
            macos_minimum: env.var("MACOSX_DEPLOYMENT_TARGET").map(str::to_owned),
            ..Machine::default()
        };
        for triple in triples {
            let linker =
                self.config.linker(triple.as_str()).map_err(|source| Error::CargoConfig(source.to_string()))?;
            if linker.is_some() {
                machine.own_linker.insert(triple.as_str().to_owned());
            }
        }
        Ok(machine)
    }
}
