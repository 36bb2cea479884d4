//! `cargo dext metadata`: what the image would say of itself. Every shape that real extensions have is tested
//! beside the code that makes it; here the command is.

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::prebuilt;
use crate::support::sandbox::Sandbox;

#[test]
fn of_a_package() {
    assert_data_eq!(
        prebuilt::project().run(["metadata"]).answer(),
        str![[r#"
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

"#]]
        .raw()
    );
}

#[test]
fn of_a_workspace() {
    let project = Sandbox::of("workspace");
    assert_data_eq!(
        project.run(["metadata"]).answer(),
        str![[r#"
{
  "icon": "icon.svg",
  "vm": {
    "image": "${DESKTOP_PLUGIN_IMAGE}",
    "exposes": {
      "socket": "crew.sock"
    }
  },
  "ui": {
    "dashboard-tab": {
      "title": "Crew",
      "root": "ui",
      "src": "index.html"
    }
  },
  "host": {
    "binaries": [
      {
        "darwin": [
          {
            "path": "/darwin/greet"
          }
        ],
        "windows": [
          {
            "path": "/windows/greet.exe"
          }
        ],
        "linux": [
          {
            "path": "/linux/greet"
          }
        ]
      },
      {
        "darwin": [
          {
            "path": "/host/darwin/crew-probe"
          }
        ],
        "linux": [
          {
            "path": "/host/linux/crew-probe"
          }
        ]
      },
      {
        "darwin": [
          {
            "path": "/host/darwin/run.sh"
          }
        ],
        "windows": [
          {
            "path": "/host/windows/run.cmd"
          }
        ],
        "linux": [
          {
            "path": "/host/linux/run.sh"
          }
        ]
      }
    ]
  }
}

"#]]
        .raw()
    );
    // From a member's folder it is the same.
    let inside = project.dext(["metadata"]).cwd(project.path("tools/src")).run().success();
    assert_eq!(inside.stdout, project.run(["metadata"]).stdout);
}

#[test]
fn with_a_compose_file_and_words_of_ones_own() {
    let project = prebuilt::project();
    project.edit("Cargo.toml", "bin = \"backend\"\n", "composefile = \"compose.yaml\"\n");
    project.append("Cargo.toml", "\n[package.metadata.extension.host.extra.x-rd-install]\nlinux = \"tool\"\n");
    assert_data_eq!(
        project.run(["metadata"]).answer(),
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
        ],
        "x-rd-install": {
          "linux": "tool"
        }
      }
    ]
  }
}

"#]]
        .raw()
    );
}

#[test]
fn labels() {
    let project = Sandbox::of("sample");
    assert_data_eq!(
        project.run(["metadata", "--labels"]).answer(),
        str![[r#"
{
  "com.docker.desktop.extension.api.version": ">= 0.3.4",
  "com.docker.desktop.extension.icon": "https://example.com/icon.svg",
  "com.docker.extension.additional-urls": "[{\"title\":\"Support\",\"url\":\"https://example.com/support\"}]",
  "com.docker.extension.categories": "utility-tools",
  "com.docker.extension.changelog": "<ul><li>First version.</li></ul>",
  "com.docker.extension.detailed-description": "Shows which folders fill your disk.",
  "com.docker.extension.publisher-url": "https://example.com",
  "com.docker.extension.screenshots": "[{\"alt\":\"Main view\",\"url\":\"https://example.com/1.png\"}]",
  "org.opencontainers.image.description": "See what fills your disk",
  "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
  "org.opencontainers.image.source": "https://example.com/disk-usage",
  "org.opencontainers.image.title": "Disk Usage",
  "org.opencontainers.image.vendor": "Example Ltd",
  "org.opencontainers.image.version": "0.1.0"
}

"#]]
        .raw()
    );
    assert_data_eq!(
        prebuilt::project().run(["metadata", "--labels"]).answer(),
        str![[r#"
{
  "com.docker.desktop.extension.api.version": ">= 0.3.4",
  "org.opencontainers.image.description": "An extension that nobody compiles",
  "org.opencontainers.image.title": "Demo",
  "org.opencontainers.image.vendor": "Example Ltd",
  "org.opencontainers.image.version": "1.2.3"
}

"#]]
        .raw()
    );
}

#[test]
fn it_needs_no_file_that_it_does_not_print() {
    let project = prebuilt::project();
    let text = project.run(["metadata"]).stdout;
    for path in ["ui", "artifacts"] {
        std::fs::remove_dir_all(project.path(path)).expect("removed");
    }
    std::fs::remove_file(project.path("icon.svg")).expect("removed");
    assert_eq!(project.run(["metadata"]).stdout, text);
}

#[test]
fn mistakes_are_told_as_everywhere() {
    let project = prebuilt::project();
    project.edit("Cargo.toml", "title =", "titel =");
    assert_data_eq!(
        project.dext(["metadata"]).run().failure(1).told(),
        str![[r#"
error: unknown key `titel`
  --> Cargo.toml:12:1 (package.metadata.extension.titel)
  help: did you mean `title`?

"#]]
        .raw()
    );
}
