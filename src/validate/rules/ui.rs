//! Rules about what the UI needs: its icon, its pages, and that they can be copied to every machine.

use std::collections::BTreeSet;

use super::metadata::{no_text, noun};
use crate::domain::is_picture;
use crate::subject::path::normal;
use crate::validate::findings::{Findings, Place};
use crate::validate::metadata::Document;
use crate::validate::rule::{Level, Needs, Rule};
use crate::validate::tree::{Lookup, Node, NodeKind};
use crate::validate::view::{PlatformView, View};

/// Bytes of a UI above which something was most likely packed by mistake: the largest bundles seen have about 20 MiB.
const LARGE_UI: u64 = 64 << 20;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "E03",
        level: Level::Error,
        private: Some(Level::Error),
        title: "metadata.json has an icon that is a file in the image of every platform",
        why: "A missing icon makes installing fail, and an installed extension whose icon is gone can neither be \
              updated nor removed. An ending other than .svg, .png or .jpg is a warning.",
        fix: "copy an .svg or .png into the image and name its path in `icon`",
        key: Some("icon"),
        needs: Needs::Metadata,
        source: "docker/extensions-sdk#230, #154; Rancher Desktop refuses an extension without an icon",
        check: icon_is_there,
    },
    Rule {
        id: "E05",
        level: Level::Error,
        private: Some(Level::Error),
        title: "ui.dashboard-tab has title, root and src; root is a folder of the image and src a file in it",
        why: "Docker Desktop copies the folder out of the image when it installs the extension, and shows the page; \
              what is missing fails the installation or leaves an empty tab.",
        fix: "set `title`, `root` and `src` in `ui.dashboard-tab`, and copy the built pages to that root",
        key: Some("ui"),
        needs: Needs::Metadata,
        source: "Docker's manual, extensions-sdk/architecture/metadata.md; docker/extensions-sdk#230",
        check: pages_are_there,
    },
    Rule {
        id: "E17",
        level: Level::Error,
        private: Some(Level::Error),
        title: "no symbolic links among what Docker Desktop copies out of the image",
        why: "Icon, UI, compose file and host files are copied with `docker cp`; on Windows to make a symbolic link \
              needs a privilege that users do not have, and the installation fails.",
        fix: "copy the files themselves; do not ship node_modules/.bin",
        key: Some("ui.source"),
        needs: Needs::Image,
        source: "Kafka-Sonar#43 and #45, mindsdb/mindsdb-docker-extension#15: `A required privilege is not held by the client`",
        check: no_links,
    },
    Rule {
        id: "W18",
        level: Level::Warning,
        private: Some(Level::Warning),
        title: "the UI holds no node_modules and not more than 64 MiB",
        why: "Every user downloads and copies it; a bundler leaves a few megabytes, and node_modules brings symbolic \
              links that break Windows.",
        fix: "copy the bundler's output folder (`dist` or `build`) and not the project",
        key: Some("ui.source"),
        needs: Needs::Image,
        source: "Kafka-Sonar#43, mindsdb/mindsdb-docker-extension#15",
        check: ui_is_small,
    },
    Rule {
        id: "W41",
        level: Level::Warning,
        private: Some(Level::Warning),
        title: "a UI that calls ddClient.extension.vm.service has a backend that exposes a socket",
        why: "Without vm.exposes.socket there is no `service`, and the call fails in the user's tab. What counts as a \
              call: `extension.vm` in a .js or .html file, `.service` within 80 bytes and a call of get, post, put, \
              patch, delete, head or request within 80 more; a mere test for `service` does not count.",
        fix: "add `\"exposes\": { \"socket\": \"backend.sock\" }` to `vm`, and listen on /run/guest-services/backend.sock",
        key: Some("vm.socket"),
        needs: Needs::Image,
        source: "HttpService in @docker/extension-api-client-types; a surveyed extension that lacks it",
        check: service_is_exposed,
    },
];

fn icon_is_there(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.documents() {
        let Some(root) = document.value.as_object() else { continue };
        let place = Place::key("icon").on(platform);
        let Some(icon) = root.get("icon") else {
            out.error(Place::metadata().on(platform), "metadata.json has no `icon`");
            continue;
        };
        if let Some(what) = no_text(icon) {
            out.error(place, format!("`icon` {what}"));
            continue;
        }
        let Some(icon) = document.icon() else { continue };
        if icon.contains("://") {
            let help = "copy the icon into the image and name its path; the URL goes to the icon label";
            out.error_help(place, format!("the icon `{icon}` is a URL; it must be a file of the image"), help);
            continue;
        }
        if !is_picture(icon) {
            out.warning(place.clone(), format!("the icon `{icon}` is neither .svg nor .png nor .jpg"));
        }
        if let Some(why) = platform.and_then(|platform| no_file(platform, icon)) {
            out.error(place, format!("the icon `{icon}` {why}"));
        }
    }
}

/// Whether a name ends in one of the endings, in any case.
pub(super) fn ends_in(name: &str, endings: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(ending))
}

/// Why a path is no file in a platform's image.
pub(super) fn no_file(platform: &PlatformView, path: &str) -> Option<String> {
    if leaves(path) {
        return Some("leads out of the image".to_owned());
    }
    match platform.files.lookup(path) {
        Lookup::Found { node, .. } if node.kind == NodeKind::File => None,
        Lookup::Found { node, .. } => Some(format!("is {}, not a file", node.kind.noun())),
        Lookup::Absent => Some("is not in the image".to_owned()),
        Lookup::Loop => Some("is a link that leads to itself".to_owned()),
    }
}

/// Whether a path has more `..` than folders before them.
pub(super) fn leaves(path: &str) -> bool {
    let mut depth = 0_i64;
    path.split('/').filter(|part| !part.is_empty() && *part != ".").any(|part| {
        depth += if part == ".." { -1 } else { 1 };
        depth < 0
    })
}

