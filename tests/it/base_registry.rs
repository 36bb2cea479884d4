//! A backend on a base image from a registry: locked, fetched once, inherited from, and never packed again.

use crate::support::bases::{Bases, Family};
use crate::support::daemon::Engine;
use crate::support::distribution::Registry;
use crate::support::files;
use crate::support::judges::{self, accept, judge};
use crate::support::oci::{Image, Layout};
use crate::support::prebuilt;
use crate::support::sandbox::{Outcome, Sandbox};
use crate::support::talk;

const BOTH: [&str; 2] = ["linux/amd64", "linux/arm64"];

fn layout(project: &Sandbox) -> Layout {
    Layout::read(&project.layout("demo")).expect("the layout is whole")
}

fn layers(image: &Image) -> Vec<&str> {
    image.layers.iter().map(|layer| layer.digest.as_str()).collect()
}

/// Standard error with the registry's port hidden.
fn told(outcome: &Outcome, bases: &Bases) -> String {
    outcome.told().replace(bases.address(), "[REGISTRY]")
}

fn short(digest: &str) -> &str {
    &digest["sha256:".len()..][..12]
}

#[test]
fn its_layers_lie_below_and_how_it_runs_is_inherited() {
    let Some(bases) = Bases::start() else { return };
    for (tag, family, wanted) in [
        ("1", Family::Oci, "oci"),
        ("2", Family::Docker, "oci"),
        ("3", Family::Oci, "docker"),
        ("4", Family::Docker, "docker"),
    ] {
        let pushed = bases.push(tag, &BOTH, 1, family);
        let project = prebuilt::project();
        project.base(&bases.name(tag));
        let outcome = project.pack(["--media-types", wanted]).run().success();
        let text = told(&outcome, &bases);
        assert!(
            text.contains(&format!("Locking [REGISTRY]/test/base:{tag} sha256:{}\n", short(&pushed.digest))),
            "{text}"
        );
        assert!(
            text.contains(&format!("Downloading [REGISTRY]/test/base:{tag} for linux/amd64, linux/arm64\n")),
            "{text}"
        );
        let layout = layout(&project);
        assert!(layout.index["annotations"].is_null(), "{}", layout.index);
        for image in &layout.images {
            assert_eq!(layers(image)[..2], pushed.layers[&image.platform], "the base's layers come first, unchanged");
            assert!(image.layers.len() > 2 && image.manifest["annotations"].is_null());
            let other = if wanted == "oci" { "vnd.docker" } else { "vnd.oci" };
            assert!(!image.manifest.to_string().contains(other), "{}", image.manifest);
            let config = &image.config["config"];
            assert_eq!(config["Entrypoint"], serde_json::json!(["/backend"]));
            assert!(config["Cmd"].is_null(), "arguments of another program");
            assert_eq!(config["Env"], serde_json::json!(["PATH=/bin", "BASE=yes"]));
            assert_eq!((&config["User"], &config["WorkingDir"]), (&"1000:1000".into(), &"/srv".into()));
            assert_eq!(config["ExposedPorts"], serde_json::json!({ "8080/tcp": {} }));
            assert_eq!(config["Volumes"], serde_json::json!({ "/data": {} }));
            assert_eq!(config["StopSignal"], "SIGQUIT");
            assert_eq!(config["Labels"]["org.opencontainers.image.title"], "Demo");
            assert!(config["Labels"]["com.example.base"].is_null(), "{config}");
        }
    }
}

#[test]
fn without_a_program_of_its_own_an_extension_runs_the_base() {
    let Some(bases) = Bases::start() else { return };
    bases.push("1", &BOTH, 1, Family::Oci);
    let project = prebuilt::project();
    project.edit("Cargo.toml", "bin = \"backend\"\n", &format!("base = \"{}\"\n", bases.name("1")));
    for (more, arguments) in [("", "--base"), ("args = [\"--ours\"]\n", "--ours")] {
        project.edit("Cargo.toml", "socket = ", &format!("{more}socket = "));
        project.pack([]).run().success();
        for image in &layout(&project).images {
            let config = &image.config["config"];
            assert_eq!(config["Entrypoint"], serde_json::json!(["/base"]));
            assert_eq!(config["Cmd"], serde_json::json!([arguments]));
            assert!(config["Labels"]["com.example.base"].is_null(), "{config}");
        }
    }
}

