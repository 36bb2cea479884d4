//! How fast a registry answers and how long it takes to write, as far as a push has seen. Pure, but for the cells.
//!
//! A push is nine round trips and its bytes: a connection, looking for the tag and for a blob, opening an upload, the end
//! of the last blob, the last manifest, the index, the tag, and reading it back. The last two can overlap, because the
//! index tells how long the tag will take. Over a wire of 50 ms and 12.5 MB/s that is 40 ms of 2.2 s for 21.5 MB
//! (`cargo xtask bench publish`).

use std::cell::Cell;
use std::time::Duration;

/// How much later than expected a tag is looked for, so that it is there more often than not.
const SLACK: Duration = Duration::from_millis(5);

/// What must be saved for it.
const WORTH: Duration = Duration::from_millis(20);

/// What a push has seen of a registry's pace.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The fastest answer to a question without a body, which is a round trip and little more.
    round_trip: Cell<Option<Duration>>,
    /// How long the index took, from the request to the answer.
    wrote: Cell<Option<Duration>>,
}

impl Pace {
    /// Notes how long a question took.
    pub fn answered(&self, took: Duration) {
        self.round_trip.set(Some(self.round_trip.get().map_or(took, |fastest| fastest.min(took))));
    }

    /// Notes how long the index took.
    pub fn wrote(&self, took: Duration) {
        self.wrote.set(Some(took));
    }

    /// The time of a round trip, as far as it is known.
    pub fn round_trip(&self) -> Option<Duration> {
        self.round_trip.get()
    }

    /// How long after the request for a tag has been sent the tag can be looked for, if that is earlier than its
    /// answer comes: the tag is a document as the index was and takes as long to be written.
    pub fn lead(&self) -> Option<Duration> {
        let round_trip = self.round_trip.get()?;
        let lead = self.wrote.get()?.saturating_sub(round_trip) * 3 / 2 + SLACK;
        // Where a round trip is short, the answer itself is soon there.
        (lead + WORTH <= round_trip).then_some(lead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_looked_for_early_where_that_saves_time() {
        for (answers, wrote, lead) in [
            (&[100, 50, 70][..], Some(52), Some(8)),
            (&[50], Some(50), Some(5)),
            // It may even be faster than any answer before.
            (&[50], Some(40), Some(5)),
            // A registry near by, and one that is slow itself.
            (&[1], Some(3), None),
            (&[24], Some(24), None),
            (&[25], Some(25), Some(5)),
            (&[50], Some(80), None),
            (&[], Some(50), None),
            (&[50], None, None),
        ] {
            let pace = Pace::default();
            answers.iter().for_each(|took| pace.answered(Duration::from_millis(*took)));
            wrote.into_iter().for_each(|took| pace.wrote(Duration::from_millis(took)));
            assert_eq!(pace.lead(), lead.map(Duration::from_millis), "{answers:?} {wrote:?}");
        }
    }
}
