//! The fuzzer's program: all targets in one, because each program would be linked with all of `cargo-dext`. The variable
//! `DEXT_FUZZ_TARGET` names the one that runs.
#![no_main]
#![expect(clippy::disallowed_methods, reason = "libFuzzer takes the arguments, so that a variable names the target")]

use std::sync::OnceLock;

use cargo_dext_fuzz::{Target, VARIABLE};

static TARGET: OnceLock<Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let named = || std::env::var(VARIABLE).ok().and_then(|name| Target::named(&name));
    TARGET.get_or_init(|| named().expect("a variable names a target")).run(data);
});
