//! The project that is to be written: what the user said, with every default filled in.

use std::collections::BTreeSet;
use std::fmt;

use super::error::Error;
use super::escape::Escape;
use super::files::FILES;
use super::name::ProjectName;
use super::surroundings::Surroundings;
use super::template::{Values, fill};
use crate::domain::ImageName;
use crate::domain::reference::{DOCKER_HUB, Reference};
use crate::sys::Invocation;

/// Who offers the extension if nobody says so. The user is told to change it.
pub const VENDOR: &str = "Your Company";

/// The namespace of the image if nobody says so. Nobody can push there, and the user is told to change it.
const NAMESPACE: &str = "example";

/// GitHub's registry.
const GHCR: &str = "ghcr.io";

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

impl Parts {
    /// Whether one of them is written in Rust.
    #[must_use]
    pub fn rust(self) -> bool {
        self.backend || self.host
    }
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

/// The version control systems, those of Cargo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vcs {
    /// git.
    Git,
    /// Mercurial.
    Hg,
    /// Pijul.
    Pijul,
    /// Fossil.
    Fossil,
    /// None.
    None,
}

impl Vcs {
    /// The one that `cargo new --vcs` calls so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let names =
            [("git", Vcs::Git), ("hg", Vcs::Hg), ("pijul", Vcs::Pijul), ("fossil", Vcs::Fossil), ("none", Vcs::None)];
        names.into_iter().find(|(known, _)| *known == name).map(|(_, vcs)| vcs)
    }
}

/// The repository of a new project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repository {
    /// The project becomes one.
    Init(Vcs),
    /// The project is in one that exists, or in none.
    Around(Vcs),
}

impl Repository {
    /// Whose files the project has.
    #[must_use]
    pub fn vcs(&self) -> Vcs {
        let (Repository::Init(vcs) | Repository::Around(vcs)) = self;
        *vcs
    }
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
        if !parts.rust() && parts.ui == Ui::None {
            return Err(Error::Nothing);
        }
        let name = name(options, around)?;
        let title = text("title", options.title.as_deref())?.unwrap_or_else(|| name.title());
        let description = text("description", options.description.as_deref())?;
        let author = || around.author.clone().filter(|author| !author.chars().any(char::is_control));
        let vendor = text("vendor", options.vendor.as_deref())?.or_else(author).unwrap_or_else(|| VENDOR.to_owned());
        let image = options.image.clone().unwrap_or_else(|| format!("{NAMESPACE}/{name}"));
        let image = ImageName::new(&image).map_err(Error::Image)?;
        let description = description.unwrap_or_else(|| describe(parts).to_owned());
        let repository = repository(options.vcs, around);
        Ok(Project { name, title, vendor, description, image, parts, repository })
    }

    /// Whether nobody has said who offers the extension.
    #[must_use]
    pub fn lacks_vendor(&self) -> bool {
        self.vendor == VENDOR
    }

    /// Whether nobody has said where the image goes.
    #[must_use]
    pub fn lacks_image(&self) -> bool {
        self.image.as_str().strip_prefix(NAMESPACE).is_some_and(|rest| rest.starts_with('/'))
    }

    /// What the user should change before publishing, in sentences.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let vendor = self
            .lacks_vendor()
            .then(|| format!("the vendor is `{VENDOR}`: change it in Cargo.toml and LICENSE, or pass --vendor"));
        let image = self.lacks_image().then(|| {
            format!("the image is `{}`: change it in Cargo.toml before you publish, or pass --image", self.image)
        });
        vendor.into_iter().chain(image).collect()
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

    /// The commands that make the project's folder a repository, if it should become one. They are those of Cargo.
    #[must_use]
    pub fn init_repository(&self) -> Vec<Invocation> {
        let Repository::Init(vcs) = self.repository else { return Vec::new() };
        let init = |program: &str| Invocation::new(program).arg("init");
        match vcs {
            // Where these are set, as in a hook, git would not make the repository in its own folder.
            Vcs::Git => vec![init("git").arg("--quiet").env_remove("GIT_DIR").env_remove("GIT_WORK_TREE")],
            Vcs::Hg => vec![init("hg")],
            Vcs::Pijul => vec![init("pijul")],
            // `--force`: the folder has the project's files already.
            Vcs::Fossil => {
                vec![init("fossil").arg(".fossil"), Invocation::new("fossil").args(["open", "--force", ".fossil"])]
            }
            Vcs::None => Vec::new(),
        }
    }

    fn values(&self) -> Values {
        let rust = self.parts.rust();
        let registry = Reference::parse(self.image.as_str()).map_or_else(|_| String::new(), |image| image.registry);
        let flags = [
            ("rust", rust),
            ("backend", self.parts.backend),
            ("host", self.parts.host),
            ("ui", self.parts.ui != Ui::None),
            ("react", self.parts.ui == Ui::React),
            ("github", self.repository == Repository::Init(Vcs::Git)),
            ("hub", registry == DOCKER_HUB),
            ("ghcr", registry == GHCR),
            ("elsewhere", ![DOCKER_HUB, GHCR].contains(&registry.as_str())),
        ];
        Values {
            words: [
                ("name", self.name.to_string()),
                ("image", self.image.to_string()),
                ("holder", if rust { "workspace" } else { "package" }.to_owned()),
                ("registry", registry),
                ("dext", env!("CARGO_PKG_VERSION").to_owned()),
            ]
            .into(),
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
pub(super) fn text(what: &'static str, said: Option<&str>) -> Result<Option<String>, Error> {
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
        (false, true) => "See what fills your disk.",
        (false, false) => "See which containers run.",
    }
}

/// As Cargo chooses: the named one; none in a repository that exists; that of Cargo's configuration; git, if it is
/// there.
fn repository(chosen: Option<Vcs>, around: &Surroundings) -> Repository {
    match (chosen, around.repository, around.vcs) {
        (Some(Vcs::None), ..) => Repository::Around(Vcs::None),
        (Some(vcs), ..) => Repository::Init(vcs),
        (None, Some(existing), _) => Repository::Around(existing),
        (None, None, Some(Vcs::None)) => Repository::Around(Vcs::None),
        (None, None, Some(configured)) => Repository::Init(configured),
        (None, None, None) if around.git => Repository::Init(Vcs::Git),
        (None, None, None) => Repository::Around(Vcs::None),
    }
}

#[cfg(test)]
mod tests;
