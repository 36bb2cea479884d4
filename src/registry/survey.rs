//! What a push would do, found out by questions alone.

use futures_util::stream::{FuturesOrdered, StreamExt};

use super::client::Dialogue;
use super::push::{self, TagChange};
use super::{Error, Fate, Pushed, Session, Shipment, TagOutcome, Target, Traffic};
use crate::domain::Digest;
use crate::image::Descriptor;
use crate::report::Report;

/// What a push would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// The digest of the index.
    pub digest: Digest,
    /// The tags, in the order of the target.
    pub tags: Vec<TagOutcome>,
    /// Configs and layers, the largest first.
    pub blobs: Vec<(Descriptor, Fate)>,
    /// The manifests of the platforms, then the index.
    pub manifests: Vec<(Descriptor, Fate)>,
    /// Bytes of blobs that would be sent.
    pub sent: u64,
    /// Bytes of blobs that would be mounted.
    pub mounted: u64,
    /// Bytes of blobs that are there.
    pub skipped: u64,
    /// What went over the wire to find out.
    pub traffic: Traffic,
}

/// Says what [`push`](super::push()) would do. Only questions are sent.
///
/// # Errors
/// As [`push`](super::push()).
pub fn survey(session: &Session, shipment: &Shipment, target: &Target, report: &dyn Report) -> Result<Survey, Error> {
    let before = session.traffic();
    let door = push::door(session, target, "pull")?;
    let talk = Dialogue { session, door: &door, report };
    let (tags, blobs, documents) = session.run(look(talk, shipment, target))?;
    let Pushed { digest, tags, blobs, manifests, sent, mounted, skipped, traffic } =
        Pushed::new(shipment, tags, blobs, documents, session.traffic().since(before));
    Ok(Survey { digest, tags, blobs, manifests, sent, mounted, skipped, traffic })
}

async fn look(
    talk: Dialogue<'_>,
    shipment: &Shipment,
    target: &Target,
) -> Result<(Vec<TagOutcome>, Vec<Fate>, Fate), Error> {
    let tags = push::tags(talk, shipment, target).await?;
    if tags.iter().any(|tag| tag.change == TagChange::Unchanged) {
        return Ok((tags, vec![Fate::Skipped; shipment.blobs.len()], Fate::Skipped));
    }
    let permits = push::permits(talk.session);
    let permits = &permits;
    let look = |blob| async move {
        let _permit = permits.acquire().await;
        fate(talk, shipment, target, blob).await
    };
    let mut looking: FuturesOrdered<_> = shipment.blobs.iter().map(look).collect();
    let mut fates = Vec::with_capacity(shipment.blobs.len());
    while let Some(fate) = looking.next().await {
        fates.push(fate?);
    }
    let all_there = fates.iter().all(|fate| *fate == Fate::Skipped);
    let digest = shipment.index.digest.to_string();
    let whole = all_there && talk.look_up("looking for the index", &digest).await?.is_some();
    Ok((tags, fates, if whole { Fate::Skipped } else { Fate::Sent }))
}

async fn fate(talk: Dialogue<'_>, shipment: &Shipment, target: &Target, blob: &Descriptor) -> Result<Fate, Error> {
    let step = format!("looking for {}", shipment.name_of(blob));
    if talk.has_blob(&step, None, blob).await? {
        return Ok(Fate::Skipped);
    }
    for from in target.mount_from.iter().filter(|from| **from != target.repository.repository) {
        if !talk.door.no_mounts.get() && talk.has_blob(&step, Some(from), blob).await? {
            return Ok(Fate::Mounted { from: from.clone() });
        }
    }
    Ok(Fate::Sent)
}
