//! Real binaries, and what bad luck or bad will makes of them. `tests/fixtures/binaries/README.md` says how they
//! were made.

use std::io::Cursor;

use super::*;
use crate::domain::Platform;

macro_rules! fixture {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../../tests/fixtures/binaries/", $name)).as_slice())
    };
}

const DARWIN_AMD64: (&str, &[u8]) = fixture!("darwin-amd64");
const DARWIN_ARM64: (&str, &[u8]) = fixture!("darwin-arm64");
const WINDOWS_AMD64: (&str, &[u8]) = fixture!("windows-amd64.exe");
const WINDOWS_ARM64: (&str, &[u8]) = fixture!("windows-arm64.exe");
const LINUX_AMD64: (&str, &[u8]) = fixture!("linux-amd64");
const LINUX_ARM64: (&str, &[u8]) = fixture!("linux-arm64");
const GLIBC_OLD: (&str, &[u8]) = fixture!("linux-amd64-glibc-2.17");
const GLIBC_NEW: (&str, &[u8]) = fixture!("linux-amd64-glibc-2.34");
const LIBRARY: (&str, &[u8]) = fixture!("linux-amd64.so");

fn facts_of((name, bytes): (&str, &[u8])) -> Facts {
    inspect(name, Cursor::new(bytes)).unwrap_or_else(|defect| panic!("{name}: {defect}"))
}

fn platform(text: &str) -> Platform {
    text.parse().expect("a platform")
}

/// What is wrong with a file as a program for a platform, a line each.
fn findings(bytes: &[u8], expected: &Expectation) -> Vec<String> {
    verify(&facts_of(("x", bytes)), expected).into_iter().map(|f| format!("{:?}: {}", f.level, f.what)).collect()
}

fn program(text: &str) -> Expectation {
    Expectation::program(platform(text))
}

/// Little-endian numbers in a copy of a binary.
struct Patch(Vec<u8>);

impl Patch {
    fn of((_, bytes): (&str, &[u8])) -> Self {
        Patch(bytes.to_vec())
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.0[at..at + 4].try_into().expect("four bytes"))
    }

    fn put(mut self, at: usize, bytes: &[u8]) -> Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn put_u32(self, at: usize, value: u32) -> Self {
        self.put(at, &value.to_le_bytes())
    }

    fn find(&self, bytes: &[u8]) -> usize {
        self.0.windows(bytes.len()).position(|window| window == bytes).expect("it is there")
    }

    fn replace(self, from: &[u8], to: &[u8]) -> Self {
        assert!(from.len() >= to.len());
        let at = self.find(from);
        let padding = vec![0; from.len() - to.len()];
        self.put(at, to).put(at + to.len(), &padding)
    }

    /// The offset of a load command of a 64-bit Mach-O.
    fn command(&self, wanted: u32) -> usize {
        let mut at = 32;
        while self.u32(at) != wanted {
            at += self.u32(at + 4) as usize;
        }
        at
    }

    /// Adds a load command behind the others, over code that nobody runs.
    fn add_library(self, name: &str) -> Self {
        let size = (24 + name.len() + 1).next_multiple_of(8);
        let (count, commands) = (self.u32(16), self.u32(20));
        let end = 32 + commands as usize;
        self.put_u32(16, count + 1)
            .put_u32(20, commands + u32::try_from(size).expect("small"))
            .put(end, &vec![0; size])
            .put_u32(end, 0xc)
            .put_u32(end + 4, u32::try_from(size).expect("small"))
            .put_u32(end + 8, 24)
            .put(end + 24, name.as_bytes())
    }
}

/// A universal file of the two macOS programs, with 32- or 64-bit entries.
fn universal(wide: bool) -> Vec<u8> {
    let slices = [(0x0100_0007_u32, 3_u32, DARWIN_AMD64.1), (0x0100_000c, 0, DARWIN_ARM64.1)];
    let mut bytes = Vec::from(if wide { 0xcafe_babf_u32 } else { 0xcafe_babe }.to_be_bytes());
    bytes.extend(2_u32.to_be_bytes());
    let mut offset = 0x4000_u32;
    for (cpu, subtype, slice) in slices {
        let size = u32::try_from(slice.len()).expect("small");
        bytes.extend([cpu, subtype].into_iter().flat_map(u32::to_be_bytes));
        if wide {
            bytes.extend([u64::from(offset), size.into(), 14 << 32].into_iter().flat_map(u64::to_be_bytes));
        } else {
            bytes.extend([offset, size, 14].into_iter().flat_map(u32::to_be_bytes));
        }
        offset += size.next_multiple_of(0x4000);
    }
    for (_, _, slice) in slices {
        bytes.resize(bytes.len().next_multiple_of(0x4000), 0);
        bytes.extend(slice);
    }
    bytes
}

