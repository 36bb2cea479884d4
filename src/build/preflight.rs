//! Every tool a plan needs, found or missing, all at once and before anything is built.
//!
//! [`Inventory::take`] looks at the machine; [`checks`] compares it with the plan and is pure. The preflight of
//! `package` and `cargo dext doctor` print the same list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use semver::{Version, VersionReq};

use super::machine::Rustc;
use super::zig::Zig;
use crate::domain::{Os, TargetTriple};
use crate::manifest::extension::Builder;
use crate::plan::Plan;
use crate::sys::{Env, Invocation, fs};

/// The versions of zig that are known to link all six platforms.
const ZIG_VERSIONS: &str = ">=0.15.2, <0.17";

/// Crates that link Apple's frameworks, which zig finds only in an SDK.
const FRAMEWORK_CRATES: [&str; 4] =
    ["security-framework-sys", "core-foundation-sys", "system-configuration-sys", "objc2-foundation"];

/// Something a plan needs that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What it is and what it is for.
    pub what: String,
    /// The line to run, or what else to do.
    pub help: String,
    /// The line as a value, where running it is all there is to do.
    pub fix: Option<Invocation>,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// It is there.
    Found {
        /// What it is.
        what: String,
        /// Version and place.
        detail: String,
    },
    /// It is not there, and the plan cannot be carried out.
    Missing(Missing),
    /// It may go wrong.
    Doubt {
        /// What may go wrong.
        what: String,
        /// What to do about it.
        help: String,
    },
}

/// What is on this machine, as far as some plan needs it.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// rustc's version and sysroot.
    pub rustc: Option<(String, PathBuf)>,
    /// Whether the toolchain is rustup's, so that `rustup target add` helps.
    pub rustup: bool,
    /// Triples whose standard library is there.
    pub std: BTreeSet<String>,
    /// zig.
    pub zig: Option<Zig>,
    /// Whether rustc can strip Apple's binaries here.
    pub objcopy: bool,
    /// Programs on `PATH` by name, with the first line of `--version` where it was asked for.
    pub programs: BTreeMap<String, String>,
    /// What keeps the container engine from answering; `None` if it answers.
    pub engine: Option<String>,
    /// Variables that matter: `SDKROOT`, `XWIN_ACCEPT_LICENSE`.
    pub variables: BTreeSet<String>,
    /// All crates of the dependency graph.
    pub crates: BTreeSet<String>,
}

impl Inventory {
    /// Looks for what the plan needs, and for nothing else.
    #[must_use]
    pub fn take(plan: &Plan, crates: &[String], rustc: &Rustc, env: &Env) -> Self {
        let has_std = |triple: &&TargetTriple| {
            let found = fs::walk(&rustc.std_dir(triple.as_str())).unwrap_or_default();
            found.iter().any(|file| file.relative.to_string_lossy().starts_with("libstd-"))
        };
        let uses = |builder| plan.units.iter().any(|unit| unit.builder == builder);
        let mut inventory = Inventory {
            rustc: Some((rustc.version.clone(), rustc.sysroot.clone())),
            rustup: rustc.sysroot.parent().is_some_and(|dir| dir.ends_with("toolchains"))
                && env.which("rustup").is_some(),
            std: plan.units.iter().map(|unit| &unit.triple).filter(has_std).map(ToString::to_string).collect(),
            zig: uses(Builder::Zig).then(|| Zig::find(env)).flatten(),
            objcopy: fs::exists(&rustc.objcopy()),
            variables: ["SDKROOT", "XWIN_ACCEPT_LICENSE"]
                .into_iter()
                .filter(|name| env.os(name).is_some())
                .map(str::to_owned)
                .collect(),
            crates: crates.iter().cloned().collect(),
            ..Inventory::default()
        };
        let mut wanted: BTreeSet<&str> =
            plan.ui_build.iter().flat_map(|ui| &ui.run).filter_map(|line| first_word(line)).collect();
        if uses(Builder::Xwin) {
            wanted.extend(["cargo-xwin", "clang-cl"]);
        }
        wanted.extend(["cmake", "nasm"].into_iter().filter(|_| inventory.crates.contains("aws-lc-sys")));
        let found = wanted.into_iter().filter(|name| env.which(name).is_some());
        inventory.programs = found.map(|name| (name.to_owned(), String::new())).collect();
        if uses(Builder::Cross) {
            inventory.look_for_cross(env);
        }
        inventory
    }

