//! The view as text: what `docker buildx imagetools inspect` prints in its own look, then each platform, then
//! the size picture. Pure.

use super::page::{BAD, HEADING, Page, QUIET};
use super::picture::Picture;
use super::view::{LayerView, PlatformView, ProgramView, View};
use super::{bars, table};
use crate::command::words::bytes;
use crate::subject::Entry;

/// The whole text.
#[must_use]
pub fn text(view: &View, page: &Page) -> String {
    let mut out = head(view, page);
    out += &manifests(view, page);
    let mut before: Option<&PlatformView> = None;
    for platform in &view.platforms {
        out += "\n";
        out += &self::platform(platform, before, page);
        before = before.or(Some(platform));
    }
    out + "\n" + &bars::text(&Picture::of(view), page)
}

fn head(view: &View, page: &Page) -> String {
    let mut rows = vec![("Name:", view.name.clone())];
    match (&view.media_type, view.digest) {
        (Some(media_type), Some(digest)) => {
            rows.push(("MediaType:", media_type.clone()));
            rows.push(("Digest:", digest.to_string()));
        }
        _ => rows.push(("MediaType:", "none: an archive of `docker save` has no manifest".to_owned())),
    }
    rows.iter().map(|(key, value)| format!("{key:<11}{}\n", page.line(value, usize::MAX))).collect()
}

fn manifests(view: &View, page: &Page) -> String {
    if view.manifests.is_empty() {
        return String::new();
    }
    let entries = view.manifests.iter().map(|entry| manifest(view, entry, page));
    format!("\nManifests:\n{}", entries.collect::<Vec<_>>().join("\n"))
}

/// One entry of the index. Its keys are as wide as the widest of them, as buildx has it.
fn manifest(view: &View, entry: &Entry, page: &Page) -> String {
    let mut rows = vec![("Name:", format!("{}@{}", view.name, entry.digest)), ("MediaType:", entry.media_type.clone())];
    rows.extend(entry.platform.as_ref().map(|platform| ("Platform:", platform.clone())));
    let width = if entry.annotations.is_empty() { 11 } else { 13 };
    let line = |key: &str, value: &str| format!("  {key:<width$}{}\n", page.line(value, usize::MAX));
    let mut out: String = rows.iter().map(|(key, value)| line(key, value)).collect();
    if !entry.annotations.is_empty() {
        out += "  Annotations:\n";
        let widest = entry.annotations.keys().map(String::len).max().unwrap_or(0) + 1;
        for (key, value) in &entry.annotations {
            out += &format!("    {:<widest$} {}\n", page.line(&format!("{key}:"), 200), page.line(value, usize::MAX));
        }
    }
    out
}

/// One platform; what it has in common with the first one is said in a word.
fn platform(view: &PlatformView, first: Option<&PlatformView>, page: &Page) -> String {
    let count = match view.layers.len() {
        1 => "1 layer".to_owned(),
        count => format!("{count} layers"),
    };
    let title = page.paint(HEADING, &page.line(&view.platform, 60));
    let mut out = format!("{title}  {} in {count}\n", bytes(view.size));
    out += &runs(view, page);
    out += &labels(view, first, page);
    out += &metadata(view, first, page);
    out += &programs(view, page);
    out + &layers(view, page)
}

fn runs(view: &PlatformView, page: &Page) -> String {
    let words = |words: &[String]| words.join(" ");
    let rows = [
        ("Config:", Some(view.config.to_string())),
        ("Created:", view.created.clone()),
        ("Entrypoint:", Some(words(&view.entrypoint))),
        ("Command:", Some(words(&view.cmd))),
        ("User:", view.user.clone()),
        ("Folder:", view.working_dir.clone()),
        ("Environment:", Some(words(&view.env))),
    ];
    let filled = rows.into_iter().filter_map(|(key, value)| Some((key, value.filter(|value| !value.is_empty())?)));
    filled.map(|(key, value)| format!("  {key:<13}{}\n", page.rest(&value, 15))).collect()
}

