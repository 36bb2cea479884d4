//! A plan in words, as `--dry-run` prints it.

use std::fmt::Write;
use std::path::Path;

use super::{BuildUnit, Plan, PlannedBase, PlannedFile, Source};
use crate::domain::FileMode;

/// The plan as text of several lines; paths below `root` are shown relative to it.
#[must_use]
pub fn text(plan: &Plan, root: &Path) -> String {
    let mut out = String::new();
    let name = plan.reference.as_ref().map_or_else(String::new, |reference| format!(" ({reference})"));
    line(&mut out, 0, &format!("{} v{}{name}", plan.name, plan.version));
    if let Some(ui) = &plan.ui_build {
        line(&mut out, 0, &format!("build the UI in {}", relative(&ui.dir, root)));
        ui.run.iter().for_each(|command| line(&mut out, 1, command));
    }
    for call in plan.calls() {
        cargo_call(&mut out, plan, &call);
    }
    for download in &plan.downloads {
        line(&mut out, 0, &format!("fetch {} for {}", download.name, download.platform));
        line(&mut out, 1, &download.url);
    }
    if let Some(base) = &plan.base {
        line(&mut out, 0, &format!("base {}", based(base, root)));
    }
    for image in &plan.images {
        line(&mut out, 0, &format!("image {}", image.platform));
        for layer in &image.layers {
            line(&mut out, 1, &format!("layer {}", layer.name));
            layer.files.iter().for_each(|file| line(&mut out, 2, &placed(file, root)));
        }
    }
    for note in &plan.notes {
        line(&mut out, 0, &format!("note: {note}"));
    }
    out
}

fn line(out: &mut String, depth: usize, text: &str) {
    writeln!(out, "{:width$}{text}", "", width = depth * 2).expect("writing to a String does not fail");
}

fn cargo_call(out: &mut String, plan: &Plan, call: &[&BuildUnit]) {
    let first = call[0];
    let bins: Vec<&str> = first.bins.iter().map(|bin| bin.name.as_str()).collect();
    line(out, 0, &format!("build {} for {} ({})", bins.join(", "), first.platform.os, plan.cargo.profile));
    for unit in call {
        line(out, 1, &format!("{:<13} {:<28} {}: {}", unit.platform, unit.triple, unit.builder, unit.because));
    }
}

fn based(base: &PlannedBase, root: &Path) -> String {
    match base {
        PlannedBase::Layout { path, tag: None } => relative(path, root),
        PlannedBase::Layout { path, tag: Some(tag) } => format!("{} ({tag})", relative(path, root)),
        PlannedBase::Registry { image, digest: None } => format!("{image} (not locked yet)"),
        // A name with a digest has said it.
        PlannedBase::Registry { image, digest: Some(_) } if image.contains('@') => image.clone(),
        PlannedBase::Registry { image, digest: Some(digest) } => format!("{image} ({digest})"),
    }
}

fn placed(file: &PlannedFile, root: &Path) -> String {
    let mode = match file.mode {
        Some(FileMode::Executable) => "0755",
        Some(FileMode::File) => "0644",
        None => "    ",
    };
    let from = match &file.from {
        Source::Metadata => "generated".to_owned(),
        Source::File { path, .. } | Source::HostFile { path, .. } => relative(path, root),
        Source::Tree { path, .. } => format!("{} (with all below it)", relative(path, root)),
        Source::Bin { bin, platform, .. } => format!("{} for {platform}", bin.name),
        Source::Download(download) => format!("{} for {}", download.name, download.platform),
    };
    format!("{mode} {} <- {from}", file.path)
}

fn relative(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    if path.as_os_str().is_empty() { ".".to_owned() } else { path.display().to_string().replace('\\', "/") }
}
