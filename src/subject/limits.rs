//! How much of an image is read at most. Images are hostile: whatever a document or a layer says, memory and
//! time stay within these bounds.

pub use crate::image::MAX_DOCUMENT;

/// How deep indexes may nest. Real images have one index; skopeo and BuildKit go no deeper.
pub(super) const MAX_DEPTH: usize = 4;

/// How many entries the indexes of an image may have in all.
pub(super) const MAX_ENTRIES: usize = 1_000;

/// How many platforms of an image are read. The widest of Docker's official images have about twenty.
pub(super) const MAX_PLATFORMS: usize = 64;

/// How many layers an image may have: overlay file systems stop at 128.
pub(super) const MAX_LAYERS: usize = 512;

/// Bytes of all manifests and configs of an image together. Those of an official image for ten platforms have some
/// 100 KiB.
pub(super) const MAX_DOCUMENTS: u64 = 4 << 20;

/// How many values the documents of an image may have together. A value of three bytes takes more than a hundred of
/// memory.
pub(super) const MAX_VALUES: usize = 100_000;

/// The longest path and target of a link in bytes; Linux makes no longer ones (`PATH_MAX`, `path_resolution(7)`).
pub(super) const MAX_PATH: usize = 4_096;

/// How many links are followed on the way to a file, as Linux does (`path_resolution(7)`).
pub(super) const MAX_LINKS: usize = 40;

/// How much of one layer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the unpacked tar.
    pub unpacked: u64,
    /// How many times larger than its blob the tar may be. Deflate ends at 1032; programs and pages reach 20.
    pub ratio: u64,
    /// Unpacked bytes below which no ratio is too large.
    pub harmless: u64,
    /// Entries of the tar.
    pub entries: u64,
    /// Bytes of all names and link targets.
    pub names: u64,
    /// Bytes of a file that is kept as it is; of a larger one only what was learned from it.
    pub content: u64,
    /// Bytes of memory, more or less, for what is known of all layers at once.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            unpacked: 16 << 30,
            ratio: 200,
            harmless: 128 << 20,
            entries: 500_000,
            names: 64 << 20,
            content: 1 << 20,
            memory: 512 << 20,
        }
    }
}
