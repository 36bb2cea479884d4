//! What is published: the image that a project packages into, or a layout that is there.

use std::path::{Path, PathBuf};

use super::args::PublishArgs;
use crate::bundle::Vcs;
use crate::command::Context;
use crate::command::judging::Audience;
use crate::command::packaging::{CargoOutput, Job, Packaged, PinnedBase, deliver, sources, work_tree};
use crate::domain::{Explain, Reference};
use crate::error::Error;
use crate::image::Layout;
use crate::manifest::{self, Extension};
use crate::registry::base::Source;
use crate::registry::{self, Shipment};
use crate::report::Report;
use crate::sys::fs;

/// Where the image comes from.
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

    /// Finds what a project is built on, and then asks git whether all of it is committed.
    ///
    /// # Errors
    /// The base image's; when there are changes that are not committed, or git cannot tell, and `--allow-dirty` does
    /// not allow it.
    pub fn settle(&self, registries: &'a dyn Source, context: &Context) -> Result<Settled<'_, 'a>, Error> {
        match self {
            Goods::Project(args, job) => {
                let base = job.pin(registries, args.dry_run)?;
                let vcs = committed(args, job, context)?;
                Ok(Settled::Project { args, job, base, vcs })
            }
            Goods::Layout { path, tag, .. } => Ok(Settled::Layout(path, tag.as_deref())),
        }
    }
}

/// What is published, with everything known that can be known before a build.
pub enum Settled<'g, 'a> {
    /// A project, the base it is built on, and what the labels tell of its sources.
    Project {
        /// The flags.
        args: &'a PublishArgs,
        /// The plan.
        job: &'g Job<'a>,
        /// The base.
        base: PinnedBase<'a>,
        /// The sources.
        vcs: Vcs,
    },
    /// A layout, and the tag that the image has in it.
    Layout(&'g Path, Option<&'g str>),
}

impl Settled<'_, '_> {
    /// Whether packing may compile.
    pub fn takes_long(&self) -> bool {
        matches!(self, Settled::Project { args, .. } if !args.packaging.no_build)
    }

    /// Packages, and judges for those who will get it; or reads the layout, which is sent as it is: `package` has judged
    /// it, or `validate` does, and reading all its layers takes longer than to find that nothing has changed. A dry run
    /// leaves nothing behind but the layout, as it is a product of the build.
    ///
    /// # Errors
    /// Any stage's, or what the layout lacks, or what breaks a rule.
    pub fn pack(&self, audience: &Audience, context: &Context) -> Result<Packed, Error> {
        match self {
            Settled::Project { args, job, base, vcs } => {
                let packaged = job.package(vcs, base, audience)?;
                if !args.dry_run {
                    deliver(&args.packaging, &packaged.image, context)?;
                }
                context.shell.message(packaged.image.message());
                Ok(Packed { shipment: Shipment::of(&packaged.image), _kept: Some(packaged) })
            }
            Settled::Layout(path, tag) => {
                let layout = Layout::open(path).map_err(registry::Error::from)?;
                Ok(Packed { shipment: Shipment::read(&layout, *tag)?, _kept: None })
            }
        }
    }
}

/// What the labels tell of the sources, if these are what is committed or need not be.
fn committed(args: &PublishArgs, job: &Job<'_>, context: &Context) -> Result<Vcs, Error> {
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
