//! An extension in the making: an image without any fault that tests spoil, written as a layout by hand or as the
//! folder that builders of others take.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::enemy::{gzip, put};
use crate::support::files;
use crate::support::oci::Layout;

/// The CPUs of a clean extension.
pub const CPUS: [&str; 2] = ["amd64", "arm64"];

/// The name of the image.
pub const NAME: &str = "example/tool";

/// An image of one or several platforms.
#[derive(Debug, Clone)]
pub struct Draft {
    pub platforms: Vec<Platform>,
    pub tag: String,
    /// Its name in a layout, instead of [`NAME`] and the tag.
    pub name: Option<String>,
    /// Whether the index has an entry of BuildKit's about where the image comes from.
    pub attested: bool,
}

/// The image of one platform.
#[derive(Debug, Clone)]
pub struct Platform {
    pub os: String,
    pub cpu: String,
    /// The CPU and its variant as the config has them, if not as the index has them.
    pub said: Option<(String, String)>,
    pub files: BTreeMap<String, File>,
    /// Symbolic links, which only [`Draft::write_layout`] writes.
    pub links: BTreeMap<String, String>,
    /// Whether the layer has other bytes than its digest says.
    pub damaged: bool,
    pub labels: BTreeMap<String, String>,
    pub entrypoint: Vec<String>,
}

/// A regular file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub mode: u32,
    pub bytes: Vec<u8>,
}

impl Draft {
    /// An extension without any fault, with real programs of all systems.
    pub fn clean() -> Self {
        Draft::of(CPUS.map(Platform::clean).into(), "1.2.3")
    }

    fn of(platforms: Vec<Platform>, tag: &str) -> Self {
        Draft { platforms, tag: tag.to_owned(), name: None, attested: false }
    }

    /// What somebody packaged into a layout.
    pub fn packaged(layout: &Path, tag: &str) -> Self {
        let layout = Layout::read(layout).expect("whole");
        let platforms = layout.images.iter().map(|image| {
            let config = &image.config["config"];
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            let (os, cpu) = image.platform.split_once('/').expect("two parts");
            let file = |(path, entry): (&str, &crate::support::oci::Entry)| {
                (path.to_owned(), File { mode: entry.owner.0, bytes: entry.bytes.clone() })
            };
            let labels = config["Labels"].as_object().expect("labels").iter();
            Platform {
                os: os.to_owned(),
                cpu: cpu.to_owned(),
                said: None,
                files: image.files().into_iter().map(file).collect(),
                links: BTreeMap::new(),
                damaged: false,
                labels: labels.map(|(label, value)| (label.clone(), text(value))).collect(),
                entrypoint: config["Entrypoint"].as_array().expect("a list").iter().map(text).collect(),
            }
        });
        Draft::of(platforms.collect(), tag)
    }

    /// Writes a layout of one image that has the platforms in an index.
    pub fn write_layout(&self, layout: &Path) {
        let mut entries: Vec<Value> = self.platforms.iter().map(|platform| platform.write(layout)).collect();
        entries.extend(self.attested.then(|| attestation(layout, &entries[0])));
        let name = self.name.clone().unwrap_or_else(|| format!("docker.io/{NAME}:{}", self.tag));
        write_index(layout, &entries, &name);
    }

    /// Writes a folder with a Dockerfile and the files of each CPU, from which builders make the same image.
    pub fn write_context(&self, folder: &Path) {
        for platform in &self.platforms {
            platform.write_files(&folder.join(&platform.cpu));
        }
        let first = self.platforms.first().expect("a platform");
        assert!(self.platforms.iter().all(|one| one.labels == first.labels && one.entrypoint == first.entrypoint));
        let labels: String =
            first.labels.iter().map(|(label, value)| format!("LABEL {label}={}\n", quoted(value))).collect();
        let entrypoint = serde_json::to_string(&first.entrypoint).expect("JSON");
        // The classic builder of Docker's engine knows no TARGETARCH of its own.
        let dockerfile =
            format!("FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH/ /\n{labels}ENTRYPOINT {entrypoint}\n");
        files::write(&folder.join("Dockerfile"), dockerfile.as_bytes());
    }
}

/// A value as a Dockerfile takes it in double quotes.
fn quoted(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('\n', "\\\n");
    format!("\"{escaped}\"")
}

/// What BuildKit adds to an index for the provenance of an image.
fn attestation(layout: &Path, about: &Value) -> Value {
    let statement = put(layout, "application/vnd.in-toto+json", b"{}");
    let config =
        put(layout, "application/vnd.oci.image.config.v1+json", br#"{"os":"unknown","architecture":"unknown"}"#);
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({ "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": [statement] });
    let mut entry = put(layout, media_type, manifest.to_string().as_bytes());
    entry["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    entry["annotations"] = json!({
        "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": about["digest"],
    });
    entry
}

