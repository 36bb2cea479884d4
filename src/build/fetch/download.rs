//! One file from a server: tries, waits, resumes.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE};
use reqwest::{Response, Url};

use super::client::{self, Client, NoAnswer};
use super::part::Part;
use super::{Error, FetchOptions, Item};
use crate::report::{Event, Report};
use crate::sys::{Runtime, http};

/// What downloads share: the client's connections and the runtime they live in.
pub(super) struct Downloader<'a> {
    options: &'a FetchOptions,
    client: Client,
    runtime: Runtime,
}

/// How a try failed.
enum Failure {
    /// Another try would fail in the same way.
    Final(Error),
    /// Another try may work, after the time that the server asks for.
    Passing { why: String, after: Option<Duration> },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Final(error)
    }
}

impl Failure {
    fn passing(why: String) -> Self {
        Failure::Passing { why, after: None }
    }
}

impl<'a> Downloader<'a> {
    /// Prepares downloads.
    pub(super) fn new(options: &'a FetchOptions) -> Result<Self, Error> {
        let runtime = Runtime::new().map_err(Error::Runtime)?;
        Ok(Downloader { options, client: client::client(options)?, runtime })
    }

    /// Completes a file until it has its hash.
    pub(super) fn run(&self, url: &Url, item: &Item, part: &mut Part, report: &dyn Report) -> Result<(), Error> {
        self.runtime.block_on(self.complete(url, item, part, report))
    }

    async fn complete(&self, url: &Url, item: &Item, part: &mut Part, report: &dyn Report) -> Result<(), Error> {
        let mut tries = 0;
        // A run that was killed right before its end has left nothing to fetch.
        while part.digest() != item.sha256 {
            tries += 1;
            let outcome = self.attempt(url, part, report).await;
            match outcome {
                Ok(()) if part.digest() == item.sha256 => break,
                // The pieces may be of two versions of the file: once more from the beginning.
                Ok(()) if part.is_pieced() => part.restart(None)?,
                Ok(()) => {
                    let actual = part.digest();
                    part.restart(None)?;
                    return Err(Error::WrongHash { url: http::printed(url), expected: item.sha256, actual });
                }
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing { why, .. }) if tries > self.options.retries => {
                    return Err(Error::Network { url: http::printed(url), tries, why });
                }
                Err(Failure::Passing { why, after }) => {
                    let left = self.options.retries + 1 - tries;
                    report.warning(format!("the download of {} broke off ({left} tries left): {why}", item.name), None);
                    let random = RandomState::new().hash_one(tries);
                    tokio::time::sleep(http::pause(self.options.pause, tries, random, after)).await;
                }
            }
        }
        Ok(())
    }

    /// Asks for what is missing and takes it in.
    async fn attempt(&self, url: &Url, part: &mut Part, report: &dyn Report) -> Result<(), Failure> {
        let (url, mut response) =
            client::get(&self.client, url, &range(part)).await.map_err(|no_answer| match no_answer {
                NoAnswer::Connection(why) => Failure::passing(why),
                NoAnswer::Refused(error) => Failure::Final(error),
            })?;
        begin(&url, &response, part)?;
        let limit = self.options.max_bytes;
        let too_large = || Error::TooLarge { url: http::printed(&url), limit };
        let total = response.content_length().map(|rest| rest.saturating_add(part.len()));
        if total.is_some_and(|total| total > limit) {
            part.restart(None)?;
            return Err(too_large().into());
        }
        let mut shown = part.len();
        while let Some(bytes) = response.chunk().await.map_err(|error| Failure::passing(http::reason(error)))? {
            if part.len().saturating_add(bytes.len() as u64) > limit {
                part.restart(None)?;
                return Err(too_large().into());
            }
            part.write(&bytes)?;
            if let Some(total) = total
                && (part.len() == total || part.len() - shown >= total / 100)
            {
                shown = part.len();
                report.event(Event::Progress { verb: "Downloading", done: shown, total });
            }
        }
        Ok(())
    }
}

/// The headers that ask for the rest of a file.
fn range(part: &Part) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if part.len() > 0 {
        let range = HeaderValue::try_from(format!("bytes={}-", part.len()));
        headers.insert(RANGE, range.expect("a number makes no header invalid"));
        // Without the tag the hash alone tells whether the pieces are of one file.
        if let Some(tag) = part.tag().and_then(|tag| HeaderValue::try_from(tag).ok()) {
            headers.insert(IF_RANGE, tag);
        }
    }
    headers
}

/// Makes the file ready for the body of an answer.
fn begin(url: &Url, response: &Response, part: &mut Part) -> Result<(), Failure> {
    let status = response.status();
    match status.as_u16() {
        200 => {
            let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
            Ok(part.restart(tag.filter(|tag| tag.starts_with('"')))?)
        }
        206 if starts_at(response.headers(), part.len()) => {
            part.resume();
            Ok(())
        }
        // The server's file is shorter than what is here, or it sent another piece.
        206 | 416 if part.len() > 0 => {
            part.restart(None)?;
            Err(Failure::passing("the server does not have the rest of the file".to_owned()))
        }
        passing if http::is_passing(passing) => {
            let (why, after) = (format!("the server answered {status}"), http::retry_after(response.headers()));
            match after.filter(|asks| *asks > http::LONGEST_PAUSE) {
                Some(asks) => {
                    let (url, status) = (http::printed(url), status.to_string());
                    Err(Failure::Final(Error::Later { url, status, asks }))
                }
                None => Err(Failure::Passing { why, after }),
            }
        }
        _ => Err(Failure::Final(Error::Status { url: http::printed(url), status: status.to_string() })),
    }
}

/// Whether a partial answer begins at byte `offset`, by its `Content-Range: bytes 5-9/10`.
fn starts_at(headers: &HeaderMap, offset: u64) -> bool {
    let range = headers.get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    range.and_then(|range| range.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok()) == Some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_range_that_continues_is_taken() {
        for (range, offset, fits) in [
            ("bytes 5-9/10", 5, true),
            ("bytes 5-9/*", 5, true),
            ("bytes 0-9/10", 5, false),
            ("bytes */10", 5, false),
            ("items 5-9/10", 5, false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_RANGE, HeaderValue::from_static(range))]);
            assert_eq!(starts_at(&headers, offset), fits, "{range}");
        }
    }
}
