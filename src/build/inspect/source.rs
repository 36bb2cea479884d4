//! Bounded reading: a file whose headers are read through a cache, within a budget.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use object::read::{ReadCache, ReadCacheOps, ReadRef};

use super::Defect;

/// How many bytes of headers and tables are kept for one file. The largest table of an honest file is the
/// signature of a Mach-O: 32 bytes for every 4 KiB, so that this does for a program of 3 GiB.
const BUDGET: u64 = 32 << 20;

/// What one small read costs beside its bytes: the cache's own entry.
const OVERHEAD: u64 = 64;

/// A file that is read through a cache, as `object` wants it.
pub(super) struct Source<R: Read + Seek> {
    cache: ReadCache<Door<R>>,
    size: u64,
    budget: Cell<u64>,
}

impl<R: Read + Seek> Source<R> {
    /// A file of `size` bytes.
    pub(super) fn new(reader: R, size: u64) -> Self {
        Source { cache: ReadCache::new(Door { reader, failure: None }), size, budget: Cell::new(BUDGET) }
    }

    /// The whole file.
    pub(super) fn whole(&self) -> Window<'_, R> {
        Window { source: self, start: 0, size: self.size }
    }

    /// Ends the reading of headers. The failure of a read stands before what the parser made of it.
    ///
    /// # Errors
    /// The first failure of the reader, else the error of `parsed`.
    pub(super) fn finish<T>(self, parsed: Result<T, Defect>) -> Result<(T, R), Defect> {
        let Door { reader, failure } = self.cache.into_inner();
        match failure {
            Some(failure) => Err(Defect::Io(failure)),
            None => Ok((parsed?, reader)),
        }
    }

    fn spend(&self, bytes: u64) -> Result<(), ()> {
        let left = self.budget.get().checked_sub(bytes.checked_add(OVERHEAD).ok_or(())?).ok_or(())?;
        self.budget.set(left);
        Ok(())
    }
}

/// A part of a file that a parser takes for the whole: one slice of a universal Mach-O.
pub(super) struct Window<'a, R: Read + Seek> {
    source: &'a Source<R>,
    start: u64,
    size: u64,
}

impl<R: Read + Seek> Clone for Window<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Read + Seek> Copy for Window<'_, R> {}

impl<R: Read + Seek> Window<'_, R> {
    /// A part of this part; `None` where it would leave it.
    pub(super) fn part(self, start: u64, size: u64) -> Option<Self> {
        let end = start.checked_add(size)?;
        (end <= self.size).then_some(Window { source: self.source, start: self.start.checked_add(start)?, size })
    }
}

impl<'a, R: Read + Seek> ReadRef<'a> for Window<'a, R> {
    fn len(self) -> Result<u64, ()> {
        Ok(self.size)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        let part = self.part(offset, size).ok_or(())?;
        self.source.spend(size)?;
        (&self.source.cache).read_bytes_at(part.start, size)
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        let size = range.end.checked_sub(range.start).ok_or(())?;
        let part = self.part(range.start, size).ok_or(())?;
        // The cache looks no further than 4096 bytes for the delimiter, and keeps what it finds.
        self.source.spend(0)?;
        let found = (&self.source.cache).read_bytes_at_until(part.start..part.start + size, delimiter)?;
        self.source.spend(found.len() as u64)?;
        Ok(found)
    }
}

/// The reader behind the cache. The cache forgets why a read failed; this remembers.
struct Door<R> {
    reader: R,
    failure: Option<io::Error>,
}

impl<R> Door<R> {
    fn keep<T>(&mut self, result: io::Result<T>) -> Result<T, ()> {
        result.map_err(|error| {
            self.failure.get_or_insert(error);
        })
    }
}

impl<R: Read + Seek> ReadCacheOps for Door<R> {
    fn len(&mut self) -> Result<u64, ()> {
        let result = self.reader.seek(SeekFrom::End(0));
        self.keep(result)
    }

    fn seek(&mut self, position: u64) -> Result<u64, ()> {
        let result = self.reader.seek(SeekFrom::Start(position));
        self.keep(result)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ()> {
        let result = self.reader.read(buffer);
        self.keep(result)
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), ()> {
        let result = self.reader.read_exact(buffer);
        self.keep(result)
    }
}
