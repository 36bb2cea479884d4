//! How binaries are built.

use std::collections::BTreeMap;

use super::{all, every, words};
use crate::domain::{Platform, TargetTriple};
use crate::manifest::extension::{BuildSettings, Builder};
use crate::manifest::mistake::{Site, nearest};
use crate::manifest::raw::{RawBuild, RawBuilder, StringOr};

pub(super) fn build(site: &Site<'_>, raw: RawBuild) -> Option<BuildSettings> {
    let profile = raw.profile.map(|profile| word(&site.key("profile"), profile));
    let features = raw.features.unwrap_or_default().into_iter().enumerate();
    let features = every(features.map(|(index, feature)| word(&site.key("features").index(index), feature)));
    let triple = triples(&site.key("triple"), raw.triple.unwrap_or_default());
    let builder = raw.builder.map_or(Some(BTreeMap::new()), |raw| builders(&site.key("builder"), raw));
    let macos_minimum = raw.macos_minimum.map(|version| macos(&site.key("macos-minimum"), version));
    let glibc = raw.glibc.map(|version| glibc(&site.key("glibc"), version));
    Some(BuildSettings {
        profile: all(profile)?,
        features: features?,
        all_features: raw.all_features,
        no_default_features: raw.no_default_features,
        triple: triple?,
        builder: builder?,
        macos_minimum: all(macos_minimum)?,
        glibc: all(glibc)?,
    })
}

/// A name that is handed to Cargo as one argument, so that it must not read as another option or as two.
fn word(site: &Site<'_>, word: String) -> Option<String> {
    let sound = !word.is_empty()
        && !word.starts_with('-')
        && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '+' | '.' | '/' | '?' | ':'));
    if sound { Some(word) } else { site.wrong(format_args!("`{}` is no name that Cargo takes", word.escape_debug())) }
}

fn triples(site: &Site<'_>, written: BTreeMap<String, String>) -> Option<BTreeMap<Platform, TargetTriple>> {
    let triples = written.iter().map(|(platform, triple)| {
        let site = site.key(platform);
        let platform = words::platform(&site, platform);
        let triple = site.take(TargetTriple::new(triple));
        let (platform, triple) = (platform?, triple?);
        if triple.platform() == platform {
            Some((platform, triple))
        } else {
            site.wrong_help(
                format_args!("`{triple}` builds for {}, not for {platform}", triple.platform()),
                format_args!("the default is `{}`", platform.default_triple()),
            )
        }
    });
    Some(every(triples)?.into_iter().collect())
}

fn builders(site: &Site<'_>, raw: RawBuilder) -> Option<BTreeMap<Platform, Builder>> {
    match raw {
        StringOr::Text(word) => {
            let builder = builder(site, &word)?;
            Some(Platform::ALL.into_iter().map(|platform| (platform, builder)).collect())
        }
        StringOr::Table(written) => {
            let builders = written.iter().map(|(platform, word)| {
                let site = site.key(platform);
                let platform = words::platform(&site, platform);
                let builder = builder(&site, word);
                Some((platform?, builder?))
            });
            Some(every(builders)?.into_iter().collect())
        }
    }
}

fn builder(site: &Site<'_>, word: &str) -> Option<Builder> {
    let builder = Builder::ALL.into_iter().find(|builder| builder.as_str() == word);
    builder.or_else(|| {
        let known = Builder::ALL.map(Builder::as_str);
        let help = match nearest(word, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("builders are {}", crate::manifest::de::list(known)),
        };
        site.wrong_help(format_args!("`{word}` is no builder"), help)
    })
}

fn macos(site: &Site<'_>, version: String) -> Option<String> {
    match words::dotted_version(&version) {
        Some(parts) if parts[0] >= 10 => Some(version),
        _ => site.wrong_help(format_args!("`{version}` is no version of macOS"), "write one such as `11.0`"),
    }
}

fn glibc(site: &Site<'_>, version: String) -> Option<String> {
    match words::dotted_version(&version).as_deref() {
        Some([2, _]) => Some(version),
        _ => site.wrong_help(format_args!("`{version}` is no version of glibc"), "write one such as `2.17`"),
    }
}
