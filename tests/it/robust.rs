//! Runs that are killed, that find no space, or that meet each other: the image is the old one or the new
//! one, and whole.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::support::daemon::wait_for;
use crate::support::judges;
use crate::support::oci::Layout;
use crate::support::sandbox::Sandbox;
use crate::support::{files, prebuilt};

/// How many runs are killed before their end.
const KILLED: u32 = 40;

/// Gives the project a version that shows in every image, and enough new bytes that packing them takes a while.
fn version(project: &Sandbox, number: u32) {
    project.write("ui/version.txt", number.to_string());
    project.write("ui/large.bin", files::noise(number.into(), 1 << 20));
    let mut tool = files::read(&files::program("linux-amd64"));
    tool.extend(files::noise(number.into(), 256 << 10));
    project.write("artifacts/linux-amd64/tool", tool);
}

/// The version of a layout that must be whole, whatever else lies in its folder; `None` if there is none.
fn found(layout: &Path) -> Option<u32> {
    let layout = match Layout::read_among_leftovers(layout) {
        Ok(layout) => layout,
        Err(_) if !layout.exists() => return None,
        Err(error) => panic!("a broken layout is left: {error}"),
    };
    let versions: Vec<u32> = layout
        .images
        .iter()
        .map(|image| String::from_utf8_lossy(&image.files()["ui/version.txt"].bytes).parse().expect("a number"))
        .collect();
    assert_eq!(versions[0], versions[1], "both images are of one version");
    Some(versions[0])
}

/// Files that no finished run leaves behind.
fn leftovers(project: &Sandbox) -> Vec<PathBuf> {
    let all = files::fingerprint(&project.path("target")).into_keys();
    let is_left = |path: &PathBuf| {
        path.components().any(|part| {
            let name = part.as_os_str().to_string_lossy();
            name.starts_with(".tmp") || name.contains(".dext-") || name.ends_with(".part")
        })
    };
    all.filter(is_left).collect()
}

fn start(project: &Sandbox) -> Child {
    // A group of its own, so that the signal reaches whatever the program started, as Ctrl-C does.
    project.pack([]).command().process_group(0).spawn().expect("the program can be started")
}

fn signal(child: &Child, name: &str) {
    let group = format!("-{}", child.id());
    // The group may be gone already, which is fine: then the run was quicker.
    let _ = Command::new("kill").args([name, "--", &group]).output().expect("kill can be started");
}

/// Waits so long for a run to end by itself. The time that it took, if it did.
fn ends_within(child: &mut Child, time: Duration) -> Option<Duration> {
    let started = Instant::now();
    while child.try_wait().expect("it can be asked").is_none() {
        let left = time.checked_sub(started.elapsed())?;
        std::thread::sleep(left.min(Duration::from_millis(1)));
    }
    Some(started.elapsed())
}

/// Ends `wanted` runs at moments spread over the time that packaging takes, and looks at what is left each time.
fn interrupted(name: &str, wanted: u32, check: impl Fn(&Sandbox, ExitStatus)) {
    let project = prebuilt::project();
    let layout = project.layout("demo");
    version(&project, 0);
    let started = Instant::now();
    start(&project).wait().expect("it ends");
    let mut whole = started.elapsed();
    let (mut last, mut ended, mut round) = (Some(0), 0, 0);
    while ended < wanted {
        round += 1;
        assert!(round < 5 * wanted, "only {ended} of {round} runs were ended before their time");
        if round % 4 == 0 {
            // A first run leaves nothing, or a whole image.
            let _ = std::fs::remove_dir_all(&layout);
            last = None;
        }
        version(&project, round);
        let mut child = start(&project);
        // Multiples of the golden ratio, which fall evenly, and never twice, on the time that it takes.
        let moment = whole.mul_f64(f64::from(round) * 0.618_034 % 1.0);
        match ends_within(&mut child, moment) {
            None => signal(&child, name),
            // This machine had more to do when the first run was measured.
            Some(took) => whole = (whole + took) / 2,
        }
        let status = child.wait().expect("it ends");
        ended += u32::from(!status.success());
        let left = found(&layout);
        assert!(left == last || left == Some(round), "{left:?} is left of {last:?} and {round}");
        assert!(!status.success() || left == Some(round), "it said it had finished");
        check(&project, status);
        last = left;
    }
    version(&project, round + 1);
    project.pack([]).run().success();
    Layout::read(&layout).expect("the layout is whole, and nothing else is in its folder");
    assert_eq!(found(&layout), Some(round + 1));
    assert_eq!(leftovers(&project), Vec::<PathBuf>::new());
}

