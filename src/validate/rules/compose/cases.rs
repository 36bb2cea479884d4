//! Views that break one rule about the compose file, and views that nearly do.

use serde_json::json;

use crate::validate::testing::Case;

pub const CASES: &[Case] = &[
    Case {
        rule: "E07",
        name: "another name",
        breaks: |it| {
            it.json("/vm/composefile", json!("docker-compose.yml"));
        },
        says: "error metadata.json: vm.composefile: the compose file `docker-compose.yml` is not in the image, but \
               `/docker-compose.yaml` is",
        near: |it| {
            it.json("/vm/composefile", json!("vm/x.yml"))
                .file("vm/x.yml", "services: {a: {image: $DESKTOP_PLUGIN_IMAGE}}");
        },
    },
    Case {
        rule: "E07",
        name: "no YAML",
        breaks: |it| {
            it.compose("services:\n  tool: [\n");
        },
        says: "error docker-compose.yaml:3: the compose file cannot be read",
        near: |it| {
            it.compose(
                "# ours\r\nservices:\r\n  tool: &a\r\n    image: \"${DESKTOP_PLUGIN_IMAGE}\"\r\n  other: *a\r\n",
            );
        },
    },
    Case {
        rule: "E07",
        name: "no service",
        breaks: |it| {
            it.compose("services: {}");
        },
        says: "error docker-compose.yaml: services: the compose file has no service",
        near: |_| {},
    },
    Case {
        rule: "E07",
        name: "its own image by tag",
        breaks: |it| {
            it.compose("services: {tool: {image: 'example/tool:1.2.3'}}");
        },
        says: "warning docker-compose.yaml: services.tool.image: the service `tool` names this extension's image itself",
        near: |it| {
            it.compose("services: {tool: {image: '${DESKTOP_PLUGIN_IMAGE}'}, db: {image: postgres}}");
        },
    },
    Case {
        rule: "E07",
        name: "only the images of others",
        breaks: |it| {
            it.compose("services: {db: {image: postgres}}");
        },
        says: "warning docker-compose.yaml: services: no service uses `${DESKTOP_PLUGIN_IMAGE}`",
        near: |_| {},
    },
    Case {
        rule: "E07",
        name: "built on the user's machine",
        breaks: |it| {
            it.compose("services: {tool: {build: .}}");
        },
        says: "error docker-compose.yaml: services.tool.image: the service `tool` would be built",
        near: |it| {
            it.compose("services: {tool: {image: '${DESKTOP_PLUGIN_IMAGE}', build: .}}");
        },
    },
    Case {
        rule: "E07",
        name: "the second has the socket",
        breaks: |it| {
            it.compose(
                "services: {db: {image: postgres}, tool: {image: '${DESKTOP_PLUGIN_IMAGE}', \
                 command: /backend --socket /run/guest-services/backend.sock}}",
            );
        },
        says: "warning docker-compose.yaml: services.tool: the socket `backend.sock` is the service `tool`'s",
        near: |it| {
            it.compose(
                "services: {tool: {image: '${DESKTOP_PLUGIN_IMAGE}', environment: [SOCKET=backend.sock]}, \
                 other: {image: '${DESKTOP_PLUGIN_IMAGE}'}}",
            );
        },
    },
    Case {
        rule: "W43",
        name: "the proxy's socket, short and long",
        breaks: |it| {
            it.compose(
                "services: {tool: {image: '${DESKTOP_PLUGIN_IMAGE}', volumes: [{type: bind, \
                 source: /var/run/docker.sock, target: /var/run/docker.sock}]}}",
            );
        },
        says: "warning docker-compose.yaml: services.tool.volumes: the service `tool` mounts `/var/run/docker.sock`",
        near: |it| {
            it.compose(
                "services: {tool: {image: '${DESKTOP_PLUGIN_IMAGE}', \
                 volumes: ['/var/run/docker.sock.raw:/var/run/docker.sock']}}",
            );
        },
    },
];
