//! `cargo xtask demo`: from a fresh machine to a packaged extension, in one command.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::command::Cmd;
use crate::places::Places;
use crate::setup::{self, Group, Tools, Wanted};

/// Packages a sample extension for all six platforms and prints what was made and how to look at it.
///
/// # Errors
/// When the machine cannot be made ready, or packaging fails.
pub fn run(places: &Places, wanted: Wanted) -> Result {
    let tools = setup::ensure(places, wanted, &[Group::Toolchain, Group::Zig])?;
    let folder = places.target.join("dext-demo");
    std::fs::create_dir_all(&folder)?;
    let manifest = project(places, &folder)?.join("Cargo.toml");
    let image = folder.join("image");
    package(places, &tools, &manifest, &image)?;
    show(&manifest, &image)
}

/// Puts an extension's project into `folder` and returns where it is.
///
/// This is the one place that decides which project the demo packages.
fn project(places: &Places, folder: &Path) -> Result<PathBuf> {
    let project = folder.join("disk-usage");
    std::fs::create_dir_all(&project)?;
    copy_folder(&places.root.join("tests/fixtures/sample"), &project)?;
    Ok(project)
}

fn package(places: &Places, tools: &Tools, manifest: &Path, image: &Path) -> Result {
    tools
        .line("cargo run --quiet --release --package cargo-dext --bin cargo-dext -- dext package")
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--output")
        .arg(image)
        .dir(&places.root)
        .run()
}

/// Prints what was made, and what to do with it.
fn show(manifest: &Path, image: &Path) -> Result {
    let index: serde_json::Value = serde_json::from_slice(&std::fs::read(image.join("index.json"))?)?;
    let digest = index["manifests"][0]["digest"].as_str().ok_or("the layout's index names no image")?;
    let size = Cmd::line("du -sh").arg(image).read()?;
    let (manifest, image) = (manifest.display(), image.display());
    println!("\nMade {image}, an OCI layout");
    println!("  index  {digest}");
    println!("  size   {}", size.split_whitespace().next().unwrap_or("unknown"));
    println!("Look at it:");
    println!("  skopeo inspect --raw oci:{image}    # one image for amd64, one for arm64");
    println!("  cargo run --release --bin cargo-dext -- dext metadata --manifest-path {manifest}");
    println!("Load it into a running Docker engine:");
    println!(
        "  cargo run --release --bin cargo-dext -- dext package --load --manifest-path {manifest} --output {image}"
    );
    Ok(())
}

/// Copies a project's files, but not what Cargo built in it.
fn copy_folder(from: &Path, to: &Path) -> Result {
    for file in std::fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))? {
        let (file, name) = file.map(|file| (file.path(), file.file_name()))?;
        if file.is_dir() && name != "target" {
            std::fs::create_dir_all(to.join(&name))?;
            copy_folder(&file, &to.join(&name))?;
        } else if file.is_file() && !same(&file, &to.join(&name)) {
            std::fs::copy(&file, to.join(&name))?;
        }
    }
    Ok(())
}

/// Whether both files hold the same bytes. A file that is not copied again keeps its time, so Cargo finds it fresh.
fn same(one: &Path, other: &Path) -> bool {
    std::fs::read(one).ok().zip(std::fs::read(other).ok()).is_some_and(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_copied_without_what_was_built() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for file in ["src/main.rs", "target/debug/x"] {
            let file = from.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "x").unwrap();
        }
        copy_folder(from.path(), to.path()).unwrap();
        let copied = to.path().join("src/main.rs");
        let time = |file: &Path| file.metadata().unwrap().modified().unwrap();
        let first = time(&copied);
        copy_folder(from.path(), to.path()).unwrap();
        assert!(!to.path().join("target").exists() && time(&copied) == first);
    }
}
