//! Reading OCI layouts that anybody may have written: every document is verified against its descriptor
//! before it is parsed, and no text in one can become a path, a loop or an unbounded allocation.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::content::CHUNK;
use super::damage::Damage;
use super::document::{Config, Descriptor, Index, Manifest, RunsOn};
use super::media_types::Kind;
use crate::domain::Digest;
use crate::sys::fs;

/// The largest document that is read, in bytes: what registries and containerd accept for a manifest.
pub const MAX_DOCUMENT: u64 = 4 << 20;

/// How deep indexes may nest. Real layouts have an index in `index.json`; skopeo and BuildKit go no deeper.
pub const MAX_DEPTH: usize = 4;

/// How many manifests a layout may list in all.
pub const MAX_MANIFESTS: usize = 1_000;

/// The file that marks a layout, and the version it names (`image-layout.md` of the specification).
pub const MARKER: &str = "oci-layout";
pub(super) const INDEX: &str = "index.json";
pub(super) const LAYOUT_VERSION: &str = "1.0.0";

/// A manifest that a layout's indexes list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The entry of the index.
    pub descriptor: Descriptor,
    /// Where it runs, if the entry says so.
    pub platform: Option<RunsOn>,
}

/// What the indexes of a layout list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The bytes of `index.json`.
    pub index_json: Vec<u8>,
    /// The entries of `index.json` that were followed.
    pub roots: Vec<Descriptor>,
    /// The indexes below it.
    pub indexes: Vec<Descriptor>,
    /// The manifests, in the order of the indexes, each once.
    pub manifests: Vec<Listed>,
    /// What is neither, and not looked into.
    pub others: Vec<Descriptor>,
}

