//! The fuzzer's program for `tar_layer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cargo_dext_fuzz::run("tar_layer", data));
