//! Images that others made of the same files, and the mistakes that people make in them.

use std::path::Path;

use super::{MARKETPLACE, findings, packaged};
use crate::inspect::others::{build, context};
use crate::support::distribution::Registry;
use crate::support::files;
use crate::support::judges::{accept, engine, judge};
use crate::support::sandbox::Sandbox;

/// The extension packaged by us, and the same files for other builders.
fn built(project: &Sandbox, buildah: &Path, format: &str) -> String {
    let layout = project.path(format);
    build(buildah, project, format, &format!("oci:{}:1.2.3", layout.display()));
    format!("oci:{format}")
}

#[test]
fn buildah_in_both_formats_and_umoci() {
    let project = packaged();
    let Some(buildah) = judge("buildah") else { return };
    context(&project);
    for format in ["oci", "docker"] {
        let image = built(&project, &buildah, format);
        assert_eq!(findings(&project, [&image, "--profile", "private"]), [""; 0], "{format}");
        assert_eq!(findings(&project, [&image, "--profile", "marketplace"]), MARKETPLACE, "{format}");
    }
    let Some(umoci) = judge("umoci") else { return };
    // umoci knows images of one platform only: it unpacks one of ours and packs it again in a layer of its own.
    let Some(skopeo) = judge("skopeo") else { return };
    let layout = project.path("umoci");
    let (from, to) = (format!("oci:{}:1.2.3", project.layout("demo").display()), format!("oci:{}:x", layout.display()));
    accept(&skopeo, ["--insecure-policy", "--override-arch", "amd64", "--override-os", "linux", "copy", &from, &to]);
    let tag = format!("{}:x", layout.display());
    let bundle = project.path("bundle").display().to_string();
    accept(&umoci, ["unpack", "--rootless", "--image", &tag, &bundle]);
    files::write(&project.path("bundle/rootfs/ui/more.js"), b"ddClient.extension.vm.service.get('/')");
    std::fs::remove_file(project.path("bundle/rootfs/ui/assets/style.css")).expect("a file of the UI");
    accept(&umoci, ["repack", "--image", &tag, &bundle]);
    assert_eq!(
        findings(&project, ["oci:umoci", "--profile", "private"]),
        ["warning E33 the image lacks linux/arm64; it has linux/amd64"]
    );
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
    let answer: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(super::lines(&answer["findings"]), MARKETPLACE);
    let gone = project.dext(["validate", "docker-daemon:nobody/nothing:1"]).env("DOCKER_HOST", engine.host()).run();
    assert_eq!(gone.code, Some(101), "{}", gone.stderr);
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

#[test]
fn mistakes_of_real_extensions() {
    let Some(buildah) = judge("buildah") else { return };
    let fixture = |platform: &str| files::read(&files::program(platform));
    let both = |project: &Sandbox, path: &str, bytes: &[u8], mode: u32| {
        for cpu in ["amd64", "arm64"] {
            let file = project.path(format!("context/{cpu}/{path}"));
            files::write(&file, bytes);
            files::set_mode(&file, mode);
        }
    };
    type Harm<'a> = Box<dyn Fn(&Sandbox) + 'a>;
    let cases: Vec<(&str, Harm<'_>, &[&str])> = vec![
        (
            "one CPU's programs in both images",
            Box::new(|project| {
                both(project, "darwin/tool", &fixture("darwin-amd64"), 0o755);
                both(project, "windows/tool.exe", &fixture("windows-amd64"), 0o755);
                both(project, "linux/tool", &fixture("linux-amd64"), 0o755);
                both(project, "backend", &fixture("linux-amd64"), 0o755);
            }),
            &[
                "error E13 the darwin program `/darwin/tool` is a Mach-O for darwin/amd64, not for darwin/arm64",
                "error E13 the linux program `/linux/tool` is an ELF for linux/amd64, not for linux/arm64",
                "error E40 the backend `/backend` is an ELF for linux/amd64, not for linux/arm64",
                "warning W14 the Windows program `/windows/tool.exe` is for windows/amd64 only",
            ],
        ),
        (
            "a program of Linux for macOS, one that nobody may execute",
            Box::new(|project| {
                both(project, "darwin/tool", &fixture("linux-amd64"), 0o755);
                for cpu in ["amd64", "arm64"] {
                    files::set_mode(&project.path(format!("context/{cpu}/linux/tool")), 0o644);
                }
            }),
            &[
                "error E10 the linux program `/linux/tool` has mode 0644: nobody may execute it",
                "error E12 the darwin file `/darwin/tool`: it is an ELF for linux/amd64, which no darwin machine runs",
            ],
        ),
        (
            "files that are not copied",
            Box::new(|project| {
                for cpu in ["amd64", "arm64"] {
                    std::fs::remove_file(project.path(format!("context/{cpu}/icon.svg"))).expect("an icon");
                    std::fs::remove_file(project.path(format!("context/{cpu}/ui/index.html"))).expect("a page");
                }
                std::fs::remove_file(project.path("context/arm64/windows/tool.exe")).expect("a program");
            }),
            &[
                "error E03 the icon `icon.svg` is not in the image",
                "error E05 the page `index.html` in the root `ui` is not in the image",
                "error E10 the windows file `/windows/tool.exe` is not in the image",
            ],
        ),
    ];
    for (what, harm, expected) in cases {
        // A store of its own for each: buildah adds to a list that is there.
        let project = packaged();
        context(&project);
        // buildah would take equal files for one image.
        for cpu in ["amd64", "arm64"] {
            files::write(&project.path(format!("context/{cpu}/cpu")), cpu.as_bytes());
        }
        harm(&project);
        let found: Vec<Vec<String>> = ["oci", "docker"]
            .into_iter()
            .map(|format| findings(&project, [&built(&project, &buildah, format), "--profile", "private"]))
            .collect();
        assert_eq!(found[0], found[1], "{what}");
        // buildah's layers have other names on each platform, and a place names its layer.
        let mut found = found[0].clone();
        found.dedup();
        assert_eq!(found, expected, "{what}");
    }
}
