//! `cargo dext publish`: the image of `package`, in a registry.
//!
//! Whatever can fail early fails before anything is built: the destination, the working directory, the credentials.
//! An existing tag cannot be judged that early, because the same image under it is a success; if something is going to
//! be compiled, the tag is looked up first and told of, so that whoever forgot to raise the version can stop.

mod args;
mod destination;
mod goods;
mod links;
mod told;

use std::time::Instant;

pub use args::PublishArgs;

use super::Context;
use super::packaging::CargoOutput;
use crate::domain::Reference;
use crate::error::Error;
use crate::registry::base::{Remote, Source};
use crate::registry::{self, Options, Target};
use crate::report::Report;
use crate::sys::fs;
use args::session;
use destination::Destination;
use goods::Goods;
use told::Told;

/// Publishes.
///
/// # Errors
/// Any stage's. No tag points at anything incomplete then.
pub fn run(args: &PublishArgs, cargo: CargoOutput, context: &Context) -> Result<(), Error> {
    let (started, shell) = (Instant::now(), &context.shell);
    let goods = Goods::find(args, cargo, context)?;
    let destination = Destination::of(args.image.as_deref(), &goods.tags(args), goods.project())?;
    for (doubt, help) in destination.doubts() {
        shell.warning(doubt, Some(help.to_owned()));
    }
    let target = target(args, &destination, goods.base())?;
    let vcs = goods.sources(args, context)?;
    let session = session(&args.registry, &destination.repository, context)?;
    if goods.takes_long() {
        told::existing_tags(&session, &target, context);
    }
    let elsewhere = elsewhere(args, context);
    let is_neighbour = goods.base().is_none_or(|base| base.registry == destination.repository.registry);
    let registries: &dyn Source = if is_neighbour { &session } else { &elsewhere };
    let packed = goods.pack(&vcs, registries, context)?;
    let shipment = &packed.shipment;
    let told = Told { destination: &destination, shipment, started };
    if args.dry_run {
        let survey = registry::survey(&session, shipment, &target, shell)?;
        told.would(&survey, context);
        return Ok(());
    }
    shell.status("Publishing", told.heading());
    let pushed = registry::push(&session, shipment, &target, shell)?;
    if let Some(file) = &args.digest_file {
        fs::write_atomic(&context.env.cwd.join(file), pushed.digest.to_string().as_bytes())?;
    }
    told.did(&pushed, context);
    Ok(())
}

/// How a base image in another registry is reached: `--plain-http` is meant for the one that is published to.
fn elsewhere<'a>(args: &PublishArgs, context: &'a Context) -> Remote<'a> {
    let options = Options { plain_http: false, ..args.registry.options(&context.env) };
    Remote::new(options, &context.env)
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
    })
}
