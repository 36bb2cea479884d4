//! A page that a stage builds with programs of Node.js: where, and with which commands.

use super::copies::{Answer, Context, Wish, lands, of_context};
use super::stages::{Stage, chain, find};
use crate::domain::ImagePath;
use crate::scaffold::import::Provenance;
use crate::sys::fs::Kind;

/// Programs that install packages and run scripts of a package.json.
const RUNNERS: [&str; 5] = ["npm", "npx", "yarn", "pnpm", "bun"];

/// What only concerns the machine that builds the image.
const SETTINGS: [&str; 2] = ["set", "config"];

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
    let run = commands(stages, stage)?;
    let is_package = matches!(context.kind(&joined(&dir, "package.json")), Some(Kind::File(_)));
    // The whole source is more than a page.
    let fits =
        is_package && !dir.is_empty() && stages[stage].workdir.trim_end_matches('/') == folder.trim_end_matches('/');
    fits.then(|| Page { source: joined(&dir, below), dir, run, stage: stages[stage].title(stage) })
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

/// The commands of a stage that are those of Node.js; nothing if one of them needs a shell.
fn commands(stages: &[Stage], stage: usize) -> Option<Vec<String>> {
    let mut commands = Vec::new();
    let runs = chain(stages, stage).into_iter().flat_map(|stage| &stage.runs);
    for command in runs.flat_map(|(_, line)| line.split("&&")) {
        let mut words = command.split_whitespace();
        let is_runner = words.next().is_some_and(|word| RUNNERS.contains(&word));
        if !is_runner || words.next().is_some_and(|word| SETTINGS.contains(&word)) {
            continue;
        }
        if command.contains(|c| SPECIAL.contains(c)) {
            return None;
        }
        commands.push(command.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    (!commands.is_empty()).then_some(commands)
}

fn joined(folder: &str, below: &str) -> String {
    if folder.is_empty() { below.to_owned() } else { format!("{folder}/{below}") }
}
