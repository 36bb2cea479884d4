//! One stream on two threads: what is unpacked here is looked into there.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use sha2::{Digest as _, Sha256};

use crate::domain::Digest;

/// Pieces that are under way at a time, and the bytes of each.
const PIECES: usize = 4;
const PIECE: usize = 128 << 10;

/// What the other thread reads: pieces as they come, all of them hashed and counted.
pub(super) struct Incoming {
    full: Receiver<io::Result<Vec<u8>>>,
    empty: Sender<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
    hasher: Sha256,
    bytes: u64,
}

impl Incoming {
    /// The number and the hash of the bytes that have come.
    pub fn end(self) -> (u64, Digest) {
        (self.bytes, Digest::from_hasher(self.hasher))
    }
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            let Ok(piece) = self.full.recv() else { return Ok(0) };
            let piece = std::mem::replace(&mut self.piece, piece?);
            self.at = 0;
            // The other thread has ended if nobody takes it.
            let _ = self.empty.send(piece);
            self.hasher.update(&self.piece);
            self.bytes += self.piece.len() as u64;
        }
        let length = buffer.len().min(self.piece.len() - self.at);
        buffer[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// Reads `stream` on this thread, and gives what comes to `take` on another one. Ends when `take` ends, with what it
/// came to; it may leave a rest.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn piped<T: Send>(stream: &mut dyn Read, take: impl FnOnce(Incoming) -> T + Send) -> io::Result<T> {
    let (to_full, full) = sync_channel(PIECES);
    let (empty, from_empty) = channel();
    let incoming = Incoming { full, empty, piece: Vec::new(), at: 0, hasher: Sha256::new(), bytes: 0 };
    thread::scope(|scope| {
        let taker = thread::Builder::new().name("look".to_owned()).spawn_scoped(scope, move || take(incoming))?;
        send(stream, &to_full, &from_empty);
        drop(to_full);
        taker.join().map_or_else(|panic| std::panic::resume_unwind(panic), Ok)
    })
}

/// Sends the stream in pieces, until it ends or nobody takes them any more.
fn send(stream: &mut dyn Read, full: &SyncSender<io::Result<Vec<u8>>>, empty: &Receiver<Vec<u8>>) {
    loop {
        let mut piece = empty.try_recv().unwrap_or_default();
        piece.resize(PIECE, 0);
        let filled = fill(stream, &mut piece);
        let ended = !matches!(filled, Ok(PIECE));
        let message = filled.map(|filled| {
            piece.truncate(filled);
            piece
        });
        // An empty piece would read as the end, which it is.
        if full.send(message).is_err() || ended {
            return;
        }
    }
}

/// Fills a buffer, but for the end of the stream.
fn fill(stream: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(stream: &mut dyn Read) -> (Vec<u8>, io::Result<usize>, u64, Digest) {
        let told = piped(stream, |mut incoming| {
            let mut bytes = Vec::new();
            let read = incoming.read_to_end(&mut bytes);
            let (count, digest) = incoming.end();
            (bytes, read, count, digest)
        });
        told.expect("a thread")
    }

    #[test]
    fn what_goes_in_comes_out() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 20 * PIECE + 7] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let (read, _, count, digest) = read_all(&mut &*bytes);
            assert!(read == bytes && count == length as u64 && digest == Digest::of(&bytes), "{length}");
        }
    }

    #[test]
    fn a_failure_comes_after_what_was_read_whole() {
        let whole = vec![7; PIECE];
        let failing = io::Error::other("it broke");
        struct Broken(Option<io::Error>);
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                self.0.take().map_or(Ok(0), Err)
            }
        }
        let (read, result, ..) = read_all(&mut whole.as_slice().chain(Broken(Some(failing))));
        assert_eq!((read.len(), result.expect_err("it broke").to_string().as_str()), (PIECE, "it broke"));
    }

    #[test]
    fn who_stops_taking_stops_the_stream() {
        let mut endless = io::repeat(1);
        let first = piped(&mut endless, |mut incoming| {
            let mut byte = [0];
            incoming.read_exact(&mut byte).map(|()| byte[0])
        });
        assert_eq!(first.expect("a thread").expect("a byte"), 1);
    }
}
