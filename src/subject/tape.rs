//! Tar archives as they stream by: every header that layers and image archives have, and no more memory than
//! the longest name that is allowed.
//!
//! Read are the formats that Go's `archive/tar` reads, because Docker, containerd and podman read with it: v7,
//! ustar, PAX and GNU (`tar(5)`; POSIX.1-2017, `pax`). The `tar` crate is not used here, because it keeps names
//! of any length that an archive announces.

mod header;
mod pax;

use std::io::{self, Read, Seek};

pub(super) use header::Kind;

use header::{BLOCK, Header};

/// The longest name or list of extensions that is read, in bytes.
const MAX_EXTENSION: u64 = 1 << 20;

/// The most bytes of one member: more than any disk has, and few enough to count further.
const MAX_SIZE: u64 = 1 << 60;

/// An entry of a tar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// The path as it stands there.
    pub path: Vec<u8>,
    /// What a link points at, as it stands there.
    pub link: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The permission bits.
    pub mode: u32,
    /// The length of the file in bytes; with `sparse`, with its holes.
    pub size: u64,
    /// Whether the data are those of a file with holes, and so not its content.
    pub sparse: bool,
    /// Where its data begin.
    pub offset: u64,
}

/// Why a tar could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Torn {
    /// The reader failed, or ended too early.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A header is none.
    #[error("the header at byte {offset} {what}")]
    Header {
        /// Where it is.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// Passes over bytes: by reading or by seeking.
pub(super) trait Skip: Read {
    /// Passes over `bytes`, which are all there.
    fn skip(&mut self, bytes: u64) -> io::Result<()>;
}

/// A stream, whose bytes are all read.
pub(super) struct Stream<R>(pub R);

impl<R: Read> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> Skip for Stream<R> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let passed = io::copy(&mut self.0.by_ref().take(bytes), &mut io::sink())?;
        if passed == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl<R: Read + Seek> Skip for io::BufReader<R> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        // Seeking goes beyond the end without an error; the last byte must be there.
        let Some(before) = bytes.checked_sub(1) else { return Ok(()) };
        self.seek_relative(i64::try_from(before).map_err(|_| io::ErrorKind::UnexpectedEof)?)?;
        self.read_exact(&mut [0])
    }
}

/// A tar that is read from its beginning to its end.
pub(super) struct Tape<R> {
    reader: R,
    position: u64,
    /// Bytes of the current member that were not read yet.
    left: u64,
    /// The zeros behind them that fill the last block.
    padding: u64,
    ended: bool,
}

impl<R: Skip> Tape<R> {
    pub fn new(reader: R) -> Self {
        Tape { reader, position: 0, left: 0, padding: 0, ended: false }
    }

    /// Goes on to the next member, over what is left of the current one.
    ///
    /// # Errors
    /// When the reader fails, ends within a member, or what comes is no header.
    pub fn next(&mut self) -> Result<Option<Member>, Torn> {
        let mut extended = pax::Extension::default();
        loop {
            self.skip_rest()?;
            let at = self.position;
            let torn = |what| Torn::Header { offset: at, what };
            let block = self.header_block().map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof if at == 0 => torn(header::NO_HEADER),
                _ => error.into(),
            })?;
            let Some(block) = block else { return Ok(None) };
            let header = Header::parse(&block).map_err(torn)?;
            if let Some(what) = header.extends() {
                self.begin(header.size).map_err(torn)?;
                if what == header::Extends::Everything {
                    // What holds for all entries is no business of a single name or size.
                    continue;
                }
                let bytes = self.extension().map_err(|error| match error {
                    None => torn("announces a name longer than any system takes"),
                    Some(error) => Torn::Io(error),
                })?;
                extended.add(what, &bytes).map_err(torn)?;
                continue;
            }
            let sparse_blocks = header.sparse.as_ref().is_some_and(|sparse| sparse.continued);
            let (mut member, stored) = extended.complete(header);
            if sparse_blocks {
                self.skip_sparse_maps()?;
            }
            self.begin(stored).map_err(torn)?;
            member.offset = self.position;
            return Ok(Some(member));
        }
    }

    /// The reader behind it, when the last member was passed.
    pub fn into_inner(self) -> R {
        self.reader
    }

    fn begin(&mut self, size: u64) -> Result<(), &'static str> {
        if size > MAX_SIZE {
            return Err("announces more bytes than there can be");
        }
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
        Ok(())
    }

    fn skip_rest(&mut self) -> io::Result<()> {
        let rest = self.left + self.padding;
        self.reader.skip(rest)?;
        self.position += rest;
        (self.left, self.padding) = (0, 0);
        Ok(())
    }

    /// The next block; none at the end of the archive or of the reader. GNU tar and Go take a missing end for
    /// an end, too.
    fn header_block(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        if self.ended || !self.block(&mut block)? || block.iter().all(|byte| *byte == 0) {
            self.ended = true;
            return Ok(None);
        }
        Ok(Some(block))
    }

    /// Reads a block; `false` where the reader ends before its first byte.
    fn block(&mut self, block: &mut [u8; BLOCK]) -> io::Result<bool> {
        let mut filled = 0;
        while filled < BLOCK {
            match self.reader.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.position += BLOCK as u64;
        Ok(true)
    }

    /// The data of a member that says something about the next one; no error at all if they are too long.
    fn extension(&mut self) -> Result<Vec<u8>, Option<io::Error>> {
        if self.left > MAX_EXTENSION {
            return Err(None);
        }
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        if self.left > 0 { Err(Some(io::ErrorKind::UnexpectedEof.into())) } else { Ok(bytes) }
    }

    /// The further blocks of the map of a sparse file in GNU's old format.
    fn skip_sparse_maps(&mut self) -> io::Result<()> {
        let mut block = [0; BLOCK];
        loop {
            if !self.block(&mut block)? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if block[504] == 0 {
                return Ok(());
            }
        }
    }
}

/// Reads the data of the current member, up to its end or that of the reader.
impl<R: Read> Read for Tape<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if length == 0 {
            return Ok(0);
        }
        match self.reader.read(&mut buffer[..length])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.left -= read as u64;
                self.position += read as u64;
                Ok(read)
            }
        }
    }
}

#[cfg(test)]
mod tests;
