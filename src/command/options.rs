//! Flags that several commands share, under Cargo's names.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::manifest::extension::Builder;
use crate::registry::base::Terms;
use crate::sys::Env;
use crate::{manifest, registry};

/// Which Cargo.toml, which package, and how Cargo resolves.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Manifest Options")]
pub struct ManifestArgs {
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    /// Package with the extension's table
    #[arg(short, long, value_name = "SPEC")]
    pub package: Option<String>,
    /// Assert that `Cargo.lock` and `Dext.lock` will remain unchanged
    #[arg(long)]
    pub locked: bool,
    /// Run without accessing the network
    #[arg(long)]
    pub offline: bool,
    /// Equivalent to specifying both --locked and --offline
    #[arg(long)]
    pub frozen: bool,
}

/// How Cargo compiles.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Compilation Options")]
pub struct CompileArgs {
    /// Build with the specified profile [default: release]
    #[arg(long, value_name = "PROFILE-NAME")]
    pub profile: Option<String>,
    /// Space or comma separated list of features to activate
    #[arg(short = 'F', long, value_name = "FEATURES")]
    pub features: Vec<String>,
    /// Activate all available features
    #[arg(long)]
    pub all_features: bool,
    /// Do not activate the `default` feature
    #[arg(long)]
    pub no_default_features: bool,
    /// Directory for all generated artifacts
    #[arg(long, value_name = "DIRECTORY")]
    pub target_dir: Option<PathBuf>,
    /// Number of parallel jobs, defaults to # of CPUs
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<String>,
    /// What compiles and links, for every platform
    #[arg(long, value_name = "BUILDER")]
    pub builder: Option<BuilderArg>,
}

/// The values of `--builder`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BuilderArg {
    /// Cargo with the linker it finds by itself
    Cargo,
    /// Cargo with zig as C compiler and linker
    Zig,
    /// The `cross` program and its containers
    Cross,
    /// The `cargo-xwin` program and Microsoft's SDK
    Xwin,
}

/// How registries are reached.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Registry Options")]
pub struct RegistryArgs {
    /// File with further certificates to trust, in PEM
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Speak HTTP without TLS to the registry; on this machine itself that needs no word
    #[arg(long)]
    pub plain_http: bool,
}

impl RegistryArgs {
    /// What these flags and the environment say of registries.
    #[must_use]
    pub fn options(&self, env: &Env) -> registry::Options {
        let mut options = registry::Options::from_env(env);
        options.plain_http |= self.plain_http;
        options.tls_first |= self.cacert.is_some();
        options.http.ca_files.extend(self.cacert.iter().map(|file| env.cwd.join(file)));
        options
    }
}

impl From<BuilderArg> for Builder {
    fn from(arg: BuilderArg) -> Self {
        match arg {
            BuilderArg::Cargo => Builder::Cargo,
            BuilderArg::Zig => Builder::Zig,
            BuilderArg::Cross => Builder::Cross,
            BuilderArg::Xwin => Builder::Xwin,
        }
    }
}

impl ManifestArgs {
    /// What these flags mean for base images.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms { locked: self.locked || self.frozen, offline: self.offline || self.frozen }
    }

    /// What these flags and those of compilation say of the workspace.
    #[must_use]
    pub fn request(&self, compile: &CompileArgs) -> manifest::Request {
        manifest::Request {
            manifest_path: self.manifest_path.clone(),
            package: self.package.clone(),
            target_dir: compile.target_dir.clone(),
            features: compile.feature_list(),
            all_features: compile.all_features,
            no_default_features: compile.no_default_features,
            locked: self.locked,
            offline: self.offline,
            frozen: self.frozen,
        }
    }
}

impl CompileArgs {
    /// The features, one a piece.
    #[must_use]
    pub fn feature_list(&self) -> Vec<String> {
        self.features
            .iter()
            .flat_map(|list| list.split([',', ' ']))
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }
}
