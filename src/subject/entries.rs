//! What a layer holds, by path. A layer may have some hundred thousand files, so what is the same for many is kept
//! once: the path of a folder, the words for what files look like. What few have is kept aside.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::entry::{Entry, EntryKind, Looks};
use crate::domain::Digest;

/// Bytes of memory for a row, for a folder without its path, and for what is kept aside of an entry, more or less.
const ROW: u64 = size_of::<Row>() as u64;
const FOLDER: u64 = 120;
const ASIDE: u64 = 80;

/// How deep a folder may lie as it does in any image, and how many bytes it counts for each step below that: to look
/// at what it holds takes a look at every folder above it.
const DEEP: usize = 32;
const STEP: u64 = 64;

/// The kinds of entries, without the texts of links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    File,
    Dir,
    Symlink,
    HardLink,
    Special,
}

/// An entry in its folder.
#[derive(Debug, Clone)]
struct Row {
    /// Where its name begins among all names. No two rows share one, so it also says which came later.
    name_at: u32,
    name_len: u16,
    /// Where what a link points at lies among the names; of a second name of a file, the first one.
    text_at: u32,
    text_len: u16,
    /// The number of its folder.
    folder: u32,
    size: u64,
    digest: Option<Digest>,
    mode: u16,
    what: What,
    /// The number of what it looks like, counted from 1; 0 is nothing.
    plain: u8,
}

/// The entries of a layer by their paths, without a leading `/`.
#[derive(Debug, Default)]
pub struct Entries {
    /// The paths of the folders that entries lie in, sorted, each with the rows of what lies right in it.
    folders: Vec<(Box<str>, Range<usize>)>,
    /// By folder, then by name.
    rows: Vec<Row>,
    names: String,
    asides: Asides,
}

/// What few entries have, by where their names begin.
#[derive(Debug, Default)]
struct Asides {
    plains: Vec<&'static str>,
    looks: BTreeMap<u32, Arc<Looks>>,
}