#[test]
fn what_is_locked_and_cached_needs_no_registry() {
    let Some(bases) = Bases::start() else { return };
    let pushed = bases.push("1", &BOTH, 1, Family::Oci);
    let project = prebuilt::project();
    project.base(&bases.name("1"));
    let first = project.pack(["--message-format", "json"]).run().success();
    let expected = serde_json::json!({ "reason": "dext-base", "image": bases.name("1"), "digest": pushed.digest });
    assert_eq!(first.message("dext-base"), expected);
    let first = first.digest();
    let lock = project.lock().expect("a lock");
    let image = format!("image = \"{}\"\ndigest = \"{}\"\nlinux-amd64 = \"sha256:", bases.name("1"), pushed.digest);
    assert!(lock.contains(&image), "{lock}");
    let before = bases.requests().len();
    let asked = bases.requests().iter().filter(|request| request.contains("/test/base/")).count();
    assert!(asked > 0);
    for flags in [&[][..], &["--locked"], &["--offline"], &["--frozen"]] {
        let outcome = project.pack(["--message-format", "json"].into_iter().chain(flags.iter().copied())).run();
        assert_eq!(outcome.success().digest(), first, "{flags:?}");
    }
    assert_eq!(bases.requests()[before..], [] as [String; 0]);
    drop(bases);
    // A colleague's machine has the lock and another cache, but this one has all it needs.
    let colleague = prebuilt::project();
    files::write(&colleague.path("Cargo.toml"), &files::read(&project.path("Cargo.toml")));
    files::write(&colleague.path("Dext.lock"), lock.as_bytes());
    let cache = project.root().join("cache");
    let outcome = colleague.pack(["--message-format", "json"]).env("CARGO_DEXT_CACHE_DIR", cache).run().success();
    assert_eq!(outcome.digest(), first);
    assert_eq!(colleague.lock().as_deref(), Some(lock.as_str()));
}

#[test]
fn a_tag_that_moves_is_followed_when_it_is_asked_for() {
    let Some(bases) = Bases::start() else { return };
    let old = bases.push("1", &BOTH, 1, Family::Oci);
    let project = prebuilt::project();
    project.base(&bases.name("1"));
    let first = project.pack(["--message-format", "json"]).run().success().digest();
    let lock = project.lock();
    let new = bases.push("1", &BOTH, 2, Family::Oci);
    assert_ne!(old.digest, new.digest);
    assert_eq!(project.pack(["--message-format", "json"]).run().success().digest(), first);

    let line =
        format!("    Updating [REGISTRY]/test/base:1 sha256:{} -> sha256:{}\n", short(&old.digest), short(&new.digest));
    let outcome = project.run(["update", "--dry-run"]);
    assert_eq!(told(&outcome, &bases), format!("{line}warning: not updating the lock file due to dry run\n"));
    let outcome = project.dext(["update", "--locked"]).run().failure(1);
    let text = told(&outcome, &bases);
    assert!(text.contains("cannot update the lock file because `--locked` was passed to prevent this"), "{text}");
    assert_eq!(project.lock(), lock);
    let outcome = project.dext(["update", "--offline"]).run().failure(1);
    assert!(outcome.told().contains("the network is off limits"), "{}", outcome.told());

    let outcome = project.run(["update", "--message-format", "json"]);
    assert_eq!(told(&outcome, &bases), line);
    let expected = serde_json::json!({
        "reason": "dext-base", "image": bases.name("1"), "digest": new.digest, "from": old.digest,
    });
    assert_eq!(outcome.message("dext-base"), expected);
    assert!(project.lock().is_some_and(|lock| lock.contains(&new.digest)));
    let outcome = project.run(["update", "--package", "demo"]);
    let expected = format!(
        "   Unchanged [REGISTRY]/test/base:1 sha256:{}\n    Finished Dext.lock is up to date\n",
        short(&new.digest)
    );
    assert_eq!(told(&outcome, &bases), expected);
    project.pack([]).run().success();
    assert_eq!(layers(layout(&project).image("linux/arm64"))[..2], new.layers["linux/arm64"]);

    // Back on `scratch`, nobody needs the lock.
    project.base("scratch");
    let outcome = project.pack(["--locked"]).run().failure(1);
    assert!(outcome.told().contains("it has entries that nobody uses"), "{}", outcome.told());
    project.pack([]).run().success();
    assert_eq!(project.lock(), None);
    assert_eq!(project.run(["update"]).told(), "    Finished no tag of a base image needs a lock\n");
}

