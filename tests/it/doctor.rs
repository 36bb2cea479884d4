//! `cargo dext doctor`: every tool, found or missing, at once.

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::sandbox::{Dext, Sandbox};
use crate::support::{files, judges, toolchain};

/// A machine with nothing on it but a Cargo and a rustc that has its own standard library only.
fn bare(sandbox: &Sandbox) -> Dext<'_> {
    let root = files::canonical(sandbox.root());
    let cargo = judges::on_path("cargo").expect("there is a cargo").display().to_string();
    let rustc = judges::on_path("rustc").expect("there is a rustc").display().to_string();
    sandbox.stand_in("cargo", &format!("exec {cargo} \"$@\"\n"));
    let version = "release: 1.96.0\\nhost: x86_64-unknown-linux-gnu\\n";
    let sysroot = root.join("sysroot").display().to_string();
    // Cargo asks rustc more than this tool does.
    let answers = format!(
        "case \"$*\" in\n-vV) printf 'rustc 1.96.0\\n{version}' ;;\n'--print sysroot') echo {sysroot} ;;\n*) exec {rustc} \"$@\" ;;\nesac\n"
    );
    let bin = sandbox.stand_in("rustc", &answers);
    sandbox.dext(["doctor"]).env("PATH", bin).env_remove("CARGO_ZIGBUILD_ZIG_PATH").env("RUSTUP_TOOLCHAIN", "")
}

