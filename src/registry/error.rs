//! What can go wrong between this machine and a registry.

use std::path::PathBuf;
use std::time::Duration;
use std::{fmt, io};

use super::credentials;
use crate::domain::{Digest, Explain, Reference};
use crate::image::Damage;
use crate::sys::{fs, http};

/// Which step of what went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The registry as the user writes it.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// What was being done, as "looking for the tag 1.2.3".
    pub step: String,
    /// Whether it is part of sending an image, so that what has arrived before counts the next time.
    pub sends: bool,
}

impl At {
    /// What to say of a later try, besides that.
    fn kept(&self) -> &'static str {
        if self.sends { ": what has arrived is not sent again" } else { "" }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}, {}", self.registry, self.repository, self.step)
    }
}

/// What kept a request from an answer that lasts. What is advised depends on it; words are for people alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A server answered, and its answer may be another one later.
    Answered,
    /// There was no answer: no connection, one that broke, or one that fell silent.
    Broken,
    /// The proxy could not be reached, or did not reach the server: variable and address, without its password.
    Proxy(String),
}

/// Why an image could not be sent, found or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// Certificates or a proxy cannot be used.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The system gives no means to wait for connections.
    #[error("could not prepare to talk to registries: {0}")]
    Runtime(io::Error),
    /// A registry and a repository that make no address.
    #[error("no address can be made of `{name}`")]
    NoAddress {
        /// Both.
        name: String,
    },
    /// A document of the image has a media type that no request can carry.
    #[error("`{media_type}` is no media type")]
    MediaType {
        /// What it has.
        media_type: String,
    },
    /// The user's credentials cannot be read.
    #[error(transparent)]
    Credentials(#[from] credentials::Error),
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] fs::Error),
    /// The layout is not whole.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// The layout holds something that is not sent to registries.
    #[error("`{}` cannot be sent to a registry: {why}", layout.display())]
    Unfit {
        /// The layout.
        layout: PathBuf,
        /// What it holds.
        why: String,
    },
    /// A file of the layout is not what its name says.
    #[error("the file is not what its name says any more")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A tag points at another image.
    #[error("the tag `{tag}` exists and points at {there}, not at {ours}")]
    TagExists {
        /// The repository.
        repository: Box<Reference>,
        /// The tag.
        tag: String,
        /// What it points at.
        there: Digest,
        /// The image that should get it.
        ours: Digest,
    },
    /// There is no such tag, manifest, blob or repository.
    #[error("the registry has no {what}")]
    NotFound {
        /// What is not there.
        what: String,
        /// Where it was looked for.
        at: Box<At>,
    },
    /// The registry does not let us in.
    #[error("the registry denies access: {answer}")]
    Denied {
        /// Where.
        at: Box<At>,
        /// The status and what it said.
        answer: String,
        /// Whose credentials were shown, as the help goes on; empty if nobody was asked for any.
        origin: String,
    },
    /// The registry refused.
    #[error("the registry answered {answer}")]
    Refused {
        /// Where.
        at: Box<At>,
        /// The status.
        status: u16,
        /// The status and what it said.
        answer: String,
    },
    /// The token server refused.
    #[error("the token server {host} answered {answer}")]
    TokenServer {
        /// Where.
        at: Box<At>,
        /// The token server, with its port.
        host: String,
        /// The status.
        status: u16,
        /// The status and what it said.
        answer: String,
        /// Whose credentials were shown, as the help goes on; empty if nobody was asked for any.
        origin: String,
    },
    /// The registry refused a document whose type is one of OCI's.
    #[error("the registry answered {answer}")]
    MediaTypes {
        /// Where.
        at: Box<At>,
        /// The status and what it said.
        answer: String,
    },
    /// The certificate of the registry, or of its token server, is not one that this machine trusts.
    #[error("the certificate of {host} is not trusted: {why}")]
    Certificate {
        /// Whose certificate.
        host: String,
        /// What is wrong with it.
        why: String,
        /// Where.
        at: Box<At>,
    },
    /// The registry does not speak TLS, and plain HTTP was not asked for.
    #[error("the registry does not speak TLS: {why}")]
    NoTls {
        /// What it says instead.
        why: String,
        /// Where.
        at: Box<At>,
    },
    /// The proxy before the registry does not let us through (status 407).
    #[error("the proxy wants a user and a password, or another one")]
    ProxyDenies {
        /// Where.
        at: Box<At>,
    },
    /// The proxy does not connect us with the registry, and will not.
    #[error("the proxy, {proxy}, refuses to connect to the registry: it answered {status}")]
    ProxyRefuses {
        /// Variable and address, without its password.
        proxy: String,
        /// The status.
        status: String,
        /// Where.
        at: Box<At>,
    },
    /// It did not work, however often it was tried.
    #[error("failed {tries} times, at last because {why}")]
    Unreachable {
        /// Where.
        at: Box<At>,
        /// How often it was tried.
        tries: u32,
        /// What kind of trouble it was the last time.
        cause: Cause,
        /// What went wrong the last time.
        why: String,
    },
    /// Nothing knows an address of a host: the registry's, its token server's, or that of its storage.
    #[error("no host has the name `{host}`")]
    UnknownHost {
        /// The name.
        host: String,
        /// Where.
        at: Box<At>,
    },
    /// Nothing knows an address of the proxy.
    #[error("no host has the name of the proxy, `{proxy}`")]
    UnknownProxy {
        /// Variable and address, without its password.
        proxy: String,
        /// Where.
        at: Box<At>,
    },
    /// It may work, but only after more time than is waited here.
    #[error("{why}, and wants to be asked again in {}", http::span(*asks))]
    Later {
        /// Where.
        at: Box<At>,
        /// Who answered what.
        why: String,
        /// How long it asks to wait.
        asks: Duration,
    },
    /// There are more tags than are read.
    #[error("the list of tags is too long: {why}")]
    TooManyTags {
        /// Where.
        at: Box<At>,
        /// What there is too much of.
        why: String,
    },
    /// The registry answers what it must not.
    #[error("the registry's answer makes no sense: {why}")]
    Answer {
        /// Where.
        at: Box<At>,
        /// What is wrong with it.
        why: String,
    },
    /// A tag was written and does not point at the image.
    #[error("the tag `{tag}` was written, but the registry answers {}", found.map_or_else(|| "that it does not exist".to_owned(), |found| format!("that it points at {found}")))]
    ReadBack {
        /// Where.
        at: Box<At>,
        /// The tag.
        tag: String,
        /// What it points at.
        found: Option<Digest>,
        /// The image it should point at.
        ours: Digest,
    },
}

