//! `cargo dext inspect`: the same facts of the same image, wherever it lies and whoever made it.

mod hostile;
pub mod others;

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use snapbox::{IntoData, assert_data_eq, str};

use crate::support::distribution::Registry;
use crate::support::files;
use crate::support::judges::{accept, judge};
use crate::support::prebuilt;
use crate::support::sandbox::{Outcome, Sandbox};

/// The extension, packaged into a layout and archives.
fn packaged() -> Sandbox {
    let project = prebuilt::project();
    project.pack(["--archive", "oci.tar"]).run().success();
    project
}

/// What `inspect --format json` says.
#[track_caller]
fn facts<'a>(project: &Sandbox, words: impl IntoIterator<Item = &'a str>) -> Value {
    let answer = project.run(["inspect", "--format", "json"].into_iter().chain(words)).stdout;
    serde_json::from_str(&answer).expect("one JSON object")
}

/// The facts that do not depend on where the image lies.
fn placeless(mut facts: Value) -> Value {
    let object = facts.as_object_mut().expect("an object");
    object.remove("name");
    object.remove("source");
    facts
}

/// The text with everything hidden that differs from run to run, digests behind names too.
fn seen(outcome: &Outcome) -> String {
    outcome.hide(&outcome.stdout.replace("@sha256:", "@ sha256:"))
}

/// Packs a file as `gzip` does.
fn gzip(project: &Sandbox, name: &str) {
    let gzip = Command::new("gzip").arg("-k").arg(project.path(name)).status().expect("gzip runs");
    assert!(gzip.success());
}

#[test]
fn for_people() {
    let project = packaged();
    let outcome = project.run(["inspect", "target/dext/demo"]);
    assert_data_eq!(
        seen(&outcome),
        str![[r#"
Name:      target/dext/demo
MediaType: application/vnd.oci.image.index.v1+json
Digest:    sha256:[DIGEST]

Manifests:
  Name:      target/dext/demo@ sha256:[DIGEST]
  MediaType: application/vnd.oci.image.manifest.v1+json
  Platform:  linux/amd64

  Name:      target/dext/demo@ sha256:[DIGEST]
  MediaType: application/vnd.oci.image.manifest.v1+json
  Platform:  linux/arm64

linux/amd64  [SIZE] in 5 layers
  Config:      sha256:[DIGEST]
  Created:     1970-01-01T00:00:00Z
  Entrypoint:  /backend
  Labels:
    com.docker.desktop.extension.api.version  >= 0.3.4
    org.opencontainers.image.description      An extension that nobody compiles
    org.opencontainers.image.title            Demo
    org.opencontainers.image.vendor           Example Ltd
    org.opencontainers.image.version          1.2.3
  Metadata:
    {
      "icon": "icon.svg",
      "vm": {
        "image": "${DESKTOP_PLUGIN_IMAGE}",
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
          }
        ]
      }
    }
  Programs:
    For      Runs on           Size  Layer                Path
    darwin   darwin/amd64   [SIZE]  3 host tool darwin   /darwin/tool
    linux    linux/amd64     [SIZE]  5 host tool linux    /linux/tool
    windows  windows/amd64   [SIZE]  4 host tool windows  /windows/tool.exe
    backend  linux/amd64     [SIZE]  2 backend backend    /backend
  Layers:
    #  Name                 Size  Digest                                                                   Shared
    1  shared               [SIZE]  sha256:[DIGEST]  also linux/arm64
    2  backend backend    [SIZE]  sha256:[DIGEST]
    3  host tool darwin     [SIZE]  sha256:[DIGEST]
    4  host tool windows    [SIZE]  sha256:[DIGEST]
    5  host tool linux    [SIZE]  sha256:[DIGEST]

linux/arm64  [SIZE] in 5 layers
  Config:      sha256:[DIGEST]
  Created:     1970-01-01T00:00:00Z
  Entrypoint:  /backend
  Labels:      as linux/amd64
  Metadata:    as linux/amd64
  Programs:
    For      Runs on           Size  Layer                Path
    darwin   darwin/arm64   [SIZE]  3 host tool darwin   /darwin/tool
    linux    linux/arm64     [SIZE]  5 host tool linux    /linux/tool
    windows  windows/arm64   [SIZE]  4 host tool windows  /windows/tool.exe
    backend  linux/arm64     [SIZE]  2 backend backend    /backend
  Layers:
    #  Name                 Size  Digest                                                                   Shared
    1  shared               [SIZE]  sha256:[DIGEST]  also linux/amd64
    2  backend backend    [SIZE]  sha256:[DIGEST]
    3  host tool darwin   [SIZE]  sha256:[DIGEST]
    4  host tool windows    [SIZE]  sha256:[DIGEST]
    5  host tool linux    [SIZE]  sha256:[DIGEST]

Sizes
  linux/amd64 + linux/arm64, shared
    shared            =============                                                             [SIZE]
  linux/amd64
    backend backend   ##########################################################              [SIZE]
    host tool darwin  ###################                                                       [SIZE]
    host tool windows ###########                                                               [SIZE]
    host tool linux   ##########################################################              [SIZE]
  linux/arm64
    backend backend   ##################################################################      [SIZE]
    host tool darwin  ##########################                                              [SIZE]
    host tool windows ###########                                                               [SIZE]
    host tool linux   ##################################################################      [SIZE]
  to download
  linux/amd64         ===#############################                                        [SIZE]
  linux/arm64         ===##################################                                   [SIZE]
  all platforms       ===###############################################################     [SIZE]

"#]]
        .raw()
    );
    assert_eq!(outcome.stderr, "");
}

