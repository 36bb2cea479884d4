//! An image of any maker: its files become files of the project, and its labels and metadata.json the table.
//!
//! A table says one thing for all platforms. What the platforms' images have in common is taken over; where they
//! differ, it is told.

use std::collections::{BTreeMap, BTreeSet};

use super::place::{Role, named};
use super::start::Command;
use super::write::{MAX_BYTES, MAX_FILES};
use super::{Imported, Left, Provenance, Start, json, judge};
use crate::domain::{self, Digest, ImagePath, Reference};
use crate::image::document::Execution;
use crate::scaffold::Error;
use crate::subject::path::normal;
use crate::subject::{self, EntryKind, Wanted};
use crate::validate::tree::{Lookup, Node, NodeKind};
use crate::validate::view::{Maker, PlatformView};
use crate::validate::{Finding, View};

/// The name of the base image, which buildah writes into manifests (`annotations.md` of the image specification).
const BASE: &str = "org.opencontainers.image.base.name";

/// The files of an image that a project may take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// The place of the platform among those of the image.
    pub(super) platform: usize,
    /// Where the files come from, by their paths in the project.
    pub(super) files: BTreeMap<String, Wanted>,
    /// Folders of the project that are named, and may have no file.
    pub(super) folders: BTreeSet<String>,
}

/// Takes over what an image says. `view` is what the rules see of it.
///
/// # Errors
/// When it has no metadata.json, or one that is no JSON; when its UI is larger than any.
pub fn read(subject: &subject::Subject<'_>, view: &View) -> Result<(Imported, Contents), Error> {
    let view = View { maker: Maker::CargoDext, ..view.clone() };
    let findings = judge(&view);
    let whole = || view.whole();
    let is_amd64 = |platform: &PlatformView| platform.name() == "linux/amd64";
    let Some((main, document)) = whole().find(|(platform, _)| is_amd64(platform)).or_else(|| whole().next()) else {
        return Err(unreadable(subject, &findings));
    };
    let mut reader = Reader::new(main, view.platforms());
    let metadata = json::of(document);
    for (role, _, value) in named(&metadata.value) {
        if let Ok(path) = ImagePath::new(value)
            && !reader.imported.places.contains_key(&path)
        {
            let place = reader.place(role, &path);
            reader.imported.places.insert(path, place);
        }
    }
    reader.differences(document.digest);
    reader.start();
    let is_main = |platform: &&subject::Platform| platform.runs_on == main.runs_on;
    if let Some(platform) = subject.platforms.iter().find(is_main) {
        if metadata.value.get("vm").is_some() {
            reader.settings(&platform.execution());
        }
        let (mut others, mut first, is_named) = (0, None, reader.is_named());
        subject.below(platform, "", &mut |fact| {
            if fact.kind == EntryKind::File && !is_named(&fact.path) {
                others += 1;
                first.get_or_insert(fact.path);
            }
        })?;
        if let Some(first) = first {
            reader.unnamed(others, &first);
        }
    }
    let Reader { mut imported, mut contents, .. } = reader;
    bounded(&contents)?;
    imported.base = base(subject);
    imported.reference = view.reference.as_ref().filter(|_| subject.kind == "registry").map(Reference::familiar);
    imported.labels = Some(main.labels.clone());
    imported.metadata = metadata;
    imported.findings = findings;
    contents.platform = subject.platforms.iter().position(|platform| is_main(&platform)).unwrap_or_default();
    Ok((imported, contents))
}

/// Why there is nothing to take over, in the words of the first rule that says it.
fn unreadable(subject: &subject::Subject<'_>, findings: &[Finding]) -> Error {
    let of = |id: &str| findings.iter().find(|finding| finding.rule.id == id);
    match of("E01").or_else(|| of("E45")) {
        Some(finding) => Error::Unreadable {
            what: finding.message.clone(),
            rule: finding.rule.id,
            place: format!("{}, {}", subject.name, finding.place),
        },
        None => Error::Unreadable {
            what: "there is no /metadata.json".to_owned(),
            rule: "E01",
            place: subject.name.clone(),
        },
    }
}

