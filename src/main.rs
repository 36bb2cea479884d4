//! `cargo dext`: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    match cargo_dext::build::zig::role(&args) {
        Some(code) => code,
        None => cargo_dext::cli::main(args),
    }
}
