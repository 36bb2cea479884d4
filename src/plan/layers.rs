//! What goes where in which image.
//!
//! The lowest layer is equal in all images: metadata.json, icon, UI, compose file, scripts and further
//! files. Above it lies one layer for the backend and one for each host program and operating system, so
//! that a change to one binary moves one layer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Error, ImagePlan, LayerPlan, PlannedDownload, PlannedFile, Request, Source};
use crate::domain::{Arch, FileMode, ImagePath, Os, Platform};
use crate::manifest::Extension;
use crate::manifest::extension::{Base, Download, HostFile, HostSource, Origin};

/// The most layers an image may have: overlay file systems stop at 128, and a base wants some.
const MAX_LAYERS: usize = 120;

/// The images of the CPUs that the request asks for.
pub(super) fn images(
    extension: &Extension,
    request: &Request,
    notes: &mut Vec<String>,
) -> Result<Vec<ImagePlan>, Error> {
    let archs = Arch::ALL.into_iter().filter(|arch| request.archs.is_empty() || request.archs.contains(arch));
    archs.map(|arch| image(extension, arch, notes)).collect()
}

fn image(extension: &Extension, arch: Arch, notes: &mut Vec<String>) -> Result<ImagePlan, Error> {
    let platform = arch.image_platform();
    let mut layers = vec![LayerPlan { name: "shared".to_owned(), files: shared(extension)? }];
    layers.extend(backend(extension, arch));
    layers.extend(host(extension, arch, notes));
    no_path_twice(platform, &layers)?;
    if layers.len() > MAX_LAYERS {
        return Err(Error::TooManyLayers { platform, count: layers.len(), limit: MAX_LAYERS });
    }
    Ok(ImagePlan { platform, layers })
}

fn key(origin: &Origin, key: &str) -> String {
    format!("{}.{key}", origin.key)
}

fn shared(extension: &Extension) -> Result<Vec<PlannedFile>, Error> {
    let origin = &extension.origin;
    let file = |path: &ImagePath, source: &Path, name: &str| PlannedFile {
        path: path.clone(),
        from: Source::File { path: source.to_owned(), key: key(origin, name) },
        mode: Some(FileMode::File),
    };
    let metadata = ImagePath::new("metadata.json").expect("a plain file name is a path");
    let mut files = vec![PlannedFile { path: metadata, from: Source::Metadata, mode: Some(FileMode::File) }];
    files.extend(extension.icon.iter().map(|icon| file(&icon.path, &icon.source, "icon")));
    if let Some(ui) = &extension.ui {
        let missing = || Error::NoSource { what: "the UI", key: key(origin, "ui.source") };
        let source = ui.source.clone().ok_or_else(missing)?;
        let from = Source::Tree { path: source, key: key(origin, "ui.source") };
        files.push(PlannedFile { path: ui.path.clone(), from, mode: Some(FileMode::File) });
    }
    if let Some(compose) = extension.vm.as_ref().and_then(|vm| vm.composefile.as_ref()) {
        files.push(file(&compose.path, &compose.source, "vm.composefile"));
    }
    for (index, extra) in extension.files.iter().enumerate() {
        let from = Source::Tree { path: extra.source.clone(), key: key(origin, &format!("files[{index}].source")) };
        files.push(PlannedFile { path: extra.path.clone(), from, mode: extra.mode });
    }
    files.extend(host_files(extension));
    Ok(files)
}

/// Host files that are the same for every CPU; one file may be listed under several operating systems.
fn host_files(extension: &Extension) -> Vec<PlannedFile> {
    let mut systems: BTreeMap<(&ImagePath, &PathBuf), (usize, Vec<Os>)> = BTreeMap::new();
    for (index, group) in extension.host.iter().flatten().enumerate() {
        for (os, file) in group.files.iter().flat_map(|(os, files)| files.iter().map(move |file| (*os, file))) {
            if let HostSource::File(source) = &file.source {
                systems.entry((&file.path, source)).or_insert_with(|| (index, Vec::new())).1.push(os);
            }
        }
    }
    let planned = |((path, source), (index, systems)): ((&ImagePath, &PathBuf), (usize, Vec<Os>))| {
        let key = key(&extension.origin, &format!("host[{index}].file"));
        let from = Source::HostFile { path: source.clone(), key, systems };
        PlannedFile { path: path.clone(), from, mode: Some(FileMode::Executable) }
    };
    systems.into_iter().map(planned).collect()
}

