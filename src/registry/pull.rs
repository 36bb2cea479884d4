//! Reading from registries.

use std::io::Read;

use super::{Error, Session};
use crate::domain::Reference;
use crate::image::Descriptor;

impl Session {
    /// What a tag or digest stands for.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it does not exist; when the registry refuses or cannot be reached.
    pub fn resolve(&self, _reference: &Reference) -> Result<Descriptor, Error> {
        Err(Error::Setup { why: "not written yet".to_owned() })
    }

    /// An index, manifest or config of at most 4 MiB.
    ///
    /// # Errors
    /// When it does not exist, is larger, or is not what the descriptor says; when the registry refuses or
    /// cannot be reached.
    pub fn document(&self, _repository: &Reference, _descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        Err(Error::Setup { why: "not written yet".to_owned() })
    }

    /// The document that a tag or digest stands for, by one request.
    ///
    /// # Errors
    /// As [`Session::document`].
    pub fn root(&self, _reference: &Reference) -> Result<(Descriptor, Vec<u8>), Error> {
        Err(Error::Setup { why: "not written yet".to_owned() })
    }

    /// A blob's bytes as they come. A stream that breaks is taken up where it broke. Reading fails at the end if
    /// the bytes are not those of the descriptor, so that nothing may be trusted before that.
    ///
    /// # Errors
    /// When it does not exist, or the registry refuses or cannot be reached.
    pub fn blob<'s>(&'s self, _repository: &Reference, _descriptor: &Descriptor) -> Result<Box<dyn Read + 's>, Error> {
        Err(Error::Setup { why: "not written yet".to_owned() })
    }

    /// All tags of a repository, in the registry's order.
    ///
    /// # Errors
    /// When the repository does not exist, or the registry refuses or cannot be reached.
    pub fn tags(&self, _repository: &Reference) -> Result<Vec<String>, Error> {
        Err(Error::Setup { why: "not written yet".to_owned() })
    }
}
