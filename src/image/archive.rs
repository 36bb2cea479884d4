//! A finished layout as one file, or as a stream for `docker load`.
//!
//! Both formats are plain tars of verified blobs, the same bytes for the same layout.

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde::Serialize;

use super::document::{CONTAINERD_NAME, Descriptor, Manifest, canonical};
use super::read::{INDEX, LAYOUT_VERSION, Layout, Listing, MARKER};
use super::{Error, tar};
use crate::domain::{Arch, Digest, Reference};
use crate::sys::{fs, interrupt};

/// What kind of archive to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The OCI layout with all its platforms in one tar: for skopeo, podman, containerd, and `docker load` with
    /// the containerd image store.
    Oci {
        /// The CPU whose image engines without that store find in the same archive: they read a
        /// `manifest.json` as `docker save` writes it, which OCI readers ignore, and which names one image.
        docker: Option<Arch>,
    },
    /// The image of one CPU as `docker save` wrote it before it knew OCI; Docker 20.10 and newer load it.
    Docker(Arch),
}

/// Checks that an archive may be written to `path`: nothing is there, or an empty file, or an archive as this
/// module writes them. `layout` is the image's own folder, which must stay as it is.
///
/// # Errors
/// When something else is there, which is then left alone.
pub fn check_target(path: &Path, layout: &Path) -> Result<(), Error> {
    let refuse = |why| Err(Error::ArchiveTarget { path: path.to_owned(), why });
    if path.starts_with(layout) {
        return refuse("is inside the image's own folder");
    }
    match fs::kind(path) {
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(error.into()),
        Ok(fs::Kind::File(0)) => Ok(()),
        Ok(fs::Kind::File(_)) if is_archive(&fs::read_head(path, 512)?) => Ok(()),
        Ok(fs::Kind::File(_)) => refuse("is a file that is no image archive"),
        Ok(fs::Kind::Dir) => refuse("is a folder"),
        Ok(fs::Kind::Symlink) => refuse("is a symbolic link"),
        Ok(fs::Kind::Special) => refuse("is a device, pipe or socket"),
    }
}

/// Whether a file begins as our archives do: with a tar header of their first member.
fn is_archive(head: &[u8]) -> bool {
    let name = head.split(|byte| *byte == 0).next().unwrap_or_default();
    head.get(257..262) == Some(b"ustar") && [MARKER.as_bytes(), b"manifest.json"].contains(&name)
}

/// Writes an archive to a file, which appears when it is whole.
///
/// # Errors
/// When the layout is damaged, lacks the CPU, or the disk refuses; what was there stays.
pub fn write_file(layout: &Path, format: Format, path: &Path) -> Result<(), Error> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    let _deferred = interrupt::defer().ok_or(Error::Interrupted)?;
    let mut temp = fs::temp_file(dir)?;
    let failed = |e| Error::from(fs::Error::new("write", path, e));
    let mut out = BufWriter::with_capacity(1 << 20, temp.as_file_mut());
    write(layout, format, &mut out).map_err(|error| match error {
        Error::Send(source) => failed(source),
        other => other,
    })?;
    out.flush().map_err(failed)?;
    drop(out);
    fs::sync_file(temp.as_file(), path)?;
    Ok(fs::persist(temp, path)?)
}

/// Writes an archive to a stream, for example to the standard input of `docker load`.
///
/// # Errors
/// When the layout is damaged, lacks the CPU, or `out` fails; what was written by then is no archive.
pub fn write(layout: &Path, format: Format, out: &mut dyn Write) -> Result<(), Error> {
    let files = Layout::open(layout)?;
    let listing = files.list(None)?;
    let image = |arch| {
        let of_arch =
            listing.manifests.iter().find(|listed| listed.platform.as_ref().is_some_and(|p| p.is_linux(arch)));
        let found = of_arch.ok_or_else(|| Error::NoImageFor { layout: layout.to_owned(), arch })?;
        Ok::<_, Error>(files.manifest(&found.descriptor)?)
    };
    match format {
        Format::Oci { docker } => {
            let save = docker.map(image).transpose()?.map(|manifest| save(&manifest, &listing, oci_path, oci_path));
            write_oci(&files, &listing, save.as_deref(), out)
        }
        Format::Docker(arch) => {
            let manifest = image(arch)?;
            let save = save(&manifest, &listing, docker_config_path, docker_layer_path);
            write_docker(&files, &manifest, &save, out)
        }
    }
}

