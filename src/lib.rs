//! `cargo dext` builds, checks and publishes Docker Desktop extensions that are written in Rust.
pub mod bundle;
pub mod domain;
pub mod image;
pub mod manifest;
pub mod report;
pub mod sys;
