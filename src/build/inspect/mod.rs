//! What a file is, read from its headers and not from its name: ELF, Mach-O, PE, script, or something else.
//!
//! [`inspect`] collects [`Facts`]; [`verify`] holds them against what is needed and returns [`Finding`]s. Both
//! are pure over `Read + Seek`. Files are hostile: every read is checked against the file's size and against a
//! budget, so that no header makes this use much memory or time.

mod elf;
mod facts;
mod macho;
mod names;
mod other;
mod pe;
mod signature;
mod source;
#[cfg(test)]
mod tests;
mod verify;

use std::io::{Read, Seek, SeekFrom};

pub use facts::{
    Detail, Elf, Facts, InvalidVersion, Kind, MachO, Machine, Other, Pe, Script, Slice, Subsystem, Version,
};
pub use signature::Signature;
pub use verify::{Expectation, Finding, Level, Role, verify};

use crate::domain::Explain;

/// How many bytes of a file's beginning tell its format.
const HEAD: u64 = 512;

/// Reads what a file is. `name` is the file's name, by which alone Windows tells a batch file.
///
/// The signature of a Mach-O is checked against every page it covers, so that one is read whole, a page at a
/// time; of other files only headers and tables are read.
///
/// # Errors
/// When the file is empty, cut short or contradicts itself, or when reading fails. A file of an unknown format
/// is no error: its facts say so.
pub fn inspect<R: Read + Seek>(name: &str, mut reader: R) -> Result<Facts, Defect> {
    let size = reader.seek(SeekFrom::End(0)).map_err(Defect::Io)?;
    let mut head = Vec::new();
    reader.rewind().map_err(Defect::Io)?;
    reader.by_ref().take(HEAD).read_to_end(&mut head).map_err(Defect::Io)?;
    match head.as_slice() {
        [] => Err(Defect::Empty),
        [0x7f, b'E', b'L', b'F', ..] => elf::read(reader, size).map(Facts::from),
        _ if macho::is_macho(&head) => macho::read(reader, size).map(Facts::from),
        [b'M', b'Z', ..] => pe::read(reader, size).map(Facts::from),
        head => Ok(other::read(name, head)),
    }
}

/// A file that is no whole file of its own format.
#[derive(Debug, thiserror::Error)]
pub enum Defect {
    /// The file has no bytes.
    #[error("it is an empty file")]
    Empty,
    /// The file ends before what its headers announce.
    #[error("it was cut short: its {format} headers announce {announced} bytes, and it has {size}")]
    Truncated {
        /// The format's name.
        format: &'static str,
        /// The bytes that the headers announce.
        announced: u64,
        /// The bytes that are there.
        size: u64,
    },
    /// The headers contradict the format or the file.
    #[error("it is a damaged {format}: {what}")]
    Damaged {
        /// The format's name.
        format: &'static str,
        /// What does not fit.
        what: String,
    },
    /// Reading failed.
    #[error("it could not be read: {0}")]
    Io(#[source] std::io::Error),
}

impl Defect {
    fn damaged(format: &'static str, what: impl ToString) -> Self {
        Defect::Damaged { format, what: what.to_string() }
    }
}

impl Explain for Defect {
    fn help(&self) -> Option<String> {
        match self {
            Defect::Io(_) => None,
            _ => Some("build or download the file again".to_owned()),
        }
    }
}
