//! What the user said becomes a project, and its files are right in every language.

use std::collections::BTreeSet;

use super::*;
use crate::domain::{Os, Platform, TargetTriple};
use crate::scaffold::files::FILES;
use crate::scaffold::template::mistakes;

/// Every flag of the templates.
const FLAGS: [&str; 9] = ["rust", "backend", "host", "ui", "react", "github", "hub", "ghcr", "elsewhere"];

const NASTY: &str = "Größe \"x\" & 'y' <b>\\ *z* `q` 容量 {{name}} |";

fn around() -> Surroundings {
    Surroundings {
        folder: "somewhere/disk-usage".into(),
        folder_name: Some("disk-usage".to_owned()),
        author: Some("Ada Lovelace".to_owned()),
        repository: None,
        git: true,
        vcs: None,
    }
}

fn project(options: &Options) -> Project {
    Project::new(options, &around()).expect("a good project")
}

/// Every choice of parts that makes an extension.
fn all_parts() -> Vec<Parts> {
    let mut all = Vec::new();
    for ui in [Ui::Html, Ui::React, Ui::None] {
        let rust = [(true, true), (true, false), (false, true), (false, false)];
        all.extend(rust.map(|(backend, host)| Parts { backend, host, ui }));
    }
    all.retain(|parts| parts.rust() || parts.ui != Ui::None);
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
    assert_eq!(project.notes().len(), 1, "{:?}", project.notes());
}

#[test]
fn parts_in_words() {
    let words = all_parts().iter().map(ToString::to_string).collect::<Vec<_>>();
    let with_page = ["backend, host tool and page", "backend and page", "host tool and page", "page"];
    assert_eq!(words, [&with_page[..], &with_page, &["backend and host tool", "backend", "host tool"]].concat());
}

#[test]
fn what_the_user_must_change_is_said() {
    let nobody = Surroundings { author: None, ..around() };
    let project = Project::new(&Options::default(), &nobody).expect("a good project");
    assert_eq!(project.vendor, VENDOR);
    assert!(project.notes().iter().any(|note| note.contains("--vendor")), "{:?}", project.notes());
    let options = Options { vendor: Some("A".to_owned()), image: Some("a/b".to_owned()), ..Options::default() };
    assert_eq!(Project::new(&options, &nobody).expect("a good project").notes(), [""; 0]);
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
        (Options { parts: Parts { backend: false, host: false, ui: Ui::None }, ..Options::default() }, "is nothing"),
    ] {
        let error = refused(options);
        assert!(error.contains(message), "{error}");
    }
    let nameless = Surroundings { folder_name: None, ..around() };
    assert!(matches!(Project::new(&Options::default(), &nameless), Err(Error::Nameless(_))));
}

#[test]
fn the_repository_is_chosen_as_cargo_does() {
    let (git, hg, none) = (Some(Vcs::Git), Some(Vcs::Hg), Some(Vcs::None));
    for (chosen, existing, configured, has_git, repository) in [
        (None, None, None, true, Repository::Init(Vcs::Git)),
        (None, None, None, false, Repository::Around(Vcs::None)),
        (None, None, hg, true, Repository::Init(Vcs::Hg)),
        (None, None, none, true, Repository::Around(Vcs::None)),
        (None, git, hg, true, Repository::Around(Vcs::Git)),
        (git, hg, hg, true, Repository::Init(Vcs::Git)),
        (git, None, None, false, Repository::Init(Vcs::Git)),
        (Some(Vcs::Fossil), None, None, true, Repository::Init(Vcs::Fossil)),
        (none, None, hg, true, Repository::Around(Vcs::None)),
        (none, git, None, true, Repository::Around(Vcs::None)),
    ] {
        let around = Surroundings { repository: existing, vcs: configured, git: has_git, ..around() };
        assert_eq!(super::repository(chosen, &around), repository, "{chosen:?} {around:?}");
    }
    for (name, vcs) in [("git", git), ("hg", hg), ("none", none), ("svn", None)] {
        assert_eq!(Vcs::named(name), vcs);
    }
}

