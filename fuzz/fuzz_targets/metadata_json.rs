//! The fuzzer's program for `metadata_json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cargo_dext_fuzz::run("metadata_json", data));
