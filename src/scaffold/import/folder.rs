//! A folder with metadata.json, Dockerfile and what they name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dockerfile::{Broken as BrokenLine, Context, Dockerfile, Label, Rest, Sent, is_of_platform};
use super::place::{Places, Provenance};
use super::{Imported, Left, Page, json, judge, place, seen};
use crate::domain::ImagePath;
use crate::scaffold::Error;
use crate::sys::fs::{self, Kind};
use crate::validate::metadata::{Broken, Document, MAX_BYTES, Metadata};
use crate::validate::view::Subject;
use crate::validate::{Finding, View};

/// The path of metadata.json in the image.
pub(super) const METADATA: &str = "metadata.json";

/// Reads an extension from a folder.
///
/// # Errors
/// When it has no metadata.json, or one that is no JSON.
pub fn read(folder: &Path) -> Result<Imported, Error> {
    let root = fs::canonical(folder)?;
    let disk = Disk { root: &root };
    let dockerfile = dockerfile(&disk)?;
    let sent = Sent::new(&disk, &ignored(&disk)?);
    let (relative, astray, told) = metadata_file(&sent, dockerfile.as_ref());
    let document = metadata(&disk, &relative)?;
    let mut imported = Imported { metadata: json::of(&document), ..Imported::default() };
    imported.left.extend(told);
    let wanted = place::wanted(&imported.metadata.value);
    match &dockerfile {
        Some(dockerfile) => of_dockerfile(dockerfile, &wanted, &sent, &mut imported),
        None => {
            let what = "the labels: there is no Dockerfile beside metadata.json that could say them".to_owned();
            imported.left.push(Left { what, help: None });
            imported.places = wanted.into_iter().map(|path| (path.clone(), beside(&path, &disk))).collect();
        }
    }
    let folder = seen::Folder {
        disk: &disk,
        sent: &sent,
        dockerfile: dockerfile.as_ref(),
        metadata: &relative,
        document: &document,
    };
    imported.findings = astray.into_iter().flatten().chain(judge(&folder.view()?)).collect();
    Ok(imported)
}

fn dockerfile(disk: &Disk<'_>) -> Result<Option<Dockerfile>, Error> {
    match disk.kind("Dockerfile") {
        Some(Kind::File(_)) => {
            let bytes = fs::read(&disk.path("Dockerfile"), MAX_BYTES)?;
            let dockerfile = Dockerfile::read(&String::from_utf8_lossy(&bytes));
            Ok(Some(dockerfile).filter(Dockerfile::has_stage))
        }
        _ => Ok(None),
    }
}

/// What `docker build` is not sent.
fn ignored(disk: &Disk<'_>) -> Result<String, Error> {
    for name in ["Dockerfile.dockerignore", ".dockerignore"] {
        if let Some(Kind::File(_)) = disk.kind(name) {
            return Ok(String::from_utf8_lossy(&fs::read(&disk.path(name), MAX_BYTES)?).into_owned());
        }
    }
    Ok(String::new())
}

/// metadata.json: the file that becomes `/metadata.json`, or else the one at the folder's root, which the rules have
/// something to say about.
fn metadata_file(sent: &Sent<'_>, dockerfile: Option<&Dockerfile>) -> (String, Option<Vec<Finding>>, Option<Left>) {
    let path = ImagePath::new(METADATA).expect("a plain file name is a path");
    match dockerfile.map(|dockerfile| dockerfile.place(&path, sent)) {
        Some(Provenance::Local { path, folder: false }) => (path, None, None),
        Some(Provenance::Made { how }) => {
            let what = format!("the metadata.json of the image: {how}; the file of the folder is read instead");
            let help = "write what the image has into the folder's metadata.json, and import it again".to_owned();
            (METADATA.to_owned(), None, Some(Left { what, help: Some(help) }))
        }
        Some(Provenance::Nowhere { how }) => {
            let mut findings = judge(&View::of(Subject::Metadata(Metadata::Absent)));
            findings.iter_mut().for_each(|finding| finding.message = format!("{}: {how}", finding.message));
            (METADATA.to_owned(), Some(findings), None)
        }
        _ => (METADATA.to_owned(), None, None),
    }
}

fn metadata(disk: &Disk<'_>, relative: &str) -> Result<Document, Error> {
    if !matches!(disk.kind(relative), Some(Kind::File(_))) {
        return Err(Error::NoMetadata(disk.root.to_owned()));
    }
    let file = disk.path(relative);
    match Metadata::read(&fs::read(&file, MAX_BYTES)?) {
        Metadata::Whole(document) => Ok(document),
        Metadata::Broken(Broken { what, line, column }) => {
            let place =
                [Some(file.display().to_string()), line.map(|at| at.to_string()), column.map(|at| at.to_string())];
            let place = place.into_iter().flatten().collect::<Vec<_>>().join(":");
            Err(Error::Unreadable { what: format!("metadata.json is no JSON: {what}"), rule: "E01", place })
        }
        Metadata::Absent | Metadata::NoFile(_) | Metadata::TooLarge(_) => Err(Error::NoMetadata(disk.root.to_owned())),
    }
}

