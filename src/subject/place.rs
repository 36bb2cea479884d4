//! Where an image lies, told from one text as the user writes it.

use std::path::{Path, PathBuf};

use super::Error;
use crate::domain::Reference;
use crate::sys::fs;

/// Where an image lies, and what it is called in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The text that named it; of an image in a registry its whole reference.
    pub name: String,
    /// Where it lies.
    pub lies: Lies,
}

/// Where an image lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lies {
    /// An OCI layout.
    Layout {
        /// The folder.
        dir: PathBuf,
        /// Which of its images.
        tag: Option<String>,
    },
    /// A tar with an OCI layout or what `docker save` writes.
    Archive {
        /// The file.
        file: PathBuf,
        /// Which of its images.
        tag: Option<String>,
        /// Which of the two is read; without it an OCI layout, if there is one.
        format: Option<Format>,
    },
    /// The running engine, under this name.
    Engine(String),
    /// A registry.
    Registry(Reference),
}

/// What an archive holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An OCI layout.
    Oci,
    /// What `docker save` writes.
    Docker,
}

impl Place {
    /// Finds out what a text names: an existing layout or file, with a tag behind a colon if there are several
    /// images in it, or else an image in a registry. The prefixes of skopeo force one: `oci:`, `oci-archive:`,
    /// `docker-archive:`, `docker-daemon:`, `docker://`. What exists is never asked for in a registry without one.
    ///
    /// # Errors
    /// When it names nothing that exists and is no reference either, or what exists is no image.
    pub fn find(text: &str, cwd: &Path) -> Result<Self, Error> {
        let nothing = |why: &str| Error::Nothing { image: text.to_owned(), why: why.to_owned() };
        let named = |name: &str, lies| Ok(Place { name: name.to_owned(), lies });
        if let Some(rest) = text.strip_prefix("oci:") {
            let (dir, tag) = split(rest, cwd, is_dir);
            return named(rest, Lies::Layout { dir, tag });
        }
        for (prefix, format) in [("oci-archive:", Format::Oci), ("docker-archive:", Format::Docker)] {
            if let Some(rest) = text.strip_prefix(prefix) {
                let (file, tag) = split(rest, cwd, is_file);
                return named(rest, Lies::Archive { file, tag, format: Some(format) });
            }
        }
        if let Some(name) = text.strip_prefix("docker-daemon:") {
            // It becomes an argument, and must not read as an option.
            let known = !name.is_empty() && !name.starts_with('-');
            return if known { named(name, Lies::Engine(name.to_owned())) } else { Err(nothing("it has no name")) };
        }
        let reference = text.strip_prefix("docker://");
        if reference.is_none() {
            if let Some(found) = existing(text, cwd) {
                return named(text, found);
            }
            let path = cwd.join(text);
            if !text.is_empty() && fs::exists(&path) {
                return Err(Error::NoLayout { layouts: layouts_in(text, &path), path });
            }
            if text.starts_with(['.', '/', '~']) {
                return Err(nothing("nothing is there"));
            }
        }
        let reference = Reference::parse(reference.unwrap_or(text)).map_err(|error| nothing(error.why))?;
        let tagless = reference.tag.is_none() && reference.digest.is_none();
        let reference = if tagless { reference.with_tag("latest") } else { reference };
        named(&reference.to_string(), Lies::Registry(reference))
    }

    /// Which of several images is meant; in a registry the reference says it.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        match &self.lies {
            Lies::Layout { tag, .. } | Lies::Archive { tag, .. } => tag.as_deref(),
            Lies::Engine(_) | Lies::Registry(_) => None,
        }
    }
}

/// What exists at the text, or at the part of it before a colon.
fn existing(text: &str, cwd: &Path) -> Option<Lies> {
    let at = |path: &str, tag: Option<&str>| {
        let (path, tag) = (cwd.join(path), tag.map(str::to_owned));
        match fs::kind_followed(&path) {
            Ok(fs::Kind::File(_)) => Some(Lies::Archive { file: path, tag, format: None }),
            // One that lacks the file says more when it is opened.
            Ok(fs::Kind::Dir) if is_layout(&path) || looks_like_a_path(text) => Some(Lies::Layout { dir: path, tag }),
            _ => None,
        }
    };
    at(text, None).or_else(|| {
        let (path, tag) = text.rsplit_once(':')?;
        at(path, Some(tag)).filter(|_| !path.is_empty())
    })
}

/// The layouts right in a folder, as the user would name them.
fn layouts_in(text: &str, dir: &Path) -> Vec<String> {
    const LOOKED_AT: usize = 1_000;
    const NAMED: usize = 5;
    let names = fs::first_names(dir, LOOKED_AT).into_iter();
    let layouts = names.filter(|name| is_layout(&dir.join(name)));
    layouts.take(NAMED).map(|name| format!("{}/{name}", text.trim_end_matches(['/', '\\']))).collect()
}

