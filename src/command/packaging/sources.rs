//! Where the sources of an image are, as git tells it.

use crate::bundle::Vcs;
use crate::bundle::vcs::web_address;
use crate::manifest::Extension;
use crate::sys::git::{self, WorkTree};

/// The state of the workspace's folder, without Cargo's target folder; `None` if git does not keep it.
///
/// # Errors
/// When there is a repository that git cannot read.
pub fn work_tree(extension: &Extension) -> Result<Option<WorkTree>, git::Error> {
    let origin = &extension.origin;
    git::look(&origin.workspace_root, &origin.manifest_path, &origin.target_dir)
}

/// What the labels tell: the commit only if it is all there is to say, so that the same commit gives the same digest.
#[must_use]
pub fn sources(extension: &Extension, tree: Option<&WorkTree>) -> Vcs {
    // Cargo.toml's `repository` counts before the remote, which is another one in a fork.
    let ask = tree.is_some() && extension.origin.repository.is_none();
    let remote = if ask { git::remote(&extension.origin.workspace_root) } else { None };
    Vcs {
        revision: tree.and_then(WorkTree::clean_revision).map(str::to_owned),
        source: remote.as_deref().and_then(web_address),
    }
}
