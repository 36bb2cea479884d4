//! What is written, and what is not; the manifests themselves are tested with Cargo, beside the command.

use super::bins::testing::bins;
use super::found::testing::found;
use super::*;

fn listing(folder: &std::path::Path) -> Vec<String> {
    let found = fs::walk(folder).expect("walked").into_iter();
    found.map(|found| found.relative.to_string_lossy().replace('\\', "/")).collect()
}

#[test]
fn all_is_written_or_nothing() {
    let dir = tempfile::tempdir().expect("temp");
    let manifest = dir.path().join("Cargo.toml");
    fs::write_atomic(&manifest, b"old").expect("written");
    let mut found = found(dir.path(), bins(&["x"], None));
    let file = |path| File { path, content: "new".to_owned() };
    let files = vec![file("assets/icon.svg"), file("ui/index.html"), file(".gitignore")];
    let addition = Addition { manifest: "new".to_owned(), files, used: Vec::new(), notes: Vec::new() };
    let text = || fs::read_text(&manifest).expect("read");

    // Somebody has written to Cargo.toml since it was looked at.
    let error = addition.write(&found).expect_err("it is another");
    assert!(matches!(error, crate::scaffold::Error::Init(Error::Changed { .. })), "{error}");
    assert_eq!(listing(dir.path()), ["Cargo.toml"]);

    // Somebody is faster with the last file.
    found.target.text = "old".to_owned();
    fs::write_atomic(&dir.path().join(".gitignore"), b"mine").expect("written");
    assert!(addition.write(&found).is_err());
    assert_eq!(
        (listing(dir.path()), text()),
        (vec![".gitignore".to_owned(), "Cargo.toml".to_owned()], "old".to_owned())
    );

    fs::remove_file(&dir.path().join(".gitignore")).expect("removed");
    addition.write(&found).expect("nothing is in the way");
    assert_eq!(listing(dir.path()).len(), 6);
    assert_eq!(text(), "new");
}

#[test]
fn the_page_is_found_or_named() {
    let dir = tempfile::tempdir().expect("temp");
    let root = fs::canonical(dir.path()).expect("canonical");
    let write = |path: &str| fs::write_atomic(&root.join(path), b"").expect(path);
    let told = |page: Result<Page, Error>| match page {
        Ok(Page::Folder { source, build }) => {
            let build = build.map(|build| format!(", built in {} by {}", build.dir, build.run[0]));
            format!("{source}{}", build.unwrap_or_default())
        }
        Ok(page) => format!("{page:?}"),
        Err(Error::UiTaken { built }) => format!("taken, built in {built:?}"),
        Err(Error::UiFolder { why, .. }) => why.to_owned(),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(told(Page::in_folder(&root)), "Written");
    fs::create_dir_all(&root.join("ui")).expect("a folder");
    assert_eq!(told(Page::in_folder(&root)), "Written");
    write("ui/index.html");
    assert_eq!(told(Page::in_folder(&root)), "There");
    write("ui/Cargo.toml");
    assert_eq!(told(Page::in_folder(&root)), "taken, built in None");
    write("ui/dist/index.html");
    assert_eq!(told(Page::in_folder(&root)), "taken, built in Some(\"ui/dist\")");
    write("package.json");
    for (named, expected) in [
        ("ui/dist", "ui/dist, built in . by npm install"),
        ("ui/../ui/./dist", "ui/dist, built in . by npm install"),
        ("gone/../ui/dist", "it leads through a folder that is not there"),
        ("gone/../../outside", "it leads through a folder that is not there"),
        ("ui", "it holds what a page is built from"),
        (".", "it is the folder of Cargo.toml, with all sources in it"),
        ("..", "it is outside of the folder of Cargo.toml"),
        ("../gone", "it is outside of the folder of Cargo.toml"),
        ("gone/deep", "gone/deep, built in . by npm install"),
    ] {
        assert_eq!(told(Page::at(&root, &root.join(named))), expected, "{named}");
    }
    fs::remove_file(&root.join("package.json")).expect("removed");
    assert_eq!(told(Page::at(&root, &root.join("gone"))), "it has no `index.html`");
    assert_eq!(told(Page::at(&root, &root.join("ui/dist"))), "ui/dist");
}
