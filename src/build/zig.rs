//! zig as C compiler and linker, through the library of cargo-zigbuild.
//!
//! The library writes wrapper scripts that call the running program as `<exe> zig cc -- …`, links named
//! `ar`, `lib` and `dlltool` that point at it, and sets variables of its own process. So this program plays
//! those roles itself ([`role`]), and the variables are collected in a child of their own ([`variables`]),
//! which leaves this process as it was and makes the result a value that can be kept.

#![expect(
    clippy::disallowed_methods,
    reason = "in the roles of cargo-zigbuild this process is a linker and reads its environment"
)]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use semver::Version;

use super::Error;
use crate::domain::Digest;
use crate::sys::{Env, Invocation, fs};

/// The word by which this program asks itself for the variables.
const VARIABLES_ROLE: &str = "zig-variables";

/// A zig that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zig {
    /// The program.
    pub path: PathBuf,
    /// Its version.
    pub version: Version,
}

impl Zig {
    /// Looks for zig: `CARGO_ZIGBUILD_ZIG_PATH`, then `PATH`, then the `ziglang` package of Python.
    #[must_use]
    pub fn find(env: &Env) -> Option<Zig> {
        let named = env.var("CARGO_ZIGBUILD_ZIG_PATH").and_then(|path| env.which(path));
        let candidates = [named, env.which("zig")];
        candidates.into_iter().flatten().find_map(Zig::probe).or_else(|| Zig::probe(in_python(env)?))
    }

    fn probe(path: PathBuf) -> Option<Zig> {
        let version = Invocation::new(&path).arg("version").read().ok()?;
        Some(Zig { version: Version::parse(version.trim()).ok()?, path })
    }
}

fn in_python(env: &Env) -> Option<PathBuf> {
    let python = env.which(env.var("CARGO_ZIGBUILD_PYTHON_PATH").unwrap_or("python3"))?;
    let code = "import ziglang, os; print(os.path.dirname(ziglang.__file__))";
    let folder = Invocation::new(python).args(["-c", code]).read().ok()?;
    Some(Path::new(folder.trim()).join(if cfg!(windows) { "zig.exe" } else { "zig" }))
}

/// What the variables depend on.
#[derive(Debug, Clone)]
pub struct Setup<'a> {
    /// The zig to use.
    pub zig: &'a Zig,
    /// The triples of one Cargo call, with zig's suffix for the glibc version where there is one.
    pub targets: Vec<String>,
    /// Cargo's target folder.
    pub target_dir: &'a Path,
    /// Cargo's profile.
    pub profile: &'a str,
    /// The oldest macOS.
    pub macos_minimum: &'a str,
    /// The flags rustc will get, `0x1f`-separated, from which zig's `-mcpu` follows.
    pub rustflags: &'a str,
}

/// The variables that make Cargo, cc, cmake and bindgen use zig for the targets.
///
/// Collecting them starts zig twice for each target, so they are kept in `cache` until something they depend
/// on changes.
///
/// # Errors
/// When cargo-zigbuild refuses a target, or zig cannot be run.
pub fn variables(setup: &Setup<'_>, cache: &Path, env: &Env) -> Result<BTreeMap<String, String>, Error> {
    let invocation = invocation(setup, env);
    let kept =
        cache.join(format!("zig-{}.json", Digest::of(format!("{invocation}{}", inherited(env)).as_bytes()).hex()));
    if let Some(variables) =
        fs::read_text(&kept).ok().and_then(|text| serde_json::from_str(&text).ok()).filter(still_there)
    {
        return Ok(variables);
    }
    let output = invocation.output()?;
    if !output.status.success() {
        return Err(Error::Zig(output.stderr.trim().to_owned()));
    }
    let variables = serde_json::from_str(&output.stdout).map_err(|error| Error::Zig(error.to_string()))?;
    fs::write_atomic(&kept, output.stdout.as_bytes())?;
    Ok(variables)
}

