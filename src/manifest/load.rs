//! Asks Cargo for the workspace and reads the extension's table.

use std::path::{Path, PathBuf};

use cargo_metadata::Metadata;

use super::convert::{convert, packages};
use super::error::{Error, Located};
use super::extension::Extension;
use super::locate::Locator;
use super::mistake::Mistake;
use super::select::{dependencies, select};
use crate::sys::{self, Env, Invocation};

/// What the command line says of the workspace; the names are Cargo's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `--manifest-path`
    pub manifest_path: Option<PathBuf>,
    /// `--package`: a member's name, or `name@version`.
    pub package: Option<String>,
    /// `--target-dir`
    pub target_dir: Option<PathBuf>,
    /// `--features`
    pub features: Vec<String>,
    /// `--all-features`
    pub all_features: bool,
    /// `--no-default-features`
    pub no_default_features: bool,
    /// `--locked`
    pub locked: bool,
    /// `--offline`
    pub offline: bool,
    /// `--frozen`
    pub frozen: bool,
}

/// Reads the extension that `request` asks for.
///
/// # Errors
/// When Cargo fails, when no table or more than one is in question, or when the table has mistakes: then all
/// of them are in the error.
pub fn load(request: &Request, env: &Env) -> Result<Extension, Error> {
    let metadata = invocation(request, env).read()?;
    from_metadata(&metadata, request.package.as_deref(), &env.cwd, &sys::fs::read_text)
}

/// The `cargo metadata` call.
#[must_use]
pub fn invocation(request: &Request, env: &Env) -> Invocation {
    let mut call = Invocation::new(env.cargo()).args(["metadata", "--format-version", "1"]);
    if let Some(path) = &request.manifest_path {
        call = call.arg("--manifest-path").arg(path);
    }
    if !request.features.is_empty() {
        call = call.arg("--features").arg(request.features.join(","));
    }
    let flags = [
        ("--all-features", request.all_features),
        ("--no-default-features", request.no_default_features),
        ("--locked", request.locked),
        ("--offline", request.offline),
        ("--frozen", request.frozen),
    ];
    call = call.args(flags.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag));
    // `cargo metadata` has no `--target-dir`; the variable is what Cargo's own flag overrides.
    if let Some(dir) = &request.target_dir {
        call = call.env("CARGO_TARGET_DIR", env.cwd.join(dir));
    }
    if env.cwd.as_os_str().is_empty() { call } else { call.cwd(&env.cwd) }
}

/// Reads the extension from what `cargo metadata` printed. `read` reads text files: the manifest, and those
/// that the table names.
///
/// # Errors
/// As [`load`].
pub fn from_metadata(
    printed: &str,
    package: Option<&str>,
    cwd: &Path,
    read: &dyn Fn(&Path) -> Result<String, sys::fs::Error>,
) -> Result<Extension, Error> {
    let metadata: Metadata = serde_json::from_str(printed)?;
    let holder = select(&metadata, package)?;
    let manifest = holder.manifest(&metadata);
    // Cargo has just read this file. Should it be gone, mistakes have no line, and that is all.
    let text = read(&manifest).unwrap_or_default();
    let origin = holder.origin(&metadata, &text);
    let facts = holder.facts(&metadata, &text);
    let mut extension = convert(holder.table(&metadata), &origin, &facts, read)
        .map_err(|mistakes| Error::Invalid(located(mistakes, &manifest, cwd, &text)))?;
    let members = packages(extension.vm.as_ref(), extension.host.as_ref());
    extension.origin.dependencies = dependencies(&metadata, &members);
    Ok(extension)
}

fn located(mistakes: Vec<Mistake>, manifest: &Path, cwd: &Path, text: &str) -> Vec<Located> {
    let locator = Locator::new(text);
    let file = manifest.strip_prefix(cwd).unwrap_or(manifest).display();
    let mut mistakes: Vec<_> = mistakes.into_iter().map(|mistake| (locator.locate(&mistake.path), mistake)).collect();
    // In the order of the file, which is the order in which they are mended.
    mistakes.sort_by_key(|(location, _)| location.map(|location| (location.line, location.column)));
    let place = |location: Option<super::locate::Location>, mistake: &Mistake| match location {
        Some(location) => format!("{file}:{location} ({})", mistake.path),
        None => format!("{file} ({})", mistake.path),
    };
    mistakes.into_iter().map(|(location, mistake)| Located { place: place(location, &mistake), mistake }).collect()
}
