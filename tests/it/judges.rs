//! The sample's image before judges that we did not write.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::Value;

use crate::sample::{Sample, ask_health, sample};
use crate::support::daemon::{Engine, wait_for};
use crate::support::distribution::Registry;
use crate::support::files;
use crate::support::judges::{self, accept, judge, refuse};
use crate::support::oci::Layout;

/// The sample's layout and the tag in it, as skopeo takes it.
fn reference(sample: &Sample) -> String {
    format!("oci:{}:0.1.0", sample.sandbox.layout("disk-usage").display())
}

/// A layout with the image of one CPU, which some judges want.
fn one_cpu(sample: &Sample, cpu: &str, folder: &Path) -> Option<String> {
    let skopeo = judge("skopeo")?;
    let one = format!("{}:0.1.0", folder.join(cpu).display());
    let args = ["--insecure-policy", "--override-os", "linux", "--override-arch", cpu, "copy", &reference(sample)];
    accept(&skopeo, args.into_iter().chain([format!("oci:{one}").as_str()]));
    Some(one)
}

#[test]
fn the_schemas_of_the_specification() {
    let Some(sample) = sample() else { return };
    let (Some(python), Some(schemas)) = (judges::python(), judges::schemas()) else { return };
    let judge = files::checkout().join("tests/it/support/schema_judge.py");
    let folder = sample.sandbox.layout("disk-usage");
    let blob = |digest: &Value| {
        let digest = digest.as_str().expect("a digest");
        folder.join("blobs/sha256").join(digest.trim_start_matches("sha256:")).display().to_string()
    };
    let path = |name: &str| folder.join(name).display().to_string();
    let layout = &sample.layout;
    let mut pairs = vec![
        ("image-layout-schema.json", path("oci-layout")),
        ("image-index-schema.json", path("index.json")),
        ("image-index-schema.json", blob(&layout.descriptor["digest"])),
    ];
    for image in &layout.images {
        pairs.push(("image-manifest-schema.json", blob(&Value::from(image.digest.as_str()))));
        pairs.push(("config-schema.json", blob(&image.manifest["config"]["digest"])));
    }
    let words = |pairs: &[(&str, String)]| {
        let head = [judge.display().to_string(), schemas.display().to_string()];
        let tail = pairs.iter().flat_map(|(schema, document)| [(*schema).to_owned(), document.clone()]);
        head.into_iter().chain(tail).collect::<Vec<_>>()
    };
    assert_eq!(accept(&python, words(&pairs)), "");
    // A judge that accepts everything would prove nothing.
    let temp = tempfile::tempdir().expect("a temporary folder can be made");
    let bad = temp.path().join("bad.json");
    files::write(&bad, br#"{"digest":"sha256:x","size":-1}"#);
    for (schema, _) in &pairs {
        let said = refuse(&python, words(&[(schema, bad.display().to_string())]));
        assert!(said.contains("required property"), "{schema}: {said}");
    }
}

#[test]
fn umoci_unpacks_what_we_packed() {
    let Some(sample) = sample() else { return };
    let Some(umoci) = judge("umoci") else { return };
    for cpu in ["amd64", "arm64"] {
        let temp = tempfile::tempdir().expect("a temporary folder can be made");
        let Some(one) = one_cpu(sample, cpu, temp.path()) else { return };
        let bundle = temp.path().join("bundle");
        let args = ["unpack", "--rootless", "--image", &one];
        accept(&umoci, args.iter().map(AsRef::as_ref).chain([bundle.as_os_str()]));
        let rootfs = bundle.join("rootfs");
        let unpacked: BTreeMap<String, Vec<u8>> = files::fingerprint(&rootfs)
            .into_iter()
            .filter(|(_, kind)| kind != "folder")
            .map(|(path, _)| (path.display().to_string(), files::read(&rootfs.join(&path))))
            .collect();
        let image = sample.layout.image(&format!("linux/{cpu}"));
        let packed: BTreeMap<String, Vec<u8>> =
            image.files().into_iter().map(|(path, entry)| (path.to_owned(), entry.bytes.clone())).collect();
        assert_eq!(unpacked.keys().collect::<Vec<_>>(), packed.keys().collect::<Vec<_>>());
        assert!(unpacked == packed, "umoci unpacks other bytes for {cpu}");
        for (path, entry) in image.files() {
            let meta = rootfs.join(path).metadata().expect("it is there");
            assert_eq!((meta.mode() & 0o7777, meta.mtime()), (entry.owner.0, 0), "{path}");
        }
    }
}

#[test]
fn oci_image_tool_finds_nothing_wrong() {
    let Some(sample) = sample() else { return };
    let Some(tool) = judge("oci-image-tool") else { return };
    for cpu in ["amd64", "arm64"] {
        let temp = tempfile::tempdir().expect("a temporary folder can be made");
        let Some(_) = one_cpu(sample, cpu, temp.path()) else { return };
        let layout = temp.path().join(cpu);
        let words = ["validate", "--type", "image", "--ref", "name=0.1.0"].map(AsRef::as_ref);
        accept(&tool, words.into_iter().chain([layout.as_os_str()]));
        spoil_a_layer(&layout);
        let said = refuse(&tool, words.into_iter().chain([layout.as_os_str()]));
        assert!(said.contains("mismatch"), "{said}");
    }
}

/// Flips a bit of the largest blob.
fn spoil_a_layer(layout: &Path) {
    let blobs = std::fs::read_dir(layout.join("blobs/sha256")).expect("blobs").flatten();
    let blob = blobs.max_by_key(|blob| blob.metadata().map_or(0, |meta| meta.len())).expect("a blob").path();
    let mut bytes = files::read(&blob);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    files::write(&blob, &bytes);
}

#[test]
fn skopeo_brings_it_to_a_registry_unchanged() {
    let Some(sample) = sample() else { return };
    let (Some(skopeo), Some(registry)) = (judge("skopeo"), judge("docker-registry")) else { return };
    let temp = tempfile::tempdir().expect("a temporary folder can be made");
    let registry = Registry::start(&registry, temp.path());
    let there = format!("docker://{}/example/disk-usage:0.1.0", registry.address);
    let copy = ["--insecure-policy", "copy", "--all", "--preserve-digests"];
    accept(&skopeo, copy.into_iter().chain(["--dest-tls-verify=false", &reference(sample), &there]));
    let raw = accept(&skopeo, ["inspect", "--tls-verify=false", "--raw", &there]);
    assert_eq!(files::sha256(raw.as_bytes()), sample.layout.digest(), "the registry's index");
    // And back: what is pulled is the same image, blob by blob.
    let back = temp.path().join("back");
    let dest = format!("oci:{}:0.1.0", back.display());
    accept(&skopeo, copy.into_iter().chain(["--src-tls-verify=false", &there, &dest]));
    let pulled = Layout::read(&back).expect("the pulled layout is whole");
    assert_eq!(pulled.digest(), sample.layout.digest());
    assert_eq!(pulled.index, sample.layout.index);
}

#[test]
fn skopeo_reads_the_oci_archive() {
    let Some(sample) = sample() else { return };
    let Some(skopeo) = judge("skopeo") else { return };
    let temp = tempfile::tempdir().expect("a temporary folder can be made");
    let archive = temp.path().join("disk-usage.tar");
    let file = archive.display().to_string();
    sample.sandbox.run(["package", "--archive", &file]);
    let back = temp.path().join("back");
    let args = ["--insecure-policy", "copy", "--all", "--preserve-digests"];
    let (from, to) = (format!("oci-archive:{file}:0.1.0"), format!("oci:{}:0.1.0", back.display()));
    accept(&skopeo, args.into_iter().chain([from.as_str(), to.as_str()]));
    assert_eq!(Layout::read(&back).expect("the layout is whole").digest(), sample.layout.digest());
}

/// The engine, or nothing where there is none or no right to start one.
fn engine() -> Option<Engine> {
    let (dockerd, docker) = (judge("dockerd")?, judge("docker")?);
    if !judges::is_root() {
        judges::absent("only root can start a container engine");
        return None;
    }
    Some(Engine::start(&dockerd, &docker))
}

#[test]
fn the_docker_engine_loads_and_runs_it() {
    let Some(sample) = sample() else { return };
    let Some(engine) = engine() else { return };
    // `--load` finds the engine as the `docker` program does.
    let outcome = sample.sandbox.dext(["package", "--load"]).env("DOCKER_HOST", engine.host()).run().success();
    assert!(outcome.told().contains("Loaded"), "{}", outcome.told());
    let inspect = || -> Value {
        let said = engine.say(["image", "inspect", "example/disk-usage:0.1.0"]);
        serde_json::from_str(&said).expect("JSON")
    };
    let loaded = inspect();
    let config = &sample.layout.image("linux/amd64").config;
    assert_eq!(loaded[0]["Architecture"], "amd64");
    assert_eq!(loaded[0]["Config"]["Labels"], config["config"]["Labels"]);
    assert_eq!(loaded[0]["RootFS"]["Layers"], config["rootfs"]["diff_ids"]);

    // The archive for `docker load` is the same image.
    engine.say(["image", "rm", "example/disk-usage:0.1.0"]);
    let archive = engine.folder().join("disk-usage.tar").display().to_string();
    sample.sandbox.run([
        "package",
        "--platform",
        "linux/amd64",
        "--output",
        "target/one",
        "--archive-format",
        "docker",
        "--archive",
        &archive,
    ]);
    engine.say(["load", "--input", &archive]);
    assert_eq!(inspect()[0]["Id"], loaded[0]["Id"]);

    // So is the archive of both images, to an engine that reads no OCI layouts.
    engine.say(["image", "rm", "example/disk-usage:0.1.0"]);
    sample.sandbox.run(["package", "--archive", &archive]);
    engine.say(["load", "--input", &archive]);
    assert_eq!(inspect()[0]["Id"], loaded[0]["Id"]);

    let sockets = engine.folder().join("guest-services");
    std::fs::create_dir(&sockets).expect("the folder can be made");
    let mount = format!("{}:/run/guest-services", sockets.display());
    engine.say([
        "run",
        "--detach",
        "--name",
        "backend",
        "--network=none",
        "--volume",
        &mount,
        "example/disk-usage:0.1.0",
    ]);
    let answer = wait_for("the backend", || ask_health(&sockets.join("backend.sock")));
    assert_eq!(answer, r#"{"arch":"x86_64"}"#);
    // Docker Desktop takes files out of an extension this way.
    engine.say(["cp", "backend:/linux/dutool", &engine.folder().join("dutool").display().to_string()]);
    assert_eq!(accept(&engine.folder().join("dutool"), ["42"]), "linux/x86_64 sum 42\n");
    engine.say(["rm", "--force", "backend"]);
}
