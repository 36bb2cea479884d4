//! One file per subcommand: its flags, and one `run` that composes stages.

pub mod doctor;
pub mod import;
pub mod init;
pub mod inspect;
pub mod judging;
pub mod metadata;
pub mod new;
pub mod options;
pub mod package;
pub mod packaging;
pub mod publish;
pub mod update;
pub mod validate;
mod words;

use crate::shell::Shell;
use crate::sys::Env;

/// What every command gets.
#[derive(Debug)]
pub struct Context {
    /// The printer.
    pub shell: Shell,
    /// The environment.
    pub env: Env,
}
