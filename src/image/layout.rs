//! Writing an OCI layout so that whoever looks finds the old image whole or the new one whole, even when this
//! process is killed.
//!
//! A new layout is built in a folder beside its final place and renamed. An existing one of ours gets the new
//! blobs first, then `index.json` by rename, which is the commit, and only then loses the blobs that nothing
//! refers to. A lock on the layout's `oci-layout` file keeps two processes from doing so at once. Anything
//! else at the destination is left alone.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::{NamedTempFile, TempDir};

use super::Error;
use super::document::Index;
use super::read::{INDEX, LAYOUT_VERSION, Layout, MARKER};
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
    pub fn begin(&self) -> Result<NamedTempFile, Error> {
        Ok(fs::temp_file(&blobs(&self.root))?)
    }

    /// Keeps a finished blob under its digest, on the disk for good.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep(&self, blob: NamedTempFile, digest: &Digest) -> Result<(), Error> {
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
        blob.write_all(bytes).map_err(|e| fs::Error::new("write", &self.blob_path(&digest), e))?;
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
    /// When the disk refuses; then the old image is still there.
    pub fn commit(mut self, index_json: &[u8], used: &BTreeSet<Digest>) -> Result<(), Error> {
        let index = self.root.join(INDEX);
        let same = fs::read(&index, MAX_INDEX).is_ok_and(|there| there == index_json);
        if self.changed.load(Ordering::Relaxed) {
            fs::sync_dir(&blobs(&self.root))?;
        }
        if !same {
            let mut temp = fs::temp_file(&self.root)?;
            temp.write_all(index_json).map_err(|e| fs::Error::new("write", &index, e))?;
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
            None => self.remove_unused(used),
        }
    }

    fn publish(&self, staging: TempDir) -> Result<(), Error> {
        if fs::exists(&self.dest) {
            // It was an empty folder a moment ago; if it is not any more, this fails and it stays.
            fs::remove_empty_dir(&self.dest)?;
        }
        fs::rename(staging.path(), &self.dest)?;
        // The folder has another name now, so there is nothing to clean up.
        let _ = staging.keep();
        Ok(fs::sync_dir(parent(&self.dest))?)
    }

    /// Removes the old image's blobs and whatever killed runs have left.
    fn remove_unused(&self, used: &BTreeSet<Digest>) -> Result<(), Error> {
        for file in fs::list(&blobs(&self.root))? {
            let digest = file.name.as_deref().and_then(|name| Digest::from_hex(name).ok());
            if matches!(file.kind, fs::Kind::File(_)) && !digest.is_some_and(|digest| used.contains(&digest)) {
                fs::remove_file(&file.path)?;
            }
        }
        for file in fs::list(&self.root)? {
            let temporary = file.name.as_deref().is_some_and(|name| name.starts_with(".tmp-"));
            if temporary && matches!(file.kind, fs::Kind::File(_)) {
                fs::remove_file(&file.path)?;
            }
        }
        Ok(())
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
    if Layout::open(dest).is_err() {
        return Err(foreign("is a folder with other things in it"));
    }
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
