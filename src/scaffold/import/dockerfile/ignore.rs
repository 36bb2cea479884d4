//! What `docker build` is sent: the folder without what `.dockerignore` names.

use std::fmt;

use super::copies::Context;
use super::pattern::Patterns;
use super::rest::some;
use super::{Dockerfile, Rest, Steps};
use crate::domain::ImagePath;
use crate::scaffold::import::Provenance;
use crate::sys::fs::Kind;

/// How many files of folders are looked at for what is left out of them, and how deep.
const MAX_SEEN: usize = 20_000;
const MAX_DEPTH: usize = 64;

/// A folder, and what is left out of it.
pub struct Sent<'a> {
    all: &'a dyn Context,
    left_out: Patterns,
    /// Lines that are more than is read.
    pub unread: Vec<usize>,
    steps: Steps,
}

impl fmt::Debug for Sent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").field("left_out", &self.left_out).finish_non_exhaustive()
    }
}

impl<'a> Sent<'a> {
    /// A folder with the text of its `.dockerignore`.
    #[must_use]
    pub fn new(all: &'a dyn Context, ignored: &str) -> Self {
        let ignored = ignored.strip_prefix('\u{feff}').unwrap_or(ignored);
        let lines = ignored.lines().enumerate().map(|(index, line)| (index + 1, line));
        let (left_out, unread) = Patterns::read(lines.filter(|(_, line)| !line.starts_with('#')));
        Sent { all, left_out, unread, steps: Steps::default() }
    }

    /// Where a path of the image comes from that the folder's Dockerfile makes.
    #[must_use]
    pub fn place(&self, dockerfile: &Dockerfile, path: &ImagePath) -> Provenance {
        dockerfile.place_within(path, self, &self.steps)
    }

    /// What else the image holds that the folder's Dockerfile makes, beside `named`.
    #[must_use]
    pub fn rest(&self, dockerfile: &Dockerfile, named: &[ImagePath]) -> Rest {
        dockerfile.rest(named, self, &self.steps)
    }

    /// Whether nothing is left out.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.left_out.is_empty()
    }

    /// Whether the patterns took more work than is done, so that some were not looked at.
    #[must_use]
    pub fn is_too_much(&self) -> bool {
        self.left_out.is_too_much()
    }

    /// The folder with everything in it.
    #[must_use]
    pub fn all(&self) -> &dyn Context {
        self.all
    }
}

impl Context for Sent<'_> {
    fn kind(&self, path: &str) -> Option<Kind> {
        let kind = self.all.kind(path)?;
        if path.is_empty() || !self.leaves_out(path) {
            return Some(kind);
        }
        (matches!(kind, Kind::Dir) && self.left_out.take_below(path)).then_some(kind)
    }

    fn names(&self, path: &str) -> Vec<String> {
        let mut names = self.all.names(path);
        let whole = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        names.retain(|name| !self.leaves_out(&whole(name)) || self.kind(&whole(name)).is_some());
        names
    }

    fn leaves_out(&self, path: &str) -> bool {
        !self.left_out.is_empty() && self.left_out.leave_out(path)
    }
}

impl Rest {
    /// What is left out of folders that are taken whole, by `.dockerignore` or `--exclude`.
    #[must_use]
    pub fn left_out(&self, sent: &Sent<'_>) -> Vec<String> {
        let mut seen = 0;
        let mut told = |who: &str, folder: &str, is_out: &dyn Fn(&str) -> bool| {
            let mut found = Vec::new();
            walk(sent.all(), folder, is_out, 0, &mut seen, &mut found);
            (!found.is_empty()).then(|| format!("that {who} leaves out {}: `{folder}` is taken whole", some(&found)))
        };
        let mut all = Vec::new();
        for folder in self.folders.iter().filter(|_| !sent.is_whole()) {
            all.extend(told("`.dockerignore`", folder, &|path| sent.kind(path).is_none()));
        }
        for (line, folder, exclude) in &self.parts {
            let is_out = |path: &str| {
                path.get(folder.len()..).is_some_and(|path| exclude.leave_out(path.trim_start_matches('/')))
            };
            all.extend(told(&format!("line {line} of the Dockerfile"), folder, &is_out));
        }
        if seen > MAX_SEEN {
            let folders: Vec<String> = self.folders.iter().cloned().collect();
            all.push(format!("all that is left out of {}: there is too much to look at", some(&folders)));
        }
        all
    }
}

/// Collects the topmost paths below a folder that are out.
fn walk(
    all: &dyn Context,
    folder: &str,
    is_out: &dyn Fn(&str) -> bool,
    depth: usize,
    seen: &mut usize,
    found: &mut Vec<String>,
) {
    for name in all.names(folder) {
        *seen += 1;
        if *seen > MAX_SEEN || depth > MAX_DEPTH {
            return;
        }
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        match all.kind(&path) {
            None => {}
            Some(_) if is_out(&path) => found.push(path),
            Some(Kind::Dir) => walk(all, &path, is_out, depth + 1, seen, found),
            Some(_) => {}
        }
    }
}
