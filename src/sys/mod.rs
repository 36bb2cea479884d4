//! The doors to the machine: environment, files, processes. Together with `build::fetch` these are the only
//! rooms with side effects.

pub mod env;
pub mod fs;
pub mod git;
pub mod http;
pub mod interrupt;
pub mod process;
pub mod runtime;

pub use env::Env;
pub use process::Invocation;
pub use runtime::Runtime;
