//! The fuzzer's program for `docker_config`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cargo_dext_fuzz::run("docker_config", data));
