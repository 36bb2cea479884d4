//! `cargo dext` builds Docker Desktop extensions that are written in Rust: backend and
//! host binaries for darwin, windows and linux on amd64 and arm64, in one multi-arch OCI image, from one
//! machine and without Docker.
//!
//! This library exists for the program of the same name and for its tests; it is no stable interface.
//!
//! # The map
//!
//! Data flows one way: **manifest → plan → build → bundle → image → registry**. Every stage is a function from one value
//! to the next, and every value can be printed (`--dry-run`, `--message-format json`).
//!
//! 1. [`domain`]: the words every stage speaks: platforms, paths in images, digests, references.
//! 2. [`report`]: what happened, as data.
//! 3. [`sys`]: the doors to the machine: environment, files, processes, and what git says of a folder.
//! 4. [`manifest`]: Cargo.toml → [`manifest::Extension`].
//! 5. [`plan`]: extension and request → [`plan::Plan`]: what is built, fetched, and put where in which image.
//! 6. [`build`]: plan → [`build::Artifacts`]: preflight, compile, fetch, and read every binary before it is used.
//! 7. [`bundle`]: artifacts → [`bundle::Bundle`]s: the files, labels and configuration of each image.
//! 8. [`image`]: bundles → an OCI layout on disk, and archives of it.
//! 9. [`registry`]: layouts to registries, and images back from there, base images among them.
//! 10. [`subject`]: images as they are, whoever made them and wherever they lie.
//! 11. [`validate`]: what is known of an extension → everything that Docker or a user's machine would reject.
//! 12. [`scaffold`]: a new extension, from nothing, or a table for one that has a Dockerfile or an image.
//! 13. [`error`], [`shell`], [`command`], [`cli`]: errors with exit codes, the printer, one file per subcommand,
//!     the command line.
//!
//! # Invariants
//!
//! `cargo xtask tidy` and the lints of `.clippy.toml` check them.
//!
//! 1. Imports point down the floors only: domain < report, sys < manifest < plan < build < bundle < image <
//!    registry < subject < validate < scaffold < error < shell < command < cli.
//! 2. `plan`, `bundle::{metadata, labels}`, `build::{invocation, messages, inspect}`, `image::document`,
//!    `registry::{token, upload, order}` and `validate` (but its `collect`,
//!    which reads through [`subject`]) do no I/O of their own.
//! 3. After `bundle` nobody knows what a Docker extension is; before `image` nobody knows what a blob is.
//! 4. Only `sys/process.rs` starts programs, `sys/fs/` touches the disk, `sys/env.rs` reads the environment,
//!    `build/fetch` and `registry/client` open sockets, and `shell.rs` prints. Each of these says so with
//!    `#![expect(..., reason)]`. `build/zig.rs` is the exception that cargo-zigbuild asks for: in its roles the process
//!    is a linker.
//! 5. Same input, same digest: on any machine, in any folder, at any time, with any number of threads.
//! 6. Nothing is written outside `target/dext/` (with Cargo's own files beside it), `Dext.lock` beside `Cargo.lock`, the
//!    user's cache folder, and the paths named on the command line.
//! 7. The final name of a layout or archive, and a tag in a registry, holds the old one or the new one, whole, at
//!    every moment.
//! 8. `publish` is `package` and a push: nothing is built differently for publishing.
//! 9. Passwords and tokens are in no output and no error, and in the environment of no child but clients of
//!    registries.
//!
//! # Dependencies
//!
//! Each for its one job; default features are off where they would bring more.
//!
//! * `anstream`, `anstyle`: colours as Cargo's, and none where the output is no terminal.
//! * `base64`: the passwords of Docker's and podman's files. Already there for reqwest.
//! * `bytes`, `http-body`: bodies of requests that are read from disk while they are sent.
//! * `camino`: the paths of `cargo_metadata`.
//! * `cargo-config2`: the user's linkers and rustflags, wherever Cargo finds them.
//! * `cargo-zigbuild`: zig as C compiler and linker for all six platforms.
//! * `cargo_metadata`: the workspace, and the messages of a build.
//! * `clap`: the command line.
//! * `ctrlc`: Ctrl-C, so that half-written images are cleaned up.
//! * `flate2`: gzip layers of any tool, unpacked by zlib-rs while they stream by; also a second reader in the
//!   tests, which do not trust the packer to unpack.
//! * `futures-util`: several requests of one push at once, on one thread.
//! * `hyper`: to tell an answer that is no HTTP from a connection that broke; `reqwest` speaks through it anyway.
//! * `indicatif`: the progress bars.
//! * `libdeflater`: gzip at three to four times the speed of flate2's default, and smaller (measured: see the
//!   docs of [`image`]). Pinned exactly, because digests depend on its bytes.
//! * `object`: the headers of ELF, Mach-O and PE files.
//! * `oci-spec`: media types and names of the OCI image specification.
//! * `reqwest`, `tokio`, `rustls`: downloads and registries over HTTPS, with ring and without a second TLS stack.
//! * `rustls-platform-verifier`, `rustls-webpki`: a registry's self-signed certificate, if the user names it, besides all
//!   that the system trusts. Already there for reqwest.
//! * `ruzstd`: zstd layers, in Rust and without C, because only other tools write them.
//! * `saphyr-parser`: the events of YAML, from which `validate` builds a bounded tree.
//! * `semver`: versions and constraints.
//! * `serde`, `serde_json`: Cargo's, Docker's and OCI's JSON.
//! * `sha2`: digests.
//! * `strsim`: the nearest known key.
//! * `tar`: the headers of layers and archives.
//! * `tempfile`: files and folders that are renamed when they are whole.
//! * `terminal_size`: how wide a bar may be.
//! * `thiserror`: errors.
//! * `toml_edit`: the line of a key in Cargo.toml, a table that is added to it, and the entries of `Dext.lock`.
//!
//! In tests:
//!
//! * `snapbox`: snapshots.

pub mod build;
pub mod bundle;
pub mod cli;
pub mod command;
pub mod domain;
pub mod error;
pub mod image;
pub mod manifest;
pub mod plan;
pub mod registry;
pub mod report;
pub mod scaffold;
pub mod shell;
pub mod subject;
pub mod sys;
pub mod validate;
