//! The contents of files, once it is known which ones are wanted: each layer streams by again, and what comes is
//! compared with what was found the first time.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

use sha2::{Digest as _, Sha256};

use super::damage::LayerDamage;
use super::model::Platform;
use super::path::normal;
use super::tally::{Packed, Tally, Unpacked};
use super::tape::{Kind, Skip, Stream, Tape};
use super::unpack::unpack;
use super::{Error, Subject};
use crate::domain::Digest;
use crate::sys::fs;

/// A file whose content is wanted, as a look for it found it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// Its path behind all links, without a leading `/`.
    pub path: String,
    /// The number of its layer, counted from the lowest.
    pub layer: usize,
    /// Its length in bytes.
    pub size: u64,
    /// The hash of its content.
    pub digest: Digest,
}

/// Files by the paths at which they are looked for.
type Open<'a> = BTreeMap<String, Vec<&'a Wanted>>;

/// How often a layer streams by at most: once more for each further name of one file.
const MAX_PASSES: usize = 8;

/// What takes a content: it must read to the end.
pub type Take<'a> = dyn FnMut(&Wanted, &mut dyn Read) -> Result<(), fs::Error> + 'a;

impl Subject<'_> {
    /// Hands the content of each file to `take`, in the order in which the layers have them, and returns the files
    /// that are not there with this content. What `take` was given of those is something else, of the same length.
    ///
    /// # Errors
    /// When a layer does not come or is damaged, or `take` fails.
    pub fn contents(&self, platform: &Platform, wanted: &[Wanted], take: &mut Take<'_>) -> Result<Vec<Wanted>, Error> {
        let mut missing = Vec::new();
        for at in 0..platform.layers.len() {
            let of_layer = wanted.iter().filter(|file| file.layer == at);
            let mut open = Open::new();
            of_layer.for_each(|file| open.entry(file.path.clone()).or_default().push(file));
            // A second name leads to the first one, which may have come by already.
            for _ in 0..MAX_PASSES {
                if open.is_empty() {
                    break;
                }
                let before = open.clone();
                open = self.pass(platform, at, open, take)?;
                if open == before {
                    break;
                }
            }
            missing.extend(open.into_values().flatten().cloned());
        }
        Ok(missing)
    }

    /// Reads a layer from its first byte to its last, and returns what is still open: by the path that it lies at.
    fn pass<'a>(&self, platform: &Platform, at: usize, open: Open<'a>, take: &mut Take<'_>) -> Result<Open<'a>, Error> {
        let expected = platform.layers[at].size;
        let blob = self.blob(platform, at)?;
        let (packed, manner) = (Tally::default(), self.manner());
        let grow = |bytes| manner.take(bytes, || LayerDamage::Window).map_err(io::Error::other);
        let mut reader = BufReader::new(Packed::new(blob, &packed, expected));
        let unpacked = unpack(&mut reader, grow)
            .map(|(_, stream)| Unpacked::new(stream, &packed, manner.limits))
            .map_err(Failed::from)
            .and_then(|stream| members(Tape::new(Stream(BufReader::new(stream))), open, take));
        if let Some(failure) = packed.failure() {
            return Err(self.source.failure(&self.name, failure));
        }
        unpacked.map_err(|failed| match failed {
            Failed::Take(error) => error.into(),
            Failed::Layer(damage) => self.damaged(platform, at, damage),
        })
    }
}

/// Hands on what comes by, and returns what is still open.
fn members<'a>(mut tape: Tape<impl Skip>, mut open: Open<'a>, take: &mut Take<'_>) -> Result<Open<'a>, Failed> {
    let mut further = Open::new();
    while let Some(member) = tape.next().map_err(LayerDamage::from)? {
        let path = normal(&String::from_utf8_lossy(&member.path));
        let Some(mut files) = open.remove(&path) else { continue };
        match member.kind {
            Kind::File if !member.sparse => {
                // One pass gives a content once; those who also want it get it from the next one.
                let Some(file) = files.pop_if(|file| file.size == member.size) else {
                    open.insert(path, files);
                    continue;
                };
                let mut hashed = Hashed { data: &mut tape, hasher: Sha256::new() };
                take(file, &mut hashed).map_err(Failed::Take)?;
                if Digest::from_hasher(hashed.hasher) == file.digest {
                    further.entry(path).or_default().extend(files);
                } else {
                    // A path may come twice, and the last one counts.
                    files.push(file);
                    open.insert(path, files);
                }
            }
            Kind::HardLink => {
                let target = normal(&String::from_utf8_lossy(&member.link));
                further.entry(target).or_default().extend(files);
            }
            _ => drop(open.insert(path, files)),
        }
    }
    for (path, files) in open {
        further.entry(path).or_default().extend(files);
    }
    further.retain(|_, files| !files.is_empty());
    Ok(further)
}

