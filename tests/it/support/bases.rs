//! Base images in a registry on this machine, pushed there by skopeo.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::distribution::Registry;
use super::files::{self, noise, sha256};
use super::judges::{accept, judge};
use super::sandbox::Sandbox;

/// A registry with base images in the repository `test/base`.
#[derive(Debug)]
pub struct Bases {
    skopeo: PathBuf,
    registry: Registry,
    temp: tempfile::TempDir,
}

/// Which media types a base has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Oci,
    Docker,
}

/// A base that was pushed.
#[derive(Debug)]
pub struct Pushed {
    /// The digest of what the tag points at.
    pub digest: String,
    /// The digests of the layers of each platform, lowest first.
    pub layers: BTreeMap<String, Vec<String>>,
}

impl Bases {
    /// An empty registry; nothing where a program for it is missing.
    pub fn start() -> Option<Self> {
        let (skopeo, program) = (judge("skopeo")?, judge("docker-registry")?);
        let temp = tempfile::tempdir().expect("a temporary folder can be made");
        let registry = Registry::start(&program, &temp.path().join("registry"));
        Some(Bases { skopeo, registry, temp })
    }

    /// The reference of a tag.
    pub fn name(&self, tag: &str) -> String {
        format!("{}/test/base:{tag}", self.registry.address)
    }

    /// The address of the registry.
    pub fn address(&self) -> &str {
        &self.registry.address
    }

    /// The requests so far, as `HEAD /v2/test/base/manifests/1`.
    pub fn requests(&self) -> Vec<String> {
        let line = |line: &str| Some(line.split_once('"')?.1.split_once(" HTTP/")?.0.to_owned());
        self.registry.log().lines().filter(|text| text.contains("] \"")).filter_map(line).collect()
    }

    /// Whether a request was answered with a part of a blob.
    pub fn gave_a_part(&self) -> bool {
        self.registry.log().contains("\" 206 ")
    }

    /// Pushes a base of two layers a platform under a tag; the layers differ by `seed` and platform.
    pub fn push(&self, tag: &str, platforms: &[&str], seed: u64, family: Family) -> Pushed {
        let folder = tempfile::tempdir_in(&self.temp).expect("a temporary folder can be made");
        let layout = Written { root: folder.path().to_owned() };
        let mut images: Vec<Value> = platforms.iter().map(|platform| layout.image(platform, seed)).collect();
        let top = match (platforms, images.as_mut_slice()) {
            // An image for one platform needs no index around it.
            ([only], [image]) if only.ends_with('!') => image.clone(),
            _ => layout.blob(
                "application/vnd.oci.image.index.v1+json",
                json!({ "schemaVersion": 2, "manifests": images, "annotations": { "com.example.base": "annotated" } })
                    .to_string()
                    .as_bytes(),
            ),
        };
        layout.finish(top);
        let source = format!("oci:{}:base", folder.path().display());
        let target = format!("docker://{}", self.name(tag));
        let format = if family == Family::Docker { "v2s2" } else { "oci" };
        let copy = ["--insecure-policy", "copy", "--all", "--dest-tls-verify=false", "--format", format];
        accept(&self.skopeo, copy.into_iter().chain([source.as_str(), &target]));
        self.look(tag)
    }

    /// What skopeo finds under a tag.
    fn look(&self, tag: &str) -> Pushed {
        let raw = |reference: &str| -> (String, Value) {
            let text = accept(&self.skopeo, ["inspect", "--raw", "--tls-verify=false", reference]);
            (sha256(text.as_bytes()), serde_json::from_str(&text).expect("JSON"))
        };
        let (digest, top) = raw(&format!("docker://{}", self.name(tag)));
        let mut layers = BTreeMap::new();
        let manifests = top["manifests"].as_array().cloned().unwrap_or_default();
        for entry in &manifests {
            let repository = format!("docker://{}/test/base", self.registry.address);
            let (_, manifest) = raw(&format!("{repository}@{}", text(&entry["digest"])));
            let platform = format!("{}/{}", text(&entry["platform"]["os"]), text(&entry["platform"]["architecture"]));
            layers.insert(platform, digests(&manifest));
        }
        if manifests.is_empty() {
            layers.insert("linux/amd64".to_owned(), digests(&top));
        }
        Pushed { digest, layers }
    }
}

