//! Same input, same digest: whatever else differs.

use std::path::Path;

use crate::sample::sample;
use crate::support::judges::judge;
use crate::support::oci::Layout;
use crate::support::sandbox::{Dext, Sandbox};
use crate::support::{files, prebuilt};

/// What another run may differ in.
type Difference = (&'static str, fn() -> Sandbox, fn(Dext<'_>) -> Dext<'_>);

fn same(dext: Dext<'_>) -> Dext<'_> {
    dext
}

fn digest(project: &Sandbox, differently: fn(Dext<'_>) -> Dext<'_>) -> String {
    differently(project.pack(["--message-format", "json"])).run().success().digest()
}

#[test]
fn whatever_differs_the_digest_does_not() {
    let first = prebuilt::project();
    let expected = digest(&first, same);
    assert_eq!(digest(&first, same), expected, "the same again, from the cache");
    let differences: &[Difference] = &[
        ("another folder", || prebuilt::project_named("another folder, whose name is longer, with blanks"), same),
        ("a strict umask", prebuilt::project, |dext| dext.through(["sh", "-c", "umask 077; exec \"$@\"", "sh"])),
        ("a lax umask", prebuilt::project, |dext| dext.through(["sh", "-c", "umask 000; exec \"$@\"", "sh"])),
        ("other modes of the files", with_other_modes, same),
        ("other times of the files", with_other_times, same),
        ("files made in another order", made_backwards, same),
        ("another time zone", prebuilt::project, |dext| dext.env("TZ", "Asia/Kathmandu")),
        ("another language", prebuilt::project, |dext| dext.env("LANG", "tr_TR.UTF-8").env("LC_ALL", "tr_TR.UTF-8")),
        ("the default time, said", prebuilt::project, |dext| dext.env("SOURCE_DATE_EPOCH", "0")),
        ("another home", prebuilt::project, |dext| dext.env("HOME", "/nonexistent")),
        ("one job", prebuilt::project, |dext| dext.arg("-j1")),
        ("many jobs", prebuilt::project, |dext| dext.arg("-j8")),
        ("verbosely", prebuilt::project, |dext| dext.arg("-v")),
    ];
    for (name, project, differently) in differences {
        assert_eq!(digest(&project(), *differently), expected, "{name}");
    }
}

#[test]
fn one_processor_makes_the_same_image() {
    let Some(_) = judge("taskset") else { return };
    let (all, one) = (prebuilt::project(), prebuilt::project());
    for project in [&all, &one] {
        // More than one block of the compressor, so that several threads have something to do.
        project.write("ui/large.bin", files::noise(1, 5 << 20));
    }
    assert_eq!(digest(&one, |dext| dext.through(["taskset", "--cpu-list", "0"])), digest(&all, same));
}

fn with_other_modes() -> Sandbox {
    let project = prebuilt::project();
    for (path, mode) in [("ui/index.html", 0o755), ("icon.svg", 0o600), ("artifacts/linux-amd64/tool", 0o640)] {
        files::set_mode(&project.path(path), mode);
    }
    project
}

fn with_other_times() -> Sandbox {
    let project = prebuilt::project();
    let past = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_234_567_890);
    for path in ["ui/index.html", "icon.svg", "artifacts/darwin-arm64/tool", "Cargo.toml"] {
        let file = std::fs::File::options().write(true).open(project.path(path)).expect("it is there");
        file.set_modified(past).expect("the time can be set");
    }
    project
}

/// File systems list a folder in the order its entries were made, or in no order at all.
fn made_backwards() -> Sandbox {
    let project = prebuilt::project();
    let ui = files::fingerprint(&project.path("ui"));
    let mut files: Vec<(&Path, Vec<u8>)> = ui
        .iter()
        .filter(|(_, kind)| *kind != "folder")
        .map(|(path, _)| (path.as_path(), files::read(&project.path("ui").join(path))))
        .collect();
    files.reverse();
    std::fs::remove_dir_all(project.path("ui")).expect("removed");
    for (path, bytes) in files {
        project.write(Path::new("ui").join(path), bytes);
    }
    project
}

#[test]
fn the_time_that_is_asked_for_is_everywhere_and_changes_the_digest() {
    let (zero, other) = (prebuilt::project(), prebuilt::project());
    let at = |dext: Dext<'_>| dext.env("SOURCE_DATE_EPOCH", "1700000000").run().success().digest();
    let first = at(zero.pack(["--message-format", "json"]));
    assert_eq!(at(other.pack(["--message-format", "json"])), first);
    let layout = Layout::read(&other.layout("demo")).expect("the layout is whole");
    for image in &layout.images {
        assert_eq!(image.config["created"], "2023-11-14T22:13:20Z");
        for entry in image.layers.iter().flat_map(|layer| &layer.entries) {
            assert_eq!(entry.mtime, 1_700_000_000, "{}", entry.path);
        }
    }
    assert_ne!(digest(&prebuilt::project(), same), first);
}

#[test]
fn what_is_in_the_image_changes_the_digest() {
    let expected = digest(&prebuilt::project(), same);
    type Change = (&'static str, fn(&Sandbox));
    let changes: [Change; 4] = [
        ("a byte of the UI", |project| project.write("ui/assets/style.css", "body { margin: 1 }\n")),
        ("a file's name", |project| {
            std::fs::rename(project.path("ui/assets/style.css"), project.path("ui/assets/main.css")).expect("renamed");
        }),
        ("a label", |project| project.edit("Cargo.toml", "vendor = \"Example Ltd\"", "vendor = \"Example Inc\"")),
        ("a binary", |project| {
            let mut bytes = files::read(&project.path("artifacts/linux-arm64/tool"));
            bytes.extend_from_slice(b"debug information");
            project.write("artifacts/linux-arm64/tool", bytes);
        }),
    ];
    for (name, change) in changes {
        let project = prebuilt::project();
        change(&project);
        assert_ne!(digest(&project, same), expected, "{name}");
    }
}

/// The whole build a second time: compiled and linked from nothing, in another folder, one job at a time.
#[test]
fn a_second_build_elsewhere_makes_the_same_image() {
    let Some(first) = sample() else { return };
    let second = Sandbox::of_named("sample", "the same extension in a länger named folder");
    let outcome = second
        .dext(["package", "--message-format", "json", "-j1"])
        .env("TZ", "Asia/Kathmandu")
        .env("CARGO_TARGET_DIR", second.root().join("elsewhere"))
        .run()
        .success();
    let layout = Layout::read(&second.root().join("elsewhere/dext/disk-usage")).expect("the layout is whole");
    for (ours, theirs) in first.layout.images.iter().zip(&layout.images) {
        for (path, entry) in ours.files() {
            assert!(entry.bytes == theirs.files()[path].bytes, "{path} of {} differs", ours.platform);
        }
    }
    assert_eq!(outcome.digest(), first.outcome.digest());
}
