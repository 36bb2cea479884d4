//! What is known of files that are too many to remember one by one.

use crate::domain::Digest;

use super::tree::{Node, NodeKind};

/// What many files and folders have together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rest {
    /// How many regular files there are.
    pub files: u64,
    /// Their lengths in bytes.
    pub bytes: u64,
    /// How many symbolic links there are.
    pub links: u64,
    /// The first of them, and the place of its layer.
    pub first_link: Option<(String, Option<usize>)>,
    /// The first folder called `node_modules`.
    pub modules: Option<String>,
    /// A hash of the paths and contents of the files, in the order in which they came.
    pub content: Option<Digest>,
}

impl Rest {
    /// Adds what lies at a path.
    pub fn add(&mut self, path: &str, node: &Node) {
        match node.kind {
            NodeKind::File => {
                self.files += 1;
                self.bytes = self.bytes.saturating_add(node.size);
                let texts = [self.content, node.digest].map(|digest| digest.map_or_else(String::new, |it| it.hex()));
                self.content = Some(Digest::of(format!("{} {} {path}", texts[0], texts[1]).as_bytes()));
            }
            NodeKind::Symlink(_) => {
                self.links += 1;
                self.first_link.get_or_insert_with(|| (path.to_owned(), node.layer));
            }
            NodeKind::Dir if self.modules.is_none() && path.ends_with("/node_modules") => {
                self.modules = Some(path.to_owned());
            }
            NodeKind::Dir | NodeKind::Special => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(files: &[(&str, &[u8])]) -> Rest {
        let mut rest = Rest::default();
        for (path, content) in files {
            let digest = Some(Digest::of(content));
            let size = content.len() as u64;
            rest.add(path, &Node { kind: NodeKind::File, mode: 0o644, size, layer: Some(1), digest });
        }
        rest
    }

    #[test]
    fn the_hash_tells_other_paths_and_contents() {
        let same = rest(&[("ui/a", b"1"), ("ui/b", b"2")]);
        assert_eq!((same.files, same.bytes), (2, 2));
        assert_eq!(same, rest(&[("ui/a", b"1"), ("ui/b", b"2")]));
        for other in
            [&[("ui/a", b"1"), ("ui/c", b"2")], &[("ui/a", b"1"), ("ui/b", b"3")], &[("ui/a", b"2"), ("ui/b", b"1")]]
        {
            let other: Vec<(&str, &[u8])> = other.iter().map(|(path, content)| (*path, content.as_slice())).collect();
            assert_ne!(same.content, rest(&other).content);
        }
    }

    #[test]
    fn links_and_folders_of_packages_are_noted() {
        let mut rest = Rest::default();
        let node = |kind| Node { kind, mode: 0o777, size: 9, layer: Some(2), digest: None };
        rest.add("ui/node_modules", &node(NodeKind::Dir));
        rest.add("ui/x/node_modules", &node(NodeKind::Dir));
        rest.add("ui/b", &node(NodeKind::Symlink("a".to_owned())));
        rest.add("ui/c", &node(NodeKind::Symlink("a".to_owned())));
        assert_eq!((rest.links, rest.first_link), (2, Some(("ui/b".to_owned(), Some(2)))));
        assert_eq!((rest.modules.as_deref(), rest.bytes, rest.content), (Some("ui/node_modules"), 0, None));
    }
}
