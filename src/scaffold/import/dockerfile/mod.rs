//! Reads a Dockerfile as far as it says what an extension's image holds: labels, copied files, what is started.
//!
//! Lines, words and variables follow BuildKit (`frontend/dockerfile/{parser,shell}`), so that a label gets the value
//! that `docker build` gives it without arguments. Nothing is run, and what only a run could tell is told as such.

mod copies;
mod edit;
mod expand;
mod ignore;
mod lines;
mod page;
mod pattern;
mod rest;
mod runs;
mod stages;
mod words;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

pub use copies::Context;
pub use expand::is_of_platform;
pub use ignore::Sent;
pub use page::Page;
pub use rest::Rest;

use super::{Provenance, Start};
use crate::domain::ImagePath;
use stages::Stage;

/// A Dockerfile, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Dockerfile {
    stages: Vec<Stage>,
    /// What could not be understood, by line.
    pub broken: Vec<Broken>,
}

/// A line that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    /// The line.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// Whether Docker may read it all the same, and only this program does not.
    pub ours: bool,
}

impl Broken {
    fn new(line: usize, what: String) -> Self {
        Broken { line, what, ours: false }
    }
}

/// Why a line could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    what: String,
    ours: bool,
}

impl Refused {
    /// A limit of this program.
    fn ours(what: String) -> Self {
        Refused { what, ours: true }
    }
}

impl From<String> for Refused {
    fn from(what: String) -> Self {
        Refused { what, ours: false }
    }
}

impl From<&str> for Refused {
    fn from(what: &str) -> Self {
        what.to_owned().into()
    }
}

/// How far the copies of a Dockerfile may still be followed.
#[derive(Debug)]
pub struct Steps {
    left: Cell<usize>,
    /// What was found for the paths that were asked for.
    found: RefCell<BTreeMap<ImagePath, copies::Found>>,
}

impl Default for Steps {
    fn default() -> Self {
        Steps { left: Cell::new(copies::MAX_ALL_STEPS), found: RefCell::default() }
    }
}

/// The value of a label, and what is odd about how it came to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The value.
    pub value: String,
    /// Its line.
    pub line: usize,
    /// Lines of earlier values, which this one replaces.
    pub replaces: Vec<usize>,
    /// Variables without a value.
    pub unset: Vec<String>,
    /// Variables that differ from platform to platform.
    pub varying: Vec<String>,
}

impl Dockerfile {
    /// Reads the text.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (instructions, mut broken) = lines::instructions(text);
        let stages = stages::stages(&instructions, &mut broken);
        broken.sort();
        Dockerfile { stages, broken }
    }

    /// Whether there is a stage.
    #[must_use]
    pub fn has_stage(&self) -> bool {
        !self.stages.is_empty()
    }

    /// The labels of the last stage, and of the stages it is built on.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, Label> {
        let mut labels: BTreeMap<String, Label> = BTreeMap::new();
        for (name, mut label) in self.chain().flat_map(|stage| stage.labels.iter().cloned()) {
            if let Some(earlier) = labels.remove(&name) {
                label.replaces = earlier.replaces;
                label.replaces.push(earlier.line);
            }
            labels.insert(name, label);
        }
        labels
    }

    /// What a container of the image starts.
    #[must_use]
    pub fn start(&self) -> Start {
        self.chain().fold(Start::default(), |start, stage| start.then(&stage.start))
    }

    /// The image that the last stage is built on: `None` for `scratch`.
    #[must_use]
    pub fn base(&self) -> Option<&str> {
        self.chain().next().and_then(|stage| stage.image.as_deref()).filter(|image| *image != "scratch")
    }

    /// Where a path of the image comes from. `context` is what `docker build` is given.
    #[must_use]
    pub fn place(&self, path: &ImagePath, context: &dyn Context) -> Provenance {
        self.place_within(path, context, &Steps::default())
    }

    /// The same for one of many paths, all of which share the `steps`.
    #[must_use]
    pub fn place_within(&self, path: &ImagePath, context: &dyn Context, steps: &Steps) -> Provenance {
        self.found(path, context, steps).0
    }

    fn found(&self, path: &ImagePath, context: &dyn Context, steps: &Steps) -> copies::Found {
        if let Some(known) = steps.found.borrow().get(path) {
            return known.clone();
        }
        let found = copies::place(&self.stages, path, context, &steps.left);
        steps.found.borrow_mut().insert(path.clone(), found.clone());
        found
    }

    /// What the image holds beside the files that `named` leads to, and what else it does to these. The `steps` are
    /// those of [`Dockerfile::place_within`] for the same `context`.
    #[must_use]
    pub fn rest(&self, named: &[ImagePath], context: &dyn Context, steps: &Steps) -> Rest {
        rest::rest(&self.stages, named, context, &|path| self.found(path, context, steps))
    }

    /// Whether anything in it sets modes, so that those of the source tell nothing.
    #[must_use]
    pub fn sets_modes(&self) -> bool {
        self.stages.iter().any(|stage| {
            let runs = stage.runs.iter().any(|run| run.command.contains("chmod"));
            runs || stage.copies.iter().any(|copy| copy.chmod)
        })
    }

    /// How the folder of the page is built, if a stage does it with programs of Node.js in a folder of `context`.
    #[must_use]
    pub fn page(&self, root: &ImagePath, context: &dyn Context) -> Option<Page> {
        page::page(&self.stages, root, context)
    }

    /// The stages from the one on an image of a registry to the last one.
    fn chain(&self) -> impl Iterator<Item = &Stage> {
        stages::chain(&self.stages, self.stages.len().wrapping_sub(1)).into_iter()
    }
}

#[cfg(test)]
mod tests;
