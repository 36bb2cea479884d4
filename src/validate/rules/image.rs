//! Rules about the image, its platforms, its name and its tag.

use crate::domain::Arch;
use crate::validate::constraint::version_of_tag;
use crate::validate::findings::{Findings, Place};
use crate::validate::rule::{Level, Needs, Rule};
use crate::validate::view::{Trouble, View};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "E33",
        level: Level::Error,
        private: Some(Level::Warning),
        title: "the image is there for linux/amd64 and linux/arm64, and for nothing that is not Linux",
        why: "Docker Desktop runs on both CPUs and takes the image of the user's: without a match there is nothing to \
              install. Extensions are Linux images everywhere, on Windows too.",
        fix: "build with `--platform=linux/amd64,linux/arm64`",
        key: None,
        needs: Needs::Image,
        source: "output in docker/extensions-submissions#40: `the image for platform \"linux/arm64\" is not pushed`; DISTRIBUTION.md",
        check: both_cpus_are_there,
    },
    Rule {
        id: "W34",
        level: Level::Warning,
        private: Some(Level::Warning),
        title: "the index has no attestation entries",
        why: "Entries for unknown/unknown are suspected to make Docker's check for several platforms fail.",
        fix: "build with `--provenance=false --sbom=false`",
        key: None,
        needs: Needs::Image,
        source: "docker/extensions-sdk#305 (cause unconfirmed)",
        check: no_attestations,
    },
    Rule {
        id: "E35",
        level: Level::Error,
        private: None,
        title: "the tag is a version",
        why: "The Marketplace offers the greatest tag that is a semantic version; `latest` and branch names are never \
              offered.",
        fix: "tag the image with its version, such as 1.0.0",
        key: None,
        needs: Needs::Tag,
        source: "output of `docker extension validate` (\"Checked image tag is semver\"); docker/extensions-submissions#147",
        check: tag_is_a_version,
    },
    Rule {
        id: "W36",
        level: Level::Warning,
        private: None,
        title: "the tag is the greatest version of the repository",
        why: "The Marketplace checks and offers the greatest version, whichever was pushed last: 2.6.5 beats a newer \
              1.0.1. Asked with --online only. `cargo dext publish` refuses to replace a tag that is there.",
        fix: "choose a version above all others, or delete the tags above it",
        key: None,
        needs: Needs::Tags,
        source: "docker/extensions-submissions#67",
        check: tag_is_the_greatest,
    },
    Rule {
        id: "E37",
        level: Level::Error,
        private: None,
        title: "an image on Docker Hub is named namespace/repository as the Marketplace's form takes it",
        why: "The form of docker/extensions-submissions takes `namespace/repository` only; names of one part belong to \
              Docker's official images, deeper ones cannot be on Docker Hub.",
        fix: "name the image such as `example/disk-usage`",
        key: Some("image"),
        needs: Needs::Name,
        source: "repository.js in docker/extensions-submissions",
        check: name_fits_the_hub,
    },
    Rule {
        id: "W38",
        level: Level::Warning,
        private: None,
        title: "the image is on Docker Hub",
        why: "The Marketplace lists images of Docker Hub only, and `docker extension share` makes links for them only. \
              Installing from other registries works.",
        fix: "push it to Docker Hub too, or validate with `--profile private`",
        key: Some("image"),
        needs: Needs::Name,
        source: "\"sharing extensions that are not hosted in DockerHub is not yet supported\" \
                 (jcowhigjr/openclaw-docker-desktop-extension)",
        check: registry_is_the_hub,
    },
    Rule {
        id: "E45",
        level: Level::Error,
        private: Some(Level::Error),
        title: "the image is whole and harmless",
        why: "Engines refuse an image whose blobs do not have the digests and sizes that its documents say, and layers \
              whose entries leave the root. What they merely drop or nobody should ship, such as device files, is a \
              warning. Only the warnings can be allowed: what cannot be read was not judged.",
        fix: "build the image again with a tool that writes plain layers, and push it again",
        key: None,
        needs: Needs::Image,
        source: "OCI image specification (descriptor.md, layer.md); containerd's archive package",
        check: image_is_whole,
    },
    Rule {
        id: "E46",
        level: Level::Error,
        private: Some(Level::Error),
        title: "the index and the config of an image name the same platform",
        why: "Who pulls chooses by the index; what comes then is for the platform of its config. The same image listed \
              for two CPUs starts on one of them only, and engines refuse it on the other: `its platform does not \
              match the specified platform`. Variants such as arm64/v8 may differ.",
        fix: "build the image of each platform with `--platform`, and list each under its own",
        key: None,
        needs: Needs::Image,
        source: "OCI image specification (image-index.md, config.md); moby's daemon, which compares the config with \
                 the platform that was asked for",
        check: index_and_config_agree,
    },
];