/// An OCI layout that is written by hand.
struct Written {
    root: PathBuf,
}

impl Written {
    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = sha256(bytes);
        files::write(&self.root.join("blobs/sha256").join(&digest[7..]), bytes);
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    }

    fn image(&self, platform: &str, seed: u64) -> Value {
        let (os, arch) = platform.trim_end_matches('!').split_once('/').expect("a platform");
        let name = format!("{platform} {seed}");
        let (layers, diff_ids): (Vec<Value>, Vec<String>) = ["etc", "usr"]
            .map(|folder| {
                let tar = tar(folder, &noise(seed + u64::from(arch.as_bytes()[1]), 40_000));
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gzip.write_all(&tar).expect("packed");
                let packed = gzip.finish().expect("packed");
                (self.blob("application/vnd.oci.image.layer.v1.tar+gzip", &packed), sha256(&tar))
            })
            .into_iter()
            .unzip();
        let config = json!({
            "os": os, "architecture": arch, "created": "2020-01-01T00:00:00Z",
            "config": {
                "User": "1000:1000", "Env": ["PATH=/bin", "BASE=yes"], "WorkingDir": "/srv",
                "Entrypoint": ["/base"], "Cmd": ["--base"], "StopSignal": "SIGQUIT",
                "ExposedPorts": { "8080/tcp": {} }, "Volumes": { "/data": {} },
                "Labels": { "org.opencontainers.image.title": "Base", "com.example.base": "labelled" },
            },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
            "history": [{ "created_by": "ADD etc" }, { "created_by": format!("ADD usr {name}") }],
        });
        let config = self.blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config, "layers": layers, "annotations": { "com.example.base": "annotated" },
        });
        let mut entry = self.blob("application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes());
        entry["platform"] = json!({ "os": os, "architecture": arch });
        entry
    }

    fn finish(&self, mut top: Value) {
        top["annotations"] = json!({ "org.opencontainers.image.ref.name": "base" });
        files::write(&self.root.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#);
        let index = json!({ "schemaVersion": 2, "manifests": [top] });
        files::write(&self.root.join("index.json"), index.to_string().as_bytes());
    }
}

fn tar(folder: &str, bytes: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let header = |kind, mode, size| {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header
    };
    let mut entry = header(tar::EntryType::Directory, 0o755, 0);
    tar.append_data(&mut entry, format!("{folder}/"), std::io::empty()).expect("added");
    let mut entry = header(tar::EntryType::Regular, 0o644, bytes.len() as u64);
    tar.append_data(&mut entry, format!("{folder}/noise"), bytes).expect("added");
    tar.into_inner().expect("finished")
}

fn digests(manifest: &Value) -> Vec<String> {
    manifest["layers"].as_array().expect("layers").iter().map(|layer| text(&layer["digest"])).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Sandbox {
    /// Builds the backend of [`super::prebuilt`] on a base.
    pub fn base(&self, base: &str) {
        let bin = "bin = \"backend\"\n";
        let text = String::from_utf8(files::read(&self.path("Cargo.toml"))).expect("text");
        let old = text.lines().find(|line| line.starts_with("base = "));
        match old {
            Some(line) => self.edit("Cargo.toml", &format!("{line}\n"), &format!("base = \"{base}\"\n")),
            None => self.edit("Cargo.toml", bin, &format!("{bin}base = \"{base}\"\n")),
        }
    }

    /// The text of the lock file, if there is one.
    pub fn lock(&self) -> Option<String> {
        std::fs::read_to_string(self.path("Dext.lock")).ok()
    }
}
