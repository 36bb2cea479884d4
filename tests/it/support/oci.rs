//! Reads an OCI layout by the letter of the image specification and believes nothing: every digest and every
//! size is computed again. Shares no code with `src/image`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::files::{self, sha256};

/// A layout that was found whole.
#[derive(Debug)]
pub struct Layout {
    /// The descriptor in index.json of the index of all platforms.
    pub descriptor: Value,
    /// The index of all platforms.
    pub index: Value,
    /// One image for each platform, in the order of the index.
    pub images: Vec<Image>,
}

/// The image of one platform.
#[derive(Debug)]
pub struct Image {
    /// `linux/amd64`
    pub platform: String,
    /// The digest of the manifest.
    pub digest: String,
    /// The manifest.
    pub manifest: Value,
    /// The config.
    pub config: Value,
    /// The layers, lowest first.
    pub layers: Vec<Layer>,
}

/// A layer.
#[derive(Debug)]
pub struct Layer {
    /// The digest of the blob.
    pub digest: String,
    /// What the history says of it.
    pub created_by: String,
    /// What is in it, in the order of the tar.
    pub entries: Vec<Entry>,
}

/// A file or folder of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path as the tar has it, without the slash behind a folder.
    pub path: String,
    /// Whether it is a folder; there is nothing but folders and regular files.
    pub is_dir: bool,
    /// Mode, user, group.
    pub owner: (u32, u64, u64),
    /// Names of user and group.
    pub names: (String, String),
    /// Time of the last change.
    pub mtime: u64,
    /// The content.
    pub bytes: Vec<u8>,
}

type Check<T> = Result<T, String>;

impl Layout {
    /// Reads a layout with one index in it.
    ///
    /// An error says what is broken.
    pub fn read(root: &Path) -> Check<Layout> {
        let (layout, blobs) = Self::read_with_blobs(root)?;
        blobs.nothing_else()?;
        Ok(layout)
    }

    /// As [`Layout::read`], for the folder of a run that was ended: it may hold blobs that nothing names yet.
    pub fn read_among_leftovers(root: &Path) -> Check<Layout> {
        Ok(Self::read_with_blobs(root)?.0)
    }

    fn read_with_blobs(root: &Path) -> Check<(Layout, Blobs<'_>)> {
        let marker = json(&read(&root.join("oci-layout"))?, "oci-layout")?;
        expect(marker["imageLayoutVersion"] == "1.0.0", || format!("oci-layout is {marker}"))?;
        let top = json(&read(&root.join("index.json"))?, "index.json")?;
        expect(top["schemaVersion"] == 2, || "index.json has another schemaVersion".to_owned())?;
        let [descriptor] = list(&top["manifests"])? else { return Err(format!("index.json lists several: {top}")) };
        let mut blobs = Blobs { root, seen: BTreeSet::new() };
        let index = json(&blobs.fetch(descriptor)?, "the index")?;
        expect(index["mediaType"] == descriptor["mediaType"], || "the index has another media type".to_owned())?;
        let read = |manifest: &Value| blobs.image(manifest);
        let images = list(&index["manifests"])?.iter().map(read).collect::<Check<Vec<_>>>()?;
        Ok((Layout { descriptor: descriptor.clone(), index, images }, blobs))
    }

    /// The digest of the index of all platforms.
    pub fn digest(&self) -> String {
        text(&self.descriptor["digest"])
    }

    /// The image of a platform, as `linux/arm64`.
    #[track_caller]
    pub fn image(&self, platform: &str) -> &Image {
        self.images.iter().find(|image| image.platform == platform).expect("the layout has the platform")
    }
}

impl Image {
    /// The files of all layers, by path. No path may occur in two layers.
    #[track_caller]
    pub fn files(&self) -> BTreeMap<&str, &Entry> {
        let mut files = BTreeMap::new();
        for entry in self.layers.iter().flat_map(|layer| &layer.entries).filter(|entry| !entry.is_dir) {
            assert!(files.insert(entry.path.as_str(), entry).is_none(), "{} occurs twice", entry.path);
        }
        files
    }

    /// The layer that holds a file.
    #[track_caller]
    pub fn layer_of(&self, path: &str) -> &Layer {
        let holds = |layer: &&Layer| layer.entries.iter().any(|entry| entry.path == path);
        self.layers.iter().find(holds).unwrap_or_else(|| panic!("no layer has {path}"))
    }
}

struct Blobs<'a> {
    root: &'a Path,
    seen: BTreeSet<String>,
}

