//! What `package` and `publish` do alike, from the manifest to an image on disk: publishing is packaging and a
//! push, and nothing is built differently for it.

mod args;
mod base;
mod deliver;
mod sources;
mod steps;

use std::path::PathBuf;
use std::time::Instant;

pub use args::{ArchiveFormat, ImageArgs, MediaTypesArg, PackagingArgs};
pub use base::PinnedBase;
pub use deliver::deliver;
pub use sources::{sources, work_tree};
pub use steps::{default_triples, request, triples};

use super::Context;
use super::judging::{self, Audience};
use crate::build::machine::{CargoConfig, Rustc};
use crate::build::{Artifacts, verify};
use crate::bundle::{Vcs, pack};
use crate::domain::{Platform, Reference};
use crate::error::Error;
use crate::image::{self, Compression, Image};
use crate::manifest::{self, Extension};
use crate::plan::{self, Plan};
use crate::registry::base::Source;
use crate::registry::base::lockfile::LockFile;
use crate::report::{Message, Report};
use crate::sys::fs;
use crate::validate::collect;

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

/// A run that is planned, and has changed nothing yet.
#[derive(Debug)]
pub struct Job<'a> {
    /// The extension.
    pub extension: Extension,
    /// What is built and put where.
    pub plan: Plan,
    /// When the run began.
    pub started: Instant,
    lock: LockFile,
    args: &'a PackagingArgs,
    cargo: CargoOutput,
    context: &'a Context,
    epoch: u64,
    /// `None` when nothing is compiled.
    toolchain: Option<(CargoConfig, Rustc)>,
}

/// An image that was made, and the lock that keeps other runs from replacing it.
#[derive(Debug)]
pub struct Packaged {
    /// The image on disk.
    pub image: Image,
    _lock: fs::Lock,
}

impl<'a> Job<'a> {
    /// Reads the manifest and plans; with `only` for binaries of these platforms and no image.
    ///
    /// # Errors
    /// The manifest's, the toolchain's or the plan's.
    pub fn prepare(
        args: &'a PackagingArgs,
        only: &[Platform],
        cargo: CargoOutput,
        context: &'a Context,
    ) -> Result<Self, Error> {
        let started = Instant::now();
        let epoch = steps::source_date_epoch(context)?;
        let extension = manifest::load(&args.manifest.request(&args.compile), &context.env)?;
        let toolchain = if args.no_build { None } else { Some(steps::toolchain(context)?) };
        let lock = LockFile::read(&extension.origin.workspace_root)?;
        let plan = steps::plan(args, only, &extension, lock.lock(), toolchain.as_ref(), context)?;
        Ok(Job { extension, plan, lock, started, args, cargo, context, epoch, toolchain })
    }

    /// Prints the plan, for `--dry-run`.
    pub fn print_plan(&self) {
        let shell = &self.context.shell;
        shell.message(Message::Plan { plan: serde_json::to_value(&self.plan).unwrap_or_default() });
        shell.print_for_people(&plan::render::text(&self.plan, &self.extension.origin.dir));
    }

    /// Builds and verifies the binaries, and makes no image.
    ///
    /// # Errors
    /// Any stage's up to the build.
    pub fn build(&self) -> Result<Artifacts, Error> {
        let (_lock, _) = self.begin()?;
        self.artifacts()
    }

    /// Finds the base image, and has it in the lock file then; a dry run leaves that file as it is. `registries` is
    /// where it may come from.
    ///
    /// # Errors
    /// When it is not there or not for all platforms, or the lock file may not change.
    pub fn pin<'r>(&self, registries: &'r dyn Source, dry_run: bool) -> Result<PinnedBase<'r>, Error> {
        base::pin(self, registries, dry_run)
    }

    /// Builds, judges what it is about to pack, and writes the image, which tells where its sources are.
    ///
    /// # Errors
    /// Any stage's; if something breaks a rule, no image is written.
    pub fn package(&self, vcs: &Vcs, base: &PinnedBase<'_>, audience: &Audience) -> Result<Packaged, Error> {
        let output = self.output();
        deliver::check(self.args, &self.plan, &output, self.context)?;
        let (lock, report) = self.begin()?;
        pack::check(&self.plan, &[&self.extension.origin.target_dir, &output])?;
        let bases = base::open(self, base)?;
        let made = self.artifacts()?;
        let bundles = pack::bundles(&self.extension, vcs, &self.plan, &made)?;
        report.status("Packaging", format!("{} v{} ({})", self.plan.name, self.plan.version, output.display()));
        let view = collect::bundles(&self.extension, &bundles)?;
        judging::judge(view, &self.extension, audience, "no image was written", self.context)?;
        let image = image::assemble(&bundles, &bases, &self.image_options(), &output, report)?;
        Ok(Packaged { image, _lock: lock })
    }

    /// Takes the lock of the folder for everything that is generated, and tells what the plan has to say.
    fn begin(&self) -> Result<(fs::Lock, &'a dyn Report), Error> {
        let shell = &self.context.shell;
        let lock = fs::lock(&self.dext().join(".lock"), || {
            shell.status("Blocking", "waiting for file lock on the extension's folder".to_owned());
        })?;
        self.plan.notes.iter().for_each(|note| shell.warning(note.clone(), None));
        Ok((lock, shell))
    }

    /// What takes long comes last: looking for tools, then the network, then compilers.
    fn artifacts(&self) -> Result<Artifacts, Error> {
        let made = steps::artifacts(self)?;
        verify::verify(&self.plan, &made, &self.context.shell)?;
        Ok(made)
    }

    fn image_options(&self) -> image::Options {
        image::Options {
            tag: self.plan.version.to_string(),
            name: self.plan.reference.as_deref().and_then(|name| Reference::parse(name).ok()),
            compression: Compression::default(),
            created: self.epoch,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            media_types: self.args.image.media_types.into(),
            cache_dir: Some(self.cache()),
        }
    }

    /// The folder for everything that is generated.
    fn dext(&self) -> PathBuf {
        self.extension.origin.target_dir.join("dext")
    }

    fn cache(&self) -> PathBuf {
        self.dext().join("cache")
    }

    /// The folder of the image.
    fn output(&self) -> PathBuf {
        let named = self.args.image.output.as_ref().map(|dir| self.context.env.cwd.join(dir));
        named.unwrap_or_else(|| self.dext().join(&self.extension.name))
    }
}
