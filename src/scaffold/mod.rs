//! A new extension, from nothing or from one that has a Dockerfile or an image.
//!
//! [`Options`] are what the user said and [`Surroundings`] what the machine says; a [`Project`] is both, checked,
//! with every default filled in. [`Project::render`] is pure: it turns the files of `template/`, which are part of
//! this program, into the files of the project. [`write()`] puts them on the disk, all of them or none.
//!
//! [`import`] makes the table for an extension that exists, and [`init`] for a package or workspace that is none yet.

pub mod error;
pub mod escape;
pub mod files;
pub mod import;
pub mod init;
pub mod name;
pub mod project;
pub mod surroundings;
pub mod template;
pub mod write;

pub use error::Error;
pub use name::ProjectName;
pub use project::{Options, Parts, Project, Ui, Vcs};
pub use surroundings::Surroundings;
pub use write::write;
