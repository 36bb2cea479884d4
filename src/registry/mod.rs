//! Registries: how images get there and back.

pub mod credentials;
