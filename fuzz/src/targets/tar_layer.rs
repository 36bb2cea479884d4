//! Layers: a tar, plain or packed. The first byte chooses how the rest becomes layers, whose parts lie one above the
//! other.

use super::subject::{self, Bounds};
use crate::scratch::Scratch;
use crate::{pack, text};

const PLAIN: &str = "application/vnd.oci.image.layer.v1.tar";
const GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// How many layers an input becomes at most.
const MAX_LAYERS: usize = 4;

/// Reads an image of these layers.
pub fn run(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let bounds = if choice & 4 == 0 { Bounds::Real } else { Bounds::Tight };
    let layers: Vec<(&str, Vec<u8>)> = match choice & 3 {
        0 => parts(data).map(|part| (PLAIN, pack::sealed(part))).collect(),
        1 => parts(data).map(|part| (GZIP, pack::gzip(&pack::sealed(part)))).collect(),
        2 => parts(data).map(|part| (ZSTD, pack::zstd(&pack::sealed(part)))).collect(),
        _ => vec![(GZIP, data.to_vec())],
    };
    let mut scratch = Scratch::new();
    scratch.write("image.tar", &pack::oci_archive(&layers));
    subject::read("image.tar", scratch.path(), bounds);
    scratch.untouched();
}

fn parts(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    text::parts(data).into_iter().take(MAX_LAYERS)
}
