//! The table as it is written: names and shapes, no meaning yet.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::extension::{JsonMap, Link, Screenshot};

/// `[package.metadata.extension]` or `[workspace.metadata.extension]`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawExtension {
    pub name: Option<String>,
    pub version: Option<String>,
    pub title: Option<String>,
    pub vendor: Option<String>,
    pub description: Option<String>,
    pub icon: Option<RawPlaced>,
    pub image: Option<String>,
    pub api_version: Option<String>,
    pub ui: Option<RawUi>,
    pub vm: Option<RawVm>,
    pub host: Option<Vec<RawHost>>,
    pub marketplace: Option<RawMarketplace>,
    pub labels: Option<BTreeMap<String, String>>,
    pub files: Option<Vec<RawFile>>,
    pub build: Option<RawBuild>,
    pub validate: Option<RawValidate>,
    #[serde(default)]
    pub extra: JsonMap,
}

/// `ui`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawUi {
    pub source: Option<String>,
    pub build: Option<RawUiBuild>,
    pub title: Option<String>,
    pub root: Option<String>,
    pub src: Option<String>,
    pub backend_socket: Option<String>,
    #[serde(default)]
    pub extra: JsonMap,
}

/// `ui.build`
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawUiBuild {
    pub dir: Option<String>,
    pub run: OneOrMany,
}

/// `vm`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawVm {
    pub bin: Option<String>,
    pub package: Option<String>,
    pub path: Option<String>,
    pub args: Option<Vec<String>>,
    pub base: Option<RawBase>,
    pub socket: Option<String>,
    pub image: Option<String>,
    pub composefile: Option<RawPlaced>,
    #[serde(default)]
    pub extra: JsonMap,
}

/// One `[[host]]`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawHost {
    pub bin: Option<OneOrMany>,
    pub package: Option<String>,
    pub name: Option<String>,
    pub url: Option<String>,
    pub sha256: Option<BTreeMap<String, String>>,
    pub file: Option<RawHostFiles>,
    pub darwin: Option<Vec<String>>,
    pub windows: Option<Vec<String>>,
    pub linux: Option<Vec<String>>,
    pub os: Option<OneOrMany>,
    pub path: Option<String>,
    #[serde(default)]
    pub all_arches: bool,
    pub fallback: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub extra: JsonMap,
}

/// `marketplace`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawMarketplace {
    pub publisher_url: Option<String>,
    pub icon_url: Option<String>,
    pub screenshots: Option<Vec<Screenshot>>,
    pub additional_urls: Option<Vec<Link>>,
    pub detailed_description: Option<RawText>,
    pub changelog: Option<RawText>,
    pub categories: Option<Vec<String>>,
    pub account_info: Option<String>,
}

/// One `[[files]]`
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawFile {
    pub source: String,
    pub path: String,
    pub mode: Option<String>,
}

/// `build`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawBuild {
    pub profile: Option<String>,
    pub features: Option<Vec<String>>,
    #[serde(default)]
    pub all_features: bool,
    #[serde(default)]
    pub no_default_features: bool,
    pub triple: Option<BTreeMap<String, String>>,
    pub builder: Option<RawBuilder>,
    pub macos_minimum: Option<String>,
    pub glibc: Option<String>,
}

/// `validate`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawValidate {
    pub profile: Option<String>,
    pub deny: Option<OneOrMany>,
    pub allow: Option<Vec<RawAllowed>>,
}

/// One of `validate.allow`
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawAllowed {
    pub id: Option<String>,
    pub reason: Option<String>,
}

/// A source alone, or with its place in the image.
pub type RawPlaced = StringOr<SourceAndPath>;
/// A text, or the file that holds it.
pub type RawText = StringOr<TextFile>;
/// `scratch`, an image reference, or an OCI layout on this machine.
pub type RawBase = StringOr<Layout>;
/// One builder for all platforms, or one for each.
pub type RawBuilder = StringOr<BTreeMap<String, String>>;

/// `{ source, path }`
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceAndPath {
    pub source: String,
    pub path: String,
}

/// `{ file }`
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextFile {
    pub file: String,
}

/// `{ layout, tag }`
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    pub layout: String,
    pub tag: Option<String>,
}

/// A string, or a table that says more.
#[derive(Debug)]
pub enum StringOr<T> {
    /// The string.
    Text(String),
    /// The table.
    Table(T),
}

/// What to say when a [`StringOr`] is neither.
pub trait Form {
    /// The two forms, in words.
    const EXPECTED: &'static str;
}

impl Form for SourceAndPath {
    const EXPECTED: &'static str = "a path, or a table `{ source = \"…\", path = \"…\" }`";
}
impl Form for TextFile {
    const EXPECTED: &'static str = "a text, or a table `{ file = \"…\" }`";
}
impl Form for Layout {
    const EXPECTED: &'static str = "\"scratch\", an image reference, or a table `{ layout = \"…\", tag = \"…\" }`";
}
impl Form for BTreeMap<String, String> {
    const EXPECTED: &'static str = "a builder, or a table of platforms and builders";
}

// An untagged enum would do the same and forget the key path of every error inside it.
impl<'de, T: Form + Deserialize<'de>> Deserialize<'de> for StringOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Form + Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = StringOr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(T::EXPECTED)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(StringOr::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(StringOr::Table)
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// A string, or a list of strings.
#[derive(Debug)]
pub struct OneOrMany(pub Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Strings;

        impl<'de> Visitor<'de> for Strings {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMany, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany)
            }
        }

        deserializer.deserialize_any(Strings)
    }
}

/// `host.file`: the same for every operating system of the group, or by operating system.
#[derive(Debug)]
pub enum RawHostFiles {
    /// For every system of the group.
    Everywhere(OneOrMany),
    /// For the systems that are named.
    PerOs(BTreeMap<String, OneOrMany>),
}

impl<'de> Deserialize<'de> for RawHostFiles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Files;

        impl<'de> Visitor<'de> for Files {
            type Value = RawHostFiles;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path, a list of paths, or a table of operating systems and paths")
            }

            fn visit_str<E: Error>(self, path: &str) -> Result<RawHostFiles, E> {
                Ok(RawHostFiles::Everywhere(OneOrMany(vec![path.to_owned()])))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<RawHostFiles, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany).map(RawHostFiles::Everywhere)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawHostFiles, A::Error> {
                BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(RawHostFiles::PerOs)
            }
        }

        deserializer.deserialize_any(Files)
    }
}
