//! What gets into an image besides binaries, and the forms in which the image is written.

use std::collections::BTreeMap;

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::files;
use crate::support::oci::Layout;
use crate::support::prebuilt::{self, PLATFORMS};
use crate::support::sandbox::Sandbox;

fn layout(project: &Sandbox) -> Layout {
    Layout::read(&project.layout("demo")).expect("the layout is whole")
}

/// Paths and modes of the linux/amd64 image, one a line.
fn listing(project: &Sandbox) -> String {
    let image = layout(project);
    let files = image.image("linux/amd64").files();
    files.into_iter().map(|(path, entry)| format!("{:04o} {path}\n", entry.owner.0)).collect()
}

#[test]
fn files_folders_scripts_and_a_compose_file() {
    let project = prebuilt::project();
    project.edit("Cargo.toml", "bin = \"backend\"\n", "bin = \"backend\"\ncomposefile = \"compose.yaml\"\n");
    project.write("compose.yaml", "services:\n  demo:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n");
    project.write("extra/run.sh", "#!/bin/sh\nexec true\n");
    project.write("extra/deep/notes.txt", "notes\n");
    project.write("extra/deep/tool", files::read(&files::program("linux-amd64")));
    project.append(
        "Cargo.toml",
        r#"
[[package.metadata.extension.files]]
source = "extra"
path = "share/extra"

[[package.metadata.extension.files]]
source = "extra/deep/notes.txt"
path = "bin/notes"
mode = "executable"

[[package.metadata.extension.files]]
source = "extra/run.sh"
path = "share/run.txt"
mode = "0644"

[[package.metadata.extension.host]]
file = "extra/run.sh"
os = ["darwin", "linux"]
"#,
    );
    project.pack([]).run().success();
    assert_data_eq!(
        listing(&project),
        str![[r#"
0755 backend
0755 bin/notes
0644 compose.yaml
0755 darwin/run.sh
0755 darwin/tool
0644 icon.svg
0755 linux/run.sh
0755 linux/tool
0644 metadata.json
0644 share/extra/deep/notes.txt
0755 share/extra/deep/tool
0755 share/extra/run.sh
0644 share/run.txt
0644 ui/assets/style.css
0644 ui/index.html
0755 windows/tool.exe

"#]]
        .raw()
    );
    let layout = layout(&project);
    let metadata = String::from_utf8(layout.images[0].files()["metadata.json"].bytes.clone()).expect("text");
    assert_data_eq!(
        metadata,
        str![[r#"
{
  "icon": "icon.svg",
  "vm": {
    "composefile": "compose.yaml",
    "exposes": {
      "socket": "backend.sock"
    }
  },
  "ui": {
    "dashboard-tab": {
      "title": "Demo",
      "root": "ui",
      "src": "index.html"
    }
  },
  "host": {
    "binaries": [
      {
        "darwin": [
          {
            "path": "/darwin/tool"
          }
        ],
        "windows": [
          {
            "path": "/windows/tool.exe"
          }
        ],
        "linux": [
          {
            "path": "/linux/tool"
          }
        ]
      },
      {
        "darwin": [
          {
            "path": "/darwin/run.sh"
          }
        ],
        "linux": [
          {
            "path": "/linux/run.sh"
          }
        ]
      }
    ]
  }
}

"#]]
        .raw()
    );
}

#[test]
fn binaries_are_found_as_cargo_lays_them_out() {
    let triples: BTreeMap<&str, &str> = BTreeMap::from([
        ("darwin-amd64", "x86_64-apple-darwin"),
        ("darwin-arm64", "aarch64-apple-darwin"),
        ("linux-amd64", "x86_64-unknown-linux-musl"),
        ("linux-arm64", "aarch64-unknown-linux-musl"),
        ("windows-amd64", "x86_64-pc-windows-gnullvm"),
        ("windows-arm64", "aarch64-pc-windows-gnullvm"),
    ]);
    let expected = prebuilt::project().pack(["--message-format", "json"]).run().success().digest();
    type Place = fn(&str, &str) -> String;
    let places: [Place; 3] =
        [|_, triple| triple.to_owned(), |_, triple| format!("{triple}/release"), |platform, _| platform.to_owned()];
    for place in places {
        let project = prebuilt::project();
        for platform in PLATFORMS {
            let folder = project.path(place(platform, triples[platform]).as_str());
            std::fs::create_dir_all(&folder).expect("made");
            files::copy_tree(&project.path("artifacts").join(platform), &folder);
        }
        std::fs::remove_dir_all(project.path("artifacts")).expect("removed");
        let words = ["package", "--no-build", "--artifacts", ".", "--message-format", "json"];
        assert_eq!(project.run(words).digest(), expected);
    }
}

#[test]
fn one_cpu_may_be_asked_for() {
    let project = prebuilt::project();
    std::fs::remove_dir_all(project.path("artifacts/linux-amd64")).expect("removed");
    project.pack(["--platform", "linux/arm64"]).run().success();
    let layout = layout(&project);
    assert_eq!(layout.images.len(), 1);
    assert_eq!(layout.images[0].platform, "linux/arm64");
}

#[test]
fn media_types_of_one_family_only() {
    for (family, index, others) in [
        (
            "oci",
            "application/vnd.oci.image.index.v1+json",
            [
                "application/vnd.oci.image.manifest.v1+json",
                "application/vnd.oci.image.config.v1+json",
                "application/vnd.oci.image.layer.v1.tar+gzip",
            ],
        ),
        (
            "docker",
            "application/vnd.docker.distribution.manifest.list.v2+json",
            [
                "application/vnd.docker.distribution.manifest.v2+json",
                "application/vnd.docker.container.image.v1+json",
                "application/vnd.docker.image.rootfs.diff.tar.gzip",
            ],
        ),
    ] {
        let project = prebuilt::project();
        project.pack(["--media-types", family]).run().success();
        let layout = layout(&project);
        assert_eq!(layout.index["mediaType"], index);
        for image in &layout.images {
            let manifest = &image.manifest;
            let mut found = vec![&manifest["mediaType"], &manifest["config"]["mediaType"]];
            let layers = manifest["layers"].as_array().expect("a list");
            found.extend(layers.iter().map(|layer| &layer["mediaType"]));
            found.dedup();
            assert_eq!(found, others, "{family}");
        }
    }
}

#[test]
fn archives_are_the_same_bytes_every_time() {
    let (one, other) = (prebuilt::project(), prebuilt::project_named("elsewhere"));
    for words in [
        &["--archive", "out/demo.tar"][..],
        &["--archive", "out/demo.tar", "--archive-format", "docker", "--platform", "linux/amd64"],
    ] {
        let archive = |project: &Sandbox| {
            project.pack(words.iter().copied()).run().success();
            files::read(&project.path("out/demo.tar"))
        };
        assert!(archive(&one) == archive(&other), "{words:?}");
    }
}

#[test]
fn an_image_goes_where_it_is_asked_to_and_is_replaced_there() {
    let project = prebuilt::project();
    project.pack(["--output", "out/of/the/way"]).run().success();
    let first = Layout::read(&project.path("out/of/the/way")).expect("whole");
    project.write("ui/index.html", "<!doctype html>\n<title>New</title>\n");
    project.pack(["--output", "out/of/the/way"]).run().success();
    let second = Layout::read(&project.path("out/of/the/way")).expect("whole, without the old blobs");
    assert_ne!(first.digest(), second.digest());
    assert!(!project.layout("demo").exists());
}
