//! Which `COPY` line brings a path of the image, and from where.

use std::cell::{Cell, RefCell};

use super::pattern::{Pattern, Patterns, is_pattern, matches};
use super::stages::{Stage, chain, find, joined};
use super::words;
use crate::domain::ImagePath;
use crate::scaffold::import::Provenance;
use crate::sys::fs::Kind;

/// Stages that copy from stages that copy …
const MAX_DEPTH: usize = 32;

/// How many sources of copies are looked at for one path: stages that copy several times from each other have more ways
/// to a file than anybody can walk.
const MAX_STEPS: usize = 10_000;

/// How many sources of copies are looked at for all paths together: for 2,000 paths, those of 250 lines, twice.
pub(super) const MAX_ALL_STEPS: usize = 1_000_000;

/// `COPY` or `ADD`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) line: usize,
    pub(super) is_add: bool,
    /// Whether the content stands in the Dockerfile.
    pub(super) heredoc: bool,
    /// Whether `--chmod` is there.
    pub(super) chmod: bool,
    /// Whether the paths of its sources stay (`--parents`).
    pub(super) parents: bool,
    /// `--exclude`
    pub(super) exclude: Patterns,
    /// `--from`
    pub(super) from: Option<String>,
    pub(super) sources: Vec<String>,
    /// The absolute destination.
    pub(super) to: String,
    /// Whether the destination is a folder for certain.
    pub(super) into_folder: bool,
    /// Variables of the paths that differ from platform to platform.
    pub(super) varying: Vec<String>,
}

/// The folder that `docker build` is given; paths are `/`-separated and relative to it.
pub trait Context {
    /// What is at a path; `None` for nothing, and for what leads out of the folder.
    fn kind(&self, path: &str) -> Option<Kind>;
    /// The names in a folder.
    fn names(&self, path: &str) -> Vec<String>;
    /// Whether `docker build` is not sent what is at a path.
    fn leaves_out(&self, _path: &str) -> bool {
        false
    }
}

/// A path that is looked for.
pub(super) struct Wish<'a> {
    pub(super) path: &'a str,
    /// Whether a source that may be a file is taken for a folder that the path lies in.
    pub(super) guess: bool,
}

/// What a copy says about a path.
pub(super) enum Answer {
    /// It brings it, from here.
    Is(Provenance),
    /// It does not bring it.
    No,
}

/// A stage on the way to a path, what the path is there, and the line that brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) stage: usize,
    pub(super) path: String,
    pub(super) line: usize,
}

/// Where a path comes from, and on which way.
pub(super) type Found = (Provenance, Vec<Step>);

/// Where a path of the last stage comes from, and on which way. `steps` is how many sources may be looked at for this
/// path and for others after it.
pub(super) fn place(stages: &[Stage], path: &ImagePath, context: &dyn Context, steps: &Cell<usize>) -> Found {
    let Some(last) = stages.len().checked_sub(1) else {
        return (Provenance::Nowhere { how: "the Dockerfile has no stage".to_owned() }, Vec::new());
    };
    let most = steps.get().min(MAX_STEPS);
    let (left, trail) = (Cell::new(most), RefCell::new(Vec::new()));
    let found = in_stage(stages, last, path.as_str(), context, Way { depth: 0, left: &left, trail: &trail });
    steps.set(steps.get() - (most - left.get()));
    (found, trail.into_inner())
}

/// How far a search has come.
#[derive(Clone, Copy)]
struct Way<'a> {
    /// How many stages lie behind it.
    depth: usize,
    /// How many sources it may still look at, on this way and all others.
    left: &'a Cell<usize>,
    /// The way that led to something, from its end on.
    trail: &'a RefCell<Vec<Step>>,
}

impl Way<'_> {
    /// Looks at one source more, if it may.
    fn step(self) -> bool {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }

    fn deeper(self) -> Self {
        Way { depth: self.depth + 1, ..self }
    }
}

fn in_stage(stages: &[Stage], index: usize, path: &str, context: &dyn Context, way: Way<'_>) -> Provenance {
    let chain = chain(stages, index);
    let asked = |guess: bool| {
        let mut copies = chain.iter().rev().flat_map(|stage| stage.copies.iter().rev());
        copies.find_map(|copy| match answer(stages, index, copy, &Wish { path, guess }, context, way) {
            Answer::Is(found) => {
                way.trail.borrow_mut().push(Step { stage: index, path: path.to_owned(), line: copy.line });
                Some(found)
            }
            Answer::No => None,
        })
    };
    if let Some(found) = asked(false) {
        return found;
    }
    let mut runs = chain.iter().rev().flat_map(|stage| stage.runs.iter().rev());
    if let Some(line) = runs.find(|run| mentions(&run.command, path)).map(|run| run.line) {
        let how = format!("the command in line {line} of the Dockerfile makes it");
        return Provenance::Made { how };
    }
    let within = chain.iter().flat_map(|stage| &stage.copies).filter(|copy| below(path, &copy.to).is_some());
    let lines: Vec<String> = within.map(|copy| copy.line.to_string()).collect();
    if !lines.is_empty() {
        let how = format!("it is put together by the Dockerfile (line {})", lines.join(", "));
        return Provenance::Made { how };
    }
    if let Some(found) = asked(true) {
        return found;
    }
    let base = chain.first().and_then(|stage| stage.image.as_deref()).filter(|image| *image != "scratch");
    let but = base.map_or_else(String::new, |base| format!("; only its base image `{base}` could bring it"));
    Provenance::Nowhere { how: format!("nothing in the Dockerfile puts it into the image{but}") }
}

