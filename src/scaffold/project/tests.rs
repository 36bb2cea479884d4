//! What the user said becomes a project, and its files are right in every language.

use std::collections::BTreeSet;

use super::*;
use crate::scaffold::files::FILES;
use crate::scaffold::template::mistakes;

const NASTY: &str = "Größe \"x\" & 'y' <b>\\ *z* `q` 容量 {{name}} |";

fn around() -> Surroundings {
    Surroundings {
        folder: PathBuf::from("somewhere/disk-usage"),
        folder_name: Some("disk-usage".to_owned()),
        author: Some("Ada Lovelace".to_owned()),
        in_repository: false,
        git: Some(PathBuf::from("git")),
    }
}

fn project(options: &Options) -> Project {
    Project::new(options, &around()).expect("a good project")
}

/// Every choice of parts that makes an extension.
fn all_parts() -> Vec<Parts> {
    let mut all = Vec::new();
    for ui in [Ui::Html, Ui::React, Ui::None] {
        all.extend([(true, true), (true, false), (false, true)].map(|(backend, host)| Parts { backend, host, ui }));
    }
    all
}

fn content<'a>(files: &'a [File], path: &str) -> &'a str {
    &files.iter().find(|file| file.path == path).expect(path).content
}

fn toml(files: &[File], path: &str) -> toml_edit::DocumentMut {
    content(files, path).parse().expect(path)
}

#[test]
fn defaults() {
    let project = project(&Options::default());
    assert_eq!(project.name.as_str(), "disk-usage");
    assert_eq!(project.title, "Disk Usage");
    assert_eq!(project.vendor, "Ada Lovelace");
    assert_eq!(project.image.as_str(), "example/disk-usage");
    assert_eq!(project.notes.len(), 1, "{:?}", project.notes);
}

#[test]
fn parts_in_words() {
    let words = all_parts().iter().map(ToString::to_string).collect::<Vec<_>>();
    let with_page = ["backend, host tool and page", "backend and page", "host tool and page"];
    assert_eq!(words, [&with_page[..], &with_page, &["backend and host tool", "backend", "host tool"]].concat());
}

#[test]
fn what_the_user_must_change_is_said() {
    let nobody = Surroundings { author: None, ..around() };
    let project = Project::new(&Options::default(), &nobody).expect("a good project");
    assert_eq!(project.vendor, VENDOR);
    assert!(project.notes.iter().any(|note| note.contains("--vendor")), "{:?}", project.notes);
    let options = Options { vendor: Some("A".to_owned()), image: Some("a/b".to_owned()), ..Options::default() };
    assert_eq!(Project::new(&options, &nobody).expect("a good project").notes, [""; 0]);
}

#[test]
fn wrong_words_are_refused() {
    let said = |text: &str| Some(text.to_owned());
    let refused = |options: Options| Project::new(&options, &around()).expect_err("refused").to_string();
    for (options, message) in [
        (Options { name: said("Disk Usage"), ..Options::default() }, "`Disk Usage` is no name for an extension"),
        (Options { title: said(" "), ..Options::default() }, "the title is empty"),
        (Options { vendor: said("a\nb"), ..Options::default() }, "the vendor has a line break"),
        (Options { image: said("a/b:1"), ..Options::default() }, "`a/b:1` is no image name"),
        (
            Options { parts: Parts { backend: false, host: false, ui: Ui::Html }, ..Options::default() },
            "nothing written in Rust",
        ),
    ] {
        let error = refused(options);
        assert!(error.contains(message), "{error}");
    }
    let nameless = Surroundings { folder_name: None, ..around() };
    assert!(matches!(Project::new(&Options::default(), &nameless), Err(Error::Nameless(_))));
}

#[test]
fn the_repository_is_chosen_as_cargo_does() {
    let git = Repository::Init(PathBuf::from("git"));
    for (chosen, in_repository, has_git, repository) in [
        (None, false, true, git.clone()),
        (None, true, true, Repository::Existing),
        (None, false, false, Repository::None),
        (Some(Vcs::Git), true, true, git.clone()),
        (Some(Vcs::Git), false, false, git),
        (Some(Vcs::None), false, true, Repository::None),
        (Some(Vcs::None), true, true, Repository::None),
    ] {
        let around = Surroundings { in_repository, git: has_git.then(|| PathBuf::from("git")), ..around() };
        assert_eq!(super::repository(chosen, &around), repository, "{chosen:?} {around:?}");
    }
}

#[test]
fn every_template_is_sound() {
    let values = project(&Options::default()).values();
    for file in FILES.iter().filter(|file| file.escape.is_some()) {
        assert_eq!(
            mistakes(file.content, &values, &["backend", "host", "ui", "react", "github"]),
            [""; 0],
            "{}",
            file.path
        );
    }
    for parts in all_parts() {
        let files = project(&Options { parts, ..Options::default() }).render();
        let paths: BTreeSet<_> = files.iter().map(|file| file.path).collect();
        assert_eq!(paths.len(), files.len(), "two files of one name: {parts:?}");
    }
    for file in FILES.iter().filter(|file| file.escape.is_none()) {
        for flag in ["{{#", "{{^", "{{name", "{{title", "{{image", "{{vendor", "{{description"] {
            assert!(!file.content.contains(flag), "{} has {flag} and is not filled in", file.path);
        }
    }
}

