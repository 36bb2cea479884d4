//! The facts themselves, and how a person reads them.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::Signature;
use crate::domain::{Os, Platform};

/// What a file is. As JSON it is the `facts` of a `dext-artifact` message: `format`, the fields of that format,
/// and `platforms`.
///
/// `Display` writes it for people: `ELF for linux/amd64, static`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// What the format says about itself.
    #[serde(flatten)]
    pub detail: Detail,
    /// The platforms of Docker Desktop that the file is for: several for a universal Mach-O and for scripts,
    /// none where the machine is another one.
    pub platforms: Vec<Platform>,
}

impl Facts {
    /// Bytes of all names in it, which is what its size in memory depends on.
    #[must_use]
    pub fn names(&self) -> usize {
        let of = |names: &[String]| names.iter().map(|name| name.len() + size_of::<String>()).sum::<usize>();
        match &self.detail {
            Detail::Elf(elf) => of(&elf.libraries) + elf.interpreter.as_ref().map_or(0, String::len),
            Detail::MachO(macho) => macho.slices.iter().map(|slice| size_of::<Slice>() + of(&slice.libraries)).sum(),
            Detail::Pe(pe) => of(&pe.libraries) + of(&pe.delayed),
            Detail::Script(script) => script.interpreter.len(),
            Detail::Other(_) => 0,
        }
    }
}

/// The facts of one format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "format", rename_all = "lowercase")]
pub enum Detail {
    /// A binary of Linux and its relatives.
    Elf(Elf),
    /// A binary of macOS and its relatives.
    MachO(MachO),
    /// A binary of Windows and its relatives.
    Pe(Pe),
    /// A text that an interpreter runs.
    Script(Script),
    /// Anything else.
    Other(Other),
}

/// An operating system and a CPU as the headers have them, written like a [`Platform`]: `linux/riscv64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The operating system's name, Go's where Go has one.
    pub os: &'static str,
    /// The CPU's name, Go's where Go has one.
    pub cpu: String,
}

impl Machine {
    /// The platform of Docker Desktop that this is, if it is one.
    #[must_use]
    pub fn platform(&self) -> Option<Platform> {
        self.to_string().parse().ok()
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.cpu)
    }
}

impl Serialize for Machine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a binary can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It is started.
    Program,
    /// Programs load it.
    Library,
    /// A linker reads it.
    Object,
    /// Something else: a core dump, a driver, a firmware.
    Other,
}

impl Kind {
    /// What follows the format's name: nothing for a program, which is what one expects.
    const fn suffix(self) -> &'static str {
        match self {
            Kind::Program => "",
            Kind::Library => " library",
            Kind::Object => " object file",
            Kind::Other => " of a special kind",
        }
    }
}

/// The facts of an ELF file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Elf {
    /// What it runs on.
    pub machine: Machine,
    /// What it is used for.
    pub kind: Kind,
    /// The loader that the kernel starts it with (`PT_INTERP`).
    pub interpreter: Option<String>,
    /// The libraries it asks for (`DT_NEEDED`), in the file's order.
    pub libraries: Vec<String>,
    /// The newest glibc it asks for, by the versions of its symbols.
    pub glibc: Option<Version>,
}

impl Elf {
    /// Whether it needs nothing of the system but the kernel.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.interpreter.is_none() && self.libraries.is_empty()
    }
}

/// The facts of a Mach-O file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MachO {
    /// Whether the file is a universal one, which holds a program for each of several CPUs.
    pub universal: bool,
    /// The programs in it, one for each CPU.
    pub slices: Vec<Slice>,
}

/// The facts of one CPU's part of a Mach-O file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Slice {
    /// What it runs on.
    pub machine: Machine,
    /// What it is used for.
    pub kind: Kind,
    /// The oldest system it runs on.
    pub minimum: Option<Version>,
    /// The libraries it asks for, in the file's order, twice where the file says them twice.
    pub libraries: Vec<String>,
    /// Its signature, checked.
    pub signature: Signature,
}

/// The facts of a PE file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pe {
    /// What it runs on.
    pub machine: Machine,
    /// What it is used for.
    pub kind: Kind,
    /// The part of Windows it runs in.
    pub subsystem: Subsystem,
    /// The libraries it asks for when it starts, in the file's order.
    pub libraries: Vec<String>,
    /// The libraries it asks for when it first uses them.
    pub delayed: Vec<String>,
}

/// The part of Windows that a program runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subsystem {
    /// A program with a console.
    Console,
    /// A program with windows.
    Gui,
    /// No program for users: a driver, firmware, another system.
    Other,
}