/// Whether a command speaks of a path, and not only of a longer one.
fn mentions(command: &str, path: &str) -> bool {
    command
        .match_indices(path)
        .any(|(at, _)| !command[at + path.len()..].starts_with(|c: char| c.is_alphanumeric() || "_-.".contains(c)))
}

fn made(how: String) -> Answer {
    Answer::Is(Provenance::Made { how })
}

fn answer(stages: &[Stage], index: usize, copy: &Copy, wish: &Wish<'_>, context: &dyn Context, way: Way<'_>) -> Answer {
    let line = copy.line;
    if below(&copy.to, wish.path).is_none() {
        return Answer::No;
    }
    for source in copy.sources.iter().rev() {
        if !way.step() {
            return made(format!("the copies of the Dockerfile are too many to follow (line {line})"));
        }
        if copy.is_add && source.contains("://") {
            // It is one file.
            let name = source.rsplit('/').next().unwrap_or_default();
            let to = if copy.into_folder { joined(&copy.to, name) } else { copy.to.clone() };
            if to == wish.path {
                return made(format!("line {line} of the Dockerfile fetches it from {}", words::shortened(source)));
            }
            continue;
        }
        let Some(from) = &copy.from else {
            match of_context(copy, source, wish, context) {
                Answer::No => continue,
                found @ Answer::Is(_) => return found,
            }
        };
        let Some(inner) = lands(copy, source, wish) else { continue };
        if !copy.varying.is_empty() {
            return made(differs(copy));
        }
        return match find(&stages[..index], from) {
            Some(stage) if wish.guess && is_program(stages, index, stage, source) => continue,
            Some(stage) if way.depth < MAX_DEPTH => match built(stages, stage, copy, &inner, context, way.deeper()) {
                Answer::No => continue,
                Answer::Is(Provenance::Made { .. }) if wish.guess => {
                    made(format!("line {line} of the Dockerfile may bring it, as `{inner}` of `{from}`"))
                }
                found => found,
            },
            _ => made(format!("line {line} of the Dockerfile copies it from the image `{}`", words::shortened(from))),
        };
    }
    Answer::No
}

/// Whether what is copied out of a stage is a program: it is started in the end, or a compiler writes it.
fn is_program(stages: &[Stage], last: usize, stage: usize, source: &str) -> bool {
    let name = source.rsplit('/').next().unwrap_or_default();
    let written = |command: &String| {
        let mut words = command.split_whitespace();
        words.any(|word| word == "-o") && words.next().is_some_and(|word| word.rsplit('/').next() == Some(name))
    };
    let start = &stages[last].start;
    let started = start.lines().any(|(_, line)| mentions(&line, &format!("/{name}")));
    !name.is_empty() && (started || stages[stage].runs.iter().any(|run| written(&run.command)))
}

fn differs(copy: &Copy) -> String {
    let names = copy.varying.join(", ");
    format!("line {} of the Dockerfile chooses it by {names}, and a file of the table is the same for all", copy.line)
}

/// A path of another stage: a stage that runs nothing only hands on.
fn built(stages: &[Stage], stage: usize, copy: &Copy, inner: &str, context: &dyn Context, way: Way<'_>) -> Answer {
    let below = chain(stages, stage);
    let title = stages[stage].title(stage);
    let how = if below.iter().all(|stage| stage.runs.is_empty()) {
        match in_stage(stages, stage, inner, context, way) {
            // What no line brings comes with the stage's image.
            Provenance::Nowhere { .. } => {}
            found => return Answer::Is(found),
        }
        match below.first().and_then(|stage| stage.image.as_deref()) {
            Some("scratch") | None => return Answer::No,
            Some(image) => format!("line {} of the Dockerfile takes it from the image `{image}`", copy.line),
        }
    } else {
        format!("built in stage `{title}` as `{inner}` (line {} of the Dockerfile)", copy.line)
    };
    made(how)
}

