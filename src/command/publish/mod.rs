//! `cargo dext publish`: the image of `package`, in a registry.
//!
//! What can fail early fails before anything is built: the destination, the working directory, and, where something is
//! going to be compiled, the way to the registry, the credentials among it. An existing tag cannot be judged that
//! early, because it is a success to find the same image under it. It is told of, so that whoever forgot to raise the
//! version can stop. Where nothing is compiled, the push comes in a moment, and asks no question twice.

mod args;
mod destination;
mod goods;
mod links;
mod told;

use std::time::Instant;

pub use args::PublishArgs;

use super::Context;
use super::packaging::CargoOutput;
use crate::error::Error;
use crate::registry::{self, Session, Target};
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
    let target = target(args, &destination)?;
    let vcs = goods.sources(args, context)?;
    let session = session(&args.registry, context)?;
    if goods.takes_long() {
        look_early(&session, &target, context)?;
    }
    let packed = goods.pack(&vcs, context)?;
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

/// Asks for the tags before a build that may take long.
fn look_early(session: &Session, target: &Target, context: &Context) -> Result<(), Error> {
    use registry::Error::{Answer, Denied, NotFound, Refused};
    for tag in &target.tags {
        let reference = target.repository.with_tag(tag);
        match session.resolve(&reference) {
            Ok(found) => told::existing_tag(&reference, found.digest, target.overwrite, context),
            // The push asks again, with all its rights: some registries deny that what they do not have can be read.
            Err(NotFound { .. } | Denied { .. } | Refused { .. } | Answer { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn target(args: &PublishArgs, destination: &Destination) -> Result<Target, Error> {
    let neighbours = args.mount_from.iter().map(|name| destination.neighbour(name));
    Ok(Target {
        repository: destination.repository.clone(),
        tags: destination.tags.clone(),
        overwrite: args.overwrite,
        mount_from: neighbours.collect::<Result<_, _>>()?,
    })
}
