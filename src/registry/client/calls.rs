//! What is said to a repository: the requests of the distribution specification, by name.

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_RANGE, CONTENT_TYPE, HeaderName, HeaderValue, RANGE};
use reqwest::{Method, Url};

use super::answer::Answer;
use super::door::{Call, Dialogue, Place};
use super::fault::Fault;
use super::wire::Payload;
use super::{Piece, with_digest};
use crate::domain::Digest;
use crate::image::{Descriptor, MediaTypes};
use crate::registry::Error;

/// A request of an upload, each of which is sent once: what follows depends on the answer.
#[derive(Debug, Clone)]
pub(crate) enum UploadCall {
    /// Is the blob there?
    Look,
    /// Opens an upload, or takes the blob from another repository.
    Begin {
        /// The other repository.
        mount: Option<String>,
    },
    /// Sends the whole blob and ends the upload.
    Put {
        /// The upload's address.
        session: Url,
    },
    /// Sends a piece of the blob.
    Patch {
        /// The upload's address.
        session: Url,
        /// Where the piece begins.
        offset: u64,
        /// How long it is.
        length: u64,
    },
    /// How much is there?
    Ask {
        /// The upload's address.
        session: Url,
    },
    /// Ends an upload of pieces.
    Close {
        /// The upload's address.
        session: Url,
    },
}

/// What a tag or digest stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The document.
    pub descriptor: Descriptor,
    /// Its bytes, where they had to be fetched to know.
    pub bytes: Option<Vec<u8>>,
}

/// The media types of indexes and manifests, for `Accept`.
fn accepted() -> HeaderValue {
    let all = MediaTypes::ALL.iter().flat_map(|family| [family.index(), family.manifest()]);
    HeaderValue::try_from(all.collect::<Vec<_>>().join(", ")).expect("media types fit into a header")
}

fn content_type(media_type: &str) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(media_type)
        .map_err(|_| Error::MediaType { media_type: media_type.escape_debug().to_string() })
}

impl Call {
    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    fn manifest(method: Method, reference: &str) -> Self {
        Call::new(method, Place::Path(format!("manifests/{reference}"))).with(ACCEPT, accepted())
    }
}

