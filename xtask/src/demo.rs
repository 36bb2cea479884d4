//! `cargo xtask demo`: from a fresh machine to a packaged extension, in one command.

use std::path::Path;

use crate::Result;
use crate::command::Cmd;
use crate::places::Places;
use crate::setup::{self, Group, Tools, Wanted};

/// Writes a new extension, packages it for all six platforms and prints what was made and how to look at it.
///
/// # Errors
/// When the machine cannot be made ready, or packaging fails.
pub fn run(places: &Places, wanted: Wanted) -> Result {
    let tools = setup::ensure(places, wanted, &[Group::Toolchain, Group::Zig])?;
    let folder = places.target.join("dext-demo");
    std::fs::create_dir_all(&folder)?;
    let (project, image) = (folder.join("disk-usage"), folder.join("disk-usage-image"));
    scaffold(places, &tools, &project)?;
    let manifest = project.join("Cargo.toml");
    dext(places, &tools)
        .args(["package", "--manifest-path"])
        .arg(&manifest)
        // Beside the project, so that what was built for it outlives it.
        .arg("--target-dir")
        .arg(folder.join("target"))
        .arg("--output")
        .arg(&image)
        .run()?;
    show(&manifest, &image)
}

/// Writes the extension that `cargo dext new` writes, anew each time.
fn scaffold(places: &Places, tools: &Tools, project: &Path) -> Result {
    match std::fs::remove_dir_all(project) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("{}: {error}", project.display()).into());
        }
        _ => {}
    }
    dext(places, tools).args(["new", "--yes", "--vendor", "Example Ltd", "--vcs", "none"]).arg(project).run()
}

/// `cargo dext` of this workspace.
fn dext(places: &Places, tools: &Tools) -> Cmd {
    tools.line("cargo run --quiet --release --package cargo-dext --bin cargo-dext -- dext").dir(&places.root)
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
