//! `cargo dext metadata`: what would be generated, for people who keep a Dockerfile.

use clap::Args;

use super::Context;
use super::options::{CompileArgs, ManifestArgs};
use crate::error::Error;
use crate::{bundle, manifest};

/// Print the generated metadata.json or the image labels
#[derive(Debug, Args)]
pub struct MetadataArgs {
    /// Print the labels, as a JSON object
    #[arg(long)]
    pub labels: bool,
    #[command(flatten)]
    manifest: ManifestArgs,
}

/// Prints it.
///
/// # Errors
/// When the manifest has a mistake.
pub fn run(args: &MetadataArgs, context: &Context) -> Result<(), Error> {
    let extension = manifest::load(&args.manifest.request(&CompileArgs::default()), &context.env)?;
    if args.labels {
        let labels = serde_json::to_string_pretty(&bundle::labels::labels(&extension, &bundle::Vcs::default()))
            .unwrap_or_default();
        context.shell.print(&format!("{labels}\n"));
    } else {
        context.shell.print(&String::from_utf8_lossy(&bundle::metadata::metadata_json(&extension)));
    }
    Ok(())
}
