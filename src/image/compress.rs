//! Streams to gzip blobs: fixed-size blocks, packed by a pool of threads, written in order.
//!
//! Every block of [`BLOCK`] bytes becomes one gzip member (RFC 1952 section 2.2 lets members follow each
//! other; GNU gzip, zlib, Go, Java and Python read them as one file, and eStargz images are made this way).
//! The cuts depend on the bytes alone, so the blob is the same for any number of threads. libdeflate needs
//! whole buffers, hence the members; in return it is three times as fast as zlib at the same ratio.
//!
//! One thread feeds all streams one after the other and hashes them, a pool packs blocks, and the caller's
//! thread puts them back in order, writes and hashes. As blocks of the next stream are packed while the last
//! ones of this stream are written, small streams keep all threads busy too. A fixed set of buffers goes
//! round, which bounds memory.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::mem;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use libdeflater::{CompressionLvl, Compressor};
use sha2::{Digest as _, Sha256};

use super::Error;
use crate::domain::Digest;

/// Bytes of a stream in one gzip member. Half of it makes blobs larger than zlib's, twice as much saves
/// 0.1 % and costs twice the memory.
pub(super) const BLOCK: usize = 1 << 20;

/// The most threads that pack. One feeding thread cannot keep more of them busy, and with two buffers of
/// about [`BLOCK`] bytes for each of `2 * threads + 1` blocks a gigabyte is packed in 83 MB of memory.
const MAX_THREADS: usize = 16;

/// What a stream turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed {
    /// The hash of the blob.
    pub digest: Digest,
    /// The length of the blob in bytes.
    pub size: u64,
    /// The hash of the stream.
    pub diff_id: Digest,
    /// The length of the stream in bytes.
    pub uncompressed: u64,
}

/// How to pack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// How many threads pack; at least one does, at most 16 do.
    pub threads: usize,
    /// libdeflate's level.
    pub level: CompressionLvl,
}

/// Where packed streams go.
pub(super) trait Sink {
    /// A blob that is being written.
    type Blob: Write;

    /// Begins the blob of stream number `stream`.
    fn begin(&mut self, stream: usize) -> Result<Self::Blob, Error>;

    /// Takes note that `bytes` more of the streams are packed and written.
    fn advance(&mut self, bytes: u64);

    /// Says what a failed write to a blob means.
    fn failed(&self, source: io::Error) -> Error;

    /// Takes the finished blob of stream number `stream`.
    fn finish(&mut self, stream: usize, blob: Self::Blob, packed: Packed) -> Result<(), Error>;
}

/// Packs `streams` streams, which `feed` writes by their number, into `sink`, in order.
///
/// # Errors
/// The first error of `feed` or `sink`; all threads have ended by then.
pub(super) fn pack<S: Sink>(
    streams: usize,
    settings: Settings,
    feed: impl Fn(usize, &mut dyn Write) -> Result<(), Error> + Send,
    sink: &mut S,
) -> Result<(), Error> {
    let threads = settings.threads.clamp(1, MAX_THREADS);
    let (free, buffers) = mpsc::channel();
    for _ in 0..2 * threads + 1 {
        // The receiver lives until the feeder ends, so this cannot fail; if it did, `feed` would stop.
        let _ = free.send(Block::default());
    }
    let (raw, queue) = mpsc::channel();
    let (packed, done) = mpsc::channel();
    let queue = Mutex::new(queue);
    thread::scope(|scope| {
        let failures = packed.clone();
        scope.spawn(move || {
            let mut feeder = Feeder { buffers, raw, block: None, number: 0, hasher: Sha256::new(), length: 0 };
            let fed = (0..streams).try_for_each(|stream| {
                feed(stream, &mut feeder)?;
                feeder.end_stream();
                Ok(())
            });
            if let Err(error) = fed {
                // When nobody listens any more, the writer has failed first and its error counts.
                let _ = failures.send(Err(error));
            }
        });
        for _ in 0..threads {
            let (queue, packed) = (&queue, packed.clone());
            scope.spawn(move || work(settings.level, queue, &packed));
        }
        drop(packed);
        // The writer owns its ends of the channels: when it fails they close, and every thread ends.
        write_in_order(streams, done, free, sink)
    })
}

