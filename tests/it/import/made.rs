//! Images that are written by hand, a platform at a time, as any builder may have made them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::enemy::{Tar, file, layer};
use crate::support::files::{self, sha256};

/// The image of one CPU.
#[derive(Debug, Clone)]
pub struct Image {
    pub arch: &'static str,
    pub metadata: String,
    pub labels: BTreeMap<String, String>,
    /// Files of a layer above that of metadata.json, by path without a leading `/`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Further layers, from the lowest to the highest.
    pub layers: Vec<Vec<u8>>,
    pub entrypoint: Vec<String>,
}

/// Labels that every extension has, and the version of the package that takes it over.
pub fn labels() -> BTreeMap<String, String> {
    let labels = [
        ("org.opencontainers.image.title", "Boxes"),
        ("org.opencontainers.image.description", "Sorts boxes"),
        ("org.opencontainers.image.vendor", "Example Ltd"),
        ("org.opencontainers.image.version", "1.2.0"),
        ("com.docker.desktop.extension.api.version", ">= 0.3.4"),
        ("com.docker.extension.screenshots", r#"[{"alt":"Main","url":"https://example.com/1.png"}]"#),
        ("com.docker.extension.categories", "utility-tools,volumes"),
        ("com.example.team", "boxes"),
    ];
    labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Image {
    /// An image with this metadata.json and a file at every path that it names. Files for users' machines are those of
    /// the CPU if `varying`.
    pub fn of(arch: &'static str, metadata: &Value, varying: bool) -> Self {
        let text = |pointer: &str| metadata.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut all = BTreeMap::new();
        let mut put = |path: &str, content: String| {
            let path = path.trim_start_matches('/');
            if !path.is_empty() && !path.ends_with('/') {
                all.insert(path.to_owned(), content.into_bytes());
            }
        };
        put(&text("/icon"), "<svg xmlns='http://www.w3.org/2000/svg'/>".to_owned());
        let root = text("/ui/dashboard-tab/root");
        if !root.is_empty() {
            put(&format!("{root}/index.html"), "<!doctype html><title>Boxes</title>".to_owned());
            put(&format!("{root}/assets/style.css"), "body {}".to_owned());
        }
        let compose = "services:\n  boxes:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n    command: [/service]\n";
        put(&text("/vm/composefile"), compose.to_owned());
        for path in paths(&metadata["host"]["binaries"]) {
            let cpu = if varying { arch } else { "any" };
            put(&path, format!("#!/bin/sh\n# {path} {cpu}\n"));
        }
        Image {
            arch,
            metadata: metadata.to_string(),
            labels: labels(),
            files: all,
            layers: Vec::new(),
            entrypoint: Vec::new(),
        }
    }

    fn blobs(&self) -> Vec<Vec<u8>> {
        let fill = |tar: &mut Tar| self.files.iter().for_each(|(path, bytes)| file(tar, path, bytes));
        let metadata = layer(|tar| file(tar, "metadata.json", self.metadata.as_bytes()));
        [metadata, layer(fill)].into_iter().chain(self.layers.iter().cloned()).collect()
    }
}

/// Every text below a key `path` or in a list, which is as much as any shape of `host.binaries` names.
fn paths(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(paths).collect(),
        Value::Object(map) => {
            let path = map.get("path").and_then(Value::as_str).map(str::to_owned);
            path.into_iter().chain(map.values().flat_map(paths)).collect()
        }
        _ => Vec::new(),
    }
}

fn put(layout: &Path, media_type: &str, bytes: &[u8]) -> Value {
    let digest = sha256(bytes);
    files::write(&layout.join("blobs/sha256").join(digest.trim_start_matches("sha256:")), bytes);
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}

fn diff_id(blob: &[u8]) -> String {
    let mut tar = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(blob), &mut tar).expect("a layer of these tests");
    sha256(&tar)
}

/// Writes a layout of these images under the tag `1.2.0`.
pub fn layout(root: &Path, images: &[Image]) {
    files::write(&root.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#);
    let entries: Vec<Value> = images.iter().map(|image| one(root, image)).collect();
    let index = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries,
    });
    let mut entry = put(root, "application/vnd.oci.image.index.v1+json", index.to_string().as_bytes());
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": "1.2.0" });
    let top = json!({ "schemaVersion": 2, "manifests": [entry] });
    files::write(&root.join("index.json"), top.to_string().as_bytes());
}

fn one(root: &Path, image: &Image) -> Value {
    let blobs = image.blobs();
    let diff_ids: Vec<String> = blobs.iter().map(|blob| diff_id(blob)).collect();
    let config = json!({
        "os": "linux", "architecture": image.arch,
        "config": {
            "Labels": image.labels, "Entrypoint": image.entrypoint, "User": "", "WorkingDir": "/srv",
            "Env": ["PATH=/bin", "LOG=info"], "ExposedPorts": { "8080/tcp": {} },
        },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    let config = put(root, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
    let media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    let layers: Vec<Value> = blobs.iter().map(|blob| put(root, media_type, blob)).collect();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers,
    });
    let mut entry = put(root, "application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes());
    entry["platform"] = json!({ "os": "linux", "architecture": image.arch });
    entry
}

/// The tar of a layout's folder.
pub fn archive(layout: &Path, to: &Path) {
    let mut tar = Tar::new(Vec::new());
    tar.append_dir_all(".", layout).expect("a layout is a folder");
    files::write(to, &tar.into_inner().expect("memory takes it"));
}
