//! The end of a push: the index, the tags, and the look whether they are there.

use std::cell::Cell;
use std::pin::pin;

use bytes::Bytes;
use futures_util::future::{Either, pending, select};
use tokio::time::{Instant, timeout};

use super::Yard;
use crate::registry::Error;
use crate::registry::client::Fault;

impl Yard<'_> {
    /// Writes the index by its digest.
    pub async fn index(&self, index: &Bytes) -> Result<(), Error> {
        let (descriptor, start) = (&self.shipment.index, Instant::now());
        let tries = self.write("writing the index", &descriptor.digest.to_string(), descriptor, index, &[]).await?;
        if tries == 1 {
            self.pace.wrote(start.elapsed());
        }
        Ok(())
    }

    /// Lets a tag point at the index, and looks whether it does.
    pub async fn tag(&self, tag: &str, index: &Bytes) -> Result<(), Error> {
        let _permit = self.tagging.acquire().await.ok();
        let (step, is_asking) = (format!("writing the tag {tag}"), Cell::new(false));
        let write = pin!(self.write(&step, tag, &self.shipment.index, index, &[]));
        let (tries, seen) = match select(write, pin!(self.see(tag, &is_asking))).await {
            Either::Left((tries, see)) => {
                // Its answer should be all but there. After a round trip, another question had been answered.
                let grace = self.pace.round_trip().filter(|_| is_asking.get()).unwrap_or_default();
                (tries?, timeout(grace, see).await.unwrap_or(Ok(false)))
            }
            Either::Right((seen, write)) => (write.await?, seen),
        };
        match seen {
            // What was seen before the tag was written again says nothing of that.
            Ok(true) if tries == 1 => return Ok(()),
            Ok(_) => {}
            Err(Fault::Final(error)) => return Err(error),
            Err(Fault::Passing(passing)) => {
                self.talk.rest(&reading_back(tag), &passing.why, 1, passing.after).await;
            }
        }
        self.read_back(tag).await
    }

    /// Looks for the tag when it is likely to be written, without waiting for the answer that says so: over a long
    /// wire that saves a round trip. Whether it points at the index; if not, it is read back in the ordinary way.
    async fn see(&self, tag: &str, is_asking: &Cell<bool>) -> Result<bool, Fault> {
        let Some(pause) = self.pace.lead() else { return pending().await };
        tokio::time::sleep(pause).await;
        is_asking.set(true);
        self.talk.points_at(&reading_back(tag), tag, self.shipment.index.digest).await
    }

    async fn read_back(&self, tag: &str) -> Result<(), Error> {
        let descriptor = &self.shipment.index;
        let step = reading_back(tag);
        let mut tries = 0;
        loop {
            tries += 1;
            let found = self.talk.look_up(&step, tag).await?.map(|found| found.descriptor.digest);
            if found == Some(descriptor.digest) {
                return Ok(());
            }
            if tries > self.talk.session.options().retries {
                let (at, tag) = (self.talk.at(&step), tag.to_owned());
                return Err(Error::ReadBack { at, tag, found, ours: descriptor.digest });
            }
            // Some registries answer from a copy that is a moment old.
            self.talk.rest(&step, "the registry does not have it yet", tries, None).await;
        }
    }
}

fn reading_back(tag: &str) -> String {
    format!("reading back the tag {tag}")
}
