//! Sending an image: what is asked, what is sent, and what must be there before what.
//!
//! One question first: if every tag points at the index already, that is all. Then blobs, several at once, the
//! largest first; each platform's manifest as soon as its blobs are there; the index by its digest; and last the
//! tags, which are read back. Whoever looks, at any moment and after any accident, finds a tag that is absent, or
//! old and whole, or new and whole.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, LocalBoxFuture, join, select, try_join, try_join_all};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;

use super::client::{self, Call, Dialogue, Door};
use super::deliver::Yard;
use super::order::Order;
use super::token::scope;
use super::{Error, Session, Shipment, Traffic};
use crate::domain::{Digest, Reference};
use crate::image::Descriptor;
use crate::report::Report;
use crate::sys::interrupt;

/// How long the index is on its way before the tags follow unasked.
const HEAD_START: Duration = Duration::from_millis(10);

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

/// What a push did.
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
pub fn push(session: &Session, shipment: &Shipment, target: &Target, report: &dyn Report) -> Result<Pushed, Error> {
    // Ctrl-C closes the connections; what has arrived stays, and the next push skips it.
    let _deferred = interrupt::defer().ok_or(Error::Interrupted)?;
    let before = session.traffic();
    let door = door(session, target, "pull,push")?;
    let push = Push { talk: Dialogue { session, door: &door, report }, shipment, target };
    let (tags, blobs, documents) = session.run(push.run())?;
    Ok(Pushed::new(shipment, tags, blobs, documents, session.traffic().since(before)))
}

/// The door to a target, whose token allows to read where blobs may be mounted from.
pub(super) fn door(session: &Session, target: &Target, actions: &str) -> Result<Door, Error> {
    let Reference { registry, repository, .. } = &target.repository;
    let wishes = target.mount_from.iter().filter(|from| *from != repository).map(|from| scope(from, "pull"));
    Door::new(session, registry, repository, vec![scope(repository, actions)], wishes.collect())
}

/// What tags point at before anything is sent.
pub(super) async fn tags(talk: Dialogue<'_>, shipment: &Shipment, target: &Target) -> Result<Vec<TagOutcome>, Error> {
    let mut outcomes = Vec::with_capacity(target.tags.len());
    for tag in &target.tags {
        let found = talk.look_up(&format!("looking for the tag {tag}"), tag).await?;
        let change = match found.map(|found| found.descriptor.digest) {
            None => TagChange::Created,
            Some(there) if there == shipment.index.digest => TagChange::Unchanged,
            Some(there) if target.overwrite => TagChange::Moved { from: there },
            Some(there) => {
                let (repository, tag) = (Box::new(target.repository.clone()), tag.clone());
                return Err(Error::TagExists { repository, tag, there, ours: shipment.index.digest });
            }
        };
        outcomes.push(TagOutcome { tag: tag.clone(), change });
    }
    Ok(outcomes)
}

/// A task that has ended.
enum Done {
    Blob(usize, Fate),
    Manifest,
    /// Whether the registry has the index already.
    Index(bool),
}

struct Push<'a> {
    talk: Dialogue<'a>,
    shipment: &'a Shipment,
    target: &'a Target,
}