#[test]
fn everything_is_missing() {
    let sandbox = Sandbox::empty();
    assert_data_eq!(bare(&sandbox).run().failure(1).told(), str![[r#"
    Checking the tools for all six platforms (there is no extension here)
       Found rustc 1.96.0 in [ROOT]/sysroot
warning: missing: the standard library for x86_64-apple-darwin, aarch64-apple-darwin, x86_64-pc-windows-gnullvm, aarch64-pc-windows-gnullvm, x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
  help: this rustc has no std for it; use a toolchain of rustup, and `rustup target add` there
warning: missing: zig, which links for other systems
  help: pip3 install ziglang==0.16.0
warning: missing: `rust-objcopy`, which rustc runs to strip macOS binaries
  help: use a toolchain of rustup, install your distribution's llvm package for rustc, or set `strip = false` in the profile
error: some things are missing on this machine:
  - the standard library for x86_64-apple-darwin, aarch64-apple-darwin, x86_64-pc-windows-gnullvm, aarch64-pc-windows-gnullvm, x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
      this rustc has no std for it; use a toolchain of rustup, and `rustup target add` there
  - zig, which links for other systems
      pip3 install ziglang==0.16.0
  - `rust-objcopy`, which rustc runs to strip macOS binaries
      use a toolchain of rustup, install your distribution's llvm package for rustc, or set `strip = false` in the profile
  help: `cargo dext doctor --fix` runs the lines that can be run, after showing them

"#]].raw());
}

#[test]
fn packaging_tells_the_same_before_it_builds() {
    let sandbox = Sandbox::of("sample");
    let dext = bare(&sandbox);
    let outcome = dext.clone().words(["package"]).run().failure(1);
    assert_data_eq!(outcome.told(), str![[r#"
error: some things are missing on this machine:
  - the standard library for x86_64-apple-darwin, aarch64-apple-darwin, x86_64-pc-windows-gnullvm, aarch64-pc-windows-gnullvm, x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
      this rustc has no std for it; use a toolchain of rustup, and `rustup target add` there
  - zig, which links for other systems
      pip3 install ziglang==0.16.0
  - `rust-objcopy`, which rustc runs to strip macOS binaries
      use a toolchain of rustup, install your distribution's llvm package for rustc, or set `strip = false` in the profile
  help: `cargo dext doctor --fix` runs the lines that can be run, after showing them

"#]].raw());
    assert!(!sandbox.path("target/release").exists(), "nothing was built");
}

#[test]
fn what_the_table_asks_for_is_looked_for() {
    let sandbox = Sandbox::of("sample");
    let build = r#"
[package.metadata.extension.build]
triple = { windows-amd64 = "x86_64-pc-windows-msvc" }
builder = { linux-amd64 = "cross" }
"#;
    sandbox.append("Cargo.toml", build);
    sandbox.edit(
        "Cargo.toml",
        "source = \"ui/dist\"",
        "source = \"ui/dist\"\nbuild = { dir = \"ui\", run = \"npm run build\" }",
    );
    assert_data_eq!(bare(&sandbox).run().failure(1).told(), str![[r#"
       Found rustc 1.96.0 in [ROOT]/sysroot
warning: missing: the standard library for x86_64-apple-darwin, aarch64-apple-darwin, x86_64-pc-windows-msvc, aarch64-pc-windows-gnullvm, aarch64-unknown-linux-musl
  help: this rustc has no std for it; use a toolchain of rustup, and `rustup target add` there
warning: missing: zig, which links for other systems
  help: pip3 install ziglang==0.16.0
warning: missing: `rust-objcopy`, which rustc runs to strip macOS binaries
  help: use a toolchain of rustup, install your distribution's llvm package for rustc, or set `strip = false` in the profile
warning: missing: `cross`
  help: cargo install cross --git https://github.com/cross-rs/cross
warning: missing: a container engine for cross: there is no `podman`
  help: start Docker Desktop or the engine's service
warning: missing: `cargo-xwin`
  help: cargo install cargo-xwin
warning: missing: `clang-cl`
  help: install clang; the program is part of it
warning: missing: your consent to the licence of Microsoft's SDK, which cargo-xwin downloads
  help: set XWIN_ACCEPT_LICENSE=1 to accept https://go.microsoft.com/fwlink/?LinkId=2086102
warning: missing: `npm`, which `ui.build` runs
  help: install Node.js
error: some things are missing on this machine:
  - the standard library for x86_64-apple-darwin, aarch64-apple-darwin, x86_64-pc-windows-msvc, aarch64-pc-windows-gnullvm, aarch64-unknown-linux-musl
      this rustc has no std for it; use a toolchain of rustup, and `rustup target add` there
  - zig, which links for other systems
      pip3 install ziglang==0.16.0
  - `rust-objcopy`, which rustc runs to strip macOS binaries
      use a toolchain of rustup, install your distribution's llvm package for rustc, or set `strip = false` in the profile
  - `cross`
      cargo install cross --git https://github.com/cross-rs/cross
  - a container engine for cross: there is no `podman`
      start Docker Desktop or the engine's service
  - `cargo-xwin`
      cargo install cargo-xwin
  - `clang-cl`
      install clang; the program is part of it
  - your consent to the licence of Microsoft's SDK, which cargo-xwin downloads
      set XWIN_ACCEPT_LICENSE=1 to accept https://go.microsoft.com/fwlink/?LinkId=2086102
  - `npm`, which `ui.build` runs
      install Node.js
  help: `cargo dext doctor --fix` runs the lines that can be run, after showing them

"#]].raw());
}

#[test]
fn fix_shows_and_runs_the_lines() {
    let sandbox = Sandbox::empty();
    let record = sandbox.root().join("record");
    // rustup brings the standard libraries, pip3 brings zig.
    let root = files::canonical(sandbox.root());
    let toolchain = root.join("toolchains/stable");
    let std = "mkdir -p \"$TOOLCHAIN/lib/rustlib/$t/lib\"; : > \"$TOOLCHAIN/lib/rustlib/$t/lib/libstd-0.rlib\"";
    sandbox
        .stand_in("rustup", &format!("echo \"rustup $*\" >> \"$RECORD\"\nshift 2\nfor t in \"$@\"; do {std}; done\n"));
    sandbox.stand_in(
        "pip3",
        "echo \"pip3 $*\" >> \"$RECORD\"\nprintf '#!/bin/sh\\necho 0.16.0\\n' > \"$BIN/zig\"\nchmod +x \"$BIN/zig\"\n",
    );
    files::write(&toolchain.join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-objcopy"), b"");
    let dext = bare(&sandbox);
    let script = String::from_utf8(files::read(&root.join("bin/rustc"))).expect("text");
    let script = script.replace(&root.join("sysroot").display().to_string(), &toolchain.display().to_string());
    files::write(&root.join("bin/rustc"), script.as_bytes());
    let path = format!("{}:/usr/bin:/bin", root.join("bin").display());
    let outcome = dext
        .words(["doctor", "--fix"])
        .env("PATH", path)
        .env("CARGO_ZIGBUILD_PYTHON_PATH", "/nonexistent")
        .env("TOOLCHAIN", &toolchain)
        .env("BIN", root.join("bin"))
        .env("RECORD", &record)
        .run()
        .success();
    assert_data_eq!(outcome.told(), str![[r#"
    Checking the tools for all six platforms (there is no extension here)
       Found rustc 1.96.0 in [ROOT]/toolchains/stable
warning: missing: the standard library for x86_64-apple-darwin, aarch64-apple-darwin, x86_64-pc-windows-gnullvm, aarch64-pc-windows-gnullvm, x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
  help: rustup target add x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-gnullvm aarch64-pc-windows-gnullvm x86_64-unknown-linux-musl aarch64-unknown-linux-musl
warning: missing: zig, which links for other systems
  help: pip3 install ziglang==0.16.0
     Running `rustup target add x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-gnullvm aarch64-pc-windows-gnullvm x86_64-unknown-linux-musl aarch64-unknown-linux-musl`
     Running `pip3 install ziglang==0.16.0`
    Finished everything is there

"#]].raw());
    assert_data_eq!(String::from_utf8(files::read(&record)).expect("text"), str![[r#"
rustup target add x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-gnullvm aarch64-pc-windows-gnullvm x86_64-unknown-linux-musl aarch64-unknown-linux-musl
pip3 install ziglang==0.16.0

"#]].raw());
}

#[test]
fn on_this_machine_everything_is_found() {
    if !toolchain::is_there() {
        return;
    }
    let outcome = Sandbox::of("sample").dext(["doctor"]).run().success();
    let told = outcome.told();
    for word in ["Found rustc", "Found std aarch64-pc-windows-gnullvm", "Found zig", "Finished everything is there"] {
        assert!(told.contains(word), "{told}");
    }
}
