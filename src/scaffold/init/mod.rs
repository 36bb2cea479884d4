//! An extension out of a package or workspace that exists.
//!
//! [`Found`] is what there is: Cargo.toml, what Cargo says of it, and what lies in its folder. [`Wanted`] is what the
//! user said or answered, with a default for what has one. [`Addition::new`] is pure: both become the text of
//! Cargo.toml with the table at its end, and the files that are missing. It reads its own table back through
//! [`crate::manifest`], so that what is written can be packaged, and [`Addition::write`] puts it on the disk, all of it
//! or nothing.

pub mod bins;
pub mod error;
pub mod found;
pub mod page;
mod table;

use serde_json::{Map, Value};

pub use bins::Bins;
pub use error::Error;
pub use found::Found;
pub use page::{Build, Page};

use super::import::merge::{NoPlace, merged};
use super::import::render;
use super::import::write::Made;
use super::project::File;
use super::template::{Values, fill};
use super::{escape::Escape, project};
use crate::domain::{FileName, ImageName};
use crate::manifest::extension::WorkspaceBin;
use crate::manifest::load;
use crate::sys::fs;

/// The page that is written if there is none. It asks nothing of the extension's programs.
const PAGE: &str = include_str!("../../../template/init/index.html");
const ICON: &str = include_str!("../../../template/assets/icon.svg");
const GITIGNORE: &str = include_str!("../../../template/gitignore.in");

/// What becomes of the package or workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// The backend in Docker Desktop's virtual machine.
    pub backend: Option<WorkspaceBin>,
    /// The socket it listens on, by its bare name.
    pub socket: Option<String>,
    /// The programs for the user's own system.
    pub host: Vec<WorkspaceBin>,
    /// The page.
    pub page: Page,
    /// The title, if not made of the name.
    pub title: Option<String>,
    /// Who offers the extension, if not the package's author.
    pub vendor: Option<String>,
    /// What it is, if not the package's description.
    pub description: Option<String>,
    /// The image's name without a tag.
    pub image: Option<String>,
}

impl Wanted {
    /// Checks what the user wrote.
    fn check(&self) -> Result<(), super::Error> {
        for (what, said) in [("title", &self.title), ("vendor", &self.vendor), ("description", &self.description)] {
            said.as_deref().map(|said| line(what, said)).transpose()?;
        }
        self.image.as_deref().map(image_name).transpose()?;
        self.socket.as_deref().map(socket_name).transpose()?;
        match &self.socket {
            Some(socket) if self.backend.is_none() => return Err(Error::SocketAlone(socket.clone()).into()),
            _ => {}
        }
        if self.backend.is_none() && self.host.is_empty() && self.page == Page::None {
            return Err(Error::Nothing.into());
        }
        Ok(())
    }
}

/// A text that metadata.json and image labels can hold.
///
/// # Errors
/// When it is none.
pub fn line(what: &'static str, said: &str) -> Result<String, super::Error> {
    project::text(what, Some(said)).map(Option::unwrap_or_default)
}

/// The name of an image without a tag.
///
/// # Errors
/// When it is none.
pub fn image_name(said: &str) -> Result<String, super::Error> {
    ImageName::new(said).map(|_| said.to_owned()).map_err(super::Error::Image)
}

/// The bare name of a socket.
///
/// # Errors
/// When it is none.
pub fn socket_name(said: &str) -> Result<String, super::Error> {
    FileName::new(said).map(|_| said.to_owned()).map_err(|invalid| Error::Socket(invalid).into())
}

/// What is added to a package or workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// The text of Cargo.toml with the table.
    pub manifest: String,
    /// The files that were missing.
    pub files: Vec<File>,
    /// The files that were there, and that the table names.
    pub used: Vec<String>,
    /// What the user should know or change, in sentences.
    pub notes: Vec<String>,
}

