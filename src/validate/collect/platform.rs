//! One platform's image: the paths that rules ask for, and what lies there.

use super::{CALLS_CLI, CALLS_SERVICE};
use crate::build::inspect::{Detail, Facts, Other};
use crate::subject::path::normal;
use crate::subject::{Absence, EntryKind, Error, FileFact, Found};
use crate::validate::compose::{self, Compose};
use crate::validate::mentions::Mentions;
use crate::validate::metadata::{Document, MAX_BYTES, Metadata};
use crate::validate::rules::backend::BASE;
use crate::validate::tree::{Node, NodeKind};
use crate::validate::view::PlatformView;
use crate::validate::yaml;

/// The names that compose files have.
const COMPOSE_FILES: [&str; 4] = ["docker-compose.yaml", "docker-compose.yml", "compose.yaml", "compose.yml"];

/// Where containerd and runc look for programs if `PATH` is not set.
const SEARCH: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// How many words of a command line, and folders of a `PATH`, are looked for.
const MAX_WORDS: usize = 20;

/// How many files and folders of a UI are remembered one by one. A bundler leaves some hundreds.
const MAX_UI: usize = 10_000;

/// How many programs that nothing names are remembered.
const MAX_OTHERS: usize = 200;

/// The files of one platform's image.
pub trait Files {
    /// What is at a path, links followed.
    ///
    /// # Errors
    /// When it cannot be read.
    fn at(&self, path: &str) -> Result<Found, Error>;

    /// Shows what lies below a folder whose path has no links, in an order that depends on the paths alone.
    ///
    /// # Errors
    /// When it cannot be read.
    fn below(&self, folder: &str, see: &mut dyn FnMut(FileFact)) -> Result<(), Error>;

    /// What stands in a document; nothing if it is larger than any.
    ///
    /// # Errors
    /// When it cannot be read.
    fn content(&self, path: &str) -> Result<Option<Vec<u8>>, Error>;
}

/// Fills in everything that follows from the files.
///
/// # Errors
/// When one of them cannot be read.
pub fn fill(view: &mut PlatformView, files: &dyn Files) -> Result<(), Error> {
    view.metadata = metadata(files)?;
    if view.metadata == Metadata::Absent {
        let mut others = 0;
        files.below("", &mut |fact| {
            if others < MAX_OTHERS && fact.path.ends_with("/metadata.json") {
                others += 1;
                insert(view, fact);
            }
        })?;
    }
    let asked = view.metadata.document().map(Asked::of).unwrap_or_default();
    let mut collector = Collector { view, files };
    for path in asked.paths.iter().map(String::as_str).chain(["/metadata.json"]).chain(BASE) {
        collector.ask(path)?;
    }
    if let Some(root) = &asked.root {
        collector.ui(root)?;
    }
    if let Some(path) = &asked.composefile {
        collector.view.composefile = composefile(files, path)?;
    }
    collector.programs_started()?;
    collector.other_programs()
}

/// What a metadata.json leads to.
#[derive(Default)]
struct Asked {
    paths: Vec<String>,
    root: Option<String>,
    composefile: Option<String>,
}

impl Asked {
    fn of(document: &Document) -> Self {
        let mut paths: Vec<String> = document.host_paths().iter().map(|file| file.path.to_owned()).collect();
        paths.extend(document.icon().map(str::to_owned));
        if let (Some(root), Some(src)) = (document.ui_root(), document.ui_src()) {
            paths.push(format!("{root}/{}", src.split(['?', '#']).next().unwrap_or_default()));
        }
        if let Some(path) = document.composefile() {
            let path = normal(path);
            let folder = path.rfind('/').map_or("", |end| &path[..=end]);
            paths.extend(COMPOSE_FILES.map(|name| format!("{folder}{name}")));
            paths.push(path);
        }
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Asked { paths, root: owned(document.ui_root()), composefile: owned(document.composefile()) }
    }
}

struct Collector<'a> {
    view: &'a mut PlatformView,
    files: &'a dyn Files,
}

