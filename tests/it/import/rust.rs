//! Extensions in Rust that have a Dockerfile: what is imported is packaged and valid at once.

use std::path::PathBuf;

use serde_json::{Value, json};
use snapbox::{IntoData, assert_data_eq, str};

use crate::support::files;
use crate::support::judges::judge;
use crate::support::oci::Layout;
use crate::support::prebuilt::{self, PACKAGE};
use crate::support::sandbox::Sandbox;

const DOCKERFILE: &str = r#"# syntax=docker/dockerfile:1
ARG VERSION=1.2.3
FROM --platform=$BUILDPLATFORM rust:1 AS build
ARG TARGETARCH
WORKDIR /source
COPY . .
RUN ./build.sh $TARGETARCH

FROM scratch
ARG VERSION
LABEL org.opencontainers.image.title="Boxes" \
      org.opencontainers.image.description="Sorts boxes" \
      # the company
      org.opencontainers.image.vendor=Example\ Ltd \

      org.opencontainers.image.version="${VERSION:-0.0.0}" \
      com.docker.desktop.extension.api.version=">= 0.3.4"
LABEL com.docker.extension.screenshots='[{"alt":"Main","url":"https://example.com/1.png"}]'
COPY metadata.json icon.svg docker-compose.yaml /
COPY ui /ui
COPY etc /etc/boxes
ENV LOG=info
COPY --from=build --chmod=0755 /out/backend /srv/backend
COPY --from=build /out/darwin/tool /host/darwin/
COPY --from=build /out/windows/tool.exe /host/windows/tool.exe
COPY --from=build /out/linux/tool /host/linux/tool
ENTRYPOINT ["/srv/backend", "--socket"]
CMD ["/run/guest-services/boxes.sock"]
"#;

const COMPOSE: &str = "services:\n  boxes:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n    volumes:\n      - /run/guest-services:/run/guest-services\n";

fn metadata() -> Value {
    json!({
        "icon": "icon.svg",
        "ui": { "dashboard-tab": { "title": "Boxes", "root": "ui", "src": "index.html" } },
        "vm": { "composefile": "docker-compose.yaml", "exposes": { "socket": "boxes.sock" } },
        "host": { "binaries": [{
            "darwin": [{ "path": "/host/darwin/tool" }],
            "windows": [{ "path": "/host/windows/tool.exe" }],
            "linux": [{ "path": "/host/linux/tool" }],
        }] },
    })
}

/// The crate of `tests/fixtures/prebuilt` without a table but with a Dockerfile.
fn project() -> Sandbox {
    let project = prebuilt::project();
    let manifest = std::fs::read_to_string(project.path("Cargo.toml")).expect("text");
    let (package, _) = manifest.split_once("[package.metadata").expect("a table");
    project.write("Cargo.toml", package);
    project.write("Dockerfile", DOCKERFILE);
    project.write("docker-compose.yaml", COMPOSE);
    project.write("metadata.json", metadata().to_string());
    project.write("etc/boxes.conf", "size = 1\n");
    project
}

/// Packages it, and looks into the image with other eyes.
fn packaged(project: &Sandbox, words: &[&str], layout: PathBuf) {
    project.run(PACKAGE.iter().chain(words));
    let path = layout.display().to_string();
    project.run(["validate", "--profile", "private", &path]);
    let layout = Layout::read(&layout).expect("whole");
    for image in &layout.images {
        let files = image.files();
        let linux = files::read(&files::program(&image.platform.replace('/', "-")));
        assert_eq!(files["srv/backend"].bytes, linux);
        assert_eq!(files["host/linux/tool"].bytes, linux);
        assert_eq!(files["etc/boxes/boxes.conf"].bytes, b"size = 1\n");
        assert!(files.contains_key("host/windows/tool.exe") && files.contains_key("docker-compose.yaml"));
        assert_eq!(serde_json::from_slice::<Value>(&files["metadata.json"].bytes).expect("JSON"), metadata());
        let config = &image.config["config"];
        assert_eq!(config["Entrypoint"], json!(["/srv/backend"]));
        assert_eq!(config["Cmd"], json!(["--socket", "/run/guest-services/boxes.sock"]));
        assert_eq!(config["Labels"]["org.opencontainers.image.vendor"], "Example Ltd");
        assert_eq!(config["Labels"]["org.opencontainers.image.version"], "1.2.3");
    }
}

