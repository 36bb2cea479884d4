//! Files and folders of the tests.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

/// The checkout. Cargo says where it runs the tests from; where they were compiled may be another checkout that shares
/// the target folder.
pub fn checkout() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

/// A path of `tests/fixtures`.
pub fn fixture(relative: &str) -> PathBuf {
    checkout().join("tests/fixtures").join(relative)
}

/// A small real program for a platform, as `linux-amd64` or `windows-arm64`.
pub fn program(platform: &str) -> PathBuf {
    let exe = if platform.starts_with("windows") { ".exe" } else { "" };
    fixture("binaries").join(format!("{platform}{exe}"))
}

/// A folder that all tests and all runs share.
pub fn shared_temp(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// Cargo's own home, whose copy of the registry the tests use.
pub fn cargo_home() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").expect("there is a home")).join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// rustup's own home, if there is one: a `cargo` on `PATH` may be rustup's.
pub fn rustup_home() -> Option<PathBuf> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".rustup"));
    std::env::var_os("RUSTUP_HOME").map(PathBuf::from).or_else(home).filter(|path| path.is_dir())
}

/// The path with all links resolved.
pub fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().expect("the path exists")
}

/// Writes a file and the folders above it.
pub fn write(path: &Path, content: &[u8]) {
    let folder = path.parent().expect("a file lies in a folder");
    std::fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    std::fs::write(path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Writes a program. Another process does: whoever is started by another test meanwhile would inherit what it is
/// written through, and as long as anybody has that, Linux starts the program for nobody (`ETXTBSY`).
pub fn write_program(path: &Path, content: &[u8]) {
    let folder = path.parent().expect("a file lies in a folder");
    std::fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut install = Command::new("install");
    let mut child =
        install.args(["-m", "755", "/dev/stdin"]).arg(path).stdin(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("it has one").write_all(content).expect("it reads");
    assert!(child.wait().expect("it ends").success(), "{}", path.display());
}

/// Reads a whole file.
#[track_caller]
pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Sets a file's mode.
pub fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("the mode can be set");
}

/// Copies a folder, without `target`.
pub fn copy_tree(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("the entry can be read");
        let (source, dest) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().expect("a type").is_dir() {
            if entry.file_name() != "target" {
                std::fs::create_dir_all(&dest).expect("the folder can be made");
                copy_tree(&source, &dest);
            }
        } else {
            std::fs::copy(&source, &dest).expect("the file can be copied");
        }
    }
}

/// Every path below a folder with its kind, mode and content, links not followed.
pub fn fingerprint(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(folder) = pending.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let meta = path.symlink_metadata().expect("the entry is there");
            let kind = meta.file_type();
            let content = if kind.is_dir() {
                pending.push(path.clone());
                "folder".to_owned()
            } else if kind.is_symlink() {
                format!("link to {}", std::fs::read_link(&path).expect("a link").display())
            } else if kind.is_file() {
                format!("{:o} {}", meta.permissions().mode(), sha256(&read(&path)))
            } else {
                "special".to_owned()
            };
            found.insert(path.strip_prefix(root).expect("below the root").to_owned(), content);
        }
    }
    found
}

/// Bytes that no compressor makes smaller, the same for the same seed.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    // The generator is Vigna's splitmix64.
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31).to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(len).collect()
}

/// `sha256:…` of some bytes.
pub fn sha256(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
