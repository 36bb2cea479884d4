//! The file system that layers make together, looked up without unpacking anything: upper layers hide lower
//! ones, whiteouts remove, links are followed inside the root (`layer.md` of the image specification).
//!
//! Layers are walked only when a question needs them, from the top: a look-up says which layer it misses.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::entry::{Entry, EntryKind};
use super::limits::MAX_LINKS;
use super::path::{ancestors, normal};
use super::walk::Walked;

/// The layers of one platform, lowest first, as far as they were walked.
pub(super) struct Tree<'a> {
    /// The layers; none where one was not walked yet.
    pub layers: Vec<Option<Arc<Walked>>>,
    /// Whether a layer that was not walked may be passed over for a path.
    pub pass_over: &'a dyn Fn(usize, &str) -> bool,
}

/// What a look-up came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Here it is.
    Found(Spot),
    /// It is not there.
    Absent(Absence),
    /// This layer must be walked first.
    Unread(usize),
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// The path behind all links.
    pub path: String,
    /// The layer, counted from the lowest.
    pub layer: usize,
    /// What is there.
    pub entry: Entry,
    /// The symbolic links on the way.
    pub links: Vec<String>,
}

/// Why nothing is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// No layer has it, or an upper one removes it.
    Missing,
    /// A part of the path is no folder.
    NoFolder,
    /// Symbolic links lead in a circle, or through more of them than Linux follows.
    Loop,
}

impl Tree<'_> {
    /// Follows a path from the root, with all links.
    pub fn resolve(&self, path: &str) -> Answer {
        let mut left: VecDeque<String> = parts(path);
        let mut here = String::new();
        // The floors of the folders from the root to here.
        let root = self.root();
        let mut floors = vec![root];
        let mut links = Vec::new();
        let mut hops = 0;
        let mut last = None;
        while let Some(part) = left.pop_front() {
            if part == ".." {
                here = here.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned());
                floors.truncate(floors.len().saturating_sub(1).max(1));
                last = None;
                continue;
            }
            let next = if here.is_empty() { part } else { format!("{here}/{part}") };
            let floor = floors.last().copied().unwrap_or(root);
            let (layer, entry) = match self.entry(&next, floor) {
                Looked::Found(layer, entry) => (layer, entry),
                // A folder that only the paths of its content speak of.
                Looked::Implied => {
                    floors.push(self.covered(&next, floor));
                    here = next;
                    last = None;
                    continue;
                }
                Looked::Absent => return Answer::Absent(Absence::Missing),
                Looked::Unread(layer) => return Answer::Unread(layer),
            };
            match &entry.kind {
                EntryKind::Symlink(_) | EntryKind::HardLink(_) if hops == MAX_LINKS => {
                    return Answer::Absent(Absence::Loop);
                }
                EntryKind::Symlink(target) => {
                    hops += 1;
                    links.push(next);
                    if target.starts_with('/') {
                        here = String::new();
                        floors.truncate(1);
                    }
                    left = parts(target).into_iter().chain(left).collect();
                }
                EntryKind::HardLink(target) => {
                    hops += 1;
                    here = String::new();
                    floors.truncate(1);
                    left = parts(&normal(target)).into_iter().chain(left).collect();
                }
                EntryKind::Dir => {
                    floors.push(self.covered(&next, floor));
                    (here, last) = (next, Some((layer, entry)));
                }
                EntryKind::File | EntryKind::Special if left.is_empty() => {
                    return Answer::Found(Spot { path: next, layer, entry, links });
                }
                EntryKind::File | EntryKind::Special => return Answer::Absent(Absence::NoFolder),
            }
        }
        match last {
            Some((layer, entry)) => Answer::Found(Spot { path: here, layer, entry, links }),
            None => {
                let kind = EntryKind::Dir;
                let entry =
                    Entry { kind, mode: 0o755, size: 0, digest: None, looks: None, plain: None, stored_as: None };
                Answer::Found(Spot { path: here, layer: 0, entry, links })
            }
        }
    }

    /// The floor of the root: the lowest layer that it shows anything of.
    fn root(&self) -> usize {
        self.layers.iter().rposition(|layer| layer.as_ref().is_some_and(|layer| layer.opaque.contains(""))).unwrap_or(0)
    }

    /// The floor of a folder, which is that of the one above it, or a layer that covers it. Whoever goes from folder to
    /// folder takes it along: to ask every folder above each of them again takes hours for the longest paths.
    fn covered(&self, folder: &str, floor: usize) -> usize {
        let covers = |layer: &Option<Arc<Walked>>| layer.as_ref().is_some_and(|layer| layer.covers(folder));
        self.layers.iter().rposition(covers).unwrap_or(0).max(floor)
    }

    /// What the layers together have at a path whose folders are real ones; `floor` is that of its folder.
    fn entry(&self, path: &str, floor: usize) -> Looked {
        let mut implied = false;
        for (at, layer) in self.layers.iter().enumerate().skip(floor).rev() {
            let Some(layer) = layer else {
                if (self.pass_over)(at, path) {
                    continue;
                }
                return Looked::Unread(at);
            };
            if let Some(entry) = layer.entries.get(path) {
                // A folder that lay in a lower layer keeps its content, but an upper one says its mode.
                return if implied && entry.kind != EntryKind::Dir {
                    Looked::Implied
                } else {
                    Looked::Found(at, entry)
                };
            }
            implied |= layer.entries.has_below(path);
            if layer.gone.contains(path) {
                break;
            }
        }
        if implied { Looked::Implied } else { Looked::Absent }
    }

    /// Shows every path below a folder that the layers together have, folder by folder, each in the order of its
    /// names. All layers must have been walked.
    pub fn below(&self, folder: &str, see: &mut dyn FnMut(Spot)) {
        let layers: Vec<(usize, &Walked)> =
            self.layers.iter().enumerate().filter_map(|(at, layer)| Some((at, &**layer.as_ref()?))).collect();
        let folders: BTreeSet<&str> =
            layers.iter().flat_map(|(_, layer)| layer.entries.folders_below(folder)).collect();
        for folder in folders {
            if let Some(floor) = self.folder(folder) {
                let hidden = layers.partition_point(|(at, _)| *at < floor);
                in_folder(folder, &layers[hidden..], see);
            }
        }
    }

    /// The floor of a folder; none if an upper layer has put a file or link where it or a folder above it was.
    fn folder(&self, path: &str) -> Option<usize> {
        let itself = (!path.is_empty()).then_some(path);
        ancestors(path).chain(itself).try_fold(self.root(), |floor, folder| match self.entry(folder, floor) {
            Looked::Found(_, entry) if entry.kind != EntryKind::Dir => None,
            Looked::Found(..) | Looked::Implied => Some(self.covered(folder, floor)),
            Looked::Absent | Looked::Unread(_) => None,
        })
    }
}

