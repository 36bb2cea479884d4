//! What a layer says of one path, and what is asked of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::tape::Kind;
use crate::build::inspect::Facts;
use crate::domain::Digest;

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Dir,
    /// A symbolic link to the text.
    Symlink(String),
    /// A second name of a file that is not in the same layer.
    HardLink(String),
    /// A device or pipe.
    Special,
}

/// An entry of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// The permission bits.
    pub mode: u32,
    /// The length of a file in bytes.
    pub size: u64,
    /// The hash of a file's content; none of a file with holes.
    pub digest: Option<Digest>,
    /// What a file is, where it was looked at.
    pub looks: Option<Arc<Looks>>,
    /// What a file looks like that is neither program nor script, and was not looked at further.
    pub plain: Option<&'static str>,
    /// The first name of this file, if this is another one.
    pub(super) stored_as: Option<String>,
}

impl Entry {
    pub(super) fn new(kind: Kind, mode: u32, size: u64) -> Self {
        let kind = match kind {
            Kind::File => EntryKind::File,
            Kind::Dir => EntryKind::Dir,
            Kind::Symlink => EntryKind::Symlink(String::new()),
            Kind::HardLink => EntryKind::HardLink(String::new()),
            Kind::Special => EntryKind::Special,
        };
        Entry { kind, mode, size, digest: None, looks: None, plain: None, stored_as: None }
    }
}

/// What a look into a file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looks {
    /// Its content, if it is not too large.
    pub content: Option<Vec<u8>>,
    /// What its headers say, or why they say nothing.
    pub facts: Result<Facts, String>,
    /// What a [`Glance`] saw in it.
    pub seen: u8,
}

impl Looks {
    /// Bytes of memory that it takes, more or less.
    pub(super) fn weight(&self) -> u64 {
        const FACTS: u64 = 1_000;
        let names = self.facts.as_ref().map_or_else(String::len, Facts::names);
        FACTS + names as u64 + self.content.as_ref().map_or(0, |content| content.len() as u64)
    }
}

/// A look into texts while they stream by, for those who read an image for more than its programs.
#[derive(Debug, Clone, Copy)]
pub struct Glance {
    /// Whether a file is looked into, by its path.
    pub wants: fn(&str) -> bool,
    /// The largest file that is looked into, in bytes.
    pub limit: u64,
    /// What is in a text or in a piece of it, one bit each; 0 is nothing.
    pub look: fn(&[u8]) -> u8,
    /// The most bytes of which something that it sees consists: by so many the pieces of a text overlap.
    pub span: usize,
}

impl Glance {
    pub(super) fn takes(&self, path: &str, size: u64) -> bool {
        size <= self.limit && (self.wants)(path)
    }
}

/// What is strange about an entry of a layer, but does not stop reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remark {
    /// The path begins with `/`, which engines drop.
    Absolute,
    /// The path has a `..`; engines refuse the layer.
    Leaves,
    /// The path is no UTF-8.
    NotUnicode,
    /// It is a device or a pipe.
    Special,
    /// It is a file with holes, which is not looked into.
    Sparse,
    /// The path was there before in the same layer; the last one counts.
    Twice,
    /// It is a second name of a file that this layer does not have.
    LinkOutside,
}

/// Strange entries: how often each kind occurs, and the first path of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remarks(Vec<(Remark, String, u64)>);

impl Remarks {
    pub(super) fn add(&mut self, remark: Remark, path: &str) {
        match self.0.iter_mut().find(|(kind, ..)| *kind == remark) {
            Some((.., count)) => *count += 1,
            None => self.0.push((remark, path.chars().take(200).collect(), 1)),
        }
    }

    /// Each kind with the first path it was found at, and how often it occurs.
    pub fn iter(&self) -> impl Iterator<Item = (Remark, &str, u64)> {
        self.0.iter().map(|(remark, path, count)| (*remark, path.as_str(), *count))
    }
}

/// The files that a walk shall look into; it looks into programs and small documents by itself, because they
/// may be asked for next.
#[derive(Debug, Clone, Default)]
pub struct Wish(BTreeSet<String>);

impl Wish {
    pub(super) fn of<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        Wish(paths.into_iter().map(super::path::normal).collect())
    }

    pub(super) fn wants(&self, path: &str) -> bool {
        self.0.contains(path)
    }

    pub(super) fn add(&mut self, path: &str) {
        self.0.insert(path.to_owned());
    }
}
