//! Reads the headers of programs by hand, from the formats' own documents: the ELF specification, Apple's
//! `mach-o/loader.h` and `cs_blobs.h`, Microsoft's PE/COFF specification. Shares no code with
//! `src/build/inspect` and does not use the `object` crate.

use super::files::sha256;

/// What a program says of itself.
#[derive(Debug, PartialEq, Eq)]
pub enum Program {
    /// Linux.
    Elf(Elf),
    /// macOS.
    MachO(MachO),
    /// Windows.
    Pe(Pe),
}

/// An ELF file of 64 bits, little-endian.
#[derive(Debug, PartialEq, Eq)]
pub struct Elf {
    /// `amd64` or `arm64`.
    pub cpu: &'static str,
    /// Whether it runs without a loader and without libraries.
    pub is_static: bool,
}

/// A Mach-O file of 64 bits for one CPU.
#[derive(Debug, PartialEq, Eq)]
pub struct MachO {
    /// `amd64` or `arm64`.
    pub cpu: &'static str,
    /// The oldest macOS it runs on.
    pub minos: (u32, u32),
    /// The libraries it loads.
    pub dylibs: Vec<String>,
    /// Its signature.
    pub signature: Signature,
}

/// The state of a code signature.
#[derive(Debug, PartialEq, Eq)]
pub enum Signature {
    /// There is none.
    None,
    /// Every page has the hash that is signed.
    Whole,
    /// Some page has another hash.
    Broken,
}

/// A PE32+ file.
#[derive(Debug, PartialEq, Eq)]
pub struct Pe {
    /// `amd64` or `arm64`.
    pub cpu: &'static str,
    /// Whether it opens a console, as opposed to a window.
    pub is_console: bool,
    /// The libraries it loads.
    pub imports: Vec<String>,
}

impl Program {
    /// Reads a program; `None` if it is no program of the six platforms.
    pub fn read(bytes: &[u8]) -> Option<Program> {
        let bytes = Bytes(bytes);
        match bytes.slice(0, 4)? {
            b"\x7fELF" => elf(bytes).map(Program::Elf),
            b"\xcf\xfa\xed\xfe" => macho(bytes).map(Program::MachO),
            [b'M', b'Z', ..] => pe(bytes).map(Program::Pe),
            _ => None,
        }
    }

    /// The platform it runs on, as `darwin/arm64`.
    pub fn platform(&self) -> String {
        let (os, cpu) = match self {
            Program::Elf(elf) => ("linux", elf.cpu),
            Program::MachO(macho) => ("darwin", macho.cpu),
            Program::Pe(pe) => ("windows", pe.cpu),
        };
        format!("{os}/{cpu}")
    }
}

#[derive(Debug, Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn slice(self, at: usize, len: usize) -> Option<&'a [u8]> {
        self.0.get(at..at.checked_add(len)?)
    }
    fn u16(self, at: usize) -> Option<usize> {
        Some(usize::from(u16::from_le_bytes(self.slice(at, 2)?.try_into().ok()?)))
    }
    fn u32(self, at: usize) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.slice(at, 4)?.try_into().ok()?)).ok()
    }
    fn u64(self, at: usize) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.slice(at, 8)?.try_into().ok()?)).ok()
    }
    /// Code signatures are big-endian.
    fn be32(self, at: usize) -> Option<usize> {
        usize::try_from(u32::from_be_bytes(self.slice(at, 4)?.try_into().ok()?)).ok()
    }
    fn text(self, at: usize) -> Option<String> {
        let rest = self.0.get(at..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        String::from_utf8(rest[..end].to_vec()).ok()
    }
}

fn elf(bytes: Bytes<'_>) -> Option<Elf> {
    const PT_DYNAMIC: usize = 2;
    const PT_INTERP: usize = 3;
    const DT_NEEDED: usize = 1;
    let is_64_little = bytes.slice(4, 2)? == [2, 1];
    let cpu = match bytes.u16(0x12)? {
        62 => "amd64",
        183 => "arm64",
        _ => return None,
    };
    let (table, size, count) = (bytes.u64(0x20)?, bytes.u16(0x36)?, bytes.u16(0x38)?);
    let mut is_static = true;
    for header in (0..count).map(|nth| table + nth * size) {
        match bytes.u32(header)? {
            PT_INTERP => is_static = false,
            PT_DYNAMIC => {
                let (at, len) = (bytes.u64(header + 8)?, bytes.u64(header + 32)?);
                let mut tags =
                    (at..at + len).step_by(16).map_while(|entry| bytes.u64(entry)).take_while(|tag| *tag != 0);
                is_static &= !tags.any(|tag| tag == DT_NEEDED);
            }
            _ => {}
        }
    }
    is_64_little.then_some(Elf { cpu, is_static })
}

