//! Images to send: real ones, made by the library, of layers that no compressor makes smaller.

use std::collections::BTreeMap;

use cargo_dext::bundle::{Bundle, Content, Entry, ImageConfig, LayerContent};
use cargo_dext::domain::{Arch, FileMode, ImagePath, Reference};
use cargo_dext::image::{self, Compression, Image, MediaTypes, Options};
use cargo_dext::report::Recorder;

use super::files;

/// What an image is made of.
#[derive(Debug, Clone, Copy)]
pub struct Recipe {
    /// The bytes of the layers that are of one platform only, before they are packed.
    pub version: u64,
    /// The bytes of the layer that both platforms share.
    pub shared: usize,
    /// The bytes of each of the six layers of one platform only.
    pub own: usize,
    /// The family of media types.
    pub media_types: MediaTypes,
}

impl Default for Recipe {
    fn default() -> Self {
        Recipe { version: 1, shared: 20_000, own: 3_000, media_types: MediaTypes::Oci }
    }
}

impl Recipe {
    /// With a layer of 6 MiB: two pieces of at most 4 MiB.
    pub fn large() -> Self {
        Recipe { shared: 6 << 20, ..Recipe::default() }
    }

    /// Another version: one layer of eight differs.
    pub fn version(self, version: u64) -> Self {
        Recipe { version, ..self }
    }

    /// Makes the image: two platforms with five layers each, of which they share two.
    pub fn make(self) -> Goods {
        let temp = tempfile::tempdir().expect("a temporary folder can be made");
        let shared = [layer("ui", 1, self.own), layer("data", 2, self.shared)];
        let bundle = |arch: Arch| {
            let seed = 10 + 10 * arch as u64;
            let changes = if arch == Arch::ALL[0] { 1000 + self.version } else { seed };
            let own = [
                layer("backend", changes, self.own),
                layer("host darwin", seed + 1, self.own),
                layer("host windows", seed + 2, self.own),
            ];
            let labels = BTreeMap::from([("org.opencontainers.image.title".to_owned(), "Goods".to_owned())]);
            let config = ImageConfig { labels, entrypoint: Some(vec!["/backend".to_owned()]), cmd: None };
            Bundle { arch, layers: shared.iter().cloned().chain(own).collect(), config }
        };
        let bundles = Arch::ALL.map(bundle);
        let options = Options {
            tag: "1.0.0".to_owned(),
            name: Some(Reference::parse("example/goods").expect("a reference")),
            compression: Compression::default(),
            created: 0,
            threads: 1,
            media_types: self.media_types,
            cache_dir: None,
        };
        let layout = temp.path().join("layout");
        let image = image::assemble(&bundles, &BTreeMap::new(), &options, &layout, &Recorder::default());
        Goods { image: image.expect("the image can be made"), _temp: temp }
    }
}

/// An image in a folder of its own.
#[derive(Debug)]
pub struct Goods {
    /// The image.
    pub image: Image,
    _temp: tempfile::TempDir,
}

impl Goods {
    /// The digest of its index.
    pub fn digest(&self) -> String {
        self.image.index.digest.to_string()
    }

    /// The digests of everything that it is made of, with its index.
    pub fn content(&self) -> std::collections::BTreeSet<String> {
        self.image.blobs().iter().map(|blob| blob.digest.to_string()).collect()
    }

    /// How many layers and configs it has, each counted once.
    pub fn blobs(&self) -> usize {
        self.image.blobs().len() - self.image.platforms.len() - 1
    }
}

fn layer(name: &str, seed: u64, bytes: usize) -> LayerContent {
    let path = ImagePath::new(&name.replace(' ', "/")).expect("a path");
    let content = Content::Generated(files::noise(seed, bytes));
    LayerContent { name: name.to_owned(), entries: vec![Entry { path, content, mode: FileMode::File }] }
}