fn looks_like_a_path(text: &str) -> bool {
    text.starts_with(['.', '/']) || text.contains('\\') || text.ends_with('/')
}

fn is_layout(dir: &Path) -> bool {
    is_file(&dir.join("oci-layout"))
}

fn is_file(path: &Path) -> bool {
    matches!(fs::kind_followed(path), Ok(fs::Kind::File(_)))
}

fn is_dir(path: &Path) -> bool {
    matches!(fs::kind_followed(path), Ok(fs::Kind::Dir))
}

/// The path and the tag of skopeo's `PATH[:TAG]`. A docker archive's tag is a reference, which has colons of
/// its own: the shortest path that exists counts, and without one the text before the first colon.
fn split(text: &str, cwd: &Path, exists: fn(&Path) -> bool) -> (PathBuf, Option<String>) {
    // A drive's letter is no path of its own.
    let colons = text.match_indices(':').map(|(at, _)| at).filter(|at| *at > 1 || !cfg!(windows));
    let cuts: Vec<usize> = colons.collect();
    let path = cwd.join(text);
    if exists(&path) || cuts.is_empty() {
        return (path, None);
    }
    let cut = cuts.iter().copied().find(|cut| exists(&cwd.join(&text[..*cut]))).unwrap_or(cuts[0]);
    (cwd.join(&text[..cut]), Some(text[cut + 1..].to_owned()).filter(|tag| !tag.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Explain;

    #[test]
    fn one_text_names_all_kinds_of_images() {
        let temp = tempfile::tempdir().expect("temp");
        let cwd = temp.path();
        fs::write_atomic(&cwd.join("lay/oci-layout"), b"{}").expect("written");
        fs::write_atomic(&cwd.join("plain/file"), b"{}").expect("written");
        fs::write_atomic(&cwd.join("image.tar"), b"x").expect("written");
        let layout = |tag: Option<&str>| Lies::Layout { dir: cwd.join("lay"), tag: tag.map(str::to_owned) };
        let archive = |tag: Option<&str>, format| Lies::Archive {
            file: cwd.join("image.tar"),
            tag: tag.map(str::to_owned),
            format,
        };
        let registry = |text| Lies::Registry(Reference::parse(text).expect(text));
        for (text, place) in [
            ("lay", layout(None)),
            ("lay:1.0.0", layout(Some("1.0.0"))),
            ("oci:lay", layout(None)),
            ("oci:lay:1.0.0", layout(Some("1.0.0"))),
            ("image.tar", archive(None, None)),
            ("image.tar:t", archive(Some("t"), None)),
            ("oci-archive:image.tar", archive(None, Some(Format::Oci))),
            ("docker-archive:image.tar:a/b:1", archive(Some("a/b:1"), Some(Format::Docker))),
            ("docker://plain", registry("plain:latest")),
            ("plain:1.0.0", registry("plain:1.0.0")),
            ("docker-daemon:a/b:1", Lies::Engine("a/b:1".to_owned())),
            ("docker://lay", registry("lay:latest")),
            ("example/x:1.0.0", registry("example/x:1.0.0")),
            ("127.0.0.1:5000/x", registry("127.0.0.1:5000/x:latest")),
        ] {
            assert_eq!(Place::find(text, cwd).expect(text).lies, place, "{text}");
        }
        for text in ["./gone", "A B", "", "docker://", "docker-daemon:", "docker-daemon:--help", "/nowhere/at/all"] {
            assert!(matches!(Place::find(text, cwd), Err(Error::Nothing { .. })), "{text}");
        }
    }

    #[test]
    fn what_exists_is_no_name_of_a_registry() {
        let temp = tempfile::tempdir().expect("temp");
        let cwd = temp.path();
        for name in ["b", "a", "b/lower"] {
            fs::write_atomic(&cwd.join("target/dext").join(name).join("oci-layout"), b"{}").expect("written");
        }
        fs::write_atomic(&cwd.join("target/dext/file"), b"").expect("written");
        for (text, help) in [
            ("target/dext", "name a layout in it: `target/dext/a` or `target/dext/b`"),
            ("target", "name a layout, an archive, or an image in a registry, as in docker://target"),
        ] {
            let error = Place::find(text, cwd).expect_err(text);
            let what = format!("`{}` is neither a layout nor an archive", cwd.join(text).display());
            assert_eq!((error.to_string(), error.help().as_deref()), (what, Some(help)));
        }
        #[cfg(unix)]
        {
            let _socket = std::os::unix::net::UnixListener::bind(cwd.join("socket")).expect("bound");
            assert!(matches!(Place::find("socket", cwd), Err(Error::NoLayout { .. })));
        }
    }
}