fn macho(bytes: Bytes<'_>) -> Option<MachO> {
    const MH_EXECUTE: usize = 2;
    const LC_LOAD_DYLIB: usize = 0xc;
    const LC_LOAD_WEAK_DYLIB: usize = 0x8000_0018;
    const LC_CODE_SIGNATURE: usize = 0x1d;
    const LC_BUILD_VERSION: usize = 0x32;
    const LC_VERSION_MIN_MACOSX: usize = 0x24;
    let cpu = match bytes.u32(4)? {
        0x0100_0007 => "amd64",
        0x0100_000c => "arm64",
        _ => return None,
    };
    let version =
        |at: usize| Some((u32::try_from(bytes.u32(at)? >> 16).ok()?, u32::try_from(bytes.u32(at)? >> 8 & 0xff).ok()?));
    let mut found = MachO { cpu, minos: (0, 0), dylibs: Vec::new(), signature: Signature::None };
    let mut at = 32;
    for _ in 0..bytes.u32(16)? {
        match bytes.u32(at)? {
            LC_LOAD_DYLIB | LC_LOAD_WEAK_DYLIB => found.dylibs.push(bytes.text(at + bytes.u32(at + 8)?)?),
            LC_BUILD_VERSION => found.minos = version(at + 12)?,
            LC_VERSION_MIN_MACOSX => found.minos = version(at + 8)?,
            LC_CODE_SIGNATURE => found.signature = signature(bytes, bytes.u32(at + 8)?)?,
            _ => {}
        }
        at += bytes.u32(at + 4)?;
    }
    (bytes.u32(12)? == MH_EXECUTE).then_some(found)
}

/// Hashes every page and compares it with the code directory.
fn signature(file: Bytes<'_>, at: usize) -> Option<Signature> {
    const EMBEDDED_SIGNATURE: usize = 0xfade_0cc0;
    const CODE_DIRECTORY: usize = 0xfade_0c02;
    const SHA256: u8 = 2;
    if file.be32(at)? != EMBEDDED_SIGNATURE {
        return Some(Signature::Broken);
    }
    let blobs = (0..file.be32(at + 8)?).map_while(|nth| Some(at + file.be32(at + 12 + 8 * nth + 4)?));
    let directory = blobs.into_iter().find(|blob| file.be32(*blob) == Some(CODE_DIRECTORY))?;
    let (hashes, count, limit) = (file.be32(directory + 16)?, file.be32(directory + 28)?, file.be32(directory + 32)?);
    let [hash_size, hash_type, _, page_shift] = *file.slice(directory + 36, 4)? else { return None };
    let page = 1usize << page_shift;
    if (hash_size, hash_type) != (32, SHA256) || count != limit.div_ceil(page) {
        return Some(Signature::Broken);
    }
    let is_signed = |nth: usize| {
        let start = nth * page;
        let content = file.slice(start, page.min(limit - start))?;
        let hash: String = file.slice(directory + hashes + 32 * nth, 32)?.iter().map(|b| format!("{b:02x}")).collect();
        Some(sha256(content) == format!("sha256:{hash}"))
    };
    let whole = (0..count).all(|nth| is_signed(nth) == Some(true));
    Some(if whole { Signature::Whole } else { Signature::Broken })
}

fn pe(bytes: Bytes<'_>) -> Option<Pe> {
    const PE32_PLUS: usize = 0x20b;
    const CONSOLE: usize = 3;
    let header = bytes.u32(0x3c)?;
    let cpu = match (bytes.slice(header, 4)?, bytes.u16(header + 4)?) {
        (b"PE\0\0", 0x8664) => "amd64",
        (b"PE\0\0", 0xaa64) => "arm64",
        _ => return None,
    };
    let optional = header + 24;
    let sections = optional + bytes.u16(header + 20)?;
    // An address of the running program is found in the file through the section that covers it.
    let in_file = |address: usize| {
        (0..bytes.u16(header + 6)?).find_map(|nth| {
            let section = sections + 40 * nth;
            let (size, start) = (bytes.u32(section + 8)?.max(bytes.u32(section + 16)?), bytes.u32(section + 12)?);
            let covered = (start..start + size).contains(&address);
            covered.then_some(bytes.u32(section + 20)? + address - start)
        })
    };
    let mut imports = Vec::new();
    let mut entry = in_file(bytes.u32(optional + 112 + 8)?)?;
    while bytes.u32(entry + 12)? != 0 {
        imports.push(bytes.text(in_file(bytes.u32(entry + 12)?)?)?);
        entry += 20;
    }
    let is_console = bytes.u16(optional + 68)? == CONSOLE;
    (bytes.u16(optional)? == PE32_PLUS).then_some(Pe { cpu, is_console, imports })
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    #[test]
    fn the_reader_knows_six_platforms() {
        for platform in ["darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64", "windows/amd64", "windows/arm64"]
        {
            let bytes = files::read(&files::program(&platform.replace('/', "-")));
            let program = Program::read(&bytes).unwrap_or_else(|| panic!("{platform} is a program"));
            assert_eq!(program.platform(), platform);
        }
    }

    #[test]
    fn the_reader_can_say_no() {
        let mut bytes = files::read(&files::program("darwin-arm64"));
        let of = |bytes: &[u8]| match Program::read(bytes) {
            Some(Program::MachO(macho)) => macho.signature,
            other => panic!("{other:?}"),
        };
        assert_eq!(of(&bytes), Signature::Whole);
        bytes[0x1000] ^= 1;
        assert_eq!(of(&bytes), Signature::Broken);
        assert_eq!(of(&files::read(&files::program("darwin-amd64"))), Signature::None);
        let dynamic = files::read(&files::fixture("binaries/linux-amd64-glibc-2.17"));
        assert_eq!(Program::read(&dynamic), Some(Program::Elf(Elf { cpu: "amd64", is_static: false })));
        assert_eq!(Program::read(b"#!/bin/sh\n"), None);
    }
}
