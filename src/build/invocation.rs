//! Build units to command lines. Pure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::domain::{Os, TargetTriple};
use crate::manifest::extension::Builder;
use crate::plan::{BuildUnit, CargoSettings};
use crate::sys::Invocation;

/// Cargo's own options, passed on as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CargoOptions {
    /// `--manifest-path`.
    pub manifest_path: Option<PathBuf>,
    /// `--target-dir`.
    pub target_dir: Option<PathBuf>,
    /// `--locked`.
    pub locked: bool,
    /// `--offline`.
    pub offline: bool,
    /// `--frozen`.
    pub frozen: bool,
    /// `-j`.
    pub jobs: Option<String>,
    /// `-v`, counted.
    pub verbose: u8,
    /// `-q`.
    pub quiet: bool,
    /// `--color`.
    pub color: Option<String>,
}

/// What all calls of a run share.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The cargo to run.
    pub cargo: &'a Path,
    /// The plan's settings.
    pub settings: &'a CargoSettings,
    /// The user's options.
    pub options: &'a CargoOptions,
    /// Cargo's target folder.
    pub target_dir: &'a Path,
    /// The workspace's folder.
    pub workspace_root: &'a Path,
    /// Cargo's home folder.
    pub cargo_home: &'a Path,
    /// The build's time, in seconds since 1970.
    pub source_date_epoch: u64,
}

/// One Cargo call: units of one operating system and one builder, with the same flags for rustc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<'a> {
    /// What it builds.
    pub units: Vec<&'a BuildUnit>,
    /// All flags that rustc gets for the targets: the user's, then ours.
    pub rustflags: Vec<String>,
}

impl Call<'_> {
    /// The builder of all its units.
    #[must_use]
    pub fn builder(&self) -> Builder {
        self.units[0].builder
    }

    /// The targets as Cargo takes them.
    #[must_use]
    pub fn targets(&self) -> Vec<&str> {
        self.units.iter().map(|unit| unit.triple.as_str()).collect()
    }

    /// The targets as cargo-zigbuild takes them: with the glibc version behind a dot.
    #[must_use]
    pub fn zig_targets(&self, settings: &CargoSettings) -> Vec<String> {
        let suffixed = |triple: &TargetTriple| match &settings.glibc {
            Some(glibc) if triple.as_str().ends_with("-linux-gnu") => format!("{triple}.{glibc}"),
            _ => triple.to_string(),
        };
        self.units.iter().map(|unit| suffixed(&unit.triple)).collect()
    }
}

/// Splits the plan's calls where the user's flags for rustc differ between targets of one call: they can only
/// be given for a whole call without hiding what the user wrote elsewhere.
pub fn calls<'a, E>(
    grouped: Vec<Vec<&'a BuildUnit>>,
    context: &Context<'_>,
    user: impl Fn(&TargetTriple) -> Result<Vec<String>, E>,
) -> Result<Vec<Call<'a>>, E> {
    let mut calls: Vec<Call<'a>> = Vec::new();
    for group in grouped {
        let start = calls.len();
        for unit in group {
            let mut rustflags = user(&unit.triple)?;
            let own = own_rustflags(unit, context, &rustflags);
            rustflags.extend(own);
            match calls[start..].iter_mut().find(|call| call.rustflags == rustflags) {
                Some(call) => call.units.push(unit),
                None => calls.push(Call { units: vec![unit], rustflags }),
            }
        }
    }
    Ok(calls)
}

/// What this tool adds to rustc's flags: folders of this machine are taken out of binaries, and each target
/// gets what its linker needs.
fn own_rustflags(unit: &BuildUnit, context: &Context<'_>, user: &[String]) -> Vec<String> {
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    // rustc takes the last prefix that fits, so the inner folder comes after the outer one.
    let mut flags = vec![remap(context.cargo_home, "/cargo"), remap(context.workspace_root, "/src")];
    if !context.target_dir.starts_with(context.workspace_root) {
        flags.push(remap(context.target_dir, "/target"));
    }
    match (unit.builder, unit.platform.os) {
        // zig brings musl and its start files itself; rustc's own would come on top of them.
        (Builder::Zig, Os::Linux) if unit.triple.is_musl() => flags.push("-Clink-self-contained=no".to_owned()),
        // zig's LC_UUID covers debug information of C objects, which holds this machine's paths.
        (Builder::Zig, Os::Darwin) => flags.push("-Clink-arg=-Wl,-S".to_owned()),
        _ if unit.triple.is_msvc() && !user.iter().any(|flag| flag.contains("crt-static")) => {
            // Users' machines need not have the Visual C++ runtime.
            flags.push("-Ctarget-feature=+crt-static".to_owned());
        }
        _ => {}
    }
    flags
}

