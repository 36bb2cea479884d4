//! What is judged: an image wherever it lies, a bare metadata.json, or what a Cargo.toml says.

use std::path::{Path, PathBuf};

use super::ValidateArgs;
use crate::command::Context;
use crate::command::options::{CompileArgs, ManifestArgs};
use crate::error::Error;
use crate::manifest::{self, Extension};
use crate::registry::Session;
use crate::registry::credentials::Keychain;
use crate::report::Report;
use crate::subject::{Lies, Place, Subject};
use crate::sys::fs;
use crate::validate::metadata::{MAX_BYTES, Metadata};
use crate::validate::{Finding, View, collect, lines, view};

/// What is judged, what it is called, and the project whose table is asked about it.
pub struct Judged {
    /// What is known of it.
    pub view: View,
    /// Its name in messages.
    pub name: String,
    /// The project, if the user is in one or names one.
    pub project: Option<Extension>,
}

/// Reads what the command line names.
///
/// # Errors
/// When it is not there or cannot be read. What is wrong with an image itself is found by the rules.
pub fn read(args: &ValidateArgs, context: &Context) -> Result<Judged, Error> {
    let env = &context.env;
    match &args.image {
        None => project(args, &args.manifest, context),
        Some(text) if file_name(text) == "Cargo.toml" && is_file(&env.cwd.join(text)) => {
            let manifest = ManifestArgs { manifest_path: Some(PathBuf::from(text)), ..args.manifest.clone() };
            project(args, &manifest, context)
        }
        Some(text) if is_metadata_json(text, context) => {
            let view = collect::metadata_json_alone(metadata_json(&env.cwd.join(text))?);
            if !args.docker {
                context.shell.status("Reading", format!("{text} (labels, files and programs are judged in an image)"));
            }
            Ok(Judged { view, name: text.clone(), project: named_project(args, context)? })
        }
        Some(text) => image(text, args, context),
    }
}

fn project(args: &ValidateArgs, manifest: &ManifestArgs, context: &Context) -> Result<Judged, Error> {
    let extension = manifest::load(&manifest.request(&CompileArgs::default()), &context.env)?;
    if !args.docker {
        let note = format!(
            "{} (files and programs are judged when they are packaged)",
            extension.origin.manifest_path.display()
        );
        context.shell.status("Reading", note);
    }
    Ok(Judged { view: collect::manifest(&extension), name: extension.name.clone(), project: Some(extension) })
}

/// The project whose table counts for an image of any origin: only one that the command line names.
fn named_project(args: &ValidateArgs, context: &Context) -> Result<Option<Extension>, Error> {
    if args.manifest.manifest_path.is_none() && args.manifest.package.is_none() {
        return Ok(None);
    }
    Ok(Some(manifest::load(&args.manifest.request(&CompileArgs::default()), &context.env)?))
}

/// Says where in the user's files the findings are.
///
/// # Errors
/// When Cargo.toml, which was read before, cannot be read again.
pub fn find_lines(findings: &mut [Finding], judged: &Judged, context: &Context) -> Result<(), fs::Error> {
    match (&judged.view.subject, &judged.project) {
        (view::Subject::Manifest { .. }, Some(extension)) => {
            let path = &extension.origin.manifest_path;
            let file = path.strip_prefix(&context.env.cwd).unwrap_or(path).to_string_lossy().replace('\\', "/");
            lines::in_manifest(findings, &file, &fs::read_text(path)?, extension.origin.key);
        }
        _ => lines::in_metadata(findings, &judged.view, &judged.name),
    }
    Ok(())
}

fn image(text: &str, args: &ValidateArgs, context: &Context) -> Result<Judged, Error> {
    let env = &context.env;
    let project = named_project(args, context)?;
    let place = Place::find(text, &env.cwd)?;
    if let Lies::Registry(_) = place.lies {
        args.manifest.needs_network("an image in a registry", "name a layout or an archive")?;
    }
    let options = collect::options(env.cache_dir().map(|cache| cache.join("tmp")));
    let connect = || Session::new(args.registry.options(env), Keychain::from_env(env), &context.shell);
    let view = match Subject::open(&place, &options, connect) {
        Ok(subject) => collect::image(&place, &subject)?,
        Err(error) => collect::unreadable(&error).ok_or(error)?,
    };
    Ok(Judged { view, name: place.name, project })
}

/// A metadata.json on this machine.
fn metadata_json(path: &Path) -> Result<Metadata, fs::Error> {
    match fs::kind_followed(path)? {
        fs::Kind::File(size) if size > MAX_BYTES => Ok(Metadata::TooLarge(size)),
        _ => Ok(Metadata::read(&fs::read(path, MAX_BYTES)?)),
    }
}

fn file_name(text: &str) -> &str {
    text.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// Whether a text names a JSON file of this machine.
pub fn is_metadata_json(text: &str, context: &Context) -> bool {
    let ending = Path::new(text).extension();
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("json")) && is_file(&context.env.cwd.join(text))
}

fn is_file(path: &Path) -> bool {
    matches!(fs::kind_followed(path), Ok(fs::Kind::File(_)))
}