fn labels(view: &PlatformView, first: Option<&PlatformView>, page: &Page) -> String {
    if view.labels.is_empty() {
        return "  Labels:      none\n".to_owned();
    }
    if let Some(first) = first.filter(|first| first.labels == view.labels) {
        return format!("  Labels:      as {}\n", page.line(&first.platform, 60));
    }
    let widest = view.labels.keys().map(|key| key.chars().count()).max().unwrap_or(0).min(48);
    let rows = view.labels.iter().map(|(key, value)| {
        let key = page.line(key, widest);
        format!("    {key:<widest$}  {}\n", page.rest(value, widest + 6))
    });
    format!("  Labels:\n{}", rows.collect::<String>())
}

fn metadata(view: &PlatformView, first: Option<&PlatformView>, page: &Page) -> String {
    if let Some(problem) = &view.metadata_problem {
        return format!("  Metadata:    {}\n", page.paint(BAD, &page.rest(problem, 15)));
    }
    if let Some(first) = first.filter(|first| first.metadata == view.metadata) {
        return format!("  Metadata:    as {}\n", page.line(&first.platform, 60));
    }
    let text = match view.metadata_text.trim().contains('\n') {
        true => view.metadata_text.clone(),
        false => serde_json::to_string_pretty(&view.metadata).unwrap_or_default(),
    };
    format!("  Metadata:\n{}", page.block(&text, "    "))
}

fn programs(view: &PlatformView, page: &Page) -> String {
    let all: Vec<&ProgramView> = view.host_binaries.iter().chain(&view.backend).collect();
    if all.is_empty() {
        return "  Programs:    none\n".to_owned();
    }
    let layer = |number: usize| match view.layers.get(number - 1).and_then(|layer| layer.name.as_deref()) {
        Some(name) => format!("{number} {name}"),
        None => number.to_string(),
    };
    let rows = all.iter().map(|program| {
        let (os, path) = (program.os.map_or("backend", |os| os.as_str()), page.line(&program.path, 120));
        let cells = [
            os.to_owned(),
            page.line(&nature(program), 60),
            program.size.map(bytes).unwrap_or_default(),
            page.line(&program.layer.map(layer).unwrap_or_default(), 32),
            path,
        ];
        (program.problem.is_some(), cells)
    });
    let rows: Vec<(bool, [String; 5])> = rows.collect();
    format!("  Programs:\n{}", table::text(["For", "Runs on", "Size", "Layer", "Path"], &rows, 2, "    ", page))
}

/// What the headers say, in two words.
fn nature(program: &ProgramView) -> String {
    use crate::build::inspect::Detail;
    if let Some(problem) = &program.problem {
        return problem.clone();
    }
    match program.facts.as_ref().map(|facts| &facts.detail) {
        Some(Detail::Script(script)) => format!("script for {}", script.interpreter),
        Some(Detail::Other(other)) => other.looks_like.to_owned(),
        _ => program.runs_on.join(", "),
    }
}

fn layers(view: &PlatformView, page: &Page) -> String {
    // On a narrow page the digest is as short as Docker's ids are; JSON has all of it.
    let short = page.width.is_some_and(|width| width < 130);
    let digest = |layer: &LayerView| match short {
        true => layer.digest.to_string().chars().take(19).collect(),
        false => layer.digest.to_string(),
    };
    let row = |layer: &LayerView| {
        let shared = match layer.shared_with.as_slice() {
            [] => String::new(),
            [other] => format!("also {other}"),
            [first, rest @ ..] => format!("also {first} and {} more", rest.len()),
        };
        let name = layer.name.clone().unwrap_or_default();
        let cells =
            [layer.number.to_string(), page.line(&name, 40), bytes(layer.size), digest(layer), page.line(&shared, 40)];
        (false, cells)
    };
    let rows: Vec<(bool, [String; 5])> = view.layers.iter().map(row).collect();
    if rows.is_empty() {
        return "  Layers:      none\n".to_owned();
    }
    let table = table::text(["#", "Name", "Size", "Digest", "Shared"], &rows, 2, "    ", page);
    format!("  Layers:\n{table}")
}

/// A heading of the picture.
pub(super) fn heading(text: &str, page: &Page) -> String {
    page.paint(HEADING, text)
}

/// A side remark.
pub(super) fn quiet(text: &str, page: &Page) -> String {
    page.paint(QUIET, text)
}
