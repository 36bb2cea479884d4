//! Images to registries and back, by the OCI distribution specification 1.1.
//!
//! [`push`] sends a [`Shipment`] with as few requests and bytes as the registry allows, and writes a tag only when
//! everything it points at is there. [`Session`] reads: tags, documents and blobs. What is sent, and in which
//! order, is decided by pure code (`upload.rs`, `order.rs`); `client/` alone opens sockets.

pub mod base;
mod client;
pub mod credentials;
mod deliver;
mod early;
mod error;
mod order;
mod pace;
mod pull;
mod push;
mod record;
mod session;
mod shipment;
mod stream;
mod survey;
mod token;
mod upload;

pub use early::look_early;
pub use error::{At, Cause, Error};
pub use push::{Fate, Pushed, TagChange, TagOutcome, Target, push};
pub use record::Record;
pub use session::{Options, Session, Traffic};
pub use shipment::{PlatformShipment, Shipment};
pub use stream::Beginning;
pub use survey::survey;