impl Blobs<'_> {
    /// The bytes that a descriptor names, proven to be these.
    fn fetch(&mut self, descriptor: &Value) -> Check<Vec<u8>> {
        let digest = text(&descriptor["digest"]);
        let name = digest.strip_prefix("sha256:").ok_or_else(|| format!("the digest `{digest}`"))?.to_owned();
        let bytes = read(&self.root.join("blobs/sha256").join(&name))?;
        expect(sha256(&bytes) == digest, || format!("{digest} has other bytes"))?;
        expect(descriptor["size"] == bytes.len(), || format!("{digest} has {} bytes: {descriptor}", bytes.len()))?;
        self.seen.insert(name);
        Ok(bytes)
    }

    fn image(&mut self, descriptor: &Value) -> Check<Image> {
        let manifest = json(&self.fetch(descriptor)?, "a manifest")?;
        let config = json(&self.fetch(&manifest["config"])?, "a config")?;
        let platform = |value: &Value| format!("{}/{}", text(&value["os"]), text(&value["architecture"]));
        let named = platform(&descriptor["platform"]);
        expect(named == platform(&config), || format!("{named} has a config for {}", platform(&config)))?;
        let diff_ids = list(&config["rootfs"]["diff_ids"])?;
        let history = list(&config["history"])?;
        let descriptors = list(&manifest["layers"])?;
        expect(diff_ids.len() == descriptors.len(), || format!("{named}: as many diff_ids as layers"))?;
        expect(history.len() == descriptors.len(), || format!("{named}: as much history as layers"))?;
        let mut layers = Vec::new();
        for ((descriptor, diff_id), history) in descriptors.iter().zip(diff_ids).zip(history) {
            let blob = self.fetch(descriptor)?;
            let tar = unpacked(&blob, &text(&descriptor["mediaType"]))?;
            expect(sha256(&tar) == text(diff_id), || format!("{named}: the diff_id {diff_id} is another tar's"))?;
            let (digest, created_by) = (text(&descriptor["digest"]), text(&history["created_by"]));
            layers.push(Layer { digest, created_by, entries: entries(&tar)? });
        }
        Ok(Image { platform: named, digest: text(&descriptor["digest"]), manifest, config, layers })
    }

    /// Every blob was needed, and there is nothing but the layout.
    fn nothing_else(&self) -> Check<()> {
        let found: BTreeSet<String> = files::fingerprint(self.root)
            .into_iter()
            .filter(|(_, kind)| kind != "folder")
            .map(|(path, _)| path.display().to_string())
            .collect();
        let blobs = self.seen.iter().map(|name| format!("blobs/sha256/{name}"));
        let expected: BTreeSet<String> = blobs.chain(["oci-layout".to_owned(), "index.json".to_owned()]).collect();
        expect(found == expected, || format!("the layout holds {:?}", found.symmetric_difference(&expected)))
    }
}

fn unpacked(blob: &[u8], media_type: &str) -> Check<Vec<u8>> {
    if media_type.ends_with(".tar") {
        return Ok(blob.to_vec());
    }
    expect(media_type.ends_with("gzip"), || format!("the layer's media type `{media_type}`"))?;
    // Time zero, no name, no system: RFC 1952, section 2.3.
    expect(blob.starts_with(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), || "the gzip header tells of a machine".to_owned())?;
    let mut tar = Vec::new();
    flate2::read::MultiGzDecoder::new(blob).read_to_end(&mut tar).map_err(|error| format!("gzip: {error}"))?;
    Ok(tar)
}

fn entries(tar: &[u8]) -> Check<Vec<Entry>> {
    let text = |error: std::io::Error| format!("tar: {error}");
    let mut entries: Vec<Entry> = Vec::new();
    for entry in tar::Archive::new(tar).entries().map_err(text)? {
        let mut entry = entry.map_err(text)?;
        let path = String::from_utf8(entry.path_bytes().into_owned()).map_err(|error| error.to_string())?;
        let header = entry.header().clone();
        let kind = header.entry_type();
        expect(kind.is_dir() || kind.is_file(), || format!("{path} is {kind:?}"))?;
        let name = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        let number = |field: std::io::Result<u64>| field.map_err(text);
        let owner = (header.mode().map_err(text)?, number(header.uid())?, number(header.gid())?);
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(text)?;
        let path = path.trim_end_matches('/').to_owned();
        expect(!path.starts_with('/') && !path.split('/').any(|part| part == ".."), || format!("the path {path}"))?;
        if let Some((parent, _)) = path.rsplit_once('/') {
            let known = entries.iter().any(|entry| entry.is_dir && entry.path == parent);
            expect(known, || format!("{path} comes before its folder"))?;
        }
        entries.push(Entry {
            path,
            is_dir: kind.is_dir(),
            owner,
            names: (name(header.username_bytes()), name(header.groupname_bytes())),
            mtime: number(header.mtime())?,
            bytes,
        });
    }
    Ok(entries)
}

fn read(path: &Path) -> Check<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn json(bytes: &[u8], what: &str) -> Check<Value> {
    serde_json::from_slice(bytes).map_err(|error| format!("{what} is no JSON: {error}"))
}

fn list(value: &Value) -> Check<&[Value]> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| format!("{value} is no list"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn expect(holds: bool, else_what: impl FnOnce() -> String) -> Check<()> {
    if holds { Ok(()) } else { Err(else_what()) }
}
