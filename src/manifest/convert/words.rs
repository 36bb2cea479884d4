//! Checks of single values: texts, links, sources, versions.

use std::path::{Path, PathBuf};

use crate::domain::{ImagePath, Platform, is_picture};
use crate::manifest::extension::{Origin, PlacedFile};
use crate::manifest::mistake::Site;
use crate::manifest::raw::{RawPlaced, StringOr};

/// A text that says something, on one line.
pub(super) fn line(site: &Site<'_>, text: String) -> Option<String> {
    if text.trim().is_empty() {
        site.wrong("the text is empty")
    } else if text.chars().any(char::is_control) {
        site.wrong("the text has a line break or another control character")
    } else {
        Some(text)
    }
}

/// A text that must be there.
pub(super) fn required(site: &Site<'_>, text: Option<String>, example: &str) -> Option<String> {
    match text {
        Some(text) => line(site, text),
        None => site.wrong_help(format_args!("{} is missing", name_of(site)), format_args!("add `{example}`")),
    }
}

/// The last key of a site in backticks.
pub(super) fn name_of(site: &Site<'_>) -> String {
    let key = site.path.0.iter().rev().find_map(|step| match step {
        crate::manifest::mistake::Step::Key(key) => Some(key.as_str()),
        crate::manifest::mistake::Step::Index(_) => None,
    });
    format!("`{}`", key.unwrap_or_default())
}

/// A link that a browser opens.
pub(super) fn url(site: &Site<'_>, url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    if host.is_none_or(str::is_empty) {
        site.wrong_help(format_args!("`{url}` is no web address"), "write the whole URL, with `https://`")
    } else if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        site.wrong_help(format_args!("`{}` has a blank", url.escape_debug()), "write `%20` for a blank")
    } else {
        Some(url.to_owned())
    }
}

/// A link to a picture.
pub(super) fn picture_url(site: &Site<'_>, text: &str) -> Option<String> {
    let url = url(site, text)?;
    let path = url.split(['?', '#']).next().unwrap_or_default();
    if is_picture(path) { Some(url) } else { site.wrong(format_args!("`{url}` does not end in .svg, .png or .jpg")) }
}

/// A file or folder of this machine, relative to Cargo.toml.
pub(super) fn source(site: &Site<'_>, origin: &Origin, text: &str) -> Option<PathBuf> {
    if text.is_empty() {
        site.wrong("the path is empty")
    } else if text.contains('\\') {
        // It would name something else on the next machine.
        let slashes = text.replace('\\', "/");
        site.wrong_help(format_args!("the path `{text}` has a `\\`"), format_args!("write `{slashes}`"))
    } else if text.chars().any(char::is_control) {
        site.wrong(format_args!("the path `{}` has a control character", text.escape_debug()))
    } else {
        Some(origin.dir.join(text.strip_prefix("./").unwrap_or(text)))
    }
}

/// The file name at the end of a source.
pub(super) fn file_name(text: &str) -> &str {
    text.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// A path in the image.
pub(super) fn image_path(site: &Site<'_>, text: &str) -> Option<ImagePath> {
    site.take(ImagePath::new(text))
}

/// A file with its place: `short` says where a bare source lands and how metadata.json spells that.
pub(super) fn placed(
    site: &Site<'_>,
    origin: &Origin,
    raw: RawPlaced,
    short: impl Fn(&str) -> (String, String),
) -> Option<PlacedFile> {
    match raw {
        StringOr::Text(text) => {
            let (local, value) = short(&text);
            let source = source(site, origin, &local)?;
            let help = "write `{ source = \"…\", path = \"…\" }` to name its place in the image";
            match ImagePath::new(&value) {
                Ok(path) => Some(PlacedFile { source, path, value }),
                Err(error) => site.wrong_help(error, help),
            }
        }
        StringOr::Table(raw) => {
            let source = source(&site.key("source"), origin, &raw.source);
            let path = image_path(&site.key("path"), &raw.path);
            Some(PlacedFile { source: source?, path: path?, value: raw.path })
        }
    }
}

/// A text or the content of a file, which has Windows' line ends replaced so that a checkout on Windows
/// makes the same image.
pub(super) fn text_of(
    site: &Site<'_>,
    origin: &Origin,
    raw: StringOr<crate::manifest::raw::TextFile>,
    read: super::ReadText<'_>,
) -> Option<String> {
    let (site, text) = match raw {
        StringOr::Text(text) => (site.clone(), text),
        StringOr::Table(raw) => {
            let site = site.key("file");
            let path: &Path = &source(&site, origin, &raw.file)?;
            let text = site.take(read(path))?;
            (site, text.trim_start_matches('\u{feff}').replace("\r\n", "\n").trim_end().to_owned())
        }
    };
    if text.trim().is_empty() { site.wrong("the text is empty") } else { Some(text) }
}

/// A platform as TOML keys write it.
pub(super) fn platform(site: &Site<'_>, text: &str) -> Option<Platform> {
    match text.parse() {
        Ok(platform) => Some(platform),
        Err(_) => site.wrong_help(
            format_args!("`{text}` is no platform"),
            format_args!("platforms are {}", Platform::ALL.map(Platform::dashed).join(", ")),
        ),
    }
}

/// A version of numbers joined by dots, at least two of them.
pub(super) fn dotted_version(text: &str) -> Option<Vec<u32>> {
    let parts: Option<Vec<u32>> = text
        .split('.')
        .map(|part| if part.bytes().all(|b| b.is_ascii_digit()) { part.parse().ok() } else { None })
        .collect();
    parts.filter(|parts| (2..=3).contains(&parts.len()))
}
