//! What Docker Desktop's own validator says.

use super::ValidateArgs;
use crate::command::Context;
use crate::error::Error;

/// Asks.
pub fn ask(_args: &ValidateArgs, _context: &Context) -> Result<Option<Error>, Error> {
    Ok(None)
}
