//! The fuzzer's program for `dockerfile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cargo_dext_fuzz::run("dockerfile", data));
