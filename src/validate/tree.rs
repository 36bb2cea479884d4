//! The files of one platform's image, as a value that rules ask for paths.

use std::collections::BTreeMap;

use crate::domain::Digest;
use crate::subject::path::normal;

/// How many links are followed on the way to a file, as Linux does (`path_resolution(7)`).
const MAX_LINKS: usize = 40;

/// How many bytes the paths of folders may have that are there because something lies in them. A path of two thousand
/// folders has four kilobytes, but theirs have four megabytes.
const MAX_IMPLIED: usize = 4 << 20;

/// The files of an image behind all its layers. Paths have no leading `/`, no `.`, no `..`, no empty parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTree {
    nodes: BTreeMap<String, Node>,
    /// The bytes of the paths of folders that nobody has listed.
    implied: usize,
}

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// The permission bits.
    pub mode: u32,
    /// The length of a file in bytes.
    pub size: u64,
    /// The place of its layer among those of the image, lowest first; none of a folder that no layer lists.
    pub layer: Option<usize>,
    /// The hash of a file's content, where it was read.
    pub digest: Option<Digest>,
}

/// The kinds of things at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// A regular file.
    File,
    /// A folder.
    Dir,
    /// A symbolic link to the text.
    Symlink(String),
    /// A device, a pipe, or a second name of a file that is not there.
    Special,
}

impl NodeKind {
    /// The kind as the object of a sentence.
    #[must_use]
    pub const fn noun(&self) -> &'static str {
        match self {
            NodeKind::File => "a file",
            NodeKind::Dir => "a folder",
            NodeKind::Symlink(_) => "a symbolic link",
            NodeKind::Special => "a device or pipe",
        }
    }
}

impl Node {
    /// A folder that is there because something lies in it.
    const IMPLIED: Node = Node { kind: NodeKind::Dir, mode: 0o755, size: 0, layer: None, digest: None };
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// Something that is no link.
    Found {
        /// Its path behind all links.
        path: String,
        /// What lies there.
        node: &'a Node,
        /// The first symbolic link that was followed.
        link: Option<String>,
    },
    /// Nothing.
    Absent,
    /// Symbolic links that lead to each other, or more of them than a system follows.
    Loop,
}

impl FileTree {
    /// Adds what lies at a path, and the folders above it. The root itself is always there.
    pub fn insert(&mut self, path: &str, node: Node) {
        let path = normal(path);
        if path.is_empty() {
            return;
        }
        for (end, _) in path.match_indices('/') {
            if !self.nodes.contains_key(&path[..end]) {
                self.implied = self.implied.saturating_add(end);
                // Whoever asks for one that is left out still finds it.
                if self.implied > MAX_IMPLIED {
                    break;
                }
                self.nodes.insert(path[..end].to_owned(), Node::IMPLIED);
            }
        }
        self.nodes.insert(path, node);
    }

    /// Takes away what lies at a path, and nothing below it.
    pub fn remove(&mut self, path: &str) {
        self.nodes.remove(&normal(path));
    }

