//! The fuzzer's program for `registry`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cargo_dext_fuzz::run("registry", data));