impl Collector<'_> {
    /// Takes along what is at a path, and what the way there leads through.
    fn ask(&mut self, path: &str) -> Result<Option<FileFact>, Error> {
        match self.files.at(path)? {
            Found::File(fact) => {
                for link in &fact.links {
                    if let Found::File(target) = self.files.at(link)? {
                        let kind = NodeKind::Symlink(format!("/{}", target.path));
                        self.view.files.insert(link, Node { kind, ..node(&target) });
                    }
                }
                insert(self.view, fact.clone());
                Ok(Some(fact))
            }
            Found::Absent(Absence::Loop) => {
                let kind = NodeKind::Symlink(format!("/{}", normal(path)));
                self.view.files.insert(path, Node { kind, mode: 0o777, size: 0, layer: None, digest: None });
                Ok(None)
            }
            Found::Absent(Absence::Missing | Absence::NoFolder) => Ok(None),
        }
    }

    /// Takes along the whole UI.
    fn ui(&mut self, root: &str) -> Result<(), Error> {
        let Some(folder) = self.ask(root)?.filter(|fact| fact.kind == EntryKind::Dir) else { return Ok(()) };
        let (mut seen, mut links) = (0, Vec::new());
        let view = &mut *self.view;
        self.files.below(&folder.path, &mut |fact| {
            mention(&mut view.mentions, &fact);
            seen += 1;
            if seen > MAX_UI {
                view.rest.add(&fact.path, &node(&fact));
            } else if matches!(fact.kind, EntryKind::HardLink(_)) {
                links.push(fact);
            } else {
                insert(view, fact);
            }
        })?;
        // Second names of files in other layers.
        for fact in links {
            let first = self.files.at(&fact.path)?;
            let fact = match first {
                Found::File(first) => FileFact { path: fact.path, layer: fact.layer, ..first },
                Found::Absent(_) => fact,
            };
            insert(self.view, fact);
        }
        Ok(())
    }

    /// Takes along the programs that containers of the image may start.
    fn programs_started(&mut self) -> Result<(), Error> {
        let start = &self.view.start;
        let image = start.entrypoint.iter().chain(&start.command);
        let compose = self.view.composefile.iter().flatten().flat_map(|compose: &Compose| &compose.services);
        let services = compose.flat_map(|service| service.entrypoint.iter().chain(&service.command).flatten());
        let words = image.chain(services).flat_map(|word| word.split_whitespace());
        let words: Vec<String> =
            words.filter(|word| !word.starts_with('-')).take(MAX_WORDS).map(str::to_owned).collect();
        for word in words {
            for place in self.places(&word) {
                self.ask(&place)?;
            }
        }
        Ok(())
    }

    fn places(&self, word: &str) -> Vec<String> {
        let start = &self.view.start;
        if word.starts_with('/') {
            vec![word.to_owned()]
        } else if word.contains('/') {
            vec![format!("{}/{word}", start.folder)]
        } else if start.search.is_empty() {
            SEARCH.iter().map(|folder| format!("{folder}/{word}")).collect()
        } else {
            start.search.iter().take(MAX_WORDS).map(|folder| format!("{folder}/{word}")).collect()
        }
    }

    /// Takes along programs for users' machines that metadata.json does not list.
    fn other_programs(&mut self) -> Result<(), Error> {
        const SYSTEM: [&str; 9] = ["bin/", "boot/", "etc/", "lib", "opt/", "proc/", "sbin/", "usr/", "var/"];
        let outside = |path: &str| !SYSTEM.iter().any(|folder| path.starts_with(folder));
        let is_program = |fact: &FileFact| {
            let looks = fact.looks.as_ref().and_then(|looks| looks.facts.as_ref().ok());
            looks.is_some_and(|facts| matches!(facts.detail, Detail::Elf(_) | Detail::MachO(_) | Detail::Pe(_)))
        };
        let (mut found, view) = (0, &mut *self.view);
        self.files.below("", &mut |fact| {
            if found < MAX_OTHERS && is_program(&fact) && outside(&fact.path) {
                found += 1;
                insert(view, fact);
            }
        })
    }
}

/// Notes what a page or script calls.
fn mention(mentions: &mut Mentions, fact: &FileFact) {
    let seen = fact.looks.as_ref().map_or(0, |looks| looks.seen);
    for (flag, place) in [(CALLS_SERVICE, &mut mentions.vm_service), (CALLS_CLI, &mut mentions.vm_cli)] {
        if seen & flag != 0 && place.is_none() {
            *place = Some(fact.path.clone());
        }
    }
}

/// Puts a file or folder with what is known of it into the view.
fn insert(view: &mut PlatformView, fact: FileFact) {
    if let Some(facts) = known(&fact) {
        view.programs.insert(fact.path.clone(), facts);
    }
    view.files.insert(&fact.path, node(&fact));
}

fn node(fact: &FileFact) -> Node {
    let kind = match &fact.kind {
        EntryKind::File => NodeKind::File,
        EntryKind::Dir => NodeKind::Dir,
        EntryKind::Symlink(target) => NodeKind::Symlink(target.clone()),
        EntryKind::HardLink(_) | EntryKind::Special => NodeKind::Special,
    };
    Node { kind, mode: fact.mode, size: fact.size, layer: Some(fact.layer), digest: fact.digest }
}

fn known(fact: &FileFact) -> Option<Result<Facts, String>> {
    if fact.kind != EntryKind::File {
        return None;
    }
    let looks = fact.looks.as_ref().map(|looks| looks.facts.clone());
    looks.or_else(|| Some(Ok(Facts::from(Other { looks_like: fact.plain? }))))
}

fn metadata(files: &dyn Files) -> Result<Metadata, Error> {
    let fact = match files.at("/metadata.json")? {
        Found::File(fact) => fact,
        Found::Absent(Absence::Loop) => return Ok(Metadata::NoFile("a link that leads to itself")),
        Found::Absent(Absence::Missing | Absence::NoFolder) => return Ok(Metadata::Absent),
    };
    if fact.kind != EntryKind::File {
        return Ok(Metadata::NoFile(node(&fact).kind.noun()));
    }
    if fact.size > MAX_BYTES {
        return Ok(Metadata::TooLarge(fact.size));
    }
    Ok(files.content("/metadata.json")?.map_or(Metadata::TooLarge(fact.size), |bytes| Metadata::read(&bytes)))
}

/// The compose file, if it is a file.
fn composefile(files: &dyn Files, path: &str) -> Result<Option<Result<Compose, yaml::Broken>>, Error> {
    let Found::File(fact) = files.at(path)? else { return Ok(None) };
    if fact.kind != EntryKind::File {
        return Ok(None);
    }
    let broken = |what: String| yaml::Broken { what, line: 1 };
    let too_large = || broken(format!("it has {} bytes; {} are read at most", fact.size, yaml::MAX_BYTES));
    if fact.size > yaml::MAX_BYTES as u64 {
        return Ok(Some(Err(too_large())));
    }
    let Some(bytes) = files.content(path)? else { return Ok(Some(Err(too_large()))) };
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    Ok(Some(match std::str::from_utf8(text) {
        Ok(text) => compose::parse(text),
        Err(_) => Err(broken("it is not UTF-8".to_owned())),
    }))
}
