//! A folder with metadata.json, Dockerfile and what they name.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dockerfile::{Context, Dockerfile, Sent};
use super::place::Provenance;
use super::{Imported, Left, json, judge, place, recipe, seen};
use crate::domain::ImagePath;
use crate::domain::json::MAX_VALUES;
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
    let disk = Disk::new(&root);
    let dockerfile = dockerfile(&disk)?;
    let sent = Sent::new(&disk, &ignored(&disk)?);
    let (relative, astray, told) = metadata_file(&sent, dockerfile.as_ref());
    let document = metadata(&disk, &relative)?;
    let mut imported = Imported { metadata: json::of(&document), ..Imported::default() };
    imported.left.extend(told);
    let wanted = place::wanted(&imported.metadata.value);
    match &dockerfile {
        Some(dockerfile) => recipe::take(dockerfile, &wanted, &sent, &mut imported),
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
    match dockerfile.map(|dockerfile| sent.place(dockerfile, &path)) {
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

fn metadata(disk: &Disk<'_>, relative: &str) -> Result<Arc<Document>, Error> {
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
        Metadata::TooMany(values) => Err(Error::Unreadable {
            what: format!("metadata.json has {values} values; at most {MAX_VALUES} are read"),
            rule: "E01",
            place: file.display().to_string(),
        }),
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

/// A folder on the disk. What leads out of it, by a link, counts as nothing.
#[derive(Debug)]
pub struct Disk<'a> {
    root: &'a Path,
    /// What was at a path when it was asked for first. A Dockerfile of many lines asks for many paths again and again.
    known: RefCell<BTreeMap<String, Option<Kind>>>,
}

/// How many paths of a folder are remembered.
const MAX_KNOWN: usize = 10_000;

impl<'a> Disk<'a> {
    /// The folder at `root`, a path with all links resolved.
    #[must_use]
    pub fn new(root: &'a Path) -> Self {
        Disk { root, known: RefCell::default() }
    }

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
        if let Some(known) = self.known.borrow().get(path) {
            return *known;
        }
        let odd = path.contains('\0') || path.split('/').any(|part| part == "..") || !self.is_inside(path);
        let kind = if odd { None } else { fs::kind_followed(&self.path(path)).ok() };
        let mut known = self.known.borrow_mut();
        if known.len() < MAX_KNOWN {
            known.insert(path.to_owned(), kind);
        }
        kind
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
        let of_base = "the labels of the base image `alpine:3`: they are not read";
        assert_eq!(left, [of_base, "line 5 of the Dockerfile: it has no arguments"]);
        assert_eq!(imported.start.lines().collect::<Vec<_>>(), [("CMD", "/b".to_owned())]);

        let dir = folder(&[("Dockerfile", "FROM scratch\nCOPY metadata.json /app/\n"), ("metadata.json", METADATA)]);
        let findings = read(dir.path()).expect("read").findings;
        assert_eq!(findings[0].rule.id, "E01");
        let message = "there is no /metadata.json: nothing in the Dockerfile puts it into the image";
        assert_eq!(findings[0].message, message);
    }

    #[test]
    fn odd_labels_are_told() {
        let dockerfile = "FROM scratch\nARG TARGETARCH\nLABEL a=1\nLABEL a=$X b=$TARGETARCH c=$BUILDOS\n";
        let dir = folder(&[("Dockerfile", dockerfile), ("metadata.json", METADATA)]);
        let imported = read(dir.path()).expect("read");
        let told: Vec<_> = imported.left.iter().map(|left| left.what.as_str()).collect();
        assert_eq!(
            told,
            [
                "the label a of line 3 of the Dockerfile: line 4 sets it again",
                "the label a (line 4 of the Dockerfile) as far as it is made of X",
                "the label b (line 4 of the Dockerfile), because it differs by TARGETARCH",
                "the label c (line 4 of the Dockerfile) as far as it is made of BUILDOS",
            ]
        );
        let labels: Vec<_> = imported.labels.into_iter().flatten().collect();
        let pair = |name: &str| (name.to_owned(), String::new());
        assert_eq!(labels, [pair("a"), pair("c")]);
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
