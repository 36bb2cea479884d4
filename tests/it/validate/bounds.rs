//! What is large, by right or by malice: judged, or refused with a reason, within bounded memory.

use serde_json::{Value, json};

use super::hostile::{found, judged};
use crate::support::enemy::{file, forest, image, images, layer};
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
fn more_files_than_memory_is_given_to_are_a_finding() {
    // Several layers are read at once, and no one of them is too large.
    let layers: Vec<Vec<u8>> = (0..6).map(|at| forest(&format!("f{at}"), 80_000, &[])).collect();
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
    let narrow = format!("{{\"icon\":[{}0]}}", "[0],".repeat(260_000));
    let nested = format!("{{\"icon\":[{}0]}}", format!("{}{},", "[".repeat(100), "]".repeat(100)).repeat(5_000));
    let repeated = format!("{{{}\"icon\":0}}", "\"a\":0,".repeat(170_000));
    let many = (0..100_000).map(|at| format!("\"{at:x}\":0,")).collect::<String>();
    for metadata in [narrow, nested, repeated, format!("{{{many}\"icon\":0}}")] {
        let found = found_in(&[layer(|tar| file(tar, "metadata.json", metadata.as_bytes()))]);
        has(&found, "error E03 `icon` is");
    }
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
    let wide = [layer(|tar| file(tar, "metadata.json", format!("[{}0]", "0,".repeat(400_000)).as_bytes()))];
    let names: Vec<String> = (0..60).map(|at| format!("cpu{at}")).collect();
    type Platforms<'a> = Vec<(&'a str, Value, &'a [Vec<u8>])>;
    let cases: Vec<(&str, Platforms<'_>)> = vec![
        ("the image config has more than 100000 values", vec![("amd64", json!({ "Labels": labels }), &small)]),
        ("E20", vec![("amd64", json!({ "Labels": fewer }), &small)]),
        ("W28", vec![("amd64", long.clone(), &small)]),
        ("together", vec![("amd64", long.clone(), &small), ("arm64", long, &small)]),
        ("only 1 platform of 60 looked at", names.iter().map(|name| (name.as_str(), json!({}), &wide[..])).collect()),
        ("E33", names.iter().map(|name| (name.as_str(), json!({}), &small[..])).collect()),
    ];
    for (what, platforms) in cases {
        let sandbox = Sandbox::empty();
        images(&sandbox.path("image"), &platforms);
        has(&found(&judged(&sandbox, "image")), what);
    }
}