fn write_oci(files: &Layout, listing: &Listing, save: Option<&[u8]>, out: &mut dyn Write) -> Result<(), Error> {
    let marker = format!(r#"{{"imageLayoutVersion":"{LAYOUT_VERSION}"}}"#);
    put(out, MARKER, marker.as_bytes())?;
    put(out, INDEX, &listing.index_json)?;
    if let Some(save) = save {
        put(out, "manifest.json", save)?;
    }
    for folder in ["blobs", "blobs/sha256"] {
        tar::folder(out, folder, 0).map_err(Error::Send)?;
    }
    let mut blobs: Vec<Descriptor> = listing.indexes.clone();
    for listed in &listing.manifests {
        let manifest = files.manifest(&listed.descriptor)?;
        blobs.extend([listed.descriptor.clone(), manifest.config]);
        blobs.extend(manifest.layers);
    }
    blobs.extend(listing.others.clone());
    blobs.sort_by_key(|blob| blob.digest);
    blobs.dedup_by_key(|blob| blob.digest);
    blobs.iter().try_for_each(|blob| copy(files, blob, &oci_path(blob), out))?;
    tar::end(out).map_err(Error::Send)
}

fn write_docker(files: &Layout, manifest: &Manifest, save: &[u8], out: &mut dyn Write) -> Result<(), Error> {
    put(out, "manifest.json", save)?;
    copy(files, &manifest.config, &docker_config_path(&manifest.config), out)?;
    let mut seen: BTreeSet<Digest> = BTreeSet::new();
    for layer in manifest.layers.iter().filter(|layer| seen.insert(layer.digest)) {
        copy(files, layer, &docker_layer_path(layer), out)?;
    }
    tar::end(out).map_err(Error::Send)
}

fn oci_path(blob: &Descriptor) -> String {
    format!("blobs/sha256/{}", blob.digest.hex())
}

fn docker_config_path(config: &Descriptor) -> String {
    format!("{}.json", config.digest.hex())
}

fn docker_layer_path(layer: &Descriptor) -> String {
    // Docker looks at the bytes, not at the name, to see how a layer is compressed.
    format!("{}.tar.gz", layer.digest.hex())
}

/// The `manifest.json` of `docker save` (moby's `image/tarexport`), with one image.
fn save(
    manifest: &Manifest,
    listing: &Listing,
    config_path: fn(&Descriptor) -> String,
    layer_path: fn(&Descriptor) -> String,
) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Saved {
        config: String,
        repo_tags: Vec<String>,
        layers: Vec<String>,
    }
    let names = listing.roots.iter().filter_map(|root| root.annotations.as_ref()?.get(CONTAINERD_NAME));
    canonical(&[Saved {
        config: config_path(&manifest.config),
        repo_tags: names.filter_map(|name| Some(Reference::parse(name).ok()?.familiar())).collect(),
        layers: manifest.layers.iter().map(layer_path).collect(),
    }])
}

fn put(out: &mut dyn Write, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let size = bytes.len() as u64;
    tar::file(out, name, 0o644, size, 0)
        .and_then(|()| out.write_all(bytes))
        .and_then(|()| tar::pad(out, size))
        .map_err(Error::Send)
}

