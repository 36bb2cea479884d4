//! What `inspect` shows, as one value: the JSON of `--format json`, and what text and pictures are made of.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::build::inspect::Facts;
use crate::domain::{Digest, Os};
use crate::subject::{Absence, Entry, EntryKind, Extension, Found, Platform, Program, Subject};

/// An image. The names of the fields are stable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// Its name.
    pub name: String,
    /// What it was read from: `oci-layout`, `oci-archive`, `docker-archive` or `registry`.
    pub source: &'static str,
    /// The media type of what its tag points at; null in an archive of `docker save`, as the two below.
    pub media_type: Option<String>,
    /// The digest of that.
    pub digest: Option<Digest>,
    /// Its length in bytes.
    pub size: Option<u64>,
    /// What its index lists, in its order.
    pub manifests: Vec<Entry>,
    /// Its platforms, in the order of the index.
    pub platforms: Vec<PlatformView>,
    /// The bytes of all layers, each counted once.
    pub layers_size: u64,
    /// The bytes of the layers that several platforms share, each counted once.
    pub shared_size: u64,
}

/// One platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlatformView {
    /// Where it runs, as `linux/arm64`.
    pub platform: String,
    /// The digest of its manifest; null in an archive of `docker save`.
    pub manifest: Option<Digest>,
    /// The digest of its config: Docker's image id.
    pub config: Digest,
    /// When it was made.
    pub created: Option<String>,
    /// The user its program runs as.
    pub user: Option<String>,
    /// The folder its program starts in.
    pub working_dir: Option<String>,
    /// Its environment.
    pub env: Vec<String>,
    /// What it starts.
    pub entrypoint: Vec<String>,
    /// The arguments of that, or what it starts if there is nothing else.
    pub cmd: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its layers, lowest first.
    pub layers: Vec<LayerView>,
    /// The bytes of its layers.
    pub size: u64,
    /// metadata.json; null if there is none to read.
    pub metadata: Option<Value>,
    /// Why there is none to read.
    pub metadata_problem: Option<String>,
    /// The text of metadata.json, for people.
    #[serde(skip)]
    pub metadata_text: String,
    /// The programs that metadata.json lists for users' machines.
    pub host_binaries: Vec<ProgramView>,
    /// The program that a container starts.
    pub backend: Option<ProgramView>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerView {
    /// Its number, from 1.
    pub number: usize,
    /// What made it.
    pub name: Option<String>,
    /// What the manifest says it is.
    pub media_type: String,
    /// The hash of the blob.
    pub digest: Digest,
    /// The length of the blob in bytes.
    pub size: u64,
    /// The hash of the tar in it.
    pub diff_id: Digest,
    /// The other platforms that have it, too.
    pub shared_with: Vec<String>,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProgramView {
    /// The operating system that metadata.json lists it for; null for the backend.
    pub os: Option<Os>,
    /// Its path as it is written.
    pub path: String,
    /// What keeps it from being a program; null if nothing does.
    pub problem: Option<String>,
    /// Its length in bytes.
    pub size: Option<u64>,
    /// Its permission bits, in octal.
    pub mode: Option<String>,
    /// The number of its layer, from 1.
    pub layer: Option<usize>,
    /// The hash of its content.
    pub digest: Option<Digest>,
    /// What its headers say it runs on, as `darwin/arm64`.
    pub runs_on: Vec<String>,
    /// What its headers say.
    pub facts: Option<Facts>,
}

impl View {
    /// The view of an image and of what Docker Desktop would take out of each platform.
    #[must_use]
    pub fn new(subject: &Subject<'_>, extensions: Vec<Extension>) -> Self {
        let platforms: Vec<PlatformView> = subject
            .platforms
            .iter()
            .zip(extensions)
            .map(|(platform, extension)| PlatformView::new(platform, extension, &subject.platforms))
            .collect();
        let all: BTreeMap<Digest, (u64, bool)> = platforms
            .iter()
            .flat_map(|platform| &platform.layers)
            .map(|layer| (layer.digest, (layer.size, !layer.shared_with.is_empty())))
            .collect();
        let root = subject.root.as_ref();
        View {
            name: subject.name.clone(),
            source: subject.kind,
            media_type: root.map(|root| root.media_type.clone()),
            digest: root.map(|root| root.digest),
            size: root.map(|root| root.size),
            manifests: subject.entries.clone(),
            layers_size: all.values().map(|(size, _)| size).sum(),
            shared_size: all.values().filter(|(_, shared)| *shared).map(|(size, _)| size).sum(),
            platforms,
        }
    }
}

impl PlatformView {
    fn new(platform: &Platform, extension: Extension, all: &[Platform]) -> Self {
        let execution = platform.execution();
        let (metadata, problem) = match extension.metadata {
            Ok(metadata) => (Some(metadata), None),
            Err(problem) => (None, Some(problem)),
        };
        PlatformView {
            platform: platform.name(),
            manifest: platform.manifest.as_ref().map(|manifest| manifest.digest),
            config: platform.config.digest,
            created: platform.said.created.clone(),
            user: execution.user.filter(|user| !user.is_empty()),
            working_dir: execution.working_dir.filter(|dir| !dir.is_empty()),
            env: execution.env.unwrap_or_default(),
            entrypoint: execution.entrypoint.unwrap_or_default(),
            cmd: execution.cmd.unwrap_or_default(),
            labels: platform.labels(),
            layers: layers(platform, all),
            size: platform.layers.iter().map(|layer| layer.size).sum(),
            metadata_problem: problem,
            metadata_text: metadata.as_ref().map(|metadata| metadata.text.clone()).unwrap_or_default(),
            metadata: metadata.map(|metadata| metadata.value),
            host_binaries: extension.host.iter().map(ProgramView::new).collect(),
            backend: extension.backend.as_ref().map(ProgramView::new),
        }
    }
}

fn layers(platform: &Platform, all: &[Platform]) -> Vec<LayerView> {
    let shared_with = |digest: Digest| {
        let others = all.iter().filter(|other| !std::ptr::eq(*other, platform));
        others.filter(|other| other.layers.iter().any(|layer| layer.digest == digest)).map(Platform::name).collect()
    };
    let numbered = platform.layers.iter().enumerate();
    numbered
        .map(|(at, layer)| LayerView {
            number: at + 1,
            name: layer.name.clone(),
            media_type: layer.media_type.clone(),
            digest: layer.digest,
            size: layer.size,
            diff_id: layer.diff_id,
            shared_with: shared_with(layer.digest),
        })
        .collect()
}

impl ProgramView {
    fn new(program: &Program) -> Self {
        let empty = ProgramView {
            os: program.os,
            path: program.path.clone(),
            problem: None,
            size: None,
            mode: None,
            layer: None,
            digest: None,
            runs_on: Vec::new(),
            facts: None,
        };
        let file = match &program.found {
            Found::File(file) => file,
            Found::Absent(why) => {
                let why = match why {
                    Absence::Missing => "it is not in the image",
                    Absence::NoFolder => "a part of its path is no folder",
                    Absence::Loop => "links lead in a circle",
                };
                return ProgramView { problem: Some(why.to_owned()), ..empty };
            }
        };
        let looked = file.looks.as_ref().map(|looks| looks.facts.clone());
        let (facts, problem) = match (looked, &file.kind) {
            (Some(Ok(facts)), _) => (Some(facts), None),
            (Some(Err(problem)), _) => (None, Some(problem)),
            (None, EntryKind::File) => (None, Some("it has holes, and is not looked into".to_owned())),
            (None, EntryKind::Dir) => (None, Some("it is a folder".to_owned())),
            (None, _) => (None, Some("it is no regular file".to_owned())),
        };
        ProgramView {
            problem,
            size: Some(file.size),
            mode: Some(format!("{:04o}", file.mode)),
            layer: Some(file.layer + 1),
            digest: file.digest,
            runs_on: facts.as_ref().map(runs_on).unwrap_or_default(),
            facts,
            ..empty
        }
    }
}

/// The operating system and CPU that the headers name: any that there is, not only those of Docker Desktop.
fn runs_on(facts: &Facts) -> Vec<String> {
    use crate::build::inspect::Detail;
    match &facts.detail {
        Detail::Elf(elf) => vec![elf.machine.to_string()],
        Detail::Pe(pe) => vec![pe.machine.to_string()],
        Detail::MachO(macho) => macho.slices.iter().map(|slice| slice.machine.to_string()).collect(),
        Detail::Script(_) | Detail::Other(_) => Vec::new(),
    }
}
