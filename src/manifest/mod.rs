//! Cargo.toml to [`Extension`].
//!
//! [`load`](load::load) asks Cargo for the workspace, `select` picks the table, `de` reads it into the types
//! of `raw` (as written), and `convert` turns those into an [`Extension`] (as meant). Only `load` has side
//! effects. Every mistake of a table is found in one go, and `locate` says at which line it stands.

pub mod convert;
pub mod de;
pub mod error;
pub mod extension;
pub mod load;
pub mod locate;
pub mod mistake;
mod raw;
mod select;
#[cfg(test)]
pub(crate) mod testing;

pub use error::Error;
pub use extension::Extension;
pub use load::{Request, load};
