//! The mistakes of real extensions about programs, and the shapes in which they list them.

use std::collections::BTreeSet;

use serde_json::json;

use super::wild::Row;
use crate::build::inspect::{Kind, Signature};
use crate::domain::Arch;
use crate::validate::Settings;
use crate::validate::testing::{Example, elf, macho, macho_signed, pe, pe_of};
use crate::validate::view::Start;

pub(super) const HOST: &[Row] = &[
    (
        "foreign host.binaries shape",
        |it| {
            it.json("/host/binaries", json!([{ "name": "tool", "cmd": "tool" }]));
        },
        &["E09"],
    ),
    (
        "host path never put in the image: a typo in the folder",
        |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/windows/tool" }]));
        },
        &["E10"],
    ),
    (
        "host path never put in the image: never built",
        |it| {
            it.remove("windows/tool.exe");
        },
        &["E10"],
    ),
    (
        "host path on the user's machine",
        |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/usr/local/bin/docker" }]));
            it.json("/host/binaries/0/windows", json!([{ "path": "C:\\Program Files\\Docker\\docker.exe" }]));
        },
        &["E10"],
    ),
    (
        "windows file only in the amd64 image while metadata always lists it",
        |it| {
            it.on(Arch::Arm64, |draft| draft.remove("windows/tool.exe"));
        },
        &["E10"],
    ),
    (
        "windows amd64 in the arm64 image",
        |it| {
            it.program("windows/tool.exe", |_| pe(Arch::Amd64));
        },
        &["W14"],
    ),
    (
        "directories listed, repeated base names",
        |it| {
            it.json(
                "/host/binaries/0/windows",
                json!([
                    { "path": "/windows/" },
                    { "path": "/windows/tool.exe" },
                    { "path": "/windows/lib/a/x.dll" },
                    { "path": "/windows/lib/b/x.dll" },
                ]),
            );
            it.program("windows/lib/a/x.dll", |arch| pe_of(arch.as_str(), Kind::Library));
            it.program("windows/lib/b/x.dll", |arch| pe_of(arch.as_str(), Kind::Library));
        },
        &["E10", "E11"],
    ),
    (
        "darwin entry is a Linux binary",
        |it| {
            it.json("/host/binaries/0/darwin", json!([{ "path": "/linux/tool" }]));
        },
        &["E12"],
    ),
    (
        "windows entry without extension",
        |it| {
            it.json("/host/binaries/0/windows", json!([{ "path": "/tools/run" }])).file("tools/run", "#!/bin/bash\n");
            it.mode("tools/run", 0o755);
        },
        &["E12"],
    ),
    (
        "script without execute bit",
        |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/host/send.sh" }])).file("host/send.sh", "#!/bin/sh\n");
        },
        &["E10"],
    ),
    (
        "amd64 for every OS in every image",
        |it| {
            it.program("linux/tool", |_| elf(Arch::Amd64)).program("darwin/tool", |_| macho(&[Arch::Amd64]));
            it.program("windows/tool.exe", |_| pe(Arch::Amd64));
        },
        &["E13", "W14"],
    ),
    (
        "built for arm64 but not reachable",
        |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/host/linux-amd64/tool" }]));
            it.program("host/linux-amd64/tool", |_| elf(Arch::Amd64));
            it.program("host/linux-arm64/tool", |_| elf(Arch::Arm64));
        },
        &["E13"],
    ),
    (
        "GOOS without GOARCH on the build machine",
        |it| {
            it.program("darwin/tool", |_| macho_signed(&[Arch::Amd64], &Signature::Absent));
        },
        &["E13"],
    ),
    (
        "some OS only, one arch",
        |it| {
            it.json("/host/binaries", json!([{ "linux": [{ "path": "/linux/tool" }] }]));
            it.program("linux/tool", |_| elf(Arch::Amd64));
        },
        &["E13", "W15"],
    ),
    (
        "all architectures in every image under different names",
        |it| {
            it.json(
                "/host/binaries/0/linux",
                json!([{ "path": "/linux/tool-linux-amd" }, { "path": "/linux/tool-linux-arm" }]),
            );
            it.program("linux/tool-linux-amd", |_| elf(Arch::Amd64));
            it.program("linux/tool-linux-arm", |_| elf(Arch::Arm64));
        },
        &[],
    ),
    (
        "backend compiled natively on the build machine",
        |it| {
            it.program("backend", |_| elf(Arch::Amd64));
        },
        &["E40"],
    ),
    (
        "final stage on the build platform",
        |it| {
            it.program("bin/busybox", |_| elf(Arch::Amd64)).program("usr/local/bin/node", |_| elf(Arch::Amd64));
            it.all(|draft| draft.start = Start { command: vec!["node".to_owned()], ..Start::default() });
        },
        &["E44"],
    ),
];

/// The shapes of `host.binaries` in real extensions, alive and dead, and what is said of the shape.
#[test]
fn every_shape_of_host_binaries_is_known() {
    let file = |path: &str| json!([{ "path": path }]);
    let (d, l, w) = (file("/darwin/tool"), file("/linux/tool"), file("/windows/tool.exe"));
    let shapes = [
        ("V1", json!([]), ""),
        ("V2", json!([{ "darwin": d, "windows": w, "linux": l }]), ""),
        ("V4", json!([{ "linux": l, "darwin": d, "windows": w }, {}]), ""),
        ("V5", json!([{ "linux": l, "darwin": d, "windows": w }, { "windows": file("/host/x.bat") }]), "E10"),
        ("V6", json!([{ "darwin": d, "windows": w }]), "W15"),
        ("V7", json!([{ "windows": w }]), "W15"),
        ("V12", json!([{ "name": "tool", "cmd": "tool" }]), "E09"),
        ("V14", json!([{ "path": "/usr/bin/tool" }]), "E09"),
        ("V15 a", json!([{ "darwin": "/darwin/a" }]), "E09"),
        ("V15 b", json!([{ "darwin": { "path": "/darwin/a" } }]), "E09"),
        ("V15 c", json!([{ "windows": [{ "assetsPath": "/windows", "script": "install.ps1" }] }]), "E09"),
        ("V17", json!([{ "darwin": [{ "path": "/darwin/tool", "arch": "arm64" }], "windows": w, "linux": l }]), "E09"),
    ];
    for (name, shape, rule) in shapes {
        let mut it = Example::clean();
        it.json("/host/binaries", shape);
        let found = it.found(&Settings::default());
        let ids: BTreeSet<&str> = found.iter().map(|line| &line[..3]).collect();
        assert!(ids.into_iter().eq(Some(rule).filter(|rule| !rule.is_empty())), "{name}: {found:#?}");
    }
}