fn bounded(contents: &Contents) -> Result<(), Error> {
    let mut bytes: u64 = 0;
    for (count, (path, file)) in contents.files.iter().enumerate() {
        bytes = bytes.saturating_add(file.size);
        if count == MAX_FILES || bytes > MAX_BYTES {
            return Err(Error::TooMuch { source_path: path.clone(), files: MAX_FILES, bytes: MAX_BYTES });
        }
    }
    Ok(())
}

/// The base image, where the manifests name one that a table can name.
fn base(subject: &subject::Subject<'_>) -> Option<String> {
    let mut named = subject.platforms.iter().map(|platform| {
        let manifest: serde_json::Value = serde_json::from_slice(&platform.manifest.as_ref()?.bytes).ok()?;
        let name = manifest["annotations"][BASE].as_str()?;
        Reference::parse(name).ok().map(|_| name.to_owned())
    });
    let first = named.next()??;
    named.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

struct Reader<'a> {
    main: &'a PlatformView,
    /// The other images of Linux, which must say the same.
    others: Vec<&'a PlatformView>,
    imported: Imported,
    contents: Contents,
}

impl<'a> Reader<'a> {
    fn new(main: &'a PlatformView, all: &'a [PlatformView]) -> Self {
        let others = all.iter().filter(|other| other.runs_on != main.runs_on && other.runs_on.os == "linux");
        Reader { main, others: others.collect(), imported: Imported::default(), contents: Contents::default() }
    }

    fn leave(&mut self, what: String, help: &str) {
        self.imported.left.push(Left { what, help: Some(help.to_owned()) });
    }

    /// Where the project finds what lies at a path.
    fn place(&mut self, role: Role, path: &ImagePath) -> Provenance {
        match (self.main.files.lookup(path.as_str()), role) {
            // The rules say that it is missing.
            (Lookup::Absent | Lookup::Loop, _) => Provenance::Nowhere { how: String::new() },
            (Lookup::Found { path: real, node, .. }, Role::Ui) if node.kind == NodeKind::Dir => self.pages(&real),
            (Lookup::Found { path: real, node, .. }, _) if node.kind == NodeKind::File => {
                self.file(role, path, &real, node)
            }
            (Lookup::Found { node, .. }, Role::Host(..)) if node.kind == NodeKind::Dir => Provenance::Made {
                how: "it is a folder; what the lists name in it is taken over file by file".to_owned(),
            },
            (Lookup::Found { node, .. }, _) => Provenance::Made { how: format!("it is {}", node.kind.noun()) },
        }
    }

    /// The other platforms whose file at a path is not this one, and whether they have any.
    fn others(&self, path: &ImagePath, wanted: &Wanted) -> Vec<(String, bool)> {
        let other = |other: &&PlatformView| {
            let found = match other.files.lookup(path.as_str()) {
                Lookup::Found { node, .. } => node.digest,
                Lookup::Absent | Lookup::Loop => None,
            };
            (found != Some(wanted.digest)).then(|| (other.name(), found.is_some()))
        };
        self.others.iter().filter_map(other).collect()
    }

    fn file(&mut self, role: Role, path: &ImagePath, real: &str, node: &Node) -> Provenance {
        let Some(wanted) = wanted(real, node) else {
            return Provenance::Made { how: "it is a file with holes, which is not read".to_owned() };
        };
        let others = self.others(path, &wanted);
        if !others.is_empty() {
            let main = self.main.name();
            let names = others.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            let there = others.iter().any(|(_, there)| *there);
            if let Role::Host(..) = role {
                let how = if there { "is another one in the image for" } else { "is not in the image for" };
                let how = format!("it {how} {names}, and a file of the table is the same for all");
                return Provenance::Made { how };
            }
            let how = if there { "is another file" } else { "is not there" };
            self.leave(format!("`{path}` as it is for {names}: it {how}; that of {main} was taken"), SAME);
        }
        let to = self.project_path(role, path);
        self.contents.files.insert(to.clone(), wanted);
        Provenance::Local { path: to, folder: false }
    }

