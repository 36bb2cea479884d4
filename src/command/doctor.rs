//! `cargo dext doctor`: every tool that building needs, found or missing.

use clap::Args;

use super::Context;
use super::options::{CompileArgs, ManifestArgs};
use crate::build::machine::{CargoConfig, Rustc};
use crate::build::preflight::{self, Check};
use crate::error::Error;
use crate::plan::{self, Plan, PlannedBase, Request};
use crate::registry::base::lockfile::LockFile;
use crate::report::Report;
use crate::sys::process;
use crate::{build, manifest};

/// Show every tool that building needs, found or missing
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Run the lines that mend what is missing, after showing them
    #[arg(long)]
    pub fix: bool,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    compile: CompileArgs,
}

/// Looks, prints, and with `--fix` mends.
///
/// # Errors
/// When something is missing and was not mended.
pub fn run(args: &DoctorArgs, context: &Context) -> Result<(), Error> {
    let (plan, crates, rustc) = survey(args, context)?;
    let look = || {
        let inventory = preflight::Inventory::take(&plan, &crates, &rustc, &context.env);
        preflight::checks(&plan, &inventory)
    };
    let mut checks = look();
    print(&checks, context);
    print_base(&plan, context);
    if args.fix {
        let fixes = preflight::missing(checks).into_iter().filter_map(|missing| missing.fix);
        for fix in fixes {
            context.shell.status("Running", format!("`{fix}`"));
            fix.run()?;
        }
        checks = look();
    }
    let missing = preflight::missing(checks);
    if missing.is_empty() {
        context.shell.status("Finished", "everything is there".to_owned());
        return Ok(());
    }
    Err(build::Error::Missing(missing).into())
}

/// The plan to look at: the extension's, or outside of one that of a binary for all six platforms.
fn survey(args: &DoctorArgs, context: &Context) -> Result<(Plan, Vec<String>, Rustc), Error> {
    let config = CargoConfig::load(&context.env)?;
    let rustc = Rustc::probe(&config, &context.env)?;
    let loaded = manifest::load(&args.manifest.request(&args.compile), &context.env);
    match loaded {
        Ok(extension) => {
            let triples = super::packaging::triples(&extension);
            let machine = config.machine(&rustc, &triples, &context.env)?;
            let lock = LockFile::read(&extension.origin.workspace_root)?.lock().clone();
            let request = Request { lock, ..super::packaging::request(&args.compile) };
            let plan = plan::plan(&extension, &request, &machine)?;
            Ok((plan, extension.origin.dependencies, rustc))
        }
        Err(error)
            if is_no_extension(&error) && args.manifest.manifest_path.is_none() && args.manifest.package.is_none() =>
        {
            context.shell.status("Checking", "the tools for all six platforms (there is no extension here)".to_owned());
            let machine = config.machine(&rustc, &super::packaging::default_triples(), &context.env)?;
            Ok((plan::any_extension(&machine), Vec::new(), rustc))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether there is nothing here to look at: no Cargo.toml, or none with a table.
fn is_no_extension(error: &manifest::Error) -> bool {
    match error {
        manifest::Error::NoTable { .. } => true,
        manifest::Error::Cargo(process::Error::Failed { stderr, .. }) => stderr.contains("could not find `Cargo.toml`"),
        _ => false,
    }
}

/// A base that is not locked is no fault: the first run locks it.
fn print_base(plan: &Plan, context: &Context) {
    match &plan.base {
        Some(PlannedBase::Registry { image, digest: Some(digest) }) => {
            context.shell.status("Found", format!("base image {image}, locked to {digest}"));
        }
        Some(PlannedBase::Registry { image, digest: None }) => context.shell.warning(
            format!("the base image {image} is not locked yet"),
            Some("`cargo dext update` locks it, and so does the first `cargo dext package`".to_owned()),
        ),
        Some(PlannedBase::Layout { .. }) | None => {}
    }
}

fn print(checks: &[Check], context: &Context) {
    for check in checks {
        match check {
            Check::Found { what, detail } => context.shell.status("Found", format!("{what} {detail}")),
            Check::Doubt { what, help } => context.shell.warning(what.clone(), Some(help.clone())),
            Check::Missing(missing) => {
                context.shell.warning(format!("missing: {}", missing.what), Some(missing.help.clone()))
            }
        }
    }
}
