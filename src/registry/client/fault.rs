//! How a request fails: for now, or for good.

use std::time::Duration;

use crate::registry::{Cause, Error};

/// What went wrong and may go right later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passing {
    /// What kind of trouble it is.
    pub cause: Cause,
    /// What happened, for people.
    pub why: String,
    /// How long the server asks to wait.
    pub after: Option<Duration>,
}

impl Passing {
    /// An answer that may be another one later.
    pub fn answered(why: String) -> Self {
        Passing { cause: Cause::Answered, why, after: None }
    }

    /// No answer.
    pub fn broken(why: String) -> Self {
        Passing { cause: Cause::Broken, why, after: None }
    }
}

/// Why a request failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The same request may work later, after the time that the server asks for.
    Passing(Passing),
    /// It would fail again.
    Final(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Final(error)
    }
}
