//! A whole image of any maker to a view.

use std::sync::Arc;

use super::platform::{self, Files};
use crate::domain::{Reference, count, json};
use crate::subject::{self, Absence, Error, FileFact, Found, Lies, Place, Platform, Remark, Walked};
use crate::validate::compose::Compose;
use crate::validate::metadata::Metadata;
use crate::validate::view::{Entry, ImageView, Maker, PlatformView, Start, Subject, Trouble, View};

/// Bytes of memory, more or less, after which no further platform is looked at.
const ROOM: u64 = 20 << 20;

/// Bytes of memory for a file in a view.
const FILE: u64 = 250;

/// Bytes of memory for a value of a metadata.json, if each is an object with one key.
const VALUE: u64 = 600;

/// Bytes of memory for a word of a compose file, beside its text.
const WORD: u64 = 48;

/// Reads an image that was opened with [`options`](super::options).
///
/// # Errors
/// When its source fails: a file cannot be read, a registry or engine does not answer. What is wrong with the image
/// itself is part of the view.
pub fn image(place: &Place, subject: &subject::Subject<'_>) -> Result<View, Error> {
    let complete = !matches!(subject.kind, "docker-archive" | "engine");
    let entries = subject.entries.iter().map(|entry| Entry {
        platform: entry.platform.clone(),
        media_type: entry.media_type.clone(),
        attestation: entry.attestation,
    });
    let mut image = ImageView { complete, entries: entries.collect(), ..ImageView::default() };
    let mut taken = 0;
    for (at, platform) in subject.platforms.iter().enumerate() {
        if taken > ROOM {
            let what = format!(
                "only {} of {} looked at: what is in them is too much",
                count(at as u64, "platform"),
                subject.platforms.len(),
            );
            image.trouble.push(Trouble::fatal(what));
            break;
        }
        match one(subject, platform) {
            Ok(mut view) => {
                share(&mut view.metadata, &image.platforms);
                taken += weight(&view);
                image.platforms.push(view);
            }
            Err(Error::Layer { name, damage, .. }) => image.trouble.push(Trouble {
                layer: Some(name),
                platform: Some(platform.name()),
                ..Trouble::fatal(format!("the layer cannot be read: {damage}"))
            }),
            Err(error) => return Err(error),
        }
        subject.keep_only(&subject.platforms[at + 1..], taken);
    }
    let ours = subject.platforms.iter().flat_map(|platform| &platform.layers).any(|layer| layer.ours);
    let maker = if ours { Maker::CargoDext } else { Maker::Other };
    let (reference, tag) = names(place, subject);
    Ok(View { maker, reference, tag, ..View::of(Subject::Image(image)) })
}

/// Bytes of memory that a view takes, more or less.
fn weight(view: &PlatformView) -> u64 {
    let metadata = match &view.metadata {
        // Two have it: this platform and one before it, or more.
        Metadata::Whole(document) if Arc::strong_count(document) > 1 => 0,
        Metadata::Whole(document) => {
            let text = document.text.as_bytes();
            text.len() as u64 + VALUE * json::values(text) as u64
        }
        _ => 0,
    };
    let words = view.composefile.iter().flatten().flat_map(Compose::words).map(|word| WORD + word.len() as u64);
    FILE * view.files.below("").count() as u64 + metadata + words.sum::<u64>()
}

/// Takes the document that an earlier platform has, if it is the same.
fn share(metadata: &mut Metadata, earlier: &[PlatformView]) {
    let Metadata::Whole(document) = metadata else { return };
    let same = |other: &&PlatformView| other.metadata.document().is_some_and(|known| known.digest == document.digest);
    if let Some(other) = earlier.iter().find(same) {
        *metadata = other.metadata.clone();
    }
}

/// The view of an image whose documents cannot be read because of what they are; nothing for other failures.
#[must_use]
pub fn unreadable(error: &Error) -> Option<View> {
    let of_the_image =
        matches!(error, Error::Document { .. } | Error::NoImage { .. } | Error::TooMany { .. } | Error::Layer { .. });
    let platform = error.platform().map(str::to_owned);
    let trouble = Trouble { platform, ..Trouble::fatal(error.to_string()) };
    let image = ImageView { trouble: vec![trouble], ..ImageView::default() };
    of_the_image.then(|| View::of(Subject::Image(image)))
}