impl Error {
    /// Whether the network or a registry is at fault, not the input or this machine. A tag that exists is the
    /// input's matter: the registry is in order.
    #[must_use]
    pub fn is_network(&self) -> bool {
        !matches!(
            self,
            Error::Interrupted
                | Error::Http(_)
                | Error::Runtime(_)
                | Error::NoAddress { .. }
                | Error::MediaType { .. }
                | Error::Credentials(_)
                | Error::File(_)
                | Error::Damage(_)
                | Error::Unfit { .. }
                | Error::Changed { .. }
                | Error::TagExists { .. }
        )
    }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Credentials(error) => error.place(),
            Error::File(error) => error.place(),
            Error::Damage(error) => error.place(),
            Error::TagExists { repository, tag, .. } => Some(repository.with_tag(tag).familiar()),
            Error::NotFound { at, .. }
            | Error::Denied { at, .. }
            | Error::Refused { at, .. }
            | Error::TokenServer { at, .. }
            | Error::MediaTypes { at, .. }
            | Error::Certificate { at, .. }
            | Error::NoTls { at, .. }
            | Error::ProxyDenies { at }
            | Error::ProxyRefuses { at, .. }
            | Error::Unreachable { at, .. }
            | Error::UnknownHost { at, .. }
            | Error::UnknownProxy { at, .. }
            | Error::Later { at, .. }
            | Error::TooManyTags { at, .. }
            | Error::Answer { at, .. }
            | Error::ReadBack { at, .. } => Some(at.to_string()),
            Error::Http(error) => error.place(),
            Error::Unfit { layout, .. } => Some(layout.display().to_string()),
            Error::Changed { path } => Some(path.display().to_string()),
            Error::NoAddress { name } => Some(name.clone()),
            Error::MediaType { .. } => Some("the image's manifests".to_owned()),
            Error::Runtime(_) => Some("this process".to_owned()),
            Error::Interrupted => None,
        }
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Error::Interrupted => return None,
            Error::Answer { .. } => {
                "tell whoever runs the registry, or what stands before it: this is against the protocol"
            }
            Error::Credentials(error) => return error.help(),
            Error::File(error) => return error.help(),
            Error::Damage(error) => return error.help(),
            Error::Http(error) => return error.help(),
            Error::Runtime(_) => "raise the limit of open files (`ulimit -n`), or end other programs",
            Error::NoAddress { .. } => "write it as REGISTRY/REPOSITORY, such as `ghcr.io/example/disk-usage`",
            Error::MediaType { .. } => "write the layout with `cargo dext package`",
            Error::Unfit { .. } => "write the layout with `cargo dext package`",
            Error::Changed { .. } => "package again, or fetch the layout again from where it came",
            Error::TagExists { .. } => {
                "raise the version in Cargo.toml, or pass `--overwrite` to let the tag point at the new image"
            }
            Error::NotFound { at, .. } => return Some(missing(at)),
            Error::Denied { at, origin, .. } | Error::TokenServer { at, status: 401 | 403, origin, .. } => {
                return Some(denied(at, origin));
            }
            Error::Refused { at, status: 404, .. } => return Some(missing(at)),
            Error::Refused { status: 413, .. } => {
                "the registry, or a proxy before it, takes no blob of that size; ask who runs it"
            }
            Error::MediaTypes { .. } => {
                "if the registry knows Docker's media types only, publish with `--media-types docker`"
            }
            Error::Refused { .. } => "read what the registry says; asking again will not change it",
            Error::TokenServer { .. } => "read what the token server says; asking again will not change it",
            Error::Certificate { .. } => {
                "if the registry has a certificate of its own authority, name that in a PEM file with `--cacert`"
            }
            Error::NoTls { .. } => "if nobody can read or change what goes there, pass `--plain-http`",
            Error::ProxyDenies { .. } => {
                "write them into the proxy's address, in HTTPS_PROXY or HTTP_PROXY: http://USER:PASSWORD@HOST:PORT"
            }
            Error::ProxyRefuses { .. } => {
                "ask who runs the proxy to allow that host, or name the host in NO_PROXY if it needs no proxy"
            }
            Error::Unreachable { cause: Cause::Answered, at, .. } => {
                return Some(format!("try again later{}", at.kept()));
            }
            Error::Unreachable { cause: Cause::Broken, at, .. } => {
                return Some(format!("try again{}. Behind a proxy, set HTTPS_PROXY", at.kept()));
            }
            Error::Unreachable { cause: Cause::Proxy(proxy), .. } => {
                return Some(format!("check the proxy, {proxy}, or name the host in NO_PROXY if it needs none"));
            }
            Error::UnknownHost { .. } => {
                "check how the name is written, and that this machine is on the network. Behind a proxy, set HTTPS_PROXY"
            }
            Error::UnknownProxy { .. } => http::CHECK_PROXY,
            Error::TooManyTags { .. } => "delete tags that nobody needs, or publish to another repository",
            Error::Later { at, .. } => return Some(format!("try again then{}", at.kept())),
            Error::ReadBack { .. } => "look whether somebody else has written the tag, then publish again",
        };
        Some(help.to_owned())
    }
}

/// What to do where something is not there, which is what registries say of what one may not see, too.
fn missing(at: &At) -> String {
    let At { registry, repository, .. } = at;
    format!(
        "check the name `{repository}`; the registry may want the repository to be made first, or `docker login {registry}`"
    )
}

fn denied(at: &At, origin: &str) -> String {
    format!("run `docker login {}`{origin}", at.registry)
}

#[cfg(test)]
mod tests;
