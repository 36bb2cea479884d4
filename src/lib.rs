//! `cargo dext` builds, checks and publishes Docker Desktop extensions that are written in Rust.
pub mod build;
pub mod bundle;
pub mod domain;
pub mod manifest;
pub mod plan;
pub mod report;
pub mod scaffold;
pub mod sys;
