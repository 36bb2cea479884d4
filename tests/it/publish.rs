//! `cargo dext publish`, with a real registry on this machine.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::support::base64;
use crate::support::distribution::{Guard, PASSWORD, Registry, USER};
use crate::support::files;
use crate::support::judges::judge;
use crate::support::oci::Layout;
use crate::support::prebuilt;
use crate::support::sandbox::{Dext, Outcome, Sandbox};
use crate::support::talk;

/// A project and a registry.
struct Place {
    project: Sandbox,
    registry: Registry,
    _folder: tempfile::TempDir,
}

impl Place {
    /// None where there is no registry to start.
    #[track_caller]
    fn new() -> Option<Self> {
        Self::guarded(Guard::Nobody)
    }

    #[track_caller]
    fn guarded(guard: Guard<'_>) -> Option<Self> {
        let program = judge("docker-registry")?;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let registry = Registry::guarded(&program, folder.path(), guard, None);
        Some(Place { project: prebuilt::project(), registry, _folder: folder })
    }

    fn image(&self) -> String {
        format!("{}/example/demo", self.registry.address)
    }

    /// `publish` of the binaries that are there, and further words.
    fn publish<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Dext<'_> {
        let image = self.image();
        let words = ["publish", "--no-build", "--artifacts", "artifacts", "--image", &image].map(str::to_owned);
        self.project.dext(words.into_iter().chain(more.into_iter().map(str::to_owned)))
    }

    /// `publish --message-format json`, and its one message.
    #[track_caller]
    fn push<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Value {
        self.publish(more).arg("--message-format=json").run().success().message("dext-push")
    }

    /// What a tag points at, asked with the simplest of all clients.
    fn digest(&self, tag: &str) -> Option<String> {
        talk::head(&self.registry.address, &format!("/v2/example/demo/manifests/{tag}"), "docker-content-digest")
    }

    /// Changes one small layer.
    fn change(&self) {
        self.project.append("ui/index.html", "<!-- changed -->\n");
    }

    fn told(&self, outcome: &Outcome) -> String {
        outcome.told().replace(&self.registry.address, "[REGISTRY]")
    }

    /// The requests of the registry's log: method and path.
    fn requests(&self) -> Vec<(String, String)> {
        let log = self.registry.log();
        let request = |line: &str| {
            let mut words = line.split('"').nth(1)?.split(' ');
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        };
        log.lines().filter_map(request).filter(|(_, path)| path.starts_with("/v2/")).collect()
    }
}

/// A repository of the project with everything in it committed.
fn commit_all(project: &Sandbox) -> String {
    project.write(".gitignore", "/target\n");
    git(project, "init -q -b main");
    git(project, "add -A");
    git(project, "-c user.name=a -c user.email=a@example.com -c commit.gpgsign=false commit -qm all");
    git(project, "rev-parse HEAD").trim().to_owned()
}

