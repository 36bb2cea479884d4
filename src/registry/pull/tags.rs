//! The list of a repository's tags, which comes in as many pages as the registry likes.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::domain::reference::is_tag;
use crate::registry::Error;
use crate::registry::client::{self, Dialogue, Place};

/// The most pages that are read.
const MAX_PAGES: usize = 1_000;

/// The most tags that are kept. A repository that gets a tag from every build, ten times a day, has so many after 27
/// years; a registry that has more of them wants our memory.
const MAX_TAGS: usize = 100_000;

/// The most that is read, in bytes: so many tags of the greatest length, 128 bytes, in quotes, take 13 MB.
const MAX_BYTES: u64 = 32 << 20;

/// The tags of the pages that have been read, within bounds.
#[derive(Debug, Default)]
struct List {
    tags: Vec<String>,
    /// The bytes of the pages and of their addresses, which are remembered too.
    bytes: u64,
}

impl List {
    /// Adds a page whose answer and address have so many bytes. What is too much, if something is.
    fn add(&mut self, page: Vec<String>, bytes: u64) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES {
            return Err(format!("it is longer than {MAX_BYTES} bytes"));
        }
        self.tags.extend(page.into_iter().filter(|tag| is_tag(tag)).take(MAX_TAGS + 1 - self.tags.len()));
        if self.tags.len() > MAX_TAGS { Err(format!("there are more than {MAX_TAGS} tags")) } else { Ok(()) }
    }
}

/// All tags of a repository, in the registry's order.
pub(super) async fn list(talk: Dialogue<'_>) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Page {
        tags: Option<Vec<String>>,
    }
    let step = "listing the tags";
    let too_long = |why| Error::TooManyTags { at: talk.at(step), why };
    let (mut list, mut seen) = (List::default(), BTreeSet::new());
    let mut place = Place::Path("tags/list?n=1000".to_owned());
    for _ in 0..MAX_PAGES {
        let Some(answer) = talk.tag_page(step, place).await? else {
            return Err(Error::NotFound { what: "such repository".to_owned(), at: talk.at(step) });
        };
        let page: Page = serde_json::from_slice(&answer.body)
            .map_err(|_| talk.senseless(step, "the list of tags is no valid JSON"))?;
        let bytes = answer.body.len() + answer.url.as_str().len();
        list.add(page.tags.unwrap_or_default(), bytes as u64).map_err(too_long)?;
        let Some(next) = answer.next_page() else { return Ok(list.tags) };
        let plain = talk.session.options().plain_http;
        let next = client::follow(&answer.url, next, plain).map_err(|why| talk.senseless(step, why))?;
        if !client::same_server(&answer.url, &next) || !seen.insert(next.clone()) {
            return Err(talk.senseless(step, "the next page of its tags is at another server, or one already read"));
        }
        place = Place::Url(next);
    }
    Err(too_long(format!("there are more than {MAX_PAGES} pages of tags")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_end_is_not_kept() {
        let page = |tag: &str, times: usize| vec![tag.to_owned(); times];
        let too_many = || Err("there are more than 100000 tags".to_owned());
        let too_long = || Err("it is longer than 33554432 bytes".to_owned());
        for (pages, kept, end) in [
            (vec![(page("a", 1_000), 5_000); 100], MAX_TAGS, Ok(())),
            (vec![(page("a", MAX_TAGS), 400_000), (page("a", 1), 14)], MAX_TAGS + 1, too_many()),
            (vec![(page("a", 200_000), 4 << 20)], MAX_TAGS + 1, too_many()),
            // What is no tag is not kept, however much of it there is.
            (vec![(page("a/b", 200_000), 4 << 20); 8], 0, Ok(())),
            (vec![(page("a/b", 0), 4 << 20), (page("a", 1), MAX_BYTES)], 0, too_long()),
            (vec![(page("a", 1), 1), (page("a", 1), u64::MAX)], 1, too_long()),
        ] {
            let mut list = List::default();
            let told = pages.into_iter().try_for_each(|(page, bytes)| list.add(page, bytes));
            assert_eq!((list.tags.len(), told), (kept, end));
        }
    }
}
