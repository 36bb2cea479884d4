//! Compose files.

use cargo_dext::validate::metadata::Metadata;
use cargo_dext::validate::view::Maker;
use cargo_dext::validate::{compose, yaml};

use crate::{judge, text};

/// A metadata.json that makes every rule about compose files ask.
const METADATA: &[u8] = br#"{"icon":"icon.svg","vm":{"composefile":"compose.yaml","exposes":{"socket":"a.sock"}},
    "ui":{"dashboard-tab":{"title":"T","root":"/ui","src":"index.html","backend":{"socket":"a.sock"}}}}"#;

/// Reads a compose file, and judges it with every rule.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(broken) = yaml::parse(text) {
        assert!(compose::parse(text).is_err());
        text::printable(&broken.what.replace(char::is_control, ""));
    }
    let mut platform = judge::platform();
    platform.metadata = Metadata::read(METADATA);
    judge::put(&mut platform, "compose.yaml", 1);
    let parsed = compose::parse(text);
    for service in parsed.iter().flat_map(|compose| &compose.services) {
        let _: (bool, bool) = (service.is_own_image(), service.speaks_of("a.sock"));
    }
    platform.composefile = Some(parsed);
    platform.mentions.vm_service = Some("ui/index.js".to_owned());
    judge::judge(&judge::image(platform, Maker::Other));
}