#[test]
fn display_and_platforms() {
    for (fixture, text, platforms) in [
        (DARWIN_AMD64, "Mach-O for darwin/amd64, macOS 11.0, not signed", "darwin/amd64"),
        (DARWIN_ARM64, "Mach-O for darwin/arm64, macOS 11.0, signed ad hoc", "darwin/arm64"),
        (WINDOWS_AMD64, "PE for windows/amd64, console", "windows/amd64"),
        (WINDOWS_ARM64, "PE for windows/arm64, console", "windows/arm64"),
        (LINUX_AMD64, "ELF for linux/amd64, static", "linux/amd64"),
        (LINUX_ARM64, "ELF for linux/arm64, static", "linux/arm64"),
        (GLIBC_OLD, "ELF for linux/amd64, needs glibc 2.2.5", "linux/amd64"),
        (GLIBC_NEW, "ELF for linux/amd64, needs glibc 2.34", "linux/amd64"),
        (LIBRARY, "ELF library for linux/amd64, needs glibc 2.2.5", "linux/amd64"),
    ] {
        let facts = facts_of(fixture);
        assert_eq!(facts.to_string(), text);
        assert_eq!(facts.platforms, [platform(platforms)], "{}", fixture.0);
    }
}

#[test]
fn every_platform_takes_its_own_program_and_no_other() {
    let all = [DARWIN_AMD64, DARWIN_ARM64, WINDOWS_AMD64, WINDOWS_ARM64, LINUX_AMD64, LINUX_ARM64];
    for fixture in all {
        let facts = facts_of(fixture);
        for expected in Platform::ALL {
            let findings = verify(&facts, &Expectation::program(expected));
            if facts.platforms == [expected] {
                assert_eq!(findings, [], "{} on {expected}", fixture.0);
            } else {
                let what = format!("it is {}; {expected} is needed", facts.noun());
                assert_eq!(findings.iter().map(|f| (f.level, &f.what)).collect::<Vec<_>>(), [(Level::Error, &what)]);
            }
        }
    }
    assert_eq!(
        findings(DARWIN_AMD64.1, &program("darwin/arm64")),
        ["Error: it is a Mach-O for darwin/amd64; darwin/arm64 is needed"]
    );
}

#[test]
fn json_is_stable() {
    let json = |fixture| serde_json::to_value(facts_of(fixture)).expect("JSON");
    assert_eq!(
        json(GLIBC_NEW),
        serde_json::json!({
            "format": "elf", "machine": "linux/amd64", "kind": "program", "glibc": "2.34",
            "interpreter": "/lib64/ld-linux-x86-64.so.2", "libraries": ["libc.so.6"], "platforms": ["linux/amd64"],
        })
    );
    assert_eq!(
        json(DARWIN_ARM64),
        serde_json::json!({
            "format": "macho", "universal": false, "platforms": ["darwin/arm64"],
            "slices": [{
                "machine": "darwin/arm64", "kind": "program", "minimum": "11.0",
                "libraries": ["/usr/lib/libSystem.B.dylib"], "signature": { "state": "valid", "ad_hoc": true },
            }],
        })
    );
    assert_eq!(
        json(WINDOWS_AMD64),
        serde_json::json!({
            "format": "pe", "machine": "windows/amd64", "kind": "program", "subsystem": "console",
            "libraries": ["KERNEL32.dll"], "delayed": [], "platforms": ["windows/amd64"],
        })
    );
}

#[test]
fn glibc_and_static() {
    let floor = |version| Expectation { glibc_floor: Some(version), ..program("linux/amd64") };
    assert_eq!(
        findings(GLIBC_NEW.1, &floor(Version::new(2, 17))),
        ["Error: it needs glibc 2.34; at most 2.17 is wanted"]
    );
    assert_eq!(findings(GLIBC_NEW.1, &floor(Version::new(2, 34))), [""; 0]);
    assert_eq!(findings(GLIBC_OLD.1, &floor(Version::new(2, 17))), [""; 0]);
    let static_only = Expectation { must_be_static: true, ..program("linux/amd64") };
    assert_eq!(findings(LINUX_AMD64.1, &static_only), [""; 0]);
    assert_eq!(
        findings(GLIBC_OLD.1, &static_only),
        ["Error: it is not static: it needs /lib64/ld-linux-x86-64.so.2, libc.so.6"]
    );
}

