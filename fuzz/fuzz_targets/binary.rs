//! The fuzzer's program for `binary`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cargo_dext_fuzz::run("binary", data));