#[test]
fn repositories_are_made_by_their_own_programs() {
    for (vcs, lines) in [
        (Vcs::Git, &["git init --quiet"][..]),
        (Vcs::Hg, &["hg init"]),
        (Vcs::Pijul, &["pijul init"]),
        (Vcs::Fossil, &["fossil init .fossil", "fossil open --force .fossil"]),
        (Vcs::None, &[]),
    ] {
        let made = project(&Options { vcs: Some(vcs), ..Options::default() }).init_repository();
        let made: Vec<String> = made.iter().map(ToString::to_string).collect();
        assert!(made.iter().zip(lines).all(|(made, line)| made.ends_with(line)), "{made:?}");
        assert_eq!(made.len(), lines.len(), "{made:?}");
    }
}

#[test]
fn every_template_is_sound() {
    let values = project(&Options::default()).values();
    for file in FILES.iter().filter(|file| file.escape.is_some()) {
        assert_eq!(mistakes(file.content, &values, &FLAGS), [""; 0], "{}", file.path);
    }
    for parts in all_parts() {
        let files = project(&Options { parts, ..Options::default() }).render();
        let paths: BTreeSet<_> = files.iter().map(|file| file.path).collect();
        assert_eq!(paths.len(), files.len(), "two files of one name: {parts:?}");
    }
    for file in FILES.iter().filter(|file| file.escape.is_none()) {
        for flag in ["{{#", "{{^", "{{name", "{{title", "{{image", "{{vendor", "{{description", "{{holder"] {
            assert!(!file.content.contains(flag), "{} has {flag} and is not filled in", file.path);
        }
    }
}