fn git(project: &Sandbox, words: &str) -> String {
    let mut command = Command::new("git");
    command.args(words.split(' ')).current_dir(project.project());
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    // Two commits of the same files at the same second are the same commit.
    command.env("GIT_AUTHOR_DATE", "1700000000 +0000").env("GIT_COMMITTER_DATE", "1700000000 +0000");
    let output = command.output().expect("git can be started");
    assert!(output.status.success(), "git {words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// A folder with a program that is on `PATH`, and without others that lie beside it there.
fn stand_in_for_real(project: &Sandbox, program: &str) -> std::path::PathBuf {
    let real = judge(program).expect("the tests run by Cargo");
    project.stand_in(program, &format!("exec {} \"$@\"\n", real.display()))
}

fn label(project: &Sandbox, name: &str) -> Option<String> {
    let layout = Layout::read(&project.layout("demo")).expect("the layout is whole");
    let labels: BTreeSet<Option<String>> = layout
        .images
        .iter()
        .map(|image| Some(image.config["config"]["Labels"].get(name)?.as_str()?.to_owned()))
        .collect();
    assert_eq!(labels.len(), 1, "all platforms have the same label {name}");
    labels.into_iter().next().flatten()
}

#[test]
fn a_file_for_the_digest_that_cannot_be_written() {
    let Some(place) = Place::new() else { return };
    place.project.write("folder/file", "");
    for (file, why) in [("folder", "is a directory"), ("folder/file/digest", "Not a directory (os error 20)")] {
        let outcome = place.publish(["--digest-file", file]).run().failure(1);
        assert!(outcome.stdout.is_empty() && place.requests().is_empty(), "{}", outcome.stderr);
        let told = place.told(&outcome);
        assert!(told.starts_with("error: the digest cannot be written: could not "), "{told}");
        assert!(told.contains(why) && told.contains("\n  --> --digest-file\n  help: "), "{told}");
    }
    // A folder that is not there yet is made.
    let outcome = place.publish(["--digest-file", "new/folder/digest"]).run().success();
    let digest = files::read(&place.project.path("new/folder/digest"));
    assert!(outcome.stdout.ends_with(&format!("@{}\n", String::from_utf8_lossy(&digest))), "{}", outcome.stdout);
}

#[test]
fn what_cannot_be_printed_is_an_error() {
    let Some(place) = Place::new() else { return };
    let run = |dext: &Dext<'_>, out: std::process::Stdio| {
        let child = dext.command().stdout(out).stderr(std::process::Stdio::piped()).spawn().expect("it starts");
        let ended = child.wait_with_output().expect("it ends");
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    let image = format!("{}:1.2.3", place.image());
    for dext in [
        place.publish(["-q"]),
        place.publish(["-q", "--message-format=json"]),
        place.project.dext(["inspect", "--raw", &image]),
        place.project.dext(["inspect", &image]),
    ] {
        // Whatever is written there finds no space.
        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has one");
        let (code, told) = run(&dext, full.into());
        let error = "error: could not write to standard output: No space left on device (os error 28)\n";
        assert!(code == Some(1) && told.contains(error), "{code:?} {told}");
        // Who has closed a pipe has seen enough.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        assert_eq!(run(&dext, writer.into()), (Some(0), String::new()));
    }
    assert!(place.digest("1.2.3").is_some(), "it was published all the same");
}

#[test]
fn first_and_again() {
    let Some(place) = Place::new() else { return };
    let first = place.publish([]).run().success();
    let digest = Layout::read(&place.project.layout("demo")).expect("the layout is whole").digest();
    assert_eq!(place.digest("1.2.3").as_deref(), Some(digest.as_str()));
    assert_eq!(first.stdout, format!("{}:1.2.3@{digest}\n", place.image()));
    assert_data_eq!(
        place.told(&first),
        str![[r#"
   Packaging demo v1.2.3 ([ROOT]/project/target/dext/demo)
  Publishing example/demo:1.2.3 ([REGISTRY])
   Published linux/amd64 sha256:[DIGEST] ([SIZE])
   Published linux/arm64 sha256:[DIGEST] ([SIZE])
   Published index sha256:[DIGEST]
      Tagged 1.2.3
        Sent [SIZE], mounted [SIZE], skipped [SIZE], with [..] requests
     Private marketplaces take the line `[REGISTRY]/example/demo:1.2.3` in extensions.txt
    Finished [REGISTRY]/example/demo in [TIME]

"#]]
    );
    let again = place.publish([]).run().success();
    assert_eq!(again.stdout, first.stdout);
    assert_data_eq!(
        place.told(&again),
        str![[r#"
   Packaging demo v1.2.3 ([ROOT]/project/target/dext/demo)
  Publishing example/demo:1.2.3 ([REGISTRY])
   Published linux/amd64 sha256:[DIGEST] ([SIZE])
   Published linux/arm64 sha256:[DIGEST] ([SIZE])
   Published index sha256:[DIGEST]
      Tagged 1.2.3, as before
        Sent [SIZE], mounted [SIZE], skipped [SIZE], with [..]
     Private marketplaces take the line `[REGISTRY]/example/demo:1.2.3` in extensions.txt
    Finished [REGISTRY]/example/demo in [TIME]

"#]]
    );
}

#[test]
fn nothing_changed_costs_next_to_nothing() {
    let Some(place) = Place::new() else { return };
    place.push([]);
    let before = place.requests().len();
    let again = place.push([]);
    assert_eq!((&again["sent"], &again["mounted"]), (&0.into(), &0.into()), "{again}");
    assert!(again["requests"].as_u64().expect("a number") <= 2, "{again}");
    assert!(place.requests().len() - before <= 2, "{:?}", place.requests());
    assert_eq!(again["tags"][0]["outcome"], "unchanged");
}

#[test]
fn the_message_says_what_is_in_the_registry() {
    let Some(place) = Place::new() else { return };
    let message = place.push(["--tag", "1.2.3", "--tag", "1.2.4", "--tag", "1.2.3"]);
    let layout = Layout::read(&place.project.layout("demo")).expect("the layout is whole");
    assert_eq!(message["repository"], place.image());
    assert_eq!(message["digest"], layout.digest());
    assert_eq!(message["dry_run"], false);
    let tags: Vec<&Value> = message["tags"].as_array().expect("a list").iter().collect();
    assert_eq!(tags.len(), 2, "a tag that is named twice is one tag");
    for (told, tag) in tags.into_iter().zip(["1.2.3", "1.2.4"]) {
        assert_eq!(told["reference"], format!("{}:{tag}@{}", place.image(), layout.digest()));
        assert_eq!((&told["tag"], &told["outcome"]), (&tag.into(), &"created".into()));
        assert_eq!(place.digest(tag), Some(layout.digest()));
    }
    let platforms = message["platforms"].as_array().expect("a list").iter();
    let platforms: Vec<(&str, &str)> = platforms
        .map(|told| (told["platform"].as_str().expect("text"), told["digest"].as_str().expect("text")))
        .collect();
    let real: Vec<(&str, &str)> = layout.images.iter().map(|i| (i.platform.as_str(), i.digest.as_str())).collect();
    assert_eq!(platforms, real);
    let blobs = message["blobs"].as_array().expect("a list");
    let digests: BTreeSet<&str> = blobs.iter().map(|blob| blob["digest"].as_str().expect("text")).collect();
    let layers = layout.images.iter().flat_map(|image| image.layers.iter().map(|layer| layer.digest.as_str()));
    let configs = layout.images.iter().map(|image| image.manifest["config"]["digest"].as_str().expect("text"));
    assert_eq!(digests, layers.chain(configs).collect());
    assert!(blobs.iter().all(|blob| blob["fate"] == "sent"), "{message}");
    let sizes: u64 = blobs.iter().map(|blob| blob["size"].as_u64().expect("a number")).sum();
    assert_eq!(message["sent"], sizes);
    assert_eq!((&message["mounted"], &message["skipped"]), (&0.into(), &0.into()));
}

#[test]
fn the_message_is_documented() {
    let Some(place) = Place::new() else { return };
    let message = place.push([]);
    let readme = String::from_utf8(files::read(&files::checkout().join("README.md"))).expect("text");
    let row = readme.lines().find(|line| line.starts_with("| `dext-push`")).expect("README.md has a row for it");
    for field in message.as_object().expect("an object").keys().filter(|field| *field != "reason") {
        assert!(row.contains(&format!("`{field}`")), "README.md does not name {field}");
    }
}

#[test]
fn a_tag_that_points_elsewhere_stays() {
    let Some(place) = Place::new() else { return };
    let first = place.push([])["digest"].clone();
    place.change();
    let refused = place.publish([]).run().failure(1);
    assert_eq!(refused.stdout, "");
    assert_data_eq!(
        place.told(&refused),
        str![[r#"
   Packaging demo v1.2.3 ([ROOT]/project/target/dext/demo)
  Publishing example/demo:1.2.3 ([REGISTRY])
error: the tag `1.2.3` exists and points at sha256:[DIGEST], not at sha256:[DIGEST]
  --> [REGISTRY]/example/demo:1.2.3
  help: raise the version in Cargo.toml, or pass `--overwrite` to let the tag point at the new image

"#]]
    );
    assert_eq!(place.digest("1.2.3").as_deref(), first.as_str());

    let moved = place.push(["--overwrite"]);
    assert_ne!(moved["digest"], first);
    assert_eq!(place.digest("1.2.3").as_deref(), moved["digest"].as_str());
    assert_eq!((&moved["tags"][0]["outcome"], &moved["tags"][0]["from"]), (&"moved".into(), &first));
    // Both configs and the layer with the page are new, and nothing else.
    let sent = moved["blobs"].as_array().expect("a list").iter().filter(|blob| blob["fate"] == "sent");
    assert_eq!(sent.count(), 3, "{moved}");
}

#[test]
fn one_of_two_tags_points_elsewhere() {
    let Some(place) = Place::new() else { return };
    let first = place.push([])["digest"].clone();
    place.change();
    place.publish(["--tag", "2.0.0", "--tag", "1.2.3"]).run().failure(1);
    assert_eq!((place.digest("2.0.0"), place.digest("1.2.3").as_deref()), (None, first.as_str()));
}

#[test]
fn a_dry_run_only_asks() {
    let Some(place) = Place::new() else { return };
    let dry = place.publish(["--dry-run"]).run().success();
    assert_data_eq!(
        place.told(&dry),
        str![[r#"
   Packaging demo v1.2.3 ([ROOT]/project/target/dext/demo)
  Would send [SIZE], mount [SIZE], skip [SIZE], with [..] requests

"#]]
    );
    assert_data_eq!(
        dry.answer().replace(&place.registry.address, "[REGISTRY]"),
        str![[r#"
[REGISTRY]/example/demo:1.2.3@sha256:[DIGEST] would be created
  send   sha256:[DIGEST] ([SIZE]) host tool linux
  send   sha256:[DIGEST] ([SIZE]) backend backend
  send   sha256:[DIGEST] ([SIZE]) host tool linux
  send   sha256:[DIGEST] ([SIZE]) backend backend
  send   sha256:[DIGEST] ([SIZE]) host tool darwin
  send   sha256:[DIGEST] ([SIZE]) config linux/arm64
  send   sha256:[DIGEST] ([SIZE]) config linux/amd64
  send   sha256:[DIGEST] ([SIZE]) host tool darwin
  send   sha256:[DIGEST] ([SIZE]) shared
  send   sha256:[DIGEST] ([SIZE]) host tool windows
  send   sha256:[DIGEST] ([SIZE]) host tool windows

"#]]
    );
    assert_eq!(place.digest("1.2.3"), None);
    place.push([]);
    let asked = place.requests().len();
    place.change();
    let message = place.push(["--dry-run", "--overwrite", "--digest-file", "digest"]);
    assert_eq!(message["dry_run"], true);
    assert_eq!(message["tags"][0]["outcome"], "moved");
    let fates: BTreeSet<&str> =
        message["blobs"].as_array().expect("a list").iter().map(|blob| blob["fate"].as_str().expect("text")).collect();
    assert_eq!(fates, ["sent", "skipped"].into());
    assert!(!place.project.path("digest").exists(), "nothing was published");
    let methods: BTreeSet<String> = place.requests().split_off(asked).into_iter().map(|(method, _)| method).collect();
    assert!(methods.is_subset(&["GET", "HEAD"].map(str::to_owned).into()), "{methods:?}");
    assert_ne!(place.digest("1.2.3").as_deref(), message["digest"].as_str());
    // Without `--overwrite` it ends as the real run would.
    place.publish(["--dry-run"]).run().failure(1);
}

#[test]
fn a_dry_run_leaves_caches_and_the_layout_and_nothing_else() {
    let Some(place) = Place::new() else { return };
    let called = place.project.root().join("called");
    let docker = place.project.stand_in("docker", &format!("echo called > {}\n", called.display()));
    let run = |more: &[&str]| {
        let words = ["--archive", "out/image.tar", "--load", "--digest-file", "out/digest"];
        place.publish(words.into_iter().chain(more.iter().copied())).first_on_path(&docker).run()
    };
    let before = files::fingerprint(place.project.root());
    run(&["--dry-run"]).success();
    let mut after = files::fingerprint(place.project.root());
    assert!(place.project.layout("demo").join("index.json").exists());
    after.retain(|path, _| !path.starts_with("project/target") && !path.starts_with("cache"));
    assert_eq!(after, before);
    let methods: BTreeSet<String> = place.requests().into_iter().map(|(method, _)| method).collect();
    assert_eq!(methods, ["HEAD".to_owned()].into());
    // Without it they are written: the engine that stands in knows no CPU, which is found last.
    run(&[]).failure(2);
    assert!(called.exists() && place.project.path("out/image.tar").exists());
}

#[test]
fn changes_that_are_not_committed() {
    let Some(place) = Place::new() else { return };
    let revision = commit_all(&place.project);
    place.change();
    place.project.write("new file", "x");
    let refused = place.publish([]).run().failure(1);
    assert_data_eq!(
        place.told(&refused),
        str![[r#"
error: 2 files in the working directory contain changes that were not yet committed into git:

new file
ui/index.html

to proceed despite this and include the uncommitted changes, pass the `--allow-dirty` flag

"#]]
    );
    assert!(!place.project.layout("demo").exists(), "nothing was built");
    place.publish(["--dry-run"]).run().failure(1);
    assert_eq!(place.requests(), []);

    place.push(["--allow-dirty"]);
    assert_eq!(label(&place.project, "org.opencontainers.image.revision"), None);
    git(&place.project, "stash -q -u");
    place.push(["--overwrite"]);
    assert_eq!(label(&place.project, "org.opencontainers.image.revision"), Some(revision));
}

#[test]
fn a_repository_that_git_cannot_read() {
    let Some(place) = Place::new() else { return };
    commit_all(&place.project);
    place.project.write(".git/config", "[broken");
    let refused = place.publish([]).run().failure(1);
    assert_data_eq!(
        place.told(&refused),
        str![[r#"
error: git could not tell which files were changed: bad config line 2 in file .git/config
  --> [ROOT]/project
  help: mend the repository, or pass `--allow-dirty` to proceed despite this

"#]]
    );
    place.push(["--allow-dirty"]);
}

#[test]
fn without_git_there_is_nothing_to_ask() {
    let Some(place) = Place::new() else { return };
    commit_all(&place.project);
    place.change();
    stand_in_for_real(&place.project, "rustc");
    let only = stand_in_for_real(&place.project, "cargo");
    place.publish([]).env("PATH", only).run().success();
    assert_eq!(label(&place.project, "org.opencontainers.image.revision"), None);
}

#[test]
fn the_same_commit_gives_the_same_image() {
    let here = prebuilt::project();
    let revision = commit_all(&here);
    git(&here, "remote add origin https://robot:secret@git.example.com/example/demo.git");
    let digest = |project: &Sandbox| project.pack(["--message-format", "json"]).run().success().digest();
    let first = digest(&here);
    assert_eq!(label(&here, "org.opencontainers.image.revision"), Some(revision));
    let source = "https://git.example.com/example/demo";
    assert_eq!(label(&here, "org.opencontainers.image.source").as_deref(), Some(source));

    let there = prebuilt::project_named("elsewhere");
    commit_all(&there);
    git(&there, "remote add origin git@git.example.com:example/demo");
    assert_eq!(digest(&there), first);
    // Git's own variables belong to whoever calls us, e.g. a hook of another repository.
    let astray =
        there.pack(["--message-format", "json"]).env("GIT_DIR", "/nowhere").env("GIT_INDEX_FILE", "/nowhere/index");
    assert_eq!(astray.run().success().digest(), first);

    there.append(
        "Cargo.toml",
        "[package.metadata.extension.labels]\n\"org.opencontainers.image.revision\" = \"mine\"\n",
    );
    digest(&there);
    assert_eq!(label(&there, "org.opencontainers.image.revision").as_deref(), Some("mine"));
}

#[test]
fn tags_that_docker_does_not_take() {
    let Some(place) = Place::new() else { return };
    let outcome = place.publish(["--tag", "latest", "--tag", "1.2.3"]).run().success();
    let warning = "warning: `latest` names no version, and Docker's validator refuses it\n";
    assert!(outcome.stderr.starts_with(warning), "{}", outcome.stderr);
    assert_eq!(place.digest("latest"), place.digest("1.2.3"));
    assert_eq!(outcome.stdout.lines().count(), 2);
}

#[test]
fn the_digest_file_is_written_after_success_only() {
    let Some(place) = Place::new() else { return };
    let digest = place.push(["--digest-file", "out/digest"])["digest"].clone();
    let written = || String::from_utf8(files::read(&place.project.path("out/digest"))).expect("text");
    assert_eq!(written(), digest.as_str().expect("text"));
    place.change();
    place.publish(["--digest-file", "out/digest"]).run().failure(1);
    assert_eq!(written(), digest.as_str().expect("text"));
}

#[test]
fn a_layout_is_sent_as_it_is() {
    let Some(place) = Place::new() else { return };
    place.project.pack(["--output", "layout"]).run().success();
    let digest = Layout::read(&place.project.path("layout")).expect("the layout is whole").digest();
    let layout = place.project.path("layout").display().to_string();
    let from = |from: &str, more: &[&str]| {
        let words = ["publish", "--from", from].into_iter().chain(more.iter().copied());
        place.project.dext(words).cwd(place.project.root())
    };
    let image = place.image();
    // Nothing of a project is needed where all is said.
    from(&layout, &["--image", &image, "--tag", "2.0.0"]).run().success();
    from(&format!("{layout}:1.2.3"), &["--image", &image]).run().success();
    assert_eq!((place.digest("2.0.0"), place.digest("1.2.3")), (Some(digest.clone()), Some(digest.clone())));
    // What is not said comes from the project.
    place.project.dext(["publish", "--from", "layout", "--image", &image]).run().success();
    from(&layout, &["--image", &image]).run().failure(101);
    from(&format!("{layout}:9.9.9"), &["--image", &image]).run().failure(1);
    from("nowhere", &["--image", &image, "--tag", "1.0.0"]).run().failure(1);
    from(&layout, &["--image", &image, "--no-build", "--artifacts", "x"]).run().failure(2);
    from(&layout, &["--image", &image, "--features", "x"]).run().failure(2);
}

#[test]
fn quiet_says_where_it_is_and_no_more() {
    let Some(place) = Place::new() else { return };
    let outcome = place.publish(["--quiet"]).run().success();
    assert_eq!(outcome.stderr, "");
    assert!(outcome.stdout.starts_with(&place.image()), "{}", outcome.stdout);
}

#[test]
fn what_is_missing_is_told_before_anything_is_built() {
    let project = prebuilt::project();
    let words = ["publish", "--no-build", "--artifacts", "artifacts"];
    let told = |more: &[&str], code: i32| {
        let outcome = project.dext(words.into_iter().chain(more.iter().copied())).run().failure(code);
        assert!(!project.layout("demo").exists(), "nothing was built");
        outcome.told()
    };
    assert_data_eq!(
        told(&["--tag", "1.2.3+4"], 2),
        str![[r#"
error: `1.2.3+4` cannot be a tag
  help: a tag is 1 to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two; leave out what follows a `+`

"#]]
    );
    for flags in [&["--offline"][..], &["--offline", "--dry-run"]] {
        assert_data_eq!(
            told(flags, 2),
            str![[r#"
error: `publish` talks to a registry, which `--offline` forbids
  help: leave `--offline` out; `cargo dext package --offline` makes the same image

"#]]
        );
    }
    assert_data_eq!(
        told(&["--frozen"], 2),
        str![[r#"
error: `publish` talks to a registry, which `--frozen` forbids
  help: leave `--frozen` out; `--locked` keeps the lock files as they are, and `cargo dext package --frozen` makes the same image

"#]]
    );
    // Nothing is looked at before: there is no such layout.
    assert_data_eq!(
        project.dext(["publish", "--from", "nowhere", "--frozen", "--image", "no name!"]).run().failure(2).told(),
        str![[r#"
error: `publish` talks to a registry, which `--frozen` forbids
  help: leave `--frozen` out; `--locked` keeps the lock files as they are, and `cargo dext package --frozen` makes the same image

"#]]
    );
    assert_data_eq!(
        told(&["--image", "example/demo:1"], 2),
        str![[r#"
error: `example/demo:1` is no image name without tag: it has a tag; the tag is the package's version
  help: write e.g. `--image example/disk-usage` or `--image ghcr.io/example/disk-usage`; tags go to `--tag`

"#]]
    );
    assert_data_eq!(
        told(&["--mount-from", "ghcr.io/example/base"], 2),
        str![[r#"
error: `--mount-from ghcr.io/example/base` is no repository of docker.io
  help: layers can be mounted within one registry only; name the repository without a tag

"#]]
    );
    project.edit("Cargo.toml", "image = \"example/demo\"\n", "");
    assert_data_eq!(
        told(&[], 1),
        str![[r#"
error: nothing says which image is published
  --> [ROOT]/project/Cargo.toml
  help: write `image = "example/disk-usage"` below `[package.metadata.extension]`, or use `--image`

"#]]
    );
    project.edit("Cargo.toml", "version = \"1.2.3\"", "version = \"1.2.3+4\"");
    assert_data_eq!(
        told(&["--image", "example/demo"], 1),
        str![[r#"
error: the version `1.2.3+4` cannot be the tag of an image
  --> Cargo.toml:3:1 (package.version)
  help: a tag is at most 128 letters, digits, `_`, `.` and `-`; leave out what follows the `+`

"#]]
    );
}

#[test]
fn a_helper_that_fails_is_found_before_anything_is_compiled() {
    let Some(place) = Place::guarded(Guard::Password) else { return };
    let config = format!("{{\"credHelpers\": {{\"{}\": \"broken\"}}}}", place.registry.address);
    files::write(&place.project.root().join("home/.docker/config.json"), config.as_bytes());
    let bin = place.project.stand_in("docker-credential-broken", "echo 'the vault is locked' >&2; exit 1\n");
    let image = place.image();
    let outcome = place.project.dext(["publish", "--image", &image]).first_on_path(&bin).run().failure(1);
    assert!(outcome.stderr.contains("docker-credential-broken"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("the vault is locked"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("Compiling"), "{}", outcome.stderr);
}

#[test]
fn a_tag_that_exists_is_told_before_anything_is_compiled() {
    let Some(place) = Place::new() else { return };
    let digest = place.push([])["digest"].as_str().expect("text").to_owned();
    // Nothing can be compiled without tools.
    stand_in_for_real(&place.project, "rustc");
    let tools = stand_in_for_real(&place.project, "cargo");
    let image = place.image();
    let publish = |more: &[&str]| {
        let words = ["publish", "--image", &image].into_iter().chain(more.iter().copied());
        let outcome = place.project.dext(words).env("PATH", &tools).env_remove("CARGO_ZIGBUILD_ZIG_PATH").run();
        assert_ne!(outcome.code, Some(0), "{}", outcome.stderr);
        outcome.stderr
    };
    let found = format!("Found {image}:1.2.3 at {digest}, which");
    let (stays, moves) = (publish(&[]), publish(&["--overwrite"]));
    assert!(stays.contains(&format!("{found} stays if the image differs (see `--overwrite`)\n")), "{stays}");
    assert!(moves.contains(&format!("{found} is moved if the image differs\n")), "{moves}");
    let other = publish(&["--tag", "2.0.0"]);
    assert!(!other.contains("Found"), "{other}");
}

#[test]
fn layers_are_mounted_from_another_repository() {
    let Some(place) = Place::new() else { return };
    let first = place.push([]);
    let publish = |repository: &str, more: &[&str]| {
        let image = format!("{}/example/{repository}", place.registry.address);
        let words = ["publish", "--no-build", "--artifacts", "artifacts", "--message-format=json", "--image", &image];
        let outcome = place.project.dext(words.into_iter().chain(more.iter().copied()));
        // Another home knows nothing of earlier runs.
        outcome.env("CARGO_DEXT_CACHE_DIR", place.project.root().join("other")).run().success().message("dext-push")
    };
    let asked = format!("{}/example/demo", place.registry.address);
    for (repository, more) in [("asked", &["--mount-from", asked.as_str()][..]), ("remembered", &[])] {
        let message = publish(repository, more);
        assert_eq!((&message["mounted"], &message["sent"]), (&first["sent"], &0.into()), "{message}");
        let blobs = message["blobs"].as_array().expect("a list");
        assert!(blobs.iter().all(|blob| blob["fate"] == "mounted"), "{message}");
    }
}

#[test]
fn no_secret_is_told() {
    let Some(place) = Place::guarded(Guard::Password) else { return };
    commit_all(&place.project);
    let config = |password: &str| {
        let auth = base64::standard(format!("{USER}:{password}").as_bytes());
        (format!("{{\"auths\": {{\"{}\": {{\"auth\": \"{auth}\"}}}}}}", place.registry.address), auth)
    };
    // What a child finds in its environment is written down by a child.
    let git = judge("git").expect("git is there");
    let env = place.project.root().join("env");
    let bin = place.project.stand_in("git", &format!("env >> {}\nexec {} \"$@\"\n", env.display(), git.display()));
    let run = |password: &str, more: &[&str]| {
        let (config, auth) = config(password);
        let words = ["-vv"].into_iter().chain(more.iter().copied());
        let outcome = place.publish(words).env("DOCKER_AUTH_CONFIG", config).first_on_path(&bin).run();
        for secret in [password, &auth] {
            let found = [&outcome.stdout, &outcome.stderr].into_iter().any(|text| text.contains(secret));
            assert!(!found, "{secret} is in {}\n{}", outcome.stdout, outcome.stderr);
        }
        outcome
    };
    let wrong = run("wrong horse", &[]).failure(3);
    assert_data_eq!(
        place.told(&wrong),
        str![[r#"
    Verified backend for linux/amd64: ELF for linux/amd64, static
    Verified backend for linux/arm64: ELF for linux/arm64, static
    Verified tool for darwin/amd64: Mach-O for darwin/amd64, macOS 11.0, not signed
    Verified tool for darwin/arm64: Mach-O for darwin/arm64, macOS 11.0, signed ad hoc
    Verified tool for windows/amd64: PE for windows/amd64, console
    Verified tool for windows/arm64: PE for windows/arm64, console
    Verified tool for linux/amd64: ELF for linux/amd64, static
    Verified tool for linux/arm64: ELF for linux/arm64, static
   Packaging demo v1.2.3 ([ROOT]/project/target/dext/demo)
  Publishing example/demo:1.2.3 ([REGISTRY])
        HEAD http://[REGISTRY]/v2/example/demo/manifests/1.2.3: 401
        HEAD http://[REGISTRY]/v2/example/demo/manifests/1.2.3: 401
error: the registry denies access: 401 Unauthorized
  --> [REGISTRY]/example/demo, looking for the tag 1.2.3
  help: run `docker login [REGISTRY]` with an account that may do this; the credentials were: auths."[REGISTRY]" in DOCKER_AUTH_CONFIG

"#]]
    );
    run(PASSWORD, &["--dry-run"]).success();
    run(PASSWORD, &["--message-format=json"]).success();
    run(PASSWORD, &[]).success();
    let inherited = String::from_utf8(files::read(&env)).expect("text");
    assert!(inherited.contains("LC_ALL=C") && !inherited.contains("DOCKER_AUTH_CONFIG"), "{inherited}");
}
