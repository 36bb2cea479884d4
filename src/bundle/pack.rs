//! Plan and artifacts to bundles.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::Error;
use super::{Bundle, Content, Entry, ImageConfig, LayerContent, Vcs, labels, metadata, tree};
use crate::build::{Artifacts, verify};
use crate::domain::{FileMode, ImagePath, Platform};
use crate::manifest::Extension;
use crate::manifest::extension::{Base, HostSource};
use crate::plan::{ImagePlan, LayerPlan, Plan, PlannedFile, Source, sources};
use crate::sys::fs::{self, Kind};

/// Checks, before anything is built, that every file and folder of this machine that the plan names is there, and
/// that no folder holds one of `outputs`, the folders this run writes to.
///
/// # Errors
/// The first that is missing or is something else.
pub fn check(plan: &Plan, outputs: &[&Path]) -> Result<(), Error> {
    // What the UI's own build makes need not be there yet.
    let made_later = |path: &Path| plan.ui_build.as_ref().is_some_and(|ui| path.starts_with(&ui.output));
    for source in sources(&plan.images) {
        match source {
            Source::File { path, key } | Source::HostFile { path, key, .. } if !made_later(path) => is_file(path, key)?,
            Source::Tree { path, key } if !made_later(path) => {
                tree_kind(path, key)?;
                holds_no_output(path, key, outputs)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A folder that holds what this run writes would grow with every run.
fn holds_no_output(path: &Path, key: &str, outputs: &[&Path]) -> Result<(), Error> {
    let folder = fs::canonical(path)?;
    // An output that is not there yet lies where the nearest folder above it lies.
    let place = |output: &Path| output.ancestors().find_map(|above| fs::canonical(above).ok()).unwrap_or_default();
    match outputs.iter().find(|output| place(output).starts_with(&folder)) {
        Some(output) => {
            let (path, output) = (path.to_owned(), output.to_path_buf());
            Err(Error::HoldsOutput { path, output, key: key.to_owned() })
        }
        None => Ok(()),
    }
}

fn is_file(path: &Path, key: &str) -> Result<(), Error> {
    let found = fs::kind_followed(path);
    match found {
        Ok(Kind::File(0)) => Err(Error::Empty { path: path.to_owned(), key: key.to_owned() }),
        Ok(Kind::File(_)) => Ok(()),
        Ok(_) => Err(Error::NoFile { path: path.to_owned(), key: key.to_owned() }),
        Err(error) if error.is_not_found() => Err(Error::Absent { path: path.to_owned(), key: key.to_owned() }),
        Err(error) => Err(error.into()),
    }
}

fn tree_kind(path: &Path, key: &str) -> Result<Kind, Error> {
    match fs::kind_followed(path) {
        Ok(kind @ (Kind::Dir | Kind::File(_))) => Ok(kind),
        Ok(_) => Err(Error::NoFile { path: path.to_owned(), key: key.to_owned() }),
        Err(error) if error.is_not_found() => Err(Error::Absent { path: path.to_owned(), key: key.to_owned() }),
        Err(error) => Err(error.into()),
    }
}

/// Makes the bundle of every image of the plan.
///
/// # Errors
/// When a file cannot be packed, two land at one path, or something the metadata names is in no layer.
pub fn bundles(extension: &Extension, vcs: &Vcs, plan: &Plan, artifacts: &Artifacts) -> Result<Vec<Bundle>, Error> {
    let config = config(extension, vcs);
    let metadata = metadata::metadata_json(extension);
    let bundle = |image: &ImagePlan| {
        let layers =
            image.layers.iter().map(|layer| content(layer, &metadata, artifacts)).collect::<Result<Vec<_>, _>>()?;
        let bundle = Bundle { arch: image.platform.arch, layers, config: config.clone() };
        no_path_twice(&bundle)?;
        complete(extension, &bundle)?;
        Ok(bundle)
    };
    plan.images.iter().map(bundle).collect()
}

/// The configuration that all images share.
fn config(extension: &Extension, vcs: &Vcs) -> ImageConfig {
    let vm = extension.vm.as_ref();
    ImageConfig {
        labels: labels::labels(extension, vcs),
        entrypoint: vm.and_then(|vm| vm.bin.as_ref()).map(|(_, path)| vec![path.to_string()]),
        // Without a binary of our own, the arguments are for the entry point of the base.
        cmd: vm.map(|vm| vm.args.clone()).filter(|args| !args.is_empty()),
    }
}

fn content(layer: &LayerPlan, metadata: &[u8], artifacts: &Artifacts) -> Result<LayerContent, Error> {
    let mut entries = Vec::new();
    for file in &layer.files {
        entries.extend(expand(file, metadata, artifacts)?);
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(LayerContent { name: layer.name.clone(), entries })
}

fn expand(file: &PlannedFile, metadata: &[u8], artifacts: &Artifacts) -> Result<Vec<Entry>, Error> {
    let mode = file.mode.unwrap_or(FileMode::File);
    let one = |content| vec![Entry { path: file.path.clone(), content, mode }];
    let on_disk = |path: &Path| one(Content::OnDisk(path.to_owned()));
    Ok(match &file.from {
        Source::Metadata => one(Content::Generated(metadata.to_vec())),
        Source::File { path, key } | Source::HostFile { path, key, .. } => {
            is_file(path, key)?;
            on_disk(path)
        }
        Source::Tree { path, key } => match tree_kind(path, key)? {
            Kind::Dir => with_modes(tree::tree(path, &file.path, mode)?, file.mode)?,
            _ => with_modes(on_disk(path), file.mode)?,
        },
        Source::Bin { bin, platform, .. } => on_disk(&artifacts.bins[&(bin.clone(), *platform)]),
        Source::Download(download) => on_disk(&artifacts.downloads[download]),
    })
}

/// Gives entries their modes: the one asked for, or by content what looks like a program or script is executable.
/// Execute bits do not count, because Windows has none and the image must not depend on the building machine.
fn with_modes(mut entries: Vec<Entry>, asked: Option<FileMode>) -> Result<Vec<Entry>, Error> {
    for entry in entries.iter_mut().filter(|_| asked.is_none()) {
        if let Content::OnDisk(path) = &entry.content {
            let head = fs::read_head(path, 4)?;
            let programs: [&[u8]; 5] = [b"#!", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ"];
            entry.mode = if programs.iter().any(|magic| head.starts_with(magic)) {
                FileMode::Executable
            } else {
                FileMode::File
            };
        }
    }
    Ok(entries)
}

/// macOS and Windows, where Docker Desktop unpacks extensions, take names that differ only in case for one; and no
/// file can be a folder too.
fn no_path_twice(bundle: &Bundle) -> Result<(), Error> {
    let mut seen: BTreeMap<String, (&ImagePath, &str)> = BTreeMap::new();
    let all =
        || bundle.layers.iter().flat_map(|layer| layer.entries.iter().map(move |entry| (&entry.path, &layer.name)));
    for (path, layer) in all() {
        if let Some(first) = seen.insert(path.as_str().to_lowercase(), (path, layer)) {
            return Err(Error::SamePath {
                first: first.0.to_string(),
                second: path.to_string(),
                layers: format!("{}, {layer}", first.1),
                arch: bundle.arch,
            });
        }
    }
    for (path, _) in all() {
        let above = std::iter::successors(path.parent(), ImagePath::parent);
        if let Some(file) = { above }.find_map(|folder| seen.get(&folder.as_str().to_lowercase())) {
            return Err(Error::FileAndFolder { file: file.0.to_string(), below: path.to_string(), arch: bundle.arch });
        }
    }
    Ok(())
}

/// Checks that what metadata.json names is in the image. What a base image brings cannot be told here.
fn complete(extension: &Extension, bundle: &Bundle) -> Result<(), Error> {
    let find =
        |path: &ImagePath| bundle.layers.iter().flat_map(|layer| &layer.entries).find(|entry| entry.path == *path);
    let has = |path: &ImagePath| find(path).is_some();
    let origin = &extension.origin;
    if let Some(ui) = &extension.ui {
        let page = ui.src.split(['?', '#']).next().unwrap_or_default();
        let path = ui.path.join(page).map_err(|error| Error::Path { key: format!("{}.ui.src", origin.key), error })?;
        if let Some(source) = ui.source.as_ref().filter(|source| matches!(fs::kind_followed(source), Ok(Kind::File(_))))
        {
            return Err(Error::NoFolder { path: source.clone(), key: format!("{}.ui.source", origin.key) });
        }
        if !page.starts_with("http") && !has(&path) {
            let folder = ui.source.as_ref().map_or_else(String::new, |source| source.display().to_string());
            return Err(Error::NoPage { page: ui.src.clone(), folder, key: format!("{}.ui.src", origin.key) });
        }
    }
    let has_base = extension.vm.as_ref().is_some_and(|vm| vm.base != Base::Scratch);
    for (index, group) in extension.host.iter().flatten().enumerate() {
        let listed = group.files.iter().flat_map(|(os, files)| files.iter().map(move |file| (os, file)));
        for (os, file) in listed.filter(|(_, file)| file.source == HostSource::Listed) {
            let is_folder = file.value.ends_with('/');
            if let Some(Content::OnDisk(path)) = find(&file.path).map(|entry| &entry.content) {
                let arch = file.arch.unwrap_or(bundle.arch);
                verify::offered(path, Platform { os: *os, arch })?;
            }
            let below =
                bundle.layers.iter().flat_map(|layer| &layer.entries).any(|entry| entry.path.starts_with(&file.path));
            if !(has_base || has(&file.path) || is_folder && below) {
                return Err(Error::Listed {
                    path: file.value.clone(),
                    key: format!("{}.host[{index}].{os}", origin.key),
                    arch: bundle.arch,
                });
            }
        }
    }
    Ok(())
}
