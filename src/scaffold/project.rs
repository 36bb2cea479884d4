//! The project that is to be written: what the user said, with every default filled in.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use super::error::Error;
use super::escape::Escape;
use super::files::FILES;
use super::name::ProjectName;
use super::surroundings::Surroundings;
use super::template::{Values, fill};
use crate::domain::ImageName;
use crate::sys::Invocation;

/// Who offers the extension if nobody says so. The user is told to change it.
const VENDOR: &str = "Your Company";

/// The namespace of the image if nobody says so. Nobody can push there, and the user is told to change it.
const NAMESPACE: &str = "example";

/// What the user said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The name, if not the folder's.
    pub name: Option<String>,
    /// The title, if not made of the name.
    pub title: Option<String>,
    /// Who offers the extension, if not git's user.
    pub vendor: Option<String>,
    /// What the extension is, in a sentence.
    pub description: Option<String>,
    /// The image's name without a tag.
    pub image: Option<String>,
    /// The version control, if it was chosen.
    pub vcs: Option<Vcs>,
    /// The parts of the extension.
    pub parts: Parts,
}

/// The parts of an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// The service in Docker Desktop's virtual machine.
    pub backend: bool,
    /// The tool on the user's own system.
    pub host: bool,
    /// The page.
    pub ui: Ui,
}

impl Default for Parts {
    fn default() -> Self {
        Parts { backend: true, host: true, ui: Ui::Html }
    }
}

impl fmt::Display for Parts {
    /// The parts in words: `backend, host tool and page`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let page = self.ui != Ui::None;
        let words = [(self.backend, "backend"), (self.host, "host tool"), (page, "page")];
        let words: Vec<&str> = words.into_iter().filter(|(has, _)| *has).map(|(_, word)| word).collect();
        match words.split_last() {
            Some((last, [])) => f.write_str(last),
            Some((last, others)) => write!(f, "{} and {last}", others.join(", ")),
            None => f.write_str("nothing"),
        }
    }
}

/// The page of an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ui {
    /// HTML, CSS and JavaScript without a build step.
    Html,
    /// React and Material UI, built with npm.
    React,
    /// None.
    None,
}

/// The version control that a user can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vcs {
    /// A new git repository.
    Git,
    /// None.
    None,
}

/// The repository of a new project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repository {
    /// The project becomes one, made by this git.
    Init(PathBuf),
    /// The project is in one that exists.
    Existing,
    /// There is none.
    None,
}

/// A project, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The name.
    pub name: ProjectName,
    /// The title.
    pub title: String,
    /// Who offers the extension.
    pub vendor: String,
    /// What it is, in a sentence.
    pub description: String,
    /// The image's name.
    pub image: ImageName,
    /// The parts.
    pub parts: Parts,
    /// The repository.
    pub repository: Repository,
    /// What the user should change before publishing, in sentences.
    pub notes: Vec<String>,
}

/// A file of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the project's folder, `/`-separated.
    pub path: &'static str,
    /// Its content.
    pub content: String,
}

impl Project {
    /// Checks what the user said and fills in the defaults.
    ///
    /// # Errors
    /// When a name or text cannot be used, or nothing is left to build.
    pub fn new(options: &Options, around: &Surroundings) -> Result<Self, Error> {
        let parts = options.parts;
        if !parts.backend && !parts.host {
            return Err(Error::NothingInRust);
        }
        let mut notes = Vec::new();
        let name = name(options, around)?;
        let title = text("title", options.title.as_deref())?.unwrap_or_else(|| name.title());
        let description = text("description", options.description.as_deref())?;
        let author = || around.author.clone().filter(|author| !author.chars().any(char::is_control));
        let vendor = text("vendor", options.vendor.as_deref())?.or_else(author).unwrap_or_else(|| {
            notes.push(format!("the vendor is `{VENDOR}`: change it in Cargo.toml and LICENSE, or pass --vendor"));
            VENDOR.to_owned()
        });
        let image = options.image.clone().unwrap_or_else(|| {
            let image = format!("{NAMESPACE}/{name}");
            notes.push(format!("the image is `{image}`: change it in Cargo.toml before you publish, or pass --image"));
            image
        });
        let image = ImageName::new(&image).map_err(Error::Image)?;
        let description = description.unwrap_or_else(|| describe(parts).to_owned());
        let repository = repository(options.vcs, around);
        Ok(Project { name, title, vendor, description, image, parts, repository, notes })
    }

