//! Several layers at once, where that gains time: those of layouts and archives, which lie on a disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::entry::Wish;
use super::model::{Layer, Platform};
use super::source::Local;
use super::unpack::Packing;
use super::walk::{self, Manner, Walked};
use super::{Subject, descriptor, expected};

/// How many layers are read at once at most. Each takes a few MiB of memory while it is read.
const MAX_AT_ONCE: usize = 4;

/// The part of the memory that layers may take which are read at once. What a thread gives back others do not get (glibc
/// keeps an arena for each), so that an image of very many files, which is read again, would take its memory twice.
const PART: u64 = 4;

impl Subject<'_> {
    /// Reads the layers of a platform that were not read yet, and looks into the files at `wanted` on the way. It is
    /// as if nothing had been read if one of them fails: who needs it reads it again, and is told why.
    pub fn read_ahead(&self, platform: &Platform, wanted: &[&str]) {
        let Some(local) = self.source.local() else { return };
        let mut left: Vec<&Layer> = Vec::new();
        for layer in &platform.layers {
            let known =
                self.walked.borrow().contains_key(&layer.digest) || left.iter().any(|it| it.digest == layer.digest);
            // To unpack zstd may take tens of MiB, which few can have at once.
            if !known && layer.packing != Some(Packing::Zstd) {
                left.push(layer);
            }
        }
        // The largest first, so that none of the others is waited for at the end.
        left.sort_by_key(|layer| std::cmp::Reverse(layer.size));
        let at_once = thread::available_parallelism().map_or(1, usize::from).min(MAX_AT_ONCE).min(left.len());
        if at_once < 2 {
            return;
        }
        let mut manner = self.manner();
        let taken = manner.taken.load(Ordering::Relaxed);
        manner.limits.memory = manner.limits.memory.min(taken + manner.limits.memory / PART);
        let round =
            Round { local, layers: left, wish: Wish::of(wanted.iter().copied()), manner, next: AtomicUsize::new(0) };
        let walked = thread::scope(|scope| {
            let start =
                |number| thread::Builder::new().name(format!("layer {number}")).spawn_scoped(scope, || round.work());
            let threads: Vec<_> = (1..at_once).filter_map(|number| start(number).ok()).collect();
            let mut walked = vec![round.work()];
            walked.extend(threads.into_iter().map(|thread| thread.join().ok().flatten()));
            walked.into_iter().collect::<Option<Vec<_>>>()
        });
        let walked = walked.into_iter().flatten().flatten();
        self.walked.borrow_mut().extend(walked.map(|(layer, walked)| (layer.digest, Arc::new(walked))));
    }
}

/// Layers that several threads take from.
struct Round<'a> {
    local: Local<'a>,
    layers: Vec<&'a Layer>,
    wish: Wish,
    manner: Manner,
    next: AtomicUsize,
}

impl<'a> Round<'a> {
    /// Reads one layer after the other until none is left; nothing if one of them failed here or elsewhere.
    fn work(&self) -> Option<Vec<(&'a Layer, Walked)>> {
        let mut walked = Vec::new();
        while let Some(layer) = self.layers.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let read = || {
                let blob = self.local.blob(&descriptor(layer)).ok()?;
                walk::walk(blob, expected(layer), &self.wish, &self.manner).ok()
            };
            let Some(read) = read() else {
                self.next.store(self.layers.len(), Ordering::Relaxed);
                return None;
            };
            walked.push((*layer, read));
        }
        Some(walked)
    }
}