impl Push<'_> {
    async fn run(&self) -> Result<(Vec<TagOutcome>, Vec<Fate>, Fate), Error> {
        let (tags, first) = self.first_questions().await?;
        let all_there = || vec![Fate::Skipped; self.shipment.blobs.len()];
        if tags.iter().all(|tag| tag.change == TagChange::Unchanged) {
            return Ok((tags, all_there(), Fate::Skipped));
        }
        // A tag that points at the index proves that the index is there, and all below it.
        let whole = tags.iter().any(|tag| tag.change == TagChange::Unchanged);
        let yard = Yard::new(self.talk, self.shipment, self.target);
        let fates = if whole { None } else { yard.with_progress(self.fill(&yard, first)).await? };
        let index = self.shipment.read_document(&self.shipment.index)?.into();
        let changed: Vec<&str> =
            tags.iter().filter(|tag| tag.change != TagChange::Unchanged).map(|tag| tag.tag.as_str()).collect();
        let documents = match fates {
            None => {
                self.write_tags(&yard, &changed, &index).await?;
                Fate::Skipped
            }
            Some(_) => {
                self.write_index(&yard, &changed, &index).await?;
                Fate::Sent
            }
        };
        Ok((tags, fates.unwrap_or_else(all_there), documents))
    }

    /// Writes the index by its digest, and then the tags. Where the registry is far, they follow when the index
    /// has been sent and not a round trip later when it is confirmed: a registry stores what a tag is given, and
    /// takes it only with all its manifests, so that neither request needs the other. If the index meets with any
    /// trouble, they wait for its end.
    async fn write_index(&self, yard: &Yard<'_>, tags: &[&str], index: &Bytes) -> Result<(), Error> {
        let retries = || self.talk.session.traffic().retries;
        let before = retries();
        let digest = self.shipment.index.digest.to_string();
        let writing = pin!(yard.write("writing the index", &digest, &self.shipment.index, index, &[]));
        match select(writing, pin!(tokio::time::sleep(HEAD_START))).await {
            Either::Left((written, _)) => written?,
            Either::Right(((), writing)) if retries() > before => writing.await?,
            Either::Right(((), writing)) => {
                return try_join(writing, self.write_tags(yard, tags, index)).await.map(|_| ());
            }
        }
        self.write_tags(yard, tags, index).await
    }

    async fn write_tags(&self, yard: &Yard<'_>, tags: &[&str], index: &Bytes) -> Result<(), Error> {
        try_join_all(tags.iter().map(|tag| yard.tag(tag, index))).await.map(drop)
    }

    /// Asks for the tags. Where no token is to be expected, the largest blob is asked for at the same time, so
    /// that it can be sent one round trip sooner: with a token, the two requests would be four.
    async fn first_questions(&self) -> Result<(Vec<TagOutcome>, Option<bool>), Error> {
        let tags = tags(self.talk, self.shipment, self.target);
        let registry = &self.target.repository.registry;
        let early = client::is_own_machine(registry) && self.target.tags.len() == 1 && self.talk.is_anonymous().await?;
        match self.shipment.blobs.first() {
            Some(largest) if early => {
                let call = Call { persists: false, ..client::look(largest) };
                let step = format!("looking for {}", self.shipment.name_of(largest));
                let (tags, answer) = join(tags, self.talk.ask_once(&step, &call)).await;
                let there = answer.ok().and_then(|answer| match answer.code() {
                    200 => Some(true),
                    404 => Some(false),
                    _ => None,
                });
                Ok((tags?, there))
            }
            _ => Ok((tags.await?, None)),
        }
    }

    /// Sends what the index refers to. `None` if the registry has the index already.
    async fn fill(&self, yard: &Yard<'_>, largest_there: Option<bool>) -> Result<Option<Vec<Fate>>, Error> {
        let mut order = Order::new(self.shipment);
        let mut fates: Vec<Option<Fate>> = vec![None; self.shipment.blobs.len()];
        let mut tasks: FuturesUnordered<LocalBoxFuture<'_, Result<Done, Error>>> = FuturesUnordered::new();
        for (at, blob) in self.shipment.blobs.iter().enumerate() {
            let known = largest_there.filter(|_| at == 0);
            tasks.push(Box::pin(async move { Ok(Done::Blob(at, yard.deliver(blob, known).await?)) }));
        }
        while let Some(done) = tasks.next().await {
            match done? {
                Done::Blob(at, fate) => {
                    // If the largest blob is there, the whole image may be.
                    if at == 0 && fate == Fate::Skipped {
                        tasks.push(Box::pin(async { Ok(Done::Index(self.has_index().await?)) }));
                    }
                    fates[at] = Some(fate);
                    for platform in order.arrived(&self.shipment.blobs[at].digest) {
                        tasks.push(Box::pin(async move {
                            yard.manifest(platform).await?;
                            Ok(Done::Manifest)
                        }));
                    }
                }
                Done::Index(true) if yard.has_sent_nothing() => return Ok(None),
                Done::Index(_) | Done::Manifest => {}
            }
        }
        Ok(Some(fates.into_iter().flatten().collect()))
    }

    async fn has_index(&self) -> Result<bool, Error> {
        let digest = self.shipment.index.digest.to_string();
        Ok(self.talk.look_up("looking for the index", &digest).await?.is_some())
    }
}

/// As many permits as blobs may be on their way at once.
pub(super) fn permits(session: &Session) -> Semaphore {
    Semaphore::new(session.options().parallel.clamp(1, 64))
}
