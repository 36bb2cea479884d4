//! A folder with metadata.json, Dockerfile and what they name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dockerfile::{Context, Dockerfile, Label};
use super::place::{Places, Provenance};
use super::{Fault, Imported, Left, json, place};
use crate::domain::ImagePath;
use crate::scaffold::Error;
use crate::sys::fs::{self, Kind};

/// The largest metadata.json and Dockerfile that are read, in bytes; real ones have some thousand.
const MAX_BYTES: u64 = 1 << 20;

/// The path of metadata.json in the image.
const METADATA: &str = "metadata.json";

/// Reads an extension from a folder.
///
/// # Errors
/// When it is no folder, has no metadata.json, or one that is no JSON.
pub fn read(folder: &Path) -> Result<Imported, Error> {
    match fs::kind_followed(folder) {
        Ok(Kind::Dir) => {}
        Ok(_) => return Err(Error::NoSource(folder.to_owned())),
        Err(error) if error.is_not_found() => return Err(Error::NoSource(folder.to_owned())),
        Err(error) => return Err(error.into()),
    }
    let root = fs::canonical(folder)?;
    let disk = Disk { root: &root };
    let dockerfile = dockerfile(&disk)?;
    let mut imported = Imported::default();
    imported.metadata = metadata(&disk, dockerfile.as_ref(), &mut imported.faults)?;
    let wanted = place::wanted(&imported.metadata.value);
    match &dockerfile {
        Some(dockerfile) => of_dockerfile(dockerfile, &wanted, &disk, &mut imported),
        None => {
            let what = "the labels: there is no Dockerfile beside metadata.json that could say them".to_owned();
            imported.left.push(Left { what, help: None });
            imported.places = wanted.into_iter().map(|path| (path.clone(), beside(&path, &disk))).collect();
        }
    }
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

/// metadata.json: the file that becomes `/metadata.json`, or else the one at the folder's root.
fn metadata(disk: &Disk<'_>, dockerfile: Option<&Dockerfile>, faults: &mut Vec<Fault>) -> Result<json::Found, Error> {
    let path = ImagePath::new(METADATA).expect("a plain file name is a path");
    let found = dockerfile.map(|dockerfile| dockerfile.place(&path, disk));
    let relative = match found {
        Some(Provenance::Local { path, folder: false }) => path,
        Some(Provenance::Nowhere { how }) => {
            let what = format!("metadata.json does not get to the root of the image: {how}");
            faults.push(Fault { rule: "E01", what, help: None });
            METADATA.to_owned()
        }
        _ => METADATA.to_owned(),
    };
    if !matches!(disk.kind(&relative), Some(Kind::File(_))) {
        return Err(Error::NoMetadata(disk.root.to_owned()));
    }
    let file = disk.path(&relative);
    let bytes = fs::read(&file, MAX_BYTES)?;
    json::read(&bytes).map_err(|why| Error::NoJson { file, why })
}

/// A file of the same path beside metadata.json, where no Dockerfile says more.
fn beside(path: &ImagePath, disk: &Disk<'_>) -> Provenance {
    let local = |folder| Provenance::Local { path: path.relative().to_owned(), folder };
    match disk.kind(path.relative()) {
        Some(Kind::Dir) => local(true),
        Some(Kind::File(_)) => local(false),
        _ => Provenance::Made { how: "there is no Dockerfile that says where it comes from".to_owned() },
    }
}

fn of_dockerfile(dockerfile: &Dockerfile, wanted: &[ImagePath], disk: &Disk<'_>, imported: &mut Imported) {
    imported.places = wanted.iter().map(|path| (path.clone(), dockerfile.place(path, disk))).collect::<Places>();
    imported.base = dockerfile.base().filter(|base| !base.contains('$')).map(str::to_owned);
    let labels = dockerfile.labels();
    imported.faults.extend(labels.iter().flat_map(|(name, label)| odd(name, label)));
    for (line, why) in &dockerfile.broken {
        let what = format!("line {line} of the Dockerfile: {why}");
        imported
            .left
            .push(Left { what, help: Some("`docker build` refuses it as well, or needs an argument".to_owned()) });
    }
    for (what, line) in [("ENTRYPOINT", dockerfile.start().entrypoint), ("CMD", dockerfile.start().cmd)] {
        imported.left.extend(line.map(|line| Left {
            what: format!("`{what}` of the image: {line}"),
            help: Some("name the backend's Cargo binary as `vm.bin`, and its arguments as `vm.args`".to_owned()),
        }));
    }
    imported.labels = Some(labels.into_iter().map(|(name, label)| (name, label.value)).collect::<BTreeMap<_, _>>());
}

/// What is odd about how a label came to its value.
fn odd(name: &str, label: &Label) -> Vec<Fault> {
    let line = label.line;
    let mut faults = Vec::new();
    let mut fault = |rule, what| faults.push(Fault { rule, what, help: None });
    if !label.replaces.is_empty() {
        let earlier: Vec<String> = label.replaces.iter().map(usize::to_string).collect();
        fault("label", format!("{name} is set in line {line} over what line {} has set", earlier.join(", ")));
    }
    if !label.unset.is_empty() {
        fault("E20", format!("{name} (line {line}) is made of {}, which has no value", label.unset.join(", ")));
    }
    if !label.varying.is_empty() {
        fault("W39", format!("{name} (line {line}) differs by {}", label.varying.join(", ")));
    }
    faults
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
        assert_eq!(left, ["line 5 of the Dockerfile: it has no arguments", "`CMD` of the image: /b"]);

        let dir = folder(&[("Dockerfile", "FROM scratch\nCOPY metadata.json /app/\n"), ("metadata.json", METADATA)]);
        let faults = read(dir.path()).expect("read").faults;
        assert_eq!(faults[0].rule, "E01");
        assert!(faults[0].what.contains("does not get to the root of the image"), "{faults:?}");
    }

    #[test]
    fn odd_labels_are_told() {
        let dockerfile = "FROM scratch\nLABEL a=1\nLABEL a=$X b=$TARGETARCH\n";
        let dir = folder(&[("Dockerfile", dockerfile), ("metadata.json", METADATA)]);
        let imported = read(dir.path()).expect("read");
        let told: Vec<_> = imported.faults.iter().map(|fault| format!("{}: {}", fault.rule, fault.what)).collect();
        assert_eq!(
            told[1..],
            [
                "label: a is set in line 3 over what line 2 has set",
                "E20: a (line 3) is made of X, which has no value",
                "W39: b (line 3) differs by TARGETARCH",
            ]
        );
    }

    #[test]
    fn what_is_no_source_is_refused() {
        let dir = folder(&[("file", ""), ("a/metadata.json", "{"), ("b/x", "")]);
        assert!(matches!(read(&dir.path().join("file")), Err(Error::NoSource(_))));
        assert!(matches!(read(&dir.path().join("gone")), Err(Error::NoSource(_))));
        assert!(matches!(read(&dir.path().join("a")), Err(Error::NoJson { .. })));
        assert!(matches!(read(&dir.path().join("b")), Err(Error::NoMetadata(_))));
    }
}
