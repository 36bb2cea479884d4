//! One layer: what it is made of, its key, and its tar as a stream.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::content::{CHUNK, Contents, Facts};
use super::tar::{self, Member};
use super::{Compression, Error};
use crate::bundle::{Bundle, Content, Entry, LayerContent};
use crate::domain::{Digest, ImagePath};
use crate::sys::{fs, interrupt};

/// What the bytes of a blob depend on besides its entries: change it with the tar writer, the block size or
/// the version of libdeflate, so that no old blob is taken from the cache.
const PACKER: &str = "tar 1, blocks of 1 MiB, libdeflater 1.26.1";

/// A layer that is ready to be written, shared by all bundles that have the same.
#[derive(Debug)]
pub(super) struct Layer<'a> {
    /// What it is called, in the first bundle that has it.
    pub name: &'a str,
    /// The hash of everything that its bytes depend on.
    pub key: Digest,
    members: BTreeMap<ImagePath, Member<'a>>,
}

/// The layers of all bundles, each once.
#[derive(Debug)]
pub(super) struct Layers<'a> {
    /// The different layers, in the order of their first use.
    pub all: Vec<Layer<'a>>,
    /// For each bundle, the places of its layers in `all`, lowest first.
    pub of_bundle: Vec<Vec<usize>>,
}

impl<'a> Layers<'a> {
    /// Finds the layers that bundles share: those with the same paths, modes and contents.
    ///
    /// # Errors
    /// When two entries of a layer cannot both be there.
    pub fn of(
        bundles: &'a [Bundle],
        contents: &Contents<'_>,
        compression: Compression,
        created: u64,
    ) -> Result<Self, Error> {
        let mut all = Vec::new();
        let mut places = BTreeMap::new();
        let mut of_bundle = Vec::new();
        for bundle in bundles {
            let mut of_this = Vec::new();
            for content in &bundle.layers {
                let layer = Layer::of(content, contents, compression, created)?;
                let place = *places.entry(layer.key).or_insert(all.len());
                if place == all.len() {
                    all.push(layer);
                }
                of_this.push(place);
            }
            of_bundle.push(of_this);
        }
        Ok(Layers { all, of_bundle })
    }
}

impl<'a> Layer<'a> {
    fn of(
        content: &'a LayerContent,
        contents: &Contents<'_>,
        compression: Compression,
        created: u64,
    ) -> Result<Self, Error> {
        let members = tar::members(content)?;
        let mut hasher = Sha256::new();
        hasher.update(format!("{PACKER}, {compression}, {created}\n"));
        for (path, member) in &members {
            // Paths have no control characters, so no two lists of entries look the same.
            if let Member::File(entry) = member {
                let Facts { digest, .. } = contents.of(&entry.content);
                hasher.update(format!("{:o} {digest} {path}\n", entry.mode.bits()));
            }
        }
        Ok(Layer { name: &content.name, key: Digest::from_hasher(hasher), members })
    }

    /// The length in bytes of what [`Layer::write`] writes.
    pub fn tar_bytes(&self, contents: &Contents<'_>, created: u64) -> u64 {
        self.members.iter().map(|(path, member)| tar::length(path, *member, contents, created)).sum::<u64>()
            + tar::END_LENGTH
    }

    /// Writes the tar, with every time in it set to `created`.
    ///
    /// # Errors
    /// When a file cannot be read or is not what it was when it was hashed, or `out` fails.
    pub fn write(&self, contents: &Contents<'_>, created: u64, out: &mut dyn Write) -> Result<(), Error> {
        let mut buffer = vec![0; CHUNK];
        for (path, member) in &self.members {
            match member {
                Member::Folder => tar::folder(out, path.relative(), created).map_err(Error::Send)?,
                Member::File(entry) => self.write_file(entry, contents, created, &mut buffer, out)?,
            }
        }
        tar::end(out).map_err(Error::Send)
    }

    fn write_file(
        &self,
        entry: &Entry,
        contents: &Contents<'_>,
        created: u64,
        buffer: &mut [u8],
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        let facts = contents.of(&entry.content);
        tar::file(out, entry.path.relative(), entry.mode.bits(), facts.size, created).map_err(Error::Send)?;
        match &entry.content {
            Content::Generated(bytes) => out.write_all(bytes).map_err(Error::Send)?,
            Content::OnDisk(path) => self.copy(path, facts, buffer, out)?,
        }
        tar::pad(out, facts.size).map_err(Error::Send)
    }

