//! How one blob gets into a repository: which request follows which answer. Pure, so that every answer of every
//! registry can be played to it without a socket.
//!
//! The way of most blobs is HEAD, POST, PUT. A mount that is refused leaves an upload behind, which is used. A
//! registry that refuses a whole blob in one request gets it in pieces, and after a broken piece it is asked how
//! much it has. Before anything is sent again the blob is looked for: it may have arrived.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::Url;

use super::client::UploadCall;
use super::push::Fate;

/// The size of pieces where a registry refuses a blob as a whole, in bytes: GHCR answers 416 to larger ones
/// (rust-oci-client#35).
pub(super) const PIECE: u64 = 4 << 20;

/// The smallest piece that is tried when a registry refuses larger ones, in bytes.
const SMALLEST: u64 = 64 << 10;

/// An answer, as far as it decides what comes next.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    /// The status, none of those that may pass.
    pub status: u16,
    /// Where the upload is from now on.
    pub location: Option<Url>,
    /// How many bytes of the upload are there.
    pub held: Option<u64>,
    /// The smallest piece that the registry takes.
    pub smallest: Option<u64>,
    /// Whether the registry says that it does not know the upload, or not any more.
    pub lost: bool,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub(super) enum Heard {
    /// An answer.
    Reply(Reply),
    /// No answer, or one that may pass.
    Passing {
        /// What happened.
        why: String,
        /// How long the registry asks to wait.
        after: Option<Duration>,
    },
}

/// What to do next.
#[derive(Debug, Clone)]
pub(super) enum Next {
    /// Send a request.
    Send(UploadCall),
    /// Wait.
    Rest {
        /// What happened.
        why: String,
        /// How often it has happened.
        tries: u32,
        /// How long the registry asks to wait.
        after: Option<Duration>,
    },
    /// The blob is there.
    Done(Fate),
    /// Give up.
    Failed(Failure),
}

