//! What a push would do, found out by questions alone.

use futures_util::stream::{FuturesOrdered, StreamExt};

use super::client::Dialogue;
use super::push::{self, TagChange};
use super::{Error, Fate, Pushed, Session, Shipment, TagOutcome, Target};
use crate::image::Descriptor;

/// Says what [`push`](super::push()) would do. Only questions are sent.
///
/// # Errors
/// As [`push`](super::push()).
pub fn survey(session: &Session<'_>, shipment: &Shipment, target: &Target) -> Result<Pushed, Error> {
    let before = session.traffic();
    let door = session.writing(&target.repository, &target.mount_from)?;
    let talk = session.talk(&door);
    let (tags, blobs, documents) = session.run(look(talk, shipment, target))?;
    Ok(Pushed::new(shipment, tags, blobs, documents, session.traffic().since(before)))
}

async fn look(
    talk: Dialogue<'_>,
    shipment: &Shipment,
    target: &Target,
) -> Result<(Vec<TagOutcome>, Vec<Fate>, Fate), Error> {
    let tags = push::tags(talk, shipment, target).await?;
    if tags.iter().all(|tag| tag.change == TagChange::Unchanged) {
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
    let whole = all_there && push::is_whole(talk, shipment).await?;
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
