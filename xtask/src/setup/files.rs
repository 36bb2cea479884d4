//! Folders that appear whole or not at all.

use std::path::{Path, PathBuf};

use crate::Result;

/// What the name of a folder ends with while it is being filled.
const DRAFT: &str = ".part";

/// Makes the folder `parent/name` by `fill`, which is given a folder under another name: an interrupted run leaves no
/// half-made folder under the final name. The caller holds the setup lock, so the other name is free to be wiped.
///
/// # Errors
/// What `fill` returns, and what the file system says.
pub fn make_folder(parent: &Path, name: &str, fill: impl FnOnce(&Path) -> Result) -> Result<PathBuf> {
    let (draft, last) = (parent.join(format!("{name}{DRAFT}")), parent.join(name));
    remove(&draft)?;
    std::fs::create_dir_all(&draft).map_err(|error| format!("{}: {error}", draft.display()))?;
    fill(&draft)?;
    remove(&last)?;
    std::fs::rename(&draft, &last).map_err(|error| format!("{}: {error}", last.display()))?;
    Ok(last)
}

/// Removes what interrupted runs left half-made. The caller holds the setup lock.
///
/// # Errors
/// What the file system says.
pub fn remove_drafts(parent: &Path) -> Result {
    for file in std::fs::read_dir(parent).map_err(|error| format!("{}: {error}", parent.display()))?.flatten() {
        if file.file_name().to_string_lossy().ends_with(DRAFT) {
            remove(&file.path())?;
        }
    }
    Ok(())
}

/// Removes a folder with all that is in it, if it is there.
///
/// # Errors
/// What the file system says.
pub fn remove(dir: &Path) -> Result {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {error}", dir.display()).into()),
        _ => Ok(()),
    }
}

/// Writes a script that can be run, with the folders above it.
///
/// # Errors
/// What the file system says.
pub fn write_program(file: &Path, text: &str) -> Result {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    std::fs::create_dir_all(file.parent().ok_or("a program without a folder")?).map_err(failed)?;
    std::fs::write(file, text).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).map_err(failed)?;
    }
    Ok(())
}

/// A short name for a text: FNV-1a with 64 bits. It tells recipes apart, it does not protect against anybody.
pub fn short_hash(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_filling_leaves_nothing_under_the_name() {
        let parent = tempfile::tempdir().unwrap();
        let failed = make_folder(parent.path(), "x", |dir| {
            std::fs::write(dir.join("half"), "")?;
            Err("interrupted".into())
        });
        assert!(failed.is_err() && !parent.path().join("x").exists());
        assert!(parent.path().join("x.part").exists());
        remove_drafts(parent.path()).unwrap();
        assert!(!parent.path().join("x.part").exists());
        let made = make_folder(parent.path(), "x", |dir| Ok(std::fs::write(dir.join("whole"), "")?)).unwrap();
        assert!(made.join("whole").exists() && !made.join("half").exists() && !parent.path().join("x.part").exists());
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        // The test vector of the algorithm's authors for "foobar".
        assert_eq!(short_hash("foobar"), "85944171f73967e8");
    }
}
