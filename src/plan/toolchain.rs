//! Which tool links which platform: one table.

use std::collections::BTreeSet;

use super::error::Error;
use crate::domain::{Arch, Os, Platform, TargetTriple};
use crate::manifest::extension::Builder;

/// The oldest macOS that binaries run on unless the manifest says otherwise: the first one on Apple's CPUs,
/// and rustc's own default there. Left unset, zig would ask for macOS 13 to 15.
pub const MACOS_MINIMUM: &str = "11.0";

/// What the choice of tools depends on, of the machine that builds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Machine {
    /// rustc's host triple.
    pub host: String,
    /// Triples for which the user configured a linker of their own.
    pub own_linker: BTreeSet<String>,
    /// `MACOSX_DEPLOYMENT_TARGET`, if it is set.
    pub macos_minimum: Option<String>,
}

impl Machine {
    fn is_macos(&self) -> bool {
        self.host.ends_with("-apple-darwin")
    }

    fn is_windows(&self) -> bool {
        self.host.contains("-pc-windows-")
    }
}

/// A builder and who chose it.
pub(super) type Choice = (Builder, &'static str);

/// The builder for a triple: the command line's, else the manifest's, else the first line of the table that
/// fits. What the user configured for Cargo wins over what this tool would set up.
pub(super) fn choose(triple: &TargetTriple, asked: Option<Choice>, machine: &Machine) -> Result<Choice, Error> {
    let platform = triple.platform();
    if let Some((builder, because)) = asked {
        return match defect(builder, platform, triple, machine) {
            None => Ok((builder, because)),
            Some((why, help)) => Err(Error::Builder { builder, platform, triple: triple.clone(), why, because, help }),
        };
    }
    let native = machine.host == triple.as_str();
    let table = [
        (native, Builder::Cargo, "it is this machine's own platform"),
        (machine.own_linker.contains(triple.as_str()), Builder::Cargo, "your Cargo configuration names its linker"),
        (machine.is_macos() && platform.os == Os::Darwin, Builder::Cargo, "Apple's linker is at hand"),
        (machine.is_windows() && triple.is_msvc(), Builder::Cargo, "Microsoft's linker is at hand"),
        (triple.is_msvc(), Builder::Xwin, "the triple needs Microsoft's SDK"),
        (true, Builder::Zig, "zig links it without an SDK"),
    ];
    let (_, builder, because) = table.into_iter().find(|(fits, ..)| *fits).expect("the last line always fits");
    Ok((builder, because))
}

/// Why a builder cannot do a platform, and what to do instead.
fn defect(builder: Builder, platform: Platform, triple: &TargetTriple, machine: &Machine) -> Option<(String, String)> {
    let use_zig = "use `builder = \"zig\"` for this platform".to_owned();
    match builder {
        Builder::Cross if platform.os == Os::Darwin => Some((
            "cross has no image for Apple's systems and silently falls back to cargo on the host".to_owned(),
            use_zig,
        )),
        Builder::Cross if platform == (Platform { os: Os::Windows, arch: Arch::Arm64 }) || triple.is_msvc() => {
            Some((format!("cross has no image for {triple}"), use_zig))
        }
        Builder::Cross if platform.os == Os::Windows && triple.as_str() != "x86_64-pc-windows-gnu" => Some((
            format!("cross has no image for {triple}"),
            "set the triple to `x86_64-pc-windows-gnu`, or use zig".to_owned(),
        )),
        Builder::Zig if triple.is_msvc() => Some((
            "zig has no Microsoft SDK".to_owned(),
            format!("use `builder = \"xwin\"`, or the triple `{}`", platform.default_triple()),
        )),
        Builder::Xwin if !triple.is_msvc() => {
            let msvc = if platform.os == Os::Windows {
                "set the triple to one ending in `-pc-windows-msvc`".to_owned()
            } else {
                use_zig
            };
            Some(("cargo-xwin builds for `-pc-windows-msvc` only".to_owned(), msvc))
        }
        Builder::Xwin if machine.is_windows() => {
            Some(("Microsoft's linker is already on this machine".to_owned(), "use `builder = \"cargo\"`".to_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn triple(text: &str) -> TargetTriple {
        TargetTriple::new(text).expect("a triple of the six platforms")
    }

    #[test]
    fn the_table() {
        let linux = Machine { host: "x86_64-unknown-linux-gnu".to_owned(), ..Machine::default() };
        let mac = Machine { host: "aarch64-apple-darwin".to_owned(), ..Machine::default() };
        let windows = Machine { host: "x86_64-pc-windows-msvc".to_owned(), ..Machine::default() };
        for (machine, target, builder) in [
            (&linux, "x86_64-unknown-linux-musl", Builder::Zig),
            (&linux, "x86_64-unknown-linux-gnu", Builder::Cargo),
            (&linux, "aarch64-apple-darwin", Builder::Zig),
            (&linux, "aarch64-pc-windows-gnullvm", Builder::Zig),
            (&linux, "aarch64-pc-windows-msvc", Builder::Xwin),
            (&mac, "aarch64-apple-darwin", Builder::Cargo),
            (&mac, "x86_64-apple-darwin", Builder::Cargo),
            (&mac, "x86_64-unknown-linux-musl", Builder::Zig),
            (&windows, "x86_64-pc-windows-msvc", Builder::Cargo),
            (&windows, "aarch64-pc-windows-msvc", Builder::Cargo),
            (&windows, "aarch64-pc-windows-gnullvm", Builder::Zig),
        ] {
            assert_eq!(
                choose(&triple(target), None, machine).map(|c| c.0),
                Ok(builder),
                "{target} on {}",
                machine.host
            );
        }
    }

    #[test]
    fn the_users_linker_wins() {
        let machine = Machine {
            host: "x86_64-unknown-linux-gnu".to_owned(),
            own_linker: BTreeSet::from(["aarch64-unknown-linux-musl".to_owned()]),
            macos_minimum: None,
        };
        assert_eq!(choose(&triple("aarch64-unknown-linux-musl"), None, &machine).map(|c| c.0), Ok(Builder::Cargo));
    }

    #[test]
    fn traps_are_refused_by_name() {
        let machine = Machine { host: "x86_64-unknown-linux-gnu".to_owned(), ..Machine::default() };
        for (builder, target, word) in [
            (Builder::Cross, "aarch64-apple-darwin", "Apple"),
            (Builder::Cross, "aarch64-pc-windows-gnullvm", "no image"),
            (Builder::Cross, "x86_64-pc-windows-gnullvm", "no image"),
            (Builder::Zig, "x86_64-pc-windows-msvc", "SDK"),
            (Builder::Xwin, "x86_64-pc-windows-gnullvm", "msvc"),
            (Builder::Xwin, "x86_64-unknown-linux-musl", "msvc"),
        ] {
            let error = choose(&triple(target), Some((builder, "--builder")), &machine).expect_err(target);
            assert!(error.to_string().contains(word), "{error}");
        }
        assert!(choose(&triple("x86_64-pc-windows-gnu"), Some((Builder::Cross, "--builder")), &machine).is_ok());
    }
}
