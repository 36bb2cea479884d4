//! The fuzzer's program for `compose`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cargo_dext_fuzz::run("compose", data));
