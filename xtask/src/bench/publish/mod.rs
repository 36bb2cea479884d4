//! Pushing one layout to Debian's docker-registry: against skopeo, over loopback and over a wire with a delay.
//!
//! The layout has two images with eight layers in all and 21.8 MB, and comes from `cargo dext package`. Both contenders
//! push the same folder. Requests are counted in the registry's log and bytes by the proxy, so that nobody's own words are
//! believed.

mod proxy;
mod registry;

use std::net::SocketAddr;
use std::time::Duration;

use proxy::{Counts, Proxy, Wire};
use registry::Registry;

use super::Desk;
use super::assemble::{blob, blobs, layers};
use super::harness::{Contender, Cost, Row, peaks, seconds, take_turns};
use super::inputs::{Dice, Project, clear};
use crate::Result;
use crate::command::Cmd;

/// 50 ms there and back, and 100 Mbit/s; opening a connection takes as long as on a real wire.
const WIRE: Wire =
    Wire { delay: Duration::from_millis(25), bandwidth: 12_500_000, handshake: Duration::from_millis(50) };

/// The same behind a proxy that only delays bytes and accepts connections at once. The goals of time are for this one:
/// they were set by what skopeo was measured to need there.
const DELAYED: Wire = Wire { handshake: Duration::ZERO, ..WIRE };

/// Both Windows images get the same program, as an extension of which there is none for Arm does: eight layers.
const FALLBACK: &str = "fallback = { windows-arm64 = \"windows-amd64\" }\n";

/// The binary that changes between runs: what stands behind the end of a Windows program is not read.
const CHANGING: (&str, &str) = ("x86_64-pc-windows-gnullvm", "tool.exe");

const SKOPEO: &str = "skopeo copy --all";
const KIB: f64 = 1024.0;

/// Cold, unchanged and with one layer changed, over both roads; then requests, bytes, and memory.
///
/// # Errors
/// When a program fails.
pub fn run(desk: &Desk) -> Result<Vec<Row>> {
    let project = Project::with_binaries(desk, "publish", 200, 20_000)?;
    let manifest = project.dir.join("Cargo.toml");
    std::fs::write(&manifest, std::fs::read_to_string(&manifest)? + FALLBACK)?;
    project.forget_output()?;
    project.package(desk).read()?;
    let registry = Registry::start(&desk.tools, &registry::in_memory(desk))?;
    let proxy = Proxy::start(WIRE, registry.address)?;
    let delayed = Proxy::start(DELAYED, registry.address)?;
    let scene = Scene { desk, project, registry, proxy };

    let mut rows = wire()?;
    let layers = u32::try_from(layers(&scene.project.output)?.len())?;
    rows.push(Row::new("layers", "", vec![layers.into()]).at_most(8.0));
    let roads =
        [("loopback", scene.registry.address), ("delayed bytes", delayed.address), ("wire", scene.proxy.address)];
    for (road, address) in roads {
        let [ours, peer] = scene.cold(address)?;
        let row = || Row::new(&format!("cold, {road}"), "s", seconds(&ours));
        rows.push(row().against(SKOPEO, seconds(&peer)).at_most(0.6));
        let bytes = WIRE.transfer(blobs(&scene.project.output)?).as_secs_f64();
        let against_bytes = || row().against("bytes / bandwidth", vec![bytes]);
        match road {
            "delayed bytes" => rows.push(against_bytes().at_most(1.25)),
            "wire" => rows.push(against_bytes()),
            _ => {}
        }
        let [ours, peer] = scene.unchanged(address)?;
        let name = format!("nothing changed, {road}");
        rows.push(Row::new(&name, "s", seconds(&ours)).against(SKOPEO, seconds(&peer)).at_most(0.35));
        let [ours, peer] = scene.one_changed(address)?;
        let name = format!("one of eight changed, {road}");
        rows.push(Row::new(&name, "s", seconds(&ours)).against(SKOPEO, seconds(&peer)));
    }
    rows.extend(scene.traffic()?);
    rows.extend(scene.memory()?);
    Ok(rows)
}

