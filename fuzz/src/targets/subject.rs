//! An image that lies somewhere, as `validate` and `inspect` read it.

use std::path::{Path, PathBuf};

use cargo_dext::registry;
use cargo_dext::scaffold::import;
use cargo_dext::subject::{Limits, Options, Place, Subject};
use cargo_dext::validate::{View, collect};

use crate::{judge, text};

/// How much of an image is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds {
    /// What the commands read.
    Real,
    /// So little that inputs of a fuzzer reach the ends.
    Tight,
}

/// Opens what lies at a path, and does with it what the commands do.
pub fn read(place: &str, folder: &Path, bounds: Bounds) {
    let place = match Place::find(place, folder) {
        Ok(place) => place,
        Err(error) => return text::error(&error),
    };
    let scratch = Some(folder.to_owned());
    for options in [judged(scratch.clone(), bounds), shown(scratch, bounds)] {
        match Subject::open(&place, &options, || Err(registry::Error::Interrupted)) {
            Err(error) => {
                text::error(&error);
                if let Some(view) = collect::unreadable(&error) {
                    judge::judge(&view);
                }
            }
            Ok(subject) if options.thorough => match collect::image(&place, &subject) {
                Ok(view) => {
                    judge::judge(&view);
                    imported(&subject, &view, folder);
                }
                Err(error) => text::error(&error),
            },
            Ok(subject) => look(&subject),
        }
    }
}

/// Makes a table of it, as `import` does.
fn imported(subject: &Subject, view: &View, folder: &Path) {
    let made = import::image::read(subject, view)
        .and_then(|(imported, _)| import::import(&imported, &import::Target::imagined(folder)));
    match made {
        Err(error) => text::error(&error),
        Ok(made) => {
            let table = made.toml("package.metadata.extension");
            import::merge::merged("", "package.metadata.extension", &table).expect("a table is TOML");
        }
    }
}

/// As `validate` opens it.
fn judged(scratch: Option<PathBuf>, bounds: Bounds) -> Options {
    let options = collect::options(scratch);
    Options { limits: limits(options.limits, bounds), ..options }
}

/// As `inspect` opens it.
fn shown(scratch: Option<PathBuf>, bounds: Bounds) -> Options {
    Options { scratch, limits: limits(Limits::default(), bounds), ..Options::default() }
}

fn limits(real: Limits, bounds: Bounds) -> Limits {
    let tight =
        Limits { unpacked: 16 << 10, ratio: 4, harmless: 4 << 10, entries: 8, names: 200, content: 64, memory: 4_000 };
    if bounds == Bounds::Tight { tight } else { real }
}

/// Asks what `inspect` asks.
fn look(subject: &Subject) {
    for platform in &subject.platforms {
        let mut seen = 0_u64;
        let mut see = |_| seen += 1;
        let outcomes = [
            subject.extension(platform).map(drop),
            subject.files(platform, &["metadata.json", "/ui/../ui//index.html", "a", ""]).map(drop),
            subject.below(platform, "/", &mut see),
            subject.below(platform, "ui", &mut see),
        ];
        outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).for_each(text::error);
        drop(platform.labels());
        let _: u64 = platform.layers.iter().map(|layer| layer.size).sum();
    }
    drop(subject.layers_read());
}
