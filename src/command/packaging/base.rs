//! The base images of a run.

use std::collections::BTreeMap;

use super::PackagingArgs;
use crate::domain::Arch;
use crate::error::Error;
use crate::image::BaseImage;
use crate::manifest::Extension;
use crate::manifest::extension::Base;
use crate::plan::{self, Plan};

/// Opens the base images before anything is built: one without a platform would make all that work vain.
pub fn open(args: &PackagingArgs, extension: &Extension, plan: &Plan) -> Result<BTreeMap<Arch, BaseImage>, Error> {
    let archs: Vec<Arch> = plan.images.iter().map(|image| image.platform.arch).collect();
    match extension.vm.as_ref().map(|vm| &vm.base) {
        Some(Base::Layout(path, tag)) => {
            Ok(BaseImage::open(path, tag.as_deref(), &archs, args.image.media_types.into())?)
        }
        Some(Base::Registry(reference)) => {
            let key = format!("{}.vm.base", extension.origin.key);
            Err(plan::Error::RegistryBase { reference: reference.to_string(), key }.into())
        }
        Some(Base::Scratch) | None => Ok(BTreeMap::new()),
    }
}
