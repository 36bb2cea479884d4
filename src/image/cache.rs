//! Finished layers, kept between runs under the hash of everything their bytes depend on.
//!
//! A layer is two files: `<key>.blob`, usually a hard link to the blob of a layout, and `<key>.json`, which
//! says what the blob is. Nothing in here is trusted: the record carries a seal, and the blob is hashed
//! before it is used (at 1.5 GB/s that costs less than reading the inputs). Whatever is missing or wrong is
//! made again. Entries beyond [`LIMIT`] bytes go, those first whose last use is longest ago.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::compress::Packed;
use super::content::hash_file;
use crate::domain::Digest;
use crate::sys::fs;

/// How many bytes of layers stay in the cache; those of the last run always do.
pub(super) const LIMIT: u64 = 2 << 30;

/// The largest record that is read, in bytes.
const MAX_RECORD: u64 = 4 << 10;

/// The layers of earlier runs.
#[derive(Debug)]
pub(super) struct Cache {
    dir: PathBuf,
}

/// The files of the cache.
struct Listed {
    /// Last use, key and size in bytes of every layer, the oldest first.
    entries: Vec<(SystemTime, Digest, u64)>,
    /// What belongs to no layer.
    litter: Vec<PathBuf>,
}

/// What `<key>.json` says of `<key>.blob`.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    digest: Digest,
    size: u64,
    diff_id: Digest,
    uncompressed: u64,
    /// The hash of the key and the fields above: the blob proves `digest` and `size`, this proves the rest.
    seal: Digest,
}

impl Record {
    fn new(key: &Digest, packed: Packed) -> Self {
        let Packed { digest, size, diff_id, uncompressed } = packed;
        let seal = Digest::of(format!("{key} {digest} {size} {diff_id} {uncompressed}").as_bytes());
        Record { digest, size, diff_id, uncompressed, seal }
    }

    fn open(self, key: &Digest) -> Option<Packed> {
        let Record { digest, size, diff_id, uncompressed, seal } = self;
        let packed = Packed { digest, size, diff_id, uncompressed };
        (Record::new(key, packed).seal == seal).then_some(packed)
    }
}

impl Cache {
    /// The cache in a folder, which need not exist.
    pub fn new(dir: &Path) -> Self {
        Cache { dir: dir.join("layers") }
    }

    /// Where the blob of a key is, if it is.
    pub fn blob(&self, key: &Digest) -> PathBuf {
        self.dir.join(format!("{}.blob", key.hex()))
    }

    fn record(&self, key: &Digest) -> PathBuf {
        self.dir.join(format!("{}.json", key.hex()))
    }

    /// Finds a layer whose blob is whole.
    pub fn find(&self, key: &Digest) -> Option<Packed> {
        let record = fs::read(&self.record(key), MAX_RECORD).ok()?;
        let packed = serde_json::from_slice::<Record>(&record).ok()?.open(key)?;
        let blob = self.blob(key);
        if fs::kind(&blob).ok()? != fs::Kind::File(packed.size) {
            return None;
        }
        let found = hash_file(&blob).ok()?;
        (found.digest == packed.digest && found.size == packed.size).then_some(packed)
    }

    /// Keeps a layer whose blob is at `blob`.
    ///
    /// # Errors
    /// When the cache cannot be written; what was there is whole or will be made again.
    pub fn store(&self, key: &Digest, packed: Packed, blob: &Path) -> Result<(), fs::Error> {
        fs::create_dir_all(&self.dir)?;
        fs::replace_with_link(blob, &self.blob(key))?;
        let record = serde_json::to_vec(&Record::new(key, packed)).expect("a record is plain JSON");
        fs::write_atomic(&self.record(key), &record)
    }

    /// Notes that the layers of `used` were used now, and removes those used longest ago until at most
    /// `limit` bytes are left, along with whatever killed runs have left behind.
    ///
    /// # Errors
    /// When the cache cannot be listed or changed.
    pub fn prune(&self, used: &BTreeSet<Digest>, limit: u64) -> Result<(), fs::Error> {
        if !fs::exists(&self.dir) {
            return Ok(());
        }
        // The clock decides what stays in the cache, never what is in an image.
        let now = SystemTime::now();
        for key in used {
            // A layer that could not be stored has no record.
            let _ = fs::set_modified(&self.record(key), now);
        }
        let Listed { entries, litter } = self.list()?;
        litter.iter().try_for_each(|path| fs::remove_file(path))?;
        let mut total: u64 = entries.iter().map(|(_, _, size)| size).sum();
        for (_, key, size) in entries.iter().filter(|(_, key, _)| !used.contains(key)) {
            if total <= limit {
                break;
            }
            fs::remove_file(&self.record(key))?;
            fs::remove_file(&self.blob(key))?;
            total -= size;
        }
        Ok(())
    }

