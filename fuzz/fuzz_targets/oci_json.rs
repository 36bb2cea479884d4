//! The fuzzer's program for `oci_json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cargo_dext_fuzz::run("oci_json", data));
