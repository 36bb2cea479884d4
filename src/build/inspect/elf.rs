//! ELF, read as the kernel and the loader read it: by its segments. Section headers may be stripped.
//!
//! The layout is that of the System V ABI; symbol versions are those of the Linux Standard Base, "Symbol
//! Versioning".

use std::io::{Read, Seek};

use object::elf;
use object::endian::{Endian, Endianness, LittleEndian as LE};
use object::read::ReadRef;
use object::read::elf::{FileHeader, ProgramHeader};

use super::names::{Names, TooMany};
use super::source::{Source, Window};
use super::{Defect, Elf, Kind, Machine, Version};

const FORMAT: &str = "ELF";

/// More symbol versions than any honest file has.
const MAX_VERSIONS: usize = 4096;

/// The most entries for libraries that are looked at.
const MAX_NEEDED: usize = 4096;

/// The longest path of a loader: `PATH_MAX` of Linux.
const MAX_PATH: usize = 4096;

/// The fifth byte of a 64-bit file, and the sixth of a little-endian one.
const CLASS_64: u8 = elf::ELFCLASS64.0;
const LITTLE_ENDIAN: u8 = elf::ELFDATA2LSB.0;

/// Reads the facts of an ELF file.
pub(super) fn read<R: Read + Seek>(reader: R, size: u64) -> Result<Elf, Defect> {
    let source = Source::new(reader, size);
    let parsed = parse(source.whole());
    source.finish(parsed).map(|(elf, _)| elf)
}

fn damaged(what: impl ToString) -> Defect {
    Defect::damaged(FORMAT, what)
}

fn parse<R: Read + Seek>(data: Window<'_, R>) -> Result<Elf, Defect> {
    match data.read_bytes_at(4, 2).map_err(|()| damaged("its header is incomplete"))? {
        [CLASS_64, LITTLE_ENDIAN] => {
            let header = elf::FileHeader64::<LE>::parse(data).map_err(damaged)?;
            let mut facts = bare(header, LE);
            let segments = Segments { data, headers: header.program_headers(LE, data).map_err(damaged)? };
            segments.check()?;
            segments.describe(&mut facts, header.e_type.get(LE) == elf::ET_DYN)?;
            Ok(facts)
        }
        // Docker Desktop runs on no such machine, so that the name of it is all one needs to know.
        [CLASS_64, _] => bare_of::<elf::FileHeader64<Endianness>, R>(data),
        _ => bare_of::<elf::FileHeader32<Endianness>, R>(data),
    }
}

fn bare_of<H: FileHeader<Endian = Endianness>, R: Read + Seek>(data: Window<'_, R>) -> Result<Elf, Defect> {
    let header = H::parse(data).map_err(damaged)?;
    Ok(bare(header, header.endian().map_err(damaged)?))
}

/// What the file header alone says.
fn bare<H: FileHeader<Endian = E>, E: Endian>(header: &H, endian: E) -> Elf {
    let kind = match header.e_type(endian) {
        elf::ET_EXEC | elf::ET_DYN => Kind::Program,
        elf::ET_REL => Kind::Object,
        _ => Kind::Other,
    };
    let os = match header.e_ident().os_abi {
        elf::ELFOSABI_SYSV | elf::ELFOSABI_LINUX => "linux",
        elf::ELFOSABI_FREEBSD => "freebsd",
        elf::ELFOSABI_NETBSD => "netbsd",
        elf::ELFOSABI_OPENBSD => "openbsd",
        elf::ELFOSABI_SOLARIS => "solaris",
        _ => "unknown",
    };
    let machine = header.e_machine(endian);
    let cpu = match (machine, header.is_class_64()) {
        (elf::EM_X86_64, true) => "amd64",
        (elf::EM_X86_64, false) => "amd64p32",
        (elf::EM_AARCH64, true) if header.is_little_endian() => "arm64",
        (elf::EM_386, _) => "386",
        (elf::EM_ARM, _) => "arm",
        (elf::EM_RISCV, true) => "riscv64",
        (elf::EM_PPC64, _) if header.is_little_endian() => "ppc64le",
        (elf::EM_PPC64, _) => "ppc64",
        (elf::EM_S390, true) => "s390x",
        (elf::EM_MIPS, _) => "mips",
        (elf::EM_LOONGARCH, true) => "loong64",
        _ => "",
    };
    let cpu = if cpu.is_empty() { format!("machine-{}", machine.0) } else { cpu.to_owned() };
    Elf { machine: Machine { os, cpu }, kind, interpreter: None, libraries: Vec::new(), glibc: None }
}

/// A 64-bit little-endian file with its program headers.
struct Segments<'a, R: Read + Seek> {
    data: Window<'a, R>,
    headers: &'a [elf::ProgramHeader64<LE>],
}

/// The entries of the dynamic segment that matter here. Addresses are those of the loaded program.
#[derive(Default)]
struct Dynamic {
    needed: Vec<u64>,
    strings: Option<u64>,
    versions: Option<u64>,
    has_soname: bool,
    is_pie: bool,
}

