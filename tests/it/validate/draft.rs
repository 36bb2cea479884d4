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
}

/// The image of one platform.
#[derive(Debug, Clone)]
pub struct Platform {
    pub os: String,
    pub cpu: String,
    pub files: BTreeMap<String, File>,
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
        Draft { platforms: CPUS.map(Platform::clean).into(), tag: "1.2.3".to_owned() }
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
                files: image.files().into_iter().map(file).collect(),
                labels: labels.map(|(label, value)| (label.clone(), text(value))).collect(),
                entrypoint: config["Entrypoint"].as_array().expect("a list").iter().map(text).collect(),
            }
        });
        Draft { platforms: platforms.collect(), tag: tag.to_owned() }
    }

    /// Writes a layout of one image that has the platforms in an index.
    pub fn write_layout(&self, layout: &Path) {
        let entries: Vec<Value> = self.platforms.iter().map(|platform| platform.write(layout)).collect();
        write_index(layout, &entries, &format!("docker.io/{NAME}:{}", self.tag));
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
            files,
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

    /// Puts a program of `tests/fixtures/binaries` at a path. `darwin-386` is one that says it is for that CPU.
    pub fn program(&mut self, path: &str, name: &str) {
        let bytes = match name {
            "darwin-386" => {
                let mut bytes = files::read(&files::program("darwin-amd64"));
                // CPU_TYPE_I386 of <mach/machine.h>.
                bytes[4..8].copy_from_slice(&7_u32.to_le_bytes());
                bytes
            }
            name => files::read(&files::program(name)),
        };
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
        let config = json!({
            "os": self.os, "architecture": self.cpu,
            "config": { "Entrypoint": self.entrypoint, "Labels": self.labels },
            "rootfs": { "type": "layers", "diff_ids": [files::sha256(&tar)] },
        });
        let config = put(layout, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let layer = put(layout, "application/vnd.oci.image.layer.v1.tar+gzip", &layer);
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
        tar.into_inner().expect("memory takes it")
    }
}
