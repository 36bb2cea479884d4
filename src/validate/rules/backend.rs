//! Rules about the programs that run in Docker Desktop's VM.

use std::collections::BTreeMap;

use super::compose::compose_files;
use crate::build::inspect::{Detail, Elf};
use crate::domain::Arch;
use crate::validate::compose::is_placeholder;
use crate::validate::findings::{Findings, Place};
use crate::validate::metadata::Document;
use crate::validate::rule::{Level, Needs, Rule};
use crate::validate::tree::{Lookup, NodeKind};
use crate::validate::view::{PlatformView, View};

/// Programs and loaders that base images bring; whoever fills a view reads their headers too. The first that is there
/// tells the CPU of the base. Loaders come last: a system may have those of other CPUs too.
pub const BASE: [&str; 10] = [
    "/bin/busybox",
    "/bin/sh",
    "/bin/bash",
    "/bin/ls",
    "/usr/bin/env",
    "/usr/local/bin/node",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
];

/// Where programs are looked for if `PATH` is not set, as containerd and runc do.
const SEARCH: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// How many words of a command line are looked at.
const MAX_WORDS: usize = 200;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "W19",
        level: Level::Warning,
        private: Some(Level::Warning),
        title: "an image that runs as the backend says what to start",
        why: "vm.image, or a service that uses ${DESKTOP_PLUGIN_IMAGE} without a command, runs the image's ENTRYPOINT \
              and CMD; without them no container starts.",
        fix: "add ENTRYPOINT or CMD to the image, or `command` to the service",
        key: Some("vm.bin"),
        needs: Needs::Image,
        source: "Docker's manual of 2022, extensions METADATA: \"must have a defined CMD\"",
        check: image_starts_something,
    },
    Rule {
        id: "E40",
        level: Level::Error,
        private: Some(Level::Error),
        title: "the program that the backend starts runs on the CPU of its image",
        why: "A backend that was compiled on the build machine and copied into both images is right in one of them \
              only: in the other it ends with `exec format error`, or runs emulated where an emulator is installed.",
        fix: "compile it for the image's CPU: GOARCH=$TARGETARCH, or a target triple for each platform",
        key: Some("vm.bin"),
        needs: Needs::Image,
        source: "survey: two of 168 extensions build their backend on $BUILDPLATFORM only",
        check: backend_fits,
    },
    Rule {
        id: "E44",
        level: Level::Error,
        private: Some(Level::Error),
        title: "the base of an image is for the CPU of the image",
        why: "A final stage `FROM --platform=$BUILDPLATFORM` puts the build machine's system into the images of all \
              CPUs; nothing in them runs on the others without an emulator.",
        fix: "remove `--platform=$BUILDPLATFORM` from the last FROM; builder stages may keep it",
        key: Some("vm.base"),
        needs: Needs::Image,
        source: "survey: three of 168 extensions have such a final stage",
        check: base_fits,
    },
];

/// A container that Docker Desktop starts from a platform's own image.
struct Container<'a> {
    platform: &'a PlatformView,
    place: Place,
    entrypoint: &'a [String],
    command: &'a [String],
}

/// Every container that runs the extension's own image.
fn containers(view: &View) -> Vec<Container<'_>> {
    let by_image = view.whole().filter(|(_, document)| runs_alone(document)).map(|(platform, _)| Container {
        platform,
        place: Place::key("vm.image").on(Some(platform)),
        entrypoint: &platform.start.entrypoint,
        command: &platform.start.command,
    });
    let by_compose = compose_files(view).flat_map(|(platform, _, path, compose)| {
        compose.services.iter().filter(|service| service.is_own_image()).map(move |service| {
            // As Compose does: an entrypoint of its own makes the image's command void.
            let image_command = if service.entrypoint.is_some() { &[][..] } else { &platform.start.command };
            let key = Some(format!("services.{}", service.name));
            Container {
                platform,
                place: Place { key, ..Place::file(path).on(Some(platform)) },
                entrypoint: service.entrypoint.as_deref().unwrap_or(&platform.start.entrypoint),
                command: service.command.as_deref().unwrap_or(image_command),
            }
        })
    });
    by_image.chain(by_compose).collect()
}