fn pages_are_there(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.documents() {
        let Some(ui) = document.at(&["ui"]) else { continue };
        if !ui.is_object() {
            out.error(Place::key("ui").on(platform), format!("`ui` is {}, not an object", noun(ui)));
            continue;
        }
        let place = |key: &str| Place::key(format!("ui.dashboard-tab{key}")).on(platform);
        let tab = match document.at(&["ui", "dashboard-tab"]) {
            Some(tab) if tab.is_object() => tab,
            Some(tab) => {
                out.error(place(""), format!("`ui.dashboard-tab` is {}, not an object", noun(tab)));
                continue;
            }
            None => {
                out.error(Place::key("ui").on(platform), "`ui` has no `dashboard-tab`");
                continue;
            }
        };
        for key in ["title", "root", "src"] {
            match tab.get(key).map(no_text) {
                None => out.error(place(""), format!("`ui.dashboard-tab` has no `{key}`")),
                Some(Some(what)) => out.error(place(&format!(".{key}")), format!("`{key}` {what}")),
                Some(None) => {}
            }
        }
        if let Some(platform) = platform {
            copied_pages(platform, document, out);
        }
    }
}

fn copied_pages(platform: &PlatformView, document: &Document, out: &mut Findings<'_>) {
    let Some(root) = document.ui_root() else { return };
    let place = |key: &str| Place::key(format!("ui.dashboard-tab.{key}")).on(Some(platform));
    let at_root = place("root");
    if leaves(root) {
        return out.error(at_root, format!("the root `{root}` leads out of the image"));
    }
    match platform.files.lookup(root) {
        Lookup::Found { node, .. } if node.kind == NodeKind::Dir => {}
        Lookup::Found { node, .. } => {
            return out.error(at_root, format!("the root `{root}` is {}, not a folder", node.kind.noun()));
        }
        Lookup::Absent => return out.error(at_root, format!("the root `{root}` is not in the image")),
        Lookup::Loop => return out.error(at_root, format!("the root `{root}` is a link that leads to itself")),
    }
    // A page of a server needs no file: Docker Desktop takes a `src` that begins with `http` as it is.
    let Some(src) = document.ui_src().filter(|src| !src.starts_with("http")) else { return };
    let page = src.split(['?', '#']).next().unwrap_or_default();
    if leaves(page) {
        out.error(place("src"), format!("the page `{src}` leads out of the root `{root}`"));
    } else if let Some(why) = no_file(platform, &format!("{root}/{page}")) {
        out.error(place("src"), format!("the page `{src}` in the root `{root}` {why}"));
    }
}

fn no_links(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.whole() {
        let host = document.host_paths();
        let mut singles: Vec<(String, &str)> = host.iter().map(|file| (file.key(), file.path)).collect();
        singles.extend(document.icon().map(|path| ("icon".to_owned(), path)));
        singles.extend(document.composefile().map(|path| ("vm.composefile".to_owned(), path)));
        singles.extend(document.ui_root().map(|path| ("ui.dashboard-tab.root".to_owned(), path)));
        let mut seen = BTreeSet::new();
        for (key, path) in singles {
            let link = platform.files.get(path).filter(|node| matches!(node.kind, NodeKind::Symlink(_)));
            if let Some(node) = link
                && seen.insert(normal(path))
            {
                let place = Place::key(key).in_layer(platform.layer(node.layer)).on(Some(platform));
                out.error(place, format!("`{path}` is a symbolic link"));
            }
        }
        let Some(root) = document.ui_root() else { continue };
        let links = platform.files.below(root).filter(|(_, node)| matches!(node.kind, NodeKind::Symlink(_)));
        let mut links = links.map(|(path, node)| (path, node.layer));
        let rest = platform.rest.first_link.as_ref().map(|(path, layer)| (path.as_str(), *layer));
        let Some((first, layer)) = links.next().or(rest) else { continue };
        // The first one itself is counted again if it is of the rest.
        let many = links.count() as u64 + platform.rest.links + u64::from(rest.is_none_or(|(rest, _)| rest != first));
        let place = Place::file(first).in_layer(platform.layer(layer)).on(Some(platform));
        match many {
            1 => out.error(place, format!("`/{first}` in the UI is a symbolic link")),
            many => out.error(place, format!("the UI has {many} symbolic links, the first is `/{first}`")),
        }
    }
}

fn ui_is_small(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.whole() {
        let Some(root) = document.ui_root() else { continue };
        let place = Place::key("ui.dashboard-tab.root").on(Some(platform));
        let is_modules = |path: &str, node: &Node| node.kind == NodeKind::Dir && path.ends_with("/node_modules");
        let modules = platform.files.below(root).find(|(path, node)| is_modules(path, node)).map(|(path, _)| path);
        if let Some(path) = modules.or(platform.rest.modules.as_deref()) {
            out.warning(place.clone(), format!("the UI holds `/{path}`"));
        }
        let size: u64 =
            platform.files.below(root).map(|(_, node)| node.size).fold(platform.rest.bytes, u64::saturating_add);
        if size > LARGE_UI {
            out.warning(place, format!("the UI has {} MiB", size >> 20));
        }
    }
}

fn service_is_exposed(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.whole() {
        let socket = document.at(&["vm", "exposes", "socket"]).is_some() || document.ui_socket().is_some();
        if let Some(file) = platform.mentions.vm_service.as_ref().filter(|_| !socket) {
            let message = "the UI calls `ddClient.extension.vm.service`, and `vm.exposes` has no socket";
            out.warning(Place::file(file).on(Some(platform)), message);
        }
    }
}

#[cfg(test)]
pub(super) mod cases;
