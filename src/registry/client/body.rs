//! Bodies of requests: a piece of a file, read while it is sent, and proven where nobody has done so before.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest as _, Sha256};

use crate::domain::Digest;
use crate::sys::fs;

/// How much of a file is read at once, in bytes. As much is waiting in the connection at most.
const STRIDE: u64 = 128 << 10;

/// Bytes of a file that make a body.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// The file.
    pub path: PathBuf,
    /// The length that the file must have.
    pub whole: u64,
    /// Where the piece begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
    /// How many bytes of the file have been handed to the connection; others may look at it.
    pub sent: Arc<AtomicU64>,
    /// What proves that the file is what it should be; none of what was proven before.
    pub proof: Option<Arc<Proof>>,
}

impl Piece {
    /// Whether bytes before the piece were never sent, although a registry says that it has them.
    pub fn leaves_a_gap(&self) -> bool {
        self.proof.as_ref().is_some_and(|proof| !proof.reaches(self.offset))
    }
}

/// The proof that a file is what its digest says, made of its bytes while they are sent, whether at once or in pieces.
/// The end of a file that is not is held back, so that no registry, however trusting, gets all of it.
#[derive(Debug)]
pub(crate) struct Proof {
    digest: Digest,
    seen: Mutex<Seen>,
}

/// The beginning of a file that was hashed.
#[derive(Debug, Default)]
struct Seen {
    length: u64,
    hasher: Sha256,
}

impl Proof {
    /// The proof that a file has this digest.
    pub fn of(digest: Digest) -> Self {
        Proof { digest, seen: Mutex::default() }
    }

    /// Takes bytes of the file, which begin at `offset`. What was hashed before, and is sent again because it did not
    /// arrive, is passed over; but who begins at the beginning is not believed anything.
    fn take(&self, offset: u64, bytes: &[u8]) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if offset == 0 {
            *seen = Seen::default();
        }
        let known = seen.length.checked_sub(offset).and_then(|known| usize::try_from(known).ok());
        if let Some(new) = known.and_then(|known| bytes.get(known..)) {
            seen.hasher.update(new);
            seen.length += new.len() as u64;
        }
    }

    /// Whether all bytes before `offset` were seen.
    fn reaches(&self, offset: u64) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).length >= offset
    }

    /// Whether all `length` bytes of the file were seen, and have the digest.
    fn holds(&self, length: u64) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.length == length && Digest::from_hasher(seen.hasher.clone()) == self.digest
    }
}

/// What the sender of a body learns of it.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Bytes that have moved.
    pub moved: AtomicU64,
    /// Whether the file is shorter than it should be, or another one.
    pub wrong: AtomicBool,
}

/// A piece on its way.
pub(super) struct FileBody {
    file: File,
    /// Where in the file it is, and how long that is.
    at: u64,
    whole: u64,
    left: u64,
    proof: Option<Arc<Proof>>,
    sent: Arc<AtomicU64>,
    pulse: Arc<Pulse>,
    total: Arc<AtomicU64>,
}

impl FileBody {
    /// Opens a piece. `total` counts what is sent of all bodies.
    ///
    /// # Errors
    /// When the file cannot be read; `Ok(None)` when it has another length than it should, or is empty and should
    /// not be.
    pub fn open(piece: &Piece, pulse: Arc<Pulse>, total: Arc<AtomicU64>) -> Result<Option<Self>, fs::Error> {
        let (mut file, length) = fs::open(&piece.path)?;
        // Of an empty file nothing is ever read, so that it is proven here.
        if length != piece.whole || length == 0 && piece.proof.as_ref().is_some_and(|proof| !proof.holds(0)) {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(piece.offset)).map_err(|error| fs::Error::new("read", &piece.path, error))?;
        piece.sent.store(piece.offset, Ordering::Relaxed);
        let (sent, proof) = (Arc::clone(&piece.sent), piece.proof.clone());
        let (at, whole, left) = (piece.offset, piece.whole, piece.length);
        Ok(Some(FileBody { file, at, whole, left, proof, sent, pulse, total }))
    }

