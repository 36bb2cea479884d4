//! `cargo dext import`: an extension that exists, as a table.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Context;
use super::options::RegistryArgs;
use crate::error::Error;
use crate::registry::Session;
use crate::registry::credentials::Keychain;
use crate::report::Report;
use crate::scaffold;
use crate::scaffold::import::image::Contents;
use crate::scaffold::import::{self, Imported, Stage, Target, folder, image, write};
use crate::subject::{Place, Subject};
use crate::sys::fs;
use crate::validate::collect;

/// The Cargo.toml that gets the table, if nobody names one.
const DEFAULT: &str = "Cargo.toml";

/// Take over an extension that has a Dockerfile, or its image
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Folder with metadata.json, Dockerfile and what they name; or OCI layout, OCI or docker archive, image in a
    /// registry, `docker-daemon:NAME`
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Print the table, and change nothing
    #[arg(long)]
    print: bool,
    /// Path to the Cargo.toml that gets the table
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// What is imported.
enum Source<'a> {
    Folder(PathBuf),
    Image(Box<Subject<'a>>, Contents),
}

/// Makes the table and puts it in place, with the files that it names.
///
/// # Errors
/// When there is no metadata.json, no Cargo.toml, or something is in the way.
pub fn run(args: &ImportArgs, context: &Context) -> Result<(), Error> {
    let cwd = &context.env.cwd;
    let (source, imported) = read(args, context)?;
    let manifest = cwd.join(args.manifest_path.as_deref().unwrap_or(DEFAULT.as_ref()));
    let target = match Target::find(&manifest, &context.env) {
        Err(scaffold::Error::NoManifest(folder)) if args.print => Target::imagined(&folder),
        target => target?,
    };
    let import = import::import(&imported, &target)?;
    let table = import.toml(target.origin.key);
    let report: &dyn Report = &context.shell;
    if args.print {
        import.account.tell(report, context.shell.is_json());
        let line =
            || json!({ "reason": "dext-import", "key": target.origin.key, "table": import.table, "toml": table });
        context.shell.print(&if context.shell.is_json() { format!("{}\n", line()) } else { table.clone() });
        return Ok(());
    }
    // Everything that can refuse does so before anything is written.
    let text = write::manifest(&target, &table)?;
    let stage = match &source {
        Source::Folder(_) => None,
        Source::Image(subject, contents) => {
            let scratch = scratch(context).unwrap_or_else(|| target.origin.target_dir.join("dext"));
            Some(Stage::read(subject, contents, &import.sources(), &scratch)?)
        }
    };
    let from = match (&source, &stage) {
        (_, Some(stage)) => stage.path(),
        (Source::Folder(folder), _) => folder,
        (Source::Image(..), None) => cwd,
    };
    let copies = write::copies(from, &target.origin.dir, &import.sources())?;
    write::write(from, &copies, &target, &text)?;
    import.account.tell(report, context.shell.is_json());
    copies.tell(report);
    let file = args.manifest_path.as_deref().unwrap_or(DEFAULT.as_ref());
    report.status("Added", format!("[{}] to {}", target.origin.key, file.display()));
    Ok(())
}

/// Where large files may lie for a moment.
fn scratch(context: &Context) -> Option<PathBuf> {
    context.env.cache_dir().map(|cache| cache.join("tmp"))
}

/// A folder with a Dockerfile, or else an image as all commands name it.
fn read<'a>(args: &ImportArgs, context: &'a Context) -> Result<(Source<'a>, Imported), Error> {
    let env = &context.env;
    let path = env.cwd.join(&args.source);
    // Its files stand for the folder.
    let is_of_a_folder = path.file_name().is_some_and(|name| name == "metadata.json" || name == "Dockerfile");
    let path = path.parent().filter(|_| is_of_a_folder).map(Path::to_owned).unwrap_or(path);
    let is_file = |path: PathBuf| matches!(fs::kind_followed(&path), Ok(fs::Kind::File(_)));
    if matches!(fs::kind_followed(&path), Ok(fs::Kind::Dir)) && !is_file(path.join("oci-layout")) {
        let imported = folder::read(&path)?;
        return Ok((Source::Folder(path), imported));
    }
    let place = Place::find(&args.source, &env.cwd)?;
    let connect = || Session::new(args.registry.options(env), Keychain::from_env(env), &context.shell);
    let subject = Subject::open(&place, &collect::options(scratch(context)), connect)?;
    let (imported, contents) = image::read(&subject, &collect::image(&place, &subject)?)?;
    Ok((Source::Image(Box::new(subject), contents), imported))
}
