//! `cargo dext update`: what the tags of base images stand for today, into the lock file.

use std::collections::BTreeSet;

use clap::Args;

use super::Context;
use super::options::{CompileArgs, ManifestArgs, RegistryArgs};
use crate::domain::Reference;
use crate::error::Error;
use crate::manifest::{self, Extension};
use crate::plan::lock;
use crate::registry::base::lockfile::LockFile;
use crate::registry::base::{Bases, Change, Remote, Store, short};
use crate::report::{Message, Report};
use crate::sys::fs;

/// Update base images as recorded in `Dext.lock`
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// Do not write the lock file
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
}

/// Asks the registries for every base image of the workspace, with `--package` for that of one extension, and locks
/// what they say.
///
/// # Errors
/// When the manifest or the lock file has a mistake, or a registry fails; the lock file stays as it was then.
pub fn run(args: &UpdateArgs, context: &Context) -> Result<(), Error> {
    let shell = &context.shell;
    let extension = manifest::load(&args.manifest.request(&CompileArgs::default()), &context.env)?;
    let origin = &extension.origin;
    let dext = origin.target_dir.join("dext");
    let _lock = fs::lock(&dext.join(".lock"), || {
        shell.status("Blocking", "waiting for file lock on the extension's folder".to_owned());
    })?;
    let file = LockFile::read(&origin.workspace_root)?;
    let terms = args.manifest.terms();
    let remote = Remote::new(args.registry.options(&context.env), &context.env, shell);
    let store = Store::new(context.env.cache_dir().unwrap_or(dext).join("bases"));
    let bases = Bases { source: &remote, store, terms, report: shell };
    let mut lock = file.lock().clone();
    let wanted = wanted(args, &extension);
    for key in &wanted {
        tell(key, &bases.update(key, &mut lock)?, shell);
    }
    for unused in lock.drop_unused(&origin.bases) {
        shell.status("Removing", unused.familiar());
    }
    match (file.lock() == &lock, wanted.is_empty()) {
        (true, true) => shell.status("Finished", "no tag of a base image needs a lock".to_owned()),
        (true, false) => shell.status("Finished", format!("{} is up to date", lock::FILE)),
        (false, _) if args.dry_run => shell.warning("not updating the lock file due to dry run".to_owned(), None),
        (false, _) => file.write(&lock, terms.locked)?,
    }
    Ok(())
}

/// What is asked for.
fn wanted(args: &UpdateArgs, extension: &Extension) -> BTreeSet<Reference> {
    if args.manifest.package.is_some() {
        extension.registry_base().and_then(lock::key).into_iter().collect()
    } else {
        extension.origin.bases.iter().filter_map(lock::key).collect()
    }
}

fn tell(key: &Reference, change: &Change, report: &dyn Report) {
    let name = key.familiar();
    let (verb, from, digest) = match *change {
        Change::Unchanged(digest) => ("Unchanged", Some(digest), digest),
        Change::Added(digest) => ("Adding", None, digest),
        Change::Updated { from, to } => ("Updating", Some(from), to),
    };
    let moved = from.filter(|from| *from != digest);
    let before = moved.map_or_else(String::new, |from| format!("{} -> ", short(&from)));
    report.status(verb, format!("{name} {before}{}", short(&digest)));
    report.message(Message::Base { image: key.to_string(), digest, from });
}
