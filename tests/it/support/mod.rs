//! What the tests stand on: sandboxes, independent readers, judges and servers.

pub mod daemon;
pub mod files;
pub mod headers;
pub mod http;
pub mod judges;
pub mod oci;
pub mod prebuilt;
pub mod redact;
pub mod sandbox;
pub mod secrets;
pub mod toolchain;
pub mod wine;