/// Shows what some layers, the lowest first, have right in a folder.
fn in_folder(folder: &str, layers: &[(usize, &Walked)], see: &mut dyn FnMut(Spot)) {
    let holding: Vec<&(usize, &Walked)> =
        layers.iter().filter(|(_, layer)| layer.entries.names_in(folder).len() > 0).collect();
    let mut merged: Vec<&str> = Vec::new();
    if let [_, _, ..] = holding.as_slice() {
        merged = holding.iter().flat_map(|(_, layer)| layer.entries.names_in(folder)).collect();
        merged.sort_unstable();
        merged.dedup();
    }
    let single = holding.first().filter(|_| holding.len() == 1);
    let names = single.into_iter().flat_map(|(_, layer)| layer.entries.names_in(folder)).chain(merged);
    for name in names {
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let mut implied = false;
        for (at, layer) in layers.iter().rev() {
            if let Some(entry) = layer.entries.in_folder(folder, name) {
                // A folder that lay in a lower layer keeps its content, but an upper one says its mode.
                if !implied || entry.kind == EntryKind::Dir {
                    see(Spot { path, layer: *at, entry, links: Vec::new() });
                }
                break;
            }
            implied |= layer.entries.has_below(&path);
            if layer.gone.contains(&path) {
                break;
            }
        }
    }
}

/// What one path came to.
enum Looked {
    Found(usize, Entry),
    Implied,
    Absent,
    Unread(usize),
}

impl Walked {
    /// Whether the layer puts something in the place of a folder of lower layers.
    fn covers(&self, folder: &str) -> bool {
        self.gone.contains(folder)
            || self.opaque.contains(folder)
            || self.entries.is_folder(folder).is_some_and(|is_folder| !is_folder)
    }
}

fn parts(path: &str) -> VecDeque<String> {
    path.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
