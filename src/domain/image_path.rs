//! Paths inside an image, and the modes files get there.

use std::fmt;

use serde::Serialize;

/// The longest path a layer holds, in bytes, like Linux's `PATH_MAX`.
const MAX_BYTES: usize = 4095;

/// An absolute path inside an image: '/'-separated, without `.`, `..`, empty or doubled parts, and safe to
/// create on Windows, where Docker Desktop unpacks extensions too.
///
/// Ordered bytewise, which puts every folder before what it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ImagePath(String);

impl ImagePath {
    /// Reads a path as a user or `metadata.json` writes it: relative paths count from `/`, `./` and a final
    /// `/` are dropped.
    ///
    /// # Errors
    /// When the path is empty, leaves the root, or holds a character or name that Windows refuses.
    pub fn new(text: &str) -> Result<Self, InvalidImagePath> {
        let fail = |why| Err(InvalidImagePath { path: text.to_owned(), why });
        let mut path = String::with_capacity(text.len() + 1);
        for part in text.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if let Some(why) = defect(part) {
                return fail(why);
            }
            path.push('/');
            path.push_str(part);
        }
        match path.len() {
            0 => fail("it names no file"),
            length if length > MAX_BYTES => fail("it is longer than 4095 bytes"),
            _ => Ok(ImagePath(path)),
        }
    }

    /// The path with its leading '/'.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path without its leading '/', as tar entries are named.
    #[must_use]
    pub fn relative(&self) -> &str {
        &self.0[1..]
    }

    /// The last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The folder that holds this path; `None` for a path right below the root.
    #[must_use]
    pub fn parent(&self) -> Option<ImagePath> {
        match self.0.rfind('/') {
            None | Some(0) => None,
            Some(end) => Some(ImagePath(self.0[..end].to_owned())),
        }
    }

    /// The path of `relative` below this folder.
    ///
    /// # Errors
    /// As [`ImagePath::new`].
    pub fn join(&self, relative: &str) -> Result<ImagePath, InvalidImagePath> {
        ImagePath::new(&format!("{}/{relative}", self.0))
    }

    /// Whether this path is `folder` or lies below it.
    #[must_use]
    pub fn starts_with(&self, folder: &ImagePath) -> bool {
        self.0.strip_prefix(&folder.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A path that cannot stand in an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is no path for a file in an image: {why}")]
pub struct InvalidImagePath {
    /// The path as it was written.
    pub path: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// What makes one part of a path unusable.
///
/// The rules for Windows are those of Microsoft's "Naming Files, Paths, and Namespaces".
pub(super) fn defect(part: &str) -> Option<&'static str> {
    const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = ["com", "lpt"].iter().any(|device| {
        stem.strip_prefix(device)
            .is_some_and(|digit| matches!(digit.as_bytes(), [b'1'..=b'9']) || matches!(digit, "¹" | "²" | "³"))
    });
    if part == ".." {
        Some("`..` would leave its folder")
    } else if part.contains('\\') {
        Some("it has a `\\`; parts are separated by `/`")
    } else if part.chars().any(char::is_control) {
        Some("it has a control character")
    } else if part.contains(['<', '>', ':', '"', '|', '?', '*']) {
        Some("it has a character that Windows refuses (one of < > : \" | ? *)")
    } else if part.ends_with(['.', ' ']) {
        Some("a part ends in a dot or a blank, which Windows drops")
    } else if DEVICES.contains(&stem.as_str()) || numbered {
        Some("a part is a device name on Windows")
    } else if part.len() > 255 {
        Some("a part is longer than 255 bytes")
    } else {
        None
    }
}

/// What a file is in the image; the number follows from it, whatever the building file system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileMode {
    /// 0644.
    File,
    /// 0755.
    Executable,
}

impl FileMode {
    /// The permission bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            FileMode::File => 0o644,
            FileMode::Executable => 0o755,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised() {
        for (text, path) in [
            ("ui", "/ui"),
            ("/ui/", "/ui"),
            ("./a//b/.", "/a/b"),
            ("//x", "/x"),
            ("/a/b c", "/a/b c"),
            ("com10/x", "/com10/x"),
        ] {
            assert_eq!(ImagePath::new(text).map(|p| p.to_string()), Ok(path.to_owned()));
        }
    }

    #[test]
    fn unsafe_paths_are_refused() {
        for text in [
            "",
            "/",
            "..",
            "/a/../b",
            "a\\b",
            "C:/x",
            "a\nb",
            "nul",
            "a/NUL.txt",
            "com1",
            "lpt9.log",
            "a.",
            "a ",
            "x?y",
            &"a".repeat(256),
        ] {
            assert!(ImagePath::new(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn parents_and_prefixes() {
        let path = ImagePath::new("/ui/assets/a.js").expect("valid");
        assert_eq!(path.parent().map(|p| p.to_string()).as_deref(), Some("/ui/assets"));
        assert!(path.starts_with(&ImagePath::new("ui").expect("valid")));
        assert!(!path.starts_with(&ImagePath::new("u").expect("valid")));
        assert_eq!(ImagePath::new("ui").expect("valid").parent(), None);
        assert_eq!(path.file_name(), "a.js");
    }
}
