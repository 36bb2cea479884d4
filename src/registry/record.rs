//! Which repository was seen to have which blob, so that the next push to another repository of the same registry
//! can ask for a mount. A guess that is wrong costs nothing: the upload that a refused mount opens is used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::{Digest, Reference};
use crate::image::Descriptor;
use crate::sys::fs;

/// How many blobs are remembered.
const MOST: usize = 2_000;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// How many repositories are worth a try.
const MOST_CANDIDATES: usize = 3;

/// What was seen, in a file of the user's cache.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    /// The latest last.
    seen: Vec<Seen>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    registry: String,
    repository: String,
    blob: Digest,
}

impl Record {
    /// Reads the record of a cache folder. One that is missing or damaged is empty.
    #[must_use]
    pub fn load(cache_dir: &Path) -> Self {
        let path = cache_dir.join("registry").join("seen.json");
        let seen = fs::read(&path, MAX_FILE).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Record { path, seen: seen.unwrap_or_default() }
    }

    /// Notes that a repository has blobs.
    pub fn note<'b>(&mut self, repository: &Reference, blobs: impl IntoIterator<Item = &'b Descriptor>) {
        for blob in blobs {
            let Reference { registry, repository, .. } = repository.clone();
            let seen = Seen { registry, repository, blob: blob.digest };
            self.seen.retain(|known| *known != seen);
            self.seen.push(seen);
        }
        self.seen.drain(..self.seen.len().saturating_sub(MOST));
    }

    /// The other repositories of a registry that may have some of the blobs, first the one with the most bytes.
    #[must_use]
    pub fn candidates(&self, repository: &Reference, blobs: &[Descriptor]) -> Vec<String> {
        let mut bytes: BTreeMap<&str, u64> = BTreeMap::new();
        let others = self.seen.iter().filter(|seen| seen.registry == repository.registry);
        for seen in others.filter(|seen| seen.repository != repository.repository) {
            if let Some(blob) = blobs.iter().find(|blob| blob.digest == seen.blob) {
                *bytes.entry(&seen.repository).or_default() += blob.size;
            }
        }
        let mut candidates: Vec<(&str, u64)> = bytes.into_iter().collect();
        candidates.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        candidates.into_iter().take(MOST_CANDIDATES).map(|(repository, _)| repository.to_owned()).collect()
    }

    /// Writes the record.
    ///
    /// # Errors
    /// When the disk refuses; the record before stays.
    pub fn save(&self) -> Result<(), fs::Error> {
        let bytes = serde_json::to_vec(&self.seen).expect("texts can always be written as JSON");
        fs::write_atomic(&self.path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(text: &str) -> Reference {
        Reference::parse(text).expect("a reference")
    }

    fn blob(content: &[u8]) -> Descriptor {
        Descriptor::of("x/y".to_owned(), content)
    }

    #[test]
    fn what_was_seen_is_offered_to_other_repositories_of_the_registry() {
        let dir = tempfile::tempdir().expect("temp");
        let (small, large) = (blob(b"1"), blob(b"1234"));
        let mut record = Record::load(dir.path());
        record.note(&reference("ghcr.io/a/small"), [&small]);
        record.note(&reference("ghcr.io/a/large"), [&large, &small]);
        record.note(&reference("quay.io/a/other"), [&large]);
        record.save().expect("saved");
        let record = Record::load(dir.path());
        let blobs = [small, large];
        assert_eq!(record.candidates(&reference("ghcr.io/a/new"), &blobs), ["a/large", "a/small"]);
        assert_eq!(record.candidates(&reference("ghcr.io/a/large"), &blobs), ["a/small"]);
        assert_eq!(record.candidates(&reference("docker.io/a/new"), &blobs), [""; 0]);
    }

    #[test]
    fn it_forgets_the_oldest_and_survives_damage() {
        let dir = tempfile::tempdir().expect("temp");
        let mut record = Record::load(dir.path());
        let blobs: Vec<Descriptor> = (0..=MOST).map(|at| blob(at.to_string().as_bytes())).collect();
        record.note(&reference("ghcr.io/a/b"), &blobs);
        let offers =
            |record: &Record, at: usize| !record.candidates(&reference("ghcr.io/a/c"), &blobs[at..=at]).is_empty();
        assert_eq!((offers(&record, 0), offers(&record, 1), offers(&record, MOST)), (false, true, true));
        record.save().expect("saved");
        for damage in ["", "{", "[1]", r#"[{"registry":"x"}]"#, r#"[{"registry":"","repository":"","blob":"md5:0"}]"#] {
            fs::write_atomic(&record.path, damage.as_bytes()).expect("written");
            assert!(Record::load(dir.path()).seen.is_empty(), "{damage}");
        }
    }
}