    fn list(&self) -> Result<Listed, fs::Error> {
        let mut blobs = BTreeMap::new();
        let mut records = BTreeMap::new();
        let mut litter = Vec::new();
        for file in fs::list(&self.dir)? {
            let fs::Kind::File(size) = file.kind else { continue };
            let named = file.name.as_deref().and_then(|name| name.split_once('.'));
            match named.map(|(stem, suffix)| (Digest::from_hex(stem), suffix)) {
                Some((Ok(key), "blob")) => drop(blobs.insert(key, (size, file.path))),
                Some((Ok(key), "json")) => drop(records.insert(key, (file.modified, file.path))),
                _ => litter.push(file.path),
            }
        }
        let mut entries = Vec::new();
        for (key, (modified, record)) in records {
            match blobs.remove(&key) {
                Some((size, _)) => entries.push((modified, key, size)),
                None => litter.push(record),
            }
        }
        litter.extend(blobs.into_values().map(|(_, path)| path));
        entries.sort_unstable();
        Ok(Listed { entries, litter })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(bytes: &[u8]) -> Packed {
        let digest = Digest::of(bytes);
        Packed { digest, size: bytes.len() as u64, diff_id: Digest::of(b"tar"), uncompressed: 3 }
    }

    fn stored(dir: &Path, bytes: &[u8]) -> (Cache, Digest) {
        let (cache, key) = (Cache::new(dir), Digest::of(&[b"key of ", bytes].concat()));
        let blob = dir.join("blob");
        fs::write_atomic(&blob, bytes).expect("written");
        cache.store(&key, packed(bytes), &blob).expect("stored");
        (cache, key)
    }

    #[test]
    fn what_was_stored_is_found_under_its_key_only() {
        let dir = tempfile::tempdir().expect("temp");
        let (cache, key) = stored(dir.path(), b"blob");
        assert_eq!(cache.find(&key), Some(packed(b"blob")));
        assert_eq!(cache.find(&Digest::of(b"other")), None);
        let other = Digest::of(b"moved");
        fs::rename(&cache.record(&key), &cache.record(&other)).expect("renamed");
        fs::rename(&cache.blob(&key), &cache.blob(&other)).expect("renamed");
        assert_eq!(cache.find(&other), None, "an entry under another key is not its own");
    }

    #[test]
    fn damage_makes_a_miss_and_a_new_entry_heals_it() {
        let harm: [fn(&Cache, &Digest); 6] = [
            |cache, key| fs::remove_file(&cache.blob(key)).expect("removed"),
            |cache, key| fs::remove_file(&cache.record(key)).expect("removed"),
            |cache, key| fs::write_atomic(&cache.blob(key), b"blo").expect("written"),
            |cache, key| fs::write_atomic(&cache.blob(key), b"blub").expect("written"),
            |cache, key| fs::write_atomic(&cache.record(key), b"{").expect("written"),
            |cache, key| {
                let record = fs::read_text(&cache.record(key)).expect("read");
                let other = record.replace(&Digest::of(b"tar").hex(), &Digest::of(b"rat").hex());
                assert_ne!(record, other);
                fs::write_atomic(&cache.record(key), other.as_bytes()).expect("written");
            },
        ];
        for (case, harm) in harm.iter().enumerate() {
            let dir = tempfile::tempdir().expect("temp");
            let (cache, key) = stored(dir.path(), b"blob");
            harm(&cache, &key);
            assert_eq!(cache.find(&key), None, "case {case}");
            let (cache, key) = stored(dir.path(), b"blob");
            assert_eq!(cache.find(&key), Some(packed(b"blob")), "case {case}");
        }
    }

    #[test]
    fn the_oldest_go_first_and_those_in_use_stay() {
        let dir = tempfile::tempdir().expect("temp");
        let blobs: [&[u8]; 4] = [b"aaaa", b"bbbb", b"cccc", b"dddd"];
        let keys = blobs.map(|blob| stored(dir.path(), blob).1);
        let cache = Cache::new(dir.path());
        for (age, key) in keys.iter().enumerate() {
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(age as u64);
            fs::set_modified(&cache.record(key), time).expect("set");
        }
        let litter = [cache.dir.join(".tmp-x"), cache.blob(&Digest::of(b"orphan")), cache.record(&Digest::of(b"o"))];
        litter.iter().for_each(|path| fs::write_atomic(path, b"x").expect("written"));
        // The first is the oldest, but it is used now.
        cache.prune(&BTreeSet::from([keys[0]]), 8).expect("pruned");
        let left = keys.map(|key| cache.find(&key).is_some());
        assert_eq!(left, [true, false, false, true]);
        assert!(litter.iter().all(|path| !fs::exists(path)));
        cache.prune(&BTreeSet::from([keys[0], keys[3]]), 0).expect("pruned");
        assert!(cache.find(&keys[0]).is_some(), "what is in use stays even beyond the limit");
        cache.prune(&BTreeSet::new(), 0).expect("pruned");
        assert_eq!(fs::list(&cache.dir).expect("listed"), []);
    }
}