/// A platform without the variant that says nothing: Docker takes `linux/arm64/v8` for `linux/arm64`.
fn plain(platform: &str) -> &str {
    platform.strip_suffix("/v8").unwrap_or(platform)
}

fn both_cpus_are_there(view: &View, out: &mut Findings<'_>) {
    let Some(image) = view.image() else { return };
    let listed = image.entries.iter().filter(|entry| !entry.attestation).filter_map(|entry| entry.platform.clone());
    let mut there: Vec<String> = image.platforms.iter().map(|platform| platform.name()).chain(listed).collect();
    there.iter_mut().for_each(|platform| *platform = plain(platform).to_owned());
    there.sort();
    there.dedup();
    if image.complete {
        let wanted = Arch::ALL.map(|arch| arch.image_platform().to_string());
        let missing: Vec<&str> = wanted.iter().filter(|name| !there.contains(name)).map(String::as_str).collect();
        if !missing.is_empty() {
            let has = if there.is_empty() { "no platform".to_owned() } else { there.join(", ") };
            out.error(Place::image(), format!("the image lacks {}; it has {has}", missing.join(" and ")));
        }
    }
    for other in there.iter().filter(|platform| !platform.starts_with("linux/")) {
        let help = "name only linux/amd64 and linux/arm64 in `--platform`";
        out.error_help(Place::image(), format!("the image has the platform `{other}`, which is not Linux"), help);
    }
}

fn no_attestations(view: &View, out: &mut Findings<'_>) {
    let entries = view.image().map(|image| image.entries.as_slice()).unwrap_or_default();
    let count = entries.iter().filter(|entry| entry.attestation).count();
    if count > 0 {
        let plural = if count == 1 { "entry" } else { "entries" };
        out.warning(Place::image(), format!("the index has {count} attestation {plural}"));
    }
}

fn tag_is_a_version(view: &View, out: &mut Findings<'_>) {
    if let Some(tag) = view.tag.as_ref().filter(|tag| version_of_tag(tag).is_none()) {
        out.error(Place::image(), format!("the tag `{tag}` is no version"));
    }
}

fn tag_is_the_greatest(view: &View, out: &mut Findings<'_>) {
    let Some((tag, online)) = view.tag.as_ref().zip(view.online.as_ref()) else { return };
    let tags = online.tags.as_deref().unwrap_or_default();
    let Some(version) = version_of_tag(tag) else { return };
    let versions = tags.iter().filter_map(|tag| Some((version_of_tag(tag)?, tag)));
    if let Some((greatest, name)) = versions.max()
        && greatest > version
    {
        out.warning(
            Place::image(),
            format!("the tag `{tag}` is below `{name}`, the greatest version of the repository"),
        );
    }
}

fn name_fits_the_hub(view: &View, out: &mut Findings<'_>) {
    let Some(own) = view.reference.as_ref().filter(|own| own.is_docker_hub()) else { return };
    let name = own.with_tag("").familiar();
    let name = name.trim_end_matches(':');
    // `Reference` has checked the letters of each part, with the same grammar as the form's.
    let parts = name.split('/').count();
    if parts != 2 {
        out.error(Place::image(), format!("the image `{name}` is not named namespace/repository"));
    }
}

fn registry_is_the_hub(view: &View, out: &mut Findings<'_>) {
    if let Some(own) = view.reference.as_ref().filter(|own| !own.is_docker_hub()) {
        out.warning(Place::image(), format!("the image is on {}, not on Docker Hub", own.registry));
    }
}

fn image_is_whole(view: &View, out: &mut Findings<'_>) {
    let Some(image) = view.image() else { return };
    let of_platforms = image
        .platforms
        .iter()
        .flat_map(|platform| platform.trouble.iter().map(move |trouble| (Some(platform), trouble)));
    for (platform, trouble) in image.trouble.iter().map(|trouble| (None, trouble)).chain(of_platforms) {
        let Trouble { fatal, what, path, layer, platform: unseen } = trouble;
        let mut place = path.as_deref().map_or_else(Place::image, Place::file).in_layer(layer.as_deref()).on(platform);
        place.platforms.extend(unseen.clone());
        if *fatal { out.error(place, what) } else { out.warning(place, what) }
    }
}

fn index_and_config_agree(view: &View, out: &mut Findings<'_>) {
    for platform in view.platforms() {
        let (listed, Some(said)) = (&platform.runs_on, &platform.said) else { continue };
        let differ = |listed: &str, said: &str| !listed.is_empty() && !said.is_empty() && listed != said;
        if differ(&listed.os, &said.os) || differ(&listed.architecture, &said.architecture) {
            let message = format!("the index lists the image for {listed}, and its config is for {said}");
            out.error(Place::image().on(Some(platform)), message);
        }
    }
}

#[cfg(test)]
pub(super) mod cases;
