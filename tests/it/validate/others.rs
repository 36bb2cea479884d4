//! Images that others made of the same files: what is found in them is what is found in ours, clean or not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::draft::{CPUS, Draft, NAME, write_index};
use super::{MARKETPLACE, findings, packaged};
use crate::inspect::others::build;
use crate::support::distribution::Registry;
use crate::support::files;
use crate::support::judges::{accept, engine, judge};
use crate::support::prebuilt;
use crate::support::sandbox::Sandbox;

/// An extension that we packaged, and one with every mistake that our packager lets pass if it is told to.
fn ours() -> [Sandbox; 2] {
    let broken = prebuilt::project();
    broken.edit("Cargo.toml", "title = \"Demo\"", "title = \"Demo extension\"\napi-version = \"0.3.0\"");
    broken.edit("Cargo.toml", "\"Example Ltd\"", "\"Docker Inc.\"");
    broken.edit("Cargo.toml", "bin = \"tool\"", "bin = \"tool\"\nos = [\"darwin\", \"linux\"]");
    broken.append(
        "Cargo.toml",
        r#"
[package.metadata.extension.extra]
name = "demo"

[package.metadata.extension.marketplace]
categories = ["ai"]
detailed-description = "It costs $5, see [its \"page\"](https://example.com)."

[package.metadata.extension.validate]
allow = [{ id = "E02", reason = "the others' images have it, too" }]
"#,
    );
    broken.write("ui/node_modules/left/index.js", "1");
    broken.pack([]).run().success();
    [packaged(), broken]
}

/// Mistakes that our packager refuses to make, in every part of an extension.
pub fn spoilt() -> Draft {
    let mut draft = Draft::clean();
    for line in [
        "set /name \"tool\"",
        "set /vm/image \"${DESKTOP_PLUGIN_IMAGE}\"",
        "write docker-compose.yaml services: {tool: {image: example/tool, volumes: ['/var/run/docker.sock:/x']}}",
        "arm64: remove icon.svg",
        "arm64: write ui/index.html an older page",
        "program darwin/tool darwin-amd64",
        "program windows/tool.exe windows-amd64",
        "program bin/sh linux-amd64",
        "program elsewhere/linux/tool linux-*",
        "set /host/binaries/0/linux [{\"path\": \"/linux/tool\"}, {\"path\": \"/elsewhere/linux/tool\"}]",
        "mode linux/tool 0644",
        "label com.docker.extension.additional-urls example.com",
        "label com.docker.extension.screenshots [{\"alt\":\"C:\\views\"}]",
        "label com.docker.extension.changelog",
        "unlabel com.docker.extension.publisher-url",
    ] {
        super::wild::step(&mut draft, line);
    }
    draft
}

/// What is found, with its place and its platforms. Layers are not told, which have other names with each builder, and
/// some of them on each platform; nor is the variant of arm64, which some builders write.
#[track_caller]
fn told(project: &Sandbox, image: &str) -> BTreeMap<String, BTreeSet<String>> {
    let outcome = project.dext(["validate", "--format", "json", "--profile", "marketplace", image]).run();
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("no JSON: {}", outcome.stderr));
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in answer["findings"].as_array().expect("a list") {
        let mut place = finding["place"].as_object().expect("a place").clone();
        place.remove("layer");
        let platforms = place.remove("platforms").unwrap_or_else(|| json!(CPUS.map(|cpu| format!("linux/{cpu}"))));
        let plain = |text: &str| text.replace("linux/arm64/v8", "linux/arm64");
        let place = Value::from(place);
        let line = plain(&format!("{} {} {place} {}", finding["level"], finding["rule"], finding["message"]));
        let platforms = platforms.as_array().expect("a list").iter().map(|one| plain(one.as_str().expect("a name")));
        told.entry(line).or_default().extend(platforms);
    }
    told
}