/// The folder below the target folder that a builder's call writes to. `cross` and `cargo-xwin` run with
/// another compiler or C library, so their build scripts must not meet Cargo's own.
#[must_use]
pub fn target_dir(call: &Call<'_>, target_dir: &Path) -> PathBuf {
    match call.builder() {
        Builder::Cargo | Builder::Zig => target_dir.to_owned(),
        builder @ (Builder::Cross | Builder::Xwin) => target_dir.join("dext").join(builder.as_str()),
    }
}

/// The command line of a call. `zig` are the variables of [`super::zig::variables`] for it.
#[must_use]
pub fn invocation(call: &Call<'_>, context: &Context<'_>, zig: &BTreeMap<String, String>) -> Invocation {
    let (program, first): (&Path, &[&str]) = match call.builder() {
        Builder::Cargo | Builder::Zig => (context.cargo, &["build"]),
        Builder::Cross => (Path::new("cross"), &["build"]),
        Builder::Xwin => (Path::new("cargo-xwin"), &["xwin", "build"]),
    };
    let mut line = Invocation::new(program).args(first.iter().copied()).args([
        "--message-format=json-render-diagnostics",
        "--keep-going",
        "--profile",
        &context.settings.profile,
    ]);
    for target in call.targets() {
        line = line.args(["--target", target]);
    }
    let bins = &call.units[0].bins;
    let mut packages: Vec<&str> = bins.iter().map(|bin| bin.package.as_str()).collect();
    packages.dedup();
    for package in packages {
        line = line.args(["--package", package]);
    }
    for bin in bins {
        line = line.args(["--bin", bin.name.as_str()]);
    }
    line = features(line, context.settings);
    line = options(line, call, context);
    environment(line, call, context, zig)
}

fn features(mut line: Invocation, settings: &CargoSettings) -> Invocation {
    if settings.all_features {
        line = line.arg("--all-features");
    }
    if settings.no_default_features {
        line = line.arg("--no-default-features");
    }
    if settings.features.is_empty() { line } else { line.args(["--features", &settings.features.join(",")]) }
}

fn options(mut line: Invocation, call: &Call<'_>, context: &Context<'_>) -> Invocation {
    let options = context.options;
    if let Some(path) = &options.manifest_path {
        line = line.arg("--manifest-path").arg(path);
    }
    line = line.arg("--target-dir").arg(target_dir(call, context.target_dir));
    let flags = [
        (options.locked, "--locked"),
        (options.offline, "--offline"),
        (options.frozen, "--frozen"),
        (options.quiet, "--quiet"),
    ];
    line = line.args(flags.into_iter().filter_map(|(set, flag)| set.then_some(flag)));
    if options.verbose > 0 {
        line = line.arg(format!("-{}", "v".repeat(usize::from(options.verbose))));
    }
    if let Some(jobs) = &options.jobs {
        line = line.args(["--jobs", jobs]);
    }
    match &options.color {
        Some(color) => line.args(["--color", color]),
        None => line,
    }
}

fn environment(
    mut line: Invocation,
    call: &Call<'_>,
    context: &Context<'_>,
    zig: &BTreeMap<String, String>,
) -> Invocation {
    for (name, value) in zig {
        line = line.env(name, value);
    }
    line = line.env("SOURCE_DATE_EPOCH", context.source_date_epoch.to_string());
    // Cargo reads this variable before every other source of flags, and the call holds the user's already.
    line = line.env("CARGO_ENCODED_RUSTFLAGS", call.rustflags.join("\u{1f}")).env_remove("RUSTFLAGS");
    if call.units[0].platform.os == Os::Darwin {
        line = line.env("MACOSX_DEPLOYMENT_TARGET", &context.settings.macos_minimum);
    }
    if call.builder() == Builder::Cross {
        // Containers get CARGO_* and CROSS_* only, unless this variable names more.
        line = line.env("CROSS_BUILD_ENV_PASSTHROUGH", "SOURCE_DATE_EPOCH");
    }
    line
}

#[cfg(test)]
mod tests {
    use snapbox::{IntoData, assert_data_eq, str};

    use super::*;
    use crate::domain::{BinName, Platform};
    use crate::plan::PlannedBin;

    fn unit(platform: Platform, builder: Builder) -> BuildUnit {
        let name = BinName::new("tool").expect("valid");
        let triple = match builder {
            Builder::Xwin => TargetTriple::new("x86_64-pc-windows-msvc").expect("valid"),
            _ => platform.default_triple(),
        };
        BuildUnit {
            platform,
            triple,
            builder,
            because: "test",
            bins: vec![PlannedBin { package: "app".to_owned(), name }],
        }
    }