/// What the wire is found to be by plain transfers.
fn wire() -> Result<Vec<Row>> {
    let probe = proxy::probe(WIRE, 12_500_000)?;
    let milliseconds = |time: Duration| vec![time.as_secs_f64() * 1000.0];
    Ok(vec![
        Row::new("the wire: connect and answer", "ms", milliseconds(probe.first_answer)),
        Row::new("the wire: answer", "ms", milliseconds(probe.answer)),
        Row::new("the wire: bandwidth", "MB/s", vec![probe.bandwidth / 1e6]),
    ])
}

struct Scene<'a> {
    desk: &'a Desk,
    project: Project,
    registry: Registry,
    proxy: Proxy,
}

impl Scene<'_> {
    /// To a registry that has nothing.
    fn cold(&self, address: SocketAddr) -> Result<[Vec<Cost>; 2]> {
        self.turns(address, |_| self.registry.forget())
    }

    /// To a registry that has it all.
    fn unchanged(&self, address: SocketAddr) -> Result<[Vec<Cost>; 2]> {
        self.skopeo(self.registry.address).read()?;
        self.turns(address, |_| Ok(()))
    }

    /// To a registry that lacks one layer, and with it both configurations and manifests, and the index.
    fn one_changed(&self, address: SocketAddr) -> Result<[Vec<Cost>; 2]> {
        self.turns(address, |run| self.change(run))
    }

    /// Lets both push in turns; whoever pushes second is given a run's number of its own, too.
    fn turns(&self, address: SocketAddr, prepare: impl Fn(usize) -> Result) -> Result<[Vec<Cost>; 2]> {
        let prepare = &prepare;
        let ours = Contender { prepare: Box::new(move |run| prepare(2 * run)), cmd: self.ours(address) };
        let peer = Contender { prepare: Box::new(move |run| prepare(2 * run + 1)), cmd: self.skopeo(address) };
        take_turns(self.desk.runs, &self.desk.work, [ours, peer])
    }

    fn ours(&self, address: SocketAddr) -> Cmd {
        publish(self.desk, &self.project, address)
    }

    fn skopeo(&self, address: SocketAddr) -> Cmd {
        skopeo(self.desk, &self.project, address)
    }

    /// Makes one layer another one, as a new build would.
    fn change(&self, run: usize) -> Result {
        let file = self.project.binary(CHANGING.0, CHANGING.1);
        let mut bytes = std::fs::read(&file)?;
        bytes.extend(format!("run {run:08}").as_bytes());
        std::fs::write(&file, bytes)?;
        self.project.package(self.desk).read().map(|_| ())
    }

    /// What is asked and sent in each case, by both.
    fn traffic(&self) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let (ours, peer) = (self.ours(self.proxy.address), self.skopeo(self.proxy.address));
        let both = |prepare: &dyn Fn(usize) -> Result| -> Result<[Traffic; 2]> {
            prepare(0)?;
            let first = self.count(&ours)?;
            prepare(1)?;
            Ok([first, self.count(&peer)?])
        };
        let cold = both(&|_| self.registry.forget())?;
        rows.extend(Traffic::rows("cold", cold, None, None));
        let unchanged = both(&|_| Ok(()))?;
        rows.extend(Traffic::rows("nothing changed", unchanged, Some(3.0), None));
        let before = layers(&self.project.output)?;
        // Whatever is behind the end of the program by now, these numbers are not.
        let one = both(&|run| self.change(run + 1_000_000))?;
        let changed = layers(&self.project.output)?;
        let [changed] = changed.difference(&before).collect::<Vec<_>>()[..] else {
            return Err("another number of layers than one has changed".into());
        };
        let blob = kib(std::fs::metadata(blob(&self.project.output, changed))?.len())?;
        rows.push(Row::new("the changed blob", "KiB", vec![blob]));
        rows.extend(Traffic::rows("one of eight changed", one, None, Some(blob + 64.0)));
        Ok(rows)
    }

    fn count(&self, cmd: &Cmd) -> Result<Traffic> {
        let before = self.registry.requests()?;
        self.proxy.take();
        cmd.read()?;
        let requests = self.registry.requests()? - before;
        Ok(Traffic { requests: u32::try_from(requests)?.into(), counts: self.proxy.take() })
    }

    /// Peak memory while a layer of a gigabyte is pushed over loopback.
    fn memory(&self) -> Result<Vec<Row>> {
        let project = Project::ui_only(self.desk, "publish-memory", 1, 0)?;
        let noise = std::fs::File::create(project.dir.join("ui/noise.bin"))?;
        Dice::default().fill(noise, 1 << 10)?;
        project.package(self.desk).read()?;
        // A gigabyte is too much for some machines' memory.
        let registry = Registry::start(&self.desk.tools, &registry::on_disk(self.desk))?;
        let forget = || Contender { prepare: Box::new(|_| registry.forget()), cmd: Cmd::new("") };
        let address = registry.address;
        let [ours, peer] = take_turns(
            self.desk.runs.min(3),
            &self.desk.work,
            [
                Contender { cmd: publish(self.desk, &project, address), ..forget() },
                Contender { cmd: skopeo(self.desk, &project, address), ..forget() },
            ],
        )?;
        // Gigabytes are too much to leave lying around.
        clear(&project.dir)?;
        registry.forget()?;
        Ok(vec![
            Row::new("peak memory, a layer of 1 GiB", "MiB", peaks(&ours)).at_most(64.0),
            Row::new("peak memory, a layer of 1 GiB", "MiB", peaks(&ours)).against(SKOPEO, peaks(&peer)),
            Row::new("time, a layer of 1 GiB, loopback", "s", seconds(&ours)).against(SKOPEO, seconds(&peer)),
        ])
    }
}