/// Builds the image with others' tools, and expects of each what is found in ours.
fn compare(project: &Sandbox, ours: &str, draft: &Draft, least: usize) {
    let expected = told(project, ours);
    assert!(expected.len() >= least, "{expected:#?}");
    draft.write_context(&project.path("context"));
    let image = |maker: &str| format!("oci:{maker}:docker.io/{NAME}:{}", draft.tag);
    if let Some(buildah) = judge("buildah") {
        for format in ["oci", "docker"] {
            build(
                &buildah,
                project,
                format,
                &format!("oci:{}:docker.io/{NAME}:{}", project.path(format).display(), draft.tag),
            );
            assert_eq!(told(project, &image(format)), expected, "buildah in the format {format}");
        }
        zstd(&buildah, project, draft);
        assert_eq!(told(project, &image("zstd")), expected, "buildah with zstd");
    }
    if let Some(umoci) = judge("umoci") {
        two_of_umoci(&umoci, project, draft);
        assert_eq!(told(project, &image("umoci")), expected, "umoci");
    }
}

#[test]
fn buildah_and_umoci_for_two_platforms() {
    for (project, least) in ours().iter().zip([MARKETPLACE.len(), 13]) {
        let layout = project.layout("demo");
        compare(project, "target/dext/demo", &Draft::packaged(&layout, "1.2.3"), least);
    }
    let project = Sandbox::empty();
    let draft = spoilt();
    draft.write_layout(&project.path("ours"));
    compare(&project, "ours", &draft, 15);
}

/// Two images of buildah with layers of zstd, in one layout. This buildah cannot push a list of images so; the index is
/// the test's.
fn zstd(buildah: &Path, project: &Sandbox, draft: &Draft) {
    let store = project.root().join("store").display().to_string();
    let run = format!("{store}/run");
    let buildah = |words: &[&str]| {
        let store = ["--root", &store, "--runroot", &run, "--storage-driver", "vfs"];
        accept(buildah, store.iter().chain(words))
    };
    let (layout, context) = (project.path("zstd"), project.path("context").display().to_string());
    for platform in &draft.platforms {
        let (cpu, tag) = (platform.cpu.as_str(), format!("one-{}", platform.cpu));
        let to = format!("oci:{}:{cpu}", layout.display());
        let platform = format!("linux/{cpu}");
        buildah(&["bud", "-q", "--isolation", "chroot", "--platform", &platform, "-t", &tag, &context]);
        buildah(&["push", "-q", "--compression-format", "zstd", &tag, &to]);
    }
    let manifests = join(&layout, draft);
    assert!(manifests.iter().all(|manifest| manifest.contains("tar+zstd")), "{manifests:?}");
}

/// Two images of umoci in one layout. umoci knows images of one platform only; the index is the test's.
fn two_of_umoci(umoci: &Path, project: &Sandbox, draft: &Draft) {
    let layout = project.path("umoci");
    let folder = layout.display().to_string();
    accept(umoci, ["init", "--layout", &folder]);
    for platform in &draft.platforms {
        let image = format!("{folder}:{}", platform.cpu);
        let bundle = project.path(format!("bundle-{}", platform.cpu));
        let (rootfs, bundle) = (bundle.join("rootfs"), bundle.display().to_string());
        accept(umoci, ["new", "--image", &image]);
        accept(umoci, ["unpack", "--rootless", "--image", &image, &bundle]);
        // What the second layer deletes and replaces is not to be found.
        files::write(&rootfs.join("metadata.json"), b"{");
        files::write(&rootfs.join("ui/node_modules/x.js"), b"ddClient.extension.vm.service.get('/')");
        accept(umoci, ["repack", "--refresh-bundle", "--image", &image, &bundle]);
        std::fs::remove_dir_all(rootfs.join("ui/node_modules")).expect("a folder");
        platform.write_files(&rootfs);
        accept(umoci, ["repack", "--image", &image, &bundle]);
        let labels =
            platform.labels.iter().flat_map(|(label, value)| ["--config.label".to_owned(), format!("{label}={value}")]);
        let entrypoint = platform.entrypoint.iter().flat_map(|word| ["--config.entrypoint".to_owned(), word.clone()]);
        let words = ["config", "--image", &image, "--os", "linux", "--architecture", &platform.cpu].map(str::to_owned);
        accept(umoci, words.into_iter().chain(entrypoint).chain(labels));
    }
    join(&layout, draft);
}

