//! `cargo xtask setup`: makes a machine ready. It looks before it installs, so a second run only looks.
//!
//! What it makes lies in one cache folder outside the checkout; what it installs comes from the toolchain manager or
//! the package registries of the machine. The other tasks call it for the groups they need and run their programs in
//! the environment it returns.

mod apt;
mod distribution;
mod files;
mod judges;
mod node;
mod python;
mod sarif;
mod toolchain;
mod zig;

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::path::PathBuf;
use std::time::Instant;

pub use toolchain::Wanted;

use crate::Result;
use crate::command::{Cmd, which, which_on};
use crate::places::Places;

/// A part of the machine that can be made ready on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Rust with a standard library for each of the six platforms.
    Toolchain,
    /// The C compiler and linker for other machines.
    Zig,
    /// Programs that judge what we make: registries, engines, emulators, schemas, a browser.
    Judges,
}

impl Group {
    /// Every group, in the order of their making.
    pub const ALL: [Group; 3] = [Group::Toolchain, Group::Zig, Group::Judges];

    /// The name as `--only` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Group::Toolchain => "toolchain",
            Group::Zig => "zig",
            Group::Judges => "judges",
        }
    }

    /// The group of that name.
    pub fn named(name: &str) -> Result<Self> {
        let known = || Group::ALL.map(Group::name).join(", ");
        Ok(Group::ALL
            .into_iter()
            .find(|group| group.name() == name)
            .ok_or_else(|| format!("no group `{name}`; there are {}", known()))?)
    }
}

/// The environment that setup gives to programs: what it sets (`Some`) and what it takes away (`None`).
#[derive(Debug, Clone, Default)]
pub struct Tools {
    vars: Vec<(String, Option<OsString>)>,
    /// What could not be made ready, with the line that would: tests that need it are skipped, or fail if strict.
    pub lacking: Vec<String>,
}

impl Tools {
    /// A program from the search path that setup made.
    pub fn program(&self, name: &str) -> Cmd {
        let path = self.var("PATH").or_else(|| std::env::var_os("PATH")).unwrap_or_default();
        // Named by path, because a program is otherwise looked for on the search path of this process.
        let file = which_on(&path, name).unwrap_or_else(|| PathBuf::from(name));
        Cmd::new(file).given(self.vars.clone())
    }

    /// A line without quotes whose first word is a program, as [`Cmd::line`].
    pub fn line(&self, line: &str) -> Cmd {
        let (program, args) = line.split_once(' ').unwrap_or((line, ""));
        self.program(program).args(args.split_whitespace())
    }

    /// The value that setup gives a variable.
    pub fn var(&self, name: &str) -> Option<OsString> {
        self.vars.iter().rev().find(|(key, _)| key == name).and_then(|(_, value)| value.clone())
    }

    fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.vars.push((name.to_owned(), Some(value.into())));
    }

    fn unset(&mut self, name: impl Into<String>) {
        self.vars.push((name.into(), None));
    }
}

/// The variables that were set, one a line.
impl fmt::Display for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.vars.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        set.clone().try_for_each(|(name, value)| writeln!(f, "  {name}={}", value.to_string_lossy()))
    }
}

/// Makes the groups ready, and says nothing but the lines it runs.
///
/// # Errors
/// When the toolchain or zig cannot be had. Judges that cannot be had are named in [`Tools::lacking`].
pub fn ensure(places: &Places, wanted: Wanted, groups: &[Group]) -> Result<Tools> {
    std::fs::create_dir_all(&places.setup).map_err(|error| format!("{}: {error}", places.setup.display()))?;
    // Two setups at once would build the same folders: the second waits, looks again and finds them.
    let lock = File::create(places.setup.join("lock"))?;
    lock.lock()?;
    files::remove_drafts(&places.setup)?;
    let mut tools = Tools::default();
    if groups.contains(&Group::Toolchain) {
        toolchain::ensure(places, wanted, &mut tools)?;
    }
    if groups.contains(&Group::Zig) {
        tools.set("CARGO_ZIGBUILD_ZIG_PATH", zig::ensure(places)?);
    }
    if groups.contains(&Group::Judges) {
        judges::ensure(places, &mut tools)?;
    }
    Ok(tools)
}

/// Makes sure that there is a C++ compiler, which only libFuzzer asks for.
///
/// # Errors
/// When there is none, and none can be installed.
pub fn ensure_cxx() -> Result {
    if which("c++").is_some() { Ok(()) } else { apt::ensure(&["g++"]) }
}

/// The command: makes the groups ready and prints the environment they give.
///
/// # Errors
/// As [`ensure`], and when a judge is lacking.
pub fn run(places: &Places, wanted: Wanted, groups: &[Group]) -> Result {
    let start = Instant::now();
    let tools = ensure(places, wanted, groups)?;
    if !tools.lacking.is_empty() {
        return Err(format!("not ready:\n  {}", tools.lacking.join("\n  ")).into());
    }
    println!("ready after {:.1} s; the other tasks run with", start.elapsed().as_secs_f64());
    print!("{tools}");
    Ok(())
}
