//! Writing an OCI layout so that whoever looks finds the old image whole or the new one whole, even when this
//! process is killed.
//!
//! A new layout is built in a folder beside its final place and renamed. An existing one of ours gets the new
//! blobs first, then `index.json` by rename, which is the commit, and only then loses the blobs that nothing
//! refers to. A lock on the layout's `oci-layout` file keeps two processes from doing so at once. Anything
//! else at the destination is left alone.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::{NamedTempFile, TempDir};

use super::Error;
use super::document::Index;
use super::read::{INDEX, LAYOUT_VERSION, MARKER};
use crate::domain::Digest;
use crate::report::Report;
use crate::sys::fs;

/// The annotation of `index.json` that says a layout is ours to replace; the name is the crate's home turned
/// around, as `annotations.md` of the specification asks, and the value the version of our layout.
pub(super) const OURS: &str = "io.crates.cargo-dext.layout";

/// The largest `index.json` of ours, in bytes.
const MAX_INDEX: u64 = 4 << 20;

/// A layout that is being written.
#[derive(Debug)]
pub(super) struct Target {
    dest: PathBuf,
    /// Where the blobs go: `dest`, or the folder that will be renamed to it.
    root: PathBuf,
    /// Whether anything was added, and so must reach the disk before the commit.
    changed: AtomicBool,
    /// Held until the layout is whole. Declared before the folder that it lies in: Windows removes no open
    /// file.
    lock: Option<fs::Lock>,
    staging: Option<TempDir>,
}

/// A blob that is being written; dropped, it is gone.
#[derive(Debug)]
pub(super) struct Blob(NamedTempFile);

impl Write for Blob {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The file itself: `NamedTempFile` would add its own path to an error, which gets one anyway.
        self.0.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_file_mut().flush()
    }
}

impl Target {
    /// Prepares to write a layout at `dest`.
    ///
    /// # Errors
    /// When `dest` holds anything but a layout of ours, or cannot be written.
    pub fn open(dest: &Path, report: &dyn Report) -> Result<Self, Error> {
        if is_ours(dest)? { Self::update(dest, report) } else { Self::create(dest) }
    }

    fn update(dest: &Path, report: &dyn Report) -> Result<Self, Error> {
        let wait = || report.status("Blocking", format!("waiting for file lock on `{}`", dest.display()));
        let lock = fs::lock(&dest.join(MARKER), wait)?;
        // Whoever held the lock may have been anybody.
        is_ours(dest)?;
        let (root, changed) = (dest.to_owned(), AtomicBool::new(false));
        Ok(Target { dest: dest.to_owned(), root, changed, lock: Some(lock), staging: None })
    }

    fn create(dest: &Path) -> Result<Self, Error> {
        let dest = if fs::exists(dest) { fs::canonical(dest)? } else { dest.to_owned() };
        let Some(name) = dest.file_name() else {
            return Err(Error::Foreign { dest, why: "is no folder with a name" });
        };
        let parent = parent(&dest);
        fs::create_dir_all(parent)?;
        let prefix = format!(".{}.dext-", name.to_string_lossy());
        remove_leftovers(parent, &prefix)?;
        let staging = fs::temp_dir_named(parent, &prefix)?;
        let root = staging.path().to_owned();
        fs::create_dir_all(&blobs(&root))?;
        let marker = root.join(MARKER);
        fs::write_atomic(&marker, format!(r#"{{"imageLayoutVersion":"{LAYOUT_VERSION}"}}"#).as_bytes())?;
        let lock = fs::try_lock(&marker)?;
        Ok(Target { dest, root, changed: AtomicBool::new(true), lock, staging: Some(staging) })
    }

    /// Begins a blob whose digest is not known yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn begin(&self) -> Result<Blob, Error> {
        Ok(Blob(fs::temp_file(&blobs(&self.root))?))
    }

    /// What a failed write to a blob means.
    pub fn failed(&self, source: io::Error) -> Error {
        fs::Error::new("write", &blobs(&self.root), source).into()
    }

    /// Keeps a finished blob under its digest, on the disk for good.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep(&self, Blob(blob): Blob, digest: &Digest) -> Result<(), Error> {
        let path = self.blob_path(digest);
        fs::sync_file(blob.as_file(), &path)?;
        fs::persist(blob, &path)?;
        self.changed.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Adds a verified blob that lies elsewhere on this machine. What the layout may have under that digest
    /// is replaced unseen, so it need not be read.
    ///
    /// # Errors
    /// When it can be neither linked nor copied.
    pub fn link(&self, from: &Path, digest: &Digest) -> Result<(), Error> {
        let path = self.blob_path(digest);
        if !fs::exists(&path) {
            self.changed.store(true, Ordering::Relaxed);
        }
        Ok(fs::replace_with_link(from, &path)?)
    }

    /// Adds a document.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&self, bytes: &[u8]) -> Result<(), Error> {
        let digest = Digest::of(bytes);
        if fs::read(&self.blob_path(&digest), bytes.len() as u64).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        let mut blob = self.begin()?;
        blob.write_all(bytes).map_err(|e| self.failed(e))?;
        self.keep(blob, &digest)
    }

