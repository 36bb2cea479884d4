//! What can be asked before there is an image: a build may take long, and what would stop the push after it should stop
//! it before.

use super::client::Dialogue;
use super::{Error, Session, Target};
use crate::domain::Digest;
use crate::report::Report;

/// What the tags of a target point at, in their order.
///
/// # Errors
/// When the registry refuses or cannot be reached. The push begins with the same questions, through the same door: with
/// these credentials it would end there too.
pub fn look_early(session: &Session<'_>, target: &Target, report: &dyn Report) -> Result<Vec<Option<Digest>>, Error> {
    let door = session.writing(&target.repository, &target.mount_from)?;
    let talk = Dialogue { session, door: &door, report };
    session.run(async {
        let mut there = Vec::with_capacity(target.tags.len());
        for tag in &target.tags {
            let found = talk.look_up(&format!("looking for the tag {tag}"), tag).await?;
            there.push(found.map(|found| found.descriptor.digest));
        }
        Ok(there)
    })
}