#[test]
fn loaders_and_libraries_of_other_linuxes() {
    let loader = b"/lib64/ld-linux-x86-64.so.2";
    let nix = Patch::of(GLIBC_OLD).replace(loader, b"/nix/store/x/ld-linux.so.2").0;
    assert_eq!(
        findings(&nix, &program("linux/amd64")),
        ["Warning: it is started by /nix/store/x/ld-linux.so.2, which other machines do not have"]
    );
    let ssl = Patch::of(GLIBC_OLD).replace(b"libc.so.6\0", b"libz.so.1\0").0;
    assert_eq!(
        findings(&ssl, &program("linux/amd64")),
        ["Warning: it needs libz.so.1, which not every Linux machine has"]
    );
}

#[test]
fn a_library_is_no_program() {
    assert_eq!(findings(LIBRARY.1, &program("linux/amd64")), ["Error: it is a library; a program is needed"]);
    let data = Expectation { role: Role::Data, ..program("linux/amd64") };
    assert_eq!(findings(LIBRARY.1, &data), [""; 0]);
    let dylib = Patch::of(DARWIN_AMD64).put_u32(12, 6).0;
    assert_eq!(findings(&dylib, &program("darwin/amd64")), ["Error: it is a library; a program is needed"]);
    let patch = Patch::of(WINDOWS_AMD64);
    let characteristics = patch.u32(0x3c) as usize + 22;
    let dll = patch.put(characteristics, &0x2022_u16.to_le_bytes()).0;
    assert_eq!(findings(&dll, &program("windows/amd64")), ["Error: it is a library; a program is needed"]);
}

#[test]
fn a_static_position_independent_program_is_one() {
    // A type of "shared object" with no loader: its dynamic segment says that it is a program all the same.
    let mut patch = Patch::of(LIBRARY);
    let headers = u32::from(patch.0[56]);
    let dynamic = (0..headers as usize).map(|index| 64 + 56 * index).find(|at| patch.u32(*at) == 2).expect("dynamic");
    let mut entry = patch.u32(dynamic + 8) as usize;
    while patch.u32(entry) != 0 {
        patch = match patch.u32(entry) {
            // The library it needs becomes DT_DEBUG, and DT_FLAGS_1 becomes DF_1_PIE.
            1 => patch.put_u32(entry, 21),
            0x6fff_fffb => patch.put_u32(entry + 8, 0x0800_0000),
            _ => patch,
        };
        entry += 16;
    }
    let facts = facts_of(("pie", &patch.0));
    let Detail::Elf(elf) = facts.detail else { panic!("an ELF") };
    assert_eq!((elf.kind, elf.is_static()), (Kind::Program, true));
}

#[test]
fn universal_files_are_checked_for_the_platform_in_question() {
    for bytes in [universal(false), universal(true)] {
        let facts = facts_of(("universal", &bytes));
        assert_eq!(facts.to_string(), "universal Mach-O for darwin/amd64 and darwin/arm64");
        for platform in ["darwin/amd64", "darwin/arm64"] {
            assert_eq!(findings(&bytes, &program(platform)), [""; 0]);
        }
        assert_eq!(
            findings(&bytes, &program("linux/arm64")),
            ["Error: it is a universal Mach-O for darwin/amd64 and darwin/arm64; linux/arm64 is needed"]
        );
    }
    // The last page of the last program is the arm64 one's.
    let mut broken = universal(false);
    let signed = broken.len() - 0x4000;
    broken[signed] ^= 1;
    assert_eq!(findings(&broken, &program("darwin/amd64")), [""; 0]);
    assert_eq!(findings(&broken, &program("darwin/arm64")).len(), 1);
    // Two entries for one place would have it hashed twice, and thirty entries thirty times.
    let overlap = Patch(universal(false)).put(8 + 20 + 8, &0x4000_u32.to_be_bytes()).0;
    assert!(inspect("x", Cursor::new(overlap)).is_err());
}

