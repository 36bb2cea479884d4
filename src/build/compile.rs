//! Runs the plan's Cargo calls, one after the other because they share a target folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::invocation::{self, Call, CargoOptions, Context};
use super::machine::{CargoConfig, Rustc};
use super::messages::{self, Built};
use super::zig::{self, Zig};
use super::{Error, preflight};
use crate::domain::Platform;
use crate::manifest::Extension;
use crate::manifest::extension::Builder;
use crate::plan::{Plan, PlannedBin};
use crate::report::{Event, Report};
use crate::sys::Env;

/// What compiling needs besides the plan.
#[derive(Debug)]
pub struct Workshop<'a> {
    /// The extension.
    pub extension: &'a Extension,
    /// The user's options for Cargo.
    pub options: &'a CargoOptions,
    /// rustc.
    pub rustc: &'a Rustc,
    /// The user's Cargo configuration.
    pub config: &'a CargoConfig,
    /// The environment.
    pub env: &'a Env,
    /// The folder for what is kept between runs.
    pub cache: &'a Path,
    /// The build's time, in seconds since 1970.
    pub source_date_epoch: u64,
}

/// The preflight's result: everything that the plan needs is there.
#[derive(Debug)]
pub struct Ready {
    zig: Option<Zig>,
}

/// Looks for every tool that the plan needs, the UI's build included.
///
/// # Errors
/// When some are missing: all of them, at once.
pub fn preflight(plan: &Plan, shop: &Workshop<'_>, report: &dyn Report) -> Result<Ready, Error> {
    let inventory = preflight::Inventory::take(plan, &shop.extension.origin.dependencies, shop.rustc, shop.env);
    let checks = preflight::checks(plan, &inventory);
    for check in &checks {
        if let preflight::Check::Doubt { what, help } = check {
            report.warning(what.clone(), Some(help.clone()));
        }
    }
    let missing = preflight::missing(checks);
    if missing.is_empty() { Ok(Ready { zig: inventory.zig }) } else { Err(Error::Missing(missing)) }
}

/// Builds every binary of the plan.
///
/// # Errors
/// When some call fails; the others are run all the same.
pub fn compile(
    plan: &Plan,
    shop: &Workshop<'_>,
    ready: &Ready,
    report: &dyn Report,
) -> Result<BTreeMap<(PlannedBin, Platform), PathBuf>, Error> {
    let cargo = shop.env.cargo();
    let origin = &shop.extension.origin;
    let context = Context {
        cargo: &cargo,
        settings: &plan.cargo,
        options: shop.options,
        target_dir: &origin.target_dir,
        workspace_root: &origin.workspace_root,
        cargo_home: shop.config.cargo_home(),
        source_date_epoch: shop.source_date_epoch,
    };
    let calls = invocation::calls(plan.calls(), &context, |triple| shop.config.rustflags(triple))?;
    let mut built = Built::new();
    let mut failed: (Vec<String>, Option<i32>) = (Vec::new(), None);
    for call in &calls {
        let (made, status) = run(call, &context, shop, ready.zig.as_ref(), report)?;
        built.extend(made);
        if !status.success() {
            failed.0.extend(call.targets().into_iter().map(str::to_owned));
            failed.1 = failed.1.or(status.code());
        }
    }
    let kept = !built.is_empty();
    if failed.0.is_empty() {
        collect(plan, shop, &built)
    } else {
        Err(Error::Compile { failed: failed.0, code: failed.1, kept })
    }
}

fn run(
    call: &Call<'_>,
    context: &Context<'_>,
    shop: &Workshop<'_>,
    zig: Option<&Zig>,
    report: &dyn Report,
) -> Result<(Built, std::process::ExitStatus), Error> {
    let variables = match zig.filter(|_| call.builder() == Builder::Zig) {
        None => BTreeMap::new(),
        Some(zig) => {
            let setup = zig::Setup {
                zig,
                targets: call.zig_targets(context.settings),
                target_dir: context.target_dir,
                profile: &context.settings.profile,
                macos_minimum: &context.settings.macos_minimum,
                rustflags: &call.rustflags.join("\u{1f}"),
            };
            zig::variables(&setup, shop.cache, shop.env)?
        }
    };
    let line = invocation::invocation(call, context, &variables);
    let bins: Vec<&str> = call.units[0].bins.iter().map(|bin| bin.name.as_str()).collect();
    report.event(Event::Status {
        verb: "Building",
        text: format!("{} for {} with {}", bins.join(", "), call.targets().join(", "), call.builder()),
    });
    report.detail("Running", format!("`{line}`"));
    let local = invocation::target_dir(call, context.target_dir);
    let printed = if call.builder() == Builder::Cross { PathBuf::from("/target") } else { local.clone() };
    Ok(line.stream(|stdout| messages::read(stdout, &printed, &local))?)
}

/// Looks up every binary the plan wants among those that Cargo made.
fn collect(
    plan: &Plan,
    shop: &Workshop<'_>,
    built: &Built,
) -> Result<BTreeMap<(PlannedBin, Platform), PathBuf>, Error> {
    let mut bins = BTreeMap::new();
    for unit in &plan.units {
        for bin in &unit.bins {
            let known =
                shop.extension.origin.bins.iter().find(|known| known.package == bin.package && known.name == bin.name);
            let key = |id: &str| (id.to_owned(), bin.name.to_string(), unit.triple.clone());
            let path = known.and_then(|known| built.get(&key(&known.package_id)));
            let path = path.ok_or_else(|| Error::NotBuilt { bin: bin.name.to_string(), platform: unit.platform })?;
            bins.insert((bin.clone(), unit.platform), path.clone());
        }
    }
    Ok(bins)
}
