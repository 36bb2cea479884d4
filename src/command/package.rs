//! `cargo dext package`: the extension as one multi-arch image on disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Context;
use super::options::{CompileArgs, ManifestArgs};
use crate::build::compile::Workshop;
use crate::build::machine::{CargoConfig, Rustc};
use crate::build::{Artifacts, CargoOptions, artifacts, compile, fetch, ui, verify};
use crate::bundle::pack;
use crate::domain::{Arch, Os, Platform, Reference, TargetTriple};
use crate::error::Error;
use crate::image::archive::{self, Format};
use crate::image::{self, BaseImage, Compression, Image, MediaTypes};
use crate::manifest::extension::Base;
use crate::manifest::{self, Extension};
use crate::plan::{self, Machine, Plan, Request};
use crate::report::{Message, Report};
use crate::sys::fs;

/// Build an extension for six platforms into one multi-arch image
#[derive(Debug, Args)]
pub struct PackageArgs {
    /// Print what would be done, and stop
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Do not build: take binaries from `--artifacts`
    #[arg(long, requires = "artifacts")]
    pub no_build: bool,
    /// Folder with binaries built elsewhere, as `DIR/<triple>/<bin>`
    #[arg(long, value_name = "DIR", requires = "no_build")]
    pub artifacts: Option<PathBuf>,
    /// Build for these platforms only, e.g. darwin/arm64, and make no image
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',', conflicts_with_all = ["no_build", "archive", "load", "output"])]
    pub only: Vec<Platform>,
    /// Make images for these platforms only: linux/amd64, linux/arm64
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',')]
    pub platform: Vec<Platform>,
    #[command(flatten)]
    output: ImageArgs,
    #[command(flatten)]
    compile: CompileArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Image Options")]
struct ImageArgs {
    /// Folder for the image, an OCI layout [default: target/dext/<name>]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Also write the image to a single file
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,
    /// The kind of `--archive`
    #[arg(long, value_enum, default_value = "oci", requires = "archive")]
    archive_format: ArchiveFormat,
    /// Also load the image for the running engine's CPU into it
    #[arg(long)]
    load: bool,
    /// The family of media types
    #[arg(long, value_enum, default_value = "oci")]
    media_types: MediaTypesArg,
}

/// The values of `--archive-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ArchiveFormat {
    /// An OCI layout in a tar, with the images of all CPUs
    Oci,
    /// What `docker load` takes, for one CPU
    Docker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MediaTypesArg {
    Oci,
    Docker,
}

impl From<MediaTypesArg> for MediaTypes {
    fn from(arg: MediaTypesArg) -> Self {
        match arg {
            MediaTypesArg::Oci => MediaTypes::Oci,
            MediaTypesArg::Docker => MediaTypes::Docker,
        }
    }
}

type Bases = BTreeMap<Arch, BaseImage>;

/// What Cargo's own calls inherit from this tool's flags for output.
#[derive(Debug, Clone)]
pub struct CargoOutput {
    /// `-v` for Cargo, counted.
    pub verbose: u8,
    /// `-q`.
    pub quiet: bool,
    /// `--color`.
    pub color: Option<String>,
}

/// Packages.
///
/// # Errors
/// Any stage's.
pub fn run(args: &PackageArgs, cargo: CargoOutput, context: &Context) -> Result<(), Error> {
    let started = std::time::Instant::now();
    let epoch = source_date_epoch(context)?;
    let extension = manifest::load(&args.manifest.request(&args.compile), &context.env)?;
    let toolchain = if args.no_build { None } else { Some(toolchain(context)?) };
    let plan = make_plan(args, &extension, toolchain.as_ref(), context)?;
    if args.dry_run {
        context.shell.message(Message::Plan { plan: serde_json::to_value(&plan).unwrap_or_default() });
        context.shell.print_for_people(&plan::render::text(&plan, &extension.origin.dir));
        return Ok(());
    }
    let dext = extension.origin.target_dir.join("dext");
    let output =
        args.output.output.as_ref().map_or_else(|| dext.join(&extension.name), |dir| context.env.cwd.join(dir));
    archive_fits(args, &plan, &output, context)?;
    let cache = dext.join("cache");
    let _lock = fs::lock(&dext.join(".lock"), || {
        context.shell.status("Blocking", "waiting for file lock on the extension's folder".to_owned());
    })?;
    let report: &dyn Report = &context.shell;
    plan.notes.iter().for_each(|note| report.warning(note.clone(), None));
    pack::check(&plan, &[&extension.origin.target_dir, &output])?;
    let bases = open_bases(args, &extension, &plan)?;
    let options = cargo_options(args, cargo);
    let shop = toolchain.as_ref().map(|(config, rustc)| Workshop {
        extension: &extension,
        options: &options,
        rustc,
        config,
        env: &context.env,
        cache: &cache,
        source_date_epoch: epoch,
    });
    // What takes long comes last: looking for tools, then the network, then compilers.
    let ready = shop.as_ref().map(|shop| compile::preflight(&plan, shop, report)).transpose()?;
    let mut made = Artifacts { downloads: download(&plan, args, &dext, context)?, ..Artifacts::default() };
    if let Some(build) = &plan.ui_build {
        ui::build(build, &cache, &context.env, report)?;
    }
    made.bins = match shop.as_ref().zip(ready.as_ref()) {
        None => artifacts::prebuilt(&plan, args.artifacts.as_deref().unwrap_or(&cache))?,
        Some((shop, ready)) => compile::compile(&plan, shop, ready, report)?,
    };
    verify::verify(&plan, &made, report)?;
    if !args.only.is_empty() {
        report.status("Finished", format!("{} binaries in {}", made.bins.len(), seconds(started)));
        return Ok(());
    }
    let bundles = pack::bundles(&extension, &plan, &made)?;
    report.status("Packaging", format!("{} v{} ({})", plan.name, plan.version, output.display()));
    let image = image::assemble(&bundles, &bases, &image_options(args, &plan, epoch, cache), &output, report)?;
    finish(args, &plan, &image, started, context)
}

