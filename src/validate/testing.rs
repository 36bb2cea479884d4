//! A small extension without any fault, to be spoiled by tests, and the view of it as a collector would fill it.

use std::collections::BTreeMap;
use std::io::Cursor;

use serde_json::{Value, json};

use super::compose;
use super::mentions::Mentions;
use super::metadata::{Document, Metadata};
use super::settings::Settings;
use super::tree::{FileTree, Lookup, Node, NodeKind};
use super::view::{Entry, ImageView, Labels, Maker, Online, PlatformView, Start, Subject, Trouble, View};
use super::yaml;
use crate::build::inspect::{self, Elf, Facts, Kind, MachO, Machine, Pe, Signature, Slice, Subsystem};
use crate::domain::{Arch, Digest, Reference};
use crate::image::document::RunsOn;

/// A view that breaks exactly one rule, and one that nearly does.
pub struct Case {
    /// The rule's id.
    pub rule: &'static str,
    /// What is tried.
    pub name: &'static str,
    /// Spoils the extension.
    pub breaks: fn(&mut Example),
    /// A part of the first finding, as `level place: message`.
    pub says: &'static str,
    /// Nearly spoils it.
    pub near: fn(&mut Example),
}

/// An extension in the making.
#[derive(Clone)]
pub struct Example {
    pub platforms: Vec<Draft>,
    pub reference: Option<&'static str>,
    pub tag: Option<&'static str>,
    pub entries: Vec<Entry>,
    pub trouble: Vec<Trouble>,
    pub complete: bool,
    pub online: Option<Online>,
    pub maker: Maker,
}

/// One platform's image in the making.
#[derive(Clone)]
pub struct Draft {
    pub runs_on: RunsOn,
    pub said: Option<RunsOn>,
    pub metadata: Text,
    pub labels: Labels,
    pub files: BTreeMap<String, Stored>,
    pub start: Start,
    pub trouble: Vec<Trouble>,
}

/// metadata.json in the making.
#[derive(Clone)]
pub enum Text {
    Json(Value),
    Raw(Vec<u8>),
    Is(Metadata),
}

/// A file in the making.
#[derive(Clone)]
pub struct Stored {
    pub kind: NodeKind,
    pub mode: u32,
    pub size: Option<u64>,
    pub content: Vec<u8>,
    pub facts: Option<Result<Facts, String>>,
}

impl Stored {
    fn of(kind: NodeKind) -> Self {
        Stored { kind, mode: 0o755, size: None, content: Vec::new(), facts: None }
    }
}

impl Example {
    pub fn clean() -> Self {
        let entry = |arch: Arch| Entry {
            platform: Some(arch.image_platform().to_string()),
            media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
            attestation: false,
        };
        Example {
            platforms: Arch::ALL.into_iter().map(Draft::clean).collect(),
            reference: Some("example/tool"),
            tag: Some("1.2.3"),
            entries: Arch::ALL.into_iter().map(entry).collect(),
            trouble: Vec::new(),
            complete: true,
            online: None,
            maker: Maker::Other,
        }
    }

    /// Changes every platform.
    pub fn all(&mut self, change: impl Fn(&mut Draft)) -> &mut Self {
        self.platforms.iter_mut().for_each(change);
        self
    }

    /// Changes the platform of one CPU.
    pub fn on(&mut self, arch: Arch, change: impl Fn(&mut Draft)) -> &mut Self {
        self.platforms.iter_mut().filter(|draft| draft.runs_on.is_linux(arch)).for_each(change);
        self
    }

    /// Sets a value of every metadata.json by JSON pointer; `null` takes it away.
    pub fn json(&mut self, pointer: &str, value: Value) -> &mut Self {
        self.all(|draft| draft.json(pointer, value.clone()))
    }