/// A piece of a stream on its way through the threads, and its buffers.
#[derive(Debug, Default)]
struct Block {
    /// Its place among the blocks of all streams.
    number: u64,
    /// The bytes of the stream.
    raw: Vec<u8>,
    /// The gzip member, in the first `packed_length` bytes.
    packed: Vec<u8>,
    packed_length: usize,
    /// The stream's hash and length, on its last block.
    end: Option<(Digest, u64)>,
}

/// Cuts what is written to it into blocks.
struct Feeder {
    buffers: Receiver<Block>,
    raw: Sender<Block>,
    block: Option<Block>,
    number: u64,
    hasher: Sha256,
    length: u64,
}

impl Feeder {
    /// The block that is being filled, with room left; `None` when the writer has failed.
    fn open_block(&mut self) -> Option<&mut Block> {
        if self.block.is_none() {
            let mut block = self.buffers.recv().ok()?;
            block.raw.clear();
            block.raw.reserve_exact(BLOCK);
            block.number = self.number;
            block.end = None;
            self.number += 1;
            self.block = Some(block);
        }
        self.block.as_mut()
    }

    fn send_block(&mut self) {
        if let Some(block) = self.block.take() {
            // When nobody packs any more, `open_block` fails next.
            let _ = self.raw.send(block);
        }
    }

    fn end_stream(&mut self) {
        let end = (Digest::from_hasher(mem::take(&mut self.hasher)), mem::take(&mut self.length));
        if let Some(block) = self.open_block() {
            block.end = Some(end);
        }
        self.send_block();
    }
}

impl Write for Feeder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full block waits for more, so that the last one is never empty.
        if self.block.as_ref().is_some_and(|block| block.raw.len() == BLOCK) {
            self.send_block();
        }
        let block = self.open_block().ok_or(io::ErrorKind::BrokenPipe)?;
        let taken = &bytes[..bytes.len().min(BLOCK - block.raw.len())];
        block.raw.extend_from_slice(taken);
        self.hasher.update(taken);
        self.length += taken.len() as u64;
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Packs blocks until none are left.
fn work(level: CompressionLvl, queue: &Mutex<Receiver<Block>>, packed: &Sender<Result<Block, Error>>) {
    let mut compressor = Compressor::new(level);
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut block) = next else { return };
        let bound = compressor.gzip_compress_bound(block.raw.len());
        if block.packed.len() < bound {
            block.packed.resize(bound, 0);
        }
        block.packed_length = compressor
            .gzip_compress(&block.raw, &mut block.packed)
            .expect("the buffer is as long as libdeflate asks for");
        if packed.send(Ok(block)).is_err() {
            return;
        }
    }
}

