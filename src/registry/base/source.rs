//! Where bases come from: registries, and in tests what stands in for them.

use std::cell::OnceCell;
use std::io::Read;

use crate::domain::Reference;
use crate::image::Descriptor;
use crate::registry::credentials::Keychain;
use crate::registry::{Beginning, Error, Options, Session};
use crate::report::Report;
use crate::sys::Env;

/// What a registry can be asked. Documents and blobs are proven to be what was asked for.
pub trait Source {
    /// What a tag or digest stands for.
    ///
    /// # Errors
    /// As [`Session::resolve`].
    fn resolve(&self, reference: &Reference) -> Result<Descriptor, Error>;

    /// The document that a tag or digest stands for.
    ///
    /// # Errors
    /// As [`Session::root`].
    fn root(&self, reference: &Reference) -> Result<Vec<u8>, Error>;

    /// An index, manifest or config.
    ///
    /// # Errors
    /// As [`Session::document`].
    fn document(&self, repository: &Reference, descriptor: &Descriptor) -> Result<Vec<u8>, Error>;

    /// Words of a base, without secrets that its registry was shown and has put among them.
    fn told(&self, words: &str) -> String;

    /// What follows a beginning of a blob, as it comes.
    ///
    /// # Errors
    /// As [`Session::blob`].
    fn rest_of_blob<'s>(
        &'s self,
        repository: &Reference,
        descriptor: &Descriptor,
        beginning: Beginning,
    ) -> Result<Box<dyn Read + 's>, Error>;
}

/// A session that is opened by the first question: nothing is prepared, and no credentials are looked for, where all is
/// cached.
pub struct Remote<'a> {
    options: Options,
    env: &'a Env,
    report: &'a dyn Report,
    session: OnceCell<Session<'a>>,
}

impl<'a> Remote<'a> {
    /// Registries, reached in this way and with the credentials of this environment. The report hears of requests.
    #[must_use]
    pub fn new(options: Options, env: &'a Env, report: &'a dyn Report) -> Self {
        Remote { options, env, report, session: OnceCell::new() }
    }

    fn session(&self) -> Result<&Session<'a>, Error> {
        if let Some(session) = self.session.get() {
            return Ok(session);
        }
        let session = Session::new(self.options.clone(), Keychain::from_env(self.env), self.report)?;
        Ok(self.session.get_or_init(|| session))
    }
}

impl Source for Session<'_> {
    fn told(&self, words: &str) -> String {
        Session::told(self, words)
    }

    fn resolve(&self, reference: &Reference) -> Result<Descriptor, Error> {
        Session::resolve(self, reference)
    }

    fn root(&self, reference: &Reference) -> Result<Vec<u8>, Error> {
        Session::root(self, reference).map(|(_, bytes)| bytes)
    }

    fn document(&self, repository: &Reference, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        Session::document(self, repository, descriptor)
    }

    fn rest_of_blob<'s>(
        &'s self,
        repository: &Reference,
        descriptor: &Descriptor,
        beginning: Beginning,
    ) -> Result<Box<dyn Read + 's>, Error> {
        Session::rest_of_blob(self, repository, descriptor, beginning)
    }
}

impl Source for Remote<'_> {
    fn told(&self, words: &str) -> String {
        self.session.get().map_or_else(|| words.to_owned(), |session| session.told(words))
    }

    fn resolve(&self, reference: &Reference) -> Result<Descriptor, Error> {
        self.session()?.resolve(reference)
    }

    fn root(&self, reference: &Reference) -> Result<Vec<u8>, Error> {
        Source::root(self.session()?, reference)
    }

    fn document(&self, repository: &Reference, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        self.session()?.document(repository, descriptor)
    }

    fn rest_of_blob<'s>(
        &'s self,
        repository: &Reference,
        descriptor: &Descriptor,
        beginning: Beginning,
    ) -> Result<Box<dyn Read + 's>, Error> {
        self.session()?.rest_of_blob(repository, descriptor, beginning)
    }
}
