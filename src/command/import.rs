//! `cargo dext import`: an extension that exists, as a table.

use std::path::PathBuf;

use clap::Args;

use super::Context;
use crate::error::Error;
use crate::report::Report;
use crate::scaffold;
use crate::scaffold::import::{self, Target, folder, write};

/// The Cargo.toml that gets the table, if nobody names one.
const DEFAULT: &str = "Cargo.toml";

/// Take over an extension that has a Dockerfile
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Folder with metadata.json, Dockerfile and what they name
    #[arg(value_name = "SOURCE")]
    source: PathBuf,
    /// Print the table, and change nothing
    #[arg(long)]
    print: bool,
    /// Path to the Cargo.toml that gets the table
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// Makes the table and puts it in place, with the files that it names.
///
/// # Errors
/// When there is no metadata.json, no Cargo.toml, or something is in the way.
pub fn run(args: &ImportArgs, context: &Context) -> Result<(), Error> {
    let cwd = &context.env.cwd;
    let source = cwd.join(&args.source);
    let imported = folder::read(&source)?;
    let manifest = cwd.join(args.manifest_path.as_deref().unwrap_or(DEFAULT.as_ref()));
    let target = match Target::find(&manifest, &context.env) {
        Err(scaffold::Error::NoManifest(folder)) if args.print => Target::imagined(&folder),
        target => target?,
    };
    let import = import::import(&imported, &target)?;
    let table = import.toml(target.origin.key);
    let report: &dyn Report = &context.shell;
    if args.print {
        import.account.tell(report);
        context.shell.print(&table);
        return Ok(());
    }
    // Everything that can refuse does so before anything is written.
    let text = write::manifest(&target, &table)?;
    let copies = write::copies(&source, &target.origin.dir, &import.sources())?;
    write::write(&source, &copies, &target, &text)?;
    import.account.tell(report);
    copies.tell(report);
    let file = args.manifest_path.as_deref().unwrap_or(DEFAULT.as_ref());
    report.status("Added", format!("[{}] to {}", target.origin.key, file.display()));
    Ok(())
}
