//! Sending an image: what is asked, what is sent, and what must be there before what.
//!
//! One question first: if the tag points at the index already, that is all. Then blobs, several at once, the
//! largest first; each platform's manifest as soon as its blobs are there; the index by its digest; and last the
//! tags, which are read back. Whoever looks, at any moment and after any accident, finds a tag that is absent, or
//! old and whole, or new and whole.

use std::collections::BTreeMap;

use futures_util::future::{LocalBoxFuture, try_join_all};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;

use super::client::Dialogue;
use super::deliver::Yard;
use super::order::Order;
use super::{Error, Session, Shipment, Traffic};
use crate::domain::{Digest, Reference};
use crate::image::Descriptor;
use crate::sys::interrupt;

/// Where an image goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The repository; tag and digest do not count.
    pub repository: Reference,
    /// The tags it gets.
    pub tags: Vec<String>,
    /// Whether a tag that points elsewhere is moved.
    pub overwrite: bool,
    /// Repositories of the same registry that may have the blobs already, the likeliest first.
    pub mount_from: Vec<String>,
    /// What tags were seen to point at before the image was made ([`look_early`](super::look_early())). One that points
    /// at this very image is not asked for again.
    pub seen: BTreeMap<String, Digest>,
}

/// What became of a blob or manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was sent.
    Sent,
    /// The registry took it from another of its repositories.
    Mounted {
        /// The other repository.
        from: String,
    },
    /// It was there.
    Skipped,
}

/// What became of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagOutcome {
    /// The tag.
    pub tag: String,
    /// What became of it.
    pub change: TagChange,
}

/// How a tag changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagChange {
    /// It is new.
    Created,
    /// It pointed elsewhere.
    Moved {
        /// Where it pointed.
        from: Digest,
    },
    /// It pointed at the image already.
    Unchanged,
}

/// What a push did, or what it would do if [`survey`](super::survey()) found it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The digest of the index.
    pub digest: Digest,
    /// The tags, in the order of the target.
    pub tags: Vec<TagOutcome>,
    /// Configs and layers, the largest first.
    pub blobs: Vec<(Descriptor, Fate)>,
    /// The manifests of the platforms, then the index.
    pub manifests: Vec<(Descriptor, Fate)>,
    /// Bytes of blobs that were sent.
    pub sent: u64,
    /// Bytes of blobs that were mounted.
    pub mounted: u64,
    /// Bytes of blobs that were there.
    pub skipped: u64,
    /// What went over the wire for it.
    pub traffic: Traffic,
}

impl Pushed {
    /// Adds up what became of the blobs.
    pub(super) fn new(
        shipment: &Shipment,
        tags: Vec<TagOutcome>,
        blobs: Vec<Fate>,
        documents: Fate,
        traffic: Traffic,
    ) -> Self {
        let blobs: Vec<(Descriptor, Fate)> = shipment.blobs.iter().cloned().zip(blobs).collect();
        let bytes =
            |like: fn(&Fate) -> bool| blobs.iter().filter(|(_, fate)| like(fate)).map(|(blob, _)| blob.size).sum();
        let manifests = shipment.documents().map(|document| (document.clone(), documents.clone()));
        Pushed {
            digest: shipment.index.digest,
            tags,
            manifests: manifests.collect(),
            sent: bytes(|fate| *fate == Fate::Sent),
            mounted: bytes(|fate| matches!(fate, Fate::Mounted { .. })),
            skipped: bytes(|fate| *fate == Fate::Skipped),
            blobs,
            traffic,
        }
    }
}

/// Sends an image: blobs, platform manifests, the index, and last the tags, which are read back.
///
/// # Errors
/// When a tag points elsewhere and may not be moved, when the registry refuses, or when it cannot be reached.
/// No tag points at anything incomplete then.
pub fn push(session: &Session<'_>, shipment: &Shipment, target: &Target) -> Result<Pushed, Error> {
    // Ctrl-C closes the connections; what has arrived stays, and the next push skips it.
    let _deferred = interrupt::defer().ok_or(Error::Interrupted)?;
    let before = session.traffic();
    let door = session.writing(&target.repository, &target.mount_from)?;
    let push = Push { talk: session.talk(&door), shipment, target };
    let (tags, blobs, documents) = session.run(push.run())?;
    Ok(Pushed::new(shipment, tags, blobs, documents, session.traffic().since(before)))
}

/// What tags point at before anything is sent. The first question finds out about tokens; the others wait for it
/// and are asked together.
pub(super) async fn tags(talk: Dialogue<'_>, shipment: &Shipment, target: &Target) -> Result<Vec<TagOutcome>, Error> {
    let Some((first, others)) = target.tags.split_first() else { return Ok(Vec::new()) };
    let mut outcomes = vec![tag(talk, shipment, target, first).await?];
    outcomes.extend(try_join_all(others.iter().map(|other| tag(talk, shipment, target, other))).await?);
    Ok(outcomes)
}

