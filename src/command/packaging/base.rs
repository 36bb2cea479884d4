//! The base images of a run.

use std::collections::BTreeMap;

use super::Job;
use crate::domain::Arch;
use crate::error::Error;
use crate::image::BaseImage;
use crate::manifest::extension::Base;
use crate::registry::base::{Bases, Pinned, Source, Store};
use crate::report::Report;

/// A base image of which it is known what it is, and where its layers come from.
pub struct PinnedBase<'a> {
    registries: &'a dyn Source,
    /// `None` for a base that does not come from a registry.
    pinned: Option<Pinned>,
}

/// Finds the base image if it comes from a registry, and has it in the lock file then, but for a dry run. Whatever git
/// is asked of the working directory is asked after this.
pub fn pin<'a>(job: &Job<'_>, registries: &'a dyn Source, dry_run: bool) -> Result<PinnedBase<'a>, Error> {
    let mut lock = job.lock.lock().clone();
    lock.drop_unused(&job.extension.origin.bases);
    let base = job.extension.registry_base();
    let pinned = base.map(|base| bases(job, registries).pin(base, &archs(job), &mut lock)).transpose()?;
    let locked = job.args.manifest.terms().locked;
    if !dry_run {
        job.lock.write(&lock, locked)?;
    } else if job.lock.changes(&lock, locked)? {
        job.context.shell.warning("not updating the lock file due to dry run".to_owned(), None);
    }
    Ok(PinnedBase { registries, pinned })
}

/// Opens the base images before anything is built: one without a platform would make all that work vain.
pub fn open(job: &Job<'_>, base: &PinnedBase<'_>) -> Result<BTreeMap<Arch, BaseImage>, Error> {
    let family = job.args.image.media_types.into();
    if let Some(pinned) = &base.pinned {
        return Ok(bases(job, base.registries).open(pinned, family)?);
    }
    match job.extension.vm.as_ref().map(|vm| &vm.base) {
        Some(Base::Layout(path, tag)) => Ok(BaseImage::open(path, tag.as_deref(), &archs(job), family)?),
        _ => Ok(BTreeMap::new()),
    }
}

fn bases<'a>(job: &Job<'a>, source: &'a dyn Source) -> Bases<'a> {
    let dir = job.context.env.cache_dir().unwrap_or_else(|| job.dext()).join("bases");
    Bases { source, store: Store::new(dir), terms: job.args.manifest.terms(), report: &job.context.shell }
}

fn archs(job: &Job<'_>) -> Vec<Arch> {
    job.plan.images.iter().map(|image| image.platform.arch).collect()
}