#[test]
fn the_extensions_of_a_workspace_share_a_lock() {
    let Some(bases) = Bases::start() else { return };
    let digests = ["1", "2"].map(|tag| bases.push(tag, &BOTH, tag.len() as u64, Family::Oci).digest);
    let project = Sandbox::of("workspace");
    let base = format!("bin = \"service\"\nbase = \"{}\"\n", bases.name("1"));
    project.edit("Cargo.toml", "bin = \"service\"\n", &base);
    let table = format!(
        "\n[package.metadata.extension]\ntitle = \"B\"\nvendor = \"B\"\ndescription = \"B\"\nvm = {{ bin = \"service\", base = \"{}\" }}\n",
        bases.name("2")
    );
    project.append("backend/Cargo.toml", &table);
    // One of them, and then all.
    project.run(["update", "--package", "backend"]);
    let lock = project.lock().expect("beside Cargo.lock");
    assert!(lock.contains(&bases.name("2")) && !lock.contains(&bases.name("1")), "{lock}");
    let outcome = project.run(["update"]);
    let lock = project.lock().expect("beside Cargo.lock");
    assert!(digests.iter().all(|digest| lock.contains(digest)), "{lock}\n{}", outcome.told());
    assert!(!project.path("backend/Dext.lock").exists());
}

#[test]
fn what_the_registry_does_not_have_is_told() {
    let Some(bases) = Bases::start() else { return };
    bases.push("1", &BOTH, 1, Family::Oci);
    let project = prebuilt::project();
    project.base(&bases.name("2"));
    for words in [&prebuilt::PACKAGE[..], &["update"]] {
        let outcome = project.dext(words).run().failure(3);
        let text = told(&outcome, &bases);
        assert!(text.contains("[REGISTRY]/test/base") && text.contains("help: check `vm.base`"), "{text}");
    }
    assert_eq!(project.lock(), None);
}

#[test]
fn a_missing_platform_is_told_before_anything_is_built() {
    let Some(bases) = Bases::start() else { return };
    for (tag, platforms, found) in [
        ("1", &["linux/amd64", "linux/riscv64"][..], "only linux/amd64, linux/riscv64"),
        ("2", &["linux/amd64!"], "only linux/amd64"),
    ] {
        bases.push(tag, platforms, 1, Family::Oci);
        let project = prebuilt::project();
        project.base(&bases.name(tag));
        let outcome = project.dext(["package"]).run().failure(1);
        let text = told(&outcome, &bases);
        let expected = format!("error: the base image `[REGISTRY]/test/base:{tag}` has no linux/arm64, {found}\n");
        assert!(text.contains(&expected), "{text}");
        assert!(text.contains("--platform linux/amd64") && !text.contains("Building"), "{text}");
        assert!(project.lock().is_none() && !project.layout("demo").exists());
        assert!(
            !bases.requests().iter().any(|request| request.contains("GET /v2/test/base/blobs/") && platforms.len() > 1)
        );
        project.pack(["--platform", "linux/amd64"]).run().success();
    }
}

