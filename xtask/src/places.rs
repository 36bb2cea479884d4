//! Where things are: the checkout, its `target` folder, and the cache outside it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Result;

/// The folders that tasks read and write.
#[derive(Debug, Clone)]
pub struct Places {
    /// The checkout.
    pub root: PathBuf,
    /// Cargo's target folder: `CARGO_TARGET_DIR`, else `target` in the checkout.
    pub target: PathBuf,
    /// What `setup` makes: `<cache>/setup`, outside the checkout, so that another clone finds it ready.
    pub setup: PathBuf,
}

impl Places {
    /// Reads the places from the environment.
    ///
    /// # Errors
    /// When there is no home folder to cache in.
    pub fn find() -> Result<Self> {
        let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        // Cargo says where it runs this from; where it was compiled may be another checkout that shares the target folder.
        let own = var("CARGO_MANIFEST_DIR").unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
        let root = Path::new(&own).parent().ok_or("xtask is not inside a checkout")?.to_owned();
        let target = root.join(var("CARGO_TARGET_DIR").unwrap_or_else(|| OsString::from("target")));
        let cache = cache(var).ok_or("no HOME to cache in: set CARGO_DEXT_CACHE_DIR")?;
        Ok(Places { root, target, setup: std::path::absolute(cache)?.join("setup") })
    }
}

/// The cache folder of `cargo dext`, by the same rules as the program itself on Linux.
fn cache(var: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(dir) = var("CARGO_DEXT_CACHE_DIR") {
        return Some(PathBuf::from(dir));
    }
    let xdg = var("XDG_CACHE_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    let base = xdg.or_else(|| Some(PathBuf::from(var("HOME").or_else(|| var("USERPROFILE"))?).join(".cache")))?;
    Some(base.join("cargo-dext"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_the_user_says() {
        let check = |vars: &[(&str, &str)], expected: Option<&str>| {
            let var = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
            assert_eq!(cache(var), expected.map(PathBuf::from));
        };
        check(&[("CARGO_DEXT_CACHE_DIR", "/c"), ("HOME", "/h")], Some("/c"));
        check(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")], Some("/x/cargo-dext"));
        check(&[("XDG_CACHE_HOME", "relative"), ("HOME", "/h")], Some("/h/.cache/cargo-dext"));
        check(&[], None);
    }
}
