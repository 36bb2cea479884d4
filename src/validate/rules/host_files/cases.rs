//! Views that break one rule about host files, and views that nearly do.

use serde_json::json;

use crate::build::inspect::{Kind, Signature};
use crate::domain::Arch;
use crate::validate::testing::{Case, elf, elf_of, macho, macho_signed, pe, pe_of};

pub const CASES: &[Case] = &[
    Case {
        rule: "E10",
        name: "missing",
        breaks: |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/windows/tool" }]));
        },
        says: "error metadata.json: host.binaries[0].linux[0].path: the linux file `/windows/tool` is not in the image",
        near: |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "linux/./tool" }]));
        },
    },
    Case {
        rule: "E10",
        name: "the Windows file is in one image only",
        breaks: |it| {
            it.on(Arch::Arm64, |draft| draft.remove("windows/tool.exe"));
        },
        says: "host.binaries[0].windows[0].path (linux/arm64): the windows file `/windows/tool.exe` is not in the image",
        near: |_| {},
    },
    Case {
        rule: "E10",
        name: "a folder",
        breaks: |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/linux/" }, { "path": "/linux/tool" }]));
        },
        says: "the linux file `/linux/` is a folder",
        near: |_| {},
    },
    Case {
        rule: "E10",
        name: "a path of the user's machine",
        breaks: |it| {
            it.json("/host/binaries/0/windows", json!([{ "path": "C:\\Program Files\\tool.exe" }]));
        },
        says: "is a path of a Windows machine, not of the image",
        near: |_| {},
    },
    Case {
        rule: "E10",
        name: "a script without execute bits",
        breaks: |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/linux/tool.sh" }]))
                .file("linux/tool.sh", "#!/bin/sh\n");
        },
        says: "error metadata.json: host.binaries[0].linux[0].path, layer the layer: the linux program `/linux/tool.sh` \
               has mode 0644",
        near: |it| {
            // Data needs no such bits, and Windows does not know them.
            it.json("/host/binaries/0/linux", json!([{ "path": "/linux/tool" }, { "path": "/x.properties" }]));
            it.file("x.properties", "a=b").mode("windows/tool.exe", 0o644);
        },
    },
    Case {
        rule: "E12",
        name: "a Linux program for darwin",
        breaks: |it| {
            it.program("darwin/tool", elf);
        },
        says: "host.binaries[0].darwin[0].path, layer the layer (linux/amd64): the darwin file `/darwin/tool`: it is an \
               ELF for linux/amd64, which no darwin machine runs",
        near: |it| {
            it.file("darwin/tool", "#!/usr/bin/env bash\n").mode("darwin/tool", 0o755);
        },
    },
    Case {
        rule: "E12",
        name: "a shell script for Windows",
        breaks: |it| {
            it.json("/host/binaries/0/windows", json!([{ "path": "/tools/run" }])).file("tools/run", "#!/bin/sh\n");
        },
        says: "the windows file `/tools/run`: it is a script for /bin/sh, which no windows machine runs",
        near: |it| {
            it.json("/host/binaries/0/windows", json!([{ "path": "/tools/run.cmd" }, { "path": "/tools/x.ps1" }]));
            it.file("tools/run.cmd", "@echo off\r\n").file("tools/x.ps1", "Get-Item");
        },
    },
    Case {
        rule: "E12",
        name: "a PE without an ending",
        breaks: |it| {
            it.json("/host/binaries/0/windows", json!([{ "path": "/windows/tool" }])).program("windows/tool", pe);
        },
        says: "it is a PE whose name does not end in .exe, without which Windows does not start it",
        near: |it| {
            it.json("/host/binaries/0/windows", json!([{ "path": "/windows/x.dll" }, { "path": "/windows/tool.exe" }]));
            it.program("windows/x.dll", |arch| pe_of(arch.as_str(), Kind::Library));
        },
    },
    Case {
        rule: "E12",
        name: "a PE with the end of a version",
        breaks: |it| {
            it.json("/host/binaries/0/windows", json!([{ "path": "/tool-1.2" }])).program("tool-1.2", pe);
        },
        says: "the windows file `/tool-1.2`: it is a PE whose name does not end in .exe",
        near: |it| {
            it.json("/host/binaries/0/windows", json!([{ "path": "/Tool-1.2.EXE" }])).program("Tool-1.2.EXE", pe);
        },
    },
    Case {
        rule: "E12",
        name: "Windows line ends",
        breaks: |it| {
            it.file("linux/tool", "#!/bin/sh\r\necho\r\n").mode("linux/tool", 0o755);
        },
        says: "its `#!` line ends in CR LF",
        near: |_| {},
    },
    Case {
        rule: "E12",
        name: "a web page",
        breaks: |it| {
            it.file("linux/tool", "<!DOCTYPE html><title>Not found</title>").mode("linux/tool", 0o755);
        },
        says: "the linux file `/linux/tool`: it is an HTML page, not a program",
        near: |it| {
            it.json("/host/binaries/0/linux", json!([{ "path": "/linux/tool" }, { "path": "/linux/help.html" }]));
            it.file("linux/help.html", "<!DOCTYPE html>");
        },
    },
    Case {
        rule: "E12",
        name: "an empty file",
        breaks: |it| {
            it.file("linux/tool", "").mode("linux/tool", 0o755);
        },
        says: "the linux file `/linux/tool`: it is an empty file",
        near: |_| {},
    },
    Case {
        rule: "E13",
        name: "one CPU in both images",
        breaks: |it| {
            it.program("linux/tool", |_| elf(Arch::Amd64));
        },
        says: "host.binaries[0].linux[0].path, layer the layer (linux/arm64): the linux program `/linux/tool` is an ELF \
               for linux/amd64, not for linux/arm64",
        near: |it| {
            it.program("darwin/tool", |_| macho(&Arch::ALL));
        },
    },
    Case {
        rule: "E13",
        name: "the right one is not listed",
        breaks: |it| {
            it.json("/host/binaries/0/darwin", json!([{ "path": "/darwin-amd64/tool" }]));
            it.program("darwin-amd64/tool", |_| macho(&[Arch::Amd64]));
            it.program("darwin-arm64/tool", |_| macho(&[Arch::Arm64]));
        },
        says: "(linux/arm64): the darwin program `/darwin-amd64/tool` is a Mach-O for darwin/amd64",
        near: |it| {
            it.json("/host/binaries/0/darwin", json!([{ "path": "/darwin/tool-amd" }, { "path": "/darwin/tool-arm" }]));
            it.program("darwin/tool-amd", |_| macho(&[Arch::Amd64]));
            it.program("darwin/tool-arm", |_| macho(&[Arch::Arm64]));
        },
    },
    Case {
        rule: "E13",
        name: "an arm64 PE in the amd64 image",
        breaks: |it| {
            it.program("windows/tool.exe", |_| pe(Arch::Arm64));
        },
        says: "(linux/amd64): the windows program `/windows/tool.exe` is a PE for windows/arm64",
        near: |it| {
            it.on(Arch::Amd64, |draft| draft.program("windows/tool.exe", pe_of("386", Kind::Program)));
        },
    },
    Case {
        rule: "E13",
        name: "a CPU that nobody has",
        breaks: |it| {
            it.program("linux/tool", |_| elf_of("riscv64"));
        },
        says: "is an ELF for linux/riscv64, not for linux/amd64",
        near: |_| {},
    },
    Case {
        rule: "W14",
        name: "an amd64 PE on arm64",
        breaks: |it| {
            it.program("windows/tool.exe", |_| pe(Arch::Amd64));
        },
        says: "warning metadata.json: host.binaries[0].windows[0].path, layer the layer (linux/arm64): the Windows \
               program `/windows/tool.exe` is for windows/amd64 only",
        near: |it| {
            it.json("/host/binaries/0/windows", json!([{ "path": "/tool-amd64.exe" }, { "path": "/tool-arm64.exe" }]));
            it.program("tool-amd64.exe", |_| pe(Arch::Amd64));
            it.program("tool-arm64.exe", |_| pe(Arch::Arm64));
        },
    },
    Case {
        rule: "W16",
        name: "not signed",
        breaks: |it| {
            it.program("darwin/tool", |arch| macho_signed(&[arch], &Signature::Absent));
        },
        says: "(linux/arm64): the darwin program `/darwin/tool` for arm64 is not signed",
        near: |it| {
            it.on(Arch::Amd64, |draft| draft.program("darwin/tool", macho_signed(&[Arch::Amd64], &Signature::Absent)));
        },
    },
    Case {
        rule: "W16",
        name: "signed and changed",
        breaks: |it| {
            it.program("darwin/tool", |_| macho_signed(&Arch::ALL, &Signature::Broken { why: "page 3".to_owned() }));
        },
        says: "warning metadata.json: host.binaries[0].darwin[0].path, layer the layer: the darwin program \
               `/darwin/tool` for arm64 has a broken signature: page 3",
        near: |_| {},
    },
];
