//! Cargo.toml to [`Extension`].

pub mod extension;

pub use extension::Extension;
