//! A blob on its way here. What breaks is taken up where it broke; what is not the blob fails at the end.

use std::io::{self, Read};
use std::rc::Rc;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::client::{self, Call, Dialogue, Door, Fault, Incoming, Passing};
use super::{Error, Session};
use crate::domain::Digest;
use crate::image::Descriptor;

/// The beginning of a blob that is here already.
#[derive(Debug, Clone, Default)]
pub struct Beginning {
    /// How many bytes are here.
    pub length: u64,
    /// What has seen them.
    pub hasher: Sha256,
}

/// A blob that is being read.
pub(super) struct Stream<'s> {
    session: &'s Session<'s>,
    door: Rc<Door>,
    blob: Descriptor,
    step: String,
    incoming: Option<Incoming>,
    /// Bytes of the answer that are known already: it began at the beginning.
    skip: u64,
    /// Whether the registry gives no parts of blobs.
    whole_only: bool,
    bytes: Bytes,
    offset: u64,
    hasher: Sha256,
    tries: u32,
    ended: bool,
}

impl<'s> Stream<'s> {
    /// Asks for what follows a beginning of a blob, which may be empty.
    pub fn open(
        session: &'s Session<'s>,
        door: Rc<Door>,
        blob: &Descriptor,
        beginning: Beginning,
    ) -> Result<Self, Error> {
        let mut stream = Stream {
            session,
            door,
            blob: blob.clone(),
            step: format!("reading {}", blob.digest),
            incoming: None,
            skip: 0,
            whole_only: false,
            bytes: Bytes::new(),
            offset: beginning.length,
            hasher: beginning.hasher,
            tries: 0,
            ended: false,
        };
        session.run(stream.ask())?;
        Ok(stream)
    }

    /// Asks for what is missing.
    async fn ask(&mut self) -> Result<(), Error> {
        let door = Rc::clone(&self.door);
        let talk = self.session.talk(&door);
        loop {
            let from = if self.whole_only { 0 } else { self.offset };
            let call: Call = client::fetch(&self.blob, from);
            match talk.open(&self.step, &call).await? {
                Ok(incoming) if incoming.response.status() == 200 || from == 0 => {
                    self.skip = self.offset;
                    self.incoming = Some(incoming);
                    return Ok(());
                }
                Ok(incoming) if starts_at(&incoming) == Some(from) => {
                    self.skip = 0;
                    self.incoming = Some(incoming);
                    return Ok(());
                }
                // Another part than the one that was asked for, or none: from the beginning, then.
                Ok(_) => self.whole_only = true,
                Err(answer) if answer.code() == 416 && from > 0 => self.whole_only = true,
                Err(answer) if answer.code() == 404 => {
                    return Err(Error::NotFound { what: self.blob.digest.to_string(), at: talk.at(&self.step) });
                }
                Err(answer) => return Err(talk.refusal(&self.step, &answer)),
            }
        }
    }

    /// Brings the next bytes, or ends.
    async fn advance(&mut self) -> Result<(), Error> {
        let door = Rc::clone(&self.door);
        let talk = self.session.talk(&door);
        loop {
            if self.incoming.is_none() {
                self.ask().await?;
            }
            let Some(incoming) = &mut self.incoming else { continue };
            let last = match self.session.wire().chunk(&mut incoming.response).await {
                Ok(Some(bytes)) => match self.take(talk, bytes)? {
                    true => return Ok(()),
                    false => continue,
                },
                Ok(None) if self.offset == self.blob.size => return self.end(talk),
                Ok(None) => Passing::broken("it ended too soon".to_owned()),
                Err(trouble) => match talk.fault(&self.step, trouble) {
                    Fault::Passing(last) => last,
                    Fault::Final(error) => return Err(error),
                },
            };
            self.incoming = None;
            self.tries += 1;
            if self.tries > self.session.options().retries {
                return Err(talk.exhausted(&self.step, self.tries, last));
            }
            talk.rest(&self.step, &last.why, self.tries, None).await;
        }
    }

    /// Takes bytes of an answer. `false` if all of them were known.
    fn take(&mut self, talk: Dialogue<'_>, mut bytes: Bytes) -> Result<bool, Error> {
        let known = self.skip.min(bytes.len() as u64);
        self.skip -= known;
        let bytes = bytes.split_off(known as usize);
        if bytes.is_empty() {
            return Ok(false);
        }
        self.offset += bytes.len() as u64;
        if self.offset > self.blob.size {
            return Err(talk.senseless(&self.step, format!("the blob is longer than its {} bytes", self.blob.size)));
        }
        self.hasher.update(&bytes);
        self.bytes = bytes;
        self.tries = 0;
        Ok(true)
    }

    fn end(&mut self, talk: Dialogue<'_>) -> Result<(), Error> {
        let found = Digest::from_hasher(self.hasher.clone());
        if found != self.blob.digest {
            return Err(talk.senseless(&self.step, format!("what came hashes to {found}")));
        }
        self.ended = true;
        Ok(())
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_empty() && !self.ended && !buffer.is_empty() {
            let session = self.session;
            session.run(self.advance()).map_err(io::Error::other)?;
        }
        let count = self.bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.bytes.split_to(count));
        Ok(count)
    }
}

/// Where a partial answer begins, by its `Content-Range: bytes 5-9/10`.
fn starts_at(incoming: &Incoming) -> Option<u64> {
    let range = incoming.response.headers().get(reqwest::header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok()
}
