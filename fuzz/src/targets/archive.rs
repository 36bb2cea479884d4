//! Archives of images, as they lie on a disk. The first byte chooses what they are taken for.

use super::subject::{self, Bounds};
use crate::pack;
use crate::scratch::Scratch;

/// What the command line can say about an archive.
const NAMES: [&str; 4] = ["image.tar", "oci-archive:image.tar", "docker-archive:image.tar", "image.tar:1.0"];

/// Reads an archive.
pub fn run(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let name = NAMES[usize::from(*choice) % NAMES.len()];
    let archive = match (choice / 4) % 4 {
        0 | 1 => pack::sealed(data),
        2 => pack::gzip(&pack::sealed(data)),
        _ => data.to_vec(),
    };
    let mut scratch = Scratch::new();
    scratch.write("image.tar", &archive);
    subject::read(name, scratch.path(), Bounds::Real);
    scratch.untouched();
}
