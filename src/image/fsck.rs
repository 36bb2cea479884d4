//! Checks that a layout is whole: every blob that `index.json` leads to is there, has its size, and hashes to
//! its name.

use std::collections::BTreeMap;
use std::path::Path;

use super::content::in_parallel;
use super::damage::Damage;
use super::document::Descriptor;
use super::read::Layout;
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

#[cfg(test)]
mod tests {
    use super::super::testing::Room;
    use super::*;
    use crate::sys::fs;

    #[test]
    fn a_whole_layout_passes() {
        let room = Room::new();
        let image = room.assemble(&room.bundles());
        let whole = fsck(&image.layout, 2).expect("whole");
        // A shared layer, two of their own, two configs, two manifests, one index.
        assert_eq!((whole.blobs, whole.manifests), (8, 2));
        assert_eq!(whole.bytes, image.blobs().iter().map(|blob| blob.size).sum::<u64>());
    }

    #[test]
    fn every_kind_of_damage_is_found_in_every_blob() {
        let room = Room::new();
        let image = room.assemble(&room.bundles());
        for blob in image.blobs() {
            let path = image.blob_path(&blob.digest);
            let bytes = fs::read(&path, 1 << 30).expect("read");
            let mut flipped = bytes.clone();
            flipped[bytes.len() / 2] ^= 1;
            fs::write_atomic(&path, &flipped).expect("written");
            assert!(matches!(fsck(&image.layout, 2), Err(Damage::Digest { digest, .. }) if digest == blob.digest));
            fs::write_atomic(&path, &bytes[1..]).expect("written");
            assert!(matches!(fsck(&image.layout, 2), Err(Damage::Size { digest, .. }) if digest == blob.digest));
            fs::remove_file(&path).expect("removed");
            assert!(matches!(fsck(&image.layout, 2), Err(Damage::Missing { digest, .. }) if digest == blob.digest));
            fs::write_atomic(&path, &bytes).expect("written");
        }
        fsck(&image.layout, 2).expect("whole again");
    }

    #[test]
    fn two_sizes_of_one_blob_cannot_both_be_true() {
        let room = Room::new();
        let image = room.assemble(&room.bundles());
        let index = fs::read_text(&image.layout.join("index.json")).expect("read");
        let layer = &image.platforms[0].layers[0];
        let entry = |size: u64| format!(r#"{{"mediaType":"x/y","digest":"{}","size":{size}}}"#, layer.digest);
        for (size, fine) in [(layer.size, true), (layer.size + 1, false)] {
            let index = index.replacen(r#""manifests":["#, &format!(r#""manifests":[{},"#, entry(size)), 1);
            fs::write_atomic(&image.layout.join("index.json"), index.as_bytes()).expect("written");
            assert_eq!(fsck(&image.layout, 1).is_ok(), fine, "{size}");
        }
    }

    #[test]
    fn damage_around_the_blobs_is_found() {
        let harm: [(&str, &[u8]); 4] = [
            ("oci-layout", b"{}"),
            ("oci-layout", br#"{"imageLayoutVersion":"2.0.0"}"#),
            ("index.json", b"{"),
            ("index.json", b"[]"),
        ];
        for (file, bytes) in harm {
            let room = Room::new();
            let image = room.assemble(&room.bundles());
            fs::write_atomic(&image.layout.join(file), bytes).expect("written");
            assert!(fsck(&image.layout, 2).is_err(), "{file}");
            fs::remove_file(&image.layout.join(file)).expect("removed");
            assert!(fsck(&image.layout, 2).is_err(), "{file}");
        }
    }
}
