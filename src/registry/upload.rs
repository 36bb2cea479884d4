//! How one blob gets into a repository: which request follows which answer. Pure, so that every answer of every
//! registry can be played to it without a socket.
//!
//! The way of most blobs is HEAD, POST, PUT. A mount that is refused leaves an upload behind, which is used. A
//! registry that refuses a whole blob in one request gets it in pieces, and after a broken piece it is asked how
//! much it has. Before anything is sent again the blob is looked for: it may have arrived.
//!
//! What came of a whole blob before the connection broke is sent again: registries keep what they have acknowledged, and
//! of a PUT that is its end alone. Debian's docker-registry 2.8.2, for one, was seen to have 700,000 bytes of a broken PUT
//! on its disk, and to drop the upload when asked about it (`upload resumed at wrong offest: 700000 != 0`, status 404),
//! after a broken PATCH as well. To send all blobs in pieces for the sake of that would cost every push a request a
//! piece. So a blob of more than one piece is sent in pieces when it has broken off twice, each of them is
//! acknowledged, and a further break costs one piece. After Ctrl-C the next push finds the blobs that have arrived, and
//! sends the others from their beginning: no upload's address is kept beyond a run, because it is as good
//! as a password and may expire at any time.

mod terms;

use std::collections::VecDeque;

use reqwest::Url;

use super::client::{Passing, UploadCall};
use super::push::Fate;
pub(super) use terms::{Failure, Heard, Next, Reply};

/// The size of pieces where a registry refuses a blob as a whole, in bytes: GHCR answers 416 to larger ones
/// (rust-oci-client#35).
pub(super) const PIECE: u64 = 4 << 20;

/// The smallest piece that is tried when a registry refuses larger ones, in bytes.
const SMALLEST: u64 = 64 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody knows whether the blob is there.
    Unknown,
    /// It is not there, and no upload is open.
    Absent,
    /// An upload is open and has the first `offset` bytes.
    Open,
    /// An upload is open, and nobody knows how much of it is there.
    Doubtful,
}

/// One blob on its way.
#[derive(Debug)]
pub(super) struct Upload {
    size: u64,
    retries: u32,
    /// Repositories to mount from.
    mounts: VecDeque<String>,
    /// Where a mount was asked for that nobody knows the end of.
    mounting: Option<String>,
    /// The size of pieces; `None` sends the blob as a whole.
    pieces: Option<u64>,
    /// Whether pieces are the answer to a refusal, and not [`Options::chunk`](super::Options::chunk).
    fell_back: bool,
    state: State,
    session: Option<Url>,
    offset: u64,
    /// The most that has ever been there. Only more than that is progress: a registry that forgets again and
    /// again what it has taken shall not be sent the same for ever.
    best: u64,
    /// Whether bytes were sent since the upload began.
    sent: bool,
    /// Up to where the open upload was sent bytes. No registry can have more of them.
    handed: u64,
    /// Failures in a row: of looking, of beginning, of sending, of asking.
    failures: [u32; 4],
    rest: Option<Next>,
    end: Option<Next>,
}

/// Which row a failure counts in.
#[derive(Debug, Clone, Copy)]
enum Row {
    Look,
    Begin,
    Send,
    Ask,
}

impl Upload {
    /// A blob that may be there already. `pieces` sends it in pieces of that size.
    pub fn new(size: u64, retries: u32, mounts: Vec<String>, pieces: Option<u64>) -> Self {
        Upload {
            size,
            retries,
            mounts: mounts.into(),
            mounting: None,
            pieces: pieces.map(|size| size.max(1)),
            fell_back: false,
            state: State::Unknown,
            session: None,
            offset: 0,
            best: 0,
            sent: false,
            handed: 0,
            failures: [0; 4],
            rest: None,
            end: None,
        }
    }

    /// The size of pieces that the registry was found to want, for the uploads after this one.
    pub fn fallback(&self) -> Option<u64> {
        self.pieces.filter(|_| self.fell_back)
    }

    /// Takes over what the uploads before this one have found out.
    pub fn learn(&mut self, pieces: Option<u64>) {
        if self.pieces.is_none() && self.session.is_none() {
            self.pieces = pieces;
            self.fell_back = pieces.is_some();
        }
    }

    /// Whether the next request may carry bytes, or open an upload for them.
    pub fn is_known_absent(&self) -> bool {
        self.state != State::Unknown
    }

    /// What to do next. A rest is over when it is asked for again.
    pub fn next(&mut self) -> Next {
        if let Some(next) = self.rest.take().or_else(|| self.end.clone()) {
            return next;
        }
        let session = self.session.clone();
        let call = match (self.state, session) {
            (State::Unknown, _) => UploadCall::Look,
            (State::Absent, _) | (_, None) => UploadCall::Begin { mount: self.mounts.front().cloned() },
            (State::Doubtful, Some(session)) => UploadCall::Ask { session },
            (State::Open, Some(session)) => match self.pieces {
                None => UploadCall::Put { session },
                Some(_) if self.offset == self.size => UploadCall::Close { session },
                Some(piece) => {
                    let length = piece.min(self.size - self.offset);
                    UploadCall::Patch { session, offset: self.offset, length }
                }
            },
        };
        Next::Send(call)
    }

