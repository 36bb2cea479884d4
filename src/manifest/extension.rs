//! The table as it is meant: checked names, absolute paths, defaults filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::domain::{
    Arch, BinName, Digest, FileMode, FileName, ImageName, ImagePath, Os, Platform, Reference, TargetTriple,
};

/// JSON that is carried into metadata.json as it is.
pub type JsonMap = serde_json::Map<String, serde_json::Value>;

/// A Docker Desktop extension as its manifest describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Extension {
    /// Where the table stands.
    pub origin: Origin,
    /// The extension's name on this machine: the package's, or the workspace folder's.
    pub name: String,
    /// The version, which is the image's tag.
    pub version: semver::Version,
    /// The title that Docker Desktop shows.
    pub title: String,
    /// Who offers the extension.
    pub vendor: String,
    /// What it is, in a sentence.
    pub description: String,
    /// The icon of the dashboard.
    pub icon: Option<PlacedFile>,
    /// The image's name, without a tag.
    pub image: Option<ImageName>,
    /// The value of the `com.docker.desktop.extension.api.version` label.
    pub api_version: String,
    /// The dashboard tab.
    pub ui: Option<Ui>,
    /// The backend in Docker Desktop's virtual machine.
    pub vm: Option<Vm>,
    /// The host files. `Some(vec![])` writes an empty list, `None` no `host` at all.
    pub host: Option<Vec<HostGroup>>,
    /// Any further files.
    pub files: Vec<ExtraFile>,
    /// Any further image labels.
    pub labels: BTreeMap<String, String>,
    /// What the Marketplace shows.
    pub marketplace: Marketplace,
    /// How binaries are built.
    pub build: BuildSettings,
    /// How the extension is judged.
    pub validate: Judging,
    /// Merged into the root of metadata.json.
    pub extra: JsonMap,
}

impl Extension {
    /// The base image, if it comes from a registry.
    #[must_use]
    pub fn registry_base(&self) -> Option<&Reference> {
        match &self.vm.as_ref()?.base {
            Base::Registry(base) => Some(base),
            Base::Scratch | Base::Layout(..) => None,
        }
    }
}

/// Where the table stands, and what Cargo says of the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The Cargo.toml that holds the table.
    pub manifest_path: PathBuf,
    /// The table's key: `package.metadata.extension` or `workspace.metadata.extension`.
    pub key: &'static str,
    /// The folder that relative paths count from: the one of `manifest_path`.
    pub dir: PathBuf,
    /// The workspace's folder.
    pub workspace_root: PathBuf,
    /// Cargo's target folder.
    pub target_dir: PathBuf,
    /// The package that holds the table; `None` for a workspace's table.
    pub package: Option<String>,
    /// The binaries of the workspace: which package has which.
    pub bins: Vec<WorkspaceBin>,
    /// `repository` of the package, for the `source` label.
    pub repository: Option<String>,
    /// `license` of the package, for the `licenses` label.
    pub license: Option<String>,
    /// The base images that the workspace's tables take from registries, those of other extensions too: they share one
    /// lock file.
    pub bases: BTreeSet<Reference>,
    /// Crates of the dependency graph whose presence the preflight looks for, by name.
    pub dependencies: Vec<String>,
}

/// A binary target of a workspace member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceBin {
    /// The member.
    pub package: String,
    /// The member's folder.
    pub dir: PathBuf,
    /// Cargo's opaque id of the member, as build messages carry it.
    pub package_id: String,
    /// The binary.
    pub name: BinName,
    /// Features the binary needs.
    pub required_features: Vec<String>,
}

/// A file of this machine with its place in the image and its spelling in metadata.json.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedFile {
    /// Where it is on this machine.
    pub source: PathBuf,
    /// Where it lands.
    pub path: ImagePath,
    /// How metadata.json spells the path.
    pub value: String,
}

/// The dashboard tab.
#[derive(Debug, Clone, PartialEq)]
pub struct Ui {
    /// The folder on this machine that holds the built UI.
    pub source: Option<PathBuf>,
    /// What builds the UI.
    pub build: Option<UiBuild>,
    /// The tab's title.
    pub title: String,
    /// Where the folder lands.
    pub path: ImagePath,
    /// How metadata.json spells the folder.
    pub root: String,
    /// The page, relative to the folder, spelled as in metadata.json.
    pub src: String,
    /// `backend.socket` of the tab, an older spelling of the backend's socket.
    pub backend_socket: Option<String>,
    /// Merged into `ui.dashboard-tab`.
    pub extra: JsonMap,
}

/// Commands that build the UI before it is packaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiBuild {
    /// The folder they run in.
    pub dir: PathBuf,
    /// The command lines, in order.
    pub run: Vec<String>,
}

/// A Cargo binary that some place of the extension asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BinRef {
    /// The member that has it.
    pub package: String,
    /// The binary's name.
    pub name: BinName,
}

/// The backend.
#[derive(Debug, Clone, PartialEq)]
pub struct Vm {
    /// The Cargo binary, and where it lands.
    pub bin: Option<(BinRef, ImagePath)>,
    /// The arguments that the image's entry point is started with.
    pub args: Vec<String>,
    /// What the backend's image is built on.
    pub base: Base,
    /// The socket's bare file name in `/run/guest-services`.
    pub socket: Option<FileName>,
    /// `vm.image` as metadata.json has it.
    pub image: Option<String>,
    /// The compose file.
    pub composefile: Option<PlacedFile>,
    /// Merged into `vm`.
    pub extra: JsonMap,
}

