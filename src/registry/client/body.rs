//! Bodies of requests: a piece of a file, read while it is sent.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

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
}

/// What the sender of a body learns of it.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Bytes that have moved.
    pub moved: AtomicU64,
    /// Whether the file was shorter than it should be.
    pub short: AtomicBool,
}

/// A piece on its way.
pub(super) struct FileBody {
    file: File,
    left: u64,
    sent: Arc<AtomicU64>,
    pulse: Arc<Pulse>,
    total: Arc<AtomicU64>,
}

impl FileBody {
    /// Opens a piece. `total` counts what is sent of all bodies.
    ///
    /// # Errors
    /// When the file cannot be read; `Ok(None)` when it has another length than it should.
    pub fn open(piece: &Piece, pulse: Arc<Pulse>, total: Arc<AtomicU64>) -> Result<Option<Self>, fs::Error> {
        let (mut file, length) = fs::open(&piece.path)?;
        if length != piece.whole {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(piece.offset)).map_err(|error| fs::Error::new("read", &piece.path, error))?;
        piece.sent.store(piece.offset, Ordering::Relaxed);
        Ok(Some(FileBody { file, left: piece.length, sent: Arc::clone(&piece.sent), pulse, total }))
    }

    fn read(&mut self) -> io::Result<Bytes> {
        let mut bytes = Vec::with_capacity(self.left.min(STRIDE) as usize);
        (&mut self.file).take(self.left.min(STRIDE)).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            self.pulse.short.store(true, Ordering::Relaxed);
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let count = bytes.len() as u64;
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
    use super::*;

    fn piece(path: PathBuf, whole: u64, offset: u64, length: u64) -> Piece {
        Piece { path, whole, offset, length, sent: Arc::default() }
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
        assert!(pulse.short.load(Ordering::Relaxed));
    }
}
