//! Images that buildah made of the same files.

use std::path::Path;

use serde_json::Value;

use super::{facts, gzip, packaged};
use crate::support::files;
use crate::support::judges::{accept, judge};
use crate::support::oci::Layout;
use crate::support::sandbox::Sandbox;

/// Writes the files of our image for each CPU, and a Dockerfile that copies them and sets the same labels.
pub fn context(project: &Sandbox) {
    let layout = Layout::read(&project.layout("demo")).expect("whole");
    for cpu in ["amd64", "arm64"] {
        let image = layout.image(&format!("linux/{cpu}"));
        for (path, entry) in image.files() {
            let file = project.path(format!("context/{cpu}/{path}"));
            files::write(&file, &entry.bytes);
            files::set_mode(&file, entry.owner.0);
        }
    }
    let labels = facts(project, ["target/dext/demo"])["platforms"][0]["labels"].clone();
    let labels = labels.as_object().expect("labels").iter();
    let labels: String = labels.map(|(key, value)| format!("LABEL {key}={value}\n")).collect();
    let dockerfile = format!(
        "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH/metadata.json /\nCOPY $TARGETARCH/ /\n{labels}ENTRYPOINT [\"/backend\"]\n"
    );
    project.write("context/Dockerfile", dockerfile);
}

/// Builds both platforms with buildah in one of its formats, and writes them where `to` says.
pub fn build(buildah: &Path, project: &Sandbox, format: &str, to: &str) {
    let store = project.root().join("store");
    let store = [
        "--root".to_owned(),
        store.display().to_string(),
        "--runroot".to_owned(),
        store.join("run").display().to_string(),
        "--storage-driver".to_owned(),
        "vfs".to_owned(),
    ];
    let name = format!("demo-{format}");
    let context = project.path("context").display().to_string();
    let words =
        ["bud", "-q", "--layers", "--isolation", "chroot", "--format", format, "--platform", "linux/amd64,linux/arm64"];
    let words = words.into_iter().chain(["--manifest", &name, &context]).map(str::to_owned);
    accept(buildah, store.iter().cloned().chain(words));
    let words =
        ["manifest", "push", "-q", "--all", "--format", if format == "oci" { "oci" } else { "v2s2" }, &name, to];
    accept(buildah, store.iter().cloned().chain(words.map(str::to_owned)));
}

/// What must not depend on who made the image.
fn essence(facts: &Value) -> Value {
    let platforms = facts["platforms"].as_array().expect("platforms").iter().map(|platform| {
        let programs = |programs: &Value| {
            let list: Vec<Value> = match programs {
                Value::Array(list) => list.clone(),
                one => vec![one.clone()],
            };
            list.into_iter()
                .map(|mut program| {
                    program.as_object_mut().expect("a program").remove("layer");
                    program
                })
                .collect::<Vec<_>>()
        };
        let name = platform["platform"].as_str().expect("a name").trim_end_matches("/v8").to_owned();
        let labels: serde_json::Map<String, Value> = platform["labels"].as_object().expect("labels").clone();
        let labels: serde_json::Map<String, Value> =
            labels.into_iter().filter(|(key, _)| !key.starts_with("io.buildah.")).collect();
        serde_json::json!({
            "platform": name, "labels": labels, "metadata": platform["metadata"], "entrypoint": platform["entrypoint"],
            "host_binaries": programs(&platform["host_binaries"]), "backend": programs(&platform["backend"]),
        })
    });
    // buildah lists platforms in the order in which they were ready.
    let mut platforms: Vec<Value> = platforms.collect();
    platforms.sort_by_key(|platform| platform["platform"].to_string());
    Value::from(platforms)
}

#[test]
fn the_same_facts_of_the_same_files() {
    let project = packaged();
    let Some(buildah) = judge("buildah") else { return };
    context(&project);
    let ours = essence(&facts(&project, ["target/dext/demo"]));
    for format in ["oci", "docker"] {
        let layout = project.path(format);
        build(&buildah, &project, format, &format!("oci:{}:1", layout.display()));
        let theirs = facts(&project, [format]);
        assert_eq!(essence(&theirs), ours, "{format}");
        assert_eq!(theirs["platforms"][0]["layers"].as_array().map(Vec::len), Some(2), "a layer a line");
    }
}

#[test]
fn one_platform_as_skopeo_saves_it() {
    let project = packaged();
    let Some(skopeo) = judge("skopeo") else { return };
    let from = format!("oci:{}:1.2.3", project.layout("demo").display());
    let to = format!("docker-archive:{}:example/demo:1.2.3", project.path("saved.tar").display());
    accept(&skopeo, ["--insecure-policy", "--override-arch", "arm64", "--override-os", "linux", "copy", &from, &to]);
    gzip(&project, "saved.tar");
    let ours = essence(&facts(&project, ["target/dext/demo", "--platform", "linux/arm64"]));
    for image in ["saved.tar", "saved.tar.gz", "docker-archive:saved.tar:example/demo:1.2.3"] {
        let theirs = facts(&project, [image]);
        assert_eq!(essence(&theirs), ours, "{image}");
        assert_eq!(theirs["platforms"][0]["layers"][0]["media_type"], "application/vnd.docker.image.rootfs.diff.tar");
    }
}