    fn look_for_cross(&mut self, env: &Env) {
        // Inside a Cargo project `cross --version` may rewrite the user's toolchain (cross#1678), so it runs in
        // an empty folder.
        let empty = tempfile::tempdir().ok();
        for (name, args) in [("cross", &["--version"][..]), ("rustup", &["--version"])] {
            let Some((program, dir)) = env.which(name).zip(empty.as_ref()) else { continue };
            let said = Invocation::new(program).args(args.iter().copied()).cwd(dir.path()).read().unwrap_or_default();
            self.programs.insert(name.to_owned(), said.lines().next().unwrap_or_default().to_owned());
        }
        let engine = env.var("CROSS_CONTAINER_ENGINE").unwrap_or(if env.which("docker").is_some() {
            "docker"
        } else {
            "podman"
        });
        let answer = Invocation::new(engine).args(["info", "--format", "{{.ID}}"]).output();
        self.engine = match answer {
            Ok(output) if output.status.success() => None,
            Ok(_) => Some(format!("`{engine} info` fails: the engine is not running")),
            Err(_) => Some(format!("there is no `{engine}`")),
        };
    }

    fn version_of(&self, program: &str) -> Option<Version> {
        let words = self.programs.get(program)?;
        words.split_whitespace().find_map(|word| Version::parse(word).ok())
    }
}

/// Compares the plan with what is there.
#[must_use]
pub fn checks(plan: &Plan, inventory: &Inventory) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some((version, sysroot)) = &inventory.rustc {
        checks.push(found("rustc", &format!("{version} in {}", sysroot.display())));
    }
    standard_libraries(plan, inventory, &mut checks);
    zig(plan, inventory, &mut checks);
    cross(plan, inventory, &mut checks);
    xwin(plan, inventory, &mut checks);
    ui(plan, inventory, &mut checks);
    crates(plan, inventory, &mut checks);
    checks
}

/// The missing ones among the checks.
#[must_use]
pub fn missing(checks: Vec<Check>) -> Vec<Missing> {
    let missing = checks.into_iter().filter_map(|check| match check {
        Check::Missing(missing) => Some(missing),
        Check::Found { .. } | Check::Doubt { .. } => None,
    });
    missing.collect()
}

fn found(what: &str, detail: &str) -> Check {
    Check::Found { what: what.to_owned(), detail: detail.to_owned() }
}

fn absent(what: String, help: impl Into<String>) -> Check {
    Check::Missing(Missing { what, help: help.into(), fix: None })
}

fn fixable(what: String, fix: Invocation) -> Check {
    Check::Missing(Missing { what, help: fix.to_string(), fix: Some(fix) })
}

fn doubt(what: String, help: &str) -> Check {
    Check::Doubt { what, help: help.to_owned() }
}

fn standard_libraries(plan: &Plan, inventory: &Inventory, checks: &mut Vec<Check>) {
    // cross brings its own toolchain into the container.
    let wanted = plan.units.iter().filter(|unit| unit.builder != Builder::Cross).map(|unit| unit.triple.as_str());
    let (there, gone): (Vec<&str>, Vec<&str>) = wanted.partition(|triple| inventory.std.contains(*triple));
    checks.extend(there.iter().map(|triple| found("std", triple)));
    if gone.is_empty() {
        return;
    }
    let what = format!("the standard library for {}", gone.join(", "));
    checks.push(if inventory.rustup {
        fixable(what, Invocation::new("rustup").args(["target", "add"]).args(gone))
    } else {
        absent(what, "this rustc has no std for it; use a toolchain of rustup, and `rustup target add` there")
    });
}

fn zig(plan: &Plan, inventory: &Inventory, checks: &mut Vec<Check>) {
    let triples = plan.triples_of(Builder::Zig);
    if triples.is_empty() {
        return;
    }
    let install = || Invocation::new("pip3").args(["install", "ziglang==0.16.0"]);
    let supported = VersionReq::parse(ZIG_VERSIONS).expect("the constant is a version requirement");
    match &inventory.zig {
        None => checks.push(fixable("zig, which links for other systems".to_owned(), install())),
        Some(zig) if supported.matches(&zig.version) => {
            checks.push(found("zig", &format!("{} at {}", zig.version, zig.path.display())));
        }
        Some(zig) if zig.version >= Version::new(0, 17, 0) && triples.contains_key(&Os::Darwin) => {
            let what = format!(
                "a zig that links for macOS: {} at {} lists frameworks twice, which aborts on macOS 26",
                zig.version,
                zig.path.display()
            );
            checks.push(fixable(what, install()));
        }
        Some(zig) if zig.version >= Version::new(0, 17, 0) => {
            checks.push(doubt(
                format!("zig {} is newer than what is tested ({ZIG_VERSIONS})", zig.version),
                "use 0.16.0 if linking fails",
            ));
        }
        Some(zig) => {
            checks.push(fixable(format!("zig 0.15.2 or newer; {} is {}", zig.path.display(), zig.version), install()))
        }
    }
    if triples.contains_key(&Os::Darwin) && !inventory.objcopy {
        checks.push(absent(
            "`rust-objcopy`, which rustc runs to strip macOS binaries".to_owned(),
            "use a toolchain of rustup, install your distribution's llvm package for rustc, or set `strip = false` in the profile",
        ));
    }
}