#[test]
fn the_table_fits_the_parts() {
    for parts in all_parts() {
        let files = project(&Options { parts, ..Options::default() }).render();
        let manifest = toml(&files, "Cargo.toml");
        let members: Vec<_> =
            manifest["workspace"]["members"].as_array().expect("members").iter().map(|m| m.as_str()).collect();
        let table = manifest["workspace"]["metadata"]["extension"].as_table().expect("the table");
        assert_eq!(members.contains(&Some("backend")), parts.backend);
        assert_eq!(members.contains(&Some("host")), parts.host);
        assert_eq!(table.contains_key("vm"), parts.backend);
        assert_eq!(table.contains_key("host"), parts.host);
        assert_eq!(table.contains_key("ui"), parts.ui != Ui::None);
        for member in members.into_iter().flatten() {
            let package = toml(&files, &format!("{member}/Cargo.toml"));
            assert_eq!(package["package"]["name"].as_str(), Some(format!("disk-usage-{member}").as_str()));
        }
    }
}

/// Files that nothing names would be dead: each script is on the page, and each part is in the README.
#[test]
fn no_file_is_dead() {
    for parts in all_parts() {
        let files = project(&Options { parts, ..Options::default() }).render();
        let has = |path: &str| files.iter().any(|file| file.path == path);
        if parts.ui == Ui::Html {
            let page = content(&files, "ui/index.html");
            for script in ["ui/desktop.js", "ui/vm.js", "ui/sizes.js", "ui/style.css"] {
                let name = script.trim_start_matches("ui/");
                assert_eq!(has(script), page.contains(&format!("\"{name}\"")), "{script} {parts:?}");
            }
        }
        if parts.ui == Ui::React {
            assert_eq!(modules(&files), imports(&files), "{parts:?}");
        }
        for folder in ["backend/", "host/", "ui/"] {
            let exists = files.iter().any(|file| file.path.starts_with(folder));
            assert_eq!(exists, content(&files, "README.md").contains(&format!("`{folder}`")), "{folder} {parts:?}");
        }
    }
}

/// The names of the modules below `ui/src`.
fn modules(files: &[File]) -> BTreeSet<String> {
    let names = files.iter().filter_map(|file| file.path.strip_prefix("ui/src/"));
    names.filter_map(|name| Some(name.rsplit_once('.')?.0.to_owned())).collect()
}

/// What the page and the modules below `ui/src` import of each other.
fn imports(files: &[File]) -> BTreeSet<String> {
    let of = |content: &str, before: &str, after: &str| {
        let parts = content.split(before).skip(1);
        parts.filter_map(|part| Some(part.split_once(after)?.0.to_owned())).collect::<Vec<_>>()
    };
    let modules = files.iter().filter(|file| file.path.starts_with("ui/src/"));
    let imported = modules.flat_map(|file| of(&file.content, " from \"./", "\";"));
    imported.chain(of(content(files, "ui/index.html"), " src=\"/src/", ".tsx\"")).collect()
}

/// npm reads the lock file's copy of what package.json says, and refuses one that differs.
#[test]
fn npm_finds_the_lock_file_in_step() {
    let parts = Parts { ui: Ui::React, ..Parts::default() };
    let files = project(&Options { parts, ..Options::default() }).render();
    let json = |path: &str| serde_json::from_str::<serde_json::Value>(content(&files, path)).expect(path);
    let (package, lock) = (json("ui/package.json"), json("ui/package-lock.json"));
    let root = &lock["packages"][""];
    for key in ["name", "version", "engines", "dependencies", "devDependencies"] {
        assert_eq!(root[key], package[key], "{key}");
    }
    assert_eq!((&lock["name"], &package["name"]), (&package["name"], &"disk-usage-ui".into()));
    let locked = lock["packages"].as_object().expect("packages").iter().filter(|(name, _)| !name.is_empty());
    for (name, entry) in locked {
        assert!(entry["integrity"].is_string(), "{name} is not pinned");
        assert!(entry.get("resolved").is_none(), "{name} names a registry, which may not be the user's");
    }
}

#[test]
fn files_of_a_repository() {
    for (vcs, in_repository, ignore, workflow) in
        [(None, false, true, true), (None, true, true, false), (Some(Vcs::None), false, false, false)]
    {
        let around = Surroundings { in_repository, ..around() };
        let project = Project::new(&Options { vcs, ..Options::default() }, &around).expect("a good project");
        let files = project.render();
        let has = |path: &str| files.iter().any(|file| file.path == path);
        assert_eq!((has(".gitignore"), has(".github/workflows/extension.yml")), (ignore, workflow));
        assert_eq!(content(&files, "README.md").contains(".github"), workflow);
        assert_eq!(project.init_repository().is_some(), workflow);
    }
}

#[test]
fn any_text_is_right_in_every_language() {
    let text = Some(NASTY.to_owned());
    let (title, vendor, description) = (text.clone(), text.clone(), text);
    let files = project(&Options { title, vendor, description, ..Options::default() }).render();
    let manifest = toml(&files, "Cargo.toml");
    for key in ["title", "vendor", "description"] {
        assert_eq!(manifest["workspace"]["metadata"]["extension"][key].as_str(), Some(NASTY), "{key}");
    }
    let html = "Größe &quot;x&quot; &amp; 'y' &lt;b&gt;\\ *z* `q` 容量 {{name}} |";
    assert!(content(&files, "ui/index.html").contains(&format!("<title>{html}</title>")));
    let parts = Parts { ui: Ui::React, ..Parts::default() };
    let react = project(&Options { parts, title: Some(NASTY.to_owned()), ..Options::default() }).render();
    assert!(content(&react, "ui/src/App.tsx").contains(&format!("<Page title=\"{html}\" ")));
    assert!(content(&files, "marketplace/description.html").starts_with(&format!("<p>{html}</p>")));
    let markdown = "# Größe \"x\" \\& 'y' \\<b\\>\\\\ \\*z\\* \\`q\\` 容量 {{name}} \\|\n";
    assert!(content(&files, "README.md").starts_with(markdown));
    assert!(content(&files, "LICENSE").contains(&format!("Copyright (c) {NASTY}\n")));
}