impl Entries {
    /// What is at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Entry> {
        Some(self.entry(self.row(path)?))
    }

    /// Whether a folder is at a path; nothing where nothing is.
    pub(super) fn is_folder(&self, path: &str) -> Option<bool> {
        Some(self.row(path)?.what == What::Dir)
    }

    /// Whether anything lies below a path.
    pub(super) fn has_below(&self, folder: &str) -> bool {
        self.folders_below(folder).next().is_some()
    }

    /// A folder and those below it that something lies in, sorted.
    pub(super) fn folders_below(&self, folder: &str) -> impl Iterator<Item = &str> {
        let own = self.folder(folder).map(|(path, _)| &**path).filter(|_| !folder.is_empty());
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let first = self.folders.partition_point(|(path, _)| **path < *start);
        let below = self.folders[first..].iter().map(|(path, _)| &**path);
        own.into_iter().chain(below.take_while(move |path| path.starts_with(&start)))
    }

    /// The names of what lies right in a folder, sorted.
    pub(super) fn names_in(&self, folder: &str) -> impl ExactSizeIterator<Item = &str> {
        self.rows_in(folder).iter().map(|row| self.name(row))
    }

    /// What has a name in a folder.
    pub(super) fn in_folder(&self, folder: &str, name: &str) -> Option<Entry> {
        Some(self.entry(self.row_in(folder, name)?))
    }

    /// Every path with what is there: by folder, then by name.
    pub fn iter(&self) -> impl Iterator<Item = (String, Entry)> {
        self.folders.iter().flat_map(|(folder, rows)| {
            self.rows[rows.clone()].iter().map(|row| (joined(folder, self.name(row)), self.entry(row)))
        })
    }

    /// Gives every second name of a file what the first one has, and says which ones have no first.
    pub(super) fn join_hard_links(&mut self, max_links: usize) -> Vec<String> {
        let links = (0..self.rows.len()).filter(|at| self.rows[*at].what == What::HardLink);
        let found: Vec<(usize, Option<usize>)> = links.map(|at| (at, self.first_name(at, max_links))).collect();
        let mut alone = Vec::new();
        // Many second names may have the same first one, whose path may be long.
        let mut texts: BTreeMap<usize, (u32, u16)> = BTreeMap::new();
        // A first name is no link, so the order of joining does not matter.
        for (at, first) in found {
            let key = self.rows[at].name_at;
            let Some(first) = first else {
                let (folder, _) = &self.folders[self.rows[at].folder as usize];
                alone.push(joined(folder, self.name(&self.rows[at])));
                continue;
            };
            let Row { size, digest, mode, what, plain, folder, .. } = self.rows[first];
            let (text_at, text_len) = *texts.entry(first).or_insert_with(|| {
                let path = joined(&self.folders[folder as usize].0, name(&self.names, &self.rows[first]));
                let text_at = index(self.names.len());
                self.names += &path;
                (text_at, length(&path))
            });
            let looks = self.asides.looks.get(&self.rows[first].name_at).cloned();
            self.asides.looks.extend(looks.map(|looks| (key, looks)));
            let Row { name_at, name_len, folder, .. } = self.rows[at];
            self.rows[at] = Row { name_at, name_len, text_at, text_len, folder, size, digest, mode, what, plain };
        }
        alone
    }

    /// The row of the file that a hard link leads to.
    fn first_name(&self, link: usize, max_links: usize) -> Option<usize> {
        let mut at = link;
        for _ in 0..max_links {
            let target = self.text(&self.rows[at])?;
            at = self.position(&super::path::normal(target))?;
            match self.rows[at].what {
                What::File => return Some(at),
                What::HardLink => {}
                What::Dir | What::Symlink | What::Special => return None,
            }
        }
        None
    }

    fn folder(&self, path: &str) -> Option<&(Box<str>, Range<usize>)> {
        let at = self.folders.binary_search_by(|(folder, _)| (**folder).cmp(path)).ok()?;
        Some(&self.folders[at])
    }

    fn rows_in(&self, folder: &str) -> &[Row] {
        self.folder(folder).map_or(&[], |(_, rows)| &self.rows[rows.clone()])
    }

    fn row_in(&self, folder: &str, name: &str) -> Option<&Row> {
        let rows = self.rows_in(folder);
        Some(&rows[rows.binary_search_by(|row| self.name(row).cmp(name)).ok()?])
    }

    fn row(&self, path: &str) -> Option<&Row> {
        let (folder, name) = split(path);
        self.row_in(folder, name)
    }

    fn position(&self, path: &str) -> Option<usize> {
        let (folder, name) = split(path);
        let (_, rows) = self.folder(folder)?;
        let at = self.rows[rows.clone()].binary_search_by(|row| self.name(row).cmp(name)).ok()?;
        Some(rows.start + at)
    }

    fn name(&self, row: &Row) -> &str {
        name(&self.names, row)
    }

    /// What a link points at, or the first name of a file.
    fn text(&self, row: &Row) -> Option<&str> {
        let start = row.text_at as usize;
        (row.text_len > 0).then(|| &self.names[start..start + usize::from(row.text_len)])
    }

    fn entry(&self, row: &Row) -> Entry {
        let text = || self.text(row).unwrap_or_default().to_owned();
        let kind = match row.what {
            What::File => EntryKind::File,
            What::Dir => EntryKind::Dir,
            What::Symlink => EntryKind::Symlink(text()),
            What::HardLink => EntryKind::HardLink(text()),
            What::Special => EntryKind::Special,
        };
        let stored_as = (row.what == What::File).then(|| self.text(row)).flatten();
        Entry {
            kind,
            mode: row.mode.into(),
            size: row.size,
            digest: row.digest,
            looks: self.asides.looks.get(&row.name_at).cloned(),
            plain: usize::from(row.plain).checked_sub(1).and_then(|at| self.asides.plains.get(at).copied()),
            stored_as: stored_as.map(str::to_owned),
        }
    }
}

/// Takes entries in the order of a tar.
#[derive(Debug, Default)]
pub(super) struct Collected {
    folders: HashMap<Box<str>, u32>,
    /// The folder of the last entry: that of the next one, mostly.
    last: (String, u32),
    rows: Vec<Row>,
    names: String,
    asides: Asides,
}

