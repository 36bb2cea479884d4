//! What only the network knows: whether pictures answer, and which versions a repository has.

use crate::command::Context;
use crate::command::options::RegistryArgs;
use crate::error::Error;
use crate::validate::View;
use crate::validate::view::Online;

/// Asks.
pub fn ask(_view: &View, _registry: &RegistryArgs, _context: &Context) -> Result<Online, Error> {
    Ok(Online::default())
}
