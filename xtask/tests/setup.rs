//! `cargo xtask setup` with stand-ins for the programs that would change the machine: what it asks of them, and what
//! it leaves alone the second time.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may end where its ground gives way")]
#![expect(clippy::disallowed_methods, reason = "the stand-ins are scripts on disk, and the program is started")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// A machine made of scripts: `rustc` names a sysroot in it, `rustup target add` fills that sysroot.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Machine(tempfile::tempdir().unwrap());
        fs::create_dir(machine.path().join("bin")).unwrap();
        machine
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Adds a program; `$HERE` is the machine's folder, and `say` writes the call to the log.
    fn with(self, name: &str, script: &str) -> Self {
        let file = self.path().join("bin").join(name);
        let here = self.path().display();
        let say = format!("say() {{ echo \"{name} $*\" >> '{here}/log'; }}");
        fs::write(&file, format!("#!/bin/sh\nHERE='{here}'\n{say}\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn with_rust(self) -> Self {
        let added = r#"
            say "$@"
            [ "$1 $2" = "target add" ] || exit 9
            shift 2
            for triple in "$@"; do
                mkdir -p "$HERE/rust/lib/rustlib/$triple/lib"
                : > "$HERE/rust/lib/rustlib/$triple/lib/libstd-0123.rlib"
            done"#;
        self.with("rustc", r#"[ "$*" = "--print sysroot" ] && echo "$HERE/rust""#).with("rustup", added)
    }

    fn setup(&self, args: &[&str]) -> Output {
        let path = format!("{}:/usr/bin:/bin", self.path().join("bin").display());
        let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
        xtask
            .arg("setup")
            .args(args)
            .env_clear()
            .env("PATH", path)
            .env("CARGO_DEXT_CACHE_DIR", self.path().join("cache"));
        xtask.output().unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn rustup_is_asked_once_and_only_for_what_is_missing() {
    let machine = Machine::new().with_rust();
    let there = machine.path().join("rust/lib/rustlib/x86_64-apple-darwin/lib");
    fs::create_dir_all(&there).unwrap();
    fs::write(there.join("libstd-0123.rlib"), "").unwrap();

    let first = machine.setup(&["--only", "toolchain", "--toolchain", "rustup"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let asked = "rustup target add x86_64-unknown-linux-musl aarch64-unknown-linux-musl aarch64-apple-darwin \
        x86_64-pc-windows-gnullvm aarch64-pc-windows-gnullvm\n";
    assert_eq!(machine.log(), asked);
    assert!(text(&first.stderr).contains("$ rustup target add"), "the line is shown: {}", text(&first.stderr));

    let second = machine.setup(&["--only", "toolchain", "--toolchain", "rustup"]);
    assert!(text(&second.stdout).starts_with("ready"), "{}", text(&second.stdout));
    assert_eq!(machine.log(), asked, "the second run only looks");
}

#[test]
fn auto_takes_what_is_installed() {
    let machine = Machine::new().with_rust();
    machine.setup(&["--only", "toolchain", "--toolchain", "rustup"]);
    let log = machine.log();
    let auto = machine.setup(&["--only", "toolchain"]);
    assert!(auto.status.success(), "{}", text(&auto.stderr));
    assert_eq!(machine.log(), log);
}

#[test]
fn a_rustup_that_fails_is_an_error_when_it_was_asked_for() {
    let machine = Machine::new().with_rust().with("rustup", "say \"$@\"; echo no network >&2; exit 1");
    let setup = machine.setup(&["--only", "toolchain", "--toolchain", "rustup"]);
    assert_eq!(setup.status.code(), Some(1));
    assert!(text(&setup.stderr).contains("`rustup target add"), "{}", text(&setup.stderr));
}

#[test]
fn a_zig_that_suits_is_used_as_it_is() {
    let machine = Machine::new().with("zig", "echo 0.15.2").with("python3", "say \"$@\"; exit 1");
    let setup = machine.setup(&["--only", "zig"]);
    let expected = format!("CARGO_ZIGBUILD_ZIG_PATH={}/bin/zig", machine.path().display());
    assert!(text(&setup.stdout).contains(&expected), "{}{}", text(&setup.stdout), text(&setup.stderr));
    assert_eq!(machine.log(), "");
}

#[test]
fn a_line_that_nobody_may_run_is_shown() {
    let machine = Machine::new()
        .with("dpkg-query", "exit 1")
        .with("apt-get", "say \"$@\"")
        .with("id", "echo 1000")
        .with("sudo", "exit 1")
        .with("python3", "exit 1");
    let setup = machine.setup(&["--only", "zig"]);
    assert_eq!(setup.status.code(), Some(1));
    let line = "run as root: apt-get install -y --no-install-recommends python3 python3-venv";
    assert!(text(&setup.stderr).contains(line), "{}", text(&setup.stderr));
    assert_eq!(machine.log(), "", "nothing was installed");
}

#[test]
fn unknown_words_are_refused() {
    let machine = Machine::new();
    for args in [&["--only", "everything"][..], &["--toolchain", "nightly"], &["--fast"]] {
        assert_eq!(machine.setup(args).status.code(), Some(1), "{args:?}");
    }
}