/// The path that a source has for what is wished, if the copy brings it: the source itself, or what lies below it. What
/// is copied to `/` is as likely a file as a folder.
pub(super) fn lands(copy: &Copy, source: &str, wish: &Wish<'_>) -> Option<String> {
    let source = joined("/", source);
    let name = source.rsplit('/').next().unwrap_or_default();
    let as_file = joined(&copy.to, name);
    if copy.into_folder && as_file == wish.path && !name.is_empty() {
        return Some(source);
    }
    // A name with an ending is a file's.
    let folder = copy.to != "/" || source == "/" || wish.guess && !name.contains('.');
    let below = below(&copy.to, wish.path).filter(|_| folder)?;
    Some(joined(&source, below))
}

/// The rest of `path` below `folder`, empty for the folder itself.
pub(super) fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    let folder = folder.trim_end_matches('/');
    let rest = path.strip_prefix(folder)?;
    match rest {
        "" => Some(rest),
        rest => rest.strip_prefix('/'),
    }
}

/// A copy out of the folder of the Dockerfile.
pub(super) fn of_context(copy: &Copy, source: &str, wish: &Wish<'_>, context: &dyn Context) -> Answer {
    let path = wish.path;
    if copy.heredoc {
        return match lands(copy, source, wish) {
            Some(_) => made(format!("it is written out from line {} of the Dockerfile on", copy.line)),
            None => Answer::No,
        };
    }
    if !copy.varying.is_empty() && lands(copy, source, wish).is_some() {
        return made(differs(copy));
    }
    if copy.parents {
        return with_parents(copy, source, path);
    }
    let sources = matches(source, context);
    for relative in sources.iter().rev() {
        let found = match context.kind(relative) {
            Some(Kind::Dir) => below(&copy.to, path)
                .filter(|rest| !copy.exclude.leave_out(rest))
                .map(|rest| joined("/", &format!("{relative}/{rest}"))),
            Some(Kind::File(_)) if copy.is_add && is_archive(relative) && below(&copy.to, path).is_some() => {
                return made(format!("line {} of the Dockerfile unpacks `{relative}`", copy.line));
            }
            Some(Kind::File(_)) => of_file(copy, relative, path).then(|| joined("/", relative)),
            _ => None,
        };
        let found = found.map(|found| found.trim_start_matches('/').to_owned());
        match found.as_deref().map(|found| (found, context.kind(found))) {
            Some((found, Some(Kind::Dir))) => {
                return Answer::Is(Provenance::Local { path: found.to_owned(), folder: true });
            }
            Some((found, Some(Kind::File(_)))) => {
                return Answer::Is(Provenance::Local { path: found.to_owned(), folder: false });
            }
            _ => {}
        }
    }
    let is_there = sources.iter().any(|source| context.kind(source).is_some());
    match lands(copy, source, wish) {
        Some(_) if !is_there && (!is_pattern(source) || of_pattern(copy, source, path)) => {
            let left_out = sources.iter().any(|source| context.leaves_out(source));
            let why = if left_out { "`.dockerignore` leaves out" } else { "is not in the folder" };
            let source = words::shortened(source);
            made(format!("line {} of the Dockerfile copies `{source}`, which {why}", copy.line))
        }
        _ => Answer::No,
    }
}

/// Whether a pattern that finds nothing would bring a path.
fn of_pattern(copy: &Copy, source: &str, path: &str) -> bool {
    let pattern = Pattern::of_path(source.rsplit('/').next().unwrap_or_default());
    let name = path.rsplit('/').next().unwrap_or_default();
    joined(&copy.to, name) == path && pattern.fits(name) || copy.to == path
}

/// A copy whose sources keep their paths: it brings what is near its source's path in the destination.
fn with_parents(copy: &Copy, source: &str, path: &str) -> Answer {
    let kept = source.rsplit_once("/./").map_or(source, |(_, kept)| kept);
    let plain: Vec<&str> = kept.split('/').take_while(|part| !is_pattern(part)).collect();
    let lands = joined(&copy.to, plain.join("/").trim_start_matches('/'));
    match below(&lands, path).or(below(path, &lands)) {
        Some(_) => {
            made(format!("line {} of the Dockerfile copies it with `--parents`, which is not followed", copy.line))
        }
        None => Answer::No,
    }
}

/// What `ADD` unpacks.
pub(super) fn is_archive(name: &str) -> bool {
    [".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"].iter().any(|ending| name.ends_with(ending))
}

/// Whether a file becomes `path`: under its own name in a folder, or as the destination itself.
fn of_file(copy: &Copy, relative: &str, path: &str) -> bool {
    let name = relative.rsplit('/').next().unwrap_or_default();
    let to_folder = joined(&copy.to, name) == path;
    // Without a `/` at its end, the destination may yet be a folder that is there.
    to_folder || !copy.into_folder && copy.to == path
}
