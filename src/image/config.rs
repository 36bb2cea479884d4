//! The documents of our image: config, manifest, index and `index.json`. Pure.

use std::collections::BTreeMap;

use super::LayerInfo;
use super::base::BaseImage;
use super::document::{
    CONTAINERD_NAME, Config, Descriptor, Execution, History, Index, Manifest, REF_NAME, RootFs, RunsOn,
};
use super::layout::OURS;
use super::media_types::MediaTypes;
use crate::bundle::{Bundle, ImageConfig};

/// The config of one platform's image: what the base says of running it, unless the bundle says otherwise.
pub(super) fn config(bundle: &Bundle, base: Option<&BaseImage>, layers: &[LayerInfo], created: &str) -> Config {
    let ours = &layers[base.map_or(0, BaseImage::layer_count)..];
    let inherited = base.into_iter().flat_map(|base| base.history.iter().cloned());
    let added = ours.iter().map(|layer| History {
        created: Some(created.to_owned()),
        created_by: Some(format!("cargo dext: {}", layer.name)),
        empty_layer: None,
    });
    let history: Vec<History> = inherited.chain(added).collect();
    Config {
        platform: RunsOn::linux(bundle.arch),
        created: Some(created.to_owned()),
        config: Some(execution(&bundle.config, base.map(|base| &base.execution))),
        rootfs: RootFs { kind: "layers".to_owned(), diff_ids: layers.iter().map(|layer| layer.diff_id).collect() },
        history: (!history.is_empty()).then_some(history),
    }
}

/// How a container starts. As with `FROM` in a Dockerfile, an entry point of our own drops the base's
/// arguments. Labels are ours alone: a base's title or version is not the extension's.
fn execution(config: &ImageConfig, base: Option<&Execution>) -> Execution {
    let inherited = base.cloned().unwrap_or_default();
    let cmd = match (&config.cmd, &config.entrypoint) {
        (Some(cmd), _) => Some(cmd.clone()),
        (None, Some(_)) => None,
        (None, None) => inherited.cmd,
    };
    Execution {
        entrypoint: config.entrypoint.clone().or(inherited.entrypoint),
        cmd,
        labels: (!config.labels.is_empty()).then(|| config.labels.clone()),
        ..inherited
    }
}

/// The manifest of one platform's image.
pub(super) fn manifest(family: MediaTypes, config: &[u8], layers: &[LayerInfo]) -> Manifest {
    Manifest {
        schema_version: 2,
        media_type: Some(family.manifest()),
        config: Descriptor::of(family.config(), config),
        layers: layers.iter().map(LayerInfo::descriptor).collect(),
    }
}

/// The index of all platforms, given each manifest's descriptor. It lists images and nothing else: an entry
/// for attestations is suspected of making `docker extension validate` fail (docker/extensions-sdk#305).
pub(super) fn index(family: MediaTypes, manifests: Vec<Descriptor>) -> Index {
    Index { schema_version: 2, media_type: Some(family.index()), manifests, annotations: None }
}

/// The `index.json` of a layout that holds one image. Its own type is always OCI's, as the layout is.
pub(super) fn layout_index(index: Descriptor, tag: &str, name: Option<&str>) -> Index {
    let mut annotations = BTreeMap::from([(REF_NAME.to_owned(), tag.to_owned())]);
    annotations.extend(name.map(|name| (CONTAINERD_NAME.to_owned(), name.to_owned())));
    Index {
        schema_version: 2,
        media_type: Some(MediaTypes::Oci.index()),
        manifests: vec![Descriptor { annotations: Some(annotations), ..index }],
        annotations: Some(BTreeMap::from([(OURS.to_owned(), "1".to_owned())])),
    }
}

#[cfg(test)]
mod tests {
    use oci_spec::image::{ImageConfiguration, ImageIndex, ImageManifest, MediaType};

    use super::super::testing::{Room, blob};
    use super::super::{Image, assemble};
    use super::*;
    use crate::report::Recorder;
    use crate::sys::fs;

    fn made(room: &Room, media_types: MediaTypes) -> Image {
        let options = super::super::Options { media_types, ..room.options() };
        assemble(&room.bundles(), &BTreeMap::new(), &options, &room.path("layout"), &Recorder::default())
            .expect("assembled")
    }

    #[test]
    fn others_read_the_documents_as_they_are_meant() {
        let room = Room::new();
        let image = made(&room, MediaTypes::Oci);
        let read = |digest| blob(&image.layout, digest);
        let top = ImageIndex::from_reader(&*fs::read(&image.layout.join("index.json"), 1 << 20).expect("read"));
        let top = top.expect("an index");
        assert_eq!(top.manifests().len(), 1);
        let annotations = top.manifests()[0].annotations().clone().expect("annotations");
        assert_eq!(annotations[REF_NAME], "1.0.0");
        assert_eq!(annotations[CONTAINERD_NAME], "docker.io/example/disk-usage:1.0.0");
        let index = ImageIndex::from_reader(&*read(&image.index.digest)).expect("an index");
        assert_eq!(index.media_type(), &Some(MediaType::ImageIndex));
        for (entry, platform) in index.manifests().iter().zip(&image.platforms) {
            let on = entry.platform().clone().expect("a platform");
            assert_eq!(
                (on.os().to_string(), on.architecture().to_string()),
                ("linux".into(), platform.arch.to_string())
            );
            assert_eq!(on.variant(), &None);
            let manifest = ImageManifest::from_reader(&*read(&platform.manifest.digest)).expect("a manifest");
            assert_eq!(manifest.config().media_type(), &MediaType::ImageConfig);
            assert!(manifest.layers().iter().all(|layer| layer.media_type() == &MediaType::ImageLayerGzip));
            let config = ImageConfiguration::from_reader(&*read(&platform.config.digest)).expect("a config");
            assert_eq!(config.created().as_deref(), Some("1970-01-01T00:00:00Z"));
            assert_eq!(config.rootfs().diff_ids().len(), 2);
            assert_eq!(config.history().as_ref().map(Vec::len), Some(2));
            let labels = config.config().as_ref().and_then(|c| c.labels().clone()).expect("labels");
            assert_eq!(labels["org.opencontainers.image.title"], "Disk\nUsage");
        }
        assert_eq!(index.manifests().len(), 2);
    }

    #[test]
    fn the_families_are_never_mixed() {
        for (family, other) in [(MediaTypes::Oci, "vnd.docker."), (MediaTypes::Docker, "vnd.oci.")] {
            let room = Room::new();
            let image = made(&room, family);
            let layers: Vec<_> = image.platforms.iter().flat_map(|p| &p.layers).map(|layer| layer.digest).collect();
            for document in image.blobs().iter().filter(|blob| !layers.contains(&blob.digest)) {
                let text = String::from_utf8(blob(&image.layout, &document.digest)).expect("JSON");
                assert!(!text.contains(other) && !document.media_type.contains(other), "{text}");
            }
        }
    }
}