impl Dialogue<'_> {
    /// What a tag or digest stands for, by HEAD, or where that does not tell, by GET.
    pub async fn look_up(&self, step: &str, reference: &str) -> Result<Option<Found>, Error> {
        let answer = self.ask(step, &Call::manifest(Method::HEAD, reference)).await?;
        match answer.code() {
            200 => {
                let told = (answer.media_type(), answer.digest(), answer.length());
                let (Some(media_type), Some(digest), Some(size)) = told else {
                    return self.fetch_document(step, reference).await;
                };
                if reference.parse::<Digest>().is_ok_and(|asked| asked != digest) {
                    return Err(
                        self.senseless(step, format!("it says it has {digest} where {reference} was asked for"))
                    );
                }
                let descriptor = Descriptor { media_type, digest, size, platform: None, annotations: None };
                Ok(Some(Found { descriptor, bytes: None }))
            }
            404 => Ok(None),
            // A registry that does not know the method, or the types in a HEAD.
            400 | 405 | 406 | 415 | 501 => self.fetch_document(step, reference).await,
            _ => Err(self.refusal(step, &answer)),
        }
    }

    /// Whether a tag points at a digest, asked once, by HEAD. An answer that does not tell is no.
    pub async fn points_at(&self, step: &str, tag: &str, digest: Digest) -> Result<bool, Fault> {
        let answer = self.ask_once(step, &Call::manifest(Method::HEAD, tag)).await?;
        match answer.code() {
            200 => Ok(answer.digest() == Some(digest)),
            400 | 404 | 405 | 406 | 415 | 501 => Ok(false),
            _ => Err(self.refusal(step, &answer).into()),
        }
    }

    /// The document that a tag or digest stands for.
    pub async fn fetch_document(&self, step: &str, reference: &str) -> Result<Option<Found>, Error> {
        let answer = self.ask(step, &Call::manifest(Method::GET, reference)).await?;
        match answer.code() {
            200 => {}
            404 => return Ok(None),
            _ => return Err(self.refusal(step, &answer)),
        }
        let Some(media_type) = answer.media_type() else {
            return Err(self.senseless(step, "it does not say what the document is"));
        };
        let descriptor = Descriptor::of(media_type, &answer.body);
        let digest = descriptor.digest;
        let differs = |said: Digest| said != digest;
        if answer.digest().is_some_and(differs) || reference.parse().is_ok_and(differs) {
            return Err(self.senseless(step, format!("the document hashes to {digest}, which is not what it says")));
        }
        Ok(Some(Found { descriptor, bytes: Some(answer.body) }))
    }

    /// One page of the repository's tags, at the address of an earlier page's `Link`, or the first.
    pub async fn tag_page(&self, step: &str, place: Place) -> Result<Option<Answer>, Error> {
        let answer = self.ask(step, &Call::new(Method::GET, place)).await?;
        match answer.code() {
            200 => Ok(Some(answer)),
            404 => Ok(None),
            _ => Err(self.refusal(step, &answer)),
        }
    }

    /// Writes a document under a tag or digest, once.
    pub fn put_document(&self, reference: &str, media_type: &str, bytes: &Bytes) -> Result<Call, Error> {
        let mut call = Call::new(Method::PUT, Place::Path(format!("manifests/{reference}")))
            .with(CONTENT_TYPE, content_type(media_type)?);
        call.payload = Payload::Bytes(bytes.clone());
        Ok(call)
    }

    /// Whether the repository has a blob.
    pub async fn has_blob(&self, step: &str, repository: Option<&str>, blob: &Descriptor) -> Result<bool, Error> {
        let call = match repository {
            None => look(blob),
            // From the repository's own `/v2/a/b/` to another one's.
            Some(other) => Call::new(Method::HEAD, Place::Path(format!("/v2/{other}/blobs/{}", blob.digest))),
        };
        let answer = self.ask(step, &call).await?;
        match answer.code() {
            200 => Ok(true),
            404 => Ok(false),
            _ if repository.is_some() => Ok(false),
            _ => Err(self.refusal(step, &answer)),
        }
    }

    /// The request of a step of an upload.
    pub fn upload_call(&self, what: &UploadCall, blob: &Descriptor, file: &Piece) -> Call {
        match what {
            UploadCall::Look => look(blob),
            UploadCall::Begin { mount } => {
                let query = mount.as_ref().map(|from| format!("?mount={}&from={from}", blob.digest));
                let path = format!("blobs/uploads/{}", query.unwrap_or_default());
                Call::new(Method::POST, Place::Path(path))
            }
            UploadCall::Put { session } => sending(Method::PUT, with_digest(session, &blob.digest), file.clone()),
            UploadCall::Patch { session, offset, length } => {
                let piece = Piece { offset: *offset, length: *length, ..file.clone() };
                let range = format!("{offset}-{}", (offset + length).saturating_sub(1));
                let range = HeaderValue::try_from(range).expect("numbers fit into a header");
                sending(Method::PATCH, session.clone(), piece).with(CONTENT_RANGE, range)
            }
            UploadCall::Ask { session } => Call::new(Method::GET, Place::Url(session.clone())),
            UploadCall::Close { session } => Call::new(Method::PUT, Place::Url(with_digest(session, &blob.digest))),
        }
    }
}

/// Asks for a blob, from one of its bytes on.
pub(crate) fn fetch(blob: &Descriptor, offset: u64) -> Call {
    let call = Call::new(Method::GET, Place::Path(format!("blobs/{}", blob.digest)));
    match offset {
        0 => call,
        _ => call.with(RANGE, HeaderValue::try_from(format!("bytes={offset}-")).expect("numbers fit into a header")),
    }
}

fn look(blob: &Descriptor) -> Call {
    Call::new(Method::HEAD, Place::Path(format!("blobs/{}", blob.digest)))
}

fn sending(method: Method, url: Url, piece: Piece) -> Call {
    let call = Call::new(method, Place::Url(url));
    let mut call = call.with(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    call.payload = Payload::File(piece);
    call
}
