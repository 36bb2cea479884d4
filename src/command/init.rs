//! `cargo dext init`: an extension out of a package or workspace that exists.

mod questions;

use std::path::{Path, PathBuf};

use clap::Args;

use super::Context;
use crate::error::Error;
use crate::report::Report;
use crate::scaffold::init::{Addition, Found, Page, Wanted};
use crate::sys::{Invocation, interrupt};

/// Make an existing package or workspace an extension
///
/// On a terminal it asks which binaries go where, and for what has no good default and was not given: the backend's
/// socket, the vendor, the description and the image.
#[derive(Debug, Clone, Default, Args)]
pub struct InitArgs {
    /// Folder of the package or workspace
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    path: PathBuf,
    /// Binary that becomes the service in Docker Desktop's virtual machine (PACKAGE/BIN for one of several)
    #[arg(long, value_name = "BIN", conflicts_with = "no_backend")]
    backend: Option<String>,
    /// Do without a service in Docker Desktop's virtual machine
    #[arg(long)]
    no_backend: bool,
    /// Socket in /run/guest-services that the backend listens on
    #[arg(long, value_name = "NAME")]
    socket: Option<String>,
    /// Binary that becomes a tool on the user's own system; may be given several times
    #[arg(long, value_name = "BIN", conflicts_with = "no_host")]
    host: Vec<String>,
    /// Do without a tool on the user's own system
    #[arg(long)]
    no_host: bool,
    /// Page in Docker Desktop's dashboard: `html` writes one, a folder has one or is where one is built, or `none`
    #[arg(long, value_name = "html|FOLDER|none")]
    ui: Option<PathBuf>,
    /// Title in Docker Desktop, defaults to the name in words
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Who offers the extension, defaults to the package's author, then git's user.name
    #[arg(long, value_name = "TEXT")]
    vendor: Option<String>,
    /// What the extension is, in a sentence, defaults to the package's description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Image to publish to, without a tag
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Take every default, and ask nothing
    #[arg(short, long)]
    yes: bool,
}

/// Adds the table and the files that are missing.
///
/// # Errors
/// When there is no package, it is an extension already, or nothing says which binaries go where.
pub fn run(args: &InitArgs, context: &Context) -> Result<(), Error> {
    let shell = &context.shell;
    // `.` is no part of a name.
    let folder = context.env.cwd.join(args.path.strip_prefix(".").unwrap_or(&args.path));
    let found = Found::look(&folder, &context.env)?;
    let wanted = questions::wanted(args, &found, &context.env.cwd, &shell.questions(args.yes))?;
    let addition = Addition::new(&found, &wanted)?;
    {
        let _whole = interrupt::defer();
        addition.write(&found)?;
    }
    for (verb, files) in [
        ("Created", addition.files.iter().map(|file| file.path.to_owned()).collect::<Vec<_>>()),
        ("Found", addition.used.clone()),
    ] {
        if !files.is_empty() {
            shell.status(verb, files.join(", "));
        }
    }
    let key = found.target.origin.key;
    shell.status("Added", format!("[{key}] to {}: {}", found.manifest_name(), parts(&found, &wanted)));
    for note in addition.notes {
        shell.status("Note", note);
    }
    shell.status("Next", next(&args.path).to_string());
    Ok(())
}

/// What is where, in words.
fn parts(found: &Found, wanted: &Wanted) -> String {
    let backend = wanted.backend.iter().map(|bin| format!("backend `{}`", found.bins.name(bin)));
    let host = wanted.host.iter().map(|bin| format!("host tool `{}`", found.bins.name(bin)));
    let page = match &wanted.page {
        Page::None => None,
        Page::Written | Page::There => Some("page in `ui`".to_owned()),
        Page::Folder { source, .. } => Some(format!("page in `{source}`")),
    };
    backend.chain(host).chain(page).collect::<Vec<_>>().join(", ")
}

fn next(path: &Path) -> Invocation {
    let package = Invocation::new("cargo").args(["dext", "package"]);
    if path == "." { package } else { package.arg("--manifest-path").arg(path.join("Cargo.toml")) }
}