/// Why a pass ended early.
enum Failed {
    Take(fs::Error),
    Layer(LayerDamage),
}

impl From<LayerDamage> for Failed {
    fn from(damage: LayerDamage) -> Self {
        Failed::Layer(damage)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Failed::Layer(error.into())
    }
}

/// The data of a member with their hash.
struct Hashed<'a, R> {
    data: &'a mut R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.data.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{Tar, TestLayout, image, layer};
    use super::*;
    use crate::subject::{EntryKind, FileFact};

    fn wanted(subject: &Subject<'_>, folder: &str) -> Vec<Wanted> {
        let mut facts = Vec::new();
        subject.below(&subject.platforms[0], folder, &mut |fact| facts.push(fact)).expect("read");
        let wanted = |fact: FileFact| {
            let FileFact { path, layer, size, digest, kind, .. } = fact;
            (kind == EntryKind::File).then_some(Wanted { path, layer, size, digest: digest? })
        };
        facts.into_iter().filter_map(wanted).collect()
    }

    fn contents(subject: &Subject<'_>, wanted: &[Wanted]) -> Result<(Vec<String>, Vec<Wanted>), Error> {
        let mut got = Vec::new();
        let mut take = |file: &Wanted, data: &mut dyn Read| {
            let mut text = String::new();
            data.read_to_string(&mut text).expect("text");
            got.push(format!("{} {text}", file.path));
            Ok(())
        };
        let missing = subject.contents(&subject.platforms[0], wanted, &mut take)?;
        got.sort();
        Ok((got, missing))
    }

    #[test]
    fn every_content_comes_once_and_only_those_that_are_wanted() {
        let lower = Tar::default().file("ui/a", b"old").file("ui/b", b"b").file("other", b"x");
        let upper = Tar::default()
            .file("./ui/a", b"new")
            .hard_link("ui/second", "ui/a")
            .hard_link("ui/third", "./ui/second")
            .hard_link("ui/fourth", "ui/a")
            .symlink("ui/link", "a");
        let layout = image(&[layer(lower), layer(upper)]);
        let subject = layout.open().expect("opened");
        let wanted = wanted(&subject, "ui");
        assert_eq!(wanted.len(), 5);
        let (got, missing) = contents(&subject, &wanted).expect("read");
        assert_eq!(got, ["ui/a new", "ui/b b", "ui/fourth new", "ui/second new", "ui/third new"]);
        assert_eq!(missing, []);
    }

    #[test]
    fn what_has_another_content_or_length_is_not_there() {
        let twice = Tar::default().file("a", b"one").file("a", b"uno").file("b", b"two");
        let layout = image(&[layer(twice)]);
        let subject = layout.open().expect("opened");
        let file = |path: &str, text: &[u8]| Wanted {
            path: path.to_owned(),
            layer: 0,
            size: text.len() as u64,
            digest: Digest::of(text),
        };
        let others = [file("b", b"two!"), file("b", b"TWO"), file("gone", b"one")];
        for other in others {
            assert_eq!(contents(&subject, std::slice::from_ref(&other)).expect("read").1, [other]);
        }
        let (got, missing) = contents(&subject, &[file("a", b"uno")]).expect("read");
        assert_eq!((got.last().map(String::as_str), missing.len()), (Some("a uno"), 0), "the last one counts");
    }

    #[test]
    fn a_layer_that_is_no_tar_is_an_error() {
        let mut broken = layer(Tar::default().file("a", b"one"));
        broken.blob = super::super::testing::gzip(&[b'x'; 3_000]);
        let layout = TestLayout::new().image("amd64", json!({}), &[broken]).finish();
        let subject = layout.open().expect("opened");
        let file = Wanted { path: "a".to_owned(), layer: 0, size: 3, digest: Digest::of(b"one") };
        assert!(matches!(contents(&subject, &[file]), Err(Error::Layer { .. })));
    }
}