#[test]
fn a_killed_run_leaves_a_whole_image_or_none() {
    interrupted("-KILL", KILLED, |_, status| assert!(matches!(status.signal(), None | Some(9)), "{status}"));
}

#[test]
fn ctrl_c_cleans_up_after_itself() {
    interrupted("-INT", KILLED / 2, |project, status| {
        assert_eq!(leftovers(project), Vec::<PathBuf>::new());
        // In its first moments the program has not taken the signal over yet.
        assert!(matches!((status.code(), status.signal()), (Some(0 | 130), _) | (_, Some(2))), "{status}");
    });
}

/// A small file system that is there until the value is dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path, size: &str) -> Option<Self> {
        if !judges::is_root() {
            judges::absent("only root can mount a small disk");
            return None;
        }
        std::fs::create_dir_all(at).expect("the folder can be made");
        let options = format!("size={size}");
        judges::accept("mount".as_ref(), ["-t", "tmpfs", "-o", &options, "none", at.to_str().expect("Unicode")]);
        Some(SmallDisk(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_leaves_the_old_image() {
    // The disk of the target folder, with the cache, and that of another output folder.
    for (disk, output) in [("target", "target/dext/demo"), ("out", "out/demo")] {
        let project = prebuilt::project();
        let at = project.path(disk);
        let Some(_disk) = SmallDisk::mount(&at, "1m") else { return };
        let layout = project.path(output);
        let words = ["--output", output];
        project.write("ui/version.txt", "1");
        project.pack(words).run().success();
        version(&project, 2);
        let outcome = project.pack(words).run().failure(1);
        let told = outcome.told();
        assert!(told.contains("No space left on device"), "{told}");
        let named = told.split('`').nth(1).unwrap_or_default();
        assert!(named.starts_with(&format!("[ROOT]/project/{disk}/")), "the error names a file of the disk: {told}");
        assert!(told.contains("help: free some space"), "{told}");
        assert_eq!(found(&layout), Some(1));
        Layout::read(&layout).expect("the old layout is whole, and nothing else is in its folder");
        assert_eq!(leftovers(&project), Vec::<PathBuf>::new());
    }
}

#[test]
fn runs_in_one_workspace_wait_for_each_other() {
    let project = prebuilt::project();
    version(&project, 1);
    let path = project.path("target/dext/.lock");
    files::write(&path, b"");
    let lock = std::fs::File::options().write(true).open(&path).expect("the lock is there");
    lock.lock().expect("nobody else has it");
    let log = project.root().join("log");
    let mut child = project.pack([]).command();
    child.stderr(std::fs::File::create(&log).expect("the log can be made"));
    let mut child = child.spawn().expect("the program can be started");
    let said = || String::from_utf8(files::read(&log)).expect("text");
    wait_for("the word that it waits", || said().contains("    Blocking waiting for file lock").then_some(()));
    assert!(matches!(child.try_wait(), Ok(None)), "it waits: {}", said());
    assert_eq!(found(&project.layout("demo")), None);
    drop(lock);
    assert!(child.wait().expect("it ends").success(), "{}", said());
    assert_eq!(found(&project.layout("demo")), Some(1));
}

#[test]
fn two_runs_at_once_both_succeed() {
    let project = prebuilt::project();
    for number in 1..=3 {
        version(&project, number);
        let (mut one, mut other) = (start(&project), start(&project));
        for child in [&mut one, &mut other] {
            assert!(child.wait().expect("it ends").success());
        }
        Layout::read(&project.layout("demo")).expect("the layout is whole");
        assert_eq!(found(&project.layout("demo")), Some(number));
    }
    assert_eq!(leftovers(&project), Vec::<PathBuf>::new());
}

#[test]
fn two_runs_may_write_to_two_folders() {
    let project = prebuilt::project();
    let run = |output| project.pack(["--output", output]).command().spawn().expect("started");
    let (mut one, mut other) = (run("a"), run("b"));
    assert!(one.wait().expect("it ends").success() && other.wait().expect("it ends").success());
    let digest = |folder| Layout::read(&project.path(folder)).expect("the layout is whole").digest();
    assert_eq!(digest("a"), digest("b"));
}