#[test]
fn on_a_narrow_terminal_with_colours() {
    let project = packaged();
    let words = ["inspect", "target/dext/demo", "--platform", "linux/arm64", "--color", "always"];
    let outcome = project.dext(words).env("COLUMNS", "60").env("LANG", "en_US.UTF-8").run().success();
    assert_data_eq!(
        seen(&outcome),
        str![[r#"
Name:      target/dext/demo
MediaType: application/vnd.oci.image.index.v1+json
Digest:    sha256:[DIGEST]

Manifests:
  Name:      target/dext/demo@ sha256:[DIGEST]
  MediaType: application/vnd.oci.image.manifest.v1+json
  Platform:  linux/amd64

  Name:      target/dext/demo@ sha256:[DIGEST]
  MediaType: application/vnd.oci.image.manifest.v1+json
  Platform:  linux/arm64

[1m[92mlinux/arm64[0m  [SIZE] in 5 layers
  Config:      sha256:60a7bcc3b670008dd5b7e12c40576061701f5…
  Created:     1970-01-01T00:00:00Z
  Entrypoint:  /backend
  Labels:
    com.docker.desktop.extension.api.version  >= 0.3.4
    org.opencontainers.image.description      An extension that n…
    org.opencontainers.image.title            Demo
    org.opencontainers.image.vendor           Example Ltd
    org.opencontainers.image.version          1.2.3
  Metadata:
    {
      "icon": "icon.svg",
      "vm": {
        "image": "${DESKTOP_PLUGIN_IMAGE}",
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
          }
        ]
      }
    }
  Programs:
    [2mFor      Runs on           Size  Layer                Path[0m
    darwin   darwin/arm64   [SIZE]  3 host tool darwin   /darwin/tool
    linux    linux/arm64     [SIZE]  5 host tool linux    /linux/tool
    windows  windows/arm64   [SIZE]  4 host tool windows  /windows/tool.exe
    backend  linux/arm64     [SIZE]  2 backend backend    /backend
  Layers:
    [2m#  Name                 Size  Digest               Shared[0m
    1  shared               [SIZE]  sha256:f4c3e0240311
    2  backend backend    [SIZE]  sha256:0feb58f27312
    3  host tool darwin   [SIZE]  sha256:ad3bdbaddf0a
    4  host tool windows    [SIZE]  sha256:1c7b6d858074
    5  host tool linux    [SIZE]  sha256:b366ec53317e

[1m[92mSizes[0m
  [2mlinux/arm64[0m
    shared            [94m████▉[0m                             [SIZE]
    backend backend   [94m█████████████████████████▉[0m      [SIZE]
    host tool darwin  [94m██████████▏[0m                     [SIZE]
    host tool windows [94m████▏[0m                             [SIZE]
    host tool linux   [94m██████████████████████████[0m      [SIZE]
  [2mto download[0m
  linux/arm64         [94m██████████████████████████[0m      [SIZE]

"#]]
        .raw()
    );
}

#[test]
fn for_programs() {
    let project = packaged();
    let words = ["inspect", "target/dext/demo:1.2.3", "--format", "json", "--platform", "linux/amd64"];
    assert_data_eq!(
        project.run(words).answer(),
        str![[r#"
{
  "name": "target/dext/demo:1.2.3",
  "source": "oci-layout",
  "media_type": "application/vnd.oci.image.index.v1+json",
  "digest": "sha256:[DIGEST]",
  "size": 493,
  "manifests": [
    {
      "media_type": "application/vnd.oci.image.manifest.v1+json",
      "digest": "sha256:[DIGEST]",
      "size": 1020,
      "platform": "linux/amd64",
      "attestation": false
    },
    {
      "media_type": "application/vnd.oci.image.manifest.v1+json",
      "digest": "sha256:[DIGEST]",
      "size": 1021,
      "platform": "linux/arm64",
      "attestation": false
    }
  ],
  "platforms": [
    {
      "platform": "linux/amd64",
      "manifest": "sha256:[DIGEST]",
      "config": "sha256:[DIGEST]",
      "created": "1970-01-01T00:00:00Z",
      "user": null,
      "working_dir": null,
      "env": [],
      "entrypoint": [
        "/backend"
      ],
      "cmd": [],
      "labels": {
        "com.docker.desktop.extension.api.version": ">= 0.3.4",
        "org.opencontainers.image.description": "An extension that nobody compiles",
        "org.opencontainers.image.title": "Demo",
        "org.opencontainers.image.vendor": "Example Ltd",
        "org.opencontainers.image.version": "1.2.3"
      },
      "layers": [
        {
          "number": 1,
          "name": "shared",
          "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
          "digest": "sha256:[DIGEST]",
          "size": 611,
          "diff_id": "sha256:[DIGEST]",
          "shared_with": []
        },
        {
          "number": 2,
          "name": "backend backend",
          "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
          "digest": "sha256:[DIGEST]",
          "size": 2858,
          "diff_id": "sha256:[DIGEST]",
          "shared_with": []
        },
        {
          "number": 3,
          "name": "host tool darwin",
          "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
          "digest": "sha256:[DIGEST]",
          "size": 908,
          "diff_id": "sha256:[DIGEST]",
          "shared_with": []
        },
        {
          "number": 4,
          "name": "host tool windows",
          "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
          "digest": "sha256:[DIGEST]",
          "size": 527,
          "diff_id": "sha256:[DIGEST]",
          "shared_with": []
        },
        {
          "number": 5,
          "name": "host tool linux",
          "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
          "digest": "sha256:[DIGEST]",
          "size": 2883,
          "diff_id": "sha256:[DIGEST]",
          "shared_with": []
        }
      ],
      "size": 7787,
      "metadata": {
        "host": {
          "binaries": [
            {
              "darwin": [
                {
                  "path": "/darwin/tool"
                }
              ],
              "linux": [
                {
                  "path": "/linux/tool"
                }
              ],
              "windows": [
                {
                  "path": "/windows/tool.exe"
                }
              ]
            }
          ]
        },
        "icon": "icon.svg",
        "ui": {
          "dashboard-tab": {
            "root": "ui",
            "src": "index.html",
            "title": "Demo"
          }
        },
        "vm": {
          "exposes": {
            "socket": "backend.sock"
          },
          "image": "${DESKTOP_PLUGIN_IMAGE}"
        }
      },
      "metadata_problem": null,
      "host_binaries": [
        {
          "os": "darwin",
          "path": "/darwin/tool",
          "problem": null,
          "size": 12589,
          "mode": "0755",
          "layer": 3,
          "digest": "sha256:[DIGEST]",
          "runs_on": [
            "darwin/amd64"
          ],
          "facts": {
            "format": "macho",
            "universal": false,
            "slices": [
              {
                "machine": "darwin/amd64",
                "kind": "program",
                "minimum": "11.0",
                "libraries": [
                  "/usr/lib/libSystem.B.dylib"
                ],
                "signature": {
                  "state": "absent"
                }
              }
            ],
            "platforms": [
              "darwin/amd64"
            ]
          }
        },
        {
          "os": "linux",
          "path": "/linux/tool",
          "problem": null,
          "size": 4696,
          "mode": "0755",
          "layer": 5,
          "digest": "sha256:[DIGEST]",
          "runs_on": [
            "linux/amd64"
          ],
          "facts": {
            "format": "elf",
            "machine": "linux/amd64",
            "kind": "program",
            "interpreter": null,
            "libraries": [],
            "glibc": null,
            "platforms": [
              "linux/amd64"
            ]
          }
        },
        {
          "os": "windows",
          "path": "/windows/tool.exe",
          "problem": null,
          "size": 3072,
          "mode": "0755",
          "layer": 4,
          "digest": "sha256:[DIGEST]",
          "runs_on": [
            "windows/amd64"
          ],
          "facts": {
            "format": "pe",
            "machine": "windows/amd64",
            "kind": "program",
            "subsystem": "console",
            "libraries": [
              "KERNEL32.dll"
            ],
            "delayed": [],
            "platforms": [
              "windows/amd64"
            ]
          }
        }
      ],
      "backend": {
        "os": null,
        "path": "/backend",
        "problem": null,
        "size": 4696,
        "mode": "0755",
        "layer": 2,
        "digest": "sha256:[DIGEST]",
        "runs_on": [
          "linux/amd64"
        ],
        "facts": {
          "format": "elf",
          "machine": "linux/amd64",
          "kind": "program",
          "interpreter": null,
          "libraries": [],
          "glibc": null,
          "platforms": [
            "linux/amd64"
          ]
        }
      }
    }
  ],
  "layers_size": 7787,
  "shared_size": 0
}

"#]]
        .raw()
    );
}

#[test]
fn as_a_message_among_others() {
    let project = packaged();
    let message = project.run(["inspect", "target/dext/demo", "--message-format", "json"]).message("dext-inspect");
    let mut facts = facts(&project, ["target/dext/demo"]);
    facts["reason"] = Value::from("dext-inspect");
    assert_eq!(message, facts);
}

#[test]
fn the_picture() {
    let project = packaged();
    let outcome = project.run(["inspect", "oci.tar", "--svg", "out/sizes.svg"]);
    assert!(outcome.stderr.contains("Drawn out/sizes.svg"), "{}", outcome.stderr);
    let svg = String::from_utf8(files::read(&project.path("out/sizes.svg"))).expect("UTF-8");
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    for part in ["<title", "<desc", "prefers-color-scheme:dark", ">host tool windows<", ">linux/amd64 + linux/arm64<"] {
        assert!(svg.contains(part), "{part}");
    }
    assert_eq!(svg.matches("class=\"own\" x=").count(), 8 + 3 + 1, "a bar for each layer and sum, and the legend");
}

#[test]
fn the_bytes_themselves() {
    let project = packaged();
    let digest = facts(&project, ["oci.tar"])["digest"].clone();
    for image in ["oci.tar", "target/dext/demo", "oci:target/dext/demo:1.2.3"] {
        let raw = project.run(["inspect", "--raw", image]).stdout;
        assert_eq!(digest, files::sha256(raw.as_bytes()), "{image}");
    }
}

#[test]
fn layouts_and_archives_say_the_same() {
    let project = packaged();
    gzip(&project, "oci.tar");
    let layout = placeless(facts(&project, ["target/dext/demo"]));
    for image in ["oci.tar", "oci.tar.gz", "oci.tar:1.2.3", "oci-archive:oci.tar", "oci:target/dext/demo"] {
        assert_eq!(placeless(facts(&project, [image])), layout, "{image}");
    }
    // The archive also holds one image for engines that do not know OCI; alone it has no manifest.
    for cpu in ["amd64", "arm64"] {
        let (platform, file) = (format!("linux/{cpu}"), format!("{cpu}.tar"));
        let more = ["--platform", &platform, "--output", cpu, "--archive", &file, "--archive-format", "docker"];
        project.pack(more).run().success();
        let saved = facts(&project, [file.as_str()]);
        assert_eq!((&saved["source"], &saved["digest"]), (&Value::from("docker-archive"), &Value::Null));
        let mut expected = facts(&project, [cpu])["platforms"].clone();
        expected[0]["manifest"] = Value::Null;
        for layer in expected[0]["layers"].as_array_mut().expect("layers") {
            layer["media_type"] = Value::from("application/vnd.docker.image.rootfs.diff.tar.gzip");
        }
        assert_eq!(saved["platforms"], expected, "{cpu}");
    }
}

/// A registry with the image, copied there by skopeo.
fn served(project: &Sandbox, layout: &str) -> Option<(Registry, String)> {
    let (skopeo, program) = (judge("skopeo")?, judge("docker-registry")?);
    let registry = Registry::start(&program, project.root());
    let image = format!("{}/example/demo:1.2.3", registry.address);
    let from = format!("oci:{}:1.2.3", project.path(layout).display());
    let to = format!("docker://{image}");
    let words = ["--insecure-policy", "copy", "--all", "--preserve-digests", "--dest-tls-verify=false", &from, &to];
    accept(&skopeo, words);
    Some((registry, image))
}

/// Every request that a registry has had, one a line.
fn requests(registry: &Registry) -> Vec<String> {
    let log = registry.log();
    let quoted = log.lines().filter_map(|line| line.split('"').nth(1));
    quoted.filter(|request| request.contains(" /v2/")).map(str::to_owned).collect()
}

#[test]
fn a_registry_says_the_same() {
    let project = packaged();
    let Some((registry, image)) = served(&project, "target/dext/demo") else { return };
    let before = requests(&registry).len();
    let facts_there = facts(&project, [image.as_str()]);
    assert_eq!(facts_there["source"], "registry");
    assert_eq!(placeless(facts_there), placeless(facts(&project, ["target/dext/demo"])));
    // An index, two manifests, two configs, and of nine layers each once.
    assert_eq!(requests(&registry)[before..].len(), 14, "{:#?}", &requests(&registry)[before..]);
    let raw = project.run(["inspect", "--raw", &image]).stdout;
    assert_eq!(files::sha256(raw.as_bytes()), facts(&project, ["oci.tar"])["digest"]);
    let missing = project.dext(["inspect", &format!("{image}-none")]).run().failure(3);
    assert!(missing.told().contains("1.2.3-none"), "{}", missing.told());
    let lacking = project.dext(["inspect", &image, "--platform", "linux/s390x"]).run().failure(1);
    assert!(lacking.told().contains("only linux/amd64, linux/arm64"), "{}", lacking.told());
}

#[test]
fn of_an_image_in_a_registry_only_the_layers_that_matter_are_read() {
    let project = prebuilt::project();
    project.pack(["--output", "base"]).run().success();
    project.edit("Cargo.toml", "bin = \"backend\"\n", "bin = \"backend\"\nbase = { layout = \"base\" }\n");
    project.write("ui/index.html", "another page, and so another layer");
    project.pack(["--output", "image"]).run().success();
    let Some((registry, image)) = served(&project, "image") else { return };
    let before = requests(&registry).len();
    let facts = facts(&project, [image.as_str(), "--platform", "linux/arm64"]);
    let layers = facts["platforms"][0]["layers"].as_array().expect("layers");
    let digest = |layer: &Value| layer["digest"].as_str().expect("a digest").to_owned();
    let upper: BTreeSet<String> = layers[5..].iter().map(digest).collect();
    let config = facts["platforms"][0]["config"].as_str().expect("a digest").to_owned();
    let log = requests(&registry);
    let read: BTreeSet<String> = log[before..]
        .iter()
        .filter_map(|request| request.split("/blobs/").nth(1)?.split(' ').next())
        .map(str::to_owned)
        .collect();
    let expected: BTreeSet<String> = upper.into_iter().chain([config]).collect();
    assert_eq!(layers.len(), 10);
    assert_eq!(read, expected, "nothing of the base and of the other platform");
}

#[test]
fn what_is_not_there_is_told() {
    let project = packaged();
    project.write("text", "no archive");
    project.write("folder/file", "no layout");
    for (image, code, told) in [
        (
            "./nowhere",
            1,
            str![[r#"
error: `./nowhere` is neither a layout nor an archive nor an image reference: nothing is there
  help: name a folder or file that exists, or an image as `docker pull` takes it, e.g. example/tool:1.0.0

"#]],
        ),
        (
            "UPPER/case",
            1,
            str![[r#"
error: `UPPER/case` is neither a layout nor an archive nor an image reference: its repository is not lower-case letters and digits, joined by single `.`, `_`, `__`, `-` or `/`
  help: name a folder or file that exists, or an image as `docker pull` takes it, e.g. example/tool:1.0.0

"#]],
        ),
        (
            "text",
            1,
            str![[r#"
error: `[ROOT]/project/text` is no archive of an image: it is no whole tar: the header at byte 0 is no header of a tar, or a damaged one
  help: name an OCI archive, or a file that `docker save` wrote

"#]],
        ),
        (
            "./folder",
            1,
            str![[r#"
error: `[ROOT]/project/./folder` is no OCI image layout: it has no `oci-layout`
  help: name the folder that holds `oci-layout` and `index.json`

"#]],
        ),
        (
            "oci:nowhere",
            1,
            str![[r#"
error: `[ROOT]/project/nowhere` is no OCI image layout: it has no `oci-layout`
  help: name the folder that holds `oci-layout` and `index.json`

"#]],
        ),
        (
            "oci.tar:9.9.9",
            1,
            str![[r#"
error: there is no image `9.9.9`, only 1.2.3
  --> oci.tar:9.9.9
  help: add the tag of one image behind a colon

"#]],
        ),
        (
            "target/dext/demo:9.9.9",
            1,
            str![[r#"
error: there is no image `9.9.9`, only 1.2.3
  --> target/dext/demo:9.9.9
  help: add the tag of one image behind a colon

"#]],
        ),
    ] {
        let outcome = project.dext(["inspect", image]).run().failure(code);
        assert_data_eq!(outcome.told(), told.raw());
    }
}