impl Addition {
    /// Makes the table and the files.
    ///
    /// # Errors
    /// When something that the user wrote cannot be used, or Cargo.toml cannot hold the table.
    pub fn new(found: &Found, wanted: &Wanted) -> Result<Self, super::Error> {
        wanted.check()?;
        let mut notes = Vec::new();
        let texts = table::texts(found, wanted, &mut notes);
        let table = table::table(found, wanted, &texts, &mut notes);
        let manifest = with_table(found, &table)?;
        read_back(found, &table, &manifest)?;
        let (mut files, mut used) = (Vec::new(), Vec::new());
        match found.icon {
            Some(icon) => used.push(icon.to_owned()),
            None => files.push(File { path: table::ICON, content: ICON.replace("\r\n", "\n") }),
        }
        match &wanted.page {
            Page::Written => files.push(File { path: page::FILE, content: page(wanted, &texts) }),
            Page::There => used.push(page::FILE.to_owned()),
            Page::Folder { source, .. } => used.push(source.clone()),
            Page::None => {}
        }
        if found.lacks_gitignore {
            files.push(File { path: ".gitignore", content: GITIGNORE.replace("\r\n", "\n") });
        }
        Ok(Addition { manifest, files, used, notes })
    }

    /// Writes the files, then Cargo.toml. If something fails, what was written is removed again.
    ///
    /// # Errors
    /// When Cargo.toml is not what was looked at, a file is there meanwhile, or the disk refuses.
    pub fn write(&self, found: &Found) -> Result<(), super::Error> {
        let origin = &found.target.origin;
        if fs::read_text(&origin.manifest_path)? != found.target.text {
            return Err(Error::Changed { path: origin.manifest_path.clone() }.into());
        }
        let mut made = Made::default();
        let mut files = self.files.iter();
        let all = files.try_for_each(|file| made.create(&origin.dir.join(file.path), file.content.as_bytes()));
        let all = all.and_then(|()| fs::rewrite(&origin.manifest_path, self.manifest.as_bytes()));
        if all.is_err() {
            made.undo();
        }
        Ok(all?)
    }
}

fn page(wanted: &Wanted, texts: &table::Texts) -> String {
    let tool = wanted.host.first().map(|bin| ("host", bin.name.to_string()));
    let socket = wanted.socket.as_ref().map(|_| "socket");
    let values = Values {
        flags: tool.iter().map(|(flag, _)| *flag).chain(socket).collect(),
        words: tool.into_iter().collect(),
        texts: [("title", texts.title.clone()), ("description", texts.description.clone())].into(),
    };
    fill(PAGE, &values, Escape::Html)
}

/// The text of Cargo.toml with a table.
fn with_table(found: &Found, table: &Map<String, Value>) -> Result<String, Error> {
    let key = found.target.origin.key;
    merged(&found.target.text, key, &render::toml(key, table)).map_err(|why| match why {
        NoPlace::Taken => Error::HasTable { place: found.place_of(key), key },
        NoPlace::NoTable => Error::NoTable { path: found.target.origin.manifest_path.clone(), key },
        NoPlace::Broken(why) => Error::Syntax { place: found.manifest_name(), why },
    })
}

/// Reads the table as `package` will.
fn read_back(found: &Found, table: &Map<String, Value>, manifest: &str) -> Result<(), super::Error> {
    let mut printed: Value = serde_json::from_str(&found.printed).map_err(crate::manifest::Error::Output)?;
    let package = found.target.origin.package.as_deref();
    let holder = match package {
        Some(name) => {
            let packages = printed["packages"].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default();
            packages.iter_mut().find(|package| package["name"] == name)
        }
        None => Some(&mut printed),
    };
    let Some(holder) = holder else { return Ok(()) };
    if !holder["metadata"].is_object() {
        holder["metadata"] = Value::Object(Map::new());
    }
    holder["metadata"]["extension"] = Value::Object(table.clone());
    load::from_metadata(&printed.to_string(), package, &found.cwd, &|_| Ok(manifest.to_owned()))?;
    Ok(())
}

#[cfg(test)]
mod tests;