    fn lines(platforms: &[Platform], builder: Builder, user: &dyn Fn(&TargetTriple) -> Vec<String>) -> String {
        let settings = CargoSettings {
            profile: "release".to_owned(),
            features: vec!["a".to_owned(), "b".to_owned()],
            all_features: false,
            no_default_features: true,
            macos_minimum: "11.0".to_owned(),
            glibc: None,
        };
        let options = CargoOptions { locked: true, jobs: Some("2".to_owned()), verbose: 2, ..CargoOptions::default() };
        let context = Context {
            cargo: Path::new("cargo"),
            settings: &settings,
            options: &options,
            target_dir: Path::new("/ext/target"),
            workspace_root: Path::new("/ext"),
            cargo_home: Path::new("/cargo-home"),
            source_date_epoch: 0,
        };
        let units: Vec<BuildUnit> = platforms.iter().map(|platform| unit(*platform, builder)).collect();
        let calls =
            calls(vec![units.iter().collect()], &context, |triple| Ok::<_, ()>(user(triple))).expect("no error");
        let zig = if builder == Builder::Zig {
            BTreeMap::from([("CC_x".to_owned(), "zigcc.sh".to_owned())])
        } else {
            BTreeMap::new()
        };
        let lines: Vec<String> =
            calls.iter().map(|call| invocation(call, &context, &zig).to_string().replace('\u{1f}', "|")).collect();
        lines.join("\n")
    }

    #[test]
    fn one_call_builds_both_cpus_with_zig() {
        assert_data_eq!(
            lines(&Platform::ALL[0..2], Builder::Zig, &|_| Vec::new()),
            str![[r#"
CARGO_ENCODED_RUSTFLAGS='--remap-path-prefix=/cargo-home=/cargo|--remap-path-prefix=/ext=/src|-Clink-arg=-Wl,-S' CC_x=zigcc.sh MACOSX_DEPLOYMENT_TARGET=11.0 SOURCE_DATE_EPOCH=0 cargo build --message-format=json-render-diagnostics --keep-going --profile release --target x86_64-apple-darwin --target aarch64-apple-darwin --package app --bin tool --no-default-features --features a,b --target-dir /ext/target --locked -vv --jobs 2
"#]]
            .raw()
        );
    }

    #[test]
    fn different_flags_of_the_user_split_a_call() {
        let user = |triple: &TargetTriple| {
            if triple.as_str().starts_with("x86_64") { vec!["-Ctarget-cpu=x86-64-v2".to_owned()] } else { Vec::new() }
        };
        let both = lines(&Platform::ALL[4..6], Builder::Zig, &user);
        let calls: Vec<&str> = both.lines().collect();
        assert_eq!(calls.len(), 2);
        assert!(calls[0].contains("-Ctarget-cpu=x86-64-v2|--remap") && !calls[1].contains("target-cpu"), "{both}");
    }

    #[test]
    fn cross_and_xwin_are_programs_with_folders_of_their_own() {
        assert_data_eq!(
            lines(&Platform::ALL[4..5], Builder::Cross, &|_| Vec::new()),
            str![[r#"
CARGO_ENCODED_RUSTFLAGS='--remap-path-prefix=/cargo-home=/cargo|--remap-path-prefix=/ext=/src' CROSS_BUILD_ENV_PASSTHROUGH=SOURCE_DATE_EPOCH SOURCE_DATE_EPOCH=0 cross build --message-format=json-render-diagnostics --keep-going --profile release --target x86_64-unknown-linux-musl --package app --bin tool --no-default-features --features a,b --target-dir /ext/target/dext/cross --locked -vv --jobs 2
"#]]
            .raw()
        );
        assert_data_eq!(
            lines(&Platform::ALL[2..3], Builder::Xwin, &|_| Vec::new()),
            str![[r#"
CARGO_ENCODED_RUSTFLAGS='--remap-path-prefix=/cargo-home=/cargo|--remap-path-prefix=/ext=/src|-Ctarget-feature=+crt-static' SOURCE_DATE_EPOCH=0 cargo-xwin xwin build --message-format=json-render-diagnostics --keep-going --profile release --target x86_64-pc-windows-msvc --package app --bin tool --no-default-features --features a,b --target-dir /ext/target/dext/xwin --locked -vv --jobs 2
"#]]
            .raw()
        );
    }

    #[test]
    fn the_users_choice_of_runtime_stays() {
        let user = |_: &TargetTriple| vec!["-Ctarget-feature=-crt-static".to_owned()];
        assert!(!lines(&Platform::ALL[2..3], Builder::Xwin, &user).contains("+crt-static"));
    }
}
