//! The flags that say how an image is made and where it is put.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::command::options::{CompileArgs, ManifestArgs};
use crate::domain::Platform;
use crate::image::MediaTypes;

/// How the image is made.
#[derive(Debug, Args)]
pub struct PackagingArgs {
    /// Do not build: take binaries from `--artifacts`
    #[arg(long, requires = "artifacts")]
    pub no_build: bool,
    /// Folder with binaries built elsewhere, as `DIR/<triple>/<bin>`
    #[arg(long, value_name = "DIR", requires = "no_build")]
    pub artifacts: Option<PathBuf>,
    /// Make images for these platforms only: linux/amd64, linux/arm64
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',')]
    pub platform: Vec<Platform>,
    /// Where it is put.
    #[command(flatten)]
    pub image: ImageArgs,
    /// How Cargo compiles.
    #[command(flatten)]
    pub compile: CompileArgs,
    /// Which Cargo.toml.
    #[command(flatten)]
    pub manifest: ManifestArgs,
}

/// Where the image is put, and in which form.
#[derive(Debug, Args)]
#[command(next_help_heading = "Image Options")]
pub struct ImageArgs {
    /// Folder for the image, an OCI layout.
    #[arg(long, value_name = "DIR", help = "Folder for the image, an OCI layout [default: target/dext/<name>]")]
    pub output: Option<PathBuf>,
    /// Also write the image to a single file
    #[arg(long, value_name = "FILE")]
    pub archive: Option<PathBuf>,
    /// The kind of `--archive`
    #[arg(long, value_enum, default_value = "oci", requires = "archive")]
    pub archive_format: ArchiveFormat,
    /// Also load the image for the running engine's CPU into it
    #[arg(long)]
    pub load: bool,
    /// The family of media types
    #[arg(long, value_enum, default_value = "oci")]
    pub media_types: MediaTypesArg,
}

/// The values of `--archive-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ArchiveFormat {
    /// An OCI layout in a tar, with the images of all CPUs
    Oci,
    /// What `docker load` takes, for one CPU
    Docker,
}

/// The values of `--media-types`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names say it, and a doc comment would become part of the help")]
pub enum MediaTypesArg {
    Oci,
    Docker,
}

impl From<MediaTypesArg> for MediaTypes {
    fn from(arg: MediaTypesArg) -> Self {
        match arg {
            MediaTypesArg::Oci => MediaTypes::Oci,
            MediaTypesArg::Docker => MediaTypes::Docker,
        }
    }
}
