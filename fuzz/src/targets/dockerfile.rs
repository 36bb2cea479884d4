//! Dockerfiles. The first part of an input is the Dockerfile, the second the paths of the folder beside it, one a
//! line, and the third the paths of the image that are asked for.

use std::collections::BTreeSet;

use cargo_dext::domain::ImagePath;
use cargo_dext::scaffold::import::dockerfile::{Context, Dockerfile, Steps};
use cargo_dext::sys::fs::Kind;
use cargo_dext::validate::metadata::Metadata;
use cargo_dext::validate::view::Maker;

use crate::{judge, text};

/// How many paths are asked for.
const MAX_ASKED: usize = 16;

/// Reads a Dockerfile, asks it for the origin of files, and judges its labels with every rule.
pub fn run(data: &[u8]) {
    let mut parts = text::parts(data).into_iter().map(String::from_utf8_lossy);
    let mut next = || parts.next().unwrap_or_default().into_owned();
    let (dockerfile, folder, asked) = (next(), Folder::of(&next()), next());
    let dockerfile = Dockerfile::read(&dockerfile);
    drop(dockerfile.start());
    let paths = asked.lines().take(MAX_ASKED);
    let paths: Vec<ImagePath> =
        paths.chain(["metadata.json", "ui"]).filter_map(|path| ImagePath::new(path).ok()).collect();
    for path in &paths {
        drop(dockerfile.place(path, &folder));
        drop(dockerfile.page(path, &folder));
    }
    drop(dockerfile.rest(&paths, &folder, &Steps::default()));
    let _: bool = dockerfile.sets_modes();
    let mut platform = judge::platform();
    platform.metadata = Metadata::read(b"{}");
    platform.labels = dockerfile.labels().into_iter().map(|(name, label)| (name, label.value)).collect();
    assert!(dockerfile.has_stage() || platform.labels.is_empty());
    judge::judge(&judge::image(platform, Maker::Other));
}

/// A folder that is only imagined.
struct Folder(BTreeSet<String>);

impl Folder {
    fn of(lines: &str) -> Self {
        Folder(lines.lines().map(|line| line.trim_matches('/').to_owned()).collect())
    }

    fn below<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a str> {
        let start = if path.is_empty() { String::new() } else { format!("{}/", path.trim_matches('/')) };
        self.0.iter().filter_map(move |known| known.strip_prefix(&start))
    }
}

impl Context for Folder {
    fn kind(&self, path: &str) -> Option<Kind> {
        let path = path.trim_matches('/');
        if self.0.contains(path) {
            return Some(Kind::File(1));
        }
        (path.is_empty() || self.below(path).next().is_some()).then_some(Kind::Dir)
    }

    fn names(&self, path: &str) -> Vec<String> {
        let names = self.below(path).filter_map(|rest| rest.split('/').next());
        names.map(str::to_owned).collect::<BTreeSet<String>>().into_iter().collect()
    }
}