/// A file of the same path beside metadata.json, where no Dockerfile says more.
pub(super) fn beside(path: &ImagePath, disk: &Disk<'_>) -> Provenance {
    let local = |folder| Provenance::Local { path: path.relative().to_owned(), folder };
    match disk.kind(path.relative()) {
        Some(Kind::Dir) => local(true),
        Some(Kind::File(_)) => local(false),
        _ => Provenance::Made { how: "there is no Dockerfile that says where it comes from".to_owned() },
    }
}

/// Where a path comes from. What Cargo has built before is no file of the source.
fn placed(dockerfile: &Dockerfile, path: &ImagePath, sent: &Sent<'_>) -> Provenance {
    match dockerfile.place(path, sent) {
        Provenance::Local { path, .. } if path.split('/').next() == Some("target") => {
            Provenance::Made { how: format!("`{path}` is what Cargo has built") }
        }
        found => found,
    }
}

fn of_dockerfile(dockerfile: &Dockerfile, wanted: &[ImagePath], sent: &Sent<'_>, imported: &mut Imported) {
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
        imported
            .left
            .push(Left { what, help: Some("those that count stand under `labels`, if not in a key".to_owned()) });
    }
    let mut labels = dockerfile.labels();
    imported.left.extend(labels.iter().flat_map(|(name, label)| odd(name, label)));
    // No text of a table is that of each platform.
    labels.retain(|_, label| label.varying.is_empty());
    imported.left.extend(dockerfile.broken.iter().map(broken));
    imported.labels = Some(labels.into_iter().map(|(name, label)| (name, label.value)).collect::<BTreeMap<_, _>>());
}

fn broken(BrokenLine { line, what, ours }: &BrokenLine) -> Left {
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
    let rest = dockerfile.rest(&named, sent);
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
    told.chain(unread).collect()
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

/// A folder on the disk. What leads out of it, by a link, counts as nothing.
#[derive(Debug)]
pub struct Disk<'a> {
    /// The folder, with all links resolved.
    pub root: &'a Path,
}

impl Disk<'_> {
    /// The path on this machine.
    #[must_use]
    pub fn path(&self, relative: &str) -> PathBuf {
        relative.split('/').filter(|part| !part.is_empty()).fold(self.root.to_owned(), |path, part| path.join(part))
    }

    fn is_inside(&self, relative: &str) -> bool {
        fs::canonical(&self.path(relative)).is_ok_and(|path| path.starts_with(self.root))
    }
}

