//! What the benches package: an extension of which every part has been built already.
//!
//! The binaries are real ones of about 8 MB, of programs that npm distributes for all platforms: the host tool is
//! `lightningcss`, written in Rust, for six platforms; the backend is `esbuild`, because its Linux binaries are static,
//! as a backend on an empty base image must be. The texts of the UI are made here, from a fixed seed.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Desk;
use crate::Result;
use crate::command::Cmd;

/// The triple whose folder a binary goes to, its name there, its npm package, and where it is in that.
type Binary = (&'static str, &'static str, &'static str, &'static str);

const BINARIES: [Binary; 8] = [
    ("x86_64-unknown-linux-musl", "backend", "@esbuild/linux-x64@0.28.2", "bin/esbuild"),
    ("aarch64-unknown-linux-musl", "backend", "@esbuild/linux-arm64@0.28.2", "bin/esbuild"),
    ("x86_64-unknown-linux-musl", "tool", "lightningcss-cli-linux-x64-gnu@1.33.0", "lightningcss"),
    ("aarch64-unknown-linux-musl", "tool", "lightningcss-cli-linux-arm64-gnu@1.33.0", "lightningcss"),
    ("x86_64-apple-darwin", "tool", "lightningcss-cli-darwin-x64@1.33.0", "lightningcss"),
    ("aarch64-apple-darwin", "tool", "lightningcss-cli-darwin-arm64@1.33.0", "lightningcss"),
    ("x86_64-pc-windows-gnullvm", "tool.exe", "lightningcss-cli-win32-x64-msvc@1.33.0", "lightningcss.exe"),
    ("aarch64-pc-windows-gnullvm", "tool.exe", "lightningcss-cli-win32-arm64-msvc@1.33.0", "lightningcss.exe"),
];

/// A second host tool, for an image of 100 MB: `biome`, written in Rust, and for Windows, where that one wants a
/// library that users lack, `esbuild`.
const MORE: [Binary; 6] = [
    ("x86_64-unknown-linux-musl", "lint", "@biomejs/cli-linux-x64-musl@2.3.0", "biome"),
    ("aarch64-unknown-linux-musl", "lint", "@biomejs/cli-linux-arm64-musl@2.3.0", "biome"),
    ("x86_64-apple-darwin", "lint", "@biomejs/cli-darwin-x64@2.3.0", "biome"),
    ("aarch64-apple-darwin", "lint", "@biomejs/cli-darwin-arm64@2.3.0", "biome"),
    ("x86_64-pc-windows-gnullvm", "lint.exe", "@esbuild/win32-x64@0.28.2", "esbuild.exe"),
    ("aarch64-pc-windows-gnullvm", "lint.exe", "@esbuild/win32-arm64@0.28.2", "esbuild.exe"),
];

const MANIFEST: &str = r#"[package]
name = "bench"
version = "1.0.0"
edition = "2024"
publish = false
description = "What the benches package"

[[bin]]
name = "backend"
path = "main.rs"

[[bin]]
name = "tool"
path = "main.rs"

[workspace]

[package.metadata.extension]
title = "Bench"
vendor = "Example Ltd"
icon = "icon.svg"
image = "example/bench"

[package.metadata.extension.ui]
source = "ui"
"#;

/// The rest of the manifest, for an extension with binaries.
const PROGRAMS: &str = r#"
[package.metadata.extension.vm]
bin = "backend"
socket = "backend.sock"

[[package.metadata.extension.host]]
bin = "tool"
"#;

/// The same for the second host tool.
const MORE_PROGRAMS: &str = r#"
[[package.metadata.extension.host]]
bin = "lint"

[[bin]]
name = "lint"
path = "main.rs"
"#;

/// An extension on disk, with its binaries beside it.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its folder.
    pub dir: PathBuf,
    /// The folder for `--artifacts`.
    pub artifacts: PathBuf,
    /// Where its layout goes.
    pub output: PathBuf,
}

impl Project {
    /// An extension in `<work>/<name>` that is nothing but a UI: this many files of about this many bytes.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn ui_only(desk: &Desk, name: &str, files: usize, bytes: usize) -> Result<Self> {
        let dir = desk.work.join(name);
        let project = Project { artifacts: dir.join("artifacts"), output: dir.join("image"), dir };
        clear(&project.dir)?;
        std::fs::create_dir_all(&project.artifacts)?;
        std::fs::create_dir_all(project.dir.join("ui"))?;
        std::fs::write(project.dir.join("Cargo.toml"), MANIFEST)?;
        std::fs::write(project.dir.join("main.rs"), "fn main() {}\n")?;
        std::fs::write(project.dir.join("icon.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n")?;
        write_ui(&project.dir.join("ui"), files, bytes)?;
        Ok(project)
    }

    /// The same with binaries for all platforms.
    ///
    /// # Errors
    /// When the binaries cannot be fetched, or the disk is full.
    pub fn with_binaries(desk: &Desk, name: &str, files: usize, bytes: usize) -> Result<Self> {
        let project = Project::ui_only(desk, name, files, bytes)?;
        std::fs::write(project.dir.join("Cargo.toml"), format!("{MANIFEST}{PROGRAMS}"))?;
        project.fetch(desk, &BINARIES)?;
        Ok(project)
    }

    /// The same with a second and larger host tool, and this many MiB of pictures in the UI.
    ///
    /// # Errors
    /// When the binaries cannot be fetched, or the disk is full.
    pub fn with_more_binaries(desk: &Desk, name: &str, files: usize, bytes: usize, pictures: usize) -> Result<Self> {
        let project = Project::with_binaries(desk, name, files, bytes)?;
        std::fs::write(project.dir.join("Cargo.toml"), format!("{MANIFEST}{PROGRAMS}{MORE_PROGRAMS}"))?;
        project.fetch(desk, &MORE)?;
        let mut dice = Dice::default();
        (0..pictures).try_for_each(|number| {
            // What has been compressed already is noise to another compressor.
            dice.fill(std::fs::File::create(project.dir.join(format!("ui/picture-{number}.webp")))?, 1)
        })?;
        Ok(project)
    }

