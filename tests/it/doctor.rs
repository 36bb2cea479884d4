//! `cargo dext doctor`: everything that is missing, at once, with the line that mends it.

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::files;
use crate::support::prebuilt;
use crate::support::sandbox::{Dext, Sandbox};

/// A machine with a toolchain of rustup that has no other target, and without zig.
fn bare_machine<'a>(project: &'a Sandbox, words: &[&str]) -> Dext<'a> {
    let sysroot = project.root().join("toolchains/stable");
    std::fs::create_dir_all(&sysroot).expect("a folder");
    let rustc = format!(
        "case \"$*\" in *sysroot*) echo {};; *) printf 'release: 1.96.0\\nhost: x86_64-unknown-linux-gnu\\n';; esac\n",
        sysroot.display()
    );
    let bin = project.stand_in("rustc", &rustc);
    project.stand_in("python3", "exit 1\n");
    project.stand_in("rustup", "echo \"rustup $*\" >> \"$RECORD\"\n");
    project.stand_in("pip3", "echo \"pip3 $*\" >> \"$RECORD\"\n");
    // `sh` and what stand-ins need come from the system's own folder; cargo is named by its variable.
    let path = std::env::join_paths([bin.as_path(), "/bin".as_ref()]).expect("no colon");
    let cargo = files::which("cargo").expect("cargo runs these tests");
    let dext = project.dext(words).env("PATH", path).env("CARGO", cargo);
    dext.env_remove("CARGO_ZIGBUILD_ZIG_PATH").env("RECORD", project.root().join("record"))
}

#[test]
fn everything_missing_is_told_at_once() {
    let project = prebuilt::project();
    let outcome = bare_machine(&project, &["doctor"]).run().failure(1);
    assert_data_eq!(
        outcome.told(),
        str![[r#"
       Found rustc 1.96.0 in [ROOT]/toolchains/stable
warning: missing: the standard library for x86_64-apple-darwin, aarch64-apple-darwin, x86_64-pc-windows-gnullvm, aarch64-pc-windows-gnullvm, x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
  help: rustup target add x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-gnullvm aarch64-pc-windows-gnullvm x86_64-unknown-linux-musl aarch64-unknown-linux-musl
warning: missing: zig, which links for other systems
  help: pip3 install ziglang==0.16.0
warning: missing: `rust-objcopy`, which rustc runs to strip macOS binaries
  help: use a toolchain of rustup, install your distribution's llvm package for rustc, or set `strip = false` in the profile
error: some things are missing on this machine:
  - the standard library for x86_64-apple-darwin, aarch64-apple-darwin, x86_64-pc-windows-gnullvm, aarch64-pc-windows-gnullvm, x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
      rustup target add x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-gnullvm aarch64-pc-windows-gnullvm x86_64-unknown-linux-musl aarch64-unknown-linux-musl
  - zig, which links for other systems
      pip3 install ziglang==0.16.0
  - `rust-objcopy`, which rustc runs to strip macOS binaries
      use a toolchain of rustup, install your distribution's llvm package for rustc, or set `strip = false` in the profile
  help: `cargo dext doctor --fix` shows these lines and runs them

"#]]
        .raw()
    );
}

#[test]
fn fix_runs_the_lines_after_showing_them() {
    let project = prebuilt::project();
    let outcome = bare_machine(&project, &["doctor", "--fix"]).run().failure(1);
    let ran = String::from_utf8(files::read(&project.root().join("record"))).expect("text");
    let lines: Vec<&str> = ran.lines().collect();
    assert_eq!(lines.len(), 2, "{ran}");
    for line in lines {
        assert!(outcome.told().contains(&format!("Running `{line}`")), "{line} was shown in {}", outcome.told());
    }
}

#[test]
fn package_tells_the_same_list_and_builds_nothing() {
    let project = prebuilt::project();
    let outcome = bare_machine(&project, &["package"]).run().failure(1);
    for line in ["rustup target add x86_64-apple-darwin", "pip3 install ziglang==0.16.0", "rust-objcopy"] {
        assert!(outcome.told().contains(line), "{}", outcome.told());
    }
    assert!(!outcome.told().contains("Building"), "{}", outcome.told());
    assert!(!project.root().join("record").exists(), "nothing was run");
}

#[test]
fn outside_of_an_extension_all_six_platforms_are_checked() {
    let project = Sandbox::empty();
    let outcome = bare_machine(&project, &["doctor"]).run().failure(1);
    assert!(outcome.told().contains("there is no extension here"), "{}", outcome.told());
    assert!(outcome.told().contains("aarch64-pc-windows-gnullvm"), "{}", outcome.told());
}