    /// Takes what came of the request that [`Upload::next`] asked for.
    pub fn take(&mut self, heard: Heard) {
        match (self.state, heard) {
            (State::Unknown, heard) => self.looked(heard),
            (State::Absent, heard) => self.began(heard),
            (State::Doubtful, heard) => self.asked(heard),
            (State::Open, heard) if self.pieces.is_none() => self.put(heard),
            (State::Open, heard) if self.offset == self.size => self.closed(heard),
            (State::Open, heard) => self.patched(heard),
        }
    }

    fn looked(&mut self, heard: Heard) {
        match heard {
            Heard::Reply(Reply { status: 200, .. }) => {
                let mounted = self.mounting.take().map(|from| Fate::Mounted { from });
                let unsent = || mounted.unwrap_or(Fate::Skipped);
                self.end = Some(Next::Done(if self.sent { Fate::Sent } else { unsent() }));
            }
            // A registry without HEAD for blobs gets them again.
            Heard::Reply(Reply { status: 404 | 405 | 501, .. }) => {
                self.failures[Row::Look as usize] = 0;
                self.state = if self.session.is_some() { State::Doubtful } else { State::Absent };
            }
            Heard::Reply(_) => self.fail(Failure::Refused),
            Heard::Passing(passing) => self.failed(Row::Look, passing),
        }
    }

    fn began(&mut self, heard: Heard) {
        let reply = match heard {
            Heard::Reply(reply) => reply,
            Heard::Passing(passing) => return self.not_begun(passing),
        };
        self.mounting = None;
        match (reply, self.mounts.pop_front()) {
            (Reply { status: 201, .. }, Some(from)) => {
                self.end = Some(Next::Done(Fate::Mounted { from }));
            }
            (Reply { status: 202, location: None, .. }, _) => {
                self.fail(Failure::Senseless("it opens an upload and does not say where (no `Location`)"));
            }
            (Reply { status: 202, location, smallest, .. }, _) => {
                // The session of a refused mount is as good as any other. Another one would have to be opened
                // for each further place to mount from.
                self.mounts.clear();
                self.failures[Row::Begin as usize] = 0;
                self.session = location;
                (self.offset, self.handed) = (0, 0);
                self.state = State::Open;
                self.pieces = self.pieces.map(|piece| piece.max(smallest.unwrap_or_default()));
            }
            (_, Some(_)) => self.failures[Row::Begin as usize] = 0,
            (Reply { status: 201, .. }, None) => {
                self.fail(Failure::Senseless("it says that it has the blob before it was sent"));
            }
            (_, None) => self.fail(Failure::Refused),
        }
    }

    /// There is no answer whether an upload has begun, or whether the blob was mounted.
    fn not_begun(&mut self, passing: Passing) {
        let Some(from) = self.mounts.front() else { return self.failed(Row::Begin, passing) };
        // It may have been mounted all the same: it is looked for first.
        self.mounting = Some(from.clone());
        self.state = State::Unknown;
        if self.failures[Row::Begin as usize] < self.retries {
            self.failed(Row::Begin, passing);
        } else {
            // Mounting does not work. Sending may.
            self.mounts.clear();
            self.failures[Row::Begin as usize] = 0;
        }
    }

    fn put(&mut self, heard: Heard) {
        self.sent = true;
        self.handed = self.size;
        match heard {
            Heard::Reply(Reply { status: 200 | 201 | 204, .. }) => self.end = Some(Next::Done(Fate::Sent)),
            Heard::Reply(Reply { status: 405 | 411 | 413 | 416 | 501, .. }) => self.fall_back(),
            Heard::Reply(Reply { status, words, lost, .. }) if lost || status == 404 => {
                self.begin_again(Passing::answered(format!("the registry has forgotten the upload: {words}")));
                // The second time it is not the upload that it does not know, but this way of sending.
                if self.failures[Row::Send as usize] == 2 {
                    self.fall_back();
                }
            }
            Heard::Reply(Reply { status: 202, words, .. }) => {
                self.begin_again(Passing::answered(format!("the registry has not finished the upload: {words}")));
            }
            Heard::Reply(_) => self.fail(Failure::Refused),
            Heard::Passing(passing) => {
                let is_asked_to_wait = passing.after.is_some();
                self.begin_again(passing);
                // A wire that breaks again and again lets pieces through, and what came through is kept.
                if self.failures[Row::Send as usize] >= 2 && self.size > PIECE && !is_asked_to_wait {
                    self.pieces = Some(PIECE);
                }
            }
        }
    }

