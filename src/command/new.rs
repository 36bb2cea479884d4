//! `cargo dext new`: a new extension, from nothing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Context;
use crate::error::Error;
use crate::report::Report;
use crate::scaffold::{self, Options, Parts, Project, Surroundings, Ui, Vcs};
use crate::sys::Invocation;

/// Create a new extension
#[derive(Debug, Clone, Args)]
pub struct NewArgs {
    /// Folder to create, which must not exist or be empty
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Name of the extension, defaults to the folder's
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Title in Docker Desktop, defaults to the name in words
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Who offers the extension, defaults to git's user.name
    #[arg(long, value_name = "TEXT")]
    pub vendor: Option<String>,
    /// What the extension is, in a sentence
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Image to publish to, without a tag
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Page in Docker Desktop's dashboard
    #[arg(long, value_name = "KIND", value_enum, default_value = "html")]
    pub ui: UiArg,
    /// Leave out the service in Docker Desktop's virtual machine
    #[arg(long)]
    pub no_backend: bool,
    /// Leave out the tool on the user's own system
    #[arg(long)]
    pub no_host: bool,
    /// Initialize a new repository, defaults to git outside of one
    #[arg(long, value_name = "VCS", value_enum)]
    pub vcs: Option<VcsArg>,
}

/// The values of `--ui`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UiArg {
    /// HTML, CSS and JavaScript without a build step
    Html,
    /// React, Material UI and Docker's theme, built with npm
    React,
    /// No page
    None,
}

/// The values of `--vcs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VcsArg {
    /// A git repository
    Git,
    /// No repository
    None,
}

impl NewArgs {
    fn options(&self) -> Options {
        Options {
            name: self.name.clone(),
            title: self.title.clone(),
            vendor: self.vendor.clone(),
            description: self.description.clone(),
            image: self.image.clone(),
            vcs: self.vcs.map(|vcs| match vcs {
                VcsArg::Git => Vcs::Git,
                VcsArg::None => Vcs::None,
            }),
            parts: Parts {
                backend: !self.no_backend,
                host: !self.no_host,
                ui: match self.ui {
                    UiArg::Html => Ui::Html,
                    UiArg::React => Ui::React,
                    UiArg::None => Ui::None,
                },
            },
        }
    }
}

/// Makes the folder.
///
/// # Errors
/// When a name or text cannot be used, something is in the folder, or the disk refuses.
pub fn run(args: &NewArgs, context: &Context) -> Result<(), Error> {
    let folder = context.env.cwd.join(&args.path);
    let project = Project::new(&args.options(), &Surroundings::look(&folder, &context.env))?;
    scaffold::write(&project.render(), project.init_repository(), &folder)?;
    context.shell.status("Created", format!("extension `{}` with {}", project.name, project.parts));
    for note in &project.notes {
        context.shell.status("Note", note.clone());
    }
    let enter = Invocation::new("cd").arg(&args.path);
    let enter = if args.path.as_os_str() == "." { String::new() } else { format!("{enter} && ") };
    context.shell.status("Next", format!("{enter}cargo dext package"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use clap::Parser;

    use super::*;
    use crate::shell::{Shell, Verbosity};
    use crate::sys::{Env, fs};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        new: NewArgs,
    }

    fn new(cwd: &Path, line: &[&str]) -> Result<(), Error> {
        let args = Line::try_parse_from(std::iter::once(&"new").chain(line)).expect("good flags").new;
        // No PATH, so no git: the tests do not depend on one.
        let mut env = Env::of(&[]);
        env.cwd = cwd.to_owned();
        run(&args, &Context { shell: Shell::new(Verbosity::Quiet, anstream::ColorChoice::Never, false), env })
    }

    fn folders(cwd: &Path) -> BTreeSet<String> {
        fs::list(cwd).expect("listed").into_iter().filter_map(|found| found.name).collect()
    }

    #[test]
    fn an_extension_is_made_of_the_wanted_parts() {
        let dir = tempfile::tempdir().expect("temp");
        for (line, holds) in [
            (&["all"][..], &["LICENSE", "README.md", "backend", "host", "ui"][..]),
            (&["no-ui", "--ui", "none"], &["LICENSE", "README.md", "backend", "host"]),
            (&["react", "--ui", "react"], &["LICENSE", "README.md", "backend", "host", "ui"]),
            (&["no-host", "--no-host"], &["LICENSE", "README.md", "backend", "ui"]),
            (&["no-backend", "--no-backend"], &["LICENSE", "README.md", "host", "ui"]),
        ] {
            new(dir.path(), line).expect("made");
            let mut found = folders(&dir.path().join(line[0]));
            for always in ["Cargo.toml", "assets", "marketplace"] {
                assert!(found.remove(always), "{always} in {line:?}");
            }
            assert_eq!(found, holds.iter().map(|name| (*name).to_owned()).collect(), "{line:?}");
        }
    }

    #[test]
    fn flags_reach_the_manifest() {
        let dir = tempfile::tempdir().expect("temp");
        let flags = ["Größe", "--name", "size", "--title", "Größe \"x\"", "--vendor", "A & B", "--image", "a/size"];
        new(dir.path(), &flags).expect("made");
        let manifest = fs::read_text(&dir.path().join("Größe/Cargo.toml")).expect("read");
        for line in ["name = \"size\"", "title = \"Größe \\\"x\\\"\"", "vendor = \"A & B\"", "image = \"a/size\""] {
            assert!(manifest.lines().any(|found| found == line), "{line}");
        }
    }

    #[test]
    fn a_refusal_makes_no_folder() {
        let dir = tempfile::tempdir().expect("temp");
        for line in [&["2048"][..], &["x", "--no-backend", "--no-host"], &["x", "--image", "A"], &["x", "--title", ""]]
        {
            assert!(new(dir.path(), line).is_err(), "{line:?}");
        }
        assert_eq!(folders(dir.path()), BTreeSet::new());
    }
}