#[test]
fn without_the_network_it_says_what_is_missing() {
    let Some(bases) = Bases::start() else { return };
    let pushed = bases.push("1", &BOTH, 1, Family::Oci);
    let project = prebuilt::project();
    project.base(&bases.name("1"));
    for (flag, expected) in [
        ("--locked", "`--locked` was passed to prevent this: `[REGISTRY]/test/base:1` is not in it yet"),
        ("--frozen", "`--locked` was passed to prevent this: `[REGISTRY]/test/base:1` is not in it yet"),
        ("--offline", "the base image `[REGISTRY]/test/base:1` is not locked yet"),
    ] {
        let outcome = project.pack([flag]).run().failure(1);
        let text = told(&outcome, &bases);
        assert!(text.contains(expected) && text.contains("`cargo dext update`"), "{flag}: {text}");
        assert_eq!(project.lock(), None);
    }
    let plan = |project: &Sandbox| project.run(["package", "--dry-run"]).stdout;
    assert!(plan(&project).contains(&format!("base {} (not locked yet)\n", bases.name("1"))), "{}", plan(&project));
    project.run(["update"]);
    assert!(plan(&project).contains(&format!("base {} ({})\n", bases.name("1"), pushed.digest)), "{}", plan(&project));
    let outcome = project.pack(["--offline"]).run().failure(1);
    let text = told(&outcome, &bases);
    assert!(text.contains("is not in the cache") && text.contains("`cargo dext package` once"), "{text}");

    // A digest needs no lock.
    let fixed = format!("{}@{}", bases.name("1"), pushed.digest);
    project.base(&fixed);
    project.pack([]).run().success();
    assert_eq!(project.lock(), None);
    project.pack(["--frozen"]).run().success();
    assert!(plan(&project).contains(&format!("base {fixed}\n")), "{}", plan(&project));
    let other = fixed.replace(&pushed.digest, &files::sha256(b"nothing"));
    project.base(&other);
    project.pack([]).run().failure(3);
}

#[test]
fn damage_in_the_cache_heals() {
    let Some(bases) = Bases::start() else { return };
    bases.push("1", &BOTH, 1, Family::Docker);
    let project = prebuilt::project();
    project.base(&bases.name("1"));
    let first = project.pack(["--message-format", "json"]).run().success().digest();
    let blobs = project.root().join("cache/bases/blobs/sha256");
    let files: Vec<_> = std::fs::read_dir(&blobs).expect("a cache").flatten().map(|file| file.path()).collect();
    assert_eq!(files.len(), 1 + 2 * 2 + 4, "index, manifests, configs, layers");
    for (at, file) in files.iter().enumerate() {
        let mut bytes = files::read(file);
        match at % 3 {
            0 => bytes[0] ^= 1,
            1 => bytes.truncate(10),
            _ => bytes.extend(b"more"),
        }
        files::write(file, &bytes);
        let layout = project.layout("demo");
        std::fs::remove_dir_all(&layout).expect("the image was there");
        project.pack(["--offline"]).run().failure(1);
        assert_eq!(project.pack(["--message-format", "json"]).run().success().digest(), first, "{}", file.display());
    }
}

#[test]
fn a_layer_that_came_in_part_is_taken_up_there() {
    let Some(bases) = Bases::start() else { return };
    let pushed = bases.push("1", &BOTH, 1, Family::Oci);
    let project = prebuilt::project();
    project.base(&bases.name("1"));
    project.pack([]).run().success();
    let cache = project.root().join("cache/bases");
    let layer = &pushed.layers["linux/arm64"][1][7..];
    let whole = cache.join("blobs/sha256").join(layer);
    let bytes = files::read(&whole);
    files::write(&cache.join(format!("{layer}.part")), &bytes[..20_000]);
    std::fs::remove_file(&whole).expect("it was there");
    assert!(!bases.gave_a_part());
    project.pack([]).run().success();
    assert!(bases.gave_a_part());
    assert_eq!(files::read(&whole), bytes);
    assert!(!cache.join(format!("{layer}.part")).exists());
}

#[test]
fn a_lock_file_that_cannot_be_used_is_told_with_its_line() {
    let project = prebuilt::project();
    project.base("alpine:3.20");
    for (text, expected) in [
        ("version = 1\n[[base]]\nimage = \"alpine:3.20\"\n", "Dext.lock:3\n"),
        ("version = 2\n", "Dext.lock:1\n"),
        ("version = 1\n<<<<<<< HEAD\n", "Dext.lock:2\n"),
    ] {
        project.write("Dext.lock", text);
        for words in [&["package", "--dry-run"][..], &["update"]] {
            let outcome = project.dext(words).run().failure(1);
            assert!(outcome.told().contains(expected) && outcome.told().contains("help: "), "{}", outcome.told());
        }
        assert_eq!(project.lock().as_deref(), Some(text), "it is left for its owner to mend");
    }
}

