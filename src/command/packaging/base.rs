//! The base images of a run.

use std::collections::BTreeMap;

use super::Job;
use crate::domain::{Arch, Reference};
use crate::error::Error;
use crate::image::BaseImage;
use crate::manifest::extension::Base;
use crate::plan::Lock;
use crate::registry::base::{Bases, Source, Store};

/// Opens the base images before anything is built: one without a platform would make all that work vain. What came
/// from a registry is in the lock file then.
pub fn open(job: &Job<'_>, registries: &dyn Source) -> Result<BTreeMap<Arch, BaseImage>, Error> {
    let mut lock = job.lock.lock().clone();
    lock.drop_unused(&job.extension.origin.bases);
    if let Some(base) = job.extension.registry_base() {
        return from_registry(job, registries, base, lock);
    }
    job.lock.write(&lock, job.args.manifest.terms().locked)?;
    match job.extension.vm.as_ref().map(|vm| &vm.base) {
        Some(Base::Layout(path, tag)) => {
            Ok(BaseImage::open(path, tag.as_deref(), &archs(job), job.args.image.media_types.into())?)
        }
        _ => Ok(BTreeMap::new()),
    }
}

fn from_registry(
    job: &Job<'_>,
    source: &dyn Source,
    base: &Reference,
    mut lock: Lock,
) -> Result<BTreeMap<Arch, BaseImage>, Error> {
    let env = &job.context.env;
    let terms = job.args.manifest.terms();
    let store = Store::new(env.cache_dir().unwrap_or_else(|| job.dext()).join("bases"));
    let bases = Bases { source, store, terms, report: &job.context.shell };
    let pinned = bases.pin(base, &archs(job), &mut lock)?;
    job.lock.write(&lock, terms.locked)?;
    Ok(bases.open(&pinned, job.args.image.media_types.into())?)
}

fn archs(job: &Job<'_>) -> Vec<Arch> {
    job.plan.images.iter().map(|image| image.platform.arch).collect()
}
