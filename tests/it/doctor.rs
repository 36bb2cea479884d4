//! `cargo dext doctor`: every tool, found or missing, at once.

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::files;
use crate::support::judges;
use crate::support::sandbox::{Dext, Sandbox};

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
    assert_data_eq!(bare(&sandbox).run().failure(1).told(), str![].raw());
}

#[test]
fn packaging_tells_the_same_before_it_builds() {
    let sandbox = Sandbox::of("sample");
    let dext = bare(&sandbox);
    let outcome = dext.clone().words(["package"]).run().failure(1);
    assert_data_eq!(outcome.told(), str![].raw());
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
    assert_data_eq!(bare(&sandbox).run().failure(1).told(), str![].raw());
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
    assert_data_eq!(outcome.told(), str![].raw());
    assert_data_eq!(String::from_utf8(files::read(&record)).expect("text"), str![].raw());
}

#[test]
fn on_this_machine_everything_is_found() {
    if std::env::var_os("CARGO_ZIGBUILD_ZIG_PATH").is_none() && judges::judge("zig").is_none() {
        return;
    }
    let outcome = Sandbox::of("sample").dext(["doctor"]).run().success();
    let told = outcome.told();
    for word in ["Found rustc", "Found std aarch64-pc-windows-gnullvm", "Found zig", "Finished everything is there"] {
        assert!(told.contains(word), "{told}");
    }
}