fn copy(files: &Layout, blob: &Descriptor, name: &str, out: &mut dyn Write) -> Result<(), Error> {
    tar::file(out, name, 0o644, blob.size, 0).map_err(Error::Send)?;
    files.copy(blob, |bytes| out.write_all(bytes).map_err(Error::Send))?;
    tar::pad(out, blob.size).map_err(Error::Send)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Room, blob, snapshot, untar};
    use super::super::{Damage, fsck};
    use super::*;

    fn archive(layout: &Path, format: Format) -> Vec<u8> {
        let mut out = Vec::new();
        write(layout, format, &mut out).expect("written");
        out
    }

    #[test]
    fn an_oci_archive_unpacks_to_the_layout() {
        let room = Room::new();
        let image = room.assemble(&room.bundles());
        let unpacked = room.path("unpacked");
        for member in untar(&archive(&image.layout, Format::Oci { docker: None })) {
            assert_eq!((member.mtime, member.owner), (0, (0, 0)));
            if !member.folder {
                fs::write_atomic(&unpacked.join(&member.path), &member.bytes).expect("written");
            }
        }
        assert_eq!(snapshot(&unpacked), snapshot(&image.layout));
        fsck(&unpacked, 1).expect("whole");
    }

    #[test]
    fn engines_without_oci_find_one_image_in_both_formats() {
        let room = Room::new();
        let image = room.assemble(&room.bundles());
        for (at, arch) in Arch::ALL.into_iter().enumerate() {
            for format in [Format::Oci { docker: Some(arch) }, Format::Docker(arch)] {
                let members = untar(&archive(&image.layout, format));
                let find = |path: &str| members.iter().find(|member| member.path == path).expect(path).bytes.clone();
                let saved: serde_json::Value = serde_json::from_slice(&find("manifest.json")).expect("JSON");
                assert_eq!(saved[0]["RepoTags"], serde_json::json!(["example/disk-usage:1.0.0"]));
                let platform = &image.platforms[at];
                let config = find(saved[0]["Config"].as_str().expect("a path"));
                assert_eq!(config, blob(&image.layout, &platform.config.digest));
                let layers = saved[0]["Layers"].as_array().expect("a list");
                assert_eq!(layers.len(), platform.layers.len());
                for (path, layer) in layers.iter().zip(&platform.layers) {
                    assert_eq!(Digest::of(&find(path.as_str().expect("a path"))), layer.digest);
                }
            }
        }
    }

    #[test]
    fn a_blob_that_is_used_twice_is_there_once() {
        let room = Room::new();
        let mut bundles = room.bundles();
        let again = bundles[0].layers[0].clone();
        bundles[0].layers.push(again);
        let image = room.assemble(&bundles);
        assert_eq!(image.platforms[0].layers.len(), 3);
        for format in [Format::Oci { docker: Some(Arch::Amd64) }, Format::Docker(Arch::Amd64)] {
            let mut paths: Vec<String> =
                untar(&archive(&image.layout, format)).into_iter().map(|member| member.path).collect();
            let all = paths.len();
            paths.sort();
            paths.dedup();
            assert_eq!(paths.len(), all, "{format:?}");
        }
    }

    #[test]
    fn a_file_has_the_bytes_of_the_stream() {
        let room = Room::new();
        let image = room.assemble(&room.bundles());
        let path = room.path("out/image.tar");
        for format in [Format::Oci { docker: Some(Arch::Amd64) }, Format::Docker(Arch::Arm64)] {
            write_file(&image.layout, format, &path).expect("written");
            assert!(fs::read(&path, 1 << 30).expect("read") == archive(&image.layout, format));
        }
        assert_eq!(fs::list(&room.path("out")).expect("listed").len(), 1);
    }

    #[test]
    fn damage_and_missing_platforms_leave_no_archive() {
        let room = Room::new();
        let image = room.assemble(&room.bundles()[..1]);
        let path = room.path("image.tar");
        let missing = write_file(&image.layout, Format::Docker(Arch::Arm64), &path);
        assert!(matches!(missing, Err(Error::NoImageFor { arch: Arch::Arm64, .. })));
        let layer = &image.platforms[0].layers[0];
        fs::write_atomic(&image.blob_path(&layer.digest), &vec![0; layer.size as usize]).expect("written");
        for format in [Format::Oci { docker: None }, Format::Docker(Arch::Amd64)] {
            let damaged = write_file(&image.layout, format, &path);
            assert!(matches!(damaged, Err(Error::Damage(Damage::Digest { .. }))));
        }
        assert!(!fs::exists(&path));
    }
}