    /// The folder of the UI, without what no installation takes.
    fn pages(&mut self, root: &str) -> Provenance {
        const FOLDER: &str = "ui";
        let (mut odd, mut first) = (0, None);
        for (path, node) in self.main.files.below(root) {
            let below = path[root.len()..].trim_start_matches('/');
            let to = format!("{FOLDER}/{below}");
            match wanted(path, node).filter(|_| ImagePath::new(&to).is_ok()) {
                Some(wanted) => drop(self.contents.files.insert(to, wanted)),
                None if node.kind == NodeKind::Dir => {}
                None => {
                    odd += 1;
                    first.get_or_insert(path.to_owned());
                }
            }
        }
        let unlisted = self.main.rest.files + self.main.rest.links;
        if unlisted > 0 {
            let what = format!("{unlisted} further files of the UI, which has too many");
            self.leave(what, "copy them from where they were made");
        }
        if let Some(first) = first {
            let what = format!("links and names that no installation takes, in the UI: {odd}, the first is `/{first}`");
            self.leave(what, "Docker Desktop on Windows cannot install them (E17)");
        }
        self.contents.folders.insert(FOLDER.to_owned());
        Provenance::Local { path: FOLDER.to_owned(), folder: true }
    }

    /// Where a file lies in the project: where a person would look for it, and where Cargo takes it for nothing else.
    fn project_path(&self, role: Role, path: &ImagePath) -> String {
        const AT_THE_TOP: [&str; 6] = [".svg", ".png", ".jpg", ".jpeg", ".yaml", ".yml"];
        let (relative, name) = (path.relative(), path.file_name());
        let root = self.main.metadata.document().and_then(|document| document.ui_root()).map(normal);
        let in_ui = root
            .filter(|root| !root.is_empty())
            .and_then(|root| relative.strip_prefix(&format!("{root}/")).map(|rest| format!("ui/{rest}")));
        let plain = match role {
            _ if in_ui.is_some() => return in_ui.unwrap_or_default(),
            Role::Host(..) if relative.starts_with("host/") => relative.to_owned(),
            Role::Host(..) => format!("host/{relative}"),
            _ if AT_THE_TOP.iter().any(|ending| name.to_ascii_lowercase().ends_with(ending)) => name.to_owned(),
            _ => format!("files/{relative}"),
        };
        match self.contents.files.contains_key(&plain) {
            true => format!("files/{relative}"),
            false => plain,
        }
    }

    /// What other platforms' images say otherwise.
    fn differences(&mut self, metadata: Digest) {
        let main = self.main.name();
        for other in std::mem::take(&mut self.others) {
            let name = other.name();
            if other.metadata.document().is_none_or(|document| document.digest != metadata) {
                self.leave(
                    format!("metadata.json as it is for {name}: it is another one; that of {main} was taken"),
                    SAME,
                );
            }
            let labels: BTreeSet<&String> = self.main.labels.keys().chain(other.labels.keys()).collect();
            let labels = labels.into_iter().filter(|label| self.main.labels.get(*label) != other.labels.get(*label));
            let labels: Vec<String> = labels.map(|label| format!("`{label}`")).collect();
            if !labels.is_empty() {
                let labels = labels.join(", ");
                self.leave(format!("labels as they are for {name}: {labels}; those of {main} were taken"), SAME);
            }
            if let Some((count, first)) = self.other_pages(other) {
                let what = format!(
                    "the UI as it is for {name}: {count} files differ, the first is `/{first}`; that of {main} was taken"
                );
                self.leave(what, SAME);
            }
            self.others.push(other);
        }
    }

