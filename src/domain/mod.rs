//! The words every stage speaks. This floor imports nothing else of the crate and does no I/O.

pub mod count;
pub mod digest;
pub mod explain;
pub mod image_path;
pub mod json;
pub mod name;
pub mod picture;
pub mod platform;
pub mod printable;
pub mod reference;

pub use count::count;
pub use digest::Digest;
pub use explain::Explain;
pub use image_path::{FileMode, ImagePath};
pub use name::{BinName, FileName, ImageName};
pub use picture::is_picture;
pub use platform::{Arch, Os, Platform, TargetTriple};
pub use printable::{printable, printable_lines, quoted, steers};
pub use reference::{DOCKER_HUB, Reference};