#[test]
fn publishing_to_the_registry_of_the_base_sends_none_of_its_layers() {
    let Some(bases) = Bases::start() else { return };
    let pushed = bases.push("1", &BOTH, 1, Family::Oci);
    let project = prebuilt::project();
    project.base(&bases.name("1"));
    let image = format!("{}/example/demo", bases.address());
    let words = ["publish", "--no-build", "--artifacts", "artifacts", "--allow-dirty", "--image", &image];
    project.run(words);
    let requests = bases.requests();
    for layer in pushed.layers.values().flatten() {
        let mounted = requests.iter().any(|request| {
            request.starts_with("POST ") && request.contains(&layer[7..]) && request.contains("from=test%2Fbase")
                || request.contains(&layer[7..]) && request.contains("from=test/base")
        });
        assert!(mounted, "{layer} in {requests:#?}");
    }
}

#[test]
fn publishing_to_another_registry_copies_the_layers_of_the_base() {
    let (Some(bases), Some(program)) = (Bases::start(), judge("docker-registry")) else { return };
    let pushed = bases.push("1", &BOTH, 1, Family::Oci);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let registry = Registry::start(&program, folder.path());
    let project = prebuilt::project();
    project.base(&bases.name("1"));
    let image = format!("{}/example/demo", registry.address);
    let words = ["publish", "--no-build", "--artifacts", "artifacts", "--message-format", "json", "--image", &image];
    let message = project.run(words).message("dext-push");
    let blobs = message["blobs"].as_array().expect("a list");
    for layer in pushed.layers.values().flatten() {
        let told = blobs.iter().find(|blob| blob["digest"] == *layer).expect("it is part of the image");
        assert_eq!(told["fate"], "sent", "{layer}");
        let there = talk::head(&registry.address, &format!("/v2/example/demo/blobs/{layer}"), "docker-content-digest");
        assert_eq!(there.as_ref(), Some(layer));
    }
    let asked = registry.requests();
    assert!(!asked.iter().any(|request| request.contains("from=")), "nothing can be mounted: {asked:?}");
}

#[test]
fn a_dry_run_of_publish_locks_nothing() {
    let Some(bases) = Bases::start() else { return };
    bases.push("1", &BOTH, 1, Family::Oci);
    let project = prebuilt::project();
    project.base(&bases.name("1"));
    let image = format!("{}/example/demo", bases.address());
    let words = ["publish", "--dry-run", "--no-build", "--artifacts", "artifacts", "--image", &image];
    let before = project.sources();
    let outcome = project.run(words);
    let warning = "warning: not updating the lock file due to dry run\n";
    assert!(outcome.stderr.contains(warning), "{}", outcome.stderr);
    assert_eq!(project.sources(), before);
    let outcome = project.dext(words).arg("--locked").run().failure(1);
    assert!(outcome.stderr.contains("`--locked` was passed to prevent this"), "{}", outcome.stderr);
    project.run(["update"]);
    let before = project.sources();
    let outcome = project.dext(words).arg("--locked").run().success();
    assert!(!outcome.stderr.contains(warning), "{}", outcome.stderr);
    assert_eq!(project.sources(), before);
}

#[test]
fn skopeo_and_the_engine_take_the_image() {
    let Some(bases) = Bases::start() else { return };
    let Some(skopeo) = judge("skopeo") else { return };
    bases.push("1", &BOTH, 1, Family::Docker);
    let project = prebuilt::project();
    project.base(&bases.name("1"));
    project.pack([]).run().success();
    let back = project.root().join("back");
    let (from, to) =
        (format!("oci:{}:1.2.3", project.layout("demo").display()), format!("oci:{}:1.2.3", back.display()));
    accept(&skopeo, ["--insecure-policy", "copy", "--all", "--preserve-digests", &from, &to]);
    assert_eq!(Layout::read(&back).expect("whole").digest(), layout(&project).digest());

    let (Some(dockerd), Some(docker)) = (judge("dockerd"), judge("docker")) else { return };
    if !judges::is_root() {
        return judges::absent("only root can start a container engine");
    }
    let engine = Engine::start(&dockerd, &docker);
    project.pack(["--load"]).env("DOCKER_HOST", engine.host()).run().success();
    assert_eq!(engine.say(["run", "--rm", "--network=none", "example/demo:1.2.3"]), "hello\n");
}
