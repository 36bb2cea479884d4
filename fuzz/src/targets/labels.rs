//! Labels, a name and any image can have any text for each. Each part of an input is a label: its name in the first
//! line, its value in the others. The labels `tag` and `reference` are the image's name.

use cargo_dext::domain::Reference;
use cargo_dext::validate::View;
use cargo_dext::validate::metadata::Metadata;
use cargo_dext::validate::view::{Labels, Maker, Subject};

use crate::{judge, text};

/// Judges labels with every rule.
pub fn run(data: &[u8]) {
    let mut labels: Labels = text::parts(data).into_iter().map(label).collect();
    let tag = labels.remove("tag");
    let reference = labels.remove("reference").and_then(|name| match Reference::parse(&name) {
        Ok(reference) => {
            let written = reference.to_string();
            assert_eq!(Reference::parse(&written).as_ref(), Ok(&reference), "{written} reads as another name");
            Some(reference)
        }
        Err(_) => None,
    });
    let metadata = Metadata::read(br#"{"icon":"icon.svg"}"#);
    let manifest = Subject::Manifest { metadata: metadata.clone(), labels: labels.clone() };
    judge::judge(&View { tag: tag.clone(), ..View::of(manifest) });
    let mut platform = judge::platform();
    platform.metadata = metadata;
    platform.labels = labels;
    judge::judge(&View { tag, reference, ..judge::image(platform, Maker::CargoDext) });
}

fn label(part: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(part);
    let (name, value) = text.split_once('\n').unwrap_or((&text, ""));
    (name.to_owned(), value.to_owned())
}
