//! Operating systems, CPUs, platforms and target triples, with total maps between them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An operating system that an extension's host binaries run on.
///
/// The names are those of `metadata.json` and of the OCI image specification (Go's `GOOS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// macOS.
    Darwin,
    /// Windows.
    Windows,
    /// Linux: hosts, and the virtual machine that the backend runs in.
    Linux,
}

impl Os {
    /// Every operating system, in the order in which `metadata.json` is usually written.
    pub const ALL: [Os; 3] = [Os::Darwin, Os::Windows, Os::Linux];

    /// The name in `metadata.json`, in platform strings and in image paths.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Os::Darwin => "darwin",
            Os::Windows => "windows",
            Os::Linux => "linux",
        }
    }

    /// The suffix of an executable: `.exe` on Windows, nothing elsewhere.
    #[must_use]
    pub const fn exe_suffix(self) -> &'static str {
        match self {
            Os::Windows => ".exe",
            Os::Darwin | Os::Linux => "",
        }
    }
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Os {
    type Err = UnknownPlatform;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Os::ALL.into_iter().find(|os| os.as_str() == text).ok_or_else(|| UnknownPlatform(text.to_owned()))
    }
}

/// A CPU architecture, named as the OCI image specification does (Go's `GOARCH`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// x86_64.
    Amd64,
    /// aarch64.
    Arm64,
}

impl Arch {
    /// Every architecture that Docker Desktop runs on.
    pub const ALL: [Arch; 2] = [Arch::Amd64, Arch::Arm64];

    /// The name in platform strings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Arch::Amd64 => "amd64",
            Arch::Arm64 => "arm64",
        }
    }

    /// The platform of the image for this CPU. Extension images are always Linux images.
    #[must_use]
    pub const fn image_platform(self) -> Platform {
        Platform { os: Os::Linux, arch: self }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Arch {
    type Err = UnknownPlatform;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Arch::ALL.into_iter().find(|arch| arch.as_str() == text).ok_or_else(|| UnknownPlatform(text.to_owned()))
    }
}

/// An operating system on a CPU, written `linux/arm64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// The operating system.
    pub os: Os,
    /// The CPU.
    pub arch: Arch,
}

impl Platform {
    /// The six platforms an extension is built for, grouped by operating system.
    pub const ALL: [Platform; 6] = [
        Platform { os: Os::Darwin, arch: Arch::Amd64 },
        Platform { os: Os::Darwin, arch: Arch::Arm64 },
        Platform { os: Os::Windows, arch: Arch::Amd64 },
        Platform { os: Os::Windows, arch: Arch::Arm64 },
        Platform { os: Os::Linux, arch: Arch::Amd64 },
        Platform { os: Os::Linux, arch: Arch::Arm64 },
    ];

    /// The triple that a Rust binary for this platform is built for unless the manifest says otherwise.
    ///
    /// Linux is musl, so that binaries are static and run in any image and on any host; Windows is
    /// `gnullvm`, the one ABI that zig links for both CPUs without an SDK.
    #[must_use]
    pub fn default_triple(self) -> TargetTriple {
        let triple = match (self.os, self.arch) {
            (Os::Darwin, Arch::Amd64) => "x86_64-apple-darwin",
            (Os::Darwin, Arch::Arm64) => "aarch64-apple-darwin",
            (Os::Windows, Arch::Amd64) => "x86_64-pc-windows-gnullvm",
            (Os::Windows, Arch::Arm64) => "aarch64-pc-windows-gnullvm",
            (Os::Linux, Arch::Amd64) => "x86_64-unknown-linux-musl",
            (Os::Linux, Arch::Arm64) => "aarch64-unknown-linux-musl",
        };
        TargetTriple(triple.to_owned())
    }

    /// The name with a dash, as in `linux-arm64`: for TOML keys and file names.
    #[must_use]
    pub fn dashed(self) -> String {
        format!("{}-{}", self.os, self.arch)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.os, self.arch))
    }
}