#[test]
fn signatures_must_fit_their_pages() {
    let expected = program("darwin/arm64");
    let signature = Patch::of(DARWIN_ARM64).command(0x1d);
    let place = Patch::of(DARWIN_ARM64).u32(signature + 8) as usize;
    let changed = Patch::of(DARWIN_ARM64).put(0x4000 + 17, b"!").0;
    let [finding] = findings(&changed, &expected).try_into().expect("one finding");
    assert!(finding.starts_with("Error: its signature is broken, and macOS kills"), "{finding}");
    assert!(finding.ends_with("the page at byte 16384 is not the one that was signed"), "{finding}");
    let damaged_hash = Patch::of(DARWIN_ARM64);
    let last = damaged_hash.0.len() - 1;
    for (what, bytes) in [
        ("another magic", Patch::of(DARWIN_ARM64).put(place, &[0])),
        ("no blobs", Patch::of(DARWIN_ARM64).put(place + 8, &[0; 4])),
        ("outside the file", Patch::of(DARWIN_ARM64).put_u32(signature + 8, u32::MAX)),
        ("too large", Patch::of(DARWIN_ARM64).put_u32(signature + 12, u32::MAX)),
        ("the first byte", Patch::of(DARWIN_ARM64).put(DARWIN_ARM64.1.len() - last - 1 + 24, &[1])),
    ] {
        let [finding] = findings(&bytes.0, &expected).try_into().expect(what);
        assert!(finding.starts_with("Error: its signature is broken"), "{what}: {finding}");
    }
    // Without the command there is no signature at all. Its place is taken by LC_SOURCE_VERSION.
    let unsigned = Patch::of(DARWIN_ARM64).put_u32(signature, 0x2a).0;
    assert_eq!(findings(&unsigned, &expected), ["Error: it is not signed, and no arm64 Mac starts such a program"]);
}

#[test]
fn libraries_of_macs() {
    let expected = program("darwin/amd64");
    for (library, finding) in [
        ("/usr/lib/libSystem.B.dylib", "Error: it loads /usr/lib/libSystem.B.dylib twice, at which macOS 26 aborts"),
        ("@rpath/libx.dylib", "Error: it needs @rpath/libx.dylib, which users' machines do not have"),
        ("/opt/homebrew/lib/x.dylib", "Error: it needs /opt/homebrew/lib/x.dylib, which users' machines do not have"),
        ("/usr/local/lib/x.dylib", "Error: it needs /usr/local/lib/x.dylib, which users' machines do not have"),
        ("@executable_path/x.dylib", "Warning: it needs @executable_path/x.dylib, a file beside it"),
    ] {
        assert_eq!(findings(&Patch::of(DARWIN_AMD64).add_library(library).0, &expected), [finding]);
    }
    let framework = "/System/Library/Frameworks/Security.framework/Versions/A/Security";
    assert_eq!(findings(&Patch::of(DARWIN_AMD64).add_library(framework).0, &expected), [""; 0]);
}

#[test]
fn the_minimum_of_macos() {
    let expected =
        |major, minor| Expectation { macos_minimum: Some(Version::new(major, minor)), ..program("darwin/amd64") };
    assert_eq!(findings(DARWIN_AMD64.1, &expected(11, 0)), [""; 0]);
    assert_eq!(findings(DARWIN_AMD64.1, &expected(10, 12)), ["Error: it needs macOS 11.0; 10.12 is wanted"]);
    let patch = Patch::of(DARWIN_AMD64);
    let build = patch.command(0x32);
    let newer = patch.put_u32(build + 12, 0x000f_0401).0;
    assert_eq!(findings(&newer, &expected(11, 0)), ["Error: it needs macOS 15.4.1; 11.0 is wanted"]);
    // The command of macOS 10.13 and older, whose version stands where the other's platform does.
    let older = Patch::of(DARWIN_AMD64).put_u32(build, 0x24).put_u32(build + 8, 0x000a_0c00).0;
    assert_eq!(findings(&older, &expected(10, 12)), [""; 0]);
    let ios = Patch::of(DARWIN_AMD64).put_u32(build + 8, 2).0;
    assert_eq!(findings(&ios, &expected(11, 0)), ["Error: it is a Mach-O for ios/amd64; darwin/amd64 is needed"]);
}

