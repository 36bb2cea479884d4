//! Where each binary and each fetched program of a plan is on this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Error;
use crate::domain::Platform;
use crate::plan::{Plan, PlannedBin, PlannedDownload};
use crate::sys::fs;

/// Files that stand for the plan's sources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Artifacts {
    /// Binaries of the workspace.
    pub bins: BTreeMap<(PlannedBin, Platform), PathBuf>,
    /// Fetched programs.
    pub downloads: BTreeMap<PlannedDownload, PathBuf>,
}

/// Finds binaries that were built elsewhere.
///
/// For `dutool` on windows/arm64 the folder may hold `<triple>/dutool.exe`, `windows-arm64/dutool.exe` or, as
/// Cargo lays out its target folder, `<triple>/<profile>/dutool.exe`.
///
/// # Errors
/// When a binary is at none of these places.
pub fn prebuilt(plan: &Plan, dir: &Path) -> Result<BTreeMap<(PlannedBin, Platform), PathBuf>, Error> {
    let mut bins = BTreeMap::new();
    for unit in &plan.units {
        let profile = profile_dir(&plan.cargo.profile);
        let folders = [
            dir.join(unit.triple.as_str()),
            dir.join(unit.platform.dashed()),
            dir.join(unit.triple.as_str()).join(profile),
        ];
        for bin in &unit.bins {
            let name = format!("{}{}", bin.name, unit.platform.os.exe_suffix());
            let tried: Vec<PathBuf> = folders.iter().map(|folder| folder.join(&name)).collect();
            let Some(path) = tried.iter().find(|path| fs::exists(path)) else {
                return Err(Error::NoArtifact { bin: bin.name.to_string(), platform: unit.platform, tried });
            };
            bins.insert((bin.clone(), unit.platform), path.clone());
        }
    }
    Ok(bins)
}

/// The folder Cargo uses for a profile.
fn profile_dir(profile: &str) -> &str {
    match profile {
        "dev" | "test" => "debug",
        "bench" => "release",
        other => other,
    }
}
