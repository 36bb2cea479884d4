//! Views that break one rule about what runs in the VM, and views that nearly do.

use serde_json::{Value, json};

use crate::domain::Arch;
use crate::validate::testing::{Case, elf};
use crate::validate::view::Start;

pub const CASES: &[Case] = &[
    Case {
        rule: "W19",
        name: "a service without a command",
        breaks: |it| {
            it.all(|draft| draft.start = Start::default());
        },
        says: "warning docker-compose.yaml: services.tool: the backend's image has neither ENTRYPOINT nor CMD",
        near: |it| {
            it.all(|draft| draft.start = Start::default());
            it.compose("services: {tool: {image: '${DESKTOP_PLUGIN_IMAGE}', command: /backend}}");
        },
    },
    Case {
        rule: "W19",
        name: "vm.image",
        breaks: |it| {
            it.json("/vm/composefile", Value::Null).json("/vm/image", json!("${DESKTOP_PLUGIN_IMAGE}"));
            it.all(|draft| draft.start = Start::default());
        },
        says: "warning metadata.json: vm.image: the backend's image has neither",
        near: |it| {
            it.json("/vm/composefile", Value::Null).json("/vm/image", json!("example/other:1"));
            it.all(|draft| draft.start = Start::default());
        },
    },
    Case {
        rule: "E40",
        name: "compiled on the build machine",
        breaks: |it| {
            it.program("backend", |_| elf(Arch::Amd64));
        },
        says: "error backend, layer the layer (linux/arm64): the backend `/backend` is an ELF for linux/amd64, not for \
               linux/arm64",
        near: |it| {
            // It is not what starts.
            it.program("other", |_| elf(Arch::Amd64));
        },
    },
    Case {
        rule: "E40",
        name: "behind a shell, found on PATH",
        breaks: |it| {
            it.program("opt/server", |_| elf(Arch::Arm64));
            it.all(|draft| draft.start.search = vec!["/bin".to_owned(), "/opt".to_owned()]);
            it.compose(
                "services: {tool: {image: '${DESKTOP_PLUGIN_IMAGE}', entrypoint: [sh, -c, 'A=b exec server -x']}}",
            );
        },
        says: "error opt/server, layer the layer (linux/amd64): the backend `/opt/server` is an ELF for linux/arm64",
        near: |it| {
            it.program("opt/server", |_| elf(Arch::Arm64));
            it.compose("services: {tool: {image: '${DESKTOP_PLUGIN_IMAGE}', command: --with server}}");
        },
    },
    Case {
        rule: "E40",
        name: "behind a script",
        breaks: |it| {
            it.program("backend", |_| elf(Arch::Amd64))
                .file("usr/bin/docker-entrypoint.sh", "#!/bin/sh\nexec \"$@\"\n");
            it.all(|draft| draft.start.entrypoint = vec!["docker-entrypoint.sh".to_owned()]);
            it.all(|draft| draft.start.command = vec!["serve".to_owned(), "/backend".to_owned()]);
        },
        says: "error backend, layer the layer (linux/arm64): the backend `/backend` is an ELF for linux/amd64",
        near: |it| {
            // A program is not asked to start its arguments.
            it.program("plugin", |_| elf(Arch::Amd64));
            it.all(|draft| draft.start.command = vec!["/plugin".to_owned()]);
        },
    },
    Case {
        rule: "E40",
        name: "as another user",
        breaks: |it| {
            it.program("backend", |_| elf(Arch::Amd64)).program("sbin/su-exec", elf);
            it.all(|draft| draft.start.entrypoint = ["su-exec", "root", "/backend"].map(str::to_owned).into());
        },
        says: "error backend, layer the layer (linux/arm64): the backend `/backend` is an ELF for linux/amd64",
        near: |it| {
            it.program("sbin/su-exec", elf);
            it.all(|draft| draft.start.entrypoint = ["su-exec", "root", "/backend"].map(str::to_owned).into());
        },
    },
    Case {
        rule: "E44",
        name: "the base of the build machine",
        breaks: |it| {
            it.program("bin/busybox", |_| elf(Arch::Amd64)).program("backend", |_| elf(Arch::Amd64));
        },
        says: "error bin/busybox, layer the layer (linux/arm64): the base's `/bin/busybox` is an ELF for linux/amd64",
        near: |it| {
            // The loader of another CPU, as Debian can have it.
            it.program("lib/ld-linux-aarch64.so.1", |_| elf(Arch::Arm64));
        },
    },
];