    /// Where the blob of a digest is, or will be.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        super::blob_path(&self.root, digest)
    }

    /// Where the layout will be.
    pub fn dest(&self) -> &Path {
        &self.dest
    }

    /// Makes `index_json` the layout's index and removes every blob that `used` does not name.
    ///
    /// # Errors
    /// When the disk refuses, or somebody has put something at a new layout's place. The old image, or
    /// whatever is there, is untouched then.
    pub fn commit(mut self, index_json: &[u8], used: &BTreeSet<Digest>) -> Result<(), Error> {
        let index = self.root.join(INDEX);
        let same = fs::read(&index, MAX_INDEX).is_ok_and(|there| there == index_json);
        if self.changed.load(Ordering::Relaxed) {
            fs::sync_dir(&blobs(&self.root))?;
        }
        if !same {
            let mut temp = fs::temp_file(&self.root)?;
            temp.as_file_mut().write_all(index_json).map_err(|e| fs::Error::new("write", &index, e))?;
            fs::sync_file(temp.as_file(), &index)?;
            fs::persist(temp, &index)?;
            fs::sync_dir(&self.root)?;
        }
        match self.staging.take() {
            Some(staging) => {
                // Windows renames no folder with an open file in it.
                self.lock = None;
                self.publish(staging)
            }
            None => {
                self.remove_unused(used);
                Ok(())
            }
        }
    }

    fn publish(&self, staging: TempDir) -> Result<(), Error> {
        if fs::exists(&self.dest) {
            // It was an empty folder at the start; if it is not any more, this fails and it stays.
            fs::remove_empty_dir(&self.dest)
                .map_err(|_| Error::Foreign { dest: self.dest.clone(), why: "was filled by somebody meanwhile" })?;
        }
        fs::rename(staging.path(), &self.dest)?;
        // The folder has another name now, so there is nothing to clean up.
        let _ = staging.keep();
        Ok(fs::sync_dir(parent(&self.dest))?)
    }

    /// Removes the old image's blobs and whatever killed runs have left. The new image is there by now, so
    /// what cannot be removed, say because somebody still reads it, is left to the next run.
    fn remove_unused(&self, used: &BTreeSet<Digest>) {
        let blobs = fs::list(&blobs(&self.root)).unwrap_or_default().into_iter().filter(|file| {
            let digest = file.name.as_deref().and_then(|name| Digest::from_hex(name).ok());
            !digest.is_some_and(|digest| used.contains(&digest))
        });
        let temporary = fs::list(&self.root).unwrap_or_default().into_iter();
        let temporary = temporary.filter(|file| file.name.as_deref().is_some_and(|name| name.starts_with(".tmp-")));
        for file in blobs.chain(temporary).filter(|file| matches!(file.kind, fs::Kind::File(_))) {
            let _ = fs::remove_file(&file.path);
        }
    }
}