/// Puts the images of a layout, whose tags are CPUs, into one index, and returns their manifests.
fn join(layout: &Path, draft: &Draft) -> Vec<String> {
    let index: Value = serde_json::from_slice(&files::read(&layout.join("index.json"))).expect("JSON");
    let (mut entries, mut manifests) = (Vec::new(), Vec::new());
    for entry in index["manifests"].as_array().expect("a list") {
        let cpu = &entry["annotations"]["org.opencontainers.image.ref.name"];
        let platform = json!({ "os": "linux", "architecture": cpu });
        let digest = entry["digest"].as_str().expect("a digest").trim_start_matches("sha256:");
        manifests.push(String::from_utf8(files::read(&layout.join("blobs/sha256").join(digest))).expect("JSON"));
        entries.push(json!({
            "mediaType": entry["mediaType"], "digest": entry["digest"], "size": entry["size"], "platform": platform,
        }));
    }
    assert_eq!(entries.len(), draft.platforms.len());
    write_index(layout, &entries, &format!("docker.io/{NAME}:{}", draft.tag));
    manifests
}

#[test]
fn a_running_engine_and_what_it_saves() {
    let project = packaged();
    let Some(engine) = engine() else { return };
    project.pack(["--load"]).env("DOCKER_HOST", engine.host()).run().success();
    let saved = project.path("saved.tar").display().to_string();
    engine.say(["save", "-o", &saved, "example/demo:1.2.3"]);
    for image in ["saved.tar", "docker-archive:saved.tar:example/demo:1.2.3"] {
        assert_eq!(findings(&project, [image, "--profile", "marketplace"]), MARKETPLACE, "{image}");
        assert_eq!(findings(&project, [image, "--profile", "private"]), [""; 0], "{image}");
    }
    let outcome = project.dext(["validate", "docker-daemon:example/demo:1.2.3", "--format", "json"]);
    let outcome = outcome.env("DOCKER_HOST", engine.host()).run().failure(1);
    let answer: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(super::lines(&answer["findings"]), MARKETPLACE);
    let gone = project.dext(["validate", "docker-daemon:nobody/nothing:1"]).env("DOCKER_HOST", engine.host()).run();
    assert_eq!(gone.code, Some(101), "{}", gone.stderr);

    // What the engine builds by itself. It holds one platform, and nobody can say of it that another is missing.
    let [_, broken] = ours();
    let broken = Draft::packaged(&broken.layout("demo"), "1.2.3");
    for (at, mut draft) in [Draft::clean(), spoilt(), broken].into_iter().enumerate() {
        let project = Sandbox::empty();
        draft.platforms.truncate(1);
        draft.write_layout(&project.path("ours"));
        draft.write_context(&project.path("context"));
        let name = format!("{NAME}:{}", draft.tag);
        let context = project.path("context").display().to_string();
        let words = ["build", "-q", "--build-arg", "TARGETARCH=amd64", "-t", &name, &context];
        let built = engine.docker(words).env("DOCKER_BUILDKIT", "0").output().expect("docker can be started");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        engine.say(["save", "-o", &project.path("saved.tar").display().to_string(), &name]);
        let mut expected = told(&project, "ours");
        expected.retain(|line, _| !line.contains("\"E33\""));
        assert_eq!(expected.is_empty(), at == 0, "{expected:#?}");
        assert_eq!(told(&project, "saved.tar"), expected);
    }
}

#[test]
fn a_registry() {
    let project = packaged();
    let (Some(program), Some(skopeo)) = (judge("docker-registry"), judge("skopeo")) else { return };
    let registry = Registry::start(&program, project.root());
    let name = format!("{}/team/demo:1.2.3", registry.address);
    let from = format!("oci:{}:1.2.3", project.layout("demo").display());
    accept(
        &skopeo,
        ["--insecure-policy", "copy", "--all", "--dest-tls-verify=false", &from, &format!("docker://{name}")],
    );
    assert_eq!(findings(&project, [name.as_str()]), [""; 0], "no image of Docker Hub is for private use");
    let market = findings(&project, [&name, "--profile", "marketplace"]);
    let elsewhere = format!("warning W38 the image is on {}, not on Docker Hub", registry.address);
    assert_eq!(market, [&MARKETPLACE.map(str::to_owned)[..], &[elsewhere]].concat());
    // The two configs and manifests, the index, and each layer once.
    let blobs = registry.requests().into_iter().filter(|line| line.starts_with("GET") && line.contains("/blobs/"));
    let mut blobs: Vec<String> = blobs.collect();
    let all = blobs.len();
    blobs.sort();
    blobs.dedup();
    assert_eq!(all, 2 * blobs.len(), "each blob once for each of two runs");
}
