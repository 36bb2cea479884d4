//! The JSON of images: configs, manifests, indexes, `index.json`. Each part of an input is a document, the last one
//! `index.json`; in a document, `"@0"` becomes the digest of the first one with its size, and `"@layer"` that of a
//! layer whose tar hashes to `"@diff"`.

use cargo_dext::domain::Digest;
use cargo_dext::image::{Layout, fsck};

use super::subject::{self, Bounds};
use crate::scratch::Scratch;
use crate::{pack, text};

/// How many documents an input becomes at most.
const MAX_DOCUMENTS: usize = 9;

/// Reads a layout of these documents.
pub fn run(data: &[u8]) {
    let mut scratch = Scratch::new();
    scratch.write("layout/oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);
    let layer = pack::tar(&[("metadata.json", br#"{"icon":"icon.svg"}"#), ("icon.svg", b"<svg/>")]);
    scratch.write(&format!("layout/{}", pack::blob_path(&layer)), &layer);
    let mut known = vec![("\"@layer\"".to_owned(), said(&layer)), ("\"@diff\"".to_owned(), hash(&layer))];
    let parts = text::parts(data);
    let last = parts.len().min(MAX_DOCUMENTS) - 1;
    for (at, part) in parts.into_iter().take(MAX_DOCUMENTS).enumerate() {
        let document = filled(part, &known);
        let path = if at == last { "index.json".to_owned() } else { pack::blob_path(&document) };
        scratch.write(&format!("layout/{path}"), &document);
        known.push((format!("\"@{at}\""), said(&document)));
    }
    subject::read("oci:layout", scratch.path(), Bounds::Real);
    layout(&scratch);
    scratch.untouched();
}

fn hash(bytes: &[u8]) -> String {
    format!("\"{}\"", Digest::of(bytes))
}

/// A digest and a size, as the rest of a descriptor that began with `"digest":`.
fn said(bytes: &[u8]) -> String {
    format!("{},\"size\":{}", hash(bytes), bytes.len())
}

fn filled(part: &[u8], known: &[(String, String)]) -> Vec<u8> {
    match std::str::from_utf8(part) {
        Ok(text) => known.iter().fold(text.to_owned(), |text, (name, said)| text.replace(name, said)).into_bytes(),
        Err(_) => part.to_vec(),
    }
}

/// Reads the layout as `publish` does.
fn layout(scratch: &Scratch) {
    let folder = scratch.path().join("layout");
    let layout = Layout::open(&folder).expect("the marker is right");
    for tag in [None, Some("1.0.0")] {
        match layout.list(tag) {
            Err(damage) => text::error(&damage),
            Ok(listing) => {
                let manifests = listing.manifests.iter().map(|listed| layout.manifest(&listed.descriptor));
                for manifest in manifests.flatten() {
                    drop(layout.config(&manifest));
                }
            }
        }
    }
    if let Err(damage) = fsck(&folder, 1) {
        text::error(&damage);
    }
}