/// The name that an image has where it lies. Archives and layouts may hold a whole reference or a mere tag.
fn names(place: &Place, subject: &subject::Subject<'_>) -> (Option<Reference>, Option<String>) {
    let parse = |name: &String| Reference::parse(name).ok().filter(|name| name.tag.is_some());
    let reference = match &place.lies {
        Lies::Registry(reference) => Some(reference.clone()),
        // A tag alone reads as the name of an official image.
        _ => subject.names.iter().filter(|name| name.contains('/')).find_map(parse),
    };
    let tagged = reference.as_ref().and_then(|reference| reference.tag.clone());
    let is_tag = |name: &&String| !name.contains(['/', ':']);
    let tag = tagged.or_else(|| subject.names.iter().find(is_tag).cloned());
    (reference, tag)
}

fn one(subject: &subject::Subject<'_>, platform: &Platform) -> Result<PlatformView, Error> {
    let mut view = PlatformView::empty(platform.runs_on.clone());
    view.said = Some(platform.said.platform.clone());
    view.labels = platform.labels();
    view.start = start(platform);
    subject.read_ahead(platform, &["metadata.json"]);
    for (at, layer) in platform.layers.iter().enumerate() {
        let name = layer.name.clone().unwrap_or_else(|| (at + 1).to_string());
        let walked = subject.read(platform, at, &["metadata.json"])?;
        trouble_in(&mut view, &name, &walked);
        view.layers.push(name);
    }
    let files = Layers { subject, platform };
    dangling(&mut view, &files, subject, platform)?;
    platform::fill(&mut view, &files)?;
    Ok(view)
}

fn start(platform: &Platform) -> Start {
    let execution = platform.execution();
    let env = execution.env.unwrap_or_default();
    let search = env.iter().find_map(|variable| variable.strip_prefix("PATH=")).unwrap_or_default();
    Start {
        entrypoint: execution.entrypoint.unwrap_or_default(),
        command: execution.cmd.unwrap_or_default(),
        folder: execution.working_dir.unwrap_or_default(),
        search: search.split(':').filter(|folder| !folder.is_empty()).map(str::to_owned).collect(),
    }
}

/// Strange entries that matter to those who unpack the layer. Holes, names that are no UTF-8 and a path that comes
/// twice harm nobody.
fn trouble_in(view: &mut PlatformView, layer: &str, walked: &Walked) {
    for (remark, path, count) in walked.remarks.iter() {
        let (fatal, one, many) = match remark {
            Remark::Leaves => (true, "entry leaves the root", "entries leave the root"),
            Remark::Absolute => (false, "entry has an absolute path", "entries have absolute paths"),
            Remark::Special => (false, "entry is a device or pipe", "entries are devices or pipes"),
            Remark::NotUnicode | Remark::Sparse | Remark::Twice | Remark::LinkOutside => continue,
        };
        let what = format!("{count} {}", if count == 1 { one } else { many });
        let (path, layer) = (Some(path.to_owned()), Some(layer.to_owned()));
        view.trouble.push(Trouble { fatal, path, layer, ..Trouble::fatal(what) });
    }
}

/// Second names of files that are nowhere, or lead in a circle.
fn dangling(
    view: &mut PlatformView,
    files: &Layers<'_>,
    subject: &subject::Subject<'_>,
    platform: &Platform,
) -> Result<(), Error> {
    for at in 0..platform.layers.len() {
        let walked = subject.read(platform, at, &[])?;
        let first = walked.remarks.iter().find(|(remark, ..)| *remark == Remark::LinkOutside);
        let Some((_, path, _)) = first else { continue };
        if let Found::Absent(absence) = files.at(path)? {
            let what = match absence {
                Absence::Loop => "a hard link leads to itself",
                Absence::Missing | Absence::NoFolder => "a hard link leads to no file",
            };
            let layer = view.layers.get(at).cloned();
            view.trouble.push(Trouble { path: Some(path.to_owned()), layer, ..Trouble::fatal(what.to_owned()) });
        }
    }
    Ok(())
}

/// The files of one platform of a subject.
struct Layers<'a> {
    subject: &'a subject::Subject<'a>,
    platform: &'a Platform,
}

impl Files for Layers<'_> {
    fn at(&self, path: &str) -> Result<Found, Error> {
        self.subject.at(self.platform, path)
    }

    fn below(&self, folder: &str, see: &mut dyn FnMut(FileFact)) -> Result<(), Error> {
        self.subject.below(self.platform, folder, see)
    }

    fn content(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let read = |found| match found {
            Found::File(FileFact { looks: Some(looks), .. }) => looks.content.clone(),
            Found::File(_) | Found::Absent(_) => None,
        };
        if let Some(content) = read(self.at(path)?) {
            return Ok(Some(content));
        }
        // A document of an unusual name lies in a layer that was not read for it.
        Ok(self.subject.files(self.platform, &[path])?.remove(path).and_then(read))
    }
}
