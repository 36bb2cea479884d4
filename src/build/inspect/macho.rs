//! Mach-O, thin and universal, by the headers of Apple's `mach-o/loader.h` and `mach-o/fat.h`.

use std::io::{Read, Seek};

use object::endian::Endianness;
use object::macho;
use object::read::ReadRef;
use object::read::macho::{FatArch, LoadCommandVariant, MachHeader, MachOFatFile};

use super::names::Names;
use super::signature::{self, Claim};
use super::source::{Source, Window};
use super::{Defect, Kind, MachO, Machine, Slice, Version};

const FORMAT: &str = "Mach-O";

/// More CPUs than any universal file is for. A Java class has the same magic, and its version, which is 45 or
/// more, where a universal file has this count.
const MAX_SLICES: u32 = 32;

/// Whether a file that begins with `head` is a Mach-O.
pub(super) fn is_macho(head: &[u8]) -> bool {
    let word = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
    match word(0) {
        Some(macho::MH_MAGIC | macho::MH_CIGAM | macho::MH_MAGIC_64 | macho::MH_CIGAM_64) => true,
        Some(macho::FAT_MAGIC | macho::FAT_MAGIC_64) => word(4).is_some_and(|count| count <= MAX_SLICES),
        _ => false,
    }
}

/// Reads the facts of a Mach-O file, and checks its signatures against its pages.
pub(super) fn read<R: Read + Seek>(reader: R, size: u64) -> Result<MachO, Defect> {
    let source = Source::new(reader, size);
    let parsed = parse(source.whole());
    let ((universal, parts), mut reader) = source.finish(parsed)?;
    let mut slices = Vec::with_capacity(parts.len());
    for mut part in parts {
        part.slice.signature = signature::check(&mut reader, part.start, part.claim).map_err(Defect::Io)?;
        slices.push(part.slice);
    }
    Ok(MachO { universal, slices })
}

fn damaged(what: impl ToString) -> Defect {
    Defect::damaged(FORMAT, what)
}

/// One CPU's part, with a signature that is still to be checked.
struct Part {
    /// Where it begins in the file.
    start: u64,
    slice: Slice,
    claim: Claim,
}

fn parse<R: Read + Seek>(data: Window<'_, R>) -> Result<(bool, Vec<Part>), Defect> {
    let magic: &object::U32<object::BigEndian> = data.read_at(0).map_err(|()| damaged("its header is incomplete"))?;
    match magic.get(object::BigEndian) {
        macho::FAT_MAGIC => Ok((true, parse_fat::<macho::FatArch32, R>(data)?)),
        macho::FAT_MAGIC_64 => Ok((true, parse_fat::<macho::FatArch64, R>(data)?)),
        _ => Ok((false, vec![parse_thin(data, 0)?])),
    }
}

fn parse_fat<F: FatArch, R: Read + Seek>(data: Window<'_, R>) -> Result<Vec<Part>, Defect> {
    let fat = MachOFatFile::<F>::parse(data).map_err(damaged)?;
    let size = data.len().map_err(|()| damaged("its size is unknown"))?;
    let mut ranges: Vec<(u64, u64)> = fat.arches().iter().map(FatArch::file_range).collect();
    let parts = fat.arches().iter().map(|arch| {
        let (start, length) = arch.file_range();
        let window = data.part(start, length).ok_or_else(|| Defect::Truncated {
            format: FORMAT,
            announced: start.saturating_add(length),
            size,
        })?;
        let part = parse_thin(window, start)?;
        let machine = machine(arch.cputype(), arch.cpusubtype(), part.slice.machine.os);
        if machine == part.slice.machine { Ok(part) } else { Err(damaged("two of its headers name different CPUs")) }
    });
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    // Signatures are read whole, so that parts within parts would be read over and over.
    ranges.sort_unstable();
    if ranges.windows(2).any(|pair| pair[0].0.saturating_add(pair[0].1) > pair[1].0) {
        return Err(damaged("its programs overlap"));
    }
    Ok(parts)
}

fn parse_thin<R: Read + Seek>(data: Window<'_, R>, start: u64) -> Result<Part, Defect> {
    let magic: &object::U32<object::BigEndian> = data.read_at(0).map_err(|()| damaged("its header is incomplete"))?;
    match magic.get(object::BigEndian) {
        macho::MH_MAGIC_64 | macho::MH_CIGAM_64 => {
            let header = macho::MachHeader64::<Endianness>::parse(data, 0).map_err(damaged)?;
            parse_commands(header, data, start)
        }
        _ => {
            let header = macho::MachHeader32::<Endianness>::parse(data, 0).map_err(damaged)?;
            parse_commands(header, data, start)
        }
    }
}