fn backend(extension: &Extension, arch: Arch) -> Option<LayerPlan> {
    let vm = extension.vm.as_ref()?;
    let (bin, path) = vm.bin.as_ref()?;
    let must_be_static = vm.base == Base::Scratch;
    let from = Source::Bin { bin: bin.into(), platform: arch.image_platform(), must_be_static };
    let file = PlannedFile { path: path.clone(), from, mode: Some(FileMode::Executable) };
    Some(LayerPlan { name: format!("backend {}", bin.name), files: vec![file] })
}

fn host(extension: &Extension, arch: Arch, notes: &mut Vec<String>) -> Vec<LayerPlan> {
    let mut layers = Vec::new();
    for group in extension.host.iter().flatten() {
        for (os, files) in &group.files {
            layers.extend(files.iter().filter_map(|file| host_layer(file, *os, arch, notes)));
        }
    }
    layers
}

fn host_layer(file: &HostFile, os: Os, image: Arch, notes: &mut Vec<String>) -> Option<LayerPlan> {
    let wanted = Platform { os, arch: file.arch.unwrap_or(image) };
    let platform = file.fallback.get(&wanted).copied().unwrap_or(wanted);
    let (name, from) = match &file.source {
        HostSource::Bin(bin) => {
            (bin.name.to_string(), Source::Bin { bin: bin.into(), platform, must_be_static: false })
        }
        HostSource::Download(download) => (download.name.to_string(), Source::Download(resolve(download, platform)?)),
        HostSource::File(_) | HostSource::Listed => return None,
    };
    if platform != wanted {
        let note = format!("{wanted} gets the {platform} build of `{name}` (fallback in Cargo.toml)");
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    // A file that is the same in both images gets the same layer name, so that the two stay one layer.
    let name = match (file.arch, platform == wanted) {
        (None, true) => format!("host {name} {os}"),
        _ => format!("host {name} {}", platform.dashed()),
    };
    let mode = Some(FileMode::Executable);
    Some(LayerPlan { name, files: vec![PlannedFile { path: file.path.clone(), from, mode }] })
}

/// The download of one platform, its URL filled in. The conversion has checked that the hash is there.
fn resolve(download: &Download, platform: Platform) -> Option<PlannedDownload> {
    let url = download
        .url
        .replace("{os}", platform.os.as_str())
        .replace("{arch}", platform.arch.as_str())
        .replace("{exe}", platform.os.exe_suffix());
    let sha256 = *download.sha256.get(&platform)?;
    Some(PlannedDownload { name: download.name.to_string(), platform, url, sha256 })
}

fn no_path_twice(platform: Platform, layers: &[LayerPlan]) -> Result<(), Error> {
    let mut seen: BTreeMap<&ImagePath, String> = BTreeMap::new();
    for file in layers.iter().flat_map(|layer| &layer.files).filter(|file| !matches!(file.from, Source::Tree { .. })) {
        let who = describe(&file.from);
        if let Some(first) = seen.insert(&file.path, who.clone()) {
            return Err(Error::SamePath { path: file.path.to_string(), platform, keys: format!("{first} and {who}") });
        }
    }
    Ok(())
}

/// Who puts a file somewhere, in a few words.
pub(super) fn describe(source: &Source) -> String {
    match source {
        Source::Metadata => "the generated metadata.json".to_owned(),
        Source::File { path, .. } | Source::HostFile { path, .. } | Source::Tree { path, .. } => {
            path.display().to_string()
        }
        Source::Bin { bin, platform, .. } => format!("the binary `{}` for {platform}", bin.name),
        Source::Download(download) => format!("`{}` for {}, {}", download.name, download.platform, download.url),
    }
}
