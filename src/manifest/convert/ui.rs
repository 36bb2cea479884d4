//! The icon and the dashboard tab.

use super::words;
use crate::domain::{FileName, is_picture};
use crate::manifest::extension::{Origin, PlacedFile, Ui, UiBuild};
use crate::manifest::mistake::Site;
use crate::manifest::raw::{RawPlaced, RawUi, RawUiBuild};

/// The icon: a bare source lands at the root under its own name.
pub(super) fn icon(site: &Site<'_>, origin: &Origin, raw: RawPlaced) -> Option<PlacedFile> {
    let file = words::placed(site, origin, raw, |text| (text.to_owned(), words::file_name(text).to_owned()))?;
    if is_picture(file.path.file_name()) {
        Some(file)
    } else {
        site.wrong(format_args!("the icon `{}` is no .svg, .png or .jpg file", file.path.file_name()))
    }
}

/// The dashboard tab. `root` and `src` are kept as written: Docker Desktop takes `ui` as well as `/ui`, and
/// a page such as `./v2/index.html` or `index.html?v0.4.0`.
pub(super) fn ui(site: &Site<'_>, origin: &Origin, raw: RawUi, title: &str) -> Option<Ui> {
    let source = raw.source.map(|source| words::source(&site.key("source"), origin, &source));
    let build = raw.build.map(|build| ui_build(&site.key("build"), origin, build));
    let title = words_or(&site.key("title"), raw.title, title);
    let root = raw.root.unwrap_or_else(|| "ui".to_owned());
    let path = words::image_path(&site.key("root"), &root);
    let src = words_or(&site.key("src"), raw.src, "index.html");
    let backend_socket = raw.backend_socket.map(|socket| {
        let site = site.key("backend-socket");
        site.take(FileName::new(&socket)).map(|name| name.as_str().to_owned())
    });
    Some(Ui {
        source: super::all(source)?,
        build: super::all(build)?,
        title: title?,
        path: path?,
        root,
        src: src?,
        backend_socket: super::all(backend_socket)?,
        extra: raw.extra,
    })
}

/// What is written, or a default that needs no check: its own key has been checked.
fn words_or(site: &Site<'_>, written: Option<String>, default: &str) -> Option<String> {
    written.map_or_else(|| Some(default.to_owned()), |text| words::line(site, text))
}

fn ui_build(site: &Site<'_>, origin: &Origin, raw: RawUiBuild) -> Option<UiBuild> {
    let dir = words::source(&site.key("dir"), origin, raw.dir.as_deref().unwrap_or("."));
    let run = &site.key("run");
    let commands = raw.run.0;
    if commands.is_empty() {
        return run.wrong_help("no command is given", "write e.g. `run = [\"npm ci\", \"npm run build\"]`");
    }
    let commands = commands.into_iter().enumerate().map(|(index, command)| words::line(&run.index(index), command));
    let commands = super::every(commands);
    Some(UiBuild { dir: dir?, run: commands? })
}