/// A folder that is read as an OCI layout.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Looks at a folder.
    ///
    /// # Errors
    /// When it has no `oci-layout` of version 1.0.0.
    pub fn open(root: &Path) -> Result<Self, Damage> {
        #[derive(Deserialize)]
        struct Marker {
            #[serde(rename = "imageLayoutVersion")]
            version: String,
        }
        let not = |why: String| Damage::NotALayout { layout: root.to_owned(), why };
        let path = root.join(MARKER);
        let bytes = fs::read(&path, MAX_DOCUMENT)
            .map_err(|e| if e.is_not_found() { not(format!("it has no `{MARKER}`")) } else { Damage::File(e) })?;
        let marker: Marker = parse(&path, "layout marker", &bytes)?;
        if marker.version != LAYOUT_VERSION {
            let version: String = marker.version.chars().take(20).collect();
            return Err(not(format!("its version is `{version}`, not {LAYOUT_VERSION}")));
        }
        Ok(Layout { root: root.to_owned() })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a blob is.
    #[must_use]
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        super::blob_path(&self.root, digest)
    }

    /// Follows `index.json`, or only its entry of a tag, through all indexes.
    ///
    /// # Errors
    /// When an index is damaged, hostile, or the tag does not lead to exactly one entry.
    pub fn list(&self, tag: Option<&str>) -> Result<Listing, Damage> {
        let path = self.root.join(INDEX);
        let index_json = fs::read(&path, MAX_DOCUMENT)?;
        let index: Index = parse(&path, "image index", &index_json)?;
        let roots = match tag {
            None => index.manifests,
            Some(tag) => vec![self.tagged(index.manifests, tag)?],
        };
        let mut listing = Listing { index_json, roots, indexes: Vec::new(), manifests: Vec::new(), others: Vec::new() };
        let mut seen = BTreeSet::new();
        let mut level = listing.roots.clone();
        for depth in 0.. {
            let mut below = Vec::new();
            for descriptor in level {
                if !seen.insert(descriptor.digest) {
                    continue;
                }
                if seen.len() > MAX_MANIFESTS || below.len() > MAX_MANIFESTS {
                    return Err(Damage::TooMany { layout: self.root.clone() });
                }
                match descriptor.kind() {
                    Kind::Index if depth == MAX_DEPTH => return Err(Damage::TooDeep { layout: self.root.clone() }),
                    Kind::Index => {
                        let index: Index = self.document(&descriptor, "image index")?;
                        below.extend(index.manifests);
                        listing.indexes.push(descriptor);
                    }
                    Kind::Manifest => {
                        let platform = descriptor.platform.clone();
                        listing.manifests.push(Listed { descriptor, platform });
                    }
                    Kind::Other => listing.others.push(descriptor),
                }
            }
            if below.is_empty() {
                break;
            }
            level = below;
        }
        Ok(listing)
    }

    fn tagged(&self, entries: Vec<Descriptor>, tag: &str) -> Result<Descriptor, Damage> {
        let found = entries.iter().filter_map(Descriptor::tag).map(str::to_owned).collect();
        let mut tagged = entries.into_iter().filter(|entry| entry.tag() == Some(tag));
        match (tagged.next(), tagged.next()) {
            (Some(entry), None) => Ok(entry),
            _ => Err(Damage::Tag { layout: self.root.clone(), wanted: Some(tag.to_owned()), found }),
        }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is damaged or hostile.
    pub fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, Damage> {
        self.document(descriptor, "image manifest")
    }

    /// Reads the config of a manifest.
    ///
    /// # Errors
    /// When it is damaged, hostile, or does not fit the manifest.
    pub fn config(&self, manifest: &Manifest) -> Result<Config, Damage> {
        let config: Config = self.document(&manifest.config, "image config")?;
        let (diff_ids, layers) = (config.rootfs.diff_ids.len(), manifest.layers.len());
        if diff_ids == layers {
            Ok(config)
        } else {
            Err(Damage::Layers { config: manifest.config.digest, diff_ids, layers })
        }
    }

    /// Hands all of a blob to `take`, piece by piece, and compares it with its descriptor.
    ///
    /// # Errors
    /// When it is missing, of another size, or not what its name says, or `take` fails. A blob that is longer
    /// than it says is not read to its end.
    pub fn copy<E: From<Damage>>(
        &self,
        descriptor: &Descriptor,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = self.sized(descriptor)?;
        let (mut file, _) = fs::open(&path).map_err(Damage::File)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; CHUNK];
        let mut size = 0;
        while size <= descriptor.size {
            let length = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(Damage::File(fs::Error::new("read", &path, e)).into()),
            };
            size += length as u64;
            if size <= descriptor.size {
                hasher.update(&buffer[..length]);
                take(&buffer[..length])?;
            }
        }
        Ok(compare(descriptor, path, size, Digest::from_hasher(hasher))?)
    }

    /// Reads all of a blob and compares it with its descriptor.
    ///
    /// # Errors
    /// As [`Layout::copy`].
    pub fn verify(&self, descriptor: &Descriptor) -> Result<(), Damage> {
        self.copy(descriptor, |_| Ok(()))
    }

    /// Looks whether a blob is there with the right size. Its bytes are not read.
    ///
    /// # Errors
    /// When it is not there, is no file, or has another size.
    pub fn presence(&self, descriptor: &Descriptor) -> Result<(), Damage> {
        self.sized(descriptor).map(drop)
    }

    /// The path of a blob that is there with the right size.
    fn sized(&self, descriptor: &Descriptor) -> Result<PathBuf, Damage> {
        let &Descriptor { digest, size: expected, .. } = descriptor;
        let path = self.blob_path(&digest);
        match fs::kind_followed(&path) {
            Ok(fs::Kind::File(found)) if found == expected => Ok(path),
            Ok(fs::Kind::File(found)) => Err(Damage::Size { digest, path, expected, found }),
            Err(e) if !e.is_not_found() => Err(e.into()),
            _ => Err(Damage::Missing { digest, path }),
        }
    }

    fn document<T: DeserializeOwned>(&self, descriptor: &Descriptor, what: &'static str) -> Result<T, Damage> {
        if descriptor.size > MAX_DOCUMENT {
            let path = self.blob_path(&descriptor.digest);
            return Err(Damage::TooLarge { path, what, size: descriptor.size });
        }
        let path = self.sized(descriptor)?;
        let bytes = fs::read(&path, MAX_DOCUMENT)?;
        compare(descriptor, path.clone(), bytes.len() as u64, Digest::of(&bytes))?;
        parse(&path, what, &bytes)
    }
}

fn compare(descriptor: &Descriptor, path: PathBuf, size: u64, found: Digest) -> Result<(), Damage> {
    let &Descriptor { digest, size: expected, .. } = descriptor;
    if size != expected {
        Err(Damage::Size { digest, path, expected, found: size })
    } else if found != digest {
        Err(Damage::Digest { digest, path, found })
    } else {
        Ok(())
    }
}

fn parse<T: DeserializeOwned>(path: &Path, what: &'static str, bytes: &[u8]) -> Result<T, Damage> {
    // serde_json refuses to nest more than 128 deep, so a document cannot exhaust the stack.
    serde_json::from_slice(bytes).map_err(|source| Damage::Document { path: path.to_owned(), what, source })
}

#[cfg(test)]
mod tests {
    use super::super::document::canonical;
    use super::super::testing::Room;
    use super::*;
    use serde_json::{Value, json};