impl Collected {
    /// Adds an entry, and says how many bytes of memory it takes, more or less. What comes later at the same path
    /// counts. The path must not be empty.
    pub fn add(&mut self, path: &str, entry: Entry) -> u64 {
        let (folder, name) = split(path);
        let mut weight = ROW + name.len() as u64;
        let known = (!self.rows.is_empty() && self.last.0 == folder)
            .then_some(self.last.1)
            .or_else(|| self.folders.get(folder).copied());
        let number = known.unwrap_or_else(|| {
            let steps = folder.bytes().filter(|byte| *byte == b'/').count().saturating_sub(DEEP);
            weight += FOLDER + folder.len() as u64 + STEP * steps as u64;
            let number = index(self.folders.len());
            self.folders.insert(folder.into(), number);
            number
        });
        if self.last.1 != number || self.rows.is_empty() {
            self.last = (folder.to_owned(), number);
        }
        let (name_at, name_len) = (index(self.names.len()), length(name));
        self.names += name;
        let Entry { kind, mode, size, digest, looks, plain, stored_as } = entry;
        let (what, text) = match kind {
            EntryKind::File => (What::File, stored_as),
            EntryKind::Dir => (What::Dir, None),
            EntryKind::Symlink(target) => (What::Symlink, Some(target)),
            EntryKind::HardLink(target) => (What::HardLink, Some(target)),
            EntryKind::Special => (What::Special, None),
        };
        let text = text.unwrap_or_default();
        let (text_at, text_len) = (index(self.names.len()), length(&text));
        self.names += &text;
        weight += text.len() as u64;
        if let Some(looks) = looks {
            weight += ASIDE + looks.weight();
            self.asides.looks.insert(name_at, looks);
        }
        let plain = plain.map_or(0, |plain| self.plain(plain));
        // Headers have no more than twelve bits for it.
        let mode = u16::try_from(mode).unwrap_or(0);
        self.rows.push(Row { name_at, name_len, text_at, text_len, folder: number, size, digest, mode, what, plain });
        weight
    }

    /// The number of a word for what files look like. There are some dozens of them.
    fn plain(&mut self, plain: &'static str) -> u8 {
        let plains = &mut self.asides.plains;
        let at = plains.iter().position(|known| *known == plain).unwrap_or_else(|| {
            plains.push(plain);
            plains.len() - 1
        });
        u8::try_from(at + 1).unwrap_or(0)
    }

    /// Sorts the entries. `twice` is told the paths that came more than once, unless as a folder each time.
    pub fn finish(self, mut twice: impl FnMut(&str)) -> Entries {
        let Collected { folders, mut rows, names, asides, .. } = self;
        let mut folders: Vec<(Box<str>, u32)> = folders.into_iter().collect();
        folders.sort_unstable();
        let mut ranks = vec![0; folders.len()];
        for (rank, (_, number)) in folders.iter().enumerate() {
            ranks[*number as usize] = index(rank);
        }
        rows.iter_mut().for_each(|row| row.folder = ranks[row.folder as usize]);
        drop(ranks);
        let place = |row: &Row| (row.folder, name(&names, row));
        rows.sort_unstable_by(|a, b| place(a).cmp(&place(b)).then(a.name_at.cmp(&b.name_at)));
        rows.dedup_by(|later, kept| {
            if place(later) != place(kept) {
                return false;
            }
            if later.what != What::Dir || kept.what != What::Dir {
                twice(&joined(&folders[kept.folder as usize].0, name(&names, kept)));
            }
            *kept = later.clone();
            true
        });
        let mut start = 0;
        let folders = folders.into_iter().enumerate().map(|(rank, (path, _))| {
            let end = start + rows[start..].partition_point(|row| row.folder as usize <= rank);
            let range = start..end;
            start = end;
            (path, range)
        });
        let folders = folders.collect();
        Entries { folders, rows, names, asides }
    }
}

/// The folder and the name of a path; the root is an empty text.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn name<'a>(names: &'a str, row: &Row) -> &'a str {
    let start = row.name_at as usize;
    &names[start..start + usize::from(row.name_len)]
}

/// The length of a path or of what a link points at, in bytes. In Unicode it may be three times that of the tar.
fn length(text: &str) -> u16 {
    u16::try_from(text.len()).expect("a walk ends at a path or link of more than 4 KiB")
}

/// A number that the limits of a layer keep far below four thousand millions.
fn index(number: usize) -> u32 {
    u32::try_from(number).expect("a walk ends before its names take 4 GiB")
}

#[cfg(test)]
mod tests;