/// Puts blocks back in order and writes them until all streams have ended.
fn write_in_order<S: Sink>(
    streams: usize,
    done: Receiver<Result<Block, Error>>,
    free: Sender<Block>,
    sink: &mut S,
) -> Result<(), Error> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for stream in 0..streams {
        let mut blob = sink.begin(stream)?;
        let (mut hasher, mut size) = (Sha256::new(), 0);
        let (diff_id, uncompressed) = loop {
            let block = loop {
                if let Some(block) = early.remove(&next) {
                    break block;
                }
                let block: Block = done.recv().expect("the feeder ends every stream or says why not")?;
                early.insert(block.number, block);
            };
            next += 1;
            let bytes = &block.packed[..block.packed_length];
            blob.write_all(bytes).map_err(|e| sink.failed(e))?;
            hasher.update(bytes);
            size += bytes.len() as u64;
            sink.advance(block.raw.len() as u64);
            let end = block.end;
            // The feeder may have ended already.
            let _ = free.send(block);
            if let Some(end) = end {
                break end;
            }
        };
        let packed = Packed { digest: Digest::from_hasher(hasher), size, diff_id, uncompressed };
        sink.finish(stream, blob, packed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gunzip, noise};
    use super::*;

    /// Keeps blobs in memory, and fails where it is told to.
    #[derive(Default)]
    struct Memory {
        blobs: Vec<(Vec<u8>, Packed)>,
        done: u64,
        fail_at: Option<usize>,
    }

    impl Sink for Memory {
        type Blob = Vec<u8>;

        fn begin(&mut self, _: usize) -> Result<Vec<u8>, Error> {
            Ok(Vec::new())
        }

        fn advance(&mut self, bytes: u64) {
            self.done += bytes;
        }

        fn failed(&self, source: io::Error) -> Error {
            Error::Send(source)
        }

        fn finish(&mut self, stream: usize, blob: Vec<u8>, packed: Packed) -> Result<(), Error> {
            assert_eq!(stream, self.blobs.len(), "in order");
            self.blobs.push((blob, packed));
            if self.fail_at == Some(stream) { Err(Error::NoPlatform) } else { Ok(()) }
        }
    }

    fn settings(threads: usize) -> Settings {
        Settings { threads, level: CompressionLvl::fastest() }
    }

    fn run(streams: &[Vec<u8>], threads: usize) -> Memory {
        let mut memory = Memory::default();
        // Pieces of an odd length, as headers and files make them.
        let feed = |at: usize, out: &mut dyn Write| {
            streams[at].chunks(77_777).try_for_each(|piece| out.write_all(piece)).map_err(Error::Send)
        };
        pack(streams.len(), settings(threads), feed, &mut memory).expect("packed");
        memory
    }

    #[test]
    fn blobs_hold_their_streams_whatever_the_threads() {
        let lengths = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3, 5];
        let streams: Vec<Vec<u8>> = lengths.iter().map(|&length| noise(length, length as u64)).collect();
        let one = run(&streams, 1);
        assert_eq!(one.done, lengths.iter().sum::<usize>() as u64);
        for ((blob, packed), stream) in one.blobs.iter().zip(&streams) {
            assert_eq!(&gunzip(blob), stream);
            assert_eq!((packed.size, packed.uncompressed), (blob.len() as u64, stream.len() as u64));
            assert_eq!((packed.digest, packed.diff_id), (Digest::of(blob), Digest::of(stream)));
        }
        for threads in [0, 2, 8, 100] {
            assert!(run(&streams, threads).blobs == one.blobs, "{threads} threads");
        }
    }

    #[test]
    fn headers_say_nothing_of_the_machine() {
        let memory = run(&[noise(BLOCK + 1, 1)], 2);
        let blob = &memory.blobs[0].0;
        // Magic, deflate, no flags, time 0; then level hint and operating system 255, unknown (RFC 1952).
        assert_eq!(blob[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
        assert_eq!(blob[9], 255);
    }

    #[test]
    fn no_streams_need_no_threads() {
        assert!(run(&[], 2).blobs.is_empty());
    }

    #[test]
    fn failures_end_all_threads() {
        let feed = |at: usize, out: &mut dyn Write| {
            out.write_all(&vec![0; 5 * BLOCK]).map_err(Error::Send)?;
            if at == 1 { Err(Error::TooLate(7)) } else { Ok(()) }
        };
        for threads in [1, 4] {
            let failed = pack(9, settings(threads), feed, &mut Memory::default());
            assert!(matches!(failed, Err(Error::TooLate(7))));
            let mut sink = Memory { fail_at: Some(0), ..Memory::default() };
            let failed = pack(9, settings(threads), |_, out| feed(0, out), &mut sink);
            assert!(matches!(failed, Err(Error::NoPlatform)));
        }
    }
}
