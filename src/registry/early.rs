//! What can be asked before there is an image: a build may take long, and what would stop the push after it should stop
//! it before.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::{Error, Session, Target};
use crate::domain::Digest;

/// What the tags of a target point at, without those that do not exist. The first question finds out about tokens; the
/// others wait for it and are asked together.
///
/// # Errors
/// When the registry refuses or cannot be reached. The push begins with the same questions, through the same door: with
/// these credentials it would end there too.
pub fn look_early(session: &Session<'_>, target: &Target) -> Result<BTreeMap<String, Digest>, Error> {
    let Some((first, others)) = target.tags.split_first() else { return Ok(BTreeMap::new()) };
    let door = session.writing(&target.repository, &target.mount_from)?;
    let talk = session.talk(&door);
    let look = async |tag: &String| {
        let found = talk.look_up(&format!("looking for the tag {tag}"), tag).await?;
        Ok::<_, Error>(found.map(|found| (tag.clone(), found.descriptor.digest)))
    };
    session.run(async {
        let mut found = vec![look(first).await?];
        found.extend(try_join_all(others.iter().map(look)).await?);
        Ok(found.into_iter().flatten().collect())
    })
}
