//! Plan to artifacts: preflight, compile, fetch, and read every binary before it is used.

pub mod artifacts;
pub mod compile;
pub mod error;
pub mod fetch;
pub mod inspect;
pub mod invocation;
pub mod machine;
pub mod messages;
pub mod preflight;
pub mod ui;
pub mod verify;
pub mod zig;

pub use artifacts::Artifacts;
pub use error::Error;
pub use invocation::CargoOptions;
