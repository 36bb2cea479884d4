//! What is large, by right or by malice: judged, or refused with a reason, within bounded memory.

use serde_json::{Value, json};

use super::hostile::{found, judged};
use crate::support::bounds::trees;
use crate::support::enemy::{file, forest, image, images, layer, links};
use crate::support::sandbox::Sandbox;

const METADATA: &[u8] = br#"{"icon":"icon.svg","ui":{"dashboard-tab":{"title":"x","root":"ui","src":"index.html"}}}"#;

/// What is found in an image whose layers are these.
#[track_caller]
fn found_in(layers: &[Vec<u8>]) -> Vec<String> {
    let sandbox = Sandbox::empty();
    image(&sandbox.path("image"), layers);
    found(&judged(&sandbox, "image"))
}

#[track_caller]
fn has(found: &[String], what: &str) {
    assert!(found.iter().any(|line| line.contains(what)), "{what}: {found:#?}");
}

#[test]
fn two_hundred_thousand_files_with_long_names_are_judged() {
    let others: [(&str, &[u8]); 3] =
        [("metadata.json", METADATA), ("icon.svg", b"<svg/>"), ("ui/index.html", b"<!doctype html>")];
    let found = found_in(&[forest("ui", 200_000, &others)]);
    has(&found, "warning W18 the UI holds `/ui/node_modules`");
    assert!(!found.iter().any(|line| line.contains("E45") || line.starts_with("error E0")), "{found:#?}");
}

#[test]
fn four_platforms_of_two_hundred_thousand_links_are_judged() {
    let metadata: &[u8] = br#"{"icon":"x","ui":{"dashboard-tab":{"title":"T","root":"ui","src":"x"}}}"#;
    let layers = |at: usize| vec![links("ui", 200_000 + at, ("metadata.json", metadata))];
    let all: Vec<Vec<Vec<u8>>> = (0..4).map(layers).collect();
    let arches = ["amd64", "arm64", "s390x", "ppc64le"];
    let platforms: Vec<_> =
        arches.iter().zip(&all).map(|(arch, layers)| (*arch, json!({}), layers.as_slice())).collect();
    let sandbox = Sandbox::empty();
    images(&sandbox.path("image"), &platforms);
    let found = found(&judged(&sandbox, "image"));
    has(&found, "error E17 ");
    assert!(!found.iter().any(|line| line.contains("E45")), "{found:#?}");
}

#[test]
fn more_files_than_memory_is_given_to_are_a_finding() {
    // Several layers are read at once, and no one of them is too large.
    let layers: Vec<Vec<u8>> = (0..4).map(|at| forest(&format!("f{at}"), 80_000, &[])).collect();
    has(&found_in(&layers), "it has too many files to look at");
}

#[test]
fn names_that_no_system_makes_are_a_finding() {
    let long = |tar: &mut tar::Builder<Vec<u8>>, length: usize| {
        let path = format!("{}/x", "d/".repeat(length / 2));
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        tar.append_data(&mut header, path, &b""[..]).expect("memory takes it");
    };
    has(&found_in(&[layer(|tar| long(tar, 500_000))]), "it has more than 4096 bytes in a path");
    let deep = layer(|tar| {
        for at in 0..20_000 {
            let mut header = tar::Header::new_gnu();
            header.set_size(0);
            let path = format!("{at}/{}x", "d/".repeat(1_800));
            tar.append_data(&mut header, path, &b""[..]).expect("memory takes it");
        }
    });
    has(&found_in(&[deep]), "it has too many files to look at");
}

#[test]
fn large_documents_in_an_image_are_findings() {
    let pages = layer(|tar| {
        file(tar, "metadata.json", METADATA);
        (0..600).for_each(|at| file(tar, &format!("ui/{at}.yaml"), &[b' '; 60_000]));
        (0..10).for_each(|at| file(tar, &format!("ui/{at}.js"), &"extension.vm ".repeat(600_000).into_bytes()));
    });
    has(&found_in(&[pages]), "error E03 the icon `icon.svg` is not in the image");
}

#[test]
fn two_gigabytes_on_disk_are_not_read() {
    let sandbox = Sandbox::empty();
    let file = std::fs::File::create(sandbox.path("metadata.json")).expect("made");
    file.set_len(2 << 30).expect("a file with a hole");
    has(&found(&judged(&sandbox, "metadata.json")), "error E01 metadata.json has 2147483648 bytes");
}