    /// The files of the project.
    #[must_use]
    pub fn render(&self) -> Vec<File> {
        let values = self.values();
        let wanted = FILES.iter().filter(|file| file.when.holds(self.parts, &self.repository));
        let fill = |content: &str, escape: Option<Escape>| match escape {
            Some(escape) => fill(content, &values, escape),
            // A checkout on Windows may have given this program other line ends.
            None => content.replace("\r\n", "\n"),
        };
        wanted.map(|file| File { path: file.path, content: fill(file.content, file.escape) }).collect()
    }

    /// The command that makes the project's folder a repository, if it should become one.
    #[must_use]
    pub fn init_repository(&self) -> Option<Invocation> {
        let Repository::Init(git) = &self.repository else { return None };
        // Where these are set, as in a hook, git would not make the repository in its own folder.
        Some(Invocation::new(git).args(["init", "--quiet"]).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE"))
    }

    fn values(&self) -> Values {
        let flags = [
            ("backend", self.parts.backend),
            ("host", self.parts.host),
            ("ui", self.parts.ui != Ui::None),
            ("react", self.parts.ui == Ui::React),
            ("github", matches!(self.repository, Repository::Init(_))),
        ];
        Values {
            words: [("name", self.name.to_string()), ("image", self.image.to_string())].into(),
            texts: [
                ("title", self.title.clone()),
                ("vendor", self.vendor.clone()),
                ("description", self.description.clone()),
            ]
            .into(),
            flags: flags.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag).collect::<BTreeSet<_>>(),
        }
    }
}

fn name(options: &Options, around: &Surroundings) -> Result<ProjectName, Error> {
    let name = options.name.as_ref().or(around.folder_name.as_ref());
    let name = name.ok_or_else(|| Error::Nameless(around.folder.clone()))?;
    ProjectName::new(name).map_err(|invalid| {
        let suggestion = ProjectName::near(name).map(|near| near.to_string());
        Error::Name { invalid, suggestion }
    })
}

/// A text that metadata.json and image labels can hold.
fn text(what: &'static str, said: Option<&str>) -> Result<Option<String>, Error> {
    let fail = |why| Err(Error::Text { what, why });
    match said.map(str::trim) {
        None => Ok(None),
        Some("") => fail("is empty"),
        Some(text) if text.chars().any(char::is_control) => fail("has a line break or another control character"),
        Some(text) => Ok(Some(text.to_owned())),
    }
}

/// What the template's own code does.
fn describe(parts: Parts) -> &'static str {
    match (parts.backend, parts.host) {
        (true, true) => "See how busy Docker Desktop's virtual machine is, and what fills your disk.",
        (true, false) => "See how busy Docker Desktop's virtual machine is.",
        (false, _) => "See what fills your disk.",
    }
}

/// As Cargo chooses: a new git repository, unless there is one already.
fn repository(chosen: Option<Vcs>, around: &Surroundings) -> Repository {
    match (chosen, around.in_repository, &around.git) {
        (Some(Vcs::None), ..) | (None, false, None) => Repository::None,
        (None, true, _) => Repository::Existing,
        (Some(Vcs::Git), _, git) => Repository::Init(git.clone().unwrap_or_else(|| PathBuf::from("git"))),
        (None, false, Some(git)) => Repository::Init(git.clone()),
    }
}

#[cfg(test)]
mod tests;
