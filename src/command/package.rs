//! `cargo dext package`: the extension as one multi-arch image on disk.

use clap::Args;

use super::Context;
use super::judging::Audience;
use super::options::RegistryArgs;
use super::packaging::{CargoOutput, Job, PackagingArgs, deliver, sources, work_tree};
use super::words::{bytes, seconds};
use crate::domain::{Explain, Platform};
use crate::error::Error;
use crate::registry::base::Remote;
use crate::report::Report;

/// Build an extension for six platforms into one multi-arch image
#[derive(Debug, Args)]
pub struct PackageArgs {
    /// Print what would be done, and stop
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Build for these platforms only, e.g. darwin/arm64, and make no image
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',', conflicts_with_all = ["no_build", "archive", "load", "output"])]
    pub only: Vec<Platform>,
    #[command(flatten)]
    packaging: PackagingArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// Packages.
///
/// # Errors
/// Any stage's.
pub fn run(args: &PackageArgs, cargo: CargoOutput, context: &Context) -> Result<(), Error> {
    let shell = &context.shell;
    let job = Job::prepare(&args.packaging, &args.only, cargo, context)?;
    if args.dry_run {
        job.print_plan();
        return Ok(());
    }
    if !args.only.is_empty() {
        let made = job.build()?;
        shell.status("Finished", format!("{} binaries in {}", made.bins.len(), seconds(job.started)));
        return Ok(());
    }
    let registries = Remote::new(args.registry.options(&context.env), &context.env, shell);
    let base = job.pin(&registries, false)?;
    let tree = work_tree(&job.extension).unwrap_or_else(|error| {
        shell.warning(format!("{error}; the image gets no `revision` label"), error.help());
        None
    });
    let packaged = job.package(&sources(&job.extension, tree.as_ref()), &base, &Audience::nobody_yet())?;
    let image = &packaged.image;
    for platform in &image.platforms {
        let size = platform.layers.iter().map(|layer| layer.size).sum();
        shell.status(
            "Packaged",
            format!("{} {} ({})", platform.arch.image_platform(), platform.manifest.digest, bytes(size)),
        );
    }
    deliver(&args.packaging, image, context)?;
    shell.message(image.message());
    let name = job.plan.reference.as_deref().unwrap_or(&job.plan.name);
    shell.status("Finished", format!("{name} {} in {}", image.index.digest, seconds(job.started)));
    Ok(())
}