fn toolchain(context: &Context) -> Result<(CargoConfig, Rustc), Error> {
    let config = CargoConfig::load(&context.env)?;
    let rustc = Rustc::probe(&config, &context.env)?;
    Ok((config, rustc))
}

fn make_plan(
    args: &PackageArgs,
    extension: &Extension,
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
            help: "use linux/amd64 or linux/arm64; `--only` builds for one of the six platforms".to_owned(),
        }),
    });
    let request = Request {
        archs: archs.collect::<Result<_, _>>()?,
        only: args.only.iter().copied().collect(),
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

fn cargo_options(args: &PackageArgs, output: CargoOutput) -> CargoOptions {
    CargoOptions {
        manifest_path: args.manifest.manifest_path.clone(),
        target_dir: args.compile.target_dir.clone(),
        locked: args.manifest.locked,
        offline: args.manifest.offline,
        frozen: args.manifest.frozen,
        jobs: args.compile.jobs.clone(),
        verbose: output.verbose,
        quiet: output.quiet,
        color: output.color,
    }
}

/// The time that files in the image and binaries get, as <https://reproducible-builds.org/specs/source-date-epoch/>
/// has it; 1970 if nothing is said.
fn source_date_epoch(context: &Context) -> Result<u64, Error> {
    let Some(value) = context.env.var("SOURCE_DATE_EPOCH") else { return Ok(0) };
    value.parse().map_err(|_| Error::Usage {
        what: format!("SOURCE_DATE_EPOCH is `{value}`, which is no number of seconds since 1970"),
        help: "unset it, or set it to e.g. `git log -1 --format=%ct`".to_owned(),
    })
}

fn archive_fits(args: &PackageArgs, plan: &Plan, output: &Path, context: &Context) -> Result<(), Error> {
    if args.output.archive.as_ref().is_some_and(|file| file.as_os_str() == "-") {
        return Err(Error::Usage {
            what: "an archive is written to a file, not to standard output".to_owned(),
            help: "name a file; `--load` hands the image to a running engine".to_owned(),
        });
    }
    if args.output.archive.is_some() && args.output.archive_format == ArchiveFormat::Docker && plan.images.len() != 1 {
        return Err(Error::Usage {
            what: "an archive for `docker load` holds the image of one CPU".to_owned(),
            help: "add `--platform linux/amd64` or `--platform linux/arm64`".to_owned(),
        });
    }
    match &args.output.archive {
        Some(file) => Ok(archive::check_target(&context.env.cwd.join(file), output)?),
        None => Ok(()),
    }
}

fn download(
    plan: &Plan,
    args: &PackageArgs,
    dext: &Path,
    context: &Context,
) -> Result<BTreeMap<plan::PlannedDownload, PathBuf>, Error> {
    if plan.downloads.is_empty() {
        return Ok(BTreeMap::new());
    }
    let items: Vec<fetch::Item> = plan
        .downloads
        .iter()
        .map(|download| fetch::Item {
            url: download.url.clone(),
            sha256: download.sha256,
            name: format!("{} for {}", download.name, download.platform),
        })
        .collect();
    let cache = context.env.cache_dir().unwrap_or_else(|| dext.to_owned()).join("downloads");
    let options = fetch::FetchOptions::from_env(&context.env, args.manifest.offline || args.manifest.frozen);
    let paths = fetch::fetch(&items, &cache, &options, &context.shell).map_err(crate::build::Error::from)?;
    Ok(plan.downloads.iter().cloned().zip(paths).collect())
}

/// Opens the base images before anything is built: one without a platform would make all that work vain.
fn open_bases(args: &PackageArgs, extension: &Extension, plan: &Plan) -> Result<Bases, Error> {
    let archs: Vec<Arch> = plan.images.iter().map(|image| image.platform.arch).collect();
    match extension.vm.as_ref().map(|vm| &vm.base) {
        Some(Base::Layout(path, tag)) => {
            Ok(BaseImage::open(path, tag.as_deref(), &archs, args.output.media_types.into())?)
        }
        Some(Base::Registry(reference)) => {
            let key = format!("{}.vm.base", extension.origin.key);
            Err(plan::Error::RegistryBase { reference: reference.to_string(), key }.into())
        }
        Some(Base::Scratch) | None => Ok(Bases::new()),
    }
}

fn image_options(args: &PackageArgs, plan: &Plan, epoch: u64, cache: PathBuf) -> image::Options {
    image::Options {
        tag: plan.version.to_string(),
        name: plan.reference.as_deref().and_then(|name| Reference::parse(name).ok()),
        compression: Compression::default(),
        created: epoch,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        media_types: args.output.media_types.into(),
        cache_dir: Some(cache),
    }
}

fn finish(
    args: &PackageArgs,
    plan: &Plan,
    image: &Image,
    started: std::time::Instant,
    context: &Context,
) -> Result<(), Error> {
    let shell = &context.shell;
    for platform in &image.platforms {
        let bytes = platform.layers.iter().map(|layer| layer.size).sum();
        shell.status(
            "Packaged",
            format!("{} {} ({})", platform.arch.image_platform(), platform.manifest.digest, size(bytes)),
        );
    }
    if let Some(file) = &args.output.archive {
        let format = match args.output.archive_format {
            // Engines without OCI support find one image in the same file.
            ArchiveFormat::Oci => Format::Oci { docker: Some(image.platforms[0].arch) },
            ArchiveFormat::Docker => Format::Docker(image.platforms[0].arch),
        };
        archive::write_file(&image.layout, format, &context.env.cwd.join(file))?;
        shell.status("Archived", file.display().to_string());
    }
    if args.output.load {
        load_into_engine(image, context)?;
    }
    shell.message(image.message());
    let name = plan.reference.as_deref().unwrap_or(&plan.name);
    shell.status("Finished", format!("{name} {} in {}", image.index.digest, seconds(started)));
    Ok(())
}

/// Hands the image for the engine's own CPU to `docker load`.
fn load_into_engine(image: &Image, context: &Context) -> Result<(), Error> {
    let docker = || crate::sys::Invocation::new("docker");
    let said = docker().args(["version", "--format", "{{.Server.Arch}}"]).read()?;
    let arch: Option<Arch> = said.trim().parse().ok();
    let arch = arch.filter(|arch| image.platforms.iter().any(|platform| platform.arch == *arch)).ok_or_else(|| {
        Error::Usage {
            what: format!("the running engine's CPU is `{}`, and this image has none for it", said.trim()),
            help: "leave `--platform` out, or name the engine's CPU".to_owned(),
        }
    })?;
    let mut failed = None;
    let answer = docker().arg("load").feed(|stdin| {
        archive::write(&image.layout, Format::Docker(arch), stdin).map_err(|error| {
            failed = Some(error);
            std::io::Error::other("the image could not be sent")
        })
    });
    match (answer, failed) {
        (Ok(said), None) => {
            context.shell.status("Loaded", said.trim().to_owned());
            Ok(())
        }
        (Ok(_), Some(error)) => Err(error.into()),
        // The engine's own words say more than that it stopped reading.
        (Err(error), _) => Err(error.into()),
    }
}

fn seconds(started: std::time::Instant) -> String {
    format!("{:.2}s", started.elapsed().as_secs_f64())
}

/// Bytes for people, as Cargo writes them: `1.2MiB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let steps = (bytes.max(1).ilog2() / 10).min(4);
    #[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
    let scaled = bytes as f64 / f64::from(1 << (10 * steps.min(3))) / if steps == 4 { 1024.0 } else { 1.0 };
    if steps == 0 { format!("{bytes}B") } else { format!("{scaled:.1}{}", UNITS[steps as usize]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (bytes, text) in [(0, "0B"), (1023, "1023B"), (1024, "1.0KiB"), (1 << 20, "1.0MiB"), (3 << 40, "3.0TiB")] {
            assert_eq!(size(bytes), text);
        }
    }
}
