//! Runs Windows programs on Linux.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{files, judges};

/// wine, with a prefix of its own that stays between runs.
#[derive(Debug)]
pub struct Wine {
    program: PathBuf,
    prefix: PathBuf,
    shim: PathBuf,
}

/// The one function that Rust's standard library takes from a library that wine 8 does not have.
const SHIM: &str = r#"
__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *buffer, unsigned long size);
__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *buffer, unsigned long long size) {
    return SystemFunction036(buffer, (unsigned long)size);
}
"#;

impl Wine {
    /// Finds wine, and zig for the library that it lacks.
    #[track_caller]
    pub fn find() -> Option<Wine> {
        let program = judges::judge("wine")?;
        let zig = zig()?;
        let shim = files::shared_temp("wine").join("bcryptprimitives.dll");
        if !shim.exists() {
            build_shim(&zig, &shim);
        }
        Some(Wine { program, prefix: files::shared_temp("wine/prefix"), shim })
    }

    /// Runs a program and returns its standard output.
    #[track_caller]
    pub fn run(&self, program: &Path, args: &[&str]) -> String {
        let beside = program.with_file_name("bcryptprimitives.dll");
        std::fs::copy(&self.shim, beside).expect("the library can be copied");
        let mut command = Command::new(&self.program);
        command
            .arg(program)
            .args(args)
            .env("WINEPREFIX", &self.prefix)
            .env("WINEDEBUG", "-all")
            // What names of files mean to it, it takes from the locale.
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", &self.prefix);
        let output = command.output().expect("wine can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {} {said}", program.display(), output.status);
        String::from_utf8(output.stdout).expect("text")
    }
}

#[track_caller]
fn zig() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_ZIGBUILD_ZIG_PATH").map(PathBuf::from);
    named.or_else(|| judges::judge("zig"))
}

fn build_shim(zig: &Path, shim: &Path) {
    // Built aside and renamed, because several tests may want it at once.
    let folder = tempfile::tempdir_in(files::shared_temp("wine")).expect("a temporary folder can be made");
    let (source, built) = (folder.path().join("shim.c"), folder.path().join("bcryptprimitives.dll"));
    files::write(&source, SHIM.as_bytes());
    let mut command = Command::new(zig);
    command.args(["cc", "-target", "x86_64-windows-gnu", "-shared", "-Os", "-o"]).arg(&built).arg(&source);
    command.arg("-ladvapi32").env("ZIG_GLOBAL_CACHE_DIR", files::shared_temp("zig"));
    let output = command.output().expect("zig can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::rename(built, shim).expect("the library can be moved");
}