    /// Puts binaries to where `--artifacts` looks for them.
    fn fetch(&self, desk: &Desk, binaries: &[Binary]) -> Result {
        let store = store(desk, binaries)?;
        for (triple, file, package, inside) in binaries {
            let to = self.artifacts.join(triple);
            std::fs::create_dir_all(&to)?;
            std::fs::copy(store.join(folder_name(package)).join(inside), to.join(file))?;
        }
        Ok(())
    }

    /// `cargo dext package` without building.
    pub fn package(&self, desk: &Desk) -> Cmd {
        let mut cmd = desk.dext().args(["package", "--quiet", "--no-build"]);
        for (flag, path) in [
            ("--manifest-path", self.dir.join("Cargo.toml")),
            ("--artifacts", self.artifacts.clone()),
            ("--output", self.output.clone()),
            ("--target-dir", self.dir.join("target")),
        ] {
            cmd = cmd.arg(flag).arg(path);
        }
        cmd
    }

    /// Removes what packaging left: the layout, and the layers that were kept for the next time.
    ///
    /// # Errors
    /// What the file system says.
    pub fn forget_output(&self) -> Result {
        clear(&self.output)?;
        clear(&self.dir.join("target"))
    }

    /// The binary of a triple.
    pub fn binary(&self, triple: &str, file: &str) -> PathBuf {
        self.artifacts.join(triple).join(file)
    }
}

/// Removes a folder with all that is in it, if it is there.
///
/// # Errors
/// What the file system says.
pub fn clear(dir: &Path) -> Result {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {error}", dir.display()).into()),
        _ => Ok(()),
    }
}

/// The folder of unpacked npm packages, outside the checkout; what is there is not fetched again.
fn store(desk: &Desk, binaries: &[Binary]) -> Result<PathBuf> {
    let store = desk.places.setup.join("bench-binaries");
    for (_, _, package, inside) in binaries {
        let dir = store.join(folder_name(package));
        if dir.join(inside).exists() {
            continue;
        }
        clear(&dir)?;
        std::fs::create_dir_all(&dir)?;
        let archive = Cmd::line("npm pack --silent").arg(package).dir(&dir).read()?;
        let archive = archive.lines().last().ok_or("npm pack named no file")?.to_owned();
        Cmd::line("tar --strip-components 1 -xzf").arg(archive).dir(&dir).run()?;
    }
    Ok(store)
}

fn folder_name(package: &str) -> String {
    package.trim_start_matches('@').replace(['/', '@'], "-")
}

/// Writes files of text that compresses as code does, spread over folders of a hundred.
fn write_ui(dir: &Path, files: usize, bytes: usize) -> Result {
    let mut dice = Dice::default();
    std::fs::write(dir.join("index.html"), "<!doctype html><title>Bench</title>\n")?;
    for number in 1..files {
        let folder = dir.join(format!("chunk-{}", number / 100));
        std::fs::create_dir_all(&folder)?;
        // Half to one and a half times the size, as real files are not all alike.
        let size = bytes / 2 + dice.below(bytes + 1);
        std::fs::write(folder.join(format!("module-{number}.js")), text(&mut dice, size))?;
    }
    Ok(())
}

/// Words and numbers in the shape of a program.
fn text(dice: &mut Dice, bytes: usize) -> String {
    const WORDS: [&str; 16] = [
        "const",
        "return",
        "value",
        "element",
        "function",
        "props",
        "state",
        "(a,b)=>",
        "null",
        "export",
        "import",
        "await",
        "document",
        "className",
        "children",
        "undefined",
    ];
    let mut text = String::with_capacity(bytes + 32);
    while text.len() < bytes {
        let word = WORDS[dice.below(WORDS.len())];
        // Writing to a string does not fail.
        let _ = match dice.below(4) {
            0 => writeln!(text, "{word}{{{:x}}};", dice.next() >> 40),
            1 => write!(text, "{word}.{:x}(", dice.next() >> 48),
            _ => write!(text, "{word} "),
        };
    }
    text.truncate(bytes);
    text
}

/// The same numbers on every machine: xorshift64*.
pub struct Dice(u64);

impl Default for Dice {
    fn default() -> Self {
        Dice(0x9e37_79b9_7f4a_7c15)
    }
}

impl Dice {
    /// Writes bytes that no compressor makes smaller, a multiple of a MiB.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn fill(&mut self, mut file: impl Write, mebibytes: usize) -> Result {
        for _ in 0..mebibytes {
            let noise: Vec<u8> = std::iter::repeat_with(|| self.next().to_le_bytes()).take(1 << 17).flatten().collect();
            file.write_all(&noise)?;
        }
        Ok(())
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % limit).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ui_is_the_same_everywhere() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write_ui(one.path(), 120, 1000).unwrap();
        write_ui(other.path(), 120, 1000).unwrap();
        let file = "chunk-1/module-119.js";
        let text = |dir: &Path| std::fs::read(dir.join(file)).unwrap();
        assert_eq!(text(one.path()), text(other.path()));
        assert!((500..=1500).contains(&text(one.path()).len()));
    }

    #[test]
    fn a_package_has_a_folder_of_its_own() {
        assert_eq!(folder_name("@esbuild/linux-x64@0.28.2"), "esbuild-linux-x64-0.28.2");
    }
}