async fn tag(talk: Dialogue<'_>, shipment: &Shipment, target: &Target, tag: &str) -> Result<TagOutcome, Error> {
    let ours = shipment.index.digest;
    if target.seen.get(tag) == Some(&ours) {
        // It was asked for a moment ago. Any other answer may have changed
        // into one that forbids the push, or allows it.
        return Ok(TagOutcome { tag: tag.to_owned(), change: TagChange::Unchanged });
    }
    let found = talk.look_up(&format!("looking for the tag {tag}"), tag).await?;
    let tag = tag.to_owned();
    let change = match found.map(|found| found.descriptor.digest) {
        None => TagChange::Created,
        Some(there) if there == ours => TagChange::Unchanged,
        Some(from) if target.overwrite => TagChange::Moved { from },
        Some(there) => {
            return Err(Error::TagExists { repository: Box::new(target.repository.clone()), tag, there, ours });
        }
    };
    Ok(TagOutcome { tag, change })
}

/// A task that has ended.
enum Done {
    Blob(usize, Fate),
    Manifest,
    /// Whether the registry has the index and all manifests already.
    Looked(bool),
}

/// What is known of the index and the manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Documents {
    /// They may be there, and are sent.
    Unasked,
    /// They are being looked for.
    Asked,
    /// All are there.
    There,
}

struct Push<'a> {
    talk: Dialogue<'a>,
    shipment: &'a Shipment,
    target: &'a Target,
}

impl Push<'_> {
    async fn run(&self) -> Result<(Vec<TagOutcome>, Vec<Fate>, Fate), Error> {
        let yard = Yard::new(self.talk, self.shipment, self.target);
        let tags = tags(self.talk, self.shipment, self.target).await?;
        let all_there = || vec![Fate::Skipped; self.shipment.blobs.len()];
        let changed: Vec<&str> =
            tags.iter().filter(|tag| tag.change != TagChange::Unchanged).map(|tag| tag.tag.as_str()).collect();
        if changed.is_empty() {
            return Ok((tags, all_there(), Fate::Skipped));
        }
        let index = self.shipment.read_document(&self.shipment.index)?.into();
        // Another tag that points at the index does not vouch for the blobs: a registry may have lost one since.
        let fates = yard.with_progress(self.fill(&yard)).await?;
        if fates.is_some() {
            yard.index(&index).await?;
        }
        try_join_all(changed.iter().map(|tag| yard.tag(tag, &index))).await?;
        let documents = if fates.is_some() { Fate::Sent } else { Fate::Skipped };
        Ok((tags, fates.unwrap_or_else(all_there), documents))
    }

    /// Brings there what the index refers to. `None` if the registry has all of it already, and the index.
    async fn fill(&self, yard: &Yard<'_>) -> Result<Option<Vec<Fate>>, Error> {
        let mut order = Order::new(self.shipment);
        let blobs = &self.shipment.blobs;
        let mut fates: BTreeMap<usize, Fate> = BTreeMap::new();
        // Platforms whose blobs are there. If the whole image may be, their manifests wait for the answer.
        let (mut ready, mut documents) = (Vec::new(), Documents::Unasked);
        let mut tasks: FuturesUnordered<LocalBoxFuture<'_, Result<Done, Error>>> = FuturesUnordered::new();
        for (at, blob) in blobs.iter().enumerate() {
            tasks.push(Box::pin(async move {
                if at > 0 {
                    // The first asks over the connection that is open, before others are opened for the rest.
                    tokio::task::yield_now().await;
                }
                Ok(Done::Blob(at, yard.deliver(blob).await?))
            }));
        }
        while let Some(done) = tasks.next().await {
            match done? {
                Done::Blob(at, fate) => {
                    // If the largest blob, which is the first, is there, the whole image may be.
                    if at == 0 && fate == Fate::Skipped {
                        documents = Documents::Asked;
                        tasks.push(Box::pin(async { Ok(Done::Looked(is_whole(self.talk, self.shipment).await?)) }));
                    }
                    fates.insert(at, fate);
                    ready.extend(order.arrived(&blobs[at].digest));
                }
                Done::Looked(are_there) => documents = if are_there { Documents::There } else { Documents::Unasked },
                Done::Manifest => {}
            }
            // Documents that are there are believed only as long as no blob of theirs was missing.
            let wait = match documents {
                Documents::Unasked => false,
                Documents::Asked => true,
                Documents::There => yard.has_sent_nothing(),
            };
            let now = if wait { Vec::new() } else { std::mem::take(&mut ready) };
            for platform in now {
                tasks.push(Box::pin(async move {
                    yard.manifest(platform).await?;
                    Ok(Done::Manifest)
                }));
            }
        }
        let is_there = documents == Documents::There && yard.has_sent_nothing();
        Ok((!is_there).then(|| fates.into_values().collect()))
    }
}

/// Whether the registry has the index and the manifests of all platforms. That says nothing of their blobs: a registry
/// may have lost some. Manifests are asked for one by one because an index may lack some: the specification does not
/// want them to be there before it.
pub(super) async fn is_whole(talk: Dialogue<'_>, shipment: &Shipment) -> Result<bool, Error> {
    let is_there = async |document: &Descriptor| {
        let digest = document.digest.to_string();
        Ok::<_, Error>(talk.look_up(&format!("looking for {digest}"), &digest).await?.is_some())
    };
    if !is_there(&shipment.index).await? {
        return Ok(false);
    }
    let manifests = shipment.platforms.iter().map(|platform| is_there(&platform.manifest));
    Ok(try_join_all(manifests).await?.into_iter().all(|is_there| is_there))
}

/// As many permits as blobs may be on their way at once.
pub(super) fn permits(session: &Session<'_>) -> Semaphore {
    Semaphore::new(session.options().parallel.clamp(1, 64))
}
