//! `package --dry-run`: everything that would be done, and nothing done.

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::prebuilt;
use crate::support::sandbox::Sandbox;

#[test]
fn the_sample() {
    let project = Sandbox::of("sample");
    let before = project.sources();
    let outcome = project.run(["package", "--dry-run"]);
    assert_data_eq!(
        outcome.answer(),
        str![[r#"
disk-usage v0.1.0 (example/disk-usage:0.1.0)
build dutool for darwin (release)
  darwin/amd64  x86_64-apple-darwin          zig: zig links it without an SDK
  darwin/arm64  aarch64-apple-darwin         zig: zig links it without an SDK
build dutool for windows (release)
  windows/amd64 x86_64-pc-windows-gnullvm    zig: zig links it without an SDK
  windows/arm64 aarch64-pc-windows-gnullvm   zig: zig links it without an SDK
build disk-usage-backend, dutool for linux (release)
  linux/amd64   x86_64-unknown-linux-musl    zig: zig links it without an SDK
  linux/arm64   aarch64-unknown-linux-musl   zig: zig links it without an SDK
image linux/amd64
  layer shared
    0644 /metadata.json <- generated
    0644 /icon.svg <- assets/icon.svg
    0644 /ui <- ui/dist (with all below it)
  layer backend disk-usage-backend
    0755 /disk-usage-backend <- disk-usage-backend for linux/amd64
  layer host dutool darwin
    0755 /darwin/dutool <- dutool for darwin/amd64
  layer host dutool windows
    0755 /windows/dutool.exe <- dutool for windows/amd64
  layer host dutool linux
    0755 /linux/dutool <- dutool for linux/amd64
image linux/arm64
  layer shared
    0644 /metadata.json <- generated
    0644 /icon.svg <- assets/icon.svg
    0644 /ui <- ui/dist (with all below it)
  layer backend disk-usage-backend
    0755 /disk-usage-backend <- disk-usage-backend for linux/arm64
  layer host dutool darwin
    0755 /darwin/dutool <- dutool for darwin/arm64
  layer host dutool windows
    0755 /windows/dutool.exe <- dutool for windows/arm64
  layer host dutool linux
    0755 /linux/dutool <- dutool for linux/arm64

"#]]
        .raw()
    );
    assert_eq!(outcome.stderr, "");
    assert_eq!(project.sources(), before);
    assert!(!project.path("target").exists(), "a dry run leaves nothing behind");
}

#[test]
fn a_workspace_with_binaries_of_several_members() {
    let project = Sandbox::of("workspace");
    assert_data_eq!(
        project.run(["package", "-n"]).answer(),
        str![[r#"
crew v0.3.0-beta.1 (registry.example.com/tools/crew:0.3.0-beta.1)
build greet, probe for darwin (release)
  darwin/amd64  x86_64-apple-darwin          zig: zig links it without an SDK
  darwin/arm64  aarch64-apple-darwin         zig: zig links it without an SDK
build greet for windows (release)
  windows/amd64 x86_64-pc-windows-gnullvm    zig: zig links it without an SDK
  windows/arm64 aarch64-pc-windows-gnullvm   zig: zig links it without an SDK
build service, greet, probe for linux (release)
  linux/amd64   x86_64-unknown-linux-musl    zig: zig links it without an SDK
  linux/arm64   aarch64-unknown-linux-musl   zig: zig links it without an SDK
image linux/amd64
  layer shared
    0644 /metadata.json <- generated
    0644 /icon.svg <- icon.svg
    0644 /ui <- ui (with all below it)
    0755 /host/darwin/run.sh <- scripts/run.sh
    0755 /host/linux/run.sh <- scripts/run.sh
    0755 /host/windows/run.cmd <- scripts/run.cmd
  layer backend service
    0755 /service <- service for linux/amd64
  layer host greet darwin
    0755 /darwin/greet <- greet for darwin/amd64
  layer host greet windows
    0755 /windows/greet.exe <- greet for windows/amd64
  layer host greet linux
    0755 /linux/greet <- greet for linux/amd64
  layer host probe darwin
    0755 /host/darwin/crew-probe <- probe for darwin/amd64
  layer host probe linux
    0755 /host/linux/crew-probe <- probe for linux/amd64
image linux/arm64
  layer shared
    0644 /metadata.json <- generated
    0644 /icon.svg <- icon.svg
    0644 /ui <- ui (with all below it)
    0755 /host/darwin/run.sh <- scripts/run.sh
    0755 /host/linux/run.sh <- scripts/run.sh
    0755 /host/windows/run.cmd <- scripts/run.cmd
  layer backend service
    0755 /service <- service for linux/arm64
  layer host greet darwin
    0755 /darwin/greet <- greet for darwin/arm64
  layer host greet windows
    0755 /windows/greet.exe <- greet for windows/arm64
  layer host greet linux
    0755 /linux/greet <- greet for linux/arm64
  layer host probe darwin
    0755 /host/darwin/crew-probe <- probe for darwin/arm64
  layer host probe linux
    0755 /host/linux/crew-probe <- probe for linux/arm64

"#]]
        .raw()
    );
}

#[test]
fn flags_of_cargo_and_overrides_of_the_table() {
    let project = Sandbox::of("workspace");
    let build = r#"
[workspace.metadata.extension.build]
profile = "dev"
features = ["tools/fancy"]
triple = { linux-amd64 = "x86_64-unknown-linux-gnu", windows-amd64 = "x86_64-pc-windows-msvc" }
builder = { linux-arm64 = "cross" }
"#;
    project.append("Cargo.toml", build);
    assert_data_eq!(
        project.run(["package", "-n", "--platform", "linux/amd64"]).answer(),
        str![[r#"
crew v0.3.0-beta.1 (registry.example.com/tools/crew:0.3.0-beta.1)
build greet, probe for darwin (dev)
  darwin/amd64  x86_64-apple-darwin          zig: zig links it without an SDK
build greet for windows (dev)
  windows/amd64 x86_64-pc-windows-msvc       xwin: the triple needs Microsoft's SDK
build service, greet, probe for linux (dev)
  linux/amd64   x86_64-unknown-linux-gnu     cargo: it is this machine's own platform
image linux/amd64
  layer shared
    0644 /metadata.json <- generated
    0644 /icon.svg <- icon.svg
    0644 /ui <- ui (with all below it)
    0755 /host/darwin/run.sh <- scripts/run.sh
    0755 /host/linux/run.sh <- scripts/run.sh
    0755 /host/windows/run.cmd <- scripts/run.cmd
  layer backend service
    0755 /service <- service for linux/amd64
  layer host greet darwin
    0755 /darwin/greet <- greet for darwin/amd64
  layer host greet windows
    0755 /windows/greet.exe <- greet for windows/amd64
  layer host greet linux
    0755 /linux/greet <- greet for linux/amd64
  layer host probe darwin
    0755 /host/darwin/crew-probe <- probe for darwin/amd64
  layer host probe linux
    0755 /host/linux/crew-probe <- probe for linux/amd64

"#]]
        .raw()
    );
    let text = project.run(["package", "-n", "--profile", "release", "--only", "windows/amd64,linux/arm64"]).answer();
    assert_data_eq!(
        text,
        str![[r#"
crew v0.3.0-beta.1 (registry.example.com/tools/crew:0.3.0-beta.1)
build greet for windows (release)
  windows/amd64 x86_64-pc-windows-msvc       xwin: the triple needs Microsoft's SDK
build service, greet, probe for linux (release)
  linux/arm64   aarch64-unknown-linux-musl   cross: from `build.builder` in Cargo.toml

"#]]
        .raw()
    );
}

#[test]
fn a_builder_for_all_that_cannot_do_all() {
    let project = Sandbox::of("workspace");
    for (builder, told) in [
        (
            "cross",
            str![[r#"
error: the builder `cross` cannot build darwin/amd64 (x86_64-apple-darwin): cross has no image for Apple's systems and silently falls back to cargo on the host
  --> from --builder
  help: use `builder = "zig"` for this platform

"#]],
        ),
        (
            "xwin",
            str![[r#"
error: the builder `xwin` cannot build darwin/amd64 (x86_64-apple-darwin): cargo-xwin builds for `-pc-windows-msvc` only
  --> from --builder
  help: use `builder = "zig"` for this platform

"#]],
        ),
    ] {
        let outcome = project.dext(["package", "-n", "--builder", builder]).run().failure(1);
        assert_data_eq!(outcome.told(), told.raw());
    }
    // Each does a part.
    project.run(["package", "-n", "--builder", "cross", "--only", "linux/amd64,linux/arm64"]);
}

#[test]
fn stand_ins_are_said_aloud() {
    let project = Sandbox::of("sample");
    project.edit(
        "Cargo.toml",
        "bin = \"dutool\"",
        "bin = \"dutool\"\nfallback = { windows-arm64 = \"windows-amd64\" }",
    );
    assert_data_eq!(
        project.run(["package", "-n"]).answer(),
        str![[r#"
disk-usage v0.1.0 (example/disk-usage:0.1.0)
build dutool for darwin (release)
  darwin/amd64  x86_64-apple-darwin          zig: zig links it without an SDK
  darwin/arm64  aarch64-apple-darwin         zig: zig links it without an SDK
build dutool for windows (release)
  windows/amd64 x86_64-pc-windows-gnullvm    zig: zig links it without an SDK
build disk-usage-backend, dutool for linux (release)
  linux/amd64   x86_64-unknown-linux-musl    zig: zig links it without an SDK
  linux/arm64   aarch64-unknown-linux-musl   zig: zig links it without an SDK
image linux/amd64
  layer shared
    0644 /metadata.json <- generated
    0644 /icon.svg <- assets/icon.svg
    0644 /ui <- ui/dist (with all below it)
  layer backend disk-usage-backend
    0755 /disk-usage-backend <- disk-usage-backend for linux/amd64
  layer host dutool darwin
    0755 /darwin/dutool <- dutool for darwin/amd64
  layer host dutool windows
    0755 /windows/dutool.exe <- dutool for windows/amd64
  layer host dutool linux
    0755 /linux/dutool <- dutool for linux/amd64
image linux/arm64
  layer shared
    0644 /metadata.json <- generated
    0644 /icon.svg <- assets/icon.svg
    0644 /ui <- ui/dist (with all below it)
  layer backend disk-usage-backend
    0755 /disk-usage-backend <- disk-usage-backend for linux/arm64
  layer host dutool darwin
    0755 /darwin/dutool <- dutool for darwin/arm64
  layer host dutool windows-amd64
    0755 /windows/dutool.exe <- dutool for windows/amd64
  layer host dutool linux
    0755 /linux/dutool <- dutool for linux/arm64
note: windows/arm64 gets the windows/amd64 build of `dutool` (fallback in Cargo.toml)

"#]]
        .raw()
    );
}

#[test]
fn ones_own_linker_wins() {
    let project = Sandbox::of("sample");
    project.write(".cargo/config.toml", "[target.aarch64-unknown-linux-musl]\nlinker = \"aarch64-linux-musl-gcc\"\n");
    let text = project.run(["package", "-n", "--only", "linux/amd64,linux/arm64"]).answer();
    assert_data_eq!(
        text,
        str![[r#"
disk-usage v0.1.0 (example/disk-usage:0.1.0)
build disk-usage-backend, dutool for linux (release)
  linux/amd64   x86_64-unknown-linux-musl    zig: zig links it without an SDK
build disk-usage-backend, dutool for linux (release)
  linux/arm64   aarch64-unknown-linux-musl   cargo: your Cargo configuration names its linker

"#]]
        .raw()
    );
}

#[test]
fn the_ui_is_built_first() {
    let project = prebuilt::project();
    project.edit(
        "Cargo.toml",
        "source = \"ui\"",
        "source = \"ui/dist\"\nbuild = { dir = \"ui\", run = [\"npm ci\", \"npm run build\"] }",
    );
    let text = project.run(["package", "-n", "--platform", "linux/arm64"]).answer();
    assert_data_eq!(
        text,
        str![[r#"
demo v1.2.3 (example/demo:1.2.3)
build the UI in ui
  npm ci
  npm run build
build tool for darwin (release)
  darwin/arm64  aarch64-apple-darwin         zig: zig links it without an SDK
build tool for windows (release)
  windows/arm64 aarch64-pc-windows-gnullvm   zig: zig links it without an SDK
build backend, tool for linux (release)
  linux/arm64   aarch64-unknown-linux-musl   zig: zig links it without an SDK
image linux/arm64
  layer shared
    0644 /metadata.json <- generated
    0644 /icon.svg <- icon.svg
    0644 /ui <- ui/dist (with all below it)
  layer backend backend
    0755 /backend <- backend for linux/arm64
  layer host tool darwin
    0755 /darwin/tool <- tool for darwin/arm64
  layer host tool windows
    0755 /windows/tool.exe <- tool for windows/arm64
  layer host tool linux
    0755 /linux/tool <- tool for linux/arm64

"#]]
        .raw()
    );
}

#[test]
fn for_programs() {
    let outcome = prebuilt::project().run(["package", "-n", "--platform", "linux/arm64", "--message-format", "json"]);
    let plan = serde_json::to_string_pretty(&outcome.message("dext-plan")).expect("JSON");
    assert_data_eq!(
        outcome.hide(&plan) + "\n",
        str![[r#"
{
  "plan": {
    "cargo": {
      "all_features": false,
      "features": [],
      "macos_minimum": "11.0",
      "no_default_features": false,
      "profile": "release"
    },
    "downloads": [],
    "images": [
      {
        "layers": [
          {
            "files": [
              {
                "from": {
                  "kind": "metadata"
                },
                "mode": "file",
                "path": "/metadata.json"
              },
              {
                "from": {
                  "key": "package.metadata.extension.icon",
                  "kind": "file",
                  "path": "[ROOT]/project/icon.svg"
                },
                "mode": "file",
                "path": "/icon.svg"
              },
              {
                "from": {
                  "key": "package.metadata.extension.ui.source",
                  "kind": "tree",
                  "path": "[ROOT]/project/ui"
                },
                "mode": "file",
                "path": "/ui"
              }
            ],
            "name": "shared"
          },
          {
            "files": [
              {
                "from": {
                  "bin": {
                    "name": "backend",
                    "package": "demo"
                  },
                  "kind": "bin",
                  "must_be_static": true,
                  "platform": "linux/arm64"
                },
                "mode": "executable",
                "path": "/backend"
              }
            ],
            "name": "backend backend"
          },
          {
            "files": [
              {
                "from": {
                  "bin": {
                    "name": "tool",
                    "package": "demo"
                  },
                  "kind": "bin",
                  "must_be_static": false,
                  "platform": "darwin/arm64"
                },
                "mode": "executable",
                "path": "/darwin/tool"
              }
            ],
            "name": "host tool darwin"
          },
          {
            "files": [
              {
                "from": {
                  "bin": {
                    "name": "tool",
                    "package": "demo"
                  },
                  "kind": "bin",
                  "must_be_static": false,
                  "platform": "windows/arm64"
                },
                "mode": "executable",
                "path": "/windows/tool.exe"
              }
            ],
            "name": "host tool windows"
          },
          {
            "files": [
              {
                "from": {
                  "bin": {
                    "name": "tool",
                    "package": "demo"
                  },
                  "kind": "bin",
                  "must_be_static": false,
                  "platform": "linux/arm64"
                },
                "mode": "executable",
                "path": "/linux/tool"
              }
            ],
            "name": "host tool linux"
          }
        ],
        "platform": "linux/arm64"
      }
    ],
    "name": "demo",
    "notes": [],
    "reference": "example/demo:1.2.3",
    "units": [
      {
        "because": "zig links it without an SDK",
        "bins": [
          {
            "name": "tool",
            "package": "demo"
          }
        ],
        "builder": "zig",
        "platform": "darwin/arm64",
        "triple": "aarch64-apple-darwin"
      },
      {
        "because": "zig links it without an SDK",
        "bins": [
          {
            "name": "tool",
            "package": "demo"
          }
        ],
        "builder": "zig",
        "platform": "windows/arm64",
        "triple": "aarch64-pc-windows-gnullvm"
      },
      {
        "because": "zig links it without an SDK",
        "bins": [
          {
            "name": "backend",
            "package": "demo"
          },
          {
            "name": "tool",
            "package": "demo"
          }
        ],
        "builder": "zig",
        "platform": "linux/arm64",
        "triple": "aarch64-unknown-linux-musl"
      }
    ],
    "version": "1.2.3"
  },
  "reason": "dext-plan"
}

"#]]
        .raw()
    );
}