    fn read(&mut self) -> io::Result<Bytes> {
        let mut bytes = Vec::with_capacity(self.left.min(STRIDE) as usize);
        (&mut self.file).take(self.left.min(STRIDE)).read_to_end(&mut bytes)?;
        let count = bytes.len() as u64;
        if let Some(proof) = &self.proof {
            proof.take(self.at, &bytes);
        }
        let ends = self.at + count == self.whole;
        if bytes.is_empty() || ends && self.proof.as_ref().is_some_and(|proof| !proof.holds(self.whole)) {
            self.pulse.wrong.store(true, Ordering::Relaxed);
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.at += count;
        self.left -= count;
        for counter in [&self.sent, &self.pulse.moved, &self.total] {
            counter.fetch_add(count, Ordering::Relaxed);
        }
        Ok(bytes.into())
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    /// Reads from the disk right here: it is as fast as the connection or faster, and nobody else waits for this
    /// thread but other connections of the same push.
    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready((self.left > 0).then(|| self.read().map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn piece(path: PathBuf, whole: u64, offset: u64, length: u64) -> Piece {
        Piece { path, whole, offset, length, sent: Arc::default(), proof: None }
    }

    fn all(body: &mut FileBody) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while body.left > 0 {
            bytes.extend(body.read()?);
        }
        Ok(bytes)
    }

    #[test]
    fn a_piece_is_read_in_strides() {
        let dir = tempfile::tempdir().expect("temp");
        let path = dir.path().join("blob");
        let content: Vec<u8> = (0..3 * STRIDE + 5).map(|at| (at % 251) as u8).collect();
        fs::write_atomic(&path, &content).expect("written");
        let piece = piece(path, content.len() as u64, 7, 2 * STRIDE);
        let (pulse, total) = (Arc::new(Pulse::default()), Arc::default());
        let mut body =
            FileBody::open(&piece, Arc::clone(&pulse), Arc::clone(&total)).expect("opened").expect("as long");
        assert_eq!(body.size_hint().exact(), Some(2 * STRIDE));
        assert_eq!(all(&mut body).expect("read"), content[7..7 + 2 * STRIDE as usize]);
        assert!(body.is_end_stream());
        assert_eq!(total.load(Ordering::Relaxed), 2 * STRIDE);
        assert_eq!(piece.sent.load(Ordering::Relaxed), 7 + 2 * STRIDE);
    }

    #[test]
    fn a_file_that_has_changed_is_noticed() {
        let dir = tempfile::tempdir().expect("temp");
        let path = dir.path().join("blob");
        fs::write_atomic(&path, b"12345").expect("written");
        let open = |whole, length| {
            let pulse = Arc::new(Pulse::default());
            (FileBody::open(&piece(path.clone(), whole, 0, length), Arc::clone(&pulse), Arc::default()), pulse)
        };
        assert!(open(6, 6).0.expect("opened").is_none());
        let (body, pulse) = open(5, 9);
        assert!(all(&mut body.expect("opened").expect("as long")).is_err());
        assert!(pulse.wrong.load(Ordering::Relaxed));
    }

    /// Sends pieces of a file, each given as `offset..end`, and says after which of them it was found to be wrong.
    fn first_refused(content: &[u8], digest: Digest, pieces: &[std::ops::Range<u64>]) -> Option<usize> {
        let dir = tempfile::tempdir().expect("temp");
        let path = dir.path().join("blob");
        fs::write_atomic(&path, content).expect("written");
        let proof = Some(Arc::new(Proof::of(digest)));
        let mut handed = BTreeSet::new();
        let refused = pieces.iter().position(|part| {
            let plain = piece(path.clone(), content.len() as u64, part.start, part.end - part.start);
            let piece = Piece { proof: proof.clone(), ..plain };
            assert_eq!(piece.leaves_a_gap(), part.start == STRIDE + 1);
            let body = FileBody::open(&piece, Arc::default(), Arc::default()).expect("opened");
            let is_refused = all(&mut body.expect("as long")).is_err();
            handed.extend(part.start..piece.sent.load(Ordering::Relaxed));
            is_refused
        });
        assert!(refused.is_none() || handed.len() < content.len(), "all of a wrong file was handed over");
        refused
    }

    #[test]
    fn an_empty_file_is_proven_too() {
        let dir = tempfile::tempdir().expect("temp");
        let path = dir.path().join("blob");
        fs::write_atomic(&path, b"").expect("written");
        for (digest, opens) in [(Digest::of(b""), true), (Digest::of(b"x"), false)] {
            let proof = Some(Arc::new(Proof::of(digest)));
            let piece = Piece { proof, ..piece(path.clone(), 0, 0, 0) };
            let body = FileBody::open(&piece, Arc::default(), Arc::default()).expect("opened");
            assert_eq!(body.is_some(), opens);
        }
    }

    #[test]
    fn a_file_is_proven_while_it_is_sent() {
        const LENGTH: u64 = 2 * STRIDE + 5;
        let content: Vec<u8> = (0..LENGTH).map(|at| (at % 251) as u8).collect();
        let all = 0..LENGTH;
        for pieces in [
            vec![all.clone()],
            // Broken off, and begun again.
            vec![0..STRIDE, all.clone()],
            vec![all.clone(), all.clone()],
            // In pieces, one of them sent again from its middle, and from the beginning.
            vec![0..STRIDE, STRIDE..LENGTH],
            vec![0..STRIDE, STRIDE - 7..2 * STRIDE, 2 * STRIDE..LENGTH],
            vec![0..STRIDE, STRIDE..2 * STRIDE, 0..STRIDE, STRIDE..LENGTH],
        ] {
            assert_eq!(first_refused(&content, Digest::of(&content), &pieces), None, "{pieces:?}");
            for damaged in [0, STRIDE, LENGTH - 1] {
                let mut content = content.clone();
                let digest = Digest::of(&content);
                content[damaged as usize] ^= 1;
                let last = pieces.iter().position(|piece| piece.end == LENGTH);
                assert_eq!(first_refused(&content, digest, &pieces), last, "{damaged} {pieces:?}");
            }
        }
        // What was never seen is not believed.
        assert_eq!(first_refused(&content, Digest::of(&content), &[0..STRIDE, STRIDE + 1..LENGTH]), Some(1));
    }
}
