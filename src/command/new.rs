//! `cargo dext new`: a new extension, from nothing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Context;
use crate::domain::ImageName;
use crate::error::Error;
use crate::report::Report;
use crate::scaffold::{self, Options, Parts, Project, ProjectName, Surroundings, Ui, Vcs};
use crate::shell::ask::Ask;
use crate::sys::Invocation;

/// Create a new extension
///
/// On a terminal it asks for what has no good default and was not given: the name, if the folder's cannot be one, the
/// vendor, if git does not know the user's name, and the image.
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
    /// Have a service in Docker Desktop's virtual machine (the default)
    #[arg(long, overrides_with = "no_backend")]
    pub backend: bool,
    /// Leave out the service in Docker Desktop's virtual machine
    #[arg(long, overrides_with = "backend")]
    pub no_backend: bool,
    /// Have a tool on the user's own system (the default)
    #[arg(long, overrides_with = "no_host")]
    pub host: bool,
    /// Leave out the tool on the user's own system
    #[arg(long, overrides_with = "host")]
    pub no_host: bool,
    /// Initialize a new repository, defaults to git outside of one, or to `cargo-new.vcs` of Cargo's configuration
    #[arg(long, value_name = "VCS", value_enum)]
    pub vcs: Option<VcsArg>,
    /// Take every default, and ask nothing
    #[arg(short, long)]
    pub yes: bool,
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

/// The values of `--vcs`, which are those of Cargo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VcsArg {
    /// A git repository
    Git,
    /// A Mercurial repository
    Hg,
    /// A Pijul repository
    Pijul,
    /// A Fossil repository and checkout
    Fossil,
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
            vcs: self.vcs.map(Vcs::from),
            parts: Parts { backend: !self.no_backend, host: !self.no_host, ui: self.ui.into() },
        }
    }
}

impl From<UiArg> for Ui {
    fn from(arg: UiArg) -> Self {
        match arg {
            UiArg::Html => Ui::Html,
            UiArg::React => Ui::React,
            UiArg::None => Ui::None,
        }
    }
}

impl From<VcsArg> for Vcs {
    fn from(arg: VcsArg) -> Self {
        match arg {
            VcsArg::Git => Vcs::Git,
            VcsArg::Hg => Vcs::Hg,
            VcsArg::Pijul => Vcs::Pijul,
            VcsArg::Fossil => Vcs::Fossil,
            VcsArg::None => Vcs::None,
        }
    }
}

/// Makes the folder.
///
/// # Errors
/// When a name or text cannot be used, something is in the folder, or the disk refuses.
pub fn run(args: &NewArgs, context: &Context) -> Result<(), Error> {
    let folder = context.env.cwd.join(&args.path);
    // Nobody is asked for a folder that cannot be made.
    scaffold::write::is_empty_folder(&folder)?;
    let around = Surroundings::look(&folder, &context.env).with_config(&context.env)?;
    let project = asked(args.options(), &around, &context.shell.questions(args.yes))?;
    scaffold::write(&project.render(), project.init_repository(), &folder)?;
    context.shell.status("Created", format!("extension `{}` with {}", project.name, project.parts));
    for note in project.notes() {
        context.shell.status("Note", note);
    }
    let enter = Invocation::new("cd").arg(&args.path);
    let enter = if args.path.as_os_str() == "." { String::new() } else { format!("{enter} && ") };
    context.shell.status("Next", format!("{enter}cargo dext package"));
    Ok(())
}

/// The project, after questions for what was not said and has no default that could stay.
fn asked(mut options: Options, around: &Surroundings, person: &impl Ask) -> Result<Project, Error> {
    let folder = around.folder_name.as_deref().unwrap_or_default();
    if options.name.is_none() && ProjectName::new(folder).is_err() {
        let near = ProjectName::near(folder).map_or_else(String::new, |near| near.to_string());
        options.name = person.ask_until("Name", &near, ProjectName::new)?.map(|name| name.to_string());
    }
    let draft = Project::new(&options, around)?;
    if options.vendor.is_none() && draft.lacks_vendor() {
        options.vendor = person.ask("Who offers the extension", &draft.vendor)?;
    }
    if options.image.is_none() {
        let image = person.ask_until("Image to publish to, without a tag", draft.image.as_str(), ImageName::new)?;
        options.image = image.map(|image| image.to_string());
    }
    Ok(Project::new(&options, around)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use clap::Parser;

    use super::*;
    use crate::shell::ask::testing::{Answers, Nobody};
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
            (&["page", "--no-backend", "--no-host"], &["LICENSE", "README.md", "tests", "ui"]),
            (&["again", "--no-host", "--no-backend", "--host"], &["LICENSE", "README.md", "host", "ui"]),
        ] {
            new(dir.path(), line).expect("made");
            let mut found = folders(&dir.path().join(line[0]));
            for always in ["Cargo.toml", "assets", "marketplace", "rust-toolchain.toml"] {
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
        let nothing = ["x", "--no-backend", "--no-host", "--ui", "none"];
        for line in [&["2048"][..], &nothing, &["x", "--image", "A"], &["x", "--title", ""]] {
            assert!(new(dir.path(), line).is_err(), "{line:?}");
        }
        assert_eq!(folders(dir.path()), BTreeSet::new());
    }
    fn around(folder: &str, author: Option<&str>) -> Surroundings {
        let (folder_name, author) = (Some(folder.to_owned()), author.map(str::to_owned));
        Surroundings { folder: PathBuf::from(folder), folder_name, author, ..Surroundings::default() }
    }

    #[test]
    fn only_what_has_no_good_default_is_asked() {
        let image = "Image to publish to, without a tag [example/disk-usage]";
        let vendor = "Who offers the extension [Your Company]";
        let of = |options: Options, folder: &str, author, answers: &[&'static str]| {
            let person = Answers::new(answers);
            let project = asked(options, &around(folder, author), &person).expect("good answers");
            (person.asked.take(), project)
        };
        let (questions, project) = of(Options::default(), "disk-usage", Some("Ada"), &["ada/disk"]);
        assert_eq!((questions, project.image.as_str()), (vec![image.to_owned()], "ada/disk"));
        assert_eq!(project.notes(), [""; 0]);

        let (questions, project) = of(Options::default(), "disk-usage", None, &["", ""]);
        assert_eq!(questions, [vendor, image]);
        assert_eq!(project.notes().len(), 2, "placeholders stay placeholders");

        let given = Options { image: Some("a/b".to_owned()), vendor: Some("A".to_owned()), ..Options::default() };
        let (questions, project) = of(given.clone(), "Disk Usage!", None, &["x y", ""]);
        let defect = ProjectName::new("x y").expect_err("a space").to_string();
        assert_eq!(questions, ["Name [disk-usage]", &defect, "Name [disk-usage]"]);
        assert_eq!(project.name.as_str(), "disk-usage");

        assert!(matches!(asked(given, &around("容量", None), &Nobody), Err(Error::Scaffold(_))));
        let alone = asked(Options::default(), &around("disk-usage", None), &Nobody).expect("defaults");
        assert_eq!(alone.notes().len(), 2);
    }
}
