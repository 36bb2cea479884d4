//! Extension and request to [`Plan`]: everything that will be built, fetched and packed, before any of it
//! happens. Pure: `--dry-run` prints the value and stops.

pub mod error;
pub mod layers;
pub mod lock;
pub mod matrix;
pub mod render;
pub mod toolchain;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Serialize;

pub use error::Error;
pub use lock::Lock;
pub use toolchain::Machine;

use crate::domain::{Arch, BinName, Digest, FileMode, ImagePath, Os, Platform, TargetTriple};
use crate::manifest::Extension;
use crate::manifest::extension::{Base, BinRef, Builder};

/// What the user asked for, apart from the manifest.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The CPUs to make images for; empty means all.
    pub archs: BTreeSet<Arch>,
    /// Build these platforms only, and make no image.
    pub only: BTreeSet<Platform>,
    /// The builder for every platform, over the manifest's.
    pub builder: Option<Builder>,
    /// Cargo's profile, over the manifest's.
    pub profile: Option<String>,
    /// Features, joined with the manifest's.
    pub features: Vec<String>,
    /// `--all-features`.
    pub all_features: bool,
    /// `--no-default-features`.
    pub no_default_features: bool,
    /// What base images are pinned to.
    pub lock: Lock,
}

/// A whole run, as a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The extension's name.
    pub name: String,
    /// Its version, the image's tag.
    pub version: semver::Version,
    /// The image's name and tag, if the manifest names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// How Cargo is called.
    pub cargo: CargoSettings,
    /// What is compiled: one unit per target triple.
    pub units: Vec<BuildUnit>,
    /// What is fetched.
    pub downloads: Vec<PlannedDownload>,
    /// The UI's own build, before anything is packed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui_build: Option<UiBuildPlan>,
    /// What the images are built on, unless that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<PlannedBase>,
    /// One image per CPU.
    pub images: Vec<ImagePlan>,
    /// What a reader of the plan should know: fallbacks and doubts.
    pub notes: Vec<String>,
}

/// What every Cargo call of a run shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CargoSettings {
    /// The profile.
    pub profile: String,
    /// Features to turn on.
    pub features: Vec<String>,
    /// `--all-features`.
    pub all_features: bool,
    /// `--no-default-features`.
    pub no_default_features: bool,
    /// The oldest macOS that darwin binaries must run on.
    pub macos_minimum: String,
    /// The newest glibc that `-gnu` binaries may need.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glibc: Option<String>,
}

/// All binaries of one target triple, with the tool that links them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuildUnit {
    /// The platform.
    pub platform: Platform,
    /// The target triple.
    pub triple: TargetTriple,
    /// What compiles and links.
    pub builder: Builder,
    /// Why this builder: who said so.
    pub because: &'static str,
    /// The binaries, sorted.
    pub bins: Vec<PlannedBin>,
}

/// A binary of a workspace member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PlannedBin {
    /// The member.
    pub package: String,
    /// The binary.
    pub name: BinName,
}

impl From<&BinRef> for PlannedBin {
    fn from(bin: &BinRef) -> Self {
        PlannedBin { package: bin.package.clone(), name: bin.name.clone() }
    }
}

/// A program of somebody else for one platform.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PlannedDownload {
    /// Its name.
    pub name: String,
    /// The platform it is for.
    pub platform: Platform,
    /// Where it is fetched from.
    pub url: String,
    /// What it must hash to.
    pub sha256: Digest,
}

/// Commands that build the UI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UiBuildPlan {
    /// The folder they run in.
    pub dir: PathBuf,
    /// The command lines, in order.
    pub run: Vec<String>,
    /// The folder they fill.
    pub output: PathBuf,
}

/// What images are built on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum PlannedBase {
    /// An OCI layout of this machine.
    Layout {
        /// Where it is.
        path: PathBuf,
        /// The tag to take from it.
        #[serde(skip_serializing_if = "Option::is_none")]
        tag: Option<String>,
    },
    /// An image in a registry.
    Registry {
        /// Its name, in full.
        image: String,
        /// What the lock file, or the name itself, pins it to. Without it the registry will be asked.
        #[serde(skip_serializing_if = "Option::is_none")]
        digest: Option<Digest>,
    },
}

/// One image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImagePlan {
    /// Its platform.
    pub platform: Platform,
    /// Its layers, lowest first.
    pub layers: Vec<LayerPlan>,
}

/// One layer of an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerPlan {
    /// Its name in reports and in the image's history.
    pub name: String,
    /// What it holds.
    pub files: Vec<PlannedFile>,
}

/// A file or folder with its place in the image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedFile {
    /// Where it lands.
    pub path: ImagePath,
    /// Where it comes from.
    pub from: Source,
    /// Its mode; `None` follows the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<FileMode>,
}

/// Where a planned file comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Source {
    /// metadata.json, which this tool writes.
    Metadata,
    /// A file of this machine.
    File {
        /// Where it is.
        path: PathBuf,
        /// The key of Cargo.toml that names it.
        key: String,
    },
    /// A file or a folder of this machine with all below it.
    Tree {
        /// Where it is.
        path: PathBuf,
        /// The key of Cargo.toml that names it.
        key: String,
    },
    /// A file of this machine that is offered to hosts, the same for every CPU.
    HostFile {
        /// Where it is.
        path: PathBuf,
        /// The key of Cargo.toml that names it.
        key: String,
        /// The operating systems it is offered to.
        systems: Vec<Os>,
    },
    /// A binary that Cargo builds.
    Bin {
        /// The binary.
        bin: PlannedBin,
        /// The platform it is built for.
        platform: Platform,
        /// Whether it must bring all libraries, as the backend on `scratch` must.
        must_be_static: bool,
    },
    /// A fetched program.
    Download(PlannedDownload),
}