    /// Replaces every metadata.json.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.all(|draft| draft.metadata = Text::Raw(bytes.to_vec()))
    }

    /// Sets a label everywhere.
    pub fn label(&mut self, label: &str, value: &str) -> &mut Self {
        self.all(|draft| {
            draft.labels.insert(label.to_owned(), value.to_owned());
        })
    }

    /// Takes a label away everywhere.
    pub fn unlabel(&mut self, label: &str) -> &mut Self {
        self.all(|draft| {
            draft.labels.remove(label);
        })
    }

    /// Puts a text file of mode 0644 everywhere.
    pub fn file(&mut self, path: &str, content: &str) -> &mut Self {
        self.all(|draft| draft.file(path, content))
    }

    /// Takes a file away everywhere.
    pub fn remove(&mut self, path: &str) -> &mut Self {
        self.all(|draft| draft.remove(path))
    }

    /// Puts a symbolic link everywhere.
    pub fn link(&mut self, path: &str, target: &str) -> &mut Self {
        self.all(|draft| draft.put(path, Stored::of(NodeKind::Symlink(target.to_owned()))))
    }

    /// Sets the mode of a file everywhere.
    pub fn mode(&mut self, path: &str, mode: u32) -> &mut Self {
        self.all(|draft| draft.files.get_mut(path).expect(path).mode = mode)
    }

    /// Puts a program everywhere.
    pub fn program(&mut self, path: &str, facts: impl Fn(Arch) -> Facts) -> &mut Self {
        self.all(|draft| {
            let arch = Arch::ALL.into_iter().find(|arch| draft.runs_on.is_linux(*arch)).expect("linux");
            draft.program(path, facts(arch));
        })
    }

    /// Replaces the compose file everywhere.
    pub fn compose(&mut self, text: &str) -> &mut Self {
        self.file("docker-compose.yaml", text)
    }

    /// The network, asked.
    pub fn online(&mut self) -> &mut Online {
        self.online.get_or_insert_with(Online::default)
    }

    /// The image as rules see it.
    pub fn view(&self) -> View {
        let image = ImageView {
            complete: self.complete,
            entries: self.entries.clone(),
            platforms: self.platforms.iter().map(Draft::view).collect(),
            trouble: self.trouble.clone(),
        };
        View {
            maker: self.maker,
            reference: self.reference.map(|name| Reference::parse(name).expect(name)),
            tag: self.tag.map(str::to_owned),
            online: self.online.clone(),
            ..View::of(Subject::Image(image))
        }
    }

    /// What is found, as `id level place: message`.
    pub fn found(&self, settings: &Settings) -> Vec<String> {
        found(&self.view(), settings)
    }
}

/// What is found in a view, as `id level place: message`.
pub fn found(view: &View, settings: &Settings) -> Vec<String> {
    let findings = super::validate(view, settings);
    let line = |finding: &super::Finding| {
        format!("{} {} {}: {}", finding.rule.id, finding.level, finding.place, finding.message)
    };
    findings.iter().map(line).collect()
}

impl Draft {
    fn clean(arch: Arch) -> Self {
        let start = Start { entrypoint: vec!["/backend".to_owned()], ..Start::default() };
        let mut draft = Draft {
            runs_on: RunsOn::linux(arch),
            said: Some(RunsOn::linux(arch)),
            metadata: Text::Json(clean_metadata()),
            labels: clean_labels(),
            files: BTreeMap::new(),
            start,
            trouble: Vec::new(),
        };
        draft.file("icon.svg", "<svg/>");
        draft.file("ui/index.html", "<script src='a.js'></script>");
        draft.file("ui/a.js", "ddClient.extension.vm?.service?.get('/hello')");
        draft.file("docker-compose.yaml", "services:\n  tool:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n");
        draft.program("backend", elf(arch));
        draft.program("bin/busybox", elf(arch));
        draft.put("bin/sh", Stored::of(NodeKind::Symlink("/bin/busybox".to_owned())));
        draft.program("darwin/tool", macho(&[arch]));
        draft.program("windows/tool.exe", pe(arch));
        draft.program("linux/tool", elf(arch));
        draft
    }

    pub fn json(&mut self, pointer: &str, value: Value) {
        let Text::Json(root) = &mut self.metadata else { panic!("no JSON") };
        let (above, key) = pointer.rsplit_once('/').expect(pointer);
        let above = root.pointer_mut(above).expect(pointer).as_object_mut().expect(pointer);
        if value.is_null() {
            above.remove(key)
        } else {
            above.insert(key.to_owned(), value)
        };
    }

    pub fn put(&mut self, path: &str, stored: Stored) {
        self.files.insert(path.to_owned(), stored);
    }

    pub fn file(&mut self, path: &str, content: &str) {
        self.put(path, Stored { mode: 0o644, content: content.as_bytes().to_vec(), ..Stored::of(NodeKind::File) });
    }

    pub fn program(&mut self, path: &str, facts: Facts) {
        self.put(path, Stored { facts: Some(Ok(facts)), size: Some(1000), ..Stored::of(NodeKind::File) });
    }

    pub fn dir(&mut self, path: &str) {
        self.put(path, Stored::of(NodeKind::Dir));
    }

    pub fn remove(&mut self, path: &str) {
        self.files.remove(path).expect(path);
    }

    fn view(&self) -> PlatformView {
        let metadata = match &self.metadata {
            Text::Json(value) => Metadata::read(&serde_json::to_vec_pretty(value).expect("JSON")),
            Text::Raw(bytes) => Metadata::read(bytes),
            Text::Is(metadata) => metadata.clone(),
        };
        let mut view = PlatformView {
            said: self.said.clone(),
            labels: self.labels.clone(),
            start: self.start.clone(),
            layers: vec!["the layer".to_owned()],
            trouble: self.trouble.clone(),
            ..PlatformView::empty(self.runs_on.clone())
        };
        self.fill(&mut view);
        if let Some(document) = metadata.document() {
            view.composefile = self.composefile(document, &view.files);
            view.mentions = self.mentions(document);
        }
        PlatformView { metadata, ..view }
    }

