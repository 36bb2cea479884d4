//! The JSON documents of an image, as they are written and as they are read. Pure.
//!
//! The shapes are those of the OCI image specification 1.1 (`image-index.md`, `manifest.md`, `config.md`,
//! `descriptor.md`), which Docker's own schema 2 shares but for the media types. They are our own because
//! `oci-spec` keeps labels and annotations in hash maps, whose order changes from run to run
//! (oci-spec-rs#249), and with it every digest; its types judge these in the tests.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::media_types::Kind;
use crate::domain::{Arch, Digest, Platform};

/// The annotation that names an image inside a layout: its tag (`annotations.md` of the specification).
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The annotation that gives `docker load` with the containerd image store the full name, as BuildKit's
/// `type=oci` output writes it.
pub const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// The largest size of a blob that is read: 256 TiB, more than any registry takes.
const MAX_SIZE: u64 = 1 << 48;

/// Names a blob: what it is, its hash and its length in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// Its hash. Only SHA-256 is read, so that no text of a hostile document can become a path.
    pub digest: Digest,
    /// Its length in bytes.
    #[serde(deserialize_with = "size")]
    pub size: u64,
    /// Where it runs, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<RunsOn>,
    /// What else is said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// A size that can be that of a blob. A document can say any number, but those that are believed can be added up.
fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let size = u64::deserialize(deserializer)?;
    if size <= MAX_SIZE { Ok(size) } else { Err(D::Error::custom(format_args!("no blob has {size} bytes"))) }
}

impl Descriptor {
    /// Describes `bytes`.
    #[must_use]
    pub fn of(media_type: String, bytes: &[u8]) -> Self {
        Descriptor {
            media_type,
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
            platform: None,
            annotations: None,
        }
    }

    /// What it points at.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::of(&self.media_type)
    }

    /// The tag it has in a layout's `index.json`.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.annotations.as_ref()?.get(REF_NAME).map(String::as_str)
    }
}

/// A platform as index entries and configs write it. Any words are read; only Linux on [`Arch`] is written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunsOn {
    /// Go's `GOARCH`.
    #[serde(default)]
    pub architecture: String,
    /// Go's `GOOS`.
    #[serde(default)]
    pub os: String,
    /// The variant of the CPU. Never written: BuildKit and containerd normalise `linux/arm64/v8` to
    /// `linux/arm64`, so the short form matches everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl RunsOn {
    /// The platform of the image for a CPU.
    #[must_use]
    pub fn linux(arch: Arch) -> Self {
        let Platform { os, arch } = arch.image_platform();
        RunsOn { architecture: arch.to_string(), os: os.to_string(), variant: None }
    }

    /// Whether the image runs on Linux and this CPU, whatever the variant.
    #[must_use]
    pub fn is_linux(&self, arch: Arch) -> bool {
        self.os == "linux" && self.architecture == arch.as_str()
    }
}

impl std::fmt::Display for RunsOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().filter(|variant| !variant.is_empty()).try_for_each(|variant| write!(f, "/{variant}"))
    }
}

/// An image index, a manifest list, or the `index.json` of a layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Always 2.
    pub schema_version: u32,
    /// What the document is; layouts of some tools leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What it lists.
    pub manifests: Vec<Descriptor>,
    /// What else is said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// One platform's image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// What the document is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// How it runs.
    pub config: Descriptor,
    /// Its file system, lowest layer first.
    pub layers: Vec<Descriptor>,
}

/// How one platform's image runs and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Where it runs.
    #[serde(flatten)]
    pub platform: RunsOn,
    /// When it was made, as RFC 3339 has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// How a container of it starts.
    #[serde(default)]
    pub config: Option<Execution>,
    /// The uncompressed layers.
    pub rootfs: RootFs,
    /// How each layer came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<History>>,
}

/// How a container starts, under the names that Docker gave these fields.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Execution {
    /// The user and group of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The ports it listens on; the values are empty objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposed_ports: Option<BTreeMap<String, Empty>>,
    /// Its environment, as `NAME=value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<Vec<String>>,
    /// What runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmd: Option<Vec<String>>,
    /// The folders that live outside the image; the values are empty objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumes: Option<BTreeMap<String, Empty>>,
    /// The folder it starts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// What is said of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// The signal that ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
}

/// An empty JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Empty {}

/// The uncompressed layers of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFs {
    /// Always `layers`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The hash of each layer's tar, lowest first.
    pub diff_ids: Vec<Digest>,
}

/// How a layer came about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// When, as RFC 3339 has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// By what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Whether the step made no layer at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_layer: Option<bool>,
}

/// The bytes of a document: compact JSON with the keys of every object sorted, so that equal documents have
/// equal digests.
#[must_use]
pub fn canonical(document: &impl Serialize) -> Vec<u8> {
    let mut value = serde_json::to_value(document).expect("the documents have only text keys and plain values");
    // Another crate may turn on serde_json's `preserve_order`, which would keep the order of the fields.
    value.sort_all_objects();
    serde_json::to_vec(&value).expect("a JSON value can always be written")
}

/// Seconds since the epoch as RFC 3339 has them, in UTC; `None` after the year 9999.
#[must_use]
pub fn rfc3339(seconds: u64) -> Option<String> {
    const DAY: u64 = 86_400;
    let (days, rest) = (seconds / DAY, seconds % DAY);
    // Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day is the last one.
    let days = days.checked_add(719_468)?;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    (year <= 9_999).then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(seconds).as_deref(), Some(text));
        }
        assert_eq!(rfc3339(253_402_300_800), None);
        assert_eq!(rfc3339(u64::MAX), None);
    }

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = serde_json::json!({ "b": [{ "d": 1, "c": "line\nbreak" }], "a": {} });
        assert_eq!(canonical(&value), br#"{"a":{},"b":[{"c":"line\nbreak","d":1}]}"#);
    }

    #[test]
    fn sizes_that_are_believed_can_be_added_up() {
        let read = |size: u64| {
            let digest = Digest::of(b"");
            serde_json::from_str::<Descriptor>(&format!(r#"{{"mediaType":"a","digest":"{digest}","size":{size}}}"#))
        };
        assert_eq!(read(1 << 48).map(|descriptor| descriptor.size).ok(), Some(1 << 48));
        assert!(read(u64::MAX).is_err_and(|error| error.to_string().starts_with("no blob has 18446744073709551615")));
    }

    #[test]
    fn what_docker_writes_with_nulls_is_read() {
        let text = r#"{"architecture":"arm64","os":"linux","variant":"v8","config":{"Cmd":null,"Labels":null,
            "Env":["A=b"],"Volumes":{"/x":{}},"Image":"sha256:x"},"rootfs":{"type":"layers","diff_ids":[]}}"#;
        let config: Config = serde_json::from_str(text).expect("read");
        assert!(config.platform.is_linux(Arch::Arm64));
        assert_eq!(config.platform.to_string(), "linux/arm64/v8");
        assert_eq!(config.config.and_then(|c| c.env), Some(vec!["A=b".to_owned()]));
    }
}