fn blobs(root: &Path) -> PathBuf {
    root.join("blobs").join("sha256")
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether a layout of ours is at `dest`; `false` if nothing or an empty folder is.
///
/// # Errors
/// When anything else is there.
fn is_ours(dest: &Path) -> Result<bool, Error> {
    let foreign = |why| Error::Foreign { dest: dest.to_owned(), why };
    match fs::kind_followed(dest) {
        Err(e) if e.is_not_found() && !fs::exists(dest) => return Ok(false),
        Err(e) if e.is_not_found() => return Err(foreign("is a link to nowhere")),
        Err(e) => return Err(e.into()),
        Ok(fs::Kind::Dir) => {}
        Ok(_) => return Err(foreign("is no folder")),
    }
    if fs::list(dest)?.is_empty() {
        return Ok(false);
    }
    if !fs::exists(&dest.join(MARKER)) {
        return Err(foreign("is a folder with other things in it"));
    }
    // The marker itself is not read: Windows lets nobody read a locked file.
    let index = fs::read(&dest.join(INDEX), MAX_INDEX).ok();
    let index: Option<Index> = index.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match index.and_then(|index| index.annotations) {
        Some(annotations) if annotations.contains_key(OURS) => Ok(true),
        _ => Err(foreign("is an image layout of another tool")),
    }
}

/// Removes what killed runs have left beside a layout; what a living one holds stays.
fn remove_leftovers(parent: &Path, prefix: &str) -> Result<(), Error> {
    for found in fs::list(parent)? {
        let leftover = found.kind == fs::Kind::Dir && found.name.is_some_and(|name| name.starts_with(prefix));
        if leftover && !matches!(fs::try_lock(&found.path.join(MARKER)), Ok(None)) {
            fs::remove_dir_all(&found.path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::fsck;
    use super::super::testing::{Room, options, snapshot};
    use super::super::{Image, assemble};
    use super::*;
    use crate::report::Recorder;
    use std::collections::BTreeMap;

    fn try_assemble(room: &Room) -> Result<Image, Error> {
        assemble(&room.bundles(), &BTreeMap::new(), &options(), &room.path("layout"), &Recorder::default())
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        type Make = fn(&Path);
        let cases: [(&str, Make); 6] = [
            ("is no folder", |dest| fs::write_atomic(dest, b"x").expect("written")),
            ("is a folder with other things in it", |dest| fs::write_atomic(&dest.join("a"), b"x").expect("written")),
            ("is an image layout of another tool", |dest| {
                fs::write_atomic(&dest.join(MARKER), b"{}").expect("written")
            }),
            ("is an image layout of another tool", |dest| {
                let marker = br#"{"imageLayoutVersion":"1.0.0"}"#;
                fs::write_atomic(&dest.join(MARKER), marker).expect("written");
            }),
            ("is an image layout of another tool", |dest| {
                let marker = br#"{"imageLayoutVersion":"1.0.0"}"#;
                fs::write_atomic(&dest.join(MARKER), marker).expect("written");
                let index = br#"{"schemaVersion":2,"manifests":[],"annotations":{"a":"b"}}"#;
                fs::write_atomic(&dest.join(INDEX), index).expect("written");
            }),
            ("is a link to nowhere", |dest| {
                #[cfg(unix)]
                std::os::unix::fs::symlink("nowhere", dest).expect("linked");
                #[cfg(not(unix))]
                fs::write_atomic(dest, b"x").expect("written");
            }),
        ];
        for (why, make) in cases {
            let room = Room::new();
            let dest = room.path("layout");
            make(&dest);
            let before = snapshot_of(&room);
            match try_assemble(&room) {
                Err(Error::Foreign { why: said, .. }) => assert!(said == why || cfg!(not(unix)), "{said}"),
                other => panic!("{why}: {other:?}"),
            }
            assert_eq!(snapshot_of(&room), before, "{why}");
        }
    }

    /// What a test may not change: everything but its inputs.
    fn snapshot_of(room: &Room) -> Vec<(PathBuf, fs::Kind)> {
        let all = fs::walk(&room.path("")).expect("walked").into_iter().map(|f| (f.relative, f.kind));
        all.filter(|(path, _)| !path.starts_with("inputs")).collect()
    }

    #[test]
    fn an_empty_folder_is_taken() {
        let room = Room::new();
        fs::create_dir_all(&room.path("layout")).expect("made");
        let image = try_assemble(&room).expect("assembled");
        fsck(&image.layout, 1).expect("whole");
    }

    #[test]
    fn a_new_image_replaces_the_old_one_with_all_its_blobs() {
        let room = Room::new();
        let old = try_assemble(&room).expect("assembled");
        let mut bundles = room.bundles();
        bundles.truncate(1);
        let new = assemble(&bundles, &BTreeMap::new(), &options(), &room.path("layout"), &Recorder::default());
        let new = new.expect("assembled");
        assert_ne!(new.index, old.index);
        let whole = fsck(&new.layout, 1).expect("whole");
        assert_eq!(fs::list(&blobs(&new.layout)).expect("listed").len(), whole.blobs);
        for blob in old.blobs().iter().filter(|blob| !new.blobs().contains(blob)) {
            assert!(!fs::exists(&new.blob_path(&blob.digest)));
        }
    }

    #[test]
    fn leftovers_of_killed_runs_vanish_and_those_of_living_ones_stay() {
        let room = Room::new();
        let (dead, living, other) =
            (room.path(".layout.dext-dead"), room.path(".layout.dext-living"), room.path(".other.dext-dead"));
        for dir in [&dead, &living, &other] {
            fs::write_atomic(&dir.join(MARKER), b"").expect("written");
            fs::write_atomic(&dir.join("blobs/sha256/.tmp-x"), b"half").expect("written");
        }
        let lock = fs::try_lock(&living.join(MARKER)).expect("locked");
        let image = try_assemble(&room).expect("assembled");
        assert_eq!([&dead, &living, &other].map(|dir| fs::exists(dir)), [false, true, true]);
        drop(lock);
        // A run that was killed inside an existing layout: half a blob, a whole one that nothing names, half
        // an index.
        let blobs = blobs(&image.layout);
        let litter = [blobs.join(".tmp-x"), blobs.join(Digest::of(b"x").hex()), image.layout.join(".tmp-y")];
        litter.iter().for_each(|path| fs::write_atomic(path, b"half").expect("written"));
        let before = fsck(&image.layout, 1).expect("still whole");
        let image = try_assemble(&room).expect("assembled");
        assert!(litter.iter().all(|path| !fs::exists(path)));
        assert_eq!(fsck(&image.layout, 1).expect("whole"), before);
    }

    #[test]
    fn a_damaged_blob_is_replaced() {
        let room = Room::new();
        let image = room.assemble(&room.bundles());
        let before = snapshot(&image.layout);
        for blob in image.blobs() {
            fs::write_atomic(&image.blob_path(&blob.digest), b"damaged").expect("written");
        }
        let again = room.assemble(&room.bundles());
        assert_eq!((snapshot(&again.layout), again.index), (before, image.index));
    }

    #[test]
    fn a_failed_run_leaves_the_old_image_and_no_litter() {
        let room = Room::new();
        let image = try_assemble(&room).expect("assembled");
        let before = snapshot(&image.layout);
        let mut bundles = room.bundles();
        let gone = room.file("gone", b"x");
        bundles[0].layers[1].entries.push(gone);
        fs::remove_file(&room.path("inputs/gone")).expect("removed");
        let failed = assemble(&bundles, &BTreeMap::new(), &options(), &room.path("layout"), &Recorder::default());
        assert!(matches!(failed, Err(Error::File(_))));
        assert_eq!(snapshot(&image.layout), before);
        let fresh = room.path("fresh");
        assert!(assemble(&bundles, &BTreeMap::new(), &options(), &fresh, &Recorder::default()).is_err());
        let left = fs::list(&room.path("")).expect("listed");
        assert_eq!(left.iter().filter_map(|f| f.name.as_deref()).collect::<Vec<_>>(), ["inputs", "layout"]);
    }

    #[test]
    fn concurrent_runs_wait_for_each_other() {
        let room = Room::new();
        try_assemble(&room).expect("assembled");
        let (bundles, dest) = (room.bundles(), &room.path("layout"));
        std::thread::scope(|scope| {
            let runs = (0..4u64).map(|at| {
                let mut bundles = bundles.clone();
                bundles[0].layers[1].entries.push(super::super::testing::generated("run", &at.to_le_bytes()));
                scope.spawn(move || {
                    assemble(&bundles, &BTreeMap::new(), &options(), dest, &Recorder::default()).expect("assembled")
                })
            });
            let runs: Vec<_> = runs.collect();
            runs.into_iter().for_each(|run| drop(run.join().expect("no panic")));
        });
        let whole = fsck(dest, 1).expect("whole");
        assert_eq!(fs::list(&blobs(dest)).expect("listed").len(), whole.blobs);
    }
}
