//! What the last stage holds beside the files that metadata.json names: files, what commands did, and settings. A
//! backend may need all of it.

use super::copies::{Context, Copy, is_archive, matches};
use super::stages::{Stage, chain, joined};
use super::words;
use crate::domain::ImagePath;
use crate::sys::fs::Kind;

/// What is left of the last stage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rest {
    /// Files and folders of the source, and where they land.
    pub files: Vec<(ImagePath, String)>,
    /// What no file of the source is: the line, and what stands there.
    pub others: Vec<(usize, String)>,
}

/// How many sources of copies are looked at.
const MAX_SOURCES: usize = 10_000;

/// Finds what no path of `named` leads to.
pub(super) fn rest(stages: &[Stage], named: &[ImagePath], context: &dyn Context) -> Rest {
    let mut rest = Rest::default();
    let Some(last) = stages.len().checked_sub(1) else { return rest };
    let mut left = MAX_SOURCES;
    for stage in chain(stages, last) {
        for copy in &stage.copies {
            of_copy(copy, named, context, &mut left, &mut rest);
        }
        let runs = stage.runs.iter().map(|(line, command)| (*line, "RUN", command));
        let settings = stage.settings.iter().map(|(line, name, value)| (*line, name.as_str(), value));
        let told =
            runs.chain(settings).map(|(line, name, text)| (line, format!("`{name}` {}", words::shortened(text))));
        rest.others.extend(told);
    }
    rest.others.sort();
    rest
}

fn of_copy(copy: &Copy, named: &[ImagePath], context: &dyn Context, left: &mut usize, rest: &mut Rest) {
    let is_local = copy.from.is_none() && !copy.heredoc && copy.varying.is_empty();
    for source in &copy.sources {
        let is_url = copy.is_add && source.contains("://");
        let found = if is_local && !is_url { matches(source, context) } else { vec![source.clone()] };
        for relative in found {
            let Some(fewer) = left.checked_sub(1) else {
                let verb = if copy.is_add { "ADD" } else { "COPY" };
                rest.others.push((copy.line, format!("`{verb}`, with more sources than are looked at")));
                return;
            };
            *left = fewer;
            let name = relative.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            let kind = if is_local && !is_url { context.kind(&relative) } else { None };
            let to = match kind {
                Some(Kind::Dir) => copy.to.clone(),
                _ if copy.into_folder || copy.to == "/" => joined(&copy.to, name),
                _ => copy.to.clone(),
            };
            let Ok(path) = ImagePath::new(&to) else { continue };
            if named.iter().any(|other| other.starts_with(&path) || path.starts_with(other)) {
                continue;
            }
            let unpacked = copy.is_add && is_archive(&relative);
            match kind {
                Some(Kind::Dir | Kind::File(_)) if !unpacked && !relative.is_empty() => {
                    rest.files.push((path, relative))
                }
                _ => {
                    let verb = if copy.is_add { "ADD" } else { "COPY" };
                    rest.others.push((copy.line, format!("`{verb}` of `{}` to `{path}`", words::shortened(source))));
                }
            }
        }
    }
}
