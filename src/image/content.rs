//! The hashes of everything that goes into layers, taken in parallel before anything is written.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sha2::{Digest as _, Sha256};

use super::Error;
use crate::bundle::{Bundle, Content};
use crate::domain::Digest;
use crate::sys::fs;

/// Bytes read at a time.
pub(super) const CHUNK: usize = 128 << 10;

/// The hash and length of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    /// Its hash.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
}

/// The facts of every file that the bundles take from this machine.
#[derive(Debug)]
pub(super) struct Contents<'a>(BTreeMap<&'a Path, Facts>);

impl<'a> Contents<'a> {
    /// Reads and hashes every file once, on `threads` threads.
    ///
    /// # Errors
    /// When a file cannot be read; the first one by path.
    pub fn read(bundles: &'a [Bundle], threads: usize) -> Result<Self, Error> {
        let entries = bundles.iter().flat_map(|bundle| &bundle.layers).flat_map(|layer| &layer.entries);
        let mut paths: Vec<&Path> = entries
            .filter_map(|entry| match &entry.content {
                Content::OnDisk(path) => Some(path.as_path()),
                Content::Generated(_) => None,
            })
            .collect();
        paths.sort_unstable();
        paths.dedup();
        let facts = in_parallel(&paths, threads, |path| hash_file(path))?;
        Ok(Contents(paths.into_iter().zip(facts).collect()))
    }

    /// The facts of a content.
    pub fn of(&self, content: &Content) -> Facts {
        match content {
            Content::OnDisk(path) => *self.0.get(path.as_path()).expect("every file of the bundles was hashed"),
            Content::Generated(bytes) => Facts { digest: Digest::of(bytes), size: bytes.len() as u64 },
        }
    }
}

/// Hashes a file without holding it in memory.
///
/// # Errors
/// When it cannot be read.
pub(super) fn hash_file(path: &Path) -> Result<Facts, fs::Error> {
    let (mut file, _) = fs::open(path)?;
    let mut hasher = Sha256::new();
    let mut size = 0;
    let mut buffer = vec![0; CHUNK];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Facts { digest: Digest::from_hasher(hasher), size }),
            Ok(length) => {
                hasher.update(&buffer[..length]);
                size += length as u64;
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(fs::Error::new("read", path, e)),
        }
    }
}

/// Does `work` for every item on up to `threads` threads; the results are in the order of the items.
///
/// # Errors
/// The error of the first item that failed.
pub(super) fn in_parallel<T: Sync, R: Send, E: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let turn = || {
        let mut results = Vec::new();
        while let Some((at, item)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).map(|item| (at, item))
        } {
            results.push((at, work(item)));
        }
        results
    };
    let mut results: Vec<_> = thread::scope(|scope| {
        let helpers = threads.min(items.len()).saturating_sub(1);
        let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(turn)).collect();
        let mut results = turn();
        for helper in helpers {
            results.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    });
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_on_any_number_of_threads() {
        let items: Vec<u32> = (0..100).collect();
        for threads in [0, 1, 3, 200] {
            let doubled = in_parallel(&items, threads, |item| Ok::<_, u32>(item * 2)).expect("no failure");
            assert_eq!(doubled, items.iter().map(|item| item * 2).collect::<Vec<_>>());
            let failed = in_parallel(&items, threads, |item| if item % 7 == 6 { Err(*item) } else { Ok(()) });
            assert_eq!(failed, Err(6));
        }
    }

    #[test]
    fn a_file_hashes_as_its_bytes_do() {
        let dir = tempfile::tempdir().expect("temp");
        let path = dir.path().join("x");
        for bytes in [Vec::new(), vec![7; 3 * CHUNK + 5]] {
            fs::write_atomic(&path, &bytes).expect("written");
            let facts = Facts { digest: Digest::of(&bytes), size: bytes.len() as u64 };
            assert_eq!(hash_file(&path).expect("hashed"), facts);
        }
    }
}