fn cross(plan: &Plan, inventory: &Inventory, checks: &mut Vec<Check>) {
    if plan.triples_of(Builder::Cross).is_empty() {
        return;
    }
    let from_git = "cargo install cross --git https://github.com/cross-rs/cross";
    let (cross, rustup) = (inventory.version_of("cross"), inventory.version_of("rustup"));
    match (cross, rustup) {
        (None, _) if !inventory.programs.contains_key("cross") => checks.push(absent("`cross`".to_owned(), from_git)),
        (_, None) => {
            checks.push(absent("`rustup`, which cross needs".to_owned(), "install rustup, or use another builder"))
        }
        (Some(cross), Some(rustup))
            if cross <= Version::new(0, 2, 5) && rustup >= Version::new(1, 28, 0) && !is_from_git(inventory) =>
        {
            let what = format!(
                "a cross that leaves your toolchain alone: {cross} with rustup {rustup} updates it on every run (cross#1678)"
            );
            checks.push(absent(what, from_git));
        }
        (cross, _) => checks.push(found("cross", &cross.map_or_else(String::new, |version| version.to_string()))),
    }
    if let Some(problem) = &inventory.engine {
        checks.push(absent(
            format!("a container engine for cross: {problem}"),
            "start Docker Desktop or the engine's service",
        ));
    }
}

/// cross built from its repository still calls itself 0.2.5, with the commit in brackets behind it.
fn is_from_git(inventory: &Inventory) -> bool {
    inventory.programs.get("cross").is_some_and(|said| said.contains('('))
}

fn xwin(plan: &Plan, inventory: &Inventory, checks: &mut Vec<Check>) {
    if plan.triples_of(Builder::Xwin).is_empty() {
        return;
    }
    for (program, help) in
        [("cargo-xwin", "cargo install cargo-xwin"), ("clang-cl", "install clang; the program is part of it")]
    {
        checks.push(match inventory.programs.get(program) {
            Some(_) => found(program, "on PATH"),
            None => absent(format!("`{program}`"), help),
        });
    }
    if !inventory.variables.contains("XWIN_ACCEPT_LICENSE") {
        let help = "set XWIN_ACCEPT_LICENSE=1 to accept https://go.microsoft.com/fwlink/?LinkId=2086102";
        checks.push(absent(
            "your consent to the licence of Microsoft's SDK, which cargo-xwin downloads".to_owned(),
            help,
        ));
    }
}

fn ui(plan: &Plan, inventory: &Inventory, checks: &mut Vec<Check>) {
    let programs: BTreeSet<&str> =
        plan.ui_build.iter().flat_map(|ui| &ui.run).filter_map(|line| first_word(line)).collect();
    for program in programs {
        checks.push(match (inventory.programs.contains_key(program), program) {
            (true, _) => found(program, "on PATH"),
            (false, "npm" | "npx" | "node") => absent(format!("`{program}`, which `ui.build` runs"), "install Node.js"),
            (false, _) => absent(format!("`{program}`, which `ui.build` runs"), "install it, or put it on PATH"),
        });
    }
}

/// The program of a command line, unless it is a shell's own word.
fn first_word(line: &str) -> Option<&str> {
    let word = line.split_whitespace().next()?;
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let builtin = [
        ":", "[", "alias", "case", "command", "eval", "exec", "printf", "pwd", "read", "shift", "source", "trap",
        "type", "ulimit", "umask", "unset", "until", "wait", "while", "call", "copy", "del", "md", "move", "rd", "ren",
        "xcopy", "cd", "test", "echo", "export", "set", "exit", "if", "for", "true", "false", "mkdir", "cp", "rm", ".",
    ];
    (plain && !builtin.contains(&word)).then_some(word)
}