#[test]
fn libraries_of_windows() {
    let expected = program("windows/amd64");
    for (library, finding) in [
        ("LIBGCC_S.dll", "Error: it needs LIBGCC_S.dll, which users' machines do not have"),
        ("MSVCP140.dll", "Error: it needs MSVCP140.dll, which users' machines do not have"),
        ("mylib123.dll", "Warning: it needs mylib123.dll, which is no library of Windows that is known here"),
    ] {
        assert_eq!(
            findings(&Patch::of(WINDOWS_AMD64).replace(b"KERNEL32.dll", library.as_bytes()).0, &expected),
            [finding]
        );
    }
    for library in ["ADVAPI32.dll", "ws2_32.DLL", "ext-ms-a.dll", "bcrypt.dll"] {
        let bytes = Patch::of(WINDOWS_AMD64).replace(b"KERNEL32.dll", library.as_bytes()).0;
        assert_eq!(findings(&bytes, &expected), [""; 0]);
    }
}

#[test]
fn libraries_that_windows_loads_later() {
    // The table of delayed libraries goes where the code was.
    let patch = Patch::of(WINDOWS_AMD64);
    let headers = patch.u32(0x3c) as usize;
    let sections = headers + 24 + 240;
    let (address, place) = (patch.u32(sections + 12), patch.u32(sections + 20) as usize);
    let directory = headers + 24 + 112 + 13 * 8;
    let patch = patch.put_u32(directory, address).put_u32(directory + 4, 64).put_u32(sections + 8, 96);
    let bytes = patch
        .put(place, &[0; 96])
        .put_u32(place, 1)
        .put_u32(place + 4, address + 64)
        .put(place + 64, b"VCRUNTIME140.dll")
        .0;
    assert_eq!(
        findings(&bytes, &program("windows/amd64")),
        ["Warning: it needs VCRUNTIME140.dll, which users' machines do not have"]
    );
}