    /// What lies at the very path, links not followed.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.at(&normal(path))
    }

    fn at(&self, path: &str) -> Option<&Node> {
        const IMPLIED: &Node = &Node::IMPLIED;
        let below = || {
            let start = format!("{path}/");
            self.nodes.range(start.clone()..).next().is_some_and(|(path, _)| path.starts_with(&start))
        };
        let full = self.implied > MAX_IMPLIED;
        self.nodes.get(path).or_else(|| (full && below()).then_some(IMPLIED))
    }

    /// Follows a path and its links, which stay inside the image.
    #[must_use]
    pub fn lookup(&self, path: &str) -> Lookup<'_> {
        const ROOT: &Node = &Node::IMPLIED;
        let mut left: Vec<String> = normal(path).split('/').rev().map(str::to_owned).collect();
        let (mut at, mut node, mut first_link, mut links) = (String::new(), ROOT, None, 0);
        while let Some(part) = left.pop() {
            if part.is_empty() || part == "." {
                continue;
            }
            if part == ".." {
                at.truncate(at.rfind('/').unwrap_or(0));
                node = if at.is_empty() { ROOT } else { self.at(&at).unwrap_or(ROOT) };
                continue;
            }
            let below = if at.is_empty() { part } else { format!("{at}/{part}") };
            let Some(found) = self.at(&below) else { return Lookup::Absent };
            let NodeKind::Symlink(target) = &found.kind else {
                (at, node) = (below, found);
                continue;
            };
            links += 1;
            if links > MAX_LINKS {
                return Lookup::Loop;
            }
            first_link.get_or_insert(below);
            if target.starts_with('/') {
                (at, node) = (String::new(), ROOT);
            }
            left.extend(target.split('/').rev().map(str::to_owned));
        }
        Lookup::Found { path: at, node, link: first_link }
    }

    /// Everything below a folder, sorted by path, links not followed.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = (&str, &Node)> {
        let folder = normal(folder);
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let rest = self.nodes.range(start.clone()..);
        rest.take_while(move |(path, _)| path.starts_with(&start)).map(|(path, node)| (path.as_str(), node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(kind: NodeKind) -> Node {
        Node { kind, mode: 0o644, size: 1, layer: Some(0), digest: None }
    }

    fn tree() -> FileTree {
        let mut tree = FileTree::default();
        tree.insert("/ui/index.html", node(NodeKind::File));
        tree.insert("ui-old/x", node(NodeKind::File));
        for (path, target) in
            [("bin", "usr/bin"), ("a", "b"), ("b", "/a"), ("up", "../../ui"), ("ui/gone", "nowhere"), ("c/d", "../ui")]
        {
            tree.insert(path, node(NodeKind::Symlink(target.to_owned())));
        }
        tree.insert("usr/bin/tool", node(NodeKind::File));
        tree
    }

    #[test]
    fn links_are_followed_and_stay_inside() {
        let tree = tree();
        let path = |path: &str| match tree.lookup(path) {
            Lookup::Found { path, link, .. } => (path, link.unwrap_or_default()),
            other => (format!("{other:?}"), String::new()),
        };
        for (asked, found, link) in [
            ("/ui/./index.html", "ui/index.html", ""),
            ("bin/tool", "usr/bin/tool", "bin"),
            ("up/index.html", "ui/index.html", "up"),
            ("c/d/index.html", "ui/index.html", "c/d"),
            ("", "", ""),
            ("a", "Loop", ""),
            ("a/x", "Loop", ""),
            ("ui/gone", "Absent", ""),
            ("ui/index.html/x", "Absent", ""),
        ] {
            assert_eq!(path(asked), (found.to_owned(), link.to_owned()), "{asked}");
        }
    }

    #[test]
    fn the_folders_of_long_paths_take_little_memory() {
        let mut tree = FileTree::default();
        let path = |number: usize| format!("{number}/{}file", "a/".repeat(2_000));
        (0..20).for_each(|number| tree.insert(&path(number), node(NodeKind::File)));
        let bytes: usize = tree.below("").map(|(path, _)| path.len()).sum();
        assert!(bytes <= MAX_IMPLIED + 20 * 4_100, "{bytes}");
        for number in 0..20 {
            assert!(matches!(tree.lookup(&path(number)), Lookup::Found { .. }), "{number}");
            assert_eq!(tree.get(&format!("{number}/a/a")).map(|node| &node.kind), Some(&NodeKind::Dir), "{number}");
        }
        assert_eq!(tree.lookup("0/a/b"), Lookup::Absent);
    }

    #[test]
    fn a_folder_lists_what_lies_below_it_only() {
        let tree = tree();
        assert_eq!(tree.below("/ui/").map(|(path, _)| path).collect::<Vec<_>>(), ["ui/gone", "ui/index.html"]);
        assert_eq!(tree.get("ui").map(|node| &node.kind), Some(&NodeKind::Dir));
        assert_eq!(tree.below("").count(), 14);
    }
}
