//! The steps of a run, each from values to a value.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Job, PackagingArgs};
use crate::build::compile::Workshop;
use crate::build::machine::{CargoConfig, Rustc};
use crate::build::{Artifacts, CargoOptions, artifacts as prebuilt, compile, fetch, ui};
use crate::command::Context;
use crate::command::options::CompileArgs;
use crate::domain::{Os, Platform, TargetTriple};
use crate::error::Error;
use crate::manifest::Extension;
use crate::plan::{self, Lock, Machine, Plan, PlannedDownload, Request};
use crate::report::Report;

/// The user's Cargo and rustc.
pub fn toolchain(context: &Context) -> Result<(CargoConfig, Rustc), Error> {
    let config = CargoConfig::load(&context.env)?;
    let rustc = Rustc::probe(&config, &context.env)?;
    Ok((config, rustc))
}

/// The plan that the flags ask for.
pub fn plan(
    args: &PackagingArgs,
    only: &[Platform],
    extension: &Extension,
    lock: &Lock,
    toolchain: Option<&(CargoConfig, Rustc)>,
    context: &Context,
) -> Result<Plan, Error> {
    let machine = match toolchain {
        Some((config, rustc)) => config.machine(rustc, &triples(extension), &context.env)?,
        None => Machine::default(),
    };
    let archs = args.platform.iter().map(|platform| match platform.os {
        Os::Linux => Ok(platform.arch),
        Os::Darwin | Os::Windows => Err(Error::Usage {
            what: format!("`--platform {platform}`: extension images are Linux images"),
            help: "use linux/amd64 or linux/arm64; `package --only` builds for one of the six platforms".to_owned(),
        }),
    });
    let request = Request {
        archs: archs.collect::<Result<_, _>>()?,
        only: only.iter().copied().collect(),
        lock: lock.clone(),
        ..request(&args.compile)
    };
    Ok(plan::plan(extension, &request, &machine)?)
}

/// The request that the compilation flags make.
#[must_use]
pub fn request(args: &CompileArgs) -> Request {
    Request {
        builder: args.builder.map(Into::into),
        profile: args.profile.clone(),
        features: args.feature_list(),
        all_features: args.all_features,
        no_default_features: args.no_default_features,
        ..Request::default()
    }
}

/// The default triples of all platforms.
#[must_use]
pub fn default_triples() -> Vec<TargetTriple> {
    Platform::ALL.into_iter().map(Platform::default_triple).collect()
}

/// All triples that the extension may be built for.
#[must_use]
pub fn triples(extension: &Extension) -> Vec<TargetTriple> {
    default_triples().into_iter().chain(extension.build.triple.values().cloned()).collect()
}

/// The time that files in the image and binaries get, as <https://reproducible-builds.org/specs/source-date-epoch/>
/// has it; 1970 if nothing is said.
pub fn source_date_epoch(context: &Context) -> Result<u64, Error> {
    let Some(value) = context.env.var("SOURCE_DATE_EPOCH") else { return Ok(0) };
    value.parse().map_err(|_| Error::Usage {
        what: format!("SOURCE_DATE_EPOCH is `{value}`, which is no number of seconds since 1970"),
        help: "unset it, or set it to e.g. `git log -1 --format=%ct`".to_owned(),
    })
}

/// Fetches, builds the UI, and compiles or collects the binaries.
pub fn artifacts(job: &Job<'_>) -> Result<Artifacts, Error> {
    let (plan, context, cache) = (&job.plan, job.context, job.cache());
    let report: &dyn Report = &context.shell;
    let options = cargo_options(job);
    let shop = job.toolchain.as_ref().map(|(config, rustc)| Workshop {
        extension: &job.extension,
        options: &options,
        rustc,
        config,
        env: &context.env,
        cache: &cache,
        source_date_epoch: job.epoch,
    });
    let ready = shop.as_ref().map(|shop| compile::preflight(plan, shop, report)).transpose()?;
    let downloads = download(job)?;
    if let Some(build) = &plan.ui_build {
        ui::build(build, &cache, &context.env, report)?;
    }
    let bins = match shop.as_ref().zip(ready.as_ref()) {
        None => prebuilt::prebuilt(plan, job.args.artifacts.as_deref().unwrap_or(&cache))?,
        Some((shop, ready)) => compile::compile(plan, shop, ready, report)?,
    };
    Ok(Artifacts { bins, downloads })
}

fn cargo_options(job: &Job<'_>) -> CargoOptions {
    let (manifest, compile) = (&job.args.manifest, &job.args.compile);
    CargoOptions {
        manifest_path: manifest.manifest_path.clone(),
        target_dir: compile.target_dir.clone(),
        locked: manifest.locked,
        offline: manifest.offline,
        frozen: manifest.frozen,
        jobs: compile.jobs.clone(),
        verbose: job.cargo.verbose,
        quiet: job.cargo.quiet,
        color: job.cargo.color.clone(),
    }
}

fn download(job: &Job<'_>) -> Result<BTreeMap<PlannedDownload, PathBuf>, Error> {
    let (downloads, context) = (&job.plan.downloads, job.context);
    if downloads.is_empty() {
        return Ok(BTreeMap::new());
    }
    let items: Vec<fetch::Item> = downloads
        .iter()
        .map(|download| fetch::Item {
            url: download.url.clone(),
            sha256: download.sha256,
            name: format!("{} for {}", download.name, download.platform),
        })
        .collect();
    let cache = context.env.cache_dir().unwrap_or_else(|| job.dext()).join("downloads");
    let offline = job.args.manifest.offline || job.args.manifest.frozen;
    let options = fetch::FetchOptions::from_env(&context.env, offline);
    let paths = fetch::fetch(&items, &cache, &options, &context.shell).map_err(crate::build::Error::from)?;
    Ok(downloads.iter().cloned().zip(paths).collect())
}