/// Whether the image is started without a compose file.
fn runs_alone(document: &Document) -> bool {
    document.composefile().is_none() && document.vm_image().is_some_and(is_placeholder)
}

fn image_starts_something(view: &View, out: &mut Findings<'_>) {
    for container in containers(view) {
        if container.entrypoint.iter().chain(container.command).all(String::is_empty) {
            out.warning(container.place, "the backend's image has neither ENTRYPOINT nor CMD");
        }
    }
}

fn backend_fits(view: &View, out: &mut Findings<'_>) {
    for container in containers(view) {
        let platform = container.platform;
        let Some(arch) = platform.arch().filter(|arch| foreign_base(platform, *arch).is_none()) else { continue };
        let words: Vec<&String> = container.entrypoint.iter().chain(container.command).collect();
        for (path, elf) in started(platform, &words) {
            if elf.machine.platform() != Some(arch.image_platform()) {
                let message = format!("the backend `/{path}` is an ELF for {}, not for linux/{arch}", elf.machine);
                let layer = platform.files.get(&path).and_then(|node| platform.layer(node.layer));
                out.error(Place::file(&path).in_layer(layer).on(Some(platform)), message);
            }
        }
    }
}

/// The programs of a command line: the first word, and behind a shell's `-c` or an init the one it starts. What a script
/// starts, or a user's name stands before, is a program that is named by its whole path.
fn started<'a>(platform: &'a PlatformView, words: &[&String]) -> BTreeMap<String, &'a Elf> {
    const STARTERS: [&str; 10] =
        ["sh", "bash", "ash", "tini", "dumb-init", "catatonit", "env", "su-exec", "gosu", "setpriv"];
    let mut found = BTreeMap::new();
    let mut by_a_script = false;
    for word in words.iter().flat_map(|word| word.split_whitespace()).take(MAX_WORDS) {
        let passed = word.starts_with('-') || word == "exec" || (word.contains('=') && !word.starts_with('/'));
        if passed || (by_a_script && !word.starts_with('/')) {
            continue;
        }
        let program = program_at(platform, word);
        let is_program = program.is_some();
        found.extend(program);
        if !STARTERS.contains(&word.rsplit('/').next().unwrap_or_default()) {
            if is_program {
                break;
            }
            by_a_script = true;
        }
    }
    found
}

/// The ELF program that a word names, looked for as a container does.
fn program_at<'a>(platform: &'a PlatformView, word: &str) -> Option<(String, &'a Elf)> {
    let places: Vec<String> = if word.starts_with('/') {
        vec![word.to_owned()]
    } else if word.contains('/') {
        vec![format!("{}/{word}", platform.start.folder)]
    } else if platform.start.search.is_empty() {
        SEARCH.iter().map(|folder| format!("{folder}/{word}")).collect()
    } else {
        platform.start.search.iter().take(20).map(|folder| format!("{folder}/{word}")).collect()
    };
    places.iter().find_map(|path| elf_at(platform, path))
}

fn elf_at<'a>(platform: &'a PlatformView, path: &str) -> Option<(String, &'a Elf)> {
    let Lookup::Found { path, node, .. } = platform.files.lookup(path) else { return None };
    if node.kind != NodeKind::File {
        return None;
    }
    match &platform.programs.get(&path)?.as_ref().ok()?.detail {
        Detail::Elf(elf) => Some((path, elf)),
        _ => None,
    }
}

/// The base's first program, if it is for another CPU.
fn foreign_base(platform: &PlatformView, arch: Arch) -> Option<(String, &Elf)> {
    let first = BASE.iter().find_map(|path| elf_at(platform, path));
    first.filter(|(_, elf)| elf.machine.platform() != Some(arch.image_platform()))
}

fn base_fits(view: &View, out: &mut Findings<'_>) {
    for platform in view.platforms() {
        let Some(arch) = platform.arch() else { continue };
        if let Some((path, elf)) = foreign_base(platform, arch) {
            let layer = platform.files.get(&path).and_then(|node| platform.layer(node.layer));
            let message = format!("the base's `/{path}` is an ELF for {}, not for linux/{arch}", elf.machine);
            out.error(Place::file(&path).in_layer(layer).on(Some(platform)), message);
        }
    }
}

#[cfg(test)]
pub(super) mod cases;
