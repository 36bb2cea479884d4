//! What `docker build` is sent: the folder without what `.dockerignore` names.

use std::fmt;

use super::copies::Context;
use super::pattern::Patterns;
use crate::sys::fs::Kind;

/// A folder, and what is left out of it.
pub struct Sent<'a> {
    all: &'a dyn Context,
    left_out: Patterns,
    /// Lines that are more than is read.
    pub unread: Vec<usize>,
}

impl fmt::Debug for Sent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").field("left_out", &self.left_out).finish_non_exhaustive()
    }
}

impl<'a> Sent<'a> {
    /// A folder with the text of its `.dockerignore`.
    #[must_use]
    pub fn new(all: &'a dyn Context, ignored: &str) -> Self {
        let ignored = ignored.strip_prefix('\u{feff}').unwrap_or(ignored);
        let lines = ignored.lines().enumerate().map(|(index, line)| (index + 1, line));
        let (left_out, unread) = Patterns::read(lines.filter(|(_, line)| !line.starts_with('#')));
        Sent { all, left_out, unread }
    }

    /// The folder with everything in it.
    #[must_use]
    pub fn all(&self) -> &dyn Context {
        self.all
    }
}

impl Context for Sent<'_> {
    fn kind(&self, path: &str) -> Option<Kind> {
        let kind = self.all.kind(path)?;
        if path.is_empty() || !self.leaves_out(path) {
            return Some(kind);
        }
        (matches!(kind, Kind::Dir) && self.left_out.take_below(path)).then_some(kind)
    }

    fn names(&self, path: &str) -> Vec<String> {
        let mut names = self.all.names(path);
        let whole = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        names.retain(|name| !self.leaves_out(&whole(name)) || self.kind(&whole(name)).is_some());
        names
    }

    fn leaves_out(&self, path: &str) -> bool {
        !self.left_out.is_empty() && self.left_out.leave_out(path)
    }
}