impl<R: Read + Seek> Segments<'_, R> {
    /// Checks that every segment is in the file.
    fn check(&self) -> Result<(), Defect> {
        let size = self.data.len().map_err(|()| damaged("its size is unknown"))?;
        for header in self.headers {
            let (offset, length) = header.file_range(LE);
            let end = offset.checked_add(length).ok_or_else(|| damaged("a segment has no end"))?;
            if end > size {
                return Err(Defect::Truncated { format: FORMAT, announced: end, size });
            }
        }
        Ok(())
    }

    fn describe(&self, facts: &mut Elf, is_shared: bool) -> Result<(), Defect> {
        for header in self.headers {
            if let Some(path) = header.interpreter(LE, self.data).map_err(damaged)? {
                let path = path.get(..MAX_PATH).unwrap_or(path);
                facts.interpreter = Some(String::from_utf8_lossy(path).into_owned());
            }
        }
        let Some(dynamic) = self.dynamic()? else {
            return Ok(());
        };
        // A library's type is that of a position-independent program. What tells them apart is that the program
        // has a loader or says that it is one, and that a library has a name for its users.
        let is_program = facts.interpreter.is_some() || dynamic.is_pie;
        if is_shared && (dynamic.has_soname || !is_program) {
            facts.kind = Kind::Library;
        }
        let Some(strings) = dynamic.strings else {
            return Ok(());
        };
        let mut names = Names::default();
        for name in &dynamic.needed {
            names.push(self.string(strings, *name)?).map_err(damaged)?;
        }
        facts.libraries = names.into_list();
        if let Some(versions) = dynamic.versions {
            facts.glibc = self.glibc(versions, strings)?;
        }
        Ok(())
    }

    fn dynamic(&self) -> Result<Option<Dynamic>, Defect> {
        for header in self.headers {
            if let Some(entries) = header.dynamic(LE, self.data).map_err(damaged)? {
                let mut found = Dynamic::default();
                for entry in entries.iter().take_while(|entry| entry.d_tag.get(LE) != elf::DT_NULL) {
                    let value = entry.d_val.get(LE);
                    match entry.d_tag.get(LE) {
                        elf::DT_NEEDED if found.needed.len() == MAX_NEEDED => {
                            return Err(damaged(TooMany));
                        }
                        elf::DT_NEEDED => found.needed.push(value),
                        elf::DT_STRTAB => found.strings = Some(value),
                        elf::DT_VERNEED => found.versions = Some(value),
                        elf::DT_SONAME => found.has_soname = true,
                        elf::DT_FLAGS_1 => found.is_pie = value & elf::DF_1_PIE.0 != 0,
                        _ => {}
                    }
                }
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The part of the file that is loaded at `address`, to the end of its segment.
    fn at(&self, address: u64) -> Option<Window<'_, R>> {
        self.headers.iter().filter(|header| header.p_type(LE) == elf::PT_LOAD).find_map(|header| {
            let skipped = address.checked_sub(header.p_vaddr(LE))?;
            let left = header.p_filesz(LE).checked_sub(skipped)?;
            self.data.part(header.p_offset(LE).checked_add(skipped)?, left)
        })
    }

    fn string(&self, table: u64, offset: u64) -> Result<&[u8], Defect> {
        let read = || {
            let rest = self.at(table.checked_add(offset)?)?;
            rest.read_bytes_at_until(0..rest.len().ok()?, 0).ok()
        };
        read().ok_or_else(|| damaged("the name of a library or version is missing"))
    }

    /// The newest glibc among the versions of symbols that the file asks for.
    fn glibc(&self, versions: u64, strings: u64) -> Result<Option<Version>, Defect> {
        let incomplete = || damaged("its table of symbol versions is incomplete");
        let table = self.at(versions).ok_or_else(incomplete)?;
        let mut newest = None;
        let mut seen = 0;
        let mut offset = 0;
        loop {
            let library: &elf::Verneed<LE> = table.read_at(offset).map_err(|()| incomplete())?;
            let mut entry = offset + u64::from(library.vn_aux.get(LE));
            for _ in 0..library.vn_cnt.get(LE) {
                seen += 1;
                if seen > MAX_VERSIONS {
                    return Err(damaged("it asks for too many symbol versions"));
                }
                let version: &elf::Vernaux<LE> = table.read_at(entry).map_err(|()| incomplete())?;
                newest = newest.max(glibc_version(self.string(strings, version.vna_name.get(LE).into())?));
                entry += u64::from(version.vna_next.get(LE));
            }
            match library.vn_next.get(LE) {
                0 => return Ok(newest),
                next => offset += u64::from(next),
            }
        }
    }
}

/// The glibc that brings a symbol version: `GLIBC_2.17` says it, others are known.
fn glibc_version(name: &[u8]) -> Option<Version> {
    match std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")? {
        // Packed relative relocations, a mark that glibc 2.36 introduced.
        "ABI_DT_RELR" => Some(Version::new(2, 36)),
        version => version.parse().ok(),
    }
}