impl Context for Disk<'_> {
    fn kind(&self, path: &str) -> Option<Kind> {
        if path.contains('\0') || path.split('/').any(|part| part == "..") || !self.is_inside(path) {
            return None;
        }
        fs::kind_followed(&self.path(path)).ok()
    }

    fn names(&self, path: &str) -> Vec<String> {
        match self.kind(path) {
            Some(Kind::Dir) => {
                let listed = fs::list(&self.path(path)).unwrap_or_default();
                listed.into_iter().filter_map(|entry| entry.name).collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{"icon":"icon.svg","ui":{"dashboard-tab":{"title":"T","root":"ui","src":"x"}}}"#;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("temp");
        for (path, text) in files {
            fs::write_atomic(&dir.path().join(path), text.as_bytes()).expect(path);
        }
        dir
    }

    fn place(imported: &Imported, path: &str) -> Option<Provenance> {
        imported.places.get(&ImagePath::new(path).expect(path)).cloned()
    }

    #[test]
    fn without_a_dockerfile_names_say_where_files_are() {
        let dir = folder(&[("metadata.json", METADATA), ("ui/x", "")]);
        let imported = read(dir.path()).expect("read");
        assert_eq!(imported.labels, None);
        assert_eq!(place(&imported, "ui"), Some(Provenance::Local { path: "ui".to_owned(), folder: true }));
        assert!(matches!(place(&imported, "icon.svg"), Some(Provenance::Made { .. })));
        assert_eq!(imported.left.len(), 1);
    }

    #[test]
    fn metadata_is_the_file_that_becomes_it() {
        let other = r#"{"vm":{}}"#;
        let dir = folder(&[
            ("Dockerfile", "FROM alpine:${V:-3}\nCOPY image/ /\nCOPY i.svg /icon.svg\nCMD [\"/b\"]\nLABEL\n"),
            ("metadata.json", other),
            ("image/metadata.json", METADATA),
            ("i.svg", ""),
        ]);
        let imported = read(dir.path()).expect("read");
        assert_eq!(imported.metadata.value["icon"], "icon.svg");
        assert_eq!(place(&imported, "icon.svg"), Some(Provenance::Local { path: "i.svg".to_owned(), folder: false }));
        assert!(matches!(place(&imported, "ui"), Some(Provenance::Nowhere { .. })));
        assert_eq!((imported.base.as_deref(), imported.labels), (Some("alpine:3"), Some(BTreeMap::new())));
        let left: Vec<_> = imported.left.iter().map(|left| left.what.as_str()).collect();
        assert_eq!(left, ["line 5 of the Dockerfile: it has no arguments"]);
        assert_eq!(imported.start.lines().collect::<Vec<_>>(), [("CMD", "/b".to_owned())]);

        let dir = folder(&[("Dockerfile", "FROM scratch\nCOPY metadata.json /app/\n"), ("metadata.json", METADATA)]);
        let findings = read(dir.path()).expect("read").findings;
        assert_eq!(findings[0].rule.id, "E01");
        let message = "there is no /metadata.json: nothing in the Dockerfile puts it into the image";
        assert_eq!(findings[0].message, message);
    }

    #[test]
    fn odd_labels_are_told() {
        let dockerfile = "FROM scratch\nLABEL a=1\nLABEL a=$X b=$TARGETARCH\n";
        let dir = folder(&[("Dockerfile", dockerfile), ("metadata.json", METADATA)]);
        let imported = read(dir.path()).expect("read");
        let told: Vec<_> = imported.left.iter().map(|left| left.what.as_str()).collect();
        assert_eq!(
            told,
            [
                "the label a of line 2 of the Dockerfile: line 3 sets it again",
                "the label a (line 3 of the Dockerfile) as far as it is made of X",
                "the label b (line 3 of the Dockerfile) because it differs by TARGETARCH",
            ]
        );
    }

    #[test]
    fn what_is_no_source_is_refused() {
        let dir = folder(&[("a/metadata.json", "{\n\"ui\": }"), ("b/x", "")]);
        let refused = |name: &str| read(&dir.path().join(name)).expect_err(name);
        assert!(matches!(refused("gone"), Error::Fs(_)));
        assert!(matches!(refused("b"), Error::NoMetadata(_)));
        let error = refused("a");
        assert_eq!(error.to_string(), "metadata.json is no JSON: expected value (E01)");
        assert!(crate::domain::Explain::place(&error).is_some_and(|place| place.ends_with("metadata.json:2:7")));
    }

    #[cfg(unix)]
    #[test]
    fn a_script_that_nobody_may_execute_is_told() {
        let metadata = r#"{"host":{"binaries":[{"linux":[{"path":"/t.sh"}]}]}}"#;
        for (dockerfile, expected) in [
            ("FROM scratch\nCOPY metadata.json t.sh /\n", true),
            ("FROM scratch\nCOPY metadata.json /\nCOPY --chmod=0755 t.sh /\n", false),
            ("FROM x\nCOPY metadata.json t.sh /\nRUN chmod +x /t.sh\n", false),
        ] {
            let dir = folder(&[("Dockerfile", dockerfile), ("metadata.json", metadata), ("t.sh", "#!/bin/sh\n")]);
            let findings = read(dir.path()).expect("read").findings;
            let mode = "the linux program `/t.sh` has mode 0644: nobody may execute it";
            assert_eq!(findings.iter().any(|finding| finding.message == mode), expected, "{dockerfile}");
        }
    }

    #[test]
    fn the_rules_see_the_page_on_the_disk() {
        let metadata = r#"{"icon":"i.svg","ui":{"dashboard-tab":{"title":"T","root":"ui","src":"gone.html"}},"vm":{"composefile":"c.yaml"}}"#;
        let dockerfile = "FROM scratch\nCOPY . /\nCMD [\"/x\"]\n";
        let dir = folder(&[
            ("Dockerfile", dockerfile),
            ("metadata.json", metadata),
            ("i.svg", ""),
            ("c.yaml", "services: {x: {image: y, volumes: ['/var/run/docker.sock:/var/run/docker.sock']}}"),
            ("ui/node_modules/x.js", "1"),
            ("ui/app.js", "ddClient.extension.vm.service.get('/')"),
        ]);
        let findings = read(dir.path()).expect("read").findings;
        let told: Vec<_> = findings.iter().map(|finding| finding.rule.id).filter(|id| *id != "E20").collect();
        assert_eq!(told, ["E05", "E07", "W18", "E25", "W41", "W43"], "{findings:?}");
    }

    #[test]
    fn what_a_backend_may_need_is_taken_or_told() {
        let dockerfile = "FROM scratch\nCOPY metadata.json x.yaml /\nCOPY etc /etc/x\nENV A=1\nCMD [\"/x\"]\n";
        let files = [("Dockerfile", dockerfile), ("x.yaml", "services: {}"), ("etc/a", "1")];
        for (metadata, further, left) in [
            (r#"{"vm":{"composefile":"x.yaml"}}"#, 1, &["line 4 of the Dockerfile: `ENV` A=1"][..]),
            // Without a backend nobody needs it.
            (r#"{"host":{"binaries":[]}}"#, 0, &[]),
        ] {
            let dir = folder(&[&files[..], &[("metadata.json", metadata)]].concat());
            let imported = read(dir.path()).expect("read");
            assert_eq!(imported.further.len(), further, "{metadata}");
            assert_eq!(imported.left.iter().map(|left| left.what.as_str()).collect::<Vec<_>>(), left);
        }
    }
}
