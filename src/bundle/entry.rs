//! One file or folder of an image, before anybody knows what a layer is.

use std::path::PathBuf;

use crate::domain::{FileMode, ImagePath};

/// A file with its place and mode in the image. Folders above it are implied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it lands.
    pub path: ImagePath,
    /// What is in it.
    pub content: Content,
    /// Its mode, whatever the building file system says.
    pub mode: FileMode,
}

/// Where the bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A regular file on this machine.
    OnDisk(PathBuf),
    /// Bytes that this run made.
    Generated(Vec<u8>),
}