/// Makes the plan.
///
/// # Errors
/// When the request and the manifest do not fit together, or no tool links a platform.
pub fn plan(extension: &Extension, request: &Request, machine: &Machine) -> Result<Plan, Error> {
    let mut notes = Vec::new();
    let images = layers::images(extension, request, &mut notes)?;
    let units = matrix::units(extension, request, machine, &images)?;
    let downloads = downloads(&images, request);
    let images = if request.only.is_empty() { images } else { Vec::new() };
    Ok(Plan {
        name: extension.name.clone(),
        version: extension.version.clone(),
        reference: extension.image.as_ref().map(|image| format!("{image}:{}", extension.version)),
        cargo: settings(extension, request, machine),
        units,
        downloads,
        ui_build: ui_build(extension, request),
        base: if images.is_empty() { None } else { base(extension, &request.lock) },
        images,
        notes,
    })
}

fn base(extension: &Extension, lock: &Lock) -> Option<PlannedBase> {
    match &extension.vm.as_ref()?.base {
        Base::Scratch => None,
        Base::Layout(path, tag) => Some(PlannedBase::Layout { path: path.clone(), tag: tag.clone() }),
        Base::Registry(reference) => {
            let key = lock::key(reference);
            let locked = key.as_ref().and_then(|key| lock.get(key)).map(|locked| locked.digest);
            let image = key.as_ref().unwrap_or(reference).to_string();
            Some(PlannedBase::Registry { image, digest: locked.or(reference.digest) })
        }
    }
}

fn settings(extension: &Extension, request: &Request, machine: &Machine) -> CargoSettings {
    let build = &extension.build;
    let mut features = build.features.clone();
    features.extend(request.features.iter().cloned());
    CargoSettings {
        profile: request.profile.clone().or_else(|| build.profile.clone()).unwrap_or_else(|| "release".to_owned()),
        features,
        all_features: build.all_features || request.all_features,
        no_default_features: build.no_default_features || request.no_default_features,
        macos_minimum: build
            .macos_minimum
            .clone()
            .or_else(|| machine.macos_minimum.clone())
            .unwrap_or_else(|| toolchain::MACOS_MINIMUM.to_owned()),
        glibc: build.glibc.clone(),
    }
}

fn ui_build(extension: &Extension, request: &Request) -> Option<UiBuildPlan> {
    let ui = extension.ui.as_ref().filter(|_| request.only.is_empty())?;
    let (build, output) = (ui.build.as_ref()?, ui.source.as_ref()?);
    Some(UiBuildPlan { dir: build.dir.clone(), run: build.run.clone(), output: output.clone() })
}

fn downloads(images: &[ImagePlan], request: &Request) -> Vec<PlannedDownload> {
    let wanted: BTreeSet<PlannedDownload> = sources(images)
        .filter_map(|source| match source {
            Source::Download(download) => Some(download.clone()),
            _ => None,
        })
        .filter(|download| request.only.is_empty() || request.only.contains(&download.platform))
        .collect();
    wanted.into_iter().collect()
}

/// Every source of every layer of every image.
pub fn sources(images: &[ImagePlan]) -> impl Iterator<Item = &Source> {
    images.iter().flat_map(|image| &image.layers).flat_map(|layer| &layer.files).map(|file| &file.from)
}

impl Plan {
    /// The units grouped into Cargo calls: units of one operating system, builder and set of binaries.
    #[must_use]
    pub fn calls(&self) -> Vec<Vec<&BuildUnit>> {
        matrix::calls(&self.units)
    }

    /// The unit that builds for a platform.
    #[must_use]
    pub fn unit(&self, platform: Platform) -> Option<&BuildUnit> {
        self.units.iter().find(|unit| unit.platform == platform)
    }

    /// The operating systems of all units that a builder handles, with their triples.
    #[must_use]
    pub fn triples_of(&self, builder: Builder) -> BTreeMap<Os, Vec<&TargetTriple>> {
        let mut triples: BTreeMap<Os, Vec<&TargetTriple>> = BTreeMap::new();
        for unit in self.units.iter().filter(|unit| unit.builder == builder) {
            triples.entry(unit.platform.os).or_default().push(&unit.triple);
        }
        triples
    }
}

/// The plan of some extension with one binary for all six platforms, for `doctor` outside of a project.
#[must_use]
pub fn any_extension(machine: &Machine) -> Plan {
    let unit = |platform: Platform| {
        let triple = platform.default_triple();
        let (builder, because) = toolchain::choose(&triple, None, machine).ok()?;
        Some(BuildUnit { platform, triple, builder, because, bins: Vec::new() })
    };
    Plan {
        name: "any".to_owned(),
        version: semver::Version::new(0, 0, 0),
        reference: None,
        cargo: CargoSettings {
            profile: "release".to_owned(),
            features: Vec::new(),
            all_features: false,
            no_default_features: false,
            macos_minimum: toolchain::MACOS_MINIMUM.to_owned(),
            glibc: None,
        },
        units: Platform::ALL.into_iter().filter_map(unit).collect(),
        downloads: Vec::new(),
        ui_build: None,
        base: None,
        images: Vec::new(),
        notes: Vec::new(),
    }
}
