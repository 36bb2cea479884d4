//! The crate as others will get it: packaged, unpacked elsewhere, built from what is in it, and started.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::command::Cmd;
use crate::places::Places;
use crate::setup::Tools;

/// Packages `cargo-dext` and checks that the result holds the template and builds without the checkout.
///
/// # Errors
/// When a file is missing, or the packaged crate does not build or start.
pub fn check(places: &Places, tools: &Tools) -> Result {
    // At the desk there are changes that are not committed yet; in CI there must be none.
    let dirty = std::env::var_os("CI").is_none().then_some("--allow-dirty");
    let package = tools.line("cargo package --quiet --package cargo-dext --no-verify").args(dirty).dir(&places.root);
    package.run()?;
    let archive = newest_crate(&places.target.join("package"))?;
    // Outside the checkout, where no workspace above it can help.
    let unpacked = std::env::temp_dir().join(format!("cargo-dext-package-{}", std::process::id()));
    std::fs::create_dir_all(&unpacked)?;
    let outcome = check_unpacked(places, tools, &archive, &unpacked);
    std::fs::remove_dir_all(&unpacked)?;
    outcome
}

fn check_unpacked(places: &Places, tools: &Tools, archive: &Path, unpacked: &Path) -> Result {
    // Files in the archive are dated 2006; with that date Cargo would take what it built of the checkout for fresh.
    Cmd::line("tar --strip-components 1 --touch -xzf").arg(archive).arg("-C").arg(unpacked).run()?;
    let tracked = Cmd::line("git ls-files --cached --others --exclude-standard template").dir(&places.root).read()?;
    let missing: Vec<&str> =
        tracked.lines().filter(|file| places.root.join(file).exists() && !unpacked.join(file).exists()).collect();
    if !missing.is_empty() {
        return Err(format!("not in the packaged crate: {}", missing.join(", ")).into());
    }
    // A target folder of its own, so that nothing of the checkout's can take part.
    let target = places.target.join("packaged");
    tools.line("cargo build --quiet --locked --bin cargo-dext --target-dir").arg(&target).dir(unpacked).run()?;
    let help = Cmd::new(target.join("debug/cargo-dext")).args(["dext", "--help"]).read()?;
    if help.contains("package") {
        Ok(())
    } else {
        Err(format!("the packaged program's help is strange:\n{help}").into())
    }
}

/// The archive that was written last.
fn newest_crate(dir: &Path) -> Result<PathBuf> {
    let files = std::fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let crates =
        files.flatten().map(|file| file.path()).filter(|path| path.extension().is_some_and(|ext| ext == "crate"));
    let dated: BTreeSet<_> = crates.filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path))).collect();
    Ok(dated.into_iter().next_back().ok_or("cargo package made no archive")?.1)
}