    /// How many files of another image's UI are not those of this one, and the first of them.
    fn other_pages(&self, other: &PlatformView) -> Option<(usize, String)> {
        let root = self.main.metadata.document()?.ui_root()?;
        fn files<'f>(platform: &'f PlatformView, root: &'f str) -> BTreeMap<&'f str, &'f Node> {
            platform.files.below(root).filter(|(_, node)| node.kind == NodeKind::File).collect()
        }
        let (ours, theirs) = (files(self.main, root), files(other, root));
        let all: BTreeSet<&str> = ours.keys().chain(theirs.keys()).copied().collect();
        let digest = |files: &BTreeMap<&str, &Node>, path: &str| files.get(path).map(|node| node.digest);
        let mut different = all.into_iter().filter(|path| digest(&ours, path) != digest(&theirs, path));
        let first = different.next()?.to_owned();
        Some((1 + different.count(), first))
    }

    /// Tells files that neither metadata.json nor a label nor the start of the backend names.
    fn is_named(&self) -> impl Fn(&str) -> bool + use<> {
        let taken = self.contents.files.values().map(|wanted| wanted.path.clone());
        let named = self.imported.places.keys().map(|path| path.relative().to_owned());
        let all: BTreeSet<String> = taken.chain(named).chain(["metadata.json".to_owned()]).collect();
        let page = self.main.metadata.document().and_then(|document| document.ui_root()).map(normal);
        let page = page.map(|page| format!("{page}/"));
        move |path| all.contains(path) || page.as_ref().is_some_and(|page| path.starts_with(page))
    }

    /// What a backend brings beside its program, or a base image.
    fn unnamed(&mut self, count: u64, first: &str) {
        let files = domain::count(count, "file");
        let help = "what the backend needs of them goes into `[[files]]`, or comes with a `vm.base`";
        self.leave(format!("{files} of the image that nothing names, such as `/{first}`"), help);
    }

    /// What is set for containers, for which a table has no key.
    fn settings(&mut self, said: &Execution) {
        for (name, value) in settings(said) {
            let help = "if the backend needs it, build a base image that has it, and name that as `vm.base`";
            self.leave(format!("`{name}` of the image: {value}"), help);
        }
    }

    /// What the image starts. Its program is another one for each platform, so no table can name the file.
    fn start(&mut self) {
        let command = |words: &[String]| Some(Command::Words(words.to_vec())).filter(|_| !words.is_empty());
        let start = &self.main.start;
        let start = Start { entrypoint: command(&start.entrypoint), cmd: command(&start.command) };
        if let Some((path, _)) = start.program()
            && matches!(self.main.files.lookup(path.as_str()), Lookup::Found { .. })
        {
            let how = "it is the program of one platform".to_owned();
            self.imported.places.entry(path).or_insert(Provenance::Made { how });
        }
        self.imported.start = start;
    }
}

/// What a config sets for containers that no table can say, as Dockerfile instructions.
fn settings(said: &Execution) -> Vec<(&'static str, String)> {
    let env = said.env.iter().flatten().filter(|variable| !variable.starts_with("PATH="));
    let mut all: Vec<(&'static str, String)> = env.map(|variable| ("ENV", variable.clone())).collect();
    let folder = said.working_dir.as_ref().filter(|folder| *folder != "/");
    let single = [("USER", said.user.as_ref()), ("WORKDIR", folder), ("STOPSIGNAL", said.stop_signal.as_ref())];
    all.extend(single.into_iter().filter_map(|(name, value)| Some((name, value?.clone()))));
    all.extend(said.exposed_ports.iter().flatten().map(|(port, _)| ("EXPOSE", port.clone())));
    all.extend(said.volumes.iter().flatten().map(|(folder, _)| ("VOLUME", folder.clone())));
    all.retain(|(_, value)| !value.is_empty());
    all
}

/// What to say where platforms differ.
const SAME: &str = "a table says the same for all platforms (W39)";

/// A regular file, whose content can be read again.
fn wanted(path: &str, node: &Node) -> Option<Wanted> {
    let (layer, digest) = (node.layer?, node.digest?);
    (node.kind == NodeKind::File).then(|| Wanted { path: path.to_owned(), layer, size: node.size, digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_an_extension_has_is_refused() {
        let file = |size| Wanted { path: "ui/x".to_owned(), layer: 0, size, digest: Digest::of(b"") };
        let contents = |files: usize, size| Contents {
            files: (0..files).map(|at| (format!("ui/{at:05}"), file(size))).collect(),
            ..Contents::default()
        };
        assert!(bounded(&contents(MAX_FILES, 1)).is_ok());
        assert!(matches!(bounded(&contents(MAX_FILES + 1, 1)), Err(Error::TooMuch { .. })));
        assert!(bounded(&contents(2, MAX_BYTES / 2)).is_ok());
        assert!(matches!(bounded(&contents(3, MAX_BYTES / 2)), Err(Error::TooMuch { .. })));
        assert!(matches!(bounded(&contents(3, u64::MAX)), Err(Error::TooMuch { .. })));
    }
}
