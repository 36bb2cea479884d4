//! metadata.json: alone, and in an image that holds every file it names.

use cargo_dext::validate::collect::metadata_json_alone;
use cargo_dext::validate::metadata::Metadata;
use cargo_dext::validate::view::Maker;

use crate::judge;

/// Reads metadata.json, and judges it with every rule.
pub fn run(data: &[u8]) {
    let metadata = Metadata::read(data);
    judge::judge(&metadata_json_alone(metadata.clone()));
    let mut platform = judge::platform();
    if let Some(document) = metadata.document() {
        let host = document.host_paths().into_iter().map(|file| file.path.to_owned());
        let other = [document.icon(), document.ui_root(), document.composefile()].into_iter().flatten();
        let page = document.ui_root().zip(document.ui_src()).map(|(root, src)| format!("{root}/{src}"));
        let paths: Vec<String> = host.chain(other.map(str::to_owned)).chain(page).collect();
        for (at, path) in paths.iter().enumerate() {
            judge::put(&mut platform, path, path.len() + at);
        }
    }
    platform.metadata = metadata;
    let maker = if data.len().is_multiple_of(2) { Maker::CargoDext } else { Maker::Other };
    judge::judge(&judge::image(platform, maker));
}