#[test]
fn the_table_fits_the_parts() {
    for parts in all_parts() {
        let files = project(&Options { parts, ..Options::default() }).render();
        let manifest = toml(&files, "Cargo.toml");
        let members = manifest["workspace"].get("members").and_then(|members| members.as_array());
        let members: Vec<_> = members.into_iter().flatten().map(|member| member.as_str()).collect();
        let holder = if parts.rust() { "workspace" } else { "package" };
        let table = manifest[holder]["metadata"]["extension"].as_table().expect("the table");
        // A package's extension has the package's name.
        assert_eq!(table.contains_key("name"), parts.rust());
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
            for script in ["ui/desktop.js", "ui/vm.js", "ui/sizes.js", "ui/containers.js", "ui/style.css"] {
                let name = script.trim_start_matches("ui/");
                assert_eq!(has(script), page.contains(&format!("\"{name}\"")), "{script} {parts:?}");
            }
        }
        if parts.ui == Ui::React {
            assert_eq!(modules(&files), imports(&files), "{parts:?}");
        }
        for folder in ["backend/", "host/", "ui/", "tests/", "assets/icon.svg", "marketplace/", "rust-toolchain.toml"] {
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
fn the_toolchain_has_the_targets_of_the_parts() {
    for parts in all_parts() {
        let files = project(&Options { parts, ..Options::default() }).render();
        let toolchain = toml(&files, "rust-toolchain.toml");
        let named = toolchain["toolchain"].get("targets").and_then(|targets| targets.as_array());
        let named: BTreeSet<&str> = named.into_iter().flatten().filter_map(|target| target.as_str()).collect();
        let wanted = Platform::ALL.into_iter().filter(|platform| match platform.os {
            Os::Linux => parts.rust(),
            Os::Darwin | Os::Windows => parts.host,
        });
        let wanted: Vec<TargetTriple> = wanted.map(|platform| platform.default_triple()).collect();
        assert_eq!(named, wanted.iter().map(TargetTriple::as_str).collect::<BTreeSet<_>>(), "{parts:?}");
    }
}

#[test]
fn files_of_a_repository() {
    let ignores = [".gitignore", ".hgignore", ".ignore", ".fossil-settings/ignore-glob"];
    for (vcs, around_it, ignore, workflow) in [
        (None, None, Some(".gitignore"), true),
        (None, Some(Vcs::Git), Some(".gitignore"), false),
        (None, Some(Vcs::Hg), Some(".hgignore"), false),
        (Some(Vcs::Hg), None, Some(".hgignore"), false),
        (Some(Vcs::Pijul), None, Some(".ignore"), false),
        (Some(Vcs::Fossil), None, Some(".fossil-settings/ignore-glob"), false),
        (Some(Vcs::None), None, None, false),
    ] {
        let around = Surroundings { repository: around_it, ..around() };
        let project = Project::new(&Options { vcs, ..Options::default() }, &around).expect("a good project");
        let files = project.render();
        let has = |path: &str| files.iter().any(|file| file.path == path);
        for path in ignores {
            assert_eq!(has(path), ignore == Some(path), "{path} {vcs:?} {around_it:?}");
        }
        assert_eq!(has(".github/workflows/extension.yml"), workflow);
        assert_eq!(content(&files, "README.md").contains(".github"), workflow);
    }
}

#[test]
fn the_workflow_knows_the_registry_and_the_parts() {
    for (image, registry, secret) in [
        ("ada/disk", None, "secrets.DOCKERHUB_TOKEN"),
        ("ghcr.io/ada/disk", Some("ghcr.io"), "secrets.GITHUB_TOKEN"),
        ("registry.example.com:5000/ada/disk", Some("registry.example.com:5000"), "secrets.REGISTRY_PASSWORD"),
    ] {
        for parts in all_parts() {
            let files = project(&Options { image: Some(image.to_owned()), parts, ..Options::default() }).render();
            let workflow = content(&files, ".github/workflows/extension.yml");
            let named = workflow.lines().find_map(|line| line.trim().strip_prefix("registry: "));
            assert_eq!(named, registry, "{image}");
            assert_eq!(workflow.matches("${{ secrets.").count(), if registry == Some("ghcr.io") { 1 } else { 2 });
            assert!(workflow.contains(secret), "{image}");
            assert_eq!(workflow.contains("packages: write"), registry == Some("ghcr.io"), "{image}");
            assert_eq!(workflow.contains("zig"), parts.rust(), "{parts:?}");
            assert_eq!(workflow.contains("npm audit --audit-level=high\n"), parts.ui == Ui::React, "{parts:?}");
        }
    }
}

/// Texts made of what means something in one language or another, and names of every shape.
fn nasty(seed: usize) -> (String, String) {
    let pieces = [
        "\"",
        "\\",
        "'",
        "{{title}}",
        "{{#rust}}",
        "</script>",
        "</title>",
        "]]>",
        "<!--",
        "${HOME}",
        "$(x)",
        "`x`",
        "🦀",
        "\u{202e}",
        "\u{2028}",
        "e\u{301}",
        "%s",
        "\\n",
        "\\u0000",
        "# ",
        "|",
        "---",
        "*",
        "_",
        "[a](b)",
        "&amp;",
        "'''",
        "\"\"\"",
        "=",
        "${{ secrets.X }}",
        ": ",
        "- ",
        "x",
    ];
    let names = ["fn", "test", "core", "a1-2b", "disk_usage", "self", "async-std", "x", "crate"];
    let at = |step: usize| pieces[(seed * 7 + step * (seed % 5 + 3)) % pieces.len()];
    let text = (0..seed % 6 + 1).map(at).collect::<Vec<_>>().join(" ").trim().to_owned();
    (text, names[seed % names.len()].to_owned())
}

#[test]
fn every_file_can_be_parsed_whatever_the_texts() {
    let all = all_parts();
    for seed in 0..400 {
        let (words, name) = nasty(seed);
        let (text, parts) = (Some(words.clone()), all[seed % all.len()]);
        let (title, vendor, description, name) = (text.clone(), text.clone(), text, Some(name));
        let files = project(&Options { name, title, vendor, description, parts, ..Options::default() }).render();
        let manifest = toml(&files, "Cargo.toml");
        let holder = if parts.rust() { "workspace" } else { "package" };
        for key in ["title", "vendor", "description"] {
            assert_eq!(manifest[holder]["metadata"]["extension"][key].as_str(), Some(words.as_str()), "{key}");
        }
        for file in &files {
            if file.path.ends_with(".toml") {
                toml(&files, file.path);
            } else if file.path.ends_with(".yml") {
                let mut events = saphyr_parser::Parser::new_from_str(&file.content);
                assert!(events.all(|event| event.is_ok()), "{} {words}", file.path);
            }
            assert!(!file.content.contains("{{#") || words.contains("{{#"), "{} {words}", file.path);
        }
        assert!(content(&files, "LICENSE").contains(&format!("Copyright (c) {words}\n")));
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