    /// A layout with one `index.json` and some blobs.
    fn layout(room: &Room, index: &Value, blobs: &[&[u8]]) -> Layout {
        let root = room.path("layout");
        fs::write_atomic(&root.join(MARKER), br#"{"imageLayoutVersion":"1.0.0"}"#).expect("written");
        fs::write_atomic(&root.join(INDEX), &canonical(index)).expect("written");
        for blob in blobs {
            fs::write_atomic(&super::super::blob_path(&root, &Digest::of(blob)), blob).expect("written");
        }
        Layout::open(&root).expect("a layout")
    }

    const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
    const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

    fn entry(media_type: &str, bytes: &[u8]) -> Value {
        json!({ "mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len() })
    }

    fn index(manifests: &[Value]) -> Value {
        json!({ "schemaVersion": 2, "manifests": manifests })
    }

    #[test]
    fn nested_indexes_are_followed_to_a_depth() {
        for (depth, fine) in [(0, true), (1, true), (MAX_DEPTH - 1, true), (MAX_DEPTH, true), (MAX_DEPTH + 1, false)] {
            let room = Room::new();
            let mut blobs = vec![b"manifest".to_vec()];
            let mut top = index(&[entry(MANIFEST_TYPE, b"manifest")]);
            for _ in 0..depth {
                let bytes = canonical(&top);
                top = index(&[entry(INDEX_TYPE, &bytes)]);
                blobs.push(bytes);
            }
            let blobs: Vec<&[u8]> = blobs.iter().map(Vec::as_slice).collect();
            let listed = layout(&room, &top, &blobs).list(None);
            match listed {
                Ok(listing) => assert!(fine && listing.manifests.len() == 1 && listing.indexes.len() == depth),
                Err(error) => assert!(!fine && matches!(error, Damage::TooDeep { .. }), "{depth}: {error}"),
            }
        }
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes();
        let many: Vec<Value> = (0..=MAX_MANIFESTS).map(|i| entry("text/plain", i.to_string().as_bytes())).collect();
        let claims =
            |size: Value| index(&[json!({ "mediaType": INDEX_TYPE, "digest": Digest::of(b"{}"), "size": size })]);
        let named = |digest: &str| index(&[json!({ "mediaType": INDEX_TYPE, "digest": digest, "size": 2 })]);
        let cases: Vec<(&str, Value, Vec<&[u8]>)> = vec![
            ("nesting", index(&[entry(INDEX_TYPE, &deep)]), vec![&deep]),
            ("count", index(&many), vec![]),
            ("claimed size", claims(json!(5 << 20)), vec![b"{}"]),
            ("enormous size", claims(json!(u64::MAX)), vec![b"{}"]),
            ("negative size", claims(json!(-1)), vec![b"{}"]),
            ("wrong size", claims(json!(3)), vec![b"{}"]),
            ("traversal", named("sha256:../../../../etc/passwd"), vec![]),
            ("traversal by algorithm", named("../sha256:00"), vec![]),
            ("sha512", named(&format!("sha512:{}", "0".repeat(128))), vec![]),
            ("not there", named(&Digest::of(b"x").to_string()), vec![]),
            ("no index", index(&[entry(INDEX_TYPE, b"{}")]), vec![b"{}"]),
        ];
        for (case, index, blobs) in cases {
            let room = Room::new();
            assert!(layout(&room, &index, &blobs).list(None).is_err(), "{case}");
        }
    }

    #[test]
    fn an_index_file_too_large_is_not_read() {
        let room = Room::new();
        let layout = layout(&room, &json!({ "pad": " ".repeat(MAX_DOCUMENT as usize) }), &[]);
        assert!(matches!(layout.list(None), Err(Damage::File(_))));
    }

    #[test]
    fn tags_lead_to_exactly_one_entry() {
        let tagged = |tag: &str, bytes: &[u8]| {
            let mut entry = entry(MANIFEST_TYPE, bytes);
            entry["annotations"] = json!({ (super::super::document::REF_NAME): tag });
            entry
        };
        let room = Room::new();
        let layout = layout(&room, &index(&[tagged("a", b"1"), tagged("b", b"2"), tagged("b", b"3")]), &[]);
        assert_eq!(layout.list(Some("a")).expect("found").manifests.len(), 1);
        assert_eq!(layout.list(None).expect("all").manifests.len(), 3);
        for tag in ["b", "c", ""] {
            let error = layout.list(Some(tag)).expect_err("refused").to_string();
            assert!(error.contains("the tags a, b, b"), "{error}");
        }
    }

    #[test]
    fn a_blob_that_grows_is_not_read_to_its_end() {
        let room = Room::new();
        let blob = vec![7; 3 * CHUNK];
        let layout = layout(&room, &index(&[]), &[&blob]);
        let mut descriptor = Descriptor::of("x".to_owned(), &blob);
        layout.verify(&descriptor).expect("whole");
        descriptor.size -= 1;
        assert!(matches!(layout.verify(&descriptor), Err(Damage::Size { .. })));
    }
}
