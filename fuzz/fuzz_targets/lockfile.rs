//! The fuzzer's program for `lockfile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cargo_dext_fuzz::run("lockfile", data));
