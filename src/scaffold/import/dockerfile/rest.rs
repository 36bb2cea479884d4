//! What the last stage holds beside the files that metadata.json names, and what else it does to these: files, what
//! commands did, and settings. A backend may need all of it.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::copies::{Context, Copy, Found, Step, below, is_archive};
use super::pattern::{Patterns, matches};
use super::runs::may_change;
use super::stages::{Run, Stage, chain, joined};
use super::words;
use crate::domain::ImagePath;
use crate::scaffold::import::Provenance;
use crate::sys::fs::Kind;

/// How many files and folders are taken one by one.
const MAX_FILES: usize = 500;

/// How many sources of copies, and names in folders they copy, are looked at.
const MAX_SOURCES: usize = 10_000;

/// How many bytes of commands are searched for paths.
const MAX_SEARCHED: usize = 1 << 26;

/// How many names a message has.
const MAX_NAMES: usize = 8;

/// What `docker build` needs, and no image.
const OF_DOCKER: [&str; 3] = [".dockerignore", ".git", "Dockerfile"];

/// What is left of the last stage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rest {
    /// Files and folders of the source, and where they land.
    pub files: Vec<(ImagePath, String)>,
    /// What no file of the source is: the line, and what stands there.
    pub others: Vec<(usize, String)>,
    /// What also writes where a file or folder was taken: the line, and what stands there.
    pub over: Vec<(usize, String)>,
    /// Folders that are taken whole, although their line leaves something out: the line, the folder, what is left out.
    pub(super) parts: Vec<(usize, String, Patterns)>,
    /// Folders that are taken whole.
    pub(super) folders: BTreeSet<String>,
}

/// Finds what no path of `named` leads to.
pub(super) fn rest(
    stages: &[Stage],
    named: &[ImagePath],
    context: &dyn Context,
    place: &dyn Fn(&ImagePath) -> Found,
) -> Rest {
    let mut rest = Rest::default();
    let Some(last) = stages.len().checked_sub(1) else { return rest };
    let mut taken: Vec<(usize, Taken)> = Vec::new();
    for path in named {
        let (found, trail) = place(path);
        let local = if let Provenance::Local { path, folder } = found { Some((path, folder)) } else { None };
        taken.extend(
            trail.into_iter().map(|Step { stage, path, line }| (stage, Taken { path, line, local: local.clone() })),
        );
    }
    let all: BTreeSet<usize> = taken.iter().map(|(stage, _)| *stage).chain([last]).collect();
    let (sources, searched) = (Cell::new(MAX_SOURCES), Cell::new(MAX_SEARCHED));
    for index in all {
        let taken = taken.iter().filter(|(stage, _)| *stage == index).map(|(_, taken)| taken.clone()).collect();
        let found = of_stage(
            &chain(stages, index),
            Layers { taken, context, sources: &sources, searched: &searched, rest: Rest::default() },
        );
        rest.over.extend(found.over);
        rest.parts.extend(found.parts);
        rest.folders.extend(found.folders);
        if index == last {
            (rest.files, rest.others) = (found.files, found.others);
        }
    }
    for list in [&mut rest.over, &mut rest.others] {
        list.sort();
        list.dedup();
    }
    rest
}

fn of_stage(chain: &[&Stage], mut layers: Layers<'_>) -> Rest {
    for stage in chain {
        for copy in &stage.copies {
            layers.of_copy(copy);
        }
        for run in &stage.runs {
            layers.of_run(run);
        }
        let told =
            stage.settings.iter().map(|(line, name, text)| (*line, format!("`{name}` {}", words::shortened(text))));
        layers.rest.others.extend(told);
    }
    layers.rest
}

/// A path that is taken, the line that brings it, and the file or folder of the source that it is.
#[derive(Debug, Clone)]
struct Taken {
    path: String,
    line: usize,
    local: Option<(String, bool)>,
}

/// What a path is to those that are taken.
enum Fate<'a> {
    /// It is taken, or what is taken replaces it.
    Known,
    /// It lands in one of them, or in its place.
    Over(&'a Taken),
    /// One of them lies below it.
    Above(&'a Taken),
    /// Nothing.
    Other,
}

struct Layers<'a> {
    taken: Vec<Taken>,
    context: &'a dyn Context,
    sources: &'a Cell<usize>,
    searched: &'a Cell<usize>,
    rest: Rest,
}

/// Takes from what is left, if there is enough.
fn spend(left: &Cell<usize>, cost: usize) -> bool {
    let rest = left.get().checked_sub(cost);
    left.set(rest.unwrap_or(0));
    rest.is_some()
}

