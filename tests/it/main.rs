//! Integration tests: the program as a user runs it, judged by code and by programs that are not ours.
//!
//! `cargo xtask test` runs them with everything they want. Without that, a test whose judge is missing says so
//! and passes; with `DEXT_TEST_STRICT=1` it fails.

#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "tests play the user: they write files and start programs")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod bad_input;
mod base;
mod base_registry;
mod browser;
mod build;
mod builders;
mod credentials;
mod doctor;
mod downloads;
mod early;
mod faults;
mod guards;
mod image;
mod import;
mod init;
mod inspect;
mod json;
mod judges;
mod killed;
mod metadata;
mod new;
mod plan;
mod progress;
mod proxies;
mod publish;
mod pulls;
mod quirks;
mod recording;
mod reproducible;
mod robust;
mod sample;
mod servers;
mod support;
mod traffic;
mod validate;