/// The facts of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Script {
    /// What runs it: the words after `#!`, or the program that Windows takes for the name's ending.
    pub interpreter: String,
    /// Whether the `#!` line ends in CR LF, which Unix takes for a part of the interpreter's name.
    pub carriage_return: bool,
}

/// The facts of a file that is no program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Other {
    /// What it looks like, with its article: `a gzip archive`.
    pub looks_like: &'static str,
}

impl From<Elf> for Facts {
    fn from(elf: Elf) -> Self {
        Facts { platforms: elf.machine.platform().into_iter().collect(), detail: Detail::Elf(elf) }
    }
}

impl From<MachO> for Facts {
    fn from(macho: MachO) -> Self {
        let platforms = macho.slices.iter().filter_map(|slice| slice.machine.platform()).collect();
        Facts { platforms, detail: Detail::MachO(macho) }
    }
}

impl From<Pe> for Facts {
    fn from(pe: Pe) -> Self {
        Facts { platforms: pe.machine.platform().into_iter().collect(), detail: Detail::Pe(pe) }
    }
}

impl From<Other> for Facts {
    fn from(other: Other) -> Self {
        Facts { platforms: Vec::new(), detail: Detail::Other(other) }
    }
}

impl Facts {
    /// The facts of a script that the given systems start, whatever the CPU.
    pub(super) fn script(script: Script, systems: &[Os]) -> Self {
        let platforms = Platform::ALL.into_iter().filter(|platform| systems.contains(&platform.os)).collect();
        Facts { platforms, detail: Detail::Script(script) }
    }

    /// What the file is, as the object of a sentence: `a Mach-O for darwin/amd64`.
    #[must_use]
    pub fn noun(&self) -> String {
        let article = if matches!(self.detail, Detail::Elf(_)) { "an" } else { "a" };
        match &self.detail {
            Detail::Other(other) => other.looks_like.to_owned(),
            _ => format!("{article} {}", self.name()),
        }
    }

    fn name(&self) -> String {
        match &self.detail {
            Detail::Elf(elf) => format!("ELF{} for {}", elf.kind.suffix(), elf.machine),
            Detail::Pe(pe) => format!("PE{} for {}", pe.kind.suffix(), pe.machine),
            Detail::MachO(macho) => {
                let machines: Vec<String> = macho.slices.iter().map(|slice| slice.machine.to_string()).collect();
                let kind = macho.slices.first().map_or("", |slice| slice.kind.suffix());
                let universal = if macho.universal { "universal " } else { "" };
                format!("{universal}Mach-O{kind} for {}", machines.join(" and "))
            }
            Detail::Script(script) => format!("script for {}", script.interpreter),
            Detail::Other(other) => other.looks_like.to_owned(),
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())?;
        match &self.detail {
            Detail::Elf(elf) if elf.is_static() && elf.kind == Kind::Program => f.write_str(", static"),
            Detail::Elf(elf) if elf.is_static() => Ok(()),
            Detail::Elf(Elf { glibc: Some(version), .. }) => write!(f, ", needs glibc {version}"),
            Detail::Elf(_) => f.write_str(", dynamic"),
            Detail::MachO(macho) => match macho.slices.as_slice() {
                [slice] => {
                    slice.minimum.iter().try_for_each(|version| write!(f, ", macOS {version}"))?;
                    write!(f, ", {}", slice.signature)
                }
                _ => Ok(()),
            },
            Detail::Pe(pe) => match pe.subsystem {
                Subsystem::Console => f.write_str(", console"),
                Subsystem::Gui => f.write_str(", windowed"),
                Subsystem::Other => Ok(()),
            },
            Detail::Script(_) | Detail::Other(_) => Ok(()),
        }
    }
}

/// A version of macOS or glibc: `11.0`, `10.12.6`, `2.17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number, 0 where none is written.
    pub patch: u16,
}

impl Version {
    /// The version `major.minor`.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Version { major, minor, patch: 0 }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch == 0 { Ok(()) } else { write!(f, ".{}", self.patch) }
    }
}

impl FromStr for Version {
    type Err = InvalidVersion;

    /// Reads one to three numbers with dots between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidVersion(text.chars().take(80).collect());
        let mut numbers = [0; 3];
        let mut parts = text.split('.');
        for number in &mut numbers {
            let Some(part) = parts.next() else {
                break;
            };
            // `parse` takes a sign, which no version has.
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            *number = part.parse().ok().filter(|_| digits).ok_or_else(invalid)?;
        }
        let [major, minor, patch] = numbers;
        if parts.next().is_none() { Ok(Version { major, minor, patch }) } else { Err(invalid()) }
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no version of one to three numbers, such as 11.0")]
pub struct InvalidVersion(pub String);