/// Why an upload is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The registry refuses; its last answer says why.
    Refused,
    /// It was tried often enough.
    Exhausted {
        /// How often.
        tries: u32,
        /// What happened the last time.
        why: String,
    },
    /// The answer makes no sense.
    Senseless(&'static str),
}

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
    /// The size of pieces; `None` sends the blob as a whole.
    pieces: Option<u64>,
    /// Whether pieces are the answer to a refusal, and not what the user wants.
    fell_back: bool,
    state: State,
    session: Option<Url>,
    offset: u64,
    /// The most that has ever been there. Only more than that is progress: a registry that forgets again and
    /// again what it has taken shall not be sent the same for ever.
    best: u64,
    /// Whether bytes were sent since the upload began.
    sent: bool,
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
            pieces: pieces.map(|size| size.max(1)),
            fell_back: false,
            state: State::Unknown,
            session: None,
            offset: 0,
            best: 0,
            sent: false,
            failures: [0; 4],
            rest: None,
            end: None,
        }
    }

    /// The size of pieces that the registry was found to want, for the uploads after this one.
    pub fn fallback(&self) -> Option<u64> {
        self.pieces.filter(|_| self.fell_back)
    }

    /// A blob of which it is known that it is not there.
    pub fn absent(self) -> Self {
        Upload { state: State::Absent, ..self }
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
                self.end = Some(Next::Done(if self.sent { Fate::Sent } else { Fate::Skipped }));
            }
            // A registry without HEAD for blobs gets them again.
            Heard::Reply(Reply { status: 404 | 405 | 501, .. }) => {
                self.failures[Row::Look as usize] = 0;
                self.state = if self.session.is_some() { State::Doubtful } else { State::Absent };
            }
            Heard::Reply(_) => self.fail(Failure::Refused),
            Heard::Passing { why, after } => self.failed(Row::Look, why, after),
        }
    }

    fn began(&mut self, heard: Heard) {
        let mount = self.mounts.pop_front();
        match (heard, mount) {
            (Heard::Reply(Reply { status: 201, .. }), Some(from)) => {
                self.end = Some(Next::Done(Fate::Mounted { from }));
            }
            (Heard::Reply(Reply { status: 202, location: None, .. }), _) => {
                self.fail(Failure::Senseless("it opens an upload and does not say where (no `Location`)"));
            }
            (Heard::Reply(Reply { status: 202, location, smallest, .. }), _) => {
                // The session of a refused mount is as good as any other. Another one would have to be opened
                // for each further place to mount from.
                self.mounts.clear();
                self.failures[Row::Begin as usize] = 0;
                self.session = location;
                self.offset = 0;
                self.state = State::Open;
                self.pieces = self.pieces.map(|piece| piece.max(smallest.unwrap_or_default()));
            }
            (Heard::Reply(_), Some(_)) => {}
            (Heard::Reply(Reply { status: 201, .. }), None) => {
                self.fail(Failure::Senseless("it says that it has the blob before it was sent"));
            }
            (Heard::Reply(_), None) => self.fail(Failure::Refused),
            (Heard::Passing { why, after }, _) => self.failed(Row::Begin, why, after),
        }
    }

    fn put(&mut self, heard: Heard) {
        self.sent = true;
        match heard {
            Heard::Reply(Reply { status: 200 | 201 | 204, .. }) => self.end = Some(Next::Done(Fate::Sent)),
            Heard::Reply(Reply { status: 405 | 411 | 413 | 416 | 501, .. }) => self.fall_back(),
            Heard::Reply(Reply { status, lost, .. }) if lost || status == 404 => {
                let why = format!("the registry has forgotten the upload (status {status})");
                self.begin_again(why, None);
                // The second time it is not the upload that it does not know, but this way of sending.
                if self.failures[Row::Send as usize] == 2 {
                    self.fall_back();
                }
            }
            Heard::Reply(Reply { status: 202, .. }) => {
                self.begin_again("the registry has not finished the upload (status 202)".to_owned(), None);
            }
            Heard::Reply(_) => self.fail(Failure::Refused),
            Heard::Passing { why, after } => {
                self.begin_again(why, after);
                // A wire that breaks again and again lets pieces through, and what came through is kept.
                if self.failures[Row::Send as usize] >= 2 && self.size > PIECE && after.is_none() {
                    self.pieces = Some(PIECE);
                }
            }
        }
    }

    fn patched(&mut self, heard: Heard) {
        self.sent = true;
        let piece = self.pieces.unwrap_or(PIECE);
        let end = self.offset + piece.min(self.size - self.offset);
        match heard {
            Heard::Reply(Reply { status: 200..=204, location, held, .. }) => {
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
                        self.failed(Row::Send, "the registry did not take what was sent".to_owned(), None);
                    }
                }
            }
            Heard::Reply(Reply { status: 413 | 416, .. }) => {
                self.state = State::Doubtful;
                let smaller = if piece > PIECE { PIECE } else { (piece / 2).max(SMALLEST).min(piece) };
                self.pieces = Some(smaller);
                self.fell_back = true;
                self.failed(Row::Send, format!("the registry refused a piece of {} bytes", end - self.offset), None);
            }
            Heard::Reply(Reply { status, lost, .. }) if lost || status == 404 => {
                self.begin_again(format!("the registry has forgotten the upload (status {status})"), None);
            }
            // What the user asked for is not to be had: the whole blob in one request is.
            Heard::Reply(Reply { status: 405 | 501, .. }) if !self.fell_back => {
                self.pieces = None;
                self.begin_again("the registry takes no pieces".to_owned(), None);
            }
            Heard::Reply(_) => self.fail(Failure::Refused),
            Heard::Passing { why, after } => {
                self.state = State::Doubtful;
                self.failed(Row::Send, why, after);
            }
        }
    }

    fn asked(&mut self, heard: Heard) {
        match heard {
            Heard::Reply(Reply { status: 200..=204, location, held: Some(held), .. }) if held <= self.size => {
                self.session = location.or(self.session.take());
                self.offset = held;
                self.state = State::Open;
            }
            Heard::Passing { why, after } if self.failures[Row::Ask as usize] < self.retries => {
                self.failed(Row::Ask, why, after);
                return;
            }
            // It is gone, or the registry does not answer such questions.
            Heard::Reply(_) | Heard::Passing { .. } => {
                self.session = None;
                self.state = State::Unknown;
            }
        }
        self.failures[Row::Ask as usize] = 0;
    }

    fn closed(&mut self, heard: Heard) {
        match heard {
            Heard::Reply(Reply { status: 200 | 201 | 204, .. }) => self.end = Some(Next::Done(Fate::Sent)),
            Heard::Reply(Reply { status, lost, .. }) if lost || matches!(status, 404 | 416) => {
                self.begin_again(format!("the registry has forgotten the upload (status {status})"), None);
            }
            Heard::Reply(_) => self.fail(Failure::Refused),
            Heard::Passing { why, after } => {
                // The session is kept: if the blob did not arrive, what arrived of it counts.
                self.state = State::Unknown;
                self.failed(Row::Send, why, after);
            }
        }
    }

    /// Sends in pieces from now on, in a new upload: what became of the refused one is not known.
    fn fall_back(&mut self) {
        if self.pieces.is_none() {
            self.pieces = Some(PIECE);
            self.fell_back = true;
        }
        self.session = None;
        self.state = State::Absent;
    }

    fn begin_again(&mut self, why: String, after: Option<Duration>) {
        self.session = None;
        self.state = State::Unknown;
        self.failed(Row::Send, why, after);
    }

    fn failed(&mut self, row: Row, why: String, after: Option<Duration>) {
        let tries = &mut self.failures[row as usize];
        *tries += 1;
        if *tries > self.retries {
            let tries = *tries;
            self.fail(Failure::Exhausted { tries, why });
        } else {
            self.rest = Some(Next::Rest { why, tries: *tries, after });
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.end = Some(Next::Failed(failure));
    }
}

#[cfg(test)]
mod tests;