/// The part of the environment that the library reads: what the user set there wins over what it would set.
fn inherited(env: &Env) -> String {
    const PREFIXES: [&str; 10] =
        ["AR", "BINDGEN_", "CARGO_ZIGBUILD_", "CC", "CMAKE", "CXX", "PATH", "PKG_CONFIG", "RANLIB", "SDKROOT"];
    let names = env.names().filter(|name| PREFIXES.iter().any(|prefix| name.starts_with(prefix)));
    names.map(|name| format!("\n{name}={}", env.var(name).unwrap_or_default())).collect()
}

fn invocation(setup: &Setup<'_>, env: &Env) -> Invocation {
    let mut invocation = Invocation::new(&env.current_exe)
        .arg(VARIABLES_ROLE)
        .args(["--profile", setup.profile, "--target-dir"])
        .arg(setup.target_dir)
        .env("CARGO_ZIGBUILD_ZIG_COMMAND", &setup.zig.path)
        .env("CARGO_ZIGBUILD_ZIG_VERSION", setup.zig.version.to_string())
        .env("MACOSX_DEPLOYMENT_TARGET", setup.macos_minimum)
        .env("CARGO_ENCODED_RUSTFLAGS", setup.rustflags)
        .cwd(&env.cwd);
    for target in &setup.targets {
        invocation = invocation.args(["--target", target]);
    }
    invocation
}

/// Whether the wrapper scripts that the variables name still exist: the user may have emptied the cache.
fn still_there(variables: &BTreeMap<String, String>) -> bool {
    let wrappers = variables.iter().filter(|(name, _)| name.starts_with("CC_") || name.starts_with("AR_"));
    wrappers.map(|(_, path)| path).all(|path| fs::exists(Path::new(path)))
}

/// Plays a role that cargo-zigbuild's wrappers ask of this program; `None` if `args` is an ordinary call.
#[must_use]
pub fn role(args: &[OsString]) -> Option<ExitCode> {
    let stem = Path::new(args.first()?).file_stem().and_then(OsStr::to_str).unwrap_or_default();
    let words: Vec<String> = args.iter().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let result = match (stem, words.first().map(String::as_str)) {
        ("ar", _) => cargo_zigbuild::Zig::Ar { args: words }.execute().map_err(|e| e.to_string()),
        ("lib", _) => cargo_zigbuild::Zig::Lib { args: words }.execute().map_err(|e| e.to_string()),
        ("install_name_tool", _) => cargo_zigbuild::macos::install_name_tool::execute(words).map_err(|e| e.to_string()),
        _ if stem.ends_with("dlltool") => {
            cargo_zigbuild::Zig::Dlltool { args: words }.execute().map_err(|e| e.to_string())
        }
        (_, Some("zig")) => linker(&words),
        (_, Some(VARIABLES_ROLE)) => print_variables(&words),
        _ => return None,
    };
    Some(match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // In these roles the caller is cc, rustc or a wrapper, who read plain text on standard error.
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    })
}

fn linker(words: &[String]) -> Result<(), String> {
    #[derive(Parser)]
    #[command(name = "zig")]
    enum Tool {
        #[command(flatten)]
        Zig(cargo_zigbuild::Zig),
    }
    let Tool::Zig(zig) = Tool::try_parse_from(words).map_err(|error| error.to_string())?;
    zig.execute().map_err(|error| format!("{error:#}"))
}

fn print_variables(words: &[String]) -> Result<(), String> {
    #[derive(Parser)]
    struct Args {
        #[arg(long)]
        target: Vec<String>,
        #[arg(long)]
        target_dir: PathBuf,
        #[arg(long)]
        profile: String,
    }
    let args = Args::try_parse_from(words).map_err(|error| error.to_string())?;
    let mut build = cargo_zigbuild::Build { enable_zig_ar: true, ..Default::default() };
    build.target = args.target;
    build.target_dir = Some(args.target_dir);
    build.profile = Some(args.profile);
    let command = build.build_command().map_err(|error| format!("{error:#}"))?;
    let bindgen =
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BINDGEN_EXTRA_CLANG_ARGS_"));
    let set = command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let text = |os: OsString| os.to_string_lossy().into_owned();
    let variables: BTreeMap<String, String> =
        set.chain(bindgen).map(|(name, value)| (text(name), text(value))).collect();
    serde_json::to_writer(std::io::stdout(), &variables).map_err(|error| error.to_string())
}
