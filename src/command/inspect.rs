//! `cargo dext inspect`: what an image is and holds, wherever it lies and whoever made it.

mod bars;
mod page;
mod picture;
mod svg;
mod table;
mod text;
mod view;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use self::picture::Picture;
use self::view::View;
use super::Context;
use super::options::RegistryArgs;
use crate::error::Error;
use crate::registry::Session;
use crate::registry::credentials::Keychain;
use crate::report::Report;
use crate::subject::{self, Place, Subject};
use crate::sys::fs;

/// Show what an image is and holds: platforms, labels, metadata.json, programs, layers and their sizes
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// Folder of an OCI layout, file of an OCI or docker archive, or image in a registry
    #[arg(value_name = "IMAGE")]
    image: String,
    /// Show these platforms only, e.g. linux/arm64
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',')]
    platform: Vec<String>,
    /// How to show it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Print the bytes of the index or manifest that the name stands for, and nothing else
    #[arg(long, conflicts_with_all = ["format", "svg", "platform"])]
    raw: bool,
    /// Also draw the size picture into a file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// The values of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// Reads and shows.
///
/// # Errors
/// When the image cannot be read, or the picture not be written.
pub fn run(args: &InspectArgs, context: &Context) -> Result<(), Error> {
    let (env, shell) = (&context.env, &context.shell);
    let place = Place::find(&args.image, &env.cwd)?;
    let options = subject::Options {
        platforms: args.platform.clone(),
        scratch: env.cache_dir().map(|cache| cache.join("tmp")),
        ..subject::Options::default()
    };
    let connect = || Session::new(args.registry.options(env), Keychain::from_env(env), shell);
    if args.raw {
        shell.print_bytes(&subject::raw(&place, &options, connect)?);
        return Ok(());
    }
    let subject = Subject::open(&place, &options, connect)?;
    let extensions = subject.platforms.iter().map(|platform| subject.extension(platform));
    let view = View::new(&subject, extensions.collect::<Result<_, _>>()?);
    if let Some(file) = &args.svg {
        fs::write_atomic(&env.cwd.join(file), svg::svg(&view.name, &Picture::of(&view)).as_bytes())?;
        shell.status("Drawn", file.display().to_string());
    }
    match args.format {
        // A program that reads messages gets this one as a message, too.
        _ if shell.is_json() => shell.print(&format!("{}\n", line(&view))),
        Format::Json => shell.print(&format!("{}\n", serde_json::to_string_pretty(&view).unwrap_or_default())),
        Format::Text => shell.print(&text::text(&view, &shell.page(env))),
    }
    Ok(())
}

/// The view as one line among others.
fn line(view: &View) -> String {
    #[derive(Serialize)]
    struct Told<'a> {
        reason: &'static str,
        #[serde(flatten)]
        view: &'a View,
    }
    serde_json::to_string(&Told { reason: "dext-inspect", view }).unwrap_or_default()
}