    /// Copies a file and hashes it again: what is packed must be what the key was made from.
    fn copy(&self, path: &Path, facts: Facts, buffer: &mut [u8], out: &mut dyn Write) -> Result<(), Error> {
        let changed = || Error::Changed { path: path.to_owned(), layer: self.name.to_owned() };
        let (mut file, size) = fs::open(path)?;
        if size != facts.size {
            return Err(changed());
        }
        let mut hasher = Sha256::new();
        let mut left = size;
        loop {
            if interrupt::asked() {
                return Err(Error::Interrupted);
            }
            let length = match file.read(buffer) {
                Ok(length) => length,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(fs::Error::new("read", path, e).into()),
            };
            if length == 0 {
                break;
            }
            left = left.checked_sub(length as u64).ok_or_else(changed)?;
            hasher.update(&buffer[..length]);
            out.write_all(&buffer[..length]).map_err(Error::Send)?;
        }
        if left != 0 || Digest::from_hasher(hasher) != facts.digest {
            return Err(changed());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Room, bundle, generated, image_path, layer, untar};
    use super::*;
    use crate::domain::{Arch, FileMode};

    const GZIP: Compression = Compression::Gzip { level: 6 };

    fn key(entries: Vec<Entry>, compression: Compression, created: u64) -> Digest {
        let bundles = [bundle(Arch::Amd64, vec![layer("x", entries)])];
        let contents = Contents::read(&bundles, 1).expect("read");
        Layers::of(&bundles, &contents, compression, created).expect("no clash").all[0].key
    }

    #[test]
    fn everything_the_bytes_depend_on_is_in_the_key_and_nothing_else() {
        let room = Room::new();
        let entries = vec![generated("a", b"x"), room.file("b", b"y")];
        let base = key(entries.clone(), GZIP, 0);
        let reversed: Vec<Entry> = entries.iter().rev().cloned().collect();
        assert_eq!(key(reversed, GZIP, 0), base, "order of entries");
        let elsewhere = Room::new();
        assert_eq!(key(vec![generated("a", b"x"), elsewhere.file("b", b"y")], GZIP, 0), base, "source paths");
        let with = |change: fn(&mut Vec<Entry>)| {
            let mut entries = entries.clone();
            change(&mut entries);
            key(entries, GZIP, 0)
        };
        let others = [
            with(|e| e[0].path = image_path("c")),
            with(|e| e[0].mode = FileMode::Executable),
            with(|e| e[0].content = Content::Generated(b"z".to_vec())),
            with(|e| drop(e.pop())),
            key(entries.clone(), GZIP, 1),
            key(entries.clone(), Compression::Gzip { level: 5 }, 0),
        ];
        assert!(others.iter().all(|other| *other != base));
    }

    #[test]
    fn the_key_names_the_compressor_that_is_linked() {
        let manifest = include_str!("../../Cargo.toml");
        let version = PACKER.rsplit(' ').next().expect("the version comes last");
        assert!(manifest.contains(&format!("\"={version}\"")), "PACKER and Cargo.toml disagree on libdeflater");
    }

    #[test]
    fn a_file_that_changes_after_it_was_hashed_is_an_error() {
        let room = Room::new();
        let bundles = [bundle(Arch::Amd64, vec![layer("host tool", vec![room.file("tool", b"before")])])];
        let contents = Contents::read(&bundles, 1).expect("read");
        let layers = Layers::of(&bundles, &contents, GZIP, 0).expect("no clash");
        let mut tar = Vec::new();
        layers.all[0].write(&contents, 0, &mut tar).expect("unchanged");
        assert_eq!(untar(&tar)[0].bytes, b"before");
        assert_eq!(layers.all[0].tar_bytes(&contents, 0), tar.len() as u64);
        for bytes in [&b"behind"[..], b"", b"befor", b"before it", &[0; 3 * CHUNK]] {
            room.file("tool", bytes);
            match layers.all[0].write(&contents, 0, &mut Vec::new()) {
                Err(Error::Changed { path, layer }) => {
                    assert_eq!((path.file_name(), layer.as_str()), (Some("tool".as_ref()), "host tool"));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
