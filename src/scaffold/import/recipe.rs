//! What the Dockerfile of a folder says, taken over or told.

use std::collections::BTreeMap;

use super::dockerfile::{Broken, Dockerfile, Label, Rest, Sent, is_of_platform};
use super::folder::METADATA;
use super::place::{Places, Provenance};
use super::{Imported, Left, Page};
use crate::domain::ImagePath;

/// Where a path comes from. What Cargo has built before is no file of the source.
fn placed(dockerfile: &Dockerfile, path: &ImagePath, sent: &Sent<'_>) -> Provenance {
    match sent.place(dockerfile, path) {
        Provenance::Local { path, .. } if path.split('/').next() == Some("target") => {
            Provenance::Made { how: format!("`{path}` is what Cargo has built") }
        }
        found => found,
    }
}

/// Takes over what the Dockerfile says of the image.
pub(super) fn take(dockerfile: &Dockerfile, wanted: &[ImagePath], sent: &Sent<'_>, imported: &mut Imported) {
    imported.start = dockerfile.start();
    let program = imported.start.program().map(|(path, _)| path);
    let paths = wanted.iter().chain(&program);
    imported.places = paths.map(|path| (path.clone(), placed(dockerfile, path, sent))).collect::<Places>();
    let root = imported.metadata.value.pointer("/ui/dashboard-tab/root").and_then(serde_json::Value::as_str);
    let root = root.and_then(|root| ImagePath::new(root).ok());
    let root = root.filter(|root| matches!(imported.places.get(root), Some(Provenance::Made { .. })));
    imported.page = root.and_then(|root| dockerfile.page(&root, sent));
    imported.left.extend(imported.page.iter().flat_map(skipped));
    rest(dockerfile, wanted, sent, imported);
    imported.base = dockerfile.base().filter(|base| !base.contains('$')).map(str::to_owned);
    if let Some(base) = dockerfile.base() {
        let what = format!("the labels of the base image `{base}`: they are not read");
        imported.left.push(Left { what, help: Some("write those that count under `labels`".to_owned()) });
    }
    let mut labels = dockerfile.labels();
    imported.left.extend(labels.iter().flat_map(|(name, label)| odd(name, label)));
    // No text of a table is that of each platform.
    labels.retain(|_, label| label.varying.is_empty());
    imported.left.extend(dockerfile.broken.iter().map(broken));
    imported.labels = Some(labels.into_iter().map(|(name, label)| (name, label.value)).collect::<BTreeMap<_, _>>());
}

fn broken(Broken { line, what, ours }: &Broken) -> Left {
    let help = match ours {
        true => "`docker build` may read it; only import does not",
        false => "`docker build` refuses it as well, or needs an argument",
    };
    Left { what: format!("line {line} of the Dockerfile: {what}"), help: Some(help.to_owned()) }
}

/// What the stage of a page does beside the commands that are taken over.
fn skipped(page: &Page) -> Vec<Left> {
    let help = "if the page needs it, add it to `ui.build.run`, or to a script of its package.json";
    let left = |(line, what): &(usize, String)| Left {
        what: format!("line {line} of the Dockerfile, in the stage of the page: {what}"),
        help: Some(help.to_owned()),
    };
    page.skipped.iter().map(left).collect()
}

/// What the backend may need beside what metadata.json names, and what else is done to what that names.
fn rest(dockerfile: &Dockerfile, wanted: &[ImagePath], sent: &Sent<'_>, imported: &mut Imported) {
    let metadata = ImagePath::new(METADATA).expect("a plain file name is a path");
    // A program that is a file of the source is one of the further files.
    let is_local = |path: &ImagePath| matches!(imported.places.get(path), Some(Provenance::Local { .. }));
    let program = imported.start.program().map(|(path, _)| path).filter(|path| !is_local(path));
    let named: Vec<ImagePath> = wanted.iter().cloned().chain(program).chain([metadata]).collect();
    let rest = sent.rest(dockerfile, &named);
    let backend = imported.metadata.value.get("vm").is_some();
    // What makes a file that metadata.json names is told with the file.
    let made = |line: usize| {
        let line = format!("line {line} of the Dockerfile");
        let mentions = |place: &Provenance| matches!(place, Provenance::Made { how } if how.contains(&line));
        imported.places.values().any(mentions)
    };
    let others = rest.others.iter().filter(|(line, _)| backend && !made(*line));
    let tell = |(line, what): &(usize, String), help: &str| Left {
        what: format!("line {line} of the Dockerfile: {what}"),
        help: Some(help.to_owned()),
    };
    let needed = "if the backend needs it, build a base image that has it, and name that as `vm.base`";
    let changed = "do the same to the files of the source, which the table takes as they are";
    let told = others.map(|line| tell(line, needed)).chain(rest.over.iter().map(|line| tell(line, changed)));
    let told: Vec<Left> = told.chain(left_out(&rest, sent)).collect();
    imported.left.extend(told);
    if backend {
        imported.further = rest.files;
    }
}

/// What `docker build` leaves out of folders that are taken whole.
fn left_out(rest: &Rest, sent: &Sent<'_>) -> Vec<Left> {
    let help = "move or remove what is not for the package: all of the folder becomes a part of it";
    let told = rest.left_out(sent).into_iter();
    let told = told.map(|what| Left { what, help: Some(help.to_owned()) });
    let unread = sent
        .unread
        .iter()
        .map(|line| Left { what: format!("line {line} of `.dockerignore`: it is more than is read"), help: None });
    let too_much = sent
        .is_too_much()
        .then(|| Left { what: "all of `.dockerignore`: its patterns take too long".to_owned(), help: None });
    told.chain(unread).chain(too_much).collect()
}

/// What a label says that no table can: what is said in other places, or by each build anew.
fn odd(name: &str, label: &Label) -> Vec<Left> {
    let line = label.line;
    let mut left = Vec::new();
    let mut tell = |what: String, help: &str| left.push(Left { what, help: Some(help.to_owned()) });
    if !label.replaces.is_empty() {
        let earlier: Vec<String> = label.replaces.iter().map(usize::to_string).collect();
        let earlier = earlier.join(", ");
        let what = format!("the label {name} of line {earlier} of the Dockerfile: line {line} sets it again");
        tell(what, "the last one counts, for Docker too");
    }
    if !label.unset.is_empty() {
        let unset = label.unset.join(", ");
        let what = format!("the label {name} (line {line} of the Dockerfile) as far as it is made of {unset}");
        let help = match label.unset.iter().any(|name| is_of_platform(name)) {
            true => "Docker sets it only after an `ARG` that names it: until then it is empty",
            false => "it has no value without `--build-arg`: write the whole text into the table",
        };
        tell(what, help);
    }
    if !label.varying.is_empty() {
        let varying = label.varying.join(", ");
        let what = format!("the label {name} (line {line} of the Dockerfile), because it differs by {varying}");
        tell(what, "a label of the table is the same for all platforms (W39)");
    }
    left
}
