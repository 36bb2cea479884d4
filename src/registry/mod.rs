//! Images to registries and back, by the OCI distribution specification 1.1.
//!
//! [`push`] sends a [`Shipment`] with as few requests and bytes as the registry allows, and writes a tag only when
//! everything it points at is there. [`Session`] reads: tags, documents and blobs. What is sent, and in which
//! order, is decided by pure code (`upload.rs`, `plan.rs`); `client/` alone opens sockets.

mod client;
pub mod credentials;
mod error;
mod pull;
mod push;
mod session;
mod shipment;

pub use error::{At, Error};
pub use push::{Fate, Pushed, Survey, TagChange, TagOutcome, Target, push, survey};
pub use session::{Options, Session, Traffic};
pub use shipment::{PlatformShipment, Shipment};
