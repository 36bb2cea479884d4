//! Plan to artifacts: binaries that are built, found or fetched, and what they are.

pub mod fetch;
pub mod inspect;
