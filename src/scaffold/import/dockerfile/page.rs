//! A page that a stage builds with programs of Node.js: where, and with which commands.

use super::copies::{Answer, Context, Wish, lands, of_context};
use super::stages::{Stage, chain, find};
use super::words;
use crate::domain::ImagePath;
use crate::scaffold::import::Provenance;
use crate::sys::fs::Kind;

/// Programs that install packages and run scripts of a package.json.
const RUNNERS: [&str; 5] = ["npm", "npx", "yarn", "pnpm", "bun"];

/// Programs that may speak of those, and build nothing.
const INSTALLERS: [&str; 5] = ["apk", "apt", "apt-get", "corepack", "mkdir"];

/// Characters that mean more to a shell than themselves.
const SPECIAL: &str = "$`\"'\\|&;<>()*?[]{}#~!\n";

/// How a page is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The folder with its package.json, relative to the source.
    pub dir: String,
    /// The folder that comes out.
    pub source: String,
    /// The commands, in order.
    pub run: Vec<String>,
    /// The stage that runs them.
    pub stage: String,
    /// What else the stage does, which may count for the page: the line, and what stands there.
    pub skipped: Vec<(usize, String)>,
}

/// Finds out how the folder `root` of the last stage is built.
pub(super) fn page(stages: &[Stage], root: &ImagePath, context: &dyn Context) -> Option<Page> {
    let last = stages.len().checked_sub(1)?;
    let wish = Wish { path: root.as_str(), guess: false };
    let copies = chain(stages, last).into_iter().rev().flat_map(|stage| stage.copies.iter().rev());
    let (stage, built) = copies.filter(|copy| copy.varying.is_empty()).find_map(|copy| {
        let stage = find(&stages[..last], copy.from.as_deref()?)?;
        Some((stage, copy.sources.iter().find_map(|source| lands(copy, source, &wish))?))
    })?;
    let (folder, dir) = from_source(stages, stage, &built, context)?;
    let below = built.strip_prefix(&folder)?.trim_matches('/');
    let (run, mut skipped) = commands(stages, stage)?;
    skipped.extend(beside(stages, stage, &dir));
    skipped.sort();
    let is_package = matches!(context.kind(&joined(&dir, "package.json")), Some(Kind::File(_)));
    // The whole source is more than a page.
    let fits =
        is_package && !dir.is_empty() && stages[stage].workdir.trim_end_matches('/') == folder.trim_end_matches('/');
    fits.then(|| Page { source: joined(&dir, below), dir, run, stage: stages[stage].title(stage), skipped })
}

/// The nearest folder above a path of a stage that comes from the source, and where it lies there.
fn from_source(stages: &[Stage], stage: usize, path: &str, context: &dyn Context) -> Option<(String, String)> {
    let mut above = path;
    while let Some((folder, _)) = above.rsplit_once('/') {
        above = folder;
        let wish = Wish { path: if folder.is_empty() { "/" } else { folder }, guess: false };
        let copies = chain(stages, stage).into_iter().rev().flat_map(|stage| stage.copies.iter().rev());
        for copy in copies.filter(|copy| copy.from.is_none()) {
            for source in &copy.sources {
                if let Answer::Is(Provenance::Local { path, folder: true }) = of_context(copy, source, &wish, context) {
                    return Some((wish.path.to_owned(), path));
                }
            }
        }
        if folder.is_empty() {
            break;
        }
    }
    None
}

/// Lines, and what stands there.
type Skipped = Vec<(usize, String)>;

/// The commands of a stage that are those of Node.js, and the others; nothing if one of them needs a shell, or another
/// folder.
fn commands(stages: &[Stage], stage: usize) -> Option<(Vec<String>, Skipped)> {
    let (mut commands, mut skipped) = (Vec::new(), Vec::new());
    for run in chain(stages, stage).into_iter().flat_map(|stage| &stage.runs) {
        let mut elsewhere = false;
        for command in run.command.split("&&").map(str::trim).filter(|command| !command.is_empty()) {
            let words: Vec<&str> = command.split_whitespace().collect();
            if words.first().is_some_and(|word| RUNNERS.contains(word)) {
                match words.as_slice() {
                    // Where packages are kept concerns only the machine that builds the image.
                    [_, "set", "cache", ..] | [_, "config", "set", "cache", ..] => {}
                    [_, "set" | "config", ..] => skipped.push((run.line, told(command))),
                    _ if elsewhere || command.contains(|c| SPECIAL.contains(c)) => return None,
                    _ => commands.push(words.join(" ")),
                }
                continue;
            }
            let mut parts = command.split(|c: char| !c.is_alphanumeric());
            if !INSTALLERS.contains(words.first()?) && parts.any(|part| RUNNERS.contains(&part)) {
                return None;
            }
            elsewhere |= words.first() == Some(&"cd");
            skipped.push((run.line, told(command)));
        }
    }
    (!commands.is_empty()).then_some((commands, skipped))
}

/// What a stage sets, and copies from other places than the folder with the package.json.
fn beside(stages: &[Stage], stage: usize, dir: &str) -> Skipped {
    let mut found = Vec::new();
    for stage in chain(stages, stage) {
        let set = stage.settings.iter().filter(|(_, name, _)| name == "ENV");
        found.extend(set.map(|(line, name, text)| (*line, told(&format!("{name} {text}")))));
        found.extend(stage.args.iter().map(|(line, text)| (*line, told(&format!("ARG {text}")))));
        for copy in &stage.copies {
            let is_within = |source: &String| {
                let source = source.trim_start_matches("./").trim_start_matches('/');
                source.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if copy.from.is_some() || copy.heredoc || !copy.sources.iter().all(is_within) {
                found.push((copy.line, told(&format!("COPY {} {}", copy.sources.join(" "), copy.to))));
            }
        }
    }
    found
}

fn told(text: &str) -> String {
    format!("`{}`", words::shortened(text))
}

fn joined(folder: &str, below: &str) -> String {
    if folder.is_empty() { below.to_owned() } else { format!("{folder}/{below}") }
}
