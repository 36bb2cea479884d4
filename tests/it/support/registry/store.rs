//! What a registry holds, in memory, and whether what its tags point at is wholly there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::support::files::sha256;

/// One repository.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    /// Layers and configs by digest.
    pub blobs: BTreeMap<String, Arc<[u8]>>,
    /// Manifests and indexes by digest.
    pub manifests: BTreeMap<String, Manifest>,
    /// Digests by tag.
    pub tags: BTreeMap<String, String>,
}

/// A manifest or an index.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Its `Content-Type`.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// What a manifest or an index needs.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Configs and layers: digest and size.
    pub blobs: Vec<(String, u64)>,
    /// Manifests: digest and size.
    pub manifests: Vec<(String, u64)>,
}

/// Digest and size of a descriptor.
fn entry(descriptor: &Value) -> (String, u64) {
    let digest = descriptor["digest"].as_str().unwrap_or_default().to_owned();
    (digest, descriptor["size"].as_u64().unwrap_or(u64::MAX))
}

impl Needs {
    /// Reads a document.
    pub fn of(document: &Value) -> Self {
        let list = |key: &str| document[key].as_array().into_iter().flatten().map(entry);
        let config = document.get("config").into_iter().map(entry);
        Needs { blobs: config.chain(list("layers")).collect(), manifests: list("manifests").collect() }
    }
}

impl Repository {
    /// What of these is missing, or has another size.
    pub fn missing(&self, needs: &Needs) -> Vec<String> {
        let blob = |digest: &str| self.blobs.get(digest).map(|bytes| bytes.len());
        let manifest = |digest: &str| self.manifests.get(digest).map(|found| found.bytes.len());
        let blobs = needs.blobs.iter().filter(|(digest, size)| blob(digest) != Some(*size as usize));
        let manifests = needs.manifests.iter().filter(|(digest, size)| manifest(digest) != Some(*size as usize));
        blobs.chain(manifests).map(|(digest, _)| digest.clone()).collect()
    }

    /// What keeps a tag's image from being whole: what is missing, and what has other bytes than its digest says.
    pub fn broken(&self, tag: &str) -> Vec<String> {
        let Some(root) = self.tags.get(tag) else { return vec![format!("there is no tag {tag}")] };
        let (mut problems, mut pending, mut seen) = (Vec::new(), vec![root.clone()], BTreeSet::new());
        while let Some(digest) = pending.pop() {
            if !seen.insert(digest.clone()) {
                continue;
            }
            let Some(manifest) = self.manifests.get(&digest) else {
                problems.push(format!("{tag}: {digest} is missing"));
                continue;
            };
            if sha256(&manifest.bytes) != digest {
                problems.push(format!("{tag}: {digest} has other bytes"));
            }
            let document = serde_json::from_slice(&manifest.bytes).unwrap_or(Value::Null);
            let needs = Needs::of(&document);
            problems.extend(self.missing(&needs).into_iter().map(|missing| format!("{tag}: {missing} is missing")));
            let other =
                |(digest, _): &&(String, u64)| self.blobs.get(digest).is_some_and(|bytes| sha256(bytes) != *digest);
            let other = needs.blobs.iter().filter(other);
            problems.extend(other.map(|(digest, _)| format!("{tag}: {digest} has other bytes")));
            pending.extend(needs.manifests.into_iter().map(|(digest, _)| digest));
        }
        problems
    }

    /// Everything a tag needs: digests of blobs, manifests and indexes.
    pub fn content(&self, tag: &str) -> BTreeSet<String> {
        let (mut pending, mut content) = (self.tags.get(tag).cloned().into_iter().collect::<Vec<_>>(), BTreeSet::new());
        while let Some(digest) = pending.pop() {
            if !content.insert(digest.clone()) {
                continue;
            }
            let Some(manifest) = self.manifests.get(&digest) else { continue };
            let needs = Needs::of(&serde_json::from_slice(&manifest.bytes).unwrap_or(Value::Null));
            content.extend(needs.blobs.into_iter().map(|(digest, _)| digest));
            pending.extend(needs.manifests.into_iter().map(|(digest, _)| digest));
        }
        content
    }
}

/// An upload that has begun.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    /// What has arrived.
    pub bytes: Vec<u8>,
    /// The state that the client was told last: it must come back as it was told.
    pub told: String,
    /// Whether the last piece was shorter than pieces must be that are not the last.
    pub short: bool,
}

/// Everything a registry holds.
#[derive(Debug, Clone, Default)]
pub struct Store {
    /// By name.
    pub repositories: BTreeMap<String, Repository>,
    /// By repository and id.
    pub uploads: BTreeMap<(String, String), Upload>,
    /// How many uploads have begun.
    pub begun: u32,
}

impl Store {
    /// A repository; an empty one if nothing was ever pushed to it.
    pub fn repository(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }

    /// What is wrong with any tag: nothing, at every moment.
    pub fn broken(&self) -> Vec<String> {
        let all = self.repositories.iter().flat_map(|(name, repository)| {
            repository.tags.keys().flat_map(move |tag| {
                repository.broken(tag).into_iter().map(move |problem| format!("{name}: {problem}"))
            })
        });
        all.collect()
    }
}
