//! Putting two images together from binaries that are there: against buildah on the same files, and pigz on the same
//! bytes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Desk;
use super::harness::{Contender, Row, seconds, take_turns};
use super::inputs::{Project, clear};
use crate::Result;
use crate::command::Cmd;

/// What buildah is given: the same files at the same places, for each architecture its own.
const DOCKERFILE: &str = r"FROM scratch
ARG TARGETARCH
COPY metadata.json icon.svg /
COPY ui /ui
COPY linux-$TARGETARCH/backend /backend
COPY darwin-$TARGETARCH/tool /darwin/tool
COPY windows-$TARGETARCH/tool.exe /windows/tool.exe
COPY linux-$TARGETARCH/tool /linux/tool
";

/// The binary that changes between runs: what stands behind the end of a Windows program is not read.
const CHANGING: (&str, &str) = ("x86_64-pc-windows-gnullvm", "tool.exe");

/// Cold, unchanged and with one binary changed.
///
/// # Errors
/// When a program fails.
pub fn run(desk: &Desk) -> Result<Vec<Row>> {
    let ours = Project::with_binaries(desk, "assemble", 150, 20_000)?;
    let peer = Buildah::make(desk, &ours)?;
    let mut rows = cold(desk, &ours, &peer)?;
    rows.extend(unchanged(desk, &ours, &peer)?);
    rows.extend(one_changed(desk, &ours, &peer)?);
    Ok(rows)
}

fn cold(desk: &Desk, ours: &Project, peer: &Buildah) -> Result<Vec<Row>> {
    let tar = peer.tar(desk)?;
    let pigz = desk.tools.line("pigz -p2 -6 -k -f").arg(&tar);
    let [dext_costs, buildah_costs, pigz_costs] = take_turns(
        desk.runs,
        &desk.work,
        [
            Contender { prepare: Box::new(|_| ours.forget_output()), cmd: ours.package(desk) },
            Contender { prepare: Box::new(|_| peer.forget()), cmd: peer.build(desk, false) },
            Contender { prepare: Box::new(|_| Ok(())), cmd: pigz },
        ],
    )?;
    let dext = seconds(&dext_costs);
    Ok(vec![
        Row::new("cold", "s", dext.clone()).against("buildah bud + push", seconds(&buildah_costs)).at_most(0.33),
        Row::new("cold", "s", dext).against("pigz -p2 -6", seconds(&pigz_costs)).at_most(1.0),
        Row::new("compressed size", "MiB", vec![mebibytes(&ours.output)?])
            .against("buildah", vec![mebibytes(&peer.output)?])
            .at_most(1.0),
    ])
}

fn unchanged(desk: &Desk, ours: &Project, peer: &Buildah) -> Result<Vec<Row>> {
    // With its cache, buildah keeps a layer for each line. It is filled here, outside of the measured runs.
    peer.forget()?;
    peer.build(desk, true).read()?;
    let [dext_costs, buildah_costs] = take_turns(
        desk.runs,
        &desk.work,
        [
            Contender { prepare: Box::new(|_| Ok(())), cmd: ours.package(desk) },
            Contender { prepare: Box::new(|_| peer.begin_again(desk)), cmd: peer.build(desk, true) },
        ],
    )?;
    let size = Row::new("compressed size", "MiB", vec![mebibytes(&ours.output)?]);
    Ok(vec![
        Row::new("nothing changed", "s", seconds(&dext_costs))
            .against("buildah bud --layers + push", seconds(&buildah_costs))
            .at_most(0.10),
        size.against("buildah, a layer a line", vec![mebibytes(&peer.output)?]).at_most(1.0),
    ])
}

fn one_changed(desk: &Desk, ours: &Project, peer: &Buildah) -> Result<Vec<Row>> {
    let ours_file = ours.binary(CHANGING.0, CHANGING.1);
    let original = std::fs::read(&ours_file)?;
    let change = |file: &Path, run: usize| {
        Ok(std::fs::write(file, [&original[..], format!("run {run:08}").as_bytes()].concat())?)
    };
    let before = layers(&ours.output)?;
    let [dext_costs, buildah_costs] = take_turns(
        desk.runs,
        &desk.work,
        [
            Contender { prepare: Box::new(|run| change(&ours_file, run)), cmd: ours.package(desk) },
            Contender {
                prepare: Box::new(|run| change(&peer.changing(), run).and_then(|()| peer.begin_again(desk))),
                cmd: peer.build(desk, true),
            },
        ],
    )?;
    let new_layers = layers(&ours.output)?.difference(&before).count();
    Ok(vec![
        Row::new("one binary changed", "s", seconds(&dext_costs))
            .against("buildah bud --layers + push", seconds(&buildah_costs)),
        Row::new("layers that differ then", "", vec![f64::from(u32::try_from(new_layers)?)]).at_most(1.0),
    ])
}

/// Buildah with a store of its own.
struct Buildah {
    dir: PathBuf,
    context: PathBuf,
    output: PathBuf,
}