/// How a table names the empty image.
pub const SCRATCH: &str = "scratch";

/// What an image is built on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// Nothing.
    Scratch,
    /// An OCI layout on this machine, with the tag to take from it.
    Layout(PathBuf, Option<String>),
    /// An image in a registry.
    Registry(Reference),
}

/// One object of `host.binaries`.
#[derive(Debug, Clone, PartialEq)]
pub struct HostGroup {
    /// The files by operating system, in the order metadata.json lists them. A system with an empty list
    /// keeps its key.
    pub files: Vec<(Os, Vec<HostFile>)>,
    /// Merged into the object.
    pub extra: JsonMap,
}

/// One file for one operating system, chosen by the image's CPU unless `arch` says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFile {
    /// Where it lands in the image.
    pub path: ImagePath,
    /// How metadata.json spells the path.
    pub value: String,
    /// Where it comes from.
    pub source: HostSource,
    /// The one CPU it is for, where every image carries the files of every CPU.
    pub arch: Option<Arch>,
    /// Platforms that stand in for others, as windows/amd64 does for windows/arm64.
    pub fallback: BTreeMap<Platform, Platform>,
}

/// Where a host file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostSource {
    /// A binary that Cargo builds.
    Bin(BinRef),
    /// A program of somebody else, fetched and checked.
    Download(Download),
    /// A file of this machine, the same for every CPU.
    File(PathBuf),
    /// The path is only listed; some other part of the table puts the file there.
    Listed,
}

/// A program that is fetched over HTTPS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Its name without `.exe`.
    pub name: FileName,
    /// The URL with `{os}`, `{arch}` and `{exe}` still in it.
    pub url: String,
    /// What the file's content must hash to on each platform.
    pub sha256: BTreeMap<Platform, Digest>,
}

/// A file or folder that is copied into every image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraFile {
    /// Where it is on this machine.
    pub source: PathBuf,
    /// Where it lands.
    pub path: ImagePath,
    /// Its mode; by default executable if it starts as a script or a program does.
    pub mode: Option<FileMode>,
}

/// How the extension is judged before anybody gets it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judging {
    /// `marketplace` or `private`; without it, where the image goes decides.
    pub profile: Option<String>,
    /// Whether warnings are errors.
    pub deny_warnings: bool,
    /// The rules that do not count. Which there are is known to `validate` only.
    pub allow: Vec<Allowed>,
}

/// A rule that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Its id, as it is written.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// What the Marketplace shows. Texts are already read from their files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marketplace {
    /// Link of the publisher.
    pub publisher_url: Option<String>,
    /// Link of the icon.
    pub icon_url: Option<String>,
    /// Pictures, each with its text.
    pub screenshots: Option<Vec<Screenshot>>,
    /// Further links.
    pub additional_urls: Option<Vec<Link>>,
    /// Text or HTML.
    pub detailed_description: Option<String>,
    /// Text or HTML about this version.
    pub changelog: Option<String>,
    /// Slugs of categories.
    pub categories: Option<Vec<String>>,
    /// Whether an account is needed.
    pub account_info: Option<String>,
}

/// A picture of the extension.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screenshot {
    /// What is to be seen.
    pub alt: String,
    /// Where the picture is.
    pub url: String,
}

/// A link with a title.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The title.
    pub title: String,
    /// The address.
    pub url: String,
}

/// How binaries are built.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuildSettings {
    /// Cargo's profile; `release` if nothing is said here or on the command line.
    pub profile: Option<String>,
    /// Features to turn on.
    pub features: Vec<String>,
    /// Whether to turn all features on.
    pub all_features: bool,
    /// Whether to leave default features off.
    pub no_default_features: bool,
    /// The triple of a platform, where it is not the default one.
    pub triple: BTreeMap<Platform, TargetTriple>,
    /// The builder of a platform, where it is not the automatic one.
    pub builder: BTreeMap<Platform, Builder>,
    /// The oldest macOS that binaries run on; `11.0` if nothing is said.
    pub macos_minimum: Option<String>,
    /// The newest glibc that `-gnu` binaries may need, and the one zig links against, e.g. `2.17`.
    pub glibc: Option<String>,
}

/// What compiles and links for a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Builder {
    /// Cargo with the linker it finds by itself.
    Cargo,
    /// Cargo with zig as C compiler and linker.
    Zig,
    /// The `cross` program and its containers.
    Cross,
    /// The `cargo-xwin` program and Microsoft's SDK.
    Xwin,
}

impl Builder {
    /// Every builder.
    pub const ALL: [Builder; 4] = [Builder::Cargo, Builder::Zig, Builder::Cross, Builder::Xwin];

    /// The name on the command line and in Cargo.toml.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Builder::Cargo => "cargo",
            Builder::Zig => "zig",
            Builder::Cross => "cross",
            Builder::Xwin => "xwin",
        }
    }
}

impl std::fmt::Display for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
