//! A short look at addresses that others wrote: whether something answers there, and how it begins.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap};

use super::client::{self, Client, NoAnswer};
use super::{Error, FetchOptions, Item};
use crate::domain::Digest;
use crate::sys::Runtime;

/// How long one address may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many addresses are asked at once.
const AT_ONCE: usize = 8;

/// The bytes that are read of an answer: enough for the header of a picture with a preview and a profile in it.
const HEAD: usize = 256 << 10;

/// The beginning of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// The status of HTTP.
    pub status: u16,
    /// What the server says it is.
    pub media_type: Option<String>,
    /// The first bytes.
    pub head: Vec<u8>,
}

/// Looks at each address once. Why one does not answer is told for it alone.
///
/// # Errors
/// When nothing can be asked at all, for want of certificates for one.
pub fn glances(urls: &[String], options: &FetchOptions) -> Result<BTreeMap<String, Result<Glance, String>>, Error> {
    let runtime = Runtime::new().map_err(Error::Runtime)?;
    let client = client::client(options)?;
    let mut answers = BTreeMap::new();
    for few in urls.chunks(AT_ONCE) {
        let found = runtime.block_on(join_all(few.iter().map(|url| patient(&client, url))));
        answers.extend(few.iter().cloned().zip(found));
    }
    Ok(answers)
}

async fn patient(client: &Client, url: &str) -> Result<Glance, String> {
    let late = || format!("no answer within {} seconds", PATIENCE.as_secs());
    tokio::time::timeout(PATIENCE, one(client, url)).await.unwrap_or_else(|_| Err(late()))
}

async fn one(client: &Client, url: &str) -> Result<Glance, String> {
    let item = Item { url: url.to_owned(), sha256: Digest::of(&[]), name: "the picture".to_owned() };
    let url = client::check_url(&item).map_err(|error| error.to_string())?;
    let (_, response) = client::get(client, &url, &HeaderMap::new()).await.map_err(|no| match no {
        NoAnswer::Connection(why) => why,
        NoAnswer::Refused(error) => error.to_string(),
    })?;
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.map(|text| text.split(';').next().unwrap_or_default().trim().to_owned());
    Ok(Glance { status: response.status().as_u16(), media_type, head: head(response).await })
}

/// As much of the beginning as comes.
async fn head(mut response: Response) -> Vec<u8> {
    let mut head = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        head.extend_from_slice(&chunk[..chunk.len().min(HEAD - head.len())]);
        if head.len() == HEAD {
            break;
        }
    }
    head
}
