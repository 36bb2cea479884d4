//! Rules about the compose file.

use super::ui::no_file;
use crate::subject::path::normal;
use crate::validate::compose::{Compose, PLACEHOLDER, Service};
use crate::validate::findings::{Findings, Place};
use crate::validate::metadata::Document;
use crate::validate::rule::{Level, Needs, Rule};
use crate::validate::view::{PlatformView, View};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "E07",
        level: Level::Error,
        private: Some(Level::Error),
        title: "vm.composefile is a compose file of the image with at least one service",
        why: "Docker Desktop copies it out of the image and runs `docker compose up` with it. It is a warning when no \
              service uses ${DESKTOP_PLUGIN_IMAGE} (an image named by tag is another version than the one installed), \
              and when the service with the socket is not the first, the only one that the SDK talks to.",
        fix: "copy the compose file under the name that metadata.json gives it, and let its first service use \
              `image: ${DESKTOP_PLUGIN_IMAGE}`",
        key: Some("vm.composefile"),
        needs: Needs::Image,
        source: "Docker's manual, extensions-sdk/architecture/metadata.md and extensions-sdk/build/backend-extension-tutorial.md",
        check: compose_runs,
    },
    Rule {
        id: "W43",
        level: Level::Warning,
        private: Some(Level::Warning),
        title: "the Docker socket is mounted from /var/run/docker.sock.raw",
        why: "The raw socket is the engine's own, inside the VM; the other is the one of the user's machine, whose use \
              from a container can fail for want of permission.",
        fix: "write `/var/run/docker.sock.raw:/var/run/docker.sock`",
        key: Some("vm.composefile"),
        needs: Needs::Image,
        source: "Docker's manual, extensions-sdk/guides/use-docker-socket-from-backend.md",
        check: socket_is_raw,
    },
];

/// The compose file of every platform that has one whole: its path and what it says.
pub(super) fn compose_files(view: &View) -> impl Iterator<Item = (&PlatformView, &Document, &str, &Compose)> {
    view.whole().filter_map(|(platform, document)| {
        let compose = platform.composefile.as_ref()?.as_ref().ok()?;
        Some((platform, document, document.composefile()?, compose))
    })
}

fn compose_runs(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.whole() {
        let Some(path) = document.composefile() else { continue };
        let named = Place::key("vm.composefile").on(Some(platform));
        if let Some(why) = no_file(platform, path) {
            match other_name(platform, path) {
                Some(other) => out.error_help(
                    named,
                    format!("the compose file `{path}` {why}, but `/{other}` is"),
                    "copy it under the name that metadata.json gives it",
                ),
                None => out.error(named, format!("the compose file `{path}` {why}")),
            }
        }
        if let Some(Err(broken)) = &platform.composefile {
            let place = Place::file(path).at(Some(broken.line), None).on(Some(platform));
            out.error(place, format!("the compose file cannot be read: {}", broken.what));
        }
    }
    for (platform, document, path, compose) in compose_files(view) {
        let place = Place::file(path).on(Some(platform));
        if compose.services.is_empty() {
            out.error(Place { key: Some("services".to_owned()), ..place }, "the compose file has no service");
            continue;
        }
        for service in &compose.services {
            without_image(service, &place, out);
        }
        uses_own_image(view, compose, &place, out);
        first_has_the_socket(document, compose, &place, out);
    }
}

/// The compose file of another name that authors most often copy instead.
fn other_name(platform: &PlatformView, path: &str) -> Option<String> {
    let path = normal(path);
    let folder = path.rfind('/').map_or("", |end| &path[..=end]);
    let names = ["docker-compose.yaml", "docker-compose.yml", "compose.yaml", "compose.yml"];
    names.into_iter().map(|name| format!("{folder}{name}")).find(|other| no_file(platform, other).is_none())
}

fn service_key(place: &Place, service: &Service, key: &str) -> Place {
    Place { key: Some(format!("services.{}.{key}", service.name)), ..place.clone() }
}

fn without_image(service: &Service, place: &Place, out: &mut Findings<'_>) {
    if service.image.is_some() || service.inherits {
        return;
    }
    let what = if service.builds { "would be built, which no user's machine can" } else { "has no image" };
    let help = format!("write `image: ${{{PLACEHOLDER}}}`, or the name of another image");
    out.error_help(service_key(place, service, "image"), format!("the service `{}` {what}", service.name), help);
}

fn uses_own_image(view: &View, compose: &Compose, place: &Place, out: &mut Findings<'_>) {
    if compose.services.iter().any(|service| service.is_own_image() || service.inherits) {
        return;
    }
    let help = format!("write `image: ${{{PLACEHOLDER}}}` for the service that runs the extension's own image");
    let own = view.reference.as_ref().and_then(|own| {
        let same = |image: &str| crate::domain::Reference::parse(image).is_ok_and(|it| it.repository == own.repository);
        compose.services.iter().find(|service| service.image.as_deref().is_some_and(same))
    });
    match own {
        Some(service) => {
            let message = format!("the service `{}` names this extension's image itself", service.name);
            out.warning_help(service_key(place, service, "image"), message, help);
        }
        None if compose.services.iter().all(|service| service.image.is_some()) => {
            let place = Place { key: Some("services".to_owned()), ..place.clone() };
            out.warning_help(place, format!("no service uses `${{{PLACEHOLDER}}}`"), help);
        }
        None => {}
    }
}

/// The service with the socket is the one whose words speak of it, or else the first that runs the own image.
fn first_has_the_socket(document: &Document, compose: &Compose, place: &Place, out: &mut Findings<'_>) {
    let (Some(socket), [first, rest @ ..]) = (document.vm_socket(), compose.services.as_slice()) else { return };
    let speaks = |service: &Service| service.speaks_of("/run/guest-services") || service.speaks_of(socket);
    let spoken = compose.services.iter().any(speaks);
    let has = |service: &Service| if spoken { speaks(service) } else { service.is_own_image() };
    if has(first) {
        return;
    }
    if let Some(other) = rest.iter().find(|service| has(service)) {
        let message = format!("the socket `{socket}` is the service `{}`'s, which is not the first", other.name);
        let place = Place { key: Some(format!("services.{}", other.name)), ..place.clone() };
        out.warning_help(place, message, "put that service first: Docker Desktop talks to the first one only");
    }
}

fn socket_is_raw(view: &View, out: &mut Findings<'_>) {
    for (platform, _, path, compose) in compose_files(view) {
        for service in &compose.services {
            let plain = service.volumes.iter().filter_map(|mount| mount.source.as_deref());
            for source in plain.filter(|source| is_docker_socket(source)) {
                let place = service_key(&Place::file(path).on(Some(platform)), service, "volumes");
                out.warning(place, format!("the service `{}` mounts `{source}`", service.name));
            }
        }
    }
}

fn is_docker_socket(source: &str) -> bool {
    matches!(normal(source).as_str(), "var/run/docker.sock" | "run/docker.sock")
}

#[cfg(test)]
pub(super) mod cases;
