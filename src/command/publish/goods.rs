//! What is published: the image that a project packages into, or a layout that is there.

use std::path::PathBuf;

use super::args::PublishArgs;
use crate::bundle::Vcs;
use crate::command::Context;
use crate::command::packaging::{CargoOutput, Job, Packaged, deliver, sources, work_tree};
use crate::domain::{Explain, Reference};
use crate::error::Error;
use crate::image::Layout;
use crate::manifest::{self, Extension};
use crate::registry::base::Source;
use crate::registry::{self, Shipment};
use crate::report::Report;
use crate::sys::fs;

/// Where the image comes from.
#[derive(Debug)]
pub enum Goods<'a> {
    /// A project is packaged.
    Project(&'a PublishArgs, Box<Job<'a>>),
    /// A layout is taken as it is.
    Layout {
        /// Its folder.
        path: PathBuf,
        /// The tag that the image has in it.
        tag: Option<String>,
        /// The project that says what the command line leaves open.
        project: Option<Box<Extension>>,
    },
}

/// An image that can be sent, and what keeps it from being replaced meanwhile.
#[derive(Debug)]
pub struct Packed {
    /// The image.
    pub shipment: Shipment,
    _kept: Option<Packaged>,
}

impl<'a> Goods<'a> {
    /// Plans what is to be packaged, or finds the layout of `--from`. Then a project is looked for only if the command
    /// line leaves open what the image is called.
    ///
    /// # Errors
    /// The manifest's or the plan's.
    pub fn find(args: &'a PublishArgs, cargo: CargoOutput, context: &'a Context) -> Result<Self, Error> {
        let Some(from) = &args.from else {
            return Ok(Goods::Project(args, Box::new(Job::prepare(&args.packaging, &[], cargo, context)?)));
        };
        let (path, tag) = split(from, |path| fs::exists(&context.env.cwd.join(path)));
        let (path, tag) = (context.env.cwd.join(path), tag.map(str::to_owned));
        let complete = args.image.is_some() && (tag.is_some() || !args.tags.is_empty());
        let packaging = &args.packaging;
        let load = || manifest::load(&packaging.manifest.request(&packaging.compile), &context.env);
        let project = if complete { None } else { Some(Box::new(load()?)) };
        Ok(Goods::Layout { path, tag, project })
    }

    /// The project, if there is one.
    pub fn project(&self) -> Option<&Extension> {
        match self {
            Goods::Project(_, job) => Some(&job.extension),
            Goods::Layout { project, .. } => project.as_deref(),
        }
    }

    /// The base image that comes from a registry.
    pub fn base(&self) -> Option<&Reference> {
        match self {
            Goods::Project(_, job) => job.extension.registry_base(),
            Goods::Layout { .. } => None,
        }
    }

    /// The tags of the command line; `--from` may name one too.
    pub fn tags(&self, args: &PublishArgs) -> Vec<String> {
        match self {
            Goods::Layout { tag: Some(tag), .. } if args.tags.is_empty() => vec![tag.clone()],
            _ => args.tags.clone(),
        }
    }

    /// Whether packing may compile.
    pub fn takes_long(&self) -> bool {
        matches!(self, Goods::Project(args, _) if !args.packaging.no_build)
    }

    /// What the labels tell of the sources, after a look at the working directory.
    ///
    /// # Errors
    /// When there are changes that are not committed, or git cannot tell, and `--allow-dirty` does not allow it.
    pub fn sources(&self, args: &PublishArgs, context: &Context) -> Result<Vcs, Error> {
        let Goods::Project(_, job) = self else { return Ok(Vcs::default()) };
        let tree = match work_tree(&job.extension) {
            Ok(tree) => tree,
            Err(error) if args.allow_dirty => {
                context.shell.warning(format!("{error}; the image gets no `revision` label"), error.help());
                None
            }
            Err(error) => return Err(error.into()),
        };
        match tree {
            Some(tree) if !tree.changed.is_empty() && !args.allow_dirty => Err(Error::Dirty { files: tree.changed }),
            tree => Ok(sources(&job.extension, tree.as_ref())),
        }
    }

    /// Packages, or reads the layout.
    ///
    /// # Errors
    /// Any stage's, or what the layout lacks.
    pub fn pack(&self, vcs: &Vcs, registries: &dyn Source, context: &Context) -> Result<Packed, Error> {
        match self {
            Goods::Project(args, job) => {
                let packaged = job.package(vcs, registries)?;
                deliver(&args.packaging, &packaged.image, context)?;
                context.shell.message(packaged.image.message());
                Ok(Packed { shipment: Shipment::of(&packaged.image), _kept: Some(packaged) })
            }
            Goods::Layout { path, tag, .. } => {
                let layout = Layout::open(path).map_err(registry::Error::from)?;
                Ok(Packed { shipment: Shipment::read(&layout, tag.as_deref())?, _kept: None })
            }
        }
    }
}

/// `DIR` or `DIR:TAG`. A folder's name may have a colon too, so what is there counts first.
fn split(from: &str, exists: impl FnOnce(&str) -> bool) -> (&str, Option<&str>) {
    match from.rsplit_once(':') {
        Some((path, tag)) if !path.is_empty() && !tag.contains(['/', '\\']) && !exists(from) => (path, Some(tag)),
        _ => (from, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_and_their_tags() {
        for (from, exists, expected) in [
            ("dir", false, ("dir", None)),
            ("dir:1.2.3", false, ("dir", Some("1.2.3"))),
            ("a:b", true, ("a:b", None)),
            ("a:b:1.2.3", false, ("a:b", Some("1.2.3"))),
            ("a:b/c", false, ("a:b/c", None)),
            ("C:\\dir", false, ("C:\\dir", None)),
            (":1.2.3", false, (":1.2.3", None)),
        ] {
            assert_eq!(split(from, |_| exists), expected, "{from}");
        }
    }
}
