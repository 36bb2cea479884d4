//! PE, by Microsoft's "PE Format".

use std::io::{Read, Seek};

use object::endian::LittleEndian as LE;
use object::pe;
use object::pod::Pod;
use object::read::ReadRef;
use object::read::coff::SectionTable;
use object::read::pe::{DataDirectories, ImageNtHeaders, ImageOptionalHeader};

use super::names::Names;
use super::source::{Source, Window};
use super::{Defect, Kind, Machine, Pe, Subsystem};

const FORMAT: &str = "PE";

/// Reads the facts of a PE file.
pub(super) fn read<R: Read + Seek>(reader: R, size: u64) -> Result<Pe, Defect> {
    let source = Source::new(reader, size);
    let parsed = parse(source.whole());
    source.finish(parsed).map(|(pe, _)| pe)
}

fn damaged(what: impl ToString) -> Defect {
    Defect::damaged(FORMAT, what)
}

fn parse<R: Read + Seek>(data: Window<'_, R>) -> Result<Pe, Defect> {
    let dos = pe::ImageDosHeader::parse(data).map_err(damaged)?;
    let start = u64::from(dos.nt_headers_offset());
    let signature: &object::U32<LE> = data.read_at(start).map_err(|()| damaged("its header is incomplete"))?;
    if signature.get(LE) != pe::IMAGE_NT_SIGNATURE {
        return Err(damaged("it has the header of MS-DOS and none of Windows"));
    }
    let header: &pe::ImageFileHeader = data.read_at(start + 4).map_err(|()| damaged("its header is incomplete"))?;
    match header.machine.get(LE) {
        pe::IMAGE_FILE_MACHINE_AMD64 | pe::IMAGE_FILE_MACHINE_ARM64 => parse_64(data, start),
        // Docker Desktop runs on no such machine, so that the name of it is all one needs to know.
        machine => Ok(Pe {
            machine: Machine { os: "windows", cpu: cpu(machine) },
            kind: kind(header, Subsystem::Console),
            subsystem: Subsystem::Other,
            libraries: Vec::new(),
            delayed: Vec::new(),
        }),
    }
}

fn cpu(machine: pe::Machine) -> String {
    match machine {
        pe::IMAGE_FILE_MACHINE_AMD64 => "amd64".to_owned(),
        pe::IMAGE_FILE_MACHINE_ARM64 => "arm64".to_owned(),
        pe::IMAGE_FILE_MACHINE_I386 => "386".to_owned(),
        pe::IMAGE_FILE_MACHINE_ARM | pe::IMAGE_FILE_MACHINE_ARMNT => "arm".to_owned(),
        machine => format!("machine-{:#06x}", machine.0),
    }
}

fn kind(header: &pe::ImageFileHeader, subsystem: Subsystem) -> Kind {
    if header.characteristics.get(LE).contains(pe::IMAGE_FILE_DLL) {
        Kind::Library
    } else if subsystem == Subsystem::Other {
        Kind::Other
    } else {
        Kind::Program
    }
}

fn parse_64<R: Read + Seek>(data: Window<'_, R>, mut offset: u64) -> Result<Pe, Defect> {
    let (headers, directories) = pe::ImageNtHeaders64::parse(data, &mut offset).map_err(damaged)?;
    let sections = headers.sections(data, offset).map_err(damaged)?;
    let image = Image { data, sections, directories };
    image.check()?;
    let subsystem = match headers.optional_header().subsystem() {
        pe::IMAGE_SUBSYSTEM_WINDOWS_CUI => Subsystem::Console,
        pe::IMAGE_SUBSYSTEM_WINDOWS_GUI => Subsystem::Gui,
        _ => Subsystem::Other,
    };
    Ok(Pe {
        machine: Machine { os: "windows", cpu: cpu(headers.file_header().machine.get(LE)) },
        kind: kind(headers.file_header(), subsystem),
        subsystem,
        libraries: image.names(pe::IMAGE_DIRECTORY_ENTRY_IMPORT, |entry: &pe::ImageImportDescriptor| {
            (!entry.is_null()).then(|| entry.name.get(LE))
        })?,
        delayed: image.names(pe::IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT, |entry: &pe::ImageDelayloadDescriptor| {
            (!entry.is_null()).then(|| entry.dll_name_rva.get(LE))
        })?,
    })
}

/// A PE32+ file with its tables.
struct Image<'a, R: Read + Seek> {
    data: Window<'a, R>,
    sections: SectionTable<'a>,
    directories: DataDirectories<'a>,
}

impl<'a, R: Read + Seek> Image<'a, R> {
    /// Checks that every section is in the file.
    fn check(&self) -> Result<(), Defect> {
        let size = self.data.len().map_err(|()| damaged("its size is unknown"))?;
        for section in self.sections.iter() {
            let start = u64::from(section.pointer_to_raw_data.get(LE));
            let announced = start + u64::from(section.size_of_raw_data.get(LE));
            // A section without a place in the file is zeroes in memory.
            if start != 0 && announced > size {
                return Err(Defect::Truncated { format: FORMAT, announced, size });
            }
        }
        Ok(())
    }

    /// The part of the file that is loaded at `address`, to the end of its section.
    fn at(&self, address: u32) -> Option<Window<'a, R>> {
        let (offset, size) = self.sections.pe_file_range_at(address)?;
        self.data.part(offset.into(), size.into())
    }

    /// The names of libraries in a table of descriptors. `name` gives the address of a descriptor's name, and
    /// `None` for the one that ends the table: Windows ignores the size that the directory says.
    fn names<T: Pod>(&self, directory: usize, name: impl Fn(&T) -> Option<u32>) -> Result<Vec<String>, Defect> {
        let Some(table) = self.directories.get(directory).map(|entry| entry.virtual_address.get(LE)) else {
            return Ok(Vec::new());
        };
        if table == 0 {
            return Ok(Vec::new());
        }
        let table = self.at(table).ok_or_else(|| damaged("its table of libraries is not in the file"))?;
        let (mut names, mut offset) = (Names::default(), 0);
        loop {
            let entry: &T = table.read(&mut offset).map_err(|()| damaged("its table of libraries has no end"))?;
            match name(entry) {
                Some(address) => names.push(self.string(address)?).map_err(damaged)?,
                None => return Ok(names.into_list()),
            }
        }
    }

    fn string(&self, address: u32) -> Result<&[u8], Defect> {
        let read = || {
            let rest = self.at(address)?;
            rest.read_bytes_at_until(0..rest.len().ok()?, 0).ok()
        };
        read().ok_or_else(|| damaged("the name of a library is missing"))
    }
}