    fn fill(&self, view: &mut PlatformView) {
        for (path, stored) in &self.files {
            let facts = stored.facts.clone().or_else(|| {
                let content = Cursor::new(&stored.content);
                let is_file = stored.kind == NodeKind::File;
                is_file.then(|| inspect::inspect(path, content).map_err(|defect| defect.to_string()))
            });
            if let Some(facts) = facts {
                view.programs.insert(path.clone(), facts);
            }
            let node = Node {
                kind: stored.kind.clone(),
                mode: stored.mode,
                size: stored.size.unwrap_or(stored.content.len() as u64),
                layer: Some(0),
                digest: (stored.kind == NodeKind::File).then(|| Digest::of(&stored.content)),
            };
            view.files.insert(path, node);
        }
    }

    fn composefile(&self, document: &Document, files: &FileTree) -> Option<Result<compose::Compose, yaml::Broken>> {
        let Lookup::Found { path, .. } = files.lookup(document.composefile()?) else { return None };
        let text = String::from_utf8(self.files.get(&path)?.content.clone()).expect("UTF-8");
        Some(compose::parse(&text))
    }

    fn mentions(&self, document: &Document) -> Mentions {
        let mut mentions = Mentions::default();
        let root = format!("{}/", crate::subject::path::normal(document.ui_root().unwrap_or_default()));
        let pages = self.files.iter().filter(|(path, _)| path.starts_with(&root) && Mentions::looks_into(path));
        pages.for_each(|(path, stored)| mentions.add(path, &stored.content));
        mentions
    }
}

pub fn clean_metadata() -> Value {
    json!({
        "icon": "icon.svg",
        "ui": { "dashboard-tab": { "title": "Tool", "root": "ui", "src": "index.html" } },
        "vm": { "composefile": "docker-compose.yaml", "exposes": { "socket": "backend.sock" } },
        "host": { "binaries": [{
            "darwin": [{ "path": "/darwin/tool" }],
            "windows": [{ "path": "/windows/tool.exe" }],
            "linux": [{ "path": "/linux/tool" }],
        }] },
    })
}

pub fn clean_labels() -> Labels {
    let labels = [
        ("org.opencontainers.image.title", "Tool"),
        ("org.opencontainers.image.description", "Does things"),
        ("org.opencontainers.image.vendor", "Somebody"),
        ("com.docker.desktop.extension.api.version", ">= 0.3.4"),
        ("com.docker.desktop.extension.icon", "https://example.com/icon.svg"),
        ("com.docker.extension.screenshots", r#"[{"alt":"View","url":"https://example.com/1.png"}]"#),
        ("com.docker.extension.detailed-description", "<p>It does things.</p>"),
        ("com.docker.extension.publisher-url", "https://example.com"),
        ("com.docker.extension.additional-urls", r#"[{"title":"Support","url":"https://example.com/support"}]"#),
        ("com.docker.extension.changelog", "<ul><li>First</li></ul>"),
        ("com.docker.extension.categories", "utility-tools,volumes"),
    ];
    labels.map(|(label, value)| (label.to_owned(), value.to_owned())).into()
}

fn machine(os: &'static str, cpu: &str) -> Machine {
    Machine { os, cpu: cpu.to_owned() }
}

pub fn elf(arch: Arch) -> Facts {
    elf_of(arch.as_str())
}

pub fn elf_of(cpu: &str) -> Facts {
    let machine = machine("linux", cpu);
    Facts::from(Elf { machine, kind: Kind::Program, interpreter: None, libraries: Vec::new(), glibc: None })
}

pub fn pe(arch: Arch) -> Facts {
    pe_of(arch.as_str(), Kind::Program)
}

pub fn pe_of(cpu: &str, kind: Kind) -> Facts {
    let (machine, libraries) = (machine("windows", cpu), Vec::new());
    Facts::from(Pe { machine, kind, subsystem: Subsystem::Console, libraries, delayed: Vec::new() })
}

pub fn macho(arches: &[Arch]) -> Facts {
    macho_signed(arches, &Signature::Valid { ad_hoc: true })
}

pub fn macho_signed(arches: &[Arch], signature: &Signature) -> Facts {
    let slice = |arch: &Arch| Slice {
        machine: machine("darwin", arch.as_str()),
        kind: Kind::Program,
        minimum: None,
        libraries: Vec::new(),
        signature: signature.clone(),
    };
    Facts::from(MachO { universal: arches.len() > 1, slices: arches.iter().map(slice).collect() })
}
