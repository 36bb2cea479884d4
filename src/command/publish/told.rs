//! What people and programs are told of a publication.

use std::time::Instant;

use super::destination::Destination;
use super::links;
use crate::command::Context;
use crate::command::words::{bytes, seconds};
use crate::domain::{Digest, Reference, quoted};
use crate::image::Descriptor;
use crate::registry::{Fate, PlatformShipment, Pushed, Shipment, TagChange, TagOutcome};
use crate::report::{Message, Push, PushedBlob, PushedPlatform, PushedTag, Report};

/// What is known before the registry is asked.
#[derive(Debug)]
pub struct Told<'a> {
    /// Where the image goes.
    pub destination: &'a Destination,
    /// The image.
    pub shipment: &'a Shipment,
    /// When the run began.
    pub started: Instant,
}

/// Tells of a tag that exists, before a build that may take long.
pub fn existing_tag(reference: &Reference, digest: Digest, overwrite: bool, context: &Context) {
    let then =
        if overwrite { "is moved if the image differs" } else { "stays if the image differs (see `--overwrite`)" };
    context.shell.status("Found", format!("{} at {digest}, which {then}", reference.familiar()));
}

impl Told<'_> {
    /// `example/x:1.2.3, latest (docker.io)`
    pub fn heading(&self) -> String {
        let Destination { repository, tags } = self.destination;
        format!("{}:{} ({})", repository.repository, tags.join(", "), repository.registry)
    }

    /// Tells what was done.
    pub fn did(&self, pushed: &Pushed, context: &Context) {
        let shell = &context.shell;
        for platform in &self.shipment.platforms {
            let size = bytes(layers(platform));
            shell.status(
                "Published",
                format!("{} {} ({size})", quoted(&platform.platform.to_string()), platform.manifest.digest),
            );
        }
        shell.status("Published", format!("index {}", pushed.digest));
        for TagOutcome { tag, change } in &pushed.tags {
            shell.status("Tagged", format!("{tag}{}", how(*change)));
        }
        shell.status("Sent", sums(pushed, false));
        let Destination { repository, tags } = self.destination;
        links::next(repository, tags).into_iter().for_each(|(verb, text)| shell.status(verb, text));
        shell.message(self.message(pushed, false));
        shell.status("Finished", format!("{} in {}", repository.familiar(), seconds(self.started)));
        // What people copy, and scripts read, comes last.
        let references = pushed.tags.iter().map(|tag| self.reference(tag, pushed.digest) + "\n");
        shell.print_for_people(&references.collect::<String>());
    }

    /// Tells what would be done.
    pub fn would(&self, pushed: &Pushed, context: &Context) {
        let tags = pushed.tags.iter().map(|outcome| {
            let would = match outcome.change {
                TagChange::Created => "would be created".to_owned(),
                TagChange::Moved { from } => format!("would be moved from {from}"),
                TagChange::Unchanged => "is there".to_owned(),
            };
            format!("{} {would}\n", self.reference(outcome, pushed.digest))
        });
        let blobs = pushed.blobs.iter().map(|(blob, fate)| match fate {
            Fate::Sent => format!("  send   {}\n", self.blob(blob)),
            Fate::Mounted { from } => format!("  mount  {} from {from}\n", self.blob(blob)),
            Fate::Skipped => format!("  skip   {}\n", self.blob(blob)),
        });
        let text: String = tags.chain(blobs).collect();
        context.shell.print_for_people(&text);
        context.shell.message(self.message(pushed, true));
        context.shell.status("Would send", sums(pushed, true));
    }

    /// The whole name, which ends with the digest, so that a tag that moves later does not matter.
    fn reference(&self, outcome: &TagOutcome, digest: Digest) -> String {
        format!("{}@{digest}", self.destination.repository.with_tag(&outcome.tag))
    }

    /// `sha256:… (1.2MiB) ui`
    fn blob(&self, blob: &Descriptor) -> String {
        let name = self.name(&blob.digest).unwrap_or_default();
        format!("{} ({}) {}", blob.digest, bytes(blob.size), quoted(&name)).trim_end().to_owned()
    }

    /// What a layer is called in the plan; configs are called after their platforms.
    fn name(&self, blob: &Digest) -> Option<String> {
        let config = self.shipment.platforms.iter().find(|platform| platform.config.digest == *blob);
        let config = config.map(|platform| format!("config {}", platform.platform));
        config.or_else(|| self.shipment.names.get(blob).cloned())
    }

    fn message(&self, pushed: &Pushed, dry_run: bool) -> Message {
        let Destination { repository, tags } = self.destination;
        let outcomes = pushed.tags.iter().map(|outcome| {
            let (word, from) = match outcome.change {
                TagChange::Created => ("created", None),
                TagChange::Moved { from } => ("moved", Some(from)),
                TagChange::Unchanged => ("unchanged", None),
            };
            let reference = self.reference(outcome, pushed.digest);
            PushedTag { tag: outcome.tag.clone(), reference, outcome: word, from }
        });
        let platforms = self.shipment.platforms.iter().map(|platform| PushedPlatform {
            platform: platform.platform.to_string(),
            digest: platform.manifest.digest,
            size: layers(platform),
        });
        let blobs = pushed.blobs.iter().map(|(blob, fate)| PushedBlob {
            name: self.name(&blob.digest),
            digest: blob.digest,
            media_type: blob.media_type.clone(),
            size: blob.size,
            fate: match fate {
                Fate::Sent => "sent",
                Fate::Mounted { .. } => "mounted",
                Fate::Skipped => "skipped",
            },
            from: if let Fate::Mounted { from } = fate { Some(from.clone()) } else { None },
        });
        Message::Push(Push {
            dry_run,
            repository: repository.to_string(),
            digest: pushed.digest,
            tags: outcomes.collect(),
            platforms: platforms.collect(),
            blobs: blobs.collect(),
            sent: pushed.sent,
            mounted: pushed.mounted,
            skipped: pushed.skipped,
            requests: pushed.traffic.requests,
            token_requests: pushed.traffic.tokens,
            retries: pushed.traffic.retries,
            share: links::telling(tags).and_then(|tag| links::share(repository, tag)),
        })
    }
}

/// Bytes of all layers of a platform.
fn layers(platform: &PlatformShipment) -> u64 {
    platform.layers.iter().map(|layer| layer.size).sum()
}

fn how(change: TagChange) -> String {
    match change {
        TagChange::Created => String::new(),
        TagChange::Moved { from } => format!(", instead of {from}"),
        TagChange::Unchanged => ", as before".to_owned(),
    }
}

/// `1.2MiB, mounted 0B, skipped 3.4MiB, with 12 requests, 2 of them repeated`
fn sums(pushed: &Pushed, dry_run: bool) -> String {
    let Pushed { sent, mounted, skipped, traffic, .. } = pushed;
    let (mount, skip) = if dry_run { ("mount", "skip") } else { ("mounted", "skipped") };
    let retries = if traffic.retries == 0 { String::new() } else { format!(", {} of them repeated", traffic.retries) };
    let (sent, mounted, skipped) = (bytes(*sent), bytes(*mounted), bytes(*skipped));
    let requests = match traffic.requests + traffic.tokens {
        1 => "1 request".to_owned(),
        count => format!("{count} requests"),
    };
    format!("{sent}, {mount} {mounted}, {skip} {skipped}, with {requests}{retries}")
}