/// Makes an index of the entries the one image of a layout.
pub fn write_index(layout: &Path, entries: &[Value], name: &str) {
    let media_type = "application/vnd.oci.image.index.v1+json";
    let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": entries });
    let mut entry = put(layout, media_type, index.to_string().as_bytes());
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
    files::write(&layout.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#);
    files::write(
        &layout.join("index.json"),
        json!({ "schemaVersion": 2, "manifests": [entry] }).to_string().as_bytes(),
    );
}

impl Platform {
    fn clean(cpu: &str) -> Self {
        let mut files = BTreeMap::new();
        let clean = files::fixture("wild/clean");
        for (path, _) in files::fingerprint(&clean).into_iter().filter(|(_, kind)| kind != "folder") {
            let name = path.to_str().expect("Unicode").to_owned();
            files.insert(name, File { mode: 0o644, bytes: files::read(&clean.join(path)) });
        }
        let labels = files::read(&files::fixture("wild/labels.json"));
        let mut platform = Platform {
            os: "linux".to_owned(),
            cpu: cpu.to_owned(),
            said: None,
            files,
            links: BTreeMap::new(),
            damaged: false,
            labels: serde_json::from_slice(&labels).expect("labels"),
            entrypoint: vec!["/backend".to_owned()],
        };
        for (path, system) in
            [("backend", "linux"), ("linux/tool", "linux"), ("darwin/tool", "darwin"), ("windows/tool.exe", "windows")]
        {
            platform.program(path, &format!("{system}-{cpu}"));
        }
        platform
    }

    /// Puts a program of `tests/fixtures/binaries` at a path, or one of two more that are made of `darwin-amd64`, which
    /// nobody signed, by another CPU in its header: `darwin-386` and `darwin-arm64-unsigned`.
    pub fn program(&mut self, path: &str, name: &str) {
        // CPU_TYPE_I386 and CPU_TYPE_ARM64 of <mach/machine.h>, and the subtype of all CPUs of a type.
        let header: Option<[u32; 2]> = match name {
            "darwin-386" => Some([7, 3]),
            "darwin-arm64-unsigned" => Some([0x0100_000c, 0]),
            _ => None,
        };
        let mut bytes = files::read(&files::program(if header.is_some() { "darwin-amd64" } else { name }));
        for (field, value) in bytes[4..].chunks_exact_mut(4).zip(header.into_iter().flatten()) {
            field.copy_from_slice(&value.to_le_bytes());
        }
        self.files.insert(path.to_owned(), File { mode: 0o755, bytes });
    }

    /// Writes the files into a folder.
    pub fn write_files(&self, folder: &Path) {
        for (path, file) in &self.files {
            files::write(&folder.join(path), &file.bytes);
            files::set_mode(&folder.join(path), file.mode);
        }
    }

    /// Writes the blobs of this platform's image and returns its entry for an index.
    fn write(&self, layout: &Path) -> Value {
        let tar = self.tar();
        let layer = gzip(|out| out.write_all(&tar).expect("memory takes it"));
        let (cpu, variant) = self.said.clone().unwrap_or_else(|| (self.cpu.clone(), String::new()));
        let config = json!({
            "os": self.os, "architecture": cpu, "variant": variant,
            "config": { "Entrypoint": self.entrypoint, "Labels": self.labels },
            "rootfs": { "type": "layers", "diff_ids": [files::sha256(&tar)] },
        });
        let config = put(layout, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let layer = put(layout, "application/vnd.oci.image.layer.v1.tar+gzip", &layer);
        if self.damaged {
            let name = layer["digest"].as_str().expect("a digest").replace(':', "/");
            files::write(&layout.join("blobs").join(name), b"other bytes");
        }
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({ "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": [layer] });
        let mut entry = put(layout, media_type, manifest.to_string().as_bytes());
        entry["platform"] = json!({ "os": self.os, "architecture": self.cpu });
        entry
    }

    fn tar(&self) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, file) in &self.files {
            let mut header = tar::Header::new_ustar();
            header.set_mode(file.mode);
            header.set_size(file.bytes.len() as u64);
            tar.append_data(&mut header, path, file.bytes.as_slice()).expect("memory takes it");
        }
        for (path, target) in &self.links {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_mode(0o777);
            header.set_size(0);
            tar.append_link(&mut header, path, target).expect("memory takes it");
        }
        tar.into_inner().expect("memory takes it")
    }
}