fn crates(plan: &Plan, inventory: &Inventory, checks: &mut Vec<Check>) {
    let builds = |os| plan.units.iter().any(|unit| unit.platform.os == os);
    let zig_darwin = plan.triples_of(Builder::Zig).contains_key(&Os::Darwin);
    if zig_darwin && !inventory.variables.contains("SDKROOT") {
        for name in FRAMEWORK_CRATES.into_iter().filter(|name| inventory.crates.contains(*name)) {
            let help =
                "if linking fails: turn off native TLS roots (webpki-roots), set SDKROOT to an SDK, or build on a Mac";
            checks.push(doubt(
                format!("the crate `{name}` links Apple's frameworks, which zig finds only in an SDK"),
                help,
            ));
        }
    }
    if builds(Os::Windows) && inventory.crates.contains("aws-lc-sys") {
        for program in ["cmake", "nasm"].into_iter().filter(|program| !inventory.programs.contains_key(*program)) {
            let what = format!("the crate `aws-lc-sys` needs `{program}` for Windows");
            checks.push(doubt(what, "install it, set AWS_LC_SYS_NO_ASM=1, or use ring instead"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BinName, Platform};
    use crate::plan::{BuildUnit, CargoSettings, PlannedBin};

    fn plan(units: &[(Platform, &str, Builder)]) -> Plan {
        let bins = vec![PlannedBin { package: "app".to_owned(), name: BinName::new("tool").expect("valid") }];
        let unit = |(platform, triple, builder): &(Platform, &str, Builder)| BuildUnit {
            platform: *platform,
            triple: TargetTriple::new(triple).expect("valid"),
            builder: *builder,
            because: "test",
            bins: bins.clone(),
        };
        Plan {
            name: "app".to_owned(),
            version: Version::new(0, 1, 0),
            reference: None,
            cargo: CargoSettings {
                profile: "release".to_owned(),
                features: Vec::new(),
                all_features: false,
                no_default_features: false,
                macos_minimum: "11.0".to_owned(),
                glibc: None,
            },
            units: units.iter().map(unit).collect(),
            downloads: Vec::new(),
            ui_build: None,
            base: None,
            images: Vec::new(),
            notes: Vec::new(),
        }
    }

    const DARWIN: Platform = Platform::ALL[1];
    const LINUX: Platform = Platform::ALL[4];

    fn lines(plan: &Plan, inventory: &Inventory) -> Vec<String> {
        missing(checks(plan, inventory))
            .into_iter()
            .map(|missing| format!("{} => {}", missing.what, missing.help))
            .collect()
    }

    fn zig(version: &str) -> Option<Zig> {
        Some(Zig { path: PathBuf::from("zig"), version: Version::parse(version).expect("valid") })
    }

    #[test]
    fn everything_missing_is_told_at_once() {
        let plan =
            plan(&[(DARWIN, "aarch64-apple-darwin", Builder::Zig), (LINUX, "x86_64-unknown-linux-musl", Builder::Zig)]);
        let inventory = Inventory { rustup: true, ..Inventory::default() };
        let lines = lines(&plan, &inventory);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].ends_with("rustup target add aarch64-apple-darwin x86_64-unknown-linux-musl"), "{lines:?}");
        assert!(lines[1].ends_with("pip3 install ziglang==0.16.0"), "{lines:?}");
        assert!(lines[2].contains("rust-objcopy"), "{lines:?}");
    }

    #[test]
    fn zig_versions() {
        let darwin = plan(&[(DARWIN, "aarch64-apple-darwin", Builder::Zig)]);
        let linux = plan(&[(LINUX, "x86_64-unknown-linux-musl", Builder::Zig)]);
        let with = |version: &str| Inventory {
            zig: zig(version),
            objcopy: true,
            std: BTreeSet::from(["aarch64-apple-darwin".to_owned(), "x86_64-unknown-linux-musl".to_owned()]),
            ..Inventory::default()
        };
        for (version, on_darwin, on_linux) in [("0.14.1", 1, 1), ("0.15.2", 0, 0), ("0.16.0", 0, 0), ("0.17.0", 1, 0)] {
            assert_eq!(lines(&darwin, &with(version)).len(), on_darwin, "{version}");
            assert_eq!(lines(&linux, &with(version)).len(), on_linux, "{version}");
        }
    }

    #[test]
    fn the_cross_that_rewrites_toolchains_is_refused() {
        let plan = plan(&[(LINUX, "x86_64-unknown-linux-musl", Builder::Cross)]);
        let with = |cross: &str, rustup: &str| Inventory {
            programs: BTreeMap::from([
                ("cross".to_owned(), cross.to_owned()),
                ("rustup".to_owned(), rustup.to_owned()),
            ]),
            ..Inventory::default()
        };
        assert!(lines(&plan, &with("cross 0.2.5", "rustup 1.28.2 (x)"))[0].contains("cross#1678"));
        assert!(lines(&plan, &with("cross 0.2.5", "rustup 1.27.1 (x)")).is_empty());
        assert!(lines(&plan, &with("cross 0.2.5 (49cd054 2026-08-19)", "rustup 1.28.2 (x)")).is_empty());
        let down = Inventory { engine: Some("`docker info` fails".to_owned()), ..with("cross 0.2.5", "rustup 1.27.1") };
        assert!(lines(&plan, &down)[0].contains("docker info"));
    }

    #[test]
    fn xwin_asks_for_consent() {
        let plan = plan(&[(Platform::ALL[2], "x86_64-pc-windows-msvc", Builder::Xwin)]);
        let inventory =
            Inventory { std: BTreeSet::from(["x86_64-pc-windows-msvc".to_owned()]), ..Inventory::default() };
        let lines = lines(&plan, &inventory);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[2].contains("XWIN_ACCEPT_LICENSE"), "{lines:?}");
    }
}