#[test]
fn a_crate_is_packaged_at_once() {
    let project = project();
    let told = project.run(["import", "."]).told();
    assert_data_eq!(told, str![[r#"
  Taken over title, vendor, description, icon, api-version, ui.title, ui.source, ui.root, ui.src, vm.bin, vm.composefile, vm.path, vm.socket, vm.args, host (1), marketplace.screenshots, files (1)
      Builds the Cargo binary `backend` as the backend `/srv/backend`
      Builds the Cargo binary `tool` as `/host/darwin/tool`, `/host/windows/tool.exe`, `/host/linux/tool`
warning: not taken over: line 22 of the Dockerfile: `ENV` LOG=info
  help: if the backend needs it, build a base image that has it, and name that as `vm.base`
warning: the label com.docker.desktop.extension.icon is missing [E20] (label com.docker.desktop.extension.icon)
  help: set `marketplace.icon-url` in [package.metadata.extension]
warning: the label com.docker.extension.detailed-description is missing [E20] (label com.docker.extension.detailed-description)
  help: set `marketplace.detailed-description` in [package.metadata.extension]
warning: the label com.docker.extension.publisher-url is missing [E20] (label com.docker.extension.publisher-url)
  help: set `marketplace.publisher-url` in [package.metadata.extension]
warning: the label com.docker.extension.changelog is missing [E20] (label com.docker.extension.changelog)
  help: set `marketplace.changelog` in [package.metadata.extension]
warning: the label com.docker.extension.categories is missing [E20] (label com.docker.extension.categories)
  help: set `marketplace.categories` in [package.metadata.extension]
warning: the label com.docker.extension.additional-urls is missing or empty [E25] (label com.docker.extension.additional-urls)
  help: add links to documentation, support, terms of service and privacy
     Checked apart from that, the table gives the same metadata.json and labels
       Found 5 files, `docker-compose.yaml` to `ui/index.html`
       Added [package.metadata.extension] to Cargo.toml

"#]].raw());
    packaged(&project, &[], project.layout("demo"));
}

#[test]
fn a_workspace_is_packaged_at_once() {
    let project = project();
    let package = std::fs::read_to_string(project.path("Cargo.toml")).expect("text");
    std::fs::create_dir_all(project.path("crates/demo")).expect("a folder");
    project.write("crates/demo/Cargo.toml", package);
    std::fs::rename(project.path("src"), project.path("crates/demo/src")).expect("moved");
    project.write("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n");
    let told = project.run(["import", "."]).told();
    assert!(told.contains("apart from that, the table gives the same metadata.json and labels"), "{told}");
    assert!(!told.contains("nothing says"), "{told}");
    let manifest = std::fs::read_to_string(project.path("Cargo.toml")).expect("text");
    assert!(manifest.contains("[workspace.metadata.extension.vm]\nbin = \"backend\"\n"), "{manifest}");
    packaged(&project, &[], project.layout("project"));
}

#[test]
fn a_page_that_npm_builds_is_built_and_packaged() {
    let project = project();
    let stage = "FROM --platform=$BUILDPLATFORM node:24-alpine AS page\nWORKDIR /ui\n\
                 COPY ui/package.json ui/package-lock.json /ui/\n\
                 RUN --mount=type=cache,target=/npm \\\n    npm set cache /npm && \\\n    npm ci\n\
                 COPY ui /ui\nRUN npm run build\n\nFROM scratch\n";
    project.edit("Dockerfile", "FROM scratch\n", stage);
    project.edit("Dockerfile", "COPY ui /ui\nCOPY etc", "COPY --from=page /ui/build ui\nCOPY etc");
    project.write("ui/package.json", "{}");
    project.write("ui/package-lock.json", "{}");
    let told = project.run(["import", "."]).told();
    let builds = "Builds the page `ui/build` with `npm ci`, `npm run build`, as stage `page` of the Dockerfile does";
    assert!(told.contains(builds) && told.contains("the table gives the same"), "{told}");
    let manifest = std::fs::read_to_string(project.path("Cargo.toml")).expect("text");
    let build = "source = \"ui/build\"\nroot = \"ui\"\nsrc = \"index.html\"\nbuild = { dir = \"ui\", run = [\"npm ci\", \"npm run build\"] }\n";
    assert!(manifest.contains(build), "{manifest}");
    let npm = "case $1 in ci) ;; run) mkdir build && cp -r index.html assets build/ ;; *) exit 1 ;; esac\n";
    let path = project.stand_in("npm", npm);
    project.dext(PACKAGE).first_on_path(&path).run().success();
    let layout = Layout::read(&project.layout("demo")).expect("whole");
    for image in &layout.images {
        let files = image.files();
        assert!(files.contains_key("ui/index.html") && files.contains_key("ui/assets/style.css"));
        assert!(!files.contains_key("ui/package.json"));
    }
}

#[test]
fn an_icon_among_the_pages_is_packaged_once() {
    let project = project();
    let with_icon = metadata().to_string().replace("\"icon\":\"icon.svg\"", "\"icon\":\"/ui/icon.svg\"");
    project.write("metadata.json", &with_icon);
    std::fs::rename(project.path("icon.svg"), project.path("ui/icon.svg")).expect("moved");
    project.edit("Dockerfile", "metadata.json icon.svg docker", "metadata.json docker");
    let told = project.run(["import", "../project/Dockerfile"]).told();
    assert!(told.contains("Kept as is extra.icon: its file is one of the page's"), "{told}");
    project.run(PACKAGE);
    let layout = Layout::read(&project.layout("demo")).expect("whole");
    let files = layout.images[0].files();
    assert!(files.contains_key("ui/icon.svg"));
    let found: Value = serde_json::from_slice(&files["metadata.json"].bytes).expect("JSON");
    assert_eq!(found, serde_json::from_str::<Value>(&with_icon).expect("JSON"));
}

/// The Dockerfile of an extension whose page is in React, as `docker extension init` lays it out.
const WITH_REACT: &str = r#"FROM --platform=$BUILDPLATFORM node:24-alpine AS client-builder
WORKDIR /ui
# cache packages in layer
COPY ui/package.json /ui/package.json
COPY ui/package-lock.json /ui/package-lock.json
RUN --mount=type=cache,target=/usr/src/app/.npm \
    npm set cache /usr/src/app/.npm && \
    npm ci
# install
COPY ui /ui
RUN npm run build

FROM alpine
LABEL org.opencontainers.image.title="Old" \
    org.opencontainers.image.description="A page in React" \
    org.opencontainers.image.vendor="Example Ltd" \
    com.docker.desktop.extension.api.version=">= 0.3.4"
COPY metadata.json .
COPY docker.svg .
COPY --from=client-builder /ui/dist ui
"#;

#[test]
fn a_react_page_of_another_folder_is_built_by_npm_and_valid() {
    if judge("npm").is_none() {
        return;
    }
    let project = Sandbox::empty();
    project.write("Cargo.toml", "[package]\nname = \"taken-over\"\nversion = \"2.0.0\"\nedition = \"2024\"\n");
    project.write("src/main.rs", "fn main() {}\n");
    let words = ["new", "old", "--ui", "react", "--no-backend", "--no-host", "--vendor", "A", "--vcs", "none"];
    project.dext(words).cwd(project.root()).run().success();
    let old = project.root().join("old");
    for ours in ["Cargo.toml", "rust-toolchain.toml", "README.md"] {
        std::fs::remove_file(old.join(ours)).expect("removed");
    }
    std::fs::rename(old.join("assets/icon.svg"), old.join("docker.svg")).expect("moved");
    files::write(&old.join("Dockerfile"), WITH_REACT.as_bytes());
    let source = json!({
        "icon": "docker.svg",
        "ui": { "dashboard-tab": { "title": "Old", "root": "ui", "src": "index.html" } },
    });
    files::write(&old.join("metadata.json"), source.to_string().as_bytes());

    let told = project.run(["import", "../old"]).told();
    assert!(told.contains("with `npm ci`, `npm run build`") && told.contains("the table gives the same"), "{told}");
    assert!(project.path("ui/src/main.tsx").exists(), "{told}");
    project.run(["package", "--quiet"]);
    let layout = project.layout("taken-over");
    for image in &Layout::read(&layout).expect("whole").images {
        let found = image.files();
        let page = String::from_utf8(found["ui/index.html"].bytes.clone()).expect("text");
        assert!(page.contains("<script type=\"module\"") && page.contains("\"./assets/"), "{page}");
        assert!(found.keys().any(|path| path.starts_with("ui/assets/") && path.ends_with(".js")), "{:?}", found.keys());
        assert!(
            !found.keys().any(|path| path.contains("node_modules") || path.ends_with(".tsx")),
            "{:?}",
            found.keys()
        );
        assert_eq!(serde_json::from_slice::<Value>(&found["metadata.json"].bytes).expect("JSON"), source);
    }
    let told = project.run(["validate", "--profile", "private", &layout.display().to_string()]).told();
    assert!(!told.contains("error"), "{told}");
}
