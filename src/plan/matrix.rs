//! What is compiled: one unit per target triple, and the Cargo calls that build them.

use std::collections::{BTreeMap, BTreeSet};

use super::toolchain::{self, Machine};
use super::{BuildUnit, Error, ImagePlan, PlannedBin, Request, Source, sources};
use crate::domain::{Platform, TargetTriple};
use crate::manifest::Extension;
use crate::manifest::extension::Builder;

/// The units for every binary that some image holds, in the order of [`Platform::ALL`].
pub(super) fn units(
    extension: &Extension,
    request: &Request,
    machine: &Machine,
    images: &[ImagePlan],
) -> Result<Vec<BuildUnit>, Error> {
    let mut wanted: BTreeMap<Platform, BTreeSet<PlannedBin>> = BTreeMap::new();
    for source in sources(images) {
        if let Source::Bin { bin, platform, .. } = source {
            wanted.entry(*platform).or_default().insert(bin.clone());
        }
    }
    if let Some(platform) = request.only.iter().find(|platform| !wanted.contains_key(platform)) {
        return Err(Error::NothingFor { platform: *platform });
    }
    if !request.only.is_empty() {
        wanted.retain(|platform, _| request.only.contains(platform));
    }
    wanted.into_iter().map(|(platform, bins)| unit(extension, request, machine, platform, bins)).collect()
}

fn unit(
    extension: &Extension,
    request: &Request,
    machine: &Machine,
    platform: Platform,
    bins: BTreeSet<PlannedBin>,
) -> Result<BuildUnit, Error> {
    let bins: Vec<PlannedBin> = bins.into_iter().collect();
    no_name_twice(&bins)?;
    let triple: TargetTriple =
        extension.build.triple.get(&platform).cloned().unwrap_or_else(|| platform.default_triple());
    let asked = request.builder.map(|builder| (builder, "from --builder")).or_else(|| {
        extension.build.builder.get(&platform).map(|builder| (*builder, "from `build.builder` in Cargo.toml"))
    });
    let (builder, because) = toolchain::choose(&triple, asked, machine)?;
    Ok(BuildUnit { platform, triple, builder, because, bins })
}

/// Cargo puts every binary of a triple into one folder, so names must differ across packages.
fn no_name_twice(bins: &[PlannedBin]) -> Result<(), Error> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for bin in bins {
        if let Some(first) = seen.insert(bin.name.as_str(), &bin.package) {
            return Err(Error::SameBin {
                name: bin.name.to_string(),
                first: first.to_owned(),
                second: bin.package.clone(),
            });
        }
    }
    Ok(())
}

/// The units grouped into Cargo calls.
///
/// Units of one operating system that want the same binaries go into one call, so that build scripts and
/// proc macros are compiled once. Not across operating systems, because cargo-zigbuild sets variables for
/// the whole call that one system needs and another must not have. `cross` and `cargo-xwin` take one triple
/// per call.
pub(super) fn calls(units: &[BuildUnit]) -> Vec<Vec<&BuildUnit>> {
    let mut calls: Vec<Vec<&BuildUnit>> = Vec::new();
    for unit in units {
        let alone = matches!(unit.builder, Builder::Cross | Builder::Xwin);
        let same = |call: &&mut Vec<&BuildUnit>| {
            let first = call[0];
            first.platform.os == unit.platform.os && first.builder == unit.builder && first.bins == unit.bins
        };
        match calls.iter_mut().find(same).filter(|_| !alone) {
            Some(call) => call.push(unit),
            None => calls.push(vec![unit]),
        }
    }
    calls
}