#[test]
fn machines_of_others() {
    let elf = |machine: u8| Patch::of(LINUX_AMD64).put(18, &[machine, 0]).0;
    let old_pe = Patch::of(WINDOWS_AMD64);
    let machine = old_pe.u32(0x3c) as usize + 4;
    let mut elf_32 = vec![0; 52];
    elf_32[..20].copy_from_slice(b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0");
    for (bytes, text) in [
        (elf(243), "ELF for linux/riscv64, static"),
        (elf(99), "ELF for linux/machine-99, static"),
        (Patch(elf(62)).put(7, &[9]).0, "ELF for freebsd/amd64, static"),
        (elf_32, "ELF for linux/arm, static"),
        (old_pe.put(machine, &[0x4c, 0x01]).0, "PE for windows/386"),
        (Patch::of(DARWIN_ARM64).put(8, &[2]).0, "Mach-O for darwin/arm64e, macOS 11.0, signature broken"),
        (Patch::of(DARWIN_AMD64).put(4, &[18, 0, 0, 0]).0, "Mach-O for darwin/ppc, macOS 11.0, not signed"),
    ] {
        let facts = facts_of(("x", &bytes));
        assert_eq!((facts.to_string().as_str(), facts.platforms.len()), (text, 0));
    }
}

#[test]
fn scripts() {
    for (name, bytes, text, platforms) in [
        ("run.sh", &b"#!/bin/sh\nexit 0\n"[..], "script for /bin/sh", 4),
        ("run", b"#! /usr/bin/env bash -e", "script for /usr/bin/env bash -e", 4),
        ("run.CMD", b"@echo off\r\n", "script for cmd.exe", 2),
        ("run.bat", b"rem", "script for cmd.exe", 2),
        ("run.ps1", b"exit", "script for powershell.exe", 2),
        ("run.sh", b"echo", "a text file without a `#!` line", 0),
        ("run.sh", b"\xef\xbb\xbf#!/bin/sh", "a script whose `#!` stands behind a byte order mark", 0),
    ] {
        let facts = facts_of((name, bytes));
        assert_eq!((facts.to_string().as_str(), facts.platforms.len()), (text, platforms));
    }
    assert_eq!(
        findings(b"#!/bin/sh\r\nexit\r\n", &program("linux/amd64")),
        ["Error: its `#!` line ends in CR LF, so that `/bin/sh\\r` is looked for"]
    );
    assert_eq!(
        findings(b"#!/bin/sh", &program("windows/arm64")),
        ["Error: it is a script for /bin/sh; windows/arm64 is needed"]
    );
    let long = [&b"#!"[..], &[b'a'; 4000]].concat();
    assert_eq!(facts_of(("x", &long)).to_string().len(), "script for ".len() + 256);
}

#[test]
fn what_people_pack_by_mistake() {
    let data = Expectation { role: Role::Data, ..program("linux/amd64") };
    for (bytes, text) in [
        (&b"\x1f\x8b\x08\0"[..], "a gzip archive"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\n<!DOCTYPE html>\n<html>", "an HTML page"),
        (b"\xca\xfe\xba\xbe\0\0\0\x34", "a Java class"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"\0\x01\x02", "a file of an unknown format"),
        (b"{}", "a text file without a `#!` line"),
    ] {
        assert_eq!(findings(bytes, &program("linux/amd64")), [format!("Error: it is {text}; linux/amd64 is needed")]);
        assert_eq!(findings(bytes, &data), [""; 0]);
    }
    let defect = inspect("x", Cursor::new(b"")).expect_err("there is nothing");
    assert_eq!(defect.to_string(), "it is an empty file");
}

#[test]
fn data_is_doubted_and_not_refused() {
    let data = Expectation { role: Role::Data, ..program("linux/arm64") };
    assert_eq!(findings(DARWIN_AMD64.1, &data), ["Warning: it is a Mach-O for darwin/amd64; linux/arm64 is needed"]);
}

#[test]
fn versions() {
    for (text, version) in [("11.0", Version::new(11, 0)), ("11", Version::new(11, 0)), ("2.17", Version::new(2, 17))] {
        assert_eq!(text.parse(), Ok(version));
    }
    assert_eq!("10.12.6".parse::<Version>().map(|version| version.to_string()).as_deref(), Ok("10.12.6"));
    for text in ["", "x", "1.", "1.2.3.4", "+1.2", "-1", "99999.0", "1.2 "] {
        assert!(text.parse::<Version>().is_err(), "{text}");
    }
    assert!(Version::new(2, 2) < Version::new(2, 17));
}

/// Every fixture, and the universal files made of them.
fn corpus() -> Vec<Vec<u8>> {
    let fixtures = [
        DARWIN_AMD64,
        DARWIN_ARM64,
        WINDOWS_AMD64,
        WINDOWS_ARM64,
        LINUX_AMD64,
        LINUX_ARM64,
        GLIBC_OLD,
        GLIBC_NEW,
        LIBRARY,
    ];
    fixtures.into_iter().map(|(_, bytes)| bytes.to_vec()).chain([universal(false), universal(true)]).collect()
}

#[test]
fn a_file_cut_short_is_noticed() {
    for bytes in corpus() {
        let lengths = (1..1024.min(bytes.len())).chain((1024..bytes.len()).step_by(509)).chain([bytes.len() - 1]);
        for length in lengths {
            match inspect("x", Cursor::new(&bytes[..length])) {
                Err(Defect::Truncated { announced, size, .. }) => assert!(announced > size),
                Err(Defect::Damaged { .. }) => {}
                Err(defect) => panic!("{length} of {}: {defect}", bytes.len()),
                // Fewer bytes than a magic number, or the tables of debuggers behind all that is loaded.
                Ok(facts) => {
                    let unknown = matches!(facts.detail, Detail::Other(_));
                    let tail = matches!(facts.detail, Detail::Elf(_)) && length > bytes.len() / 2;
                    assert!(unknown && length < 8 || tail, "{length} of {}: {facts}", bytes.len());
                }
            }
        }
    }
}

/// Numbers that are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("below a usize")
    }
}

#[test]
fn changed_files_are_read_to_an_end() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for bytes in corpus() {
        for round in 0..600 {
            let mut changed = bytes.clone();
            // Headers stand at the beginning, and signatures at the end.
            let reach = [64, 512, 4096, bytes.len()][round % 4].min(bytes.len());
            for _ in 0..=random.below(6) {
                let at = random.below(reach);
                let at = if random.below(8) == 0 { bytes.len() - 1 - at } else { at };
                changed[at] = [0, 0xff, 0x7f, 1, changed[at] ^ (1 << random.below(8))][random.below(5)];
            }
            if let Ok(facts) = inspect("x", Cursor::new(&changed)) {
                for platform in Platform::ALL {
                    let _ = verify(&facts, &Expectation::program(platform));
                }
                assert!(facts.to_string().len() < 1 << 20);
            }
        }
    }
}
