//! The only socket of this floor: a thin client of the OCI distribution specification on `reqwest`.
//!
//! Why not the `oci-client` crate (0.18): it panics when a manifest is pushed by digest to a registry that gives no
//! `Location`, as every push of several platforms does at ECR; it drops the session that a refused mount opens; it
//! asks for one token per parallel upload, never for a mount's source; it neither looks before it sends, nor
//! repeats, nor resumes; its pieces of 4 MiB are the default and fixed; it panics on relative locations; it holds
//! blobs in memory; and it does not know identity tokens. What would be left of it are reading references and
//! tokens. Requests are counted, and the goals are in requests, so that they are made here one by one.
//!
//! Inside out: [`wire`] sends one request; [`door`] adds tokens, redirects and repetition, and [`protocol`] HTTP or HTTPS;
//! [`calls`] speaks of manifests and blobs. [`address`] and [`answer`] are pure and decide what may be believed, [`redact`]
//! what may be repeated.
//!
//! # HTTP or HTTPS
//!
//! Every registry is spoken to by HTTPS, and never by anything less after a failure. Only a registry on this
//! machine (`localhost`, 127.0.0.0/8, `::1`) is asked in plain HTTP first, because that is what such registries
//! speak as a rule, and one request more would be half of those that a push without changes needs. Nothing secret
//! is in that first request. If the answer shows that the registry wants TLS (no HTTP at all, or status 400 with
//! the words that Go, nginx and Apache have for it), HTTPS is spoken with it from then on, verified as everywhere,
//! so that `--cacert` is needed for a certificate of one's own. With `--cacert`, HTTPS is tried first with this
//! machine's registries too, and plain HTTP if there is no TLS. `--plain-http` speaks plain HTTP with every registry.

mod address;
mod answer;
mod auth;
mod body;
mod calls;
mod door;
mod fault;
mod protocol;
mod redact;
mod wire;

pub(crate) use address::{follow, same_server, with_digest};
pub(crate) use answer::Answer;
pub(crate) use body::{Piece, Proof};
pub(crate) use calls::{UploadCall, fetch};
pub(crate) use door::{Call, Dialogue, Door, Incoming, Place};
pub(crate) use fault::{Fault, Passing};
pub(crate) use redact::{Secrets, hide};
pub(crate) use wire::Wire;
