//! Checks that a layout is whole: every blob that `index.json` leads to is there, has its size, and hashes to
//! its name.

use std::collections::BTreeMap;
use std::path::Path;

use super::content::in_parallel;
use super::document::Descriptor;
use super::read::{Damage, Layout};
use crate::domain::Digest;

/// What a whole layout holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// How many different blobs were read.
    pub blobs: usize,
    /// Their bytes.
    pub bytes: u64,
    /// How many manifests are among them.
    pub manifests: usize,
}

/// Reads every blob of a layout, on `threads` threads, in constant memory.
///
/// # Errors
/// The first damage: documents in the order of the index, then blobs in the order of their digests.
pub fn fsck(layout: &Path, threads: usize) -> Result<Whole, Damage> {
    let layout = Layout::open(layout)?;
    let listing = layout.list(None)?;
    let mut blobs: BTreeMap<Digest, Descriptor> = BTreeMap::new();
    let mut conflicting = Vec::new();
    let mut note = |descriptor: Descriptor| {
        let size = descriptor.size;
        let known = blobs.entry(descriptor.digest).or_insert_with(|| descriptor.clone());
        if known.size != size {
            conflicting.push(descriptor);
        }
    };
    for listed in &listing.manifests {
        let manifest = layout.manifest(&listed.descriptor)?;
        // Attestations keep other things than a config in that place.
        if manifest.config.media_type.contains(".image.v1+json")
            || manifest.config.media_type.contains(".image.config.")
        {
            layout.config(&manifest)?;
        }
        note(manifest.config);
        manifest.layers.into_iter().for_each(&mut note);
    }
    let manifests = listing.manifests.len();
    let listed = listing.manifests.into_iter().map(|listed| listed.descriptor);
    listing.indexes.into_iter().chain(listed).chain(listing.others).for_each(&mut note);
    let blobs: Vec<Descriptor> = blobs.into_values().chain(conflicting).collect();
    in_parallel(&blobs, threads, |blob| layout.verify(blob))?;
    Ok(Whole { blobs: blobs.len(), bytes: blobs.iter().map(|blob| blob.size).sum(), manifests })
}