#[test]
fn large_configs_and_many_platforms_are_findings() {
    let small = [layer(|tar| file(tar, "metadata.json", b"{}"))];
    let labels: Value = (0..110_000).map(|at| (format!("{at:x}"), json!(""))).collect::<serde_json::Map<_, _>>().into();
    let fewer: Value = (0..90_000).map(|at| (format!("{at:x}"), json!(""))).collect::<serde_json::Map<_, _>>().into();
    let long = json!({ "Labels": { "org.opencontainers.image.title": "x".repeat(3 << 20) } });
    // All platforms' documents are as large as can be, and each is another one.
    let wide: Vec<Vec<Vec<u8>>> = (0..60)
        .map(|at| {
            let text = format!("[{}{at}]", "{\"a\":0},".repeat(4_900));
            vec![layer(|tar| file(tar, "metadata.json", text.as_bytes()))]
        })
        .collect();
    let names: Vec<String> = (0..60).map(|at| format!("cpu{at}")).collect();
    type Platforms<'a> = Vec<(&'a str, Value, &'a [Vec<u8>])>;
    let cases: Vec<(&str, Platforms<'_>)> = vec![
        ("the image config has more than 100000 values", vec![("amd64", json!({ "Labels": labels }), &small)]),
        ("E20", vec![("amd64", json!({ "Labels": fewer }), &small)]),
        ("E04", vec![("amd64", long.clone(), &small)]),
        ("together", vec![("amd64", long.clone(), &small), ("arm64", long, &small)]),
        (
            "only 4 platforms of 60 looked at",
            names.iter().zip(&wide).map(|(name, layers)| (name.as_str(), json!({}), &layers[..])).collect(),
        ),
        // What is the same on all platforms is kept once.
        ("E01", names.iter().map(|name| (name.as_str(), json!({}), &wide[0][..])).collect()),
        ("E33", names.iter().map(|name| (name.as_str(), json!({}), &small[..])).collect()),
    ];
    for (what, platforms) in cases {
        let sandbox = Sandbox::empty();
        images(&sandbox.path("image"), &platforms);
        has(&found(&judged(&sandbox, "image")), what);
    }
}

/// An image for two CPUs, each with what its config says and its own files.
fn two(config: impl Fn(usize) -> Value, files: impl Fn(usize) -> Vec<(&'static str, String)>) -> Vec<String> {
    let layers: Vec<Vec<Vec<u8>>> = (0..2)
        .map(|at| vec![layer(|tar| files(at).iter().for_each(|(path, text)| file(tar, path, text.as_bytes())))])
        .collect();
    let sandbox = Sandbox::empty();
    images(&sandbox.path("image"), &[("amd64", config(0), &layers[0]), ("arm64", config(1), &layers[1])]);
    found(&judged(&sandbox, "image"))
}

#[test]
fn two_metadata_json_of_many_values_are_findings() {
    for (nth, (what, _)) in trees(0).into_iter().enumerate() {
        eprint!("{what}: ");
        let tree = |at: usize| trees(at).swap_remove(nth).1;
        let found = two(|_| json!({}), |at| vec![("metadata.json", format!("{{\"icon\":{}}}", tree(at)))]);
        match what.starts_with("fewer") {
            true => has(&found, "error E03 `icon` is"),
            false => has(&found, "values; at most 10000 are read"),
        }
    }
}

#[test]
fn what_one_platform_takes_is_not_there_for_the_next() {
    let tree = |at: usize| trees(at).into_iter().find(|(what, _)| *what == "fewer nested objects").expect("a tree").1;
    let metadata = |at: usize| format!("{{\"icon\":{},\"vm\":{{\"composefile\":\"c.yaml\"}}}}", tree(at));
    let compose = |at: usize| format!("services: {{a: {{image: b, command: {}}}}}", tree(at));
    let platform = |at: usize| {
        let files = [("metadata.json", metadata(at)), ("c.yaml", compose(at))];
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        vec![forest("f", 60_000, &files)]
    };
    let layers = [platform(0), platform(1)];
    let sandbox = Sandbox::empty();
    images(&sandbox.path("image"), &[("amd64", json!({}), &layers[0]), ("arm64", json!({}), &layers[1])]);
    has(&found(&judged(&sandbox, "image")), "error E03 `icon` is");
}

#[test]
fn two_compose_files_of_many_values_are_findings() {
    let metadata = r#"{"icon":"icon.svg","vm":{"composefile":"compose.yaml"}}"#;
    for (nth, (what, _)) in trees(0).into_iter().enumerate() {
        eprint!("{what}: ");
        // Compose files are YAML, and so is JSON.
        let compose = |at: usize| format!("services: {{a: {{image: b, command: {}}}}}", trees(at).swap_remove(nth).1);
        let found =
            two(|_| json!({}), |at| vec![("metadata.json", metadata.to_owned()), ("compose.yaml", compose(at))]);
        match what.starts_with("fewer") {
            true => has(&found, "warning E07 no service uses"),
            false => has(&found, "error E07 the compose file cannot be read: "),
        }
    }
}

#[test]
fn two_sets_of_labels_that_hold_many_values_are_findings() {
    let labels = [
        "com.docker.extension.screenshots",
        "com.docker.extension.additional-urls",
        "com.docker.extension.detailed-description",
        "com.docker.extension.changelog",
        "com.docker.extension.categories",
        "com.docker.extension.account-info",
        "com.docker.desktop.extension.api.version",
        "com.docker.desktop.extension.icon",
    ];
    let texts = |at: usize| trees(at).into_iter().chain([("commas", format!("{}{at}", ",".repeat(1 << 20)))]);
    for (nth, (what, _)) in texts(0).enumerate() {
        eprint!("{what}: ");
        let config = |at: usize| {
            let text: String = texts(at).nth(nth).expect("the text").1.chars().take(600_000).collect();
            // One long label, and the others as long as all may be together.
            let label = |(number, label): (usize, &str)| match number == nth % labels.len() {
                true => (label.to_owned(), json!(text)),
                false => (label.to_owned(), json!(text.chars().take(40_000).collect::<String>())),
            };
            json!({ "Labels": labels.into_iter().enumerate().map(label).collect::<serde_json::Map<_, _>>() })
        };
        let found = two(config, |_| vec![("metadata.json", "{}".to_owned())]);
        has(&found, "error E04 metadata.json has none of");
        assert!(!found.iter().any(|line| line.contains("E45")), "{found:#?}");
    }
}
