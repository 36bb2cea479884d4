//! Paths through layers.

use super::super::testing::{Tar, image, layer};
use super::super::{EntryKind, FileFact, Found, Subject};

fn subject(layers: &[Tar]) -> (super::super::testing::TestLayout, Subject<'static>) {
    let layers: Vec<_> = layers.iter().cloned().map(layer).collect();
    let layout = image(&layers);
    let subject = layout.open().expect("opened");
    (layout, subject)
}

/// What a path leads to: the content of a file, `/` for a folder, else why there is nothing.
fn look(subject: &Subject<'_>, path: &str) -> String {
    let found = subject.files(&subject.platforms[0], &[path]).expect("read").remove(path).expect("answered");
    match found {
        Found::File(file) if file.kind == EntryKind::Dir => "/".to_owned(),
        Found::File(file) => {
            let content = file.looks.expect("looked into").content.clone().expect("kept");
            format!("{}{}", String::from_utf8(content).expect("text"), file.layer)
        }
        Found::Absent(why) => format!("{why:?}"),
    }
}

#[test]
fn upper_layers_win_and_whiteouts_remove() {
    let lower = Tar::default()
        .file("a", b"low")
        .file("dir/x", b"low")
        .file("dir/y", b"low")
        .file("opaque/x", b"low")
        .file("removed/x", b"low")
        .file("filed/x", b"low")
        .file("again/x", b"low")
        .file("kept/deep/x", b"low");
    let middle = Tar::default()
        .file("a", b"mid")
        .file("dir/.wh.x", b"")
        .file(".wh.again", b"")
        .file("opaque/.wh..wh..opq", b"")
        .file("opaque/y", b"mid")
        .file(".wh.removed", b"")
        .file("filed", b"mid")
        .dir("kept/");
    let upper = Tar::default().file("again/y", b"up").dir("filed/").file("filed/z", b"up");
    let (_layout, subject) = subject(&[lower, middle, upper]);
    for (path, found) in [
        ("/a", "mid1"),
        ("/dir/x", "Missing"),
        ("/dir/y", "low0"),
        ("/opaque/x", "Missing"),
        ("/opaque/y", "mid1"),
        ("/removed/x", "Missing"),
        ("/removed", "Missing"),
        ("/filed/x", "Missing"),
        ("/filed/z", "up2"),
        ("/filed", "/"),
        ("/again/x", "Missing"),
        ("/again/y", "up2"),
        ("/kept/deep/x", "low0"),
        ("/a/b", "NoFolder"),
        ("/", "/"),
        ("", "/"),
    ] {
        assert_eq!(look(&subject, path), found, "{path}");
    }
    let below = |folder: &str| {
        let mut files = Vec::new();
        let mut see = |file: FileFact| files.extend((file.kind == EntryKind::File).then_some(file.path));
        subject.below(&subject.platforms[0], folder, &mut see).expect("read");
        files
    };
    assert_eq!(below("/"), ["a", "again/y", "dir/y", "filed/z", "kept/deep/x", "opaque/y"]);
    assert_eq!(below("kept"), ["kept/deep/x"]);
    assert_eq!(below("removed"), [""; 0]);
}

#[test]
fn links_are_followed_inside_the_root() {
    let lower = Tar::default()
        .file("usr/bin/tool", b"tool")
        .symlink("bin", "usr/bin")
        .symlink("abs", "/usr/bin/tool")
        .symlink("up", "../../../../usr/bin/tool")
        .symlink("usr/rel", "../bin/./tool")
        .symlink("self", "self")
        .symlink("ping", "pong")
        .symlink("pong", "ping")
        .symlink("dangling", "nowhere")
        .symlink("top", "/");
    let chain = (0..60).fold(Tar::default(), |tar, at| tar.symlink(&format!("c{at}"), &format!("c{}", at + 1)));
    let upper = Tar::default().hard_link("hard", "usr/bin/tool").symlink("over", "bin");
    let (_layout, subject) = subject(&[lower, chain, upper]);
    for (path, found) in [
        ("/bin/tool", "tool0"),
        ("bin/../bin/tool", "tool0"),
        ("/over/tool", "tool0"),
        ("/abs", "tool0"),
        ("/up", "tool0"),
        ("/usr/rel", "tool0"),
        ("/hard", "tool0"),
        ("/top/top/usr/bin/tool", "tool0"),
        ("/../../usr/bin/tool", "tool0"),
        ("/self", "Loop"),
        ("/ping/x", "Loop"),
        ("/c0", "Loop"),
        ("/dangling", "Missing"),
        ("/abs/x", "NoFolder"),
    ] {
        assert_eq!(look(&subject, path), found, "{path}");
    }
}

#[test]
fn only_the_layers_that_are_needed_are_read() {
    let (_layout, subject) =
        subject(&[Tar::default().file("low", b"l"), Tar::default().file("mid", b"m"), Tar::default().file("up", b"u")]);
    for (path, read) in [("/up", 1), ("/mid", 2), ("/up", 2), ("/low", 3), ("/none", 3)] {
        look(&subject, path);
        assert_eq!(subject.layers_read().len(), read, "{path}");
    }
}

#[test]
fn a_file_of_a_layer_that_was_read_before_is_looked_into_when_it_is_wanted() {
    let (_layout, subject) =
        subject(&[Tar::default().file("a", b"a"), Tar::default().file("b", b"b").hard_link("c", "b")]);
    assert_eq!(look(&subject, "/a"), "a0");
    assert_eq!(look(&subject, "/c"), "b1");
    assert_eq!(look(&subject, "/b"), "b1");
}

#[test]
fn the_names_of_our_layers_save_reading_and_lying_ones_hide_nothing() {
    let ours = |tar: Tar, created_by| {
        let mut layer = layer(tar);
        layer.created_by = Some(created_by);
        layer
    };
    let shared = ours(Tar::default().file("metadata.json", b"{}"), "cargo dext: shared");
    let host = ours(Tar::default().file("linux/tool", b"x"), "cargo dext: host tool linux");
    let honest = image(&[shared.clone(), host]);
    let subject = honest.open().expect("opened");
    assert_eq!(look(&subject, "/metadata.json"), "{}0");
    assert_eq!(subject.layers_read().len(), 1);
    let liar = ours(Tar::default().file("metadata.json", b"[]"), "cargo dext: host tool linux");
    let lying = image(&[shared, liar.clone()]);
    let options = super::super::Options { thorough: true, ..Default::default() };
    let subject = super::super::testing::open(&lying.root, &options).expect("opened");
    assert_eq!(look(&subject, "/metadata.json"), "[]1");
    let only = image(&[liar]);
    assert_eq!(look(&only.open().expect("opened"), "/metadata.json"), "[]0");
}