fn parse_commands<H, R>(header: &H, data: Window<'_, R>, start: u64) -> Result<Part, Defect>
where
    H: MachHeader<Endian = Endianness>,
    R: Read + Seek,
{
    let endian = header.endian().map_err(damaged)?;
    let kind = match header.filetype(endian) {
        macho::MH_EXECUTE => Kind::Program,
        macho::MH_DYLIB | macho::MH_BUNDLE => Kind::Library,
        macho::MH_OBJECT => Kind::Object,
        _ => Kind::Other,
    };
    let mut found =
        Found { data, endian, os: "darwin", minimum: None, libraries: Names::default(), claim: Claim::Absent };
    let mut commands = header.load_commands(endian, data, 0).map_err(damaged)?;
    while let Some(command) = commands.next().map_err(damaged)? {
        let variant = command.variant().map_err(damaged)?;
        if let LoadCommandVariant::Dylib(library) = variant {
            let name = command.string(endian, library.dylib.name).map_err(damaged)?;
            found.libraries.push(name).map_err(damaged)?;
        }
        found.take(command.cmd(), variant)?;
    }
    let machine = machine(header.cputype(endian), header.cpusubtype(endian), found.os);
    let Found { minimum, libraries, claim, .. } = found;
    let libraries = libraries.into_list();
    let slice = Slice { machine, kind, minimum, libraries, signature: signature::Signature::Absent };
    Ok(Part { start, slice, claim })
}

/// What the load commands said so far.
struct Found<'a, R: Read + Seek> {
    data: Window<'a, R>,
    endian: Endianness,
    os: &'static str,
    minimum: Option<Version>,
    libraries: Names,
    claim: Claim,
}

impl<'a, R: Read + Seek> Found<'a, R> {
    fn take(
        &mut self,
        command: macho::LoadCommandType,
        variant: LoadCommandVariant<'a, Endianness>,
    ) -> Result<(), Defect> {
        let endian = self.endian;
        match variant {
            LoadCommandVariant::Segment64(segment, _) => {
                self.check_segment(segment.fileoff.get(endian), segment.filesize.get(endian))?;
            }
            LoadCommandVariant::Segment32(segment, _) => {
                self.check_segment(segment.fileoff.get(endian).into(), segment.filesize.get(endian).into())?;
            }
            LoadCommandVariant::BuildVersion(build, _) => {
                self.os = os(build.platform.get(endian));
                self.minimum = Some(version(build.minos.get(endian).0));
            }
            LoadCommandVariant::VersionMin(minimum) => {
                self.os = if command == macho::LC_VERSION_MIN_MACOSX { "darwin" } else { "another-apple-system" };
                self.minimum = Some(version(minimum.version.get(endian).0));
            }
            LoadCommandVariant::LinkeditData(place) if command == macho::LC_CODE_SIGNATURE => {
                self.claim = Claim::read(self.data, place.dataoff.get(endian), place.datasize.get(endian));
            }
            _ => {}
        }
        Ok(())
    }

    fn check_segment(&self, start: u64, length: u64) -> Result<(), Defect> {
        let size = self.data.len().map_err(|()| damaged("its size is unknown"))?;
        match start.checked_add(length) {
            Some(end) if end <= size => Ok(()),
            end => Err(Defect::Truncated { format: FORMAT, announced: end.unwrap_or(u64::MAX), size }),
        }
    }
}

fn machine(cpu: macho::CpuType, subtype: macho::CpuSubtype, os: &'static str) -> Machine {
    let subtype = subtype.id();
    let cpu = match cpu {
        // Only Intel CPUs since Haswell run this one, and Rosetta does not.
        macho::CPU_TYPE_X86_64 if subtype == macho::CPU_SUBTYPE_X86_64_H => "amd64h",
        macho::CPU_TYPE_X86_64 => "amd64",
        // macOS runs this one for its own programs only.
        macho::CPU_TYPE_ARM64 if subtype == macho::CPU_SUBTYPE_ARM64E => "arm64e",
        macho::CPU_TYPE_ARM64 => "arm64",
        macho::CPU_TYPE_ARM64_32 => "arm64p32",
        macho::CPU_TYPE_X86 => "386",
        macho::CPU_TYPE_ARM => "arm",
        macho::CPU_TYPE_POWERPC => "ppc",
        macho::CPU_TYPE_POWERPC64 => "ppc64",
        _ => "",
    };
    Machine { os, cpu: if cpu.is_empty() { "unknown".to_owned() } else { cpu.to_owned() } }
}

fn os(platform: macho::Platform) -> &'static str {
    match platform {
        macho::PLATFORM_MACOS => "darwin",
        macho::PLATFORM_IOS => "ios",
        macho::PLATFORM_IOSSIMULATOR => "ios-simulator",
        macho::PLATFORM_MACCATALYST => "mac-catalyst",
        _ => "another-apple-system",
    }
}

/// A version as load commands pack it: 16 bits, 8 bits and 8 bits.
fn version(packed: u32) -> Version {
    let [major_high, major_low, minor, patch] = packed.to_be_bytes();
    Version { major: u16::from_be_bytes([major_high, major_low]), minor: minor.into(), patch: patch.into() }
}
