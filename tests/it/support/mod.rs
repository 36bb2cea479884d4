//! What the tests stand on: sandboxes, independent readers, judges and servers.

pub mod base64;
pub mod bases;
pub mod chromium;
pub mod daemon;
pub mod desktop;
pub mod distribution;
pub mod enemy;
pub mod files;
pub mod goods;
pub mod headers;
pub mod http;
pub mod judges;
pub mod oci;
pub mod pages;
pub mod prebuilt;
pub mod proxy;
pub mod redact;
pub mod registry;
pub mod sandbox;
pub mod secrets;
pub mod shop;
pub mod talk;
pub mod tokens;
pub mod toolchain;
pub mod trip;
pub mod wine;