impl FromStr for Platform {
    type Err = UnknownPlatform;

    /// Reads `linux/arm64` and, for TOML keys, `linux-arm64`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownPlatform(text.to_owned());
        let (os, arch) = text.split_once(['/', '-']).ok_or_else(unknown)?;
        match (os.parse(), arch.parse()) {
            (Ok(os), Ok(arch)) => Ok(Platform { os, arch }),
            _ => Err(unknown()),
        }
    }
}

impl Serialize for Platform {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A word that names no platform, operating system or CPU of Docker Desktop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of darwin, windows or linux on amd64 or arm64")]
pub struct UnknownPlatform(pub String);

/// A Rust target triple whose operating system and CPU are among the six platforms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TargetTriple(String);

impl TargetTriple {
    /// Checks that the triple belongs to one of [`Platform::ALL`].
    ///
    /// # Errors
    /// The word itself, when it is no triple or one of another platform.
    pub fn new(triple: &str) -> Result<Self, UnknownTriple> {
        platform_of(triple).map(|_| TargetTriple(triple.to_owned())).ok_or_else(|| UnknownTriple(triple.to_owned()))
    }

    /// The triple as Cargo writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The platform this triple builds for.
    #[must_use]
    pub fn platform(&self) -> Platform {
        platform_of(&self.0).expect("a TargetTriple is only made from a triple that has a platform")
    }

    /// The triple in the form Cargo and cc-rs use in variable names: `x86_64_apple_darwin`.
    #[must_use]
    pub fn env_lower(&self) -> String {
        self.0.replace('-', "_")
    }

    /// The triple in the form of Cargo's `CARGO_TARGET_<TRIPLE>_…` variables: `X86_64_APPLE_DARWIN`.
    #[must_use]
    pub fn env_upper(&self) -> String {
        self.env_lower().to_ascii_uppercase()
    }

    /// Whether the C library is musl, and so linked statically by default.
    #[must_use]
    pub fn is_musl(&self) -> bool {
        self.0.ends_with("-musl")
    }

    /// Whether the triple uses Microsoft's ABI, which needs Microsoft's SDK.
    #[must_use]
    pub fn is_msvc(&self) -> bool {
        self.0.ends_with("-msvc")
    }
}

impl fmt::Display for TargetTriple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A target triple of a platform that Docker Desktop does not run on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no target triple of a platform that Docker Desktop runs on")]
pub struct UnknownTriple(pub String);

fn platform_of(triple: &str) -> Option<Platform> {
    if !triple.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')) {
        return None;
    }
    let (cpu, system) = triple.split_once('-')?;
    let arch = match cpu {
        "x86_64" => Arch::Amd64,
        "aarch64" => Arch::Arm64,
        _ => return None,
    };
    let os = match system {
        "apple-darwin" => Os::Darwin,
        _ if system.starts_with("pc-windows-") => Os::Windows,
        "unknown-linux-gnu" | "unknown-linux-musl" => Os::Linux,
        _ => return None,
    };
    Some(Platform { os, arch })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_survives_text_and_triple() {
        for platform in Platform::ALL {
            assert_eq!(platform.to_string().parse(), Ok(platform));
            assert_eq!(platform.dashed().parse(), Ok(platform));
            assert_eq!(TargetTriple::new(platform.default_triple().as_str()).map(|t| t.platform()), Ok(platform));
        }
    }

    #[test]
    fn other_systems_are_refused() {
        for triple in [
            "wasm32-wasip1",
            "x86_64-unknown-freebsd",
            "i686-pc-windows-msvc",
            "aarch64-apple-ios",
            "",
            "x86_64-pc-windows-../x",
        ] {
            assert!(TargetTriple::new(triple).is_err(), "{triple}");
        }
        assert!("linux".parse::<Platform>().is_err());
        assert!("linux/riscv64".parse::<Platform>().is_err());
    }
}
