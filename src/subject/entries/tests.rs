//! Entries by their paths.

use super::*;

fn file(size: u64) -> Entry {
    Entry { kind: EntryKind::File, mode: 0o644, size, digest: None, looks: None, plain: Some("text"), stored_as: None }
}

fn link(kind: fn(String) -> EntryKind, target: &str) -> Entry {
    Entry { kind: kind(target.to_owned()), ..file(0) }
}

fn collected(entries: impl IntoIterator<Item = (&'static str, Entry)>) -> (Entries, Vec<String>) {
    let mut collected = Collected::default();
    entries.into_iter().for_each(|(path, entry)| {
        collected.add(path, entry);
    });
    let mut twice = Vec::new();
    let entries = collected.finish(|path| twice.push(path.to_owned()));
    (entries, twice)
}

#[test]
fn everything_is_found_again_by_its_path() {
    let all = [("a/b/c", 1), ("a-b/c", 2), ("a/b", 3), ("z", 4), ("a/b.c/d", 5), ("a/b/a", 6), ("é/ü", 7)];
    let (entries, twice) = collected(all.map(|(path, size)| (path, file(size))));
    for (path, size) in all {
        let found = entries.get(path).expect(path);
        assert_eq!((found.size, found.plain, found.mode), (size, Some("text"), 0o644), "{path}");
    }
    for path in ["", "a", "a/", "a/b/", "a/b/b", "b", "zz"] {
        assert_eq!(entries.get(path), None, "{path}");
    }
    assert_eq!(twice, [""; 0]);
    let paths: Vec<String> = entries.iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["z", "a/b", "a-b/c", "a/b/a", "a/b/c", "a/b.c/d", "é/ü"]);
}

#[test]
fn folders_know_what_is_below_them() {
    let (entries, _) = collected(["a/b/c", "a-b/c", "a/b.c/d", "a.txt", "x/y/z/w"].map(|path| (path, file(0))));
    let below = |folder: &str| entries.folders_below(folder).collect::<Vec<_>>().join(" ");
    for (folder, found) in [
        ("", " a-b a/b a/b.c x/y/z"),
        ("a", "a/b a/b.c"),
        ("a/b", "a/b"),
        ("x", "x/y/z"),
        ("x/y/z", "x/y/z"),
        ("x/y/z/w", ""),
        ("a.txt", ""),
    ] {
        assert_eq!(below(folder), found, "{folder}");
        assert_eq!(entries.has_below(folder), !found.is_empty(), "{folder}");
    }
    assert_eq!(entries.names_in("a/b").collect::<Vec<_>>(), ["c"]);
    assert_eq!(entries.names_in("a").len(), 0);
}

#[test]
fn the_last_of_a_path_counts() {
    let dir = || Entry { kind: EntryKind::Dir, ..file(0) };
    let (entries, twice) =
        collected([("a", file(1)), ("d", dir()), ("b", file(9)), ("a", file(2)), ("d", dir()), ("a", file(3))]);
    assert_eq!((entries.get("a").map(|entry| entry.size), twice), (Some(3), vec!["a".to_owned(); 2]));
    assert_eq!(
        (entries.is_folder("d"), entries.is_folder("a"), entries.is_folder("c")),
        (Some(true), Some(false), None)
    );
}

#[test]
fn links_keep_their_targets() {
    let (mut entries, _) = collected([
        ("s", link(EntryKind::Symlink, "/a")),
        ("h", link(EntryKind::HardLink, "./d/f")),
        ("d/f", file(7)),
        ("gone", link(EntryKind::HardLink, "nowhere")),
    ]);
    assert_eq!(entries.join_hard_links(40), ["gone"]);
    assert_eq!(entries.get("s").map(|entry| entry.kind), Some(EntryKind::Symlink("/a".to_owned())));
    assert_eq!(entries.get("gone").map(|entry| entry.kind), Some(EntryKind::HardLink("nowhere".to_owned())));
    let joined = entries.get("h").expect("joined");
    assert_eq!((joined.kind, joined.size, joined.stored_as.as_deref()), (EntryKind::File, 7, Some("d/f")));
}
