//! The flags of `publish`.

use std::path::PathBuf;

use clap::Args;

use crate::command::Context;
use crate::command::options::RegistryArgs;
use crate::command::packaging::PackagingArgs;
use crate::error::Error;
use crate::registry::Session;
use crate::registry::credentials::Keychain;

/// Package an extension and publish it to a registry
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Package, and say what would be sent; the registry is only asked
    ///
    /// Nothing is written but what a build writes, the image's folder among it, and the user's cache: no `Dext.lock`,
    /// no `--archive`, no `--digest-file`, and nothing is loaded by `--load`.
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Image to publish to, without a tag [default: the table's `image`]
    #[arg(long, value_name = "NAME")]
    pub image: Option<String>,
    /// Tag to publish under, may be repeated [default: the version]
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Move tags that point at another image
    #[arg(long)]
    pub overwrite: bool,
    /// Allow working directories with uncommitted changes
    #[arg(long)]
    pub allow_dirty: bool,
    /// Publish this OCI layout exactly as it is, and build nothing
    #[arg(long, value_name = "DIR[:TAG]", conflicts_with_all = [
        "no_build", "artifacts", "platform", "output", "archive", "load", "media_types", "profile", "features",
        "all_features", "no_default_features", "target_dir", "jobs", "builder",
    ])]
    pub from: Option<String>,
    /// Write the digest of the published index to a file
    #[arg(long, value_name = "FILE")]
    pub digest_file: Option<PathBuf>,
    /// How the image is made.
    #[command(flatten)]
    pub packaging: PackagingArgs,
    /// Repository of the same registry that may have the layers already, may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Registry Options")]
    pub mount_from: Vec<String>,
    /// How the registry is reached.
    #[command(flatten)]
    pub registry: RegistryArgs,
}

impl PublishArgs {
    /// Refuses flags that contradict publishing. A dry run asks the registry too.
    ///
    /// # Errors
    /// When the network may not be used.
    pub fn check(&self) -> Result<(), Error> {
        let manifest = &self.packaging.manifest;
        let (flag, instead) = match (manifest.frozen, manifest.offline) {
            (true, _) => ("--frozen", "`--locked` keeps the lock files as they are, and "),
            (false, true) => ("--offline", ""),
            (false, false) => return Ok(()),
        };
        Err(Error::Usage {
            what: format!("`publish` talks to a registry, which `{flag}` forbids"),
            help: format!("leave `{flag}` out; {instead}`cargo dext package {flag}` makes the same image"),
        })
    }
}

/// The door to registries that the flags ask for.
pub fn session<'a>(args: &RegistryArgs, context: &'a Context) -> Result<Session<'a>, Error> {
    Ok(Session::new(args.options(&context.env), Keychain::from_env(&context.env), &context.shell)?)
}