/// What one push asked and sent.
#[derive(Debug, Clone, Copy)]
struct Traffic {
    requests: f64,
    counts: Counts,
}

impl Traffic {
    /// Rows for both, with goals for our requests and for the KiB that we send.
    fn rows(case: &str, [ours, peer]: [Traffic; 2], requests: Option<f64>, sent: Option<f64>) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut add = |what: &str, unit, [ours, peer]: [f64; 2], goal: Option<f64>| {
            let row = || Row::new(&format!("{what}, {case}"), unit, vec![ours]);
            rows.extend(goal.map(|goal| row().at_most(goal)));
            rows.push(row().against(SKOPEO, vec![peer]));
        };
        let both = |number: fn(&Traffic) -> f64| [number(&ours), number(&peer)];
        add("requests", "", both(|it| it.requests), requests);
        add("sent", "KiB", both(|it| kib(it.counts.sent).unwrap_or(f64::NAN)), sent);
        add("connections", "", both(|it| u32::try_from(it.counts.connections).map_or(f64::NAN, f64::from)), None);
        rows
    }
}

fn kib(bytes: u64) -> Result<f64> {
    Ok(f64::from(u32::try_from(bytes)?) / KIB)
}

/// Pushes a layout as it is.
fn publish(desk: &Desk, project: &Project, address: SocketAddr) -> Cmd {
    let layout = format!("{}:1.0.0", project.output.display());
    let image = format!("{address}/example/bench");
    desk.dext().args(["publish", "--quiet", "--overwrite", "--from", &layout, "--image", &image, "--tag", "1.0.0"])
}

fn skopeo(desk: &Desk, project: &Project, address: SocketAddr) -> Cmd {
    desk.tools
        .line("skopeo --insecure-policy copy --quiet --all --dest-tls-verify=false")
        .arg(format!("oci:{}:1.0.0", project.output.display()))
        .arg(format!("docker://{address}/example/bench:1.0.0"))
}