impl Buildah {
    /// Lays out the project's files as a build context.
    fn make(desk: &Desk, project: &Project) -> Result<Self> {
        let dir = desk.work.join("buildah");
        let peer = Buildah { context: dir.join("context"), output: dir.join("image"), dir };
        peer.forget()?;
        clear(&peer.context)?;
        std::fs::create_dir_all(&peer.context)?;
        std::fs::write(peer.context.join("Dockerfile"), DOCKERFILE)?;
        let metadata = desk.dext().args(["metadata", "--manifest-path"]).arg(project.dir.join("Cargo.toml")).read()?;
        std::fs::write(peer.context.join("metadata.json"), metadata)?;
        let copied = [project.dir.join("ui"), project.dir.join("icon.svg")];
        Cmd::line("cp -r").args(&copied).arg(&peer.context).run()?;
        for (triple, platform) in [
            ("x86_64-unknown-linux-musl", "linux-amd64"),
            ("aarch64-unknown-linux-musl", "linux-arm64"),
            ("x86_64-apple-darwin", "darwin-amd64"),
            ("aarch64-apple-darwin", "darwin-arm64"),
            ("x86_64-pc-windows-gnullvm", "windows-amd64"),
            ("aarch64-pc-windows-gnullvm", "windows-arm64"),
        ] {
            Cmd::line("cp -r").arg(project.artifacts.join(triple)).arg(peer.context.join(platform)).run()?;
        }
        Ok(peer)
    }

    /// Both images into one layout; with `layers`, each line is a layer that is kept for the next time.
    fn build(&self, desk: &Desk, layers: bool) -> Cmd {
        let layers = if layers { "--layers" } else { "" };
        // Both halves are one line, because who has no `cargo dext` runs both.
        let script = format!(
            "{buildah} bud -q {layers} --isolation chroot --platform linux/amd64,linux/arm64 --manifest bench {context} \
             && {buildah} manifest push -q --all bench oci:{output}:latest",
            buildah = self.buildah(),
            context = self.context.display(),
            output = self.output.display(),
        );
        desk.tools.program("sh").arg("-c").arg(script)
    }

    fn buildah(&self) -> String {
        format!("buildah --root {0}/root --runroot {0}/run --storage-driver vfs", self.dir.display())
    }

    /// Takes the name off the last build, which would otherwise grow: its layers stay for the next.
    fn begin_again(&self, desk: &Desk) -> Result {
        let line = format!("{} manifest rm bench", self.buildah());
        // The first time there is nothing of that name, which is as good.
        desk.tools.line(&line).read_anyway().map(|_| ())
    }

    /// Removes the store and the layout. Its layers belong to root only where it ran as root.
    fn forget(&self) -> Result {
        ["root", "run", "image"].iter().try_for_each(|name| clear(&self.dir.join(name)))
    }

    fn changing(&self) -> PathBuf {
        self.context.join("windows-amd64").join(CHANGING.1)
    }

    /// One tar of all that is packed: every binary, and once what both images share.
    fn tar(&self, desk: &Desk) -> Result<PathBuf> {
        let tar = desk.work.join("assemble.tar");
        Cmd::line("tar --exclude Dockerfile -cf").arg(&tar).arg("-C").arg(&self.context).arg(".").run()?;
        Ok(tar)
    }
}

/// The bytes of a layout's blobs, in MiB.
#[expect(clippy::cast_precision_loss, reason = "a size for people")]
fn mebibytes(layout: &Path) -> Result<f64> {
    Ok(blobs(layout)? as f64 / f64::from(1 << 20))
}

/// The bytes of a layout's blobs.
///
/// # Errors
/// When there are none.
pub fn blobs(layout: &Path) -> Result<u64> {
    let folder = layout.join("blobs/sha256");
    let files = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(files.flatten().filter_map(|file| Some(file.metadata().ok()?.len())).sum())
}

/// Where a layout has the blob of a digest.
pub fn blob(layout: &Path, digest: &str) -> PathBuf {
    layout.join("blobs").join(digest.replace(':', "/"))
}

/// The digests of all layers of all images of a layout.
///
/// # Errors
/// When a document of the layout is missing or no JSON.
pub fn layers(layout: &Path) -> Result<BTreeSet<String>> {
    let mut digests = BTreeSet::new();
    let mut open = vec![layout.join("index.json")];
    while let Some(file) = open.pop() {
        let document: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        let named = |key: &str| {
            let list = document[key].as_array().into_iter().flatten();
            list.filter_map(|entry| entry["digest"].as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        open.extend(named("manifests").iter().map(|digest| blob(layout, digest)));
        digests.extend(named("layers"));
    }
    Ok(digests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layers_of_an_index_within_an_index_are_found() {
        let layout = tempfile::tempdir().unwrap();
        let blobs = layout.path().join("blobs/sha256");
        std::fs::create_dir_all(&blobs).unwrap();
        std::fs::write(layout.path().join("index.json"), r#"{"manifests":[{"digest":"sha256:a"}]}"#).unwrap();
        std::fs::write(blobs.join("a"), r#"{"manifests":[{"digest":"sha256:b"}]}"#).unwrap();
        std::fs::write(blobs.join("b"), r#"{"layers":[{"digest":"sha256:c"},{"digest":"sha256:d"}]}"#).unwrap();
        let found = layers(layout.path()).unwrap();
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["sha256:c", "sha256:d"]);
    }
}