    fn patched(&mut self, heard: Heard) {
        self.sent = true;
        let piece = self.pieces.unwrap_or(PIECE);
        let end = self.offset + piece.min(self.size - self.offset);
        self.handed = self.handed.max(end);
        match heard {
            Heard::Reply(Reply { status: 200..=204, location, held, words, .. }) => {
                self.session = location.or(self.session.take());
                match held.unwrap_or(end) {
                    held if held > end => {
                        self.fail(Failure::Senseless("it says that it has more of the blob than was sent"));
                    }
                    held if held > self.offset => {
                        self.offset = held;
                        if held > self.best {
                            self.best = held;
                            self.failures[Row::Send as usize] = 0;
                        }
                    }
                    held => {
                        self.offset = held;
                        self.failed(
                            Row::Send,
                            Passing::answered(format!("the registry did not take what was sent: {words}")),
                        );
                    }
                }
            }
            Heard::Reply(Reply { status: status @ (413 | 416), words, .. }) => {
                let length = end - self.offset;
                let smaller = if length > PIECE { PIECE } else { (length / 2).max(SMALLEST).min(length) };
                // Status 416 may be about where the piece begins, of which the registry is asked.
                if status == 413 && smaller == length {
                    return self.fail(Failure::Refused);
                }
                self.state = State::Doubtful;
                self.pieces = Some(smaller);
                self.fell_back = true;
                self.failed(
                    Row::Send,
                    Passing::answered(format!("the registry refused a piece of {length} bytes: {words}")),
                );
            }
            Heard::Reply(Reply { status, words, lost, .. }) if lost || status == 404 => {
                self.begin_again(Passing::answered(format!("the registry has forgotten the upload: {words}")));
            }
            // The pieces that were asked for are not to be had: the whole blob in one request is.
            Heard::Reply(Reply { status: 405 | 501, words, .. }) if !self.fell_back => {
                self.pieces = None;
                self.begin_again(Passing::answered(format!("the registry takes no pieces: {words}")));
            }
            Heard::Reply(_) => self.fail(Failure::Refused),
            Heard::Passing(passing) => {
                self.state = State::Doubtful;
                self.failed(Row::Send, passing);
            }
        }
    }

    fn asked(&mut self, heard: Heard) {
        match heard {
            Heard::Reply(Reply { status: 200..=204, location, held: Some(held), .. }) if held <= self.handed => {
                self.session = location.or(self.session.take());
                self.offset = held;
                self.state = State::Open;
            }
            Heard::Passing(passing) if self.failures[Row::Ask as usize] < self.retries => {
                self.failed(Row::Ask, passing);
                return;
            }
            // It is gone, the registry does not answer such questions, or claims bytes that it was never sent.
            Heard::Reply(_) | Heard::Passing(_) => {
                self.session = None;
                self.state = State::Unknown;
            }
        }
        self.failures[Row::Ask as usize] = 0;
    }

    fn closed(&mut self, heard: Heard) {
        match heard {
            Heard::Reply(Reply { status: 200 | 201 | 204, .. }) => self.end = Some(Next::Done(Fate::Sent)),
            Heard::Reply(Reply { status: 416, words, .. }) => {
                self.begin_again(Passing::answered(format!("the registry does not end the upload: {words}")));
            }
            Heard::Reply(Reply { status, words, lost, .. }) if lost || status == 404 => {
                self.begin_again(Passing::answered(format!("the registry has forgotten the upload: {words}")));
            }
            Heard::Reply(_) => self.fail(Failure::Refused),
            Heard::Passing(passing) => {
                // The session is kept: if the blob did not arrive, what arrived of it counts.
                self.state = State::Unknown;
                self.failed(Row::Send, passing);
            }
        }
    }

    /// Sends in pieces from now on: in the upload that refused the whole if it is still open, after asking it how
    /// much it has, or else in a new one. So none is left behind.
    fn fall_back(&mut self) {
        if self.pieces.is_none() {
            self.pieces = Some(PIECE);
            self.fell_back = true;
        }
        self.state = if self.session.is_some() { State::Doubtful } else { State::Absent };
    }

    fn begin_again(&mut self, passing: Passing) {
        self.session = None;
        self.state = State::Unknown;
        self.failed(Row::Send, passing);
    }

    fn failed(&mut self, row: Row, passing: Passing) {
        let tries = &mut self.failures[row as usize];
        *tries += 1;
        if *tries > self.retries {
            let tries = *tries;
            self.fail(Failure::Exhausted { tries, last: passing });
        } else {
            let Passing { why, after, .. } = passing;
            self.rest = Some(Next::Rest { why, tries: *tries, after });
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.end = Some(Next::Failed(failure));
    }
}

#[cfg(test)]
mod tests;