impl Layers<'_> {
    fn of_run(&mut self, run: &Run) {
        let what = format!("`RUN` {}", words::shortened(&run.command));
        if !spend(self.searched, run.command.len().saturating_mul(self.taken.len())) {
            self.rest.over.push((run.line, format!("{what}, which is more than is looked at")));
            return;
        }
        let changed = self.taken.iter().find(|taken| {
            let is_folder = taken.local.as_ref().is_none_or(|(_, folder)| *folder);
            may_change(run, &taken.path, is_folder, run.line < taken.line)
        });
        match changed {
            Some(taken) => self.rest.over.push((run.line, format!("{what}, which may change `{}`", taken.path))),
            None => self.rest.others.push((run.line, what)),
        }
    }

    /// Counts a source, or tells that it is one too many.
    fn step(&mut self, copy: &Copy) -> bool {
        let may = spend(self.sources, 1);
        if !may {
            let verb = if copy.is_add { "ADD" } else { "COPY" };
            self.rest.over.push((copy.line, format!("`{verb}`, with more sources than are looked at")));
        }
        may
    }

    fn of_copy(&mut self, copy: &Copy) {
        let is_local = copy.from.is_none() && !copy.heredoc && copy.varying.is_empty() && !copy.parents;
        for source in &copy.sources {
            let is_url = copy.is_add && source.contains("://");
            if !is_local || is_url {
                if !self.step(copy) {
                    return;
                }
                self.unknown(copy, source);
                continue;
            }
            for relative in matches(source, self.context) {
                if !self.step(copy) {
                    return;
                }
                let name = relative.rsplit('/').next().unwrap_or_default();
                match self.context.kind(&relative) {
                    Some(Kind::Dir) => {
                        let mut names = Vec::new();
                        self.folder(copy, &copy.to, &relative, &mut names);
                        self.tell_names(copy, source, &names);
                    }
                    Some(Kind::File(_)) if copy.is_add && is_archive(&relative) => self.unknown(copy, source),
                    Some(Kind::File(_)) if copy.exclude.leave_out(name) => {}
                    Some(Kind::File(_)) => self.file(copy, &relative, name),
                    _ => self.unknown(copy, source),
                }
            }
        }
    }

    fn fate(&self, line: usize, path: &str, relative: Option<&str>, is_dir: bool) -> Fate<'_> {
        let mut known = false;
        for taken in &self.taken {
            let Some(rest) = below(&taken.path, path) else { continue };
            let its = taken.local.as_ref().map(|(local, _)| joined("/", &format!("{local}/{rest}")));
            let its = its.as_deref().map(|its| its.trim_start_matches('/'));
            let own = match relative {
                Some(relative) if its.is_some() => its == Some(relative),
                _ => line == taken.line,
            };
            let replaces = |its| matches!(self.context.kind(its), Some(Kind::File(_)));
            let replaced = line < taken.line && !is_dir && its.is_some_and(replaces);
            if !own && !replaced {
                return Fate::Over(taken);
            }
            known = true;
        }
        if known {
            return Fate::Known;
        }
        let lower = self.taken.iter().find(|taken| below(path, &taken.path).is_some());
        lower.map_or(Fate::Other, Fate::Above)
    }

    fn file(&mut self, copy: &Copy, relative: &str, name: &str) {
        let within = joined(&copy.to, name);
        // Without a `/` at its end, the destination may yet be a folder that is there.
        let is_within = self.taken.iter().any(|taken| taken.line == copy.line && taken.path == within);
        let to = if copy.into_folder || copy.to == "/" || is_within { within } else { copy.to.clone() };
        match self.fate(copy.line, &to, Some(relative), false) {
            Fate::Known => {}
            Fate::Over(taken) => {
                let what = changes(copy, relative, &to, taken);
                self.rest.over.push(what);
            }
            Fate::Above(_) | Fate::Other => self.take(copy, &to, relative),
        }
    }

    /// A folder lands at a path. Where it holds what is taken, its other entries are taken one by one; those of the
    /// whole source are only named, for they are more than an image.
    fn folder(&mut self, copy: &Copy, path: &str, relative: &str, names: &mut Vec<String>) {
        match self.fate(copy.line, path, Some(relative), true) {
            Fate::Known => self.whole(copy, relative),
            Fate::Over(taken) => {
                let what = changes(copy, relative, path, taken);
                self.rest.over.push(what);
            }
            Fate::Other if path != "/" && !relative.is_empty() => self.take(copy, path, relative),
            Fate::Other => self.rest.others.push((copy.line, said(copy, relative, path))),
            Fate::Above(_) => {
                let is_root = copy.sources.iter().any(|source| joined("/", source) == "/");
                for name in self.context.names(relative) {
                    if !self.step(copy) {
                        return;
                    }
                    let (to, from) = (joined(path, &name), joined("/", &format!("{relative}/{name}")));
                    let from = from.trim_start_matches('/');
                    let at = below(&copy.to, &to).unwrap_or_default();
                    let kind = self.context.kind(from).filter(|_| !copy.exclude.leave_out(at));
                    let is_dir = matches!(kind, Some(Kind::Dir));
                    let fate = self.fate(copy.line, &to, Some(from), is_dir);
                    match (fate, kind) {
                        (Fate::Other, Some(_)) if is_root => {
                            let of_docker = relative.is_empty() && OF_DOCKER.contains(&name.as_str());
                            names.extend((!of_docker).then(|| from.to_owned()));
                        }
                        (_, Some(Kind::Dir)) => self.folder(copy, &to, from, names),
                        (Fate::Over(taken), Some(Kind::File(_))) => {
                            let what = changes(copy, from, &to, taken);
                            self.rest.over.push(what);
                        }
                        (Fate::Other, Some(Kind::File(_))) => self.take(copy, &to, from),
                        _ => {}
                    }
                }
            }
        }
    }

    /// What is brought from elsewhere, or made: whether it is a file or a folder is not known.
    fn unknown(&mut self, copy: &Copy, source: &str) {
        let is_folder = source.ends_with('/') || source.ends_with("/.") || copy.is_add && is_archive(source);
        let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let into = copy.into_folder || copy.to == "/";
        let to = if copy.parents {
            joined(&copy.to, source.trim_start_matches('/'))
        } else if into && !is_folder && !copy.heredoc {
            joined(&copy.to, name)
        } else {
            copy.to.clone()
        };
        // What it brings of them is told with them.
        if self.taken.iter().any(|taken| taken.line == copy.line) {
            return;
        }
        let told = (copy.line, said(copy, source, &to));
        match self.fate(copy.line, &to, None, is_folder) {
            Fate::Known => {}
            Fate::Over(taken) => {
                let what = changes(copy, source, &to, taken);
                self.rest.over.push(what);
            }
            Fate::Above(taken) if is_folder => {
                let what = (told.0, format!("{}, which may change `{}`", told.1, taken.path));
                self.rest.over.push(what);
            }
            Fate::Above(_) | Fate::Other => self.rest.others.push(told),
        }
    }

    fn take(&mut self, copy: &Copy, to: &str, relative: &str) {
        match ImagePath::new(to) {
            Ok(path) if self.rest.files.len() < MAX_FILES => {
                if matches!(self.context.kind(relative), Some(Kind::Dir)) {
                    self.whole(copy, relative);
                }
                self.rest.files.push((path, relative.to_owned()));
            }
            _ => self.rest.others.push((copy.line, said(copy, relative, to))),
        }
    }

    /// Notes a folder that is taken whole.
    fn whole(&mut self, copy: &Copy, relative: &str) {
        self.rest.folders.insert(relative.to_owned());
        if !copy.exclude.is_empty() {
            self.rest.parts.push((copy.line, relative.to_owned(), copy.exclude.clone()));
        }
    }

    fn tell_names(&mut self, copy: &Copy, source: &str, names: &[String]) {
        if names.is_empty() {
            return;
        }
        let told = some(names);
        self.rest.others.push((copy.line, format!("{}: of it, {told}", said(copy, source, &copy.to))));
    }
}

/// A few names.
pub(super) fn some(names: &[String]) -> String {
    let first: Vec<String> = names.iter().take(MAX_NAMES).map(|name| format!("`{}`", words::shortened(name))).collect();
    match names.len().checked_sub(MAX_NAMES) {
        None | Some(0) => first.join(", "),
        Some(more) => format!("{} and {more} more", first.join(", ")),
    }
}

fn said(copy: &Copy, source: &str, to: &str) -> String {
    let verb = if copy.is_add { "ADD" } else { "COPY" };
    let source = if source.is_empty() { "." } else { source };
    format!("`{verb}` of `{}` to `{}`", words::shortened(source), words::shortened(to))
}

fn changes(copy: &Copy, source: &str, to: &str, taken: &Taken) -> (usize, String) {
    (copy.line, format!("{}, which changes `{}`", said(copy, source, to), taken.path))
}
