//! `cargo dext publish`: the image of `package`, in a registry.
//!
//! What can fail early fails before anything is built: the destination, the working directory, and, where something is
//! going to be compiled, the way to the registry, the credentials among it. An existing tag cannot be judged that
//! early, because it is a success to find the same image under it. It is told of, so that whoever forgot to raise the
//! version can stop. A tag that was seen to point at what the build then makes is not asked for again; where nothing is
//! compiled, the push comes in a moment, and asks no question twice. All that is asked in a run goes through one door, so
//! that one token is enough.

mod args;
mod destination;
mod goods;
mod links;
mod told;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use args::PublishArgs;

use super::Context;
use super::judging::Audience;
use super::packaging::CargoOutput;
use crate::domain::{Digest, Explain, Reference};
use crate::error::Error;
use crate::registry::base::Remote;
use crate::registry::{self, Options, Pushed, Record, Session, TagChange, Target};
use crate::report::Report;
use crate::sys::fs;
use args::session;
use destination::{Destination, Doubt};
use goods::Goods;
use told::Told;

/// How long what a tag was seen to point at is taken for what it points at.
const FRESH: Duration = Duration::from_secs(120);

/// Publishes.
///
/// # Errors
/// Any stage's. No tag points at anything incomplete then.
pub fn run(args: &PublishArgs, cargo: CargoOutput, context: &Context) -> Result<(), Error> {
    let started = Instant::now();
    args.check()?;
    if let Some(file) = digest_file(args, context).filter(|_| !args.dry_run) {
        fs::try_write(&file).map_err(|error| Error::DigestFile { error, is_published: false })?;
    }
    let goods = Goods::find(args, cargo, context)?;
    let destination = Destination::of(args.image.as_deref(), &goods.tags(args), goods.project())?;
    doubts(destination.doubts(), context);
    let mut target = target(args, &destination, goods.base())?;
    let (session, elsewhere) = (session(&args.registry, context)?, elsewhere(args, context));
    let neighbours = goods.base().is_none_or(|base| base.registry == destination.repository.registry);
    let settled = goods.settle(if neighbours { &session } else { &elsewhere }, context)?;
    if settled.takes_long() {
        target.seen = look_early(&session, &target, context)?;
    }
    let audience = Audience::of(&destination.repository, &destination.tags);
    let looked = Instant::now();
    let packed = settled.pack(&audience, context)?;
    if looked.elapsed() > FRESH {
        target.seen.clear();
    }
    let shipment = &packed.shipment;
    let platforms: Vec<String> = shipment.platforms.iter().map(|image| image.platform.to_string()).collect();
    doubts(destination.missing(&platforms), context);
    let told = Told { destination: &destination, shipment, started };
    send(args, &session, target, &told, context)
}

/// Pushes, or with `--dry-run` asks what a push would do, and tells of it.
fn send(
    args: &PublishArgs,
    session: &Session<'_>,
    mut target: Target,
    told: &Told<'_>,
    context: &Context,
) -> Result<(), Error> {
    let (shell, shipment) = (&context.shell, told.shipment);
    let mut record = context.env.cache_dir().map(|dir| Record::load(&dir));
    let seen = record.iter().flat_map(|record| record.candidates(&target.repository, &shipment.blobs));
    let new: Vec<String> = seen.filter(|repository| !target.mount_from.contains(repository)).collect();
    target.mount_from.extend(new);
    if args.dry_run {
        let survey = registry::survey(session, shipment, &target)?;
        told.would(&Pushed { traffic: session.traffic(), ..survey }, context);
        return Ok(());
    }
    shell.status("Publishing", told.heading());
    let pushed = registry::push(session, shipment, &target).inspect_err(|error| {
        if matches!(error, registry::Error::Interrupted) {
            let words = "no tag points at anything incomplete, and what has arrived is not sent again";
            shell.status("Interrupted", words.to_owned());
        }
    })?;
    // What was asked before the build counts too.
    let pushed = Pushed { traffic: session.traffic(), ..pushed };
    told.did(&pushed, context);
    let changed = pushed.tags.iter().any(|tag| tag.change != TagChange::Unchanged);
    if let Some(record) = record.as_mut().filter(|_| changed) {
        record.note(&target.repository, &shipment.blobs);
        // It only makes later pushes faster, and this one has succeeded.
        record.save().unwrap_or_else(|error| shell.warning(error.to_string(), error.help()));
    }
    // The last thing that can fail, after all is told.
    digest_file(args, context).map_or(Ok(()), |file| {
        let written = fs::write_atomic(&file, pushed.digest.to_string().as_bytes());
        written.map_err(|error| Error::DigestFile { error, is_published: true })
    })
}

fn digest_file(args: &PublishArgs, context: &Context) -> Option<PathBuf> {
    args.digest_file.as_ref().map(|file| context.env.cwd.join(file))
}

fn doubts(doubts: impl IntoIterator<Item = Doubt>, context: &Context) {
    doubts.into_iter().for_each(|(what, help)| context.shell.warning(what, Some(help.to_owned())));
}

/// Asks for the tags before a build that may take long, and tells of those that exist.
fn look_early(session: &Session<'_>, target: &Target, context: &Context) -> Result<BTreeMap<String, Digest>, Error> {
    let found = registry::look_early(session, target)?;
    for (tag, digest) in target.tags.iter().filter_map(|tag| found.get_key_value(tag)) {
        told::existing_tag(&target.repository.with_tag(tag), *digest, target.overwrite, context);
    }
    Ok(found)
}

/// How a base image in another registry is reached: `--plain-http` is meant for the one that is published to.
fn elsewhere<'a>(args: &PublishArgs, context: &'a Context) -> Remote<'a> {
    let options = Options { plain_http: false, ..args.registry.options(&context.env) };
    Remote::new(options, &context.env, &context.shell)
}

/// The layers of a base in the same registry are there already.
fn target(args: &PublishArgs, destination: &Destination, base: Option<&Reference>) -> Result<Target, Error> {
    let base = base.filter(|base| base.registry == destination.repository.registry);
    let neighbours = args.mount_from.iter().map(|name| destination.neighbour(name));
    let neighbours = neighbours.chain(base.map(|base| Ok(base.repository.clone())));
    Ok(Target {
        repository: destination.repository.clone(),
        tags: destination.tags.clone(),
        overwrite: args.overwrite,
        mount_from: neighbours.collect::<Result<_, _>>()?,
        seen: BTreeMap::new(),
    })
}
