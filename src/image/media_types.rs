//! The two families of media types, and what a media type stands for.

use oci_spec::image::{MediaType, ToDockerV2S2};
use serde::{Deserialize, Serialize};

/// Which family of media types an image uses. The families are never mixed: some registries refuse that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaTypes {
    /// `application/vnd.oci.…`, what every engine of today reads.
    #[default]
    Oci,
    /// `application/vnd.docker.…`: manifest list and schema 2, for older tooling. In a layout, which is OCI's
    /// own format, skopeo finds such an image only without its tag (`oci:DIR`).
    Docker,
}

/// Docker's type of a layer that is not compressed, for which `oci-spec` has no translation.
const DOCKER_LAYER_TAR: &str = "application/vnd.docker.image.rootfs.diff.tar";

impl MediaTypes {
    /// Both families.
    pub const ALL: [MediaTypes; 2] = [MediaTypes::Oci, MediaTypes::Docker];

    /// The name this family has for one of the types that both families know.
    fn name(self, oci: &MediaType) -> String {
        match (self, oci) {
            (MediaTypes::Oci, _) => oci.to_string(),
            (MediaTypes::Docker, MediaType::ImageLayer) => DOCKER_LAYER_TAR.to_owned(),
            (MediaTypes::Docker, _) => oci.to_docker_v2s2().map_or_else(|_| oci.to_string(), str::to_owned),
        }
    }

    /// The type of an image index or manifest list.
    #[must_use]
    pub fn index(self) -> String {
        self.name(&MediaType::ImageIndex)
    }

    /// The type of one platform's manifest.
    #[must_use]
    pub fn manifest(self) -> String {
        self.name(&MediaType::ImageManifest)
    }

    /// The type of one platform's config.
    #[must_use]
    pub fn config(self) -> String {
        self.name(&MediaType::ImageConfig)
    }

    /// The type of a gzip-compressed layer.
    #[must_use]
    pub fn layer_gzip(self) -> String {
        self.name(&MediaType::ImageLayerGzip)
    }

    /// This family's name for the type of a layer that another tool wrote; `None` for layers that must not
    /// be passed on, that are no tar, or that this family cannot hold.
    #[must_use]
    pub fn translate_layer(self, media_type: &str) -> Option<String> {
        let known = [MediaType::ImageLayer, MediaType::ImageLayerGzip, MediaType::ImageLayerZstd];
        let layer =
            known.into_iter().find(|known| MediaTypes::ALL.iter().any(|family| family.name(known) == media_type))?;
        let zstd = layer == MediaType::ImageLayerZstd;
        (self == MediaTypes::Oci || !zstd).then(|| self.name(&layer))
    }
}

/// What a descriptor points at, told by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An index or manifest list.
    Index,
    /// One platform's manifest.
    Manifest,
    /// Anything else, which is not looked into.
    Other,
}

impl Kind {
    /// What a media type of either family stands for.
    #[must_use]
    pub fn of(media_type: &str) -> Self {
        let is = |name: fn(MediaTypes) -> String| MediaTypes::ALL.into_iter().any(|family| name(family) == media_type);
        if is(MediaTypes::index) {
            Kind::Index
        } else if is(MediaTypes::manifest) {
            Kind::Manifest
        } else {
            Kind::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_translate_layers_and_refuse_what_they_cannot_hold() {
        let (oci, docker) = (MediaTypes::Oci, MediaTypes::Docker);
        let gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
        let docker_gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
        let zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
        for (family, from, to) in [
            (oci, gzip, Some(gzip)),
            (oci, docker_gzip, Some(gzip)),
            (docker, gzip, Some(docker_gzip)),
            (docker, "application/vnd.oci.image.layer.v1.tar", Some("application/vnd.docker.image.rootfs.diff.tar")),
            (oci, zstd, Some(zstd)),
            (docker, zstd, None),
            (oci, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", None),
            (oci, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", None),
            (oci, "application/vnd.in-toto+json", None),
        ] {
            assert_eq!(family.translate_layer(from).as_deref(), to, "{from}");
        }
    }

    #[test]
    fn both_families_are_followed() {
        for family in MediaTypes::ALL {
            assert_eq!(Kind::of(&family.index()), Kind::Index);
            assert_eq!(Kind::of(&family.manifest()), Kind::Manifest);
            assert_eq!(Kind::of(&family.config()), Kind::Other);
        }
    }
}
