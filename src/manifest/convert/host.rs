//! Host files: one object of `host.binaries` for each `[[host]]`.

use std::collections::BTreeSet;

use super::download::download;
use super::spread::{Shape, Spread};
use super::{backend, every, words};
use crate::domain::{FileName, Os};
use crate::manifest::extension::{BinRef, HostFile, HostGroup, HostSource, Origin, Vm};
use crate::manifest::mistake::{Site, nearest};
use crate::manifest::raw::{OneOrMany, RawHost, RawHostFiles};

type Placed = Vec<(Os, HostFile)>;

pub(super) fn groups(site: &Site<'_>, origin: &Origin, raw: Vec<RawHost>) -> Option<Vec<HostGroup>> {
    every(raw.into_iter().enumerate().map(|(index, raw)| group(&site.index(index), origin, raw)))
}

/// The packages whose binaries the backend and the host groups name.
#[must_use]
pub fn packages<'a>(vm: Option<&'a Vm>, host: Option<&'a Vec<HostGroup>>) -> BTreeSet<&'a str> {
    let backend = vm.and_then(|vm| vm.bin.as_ref()).map(|(bin, _)| bin);
    let files = host.into_iter().flatten().flat_map(|group| &group.files).flat_map(|(_, files)| files);
    let bins = files.filter_map(|file| match &file.source {
        HostSource::Bin(bin) => Some(bin),
        _ => None,
    });
    backend.into_iter().chain(bins).map(|bin: &BinRef| bin.package.as_str()).collect()
}

fn group(site: &Site<'_>, origin: &Origin, raw: RawHost) -> Option<HostGroup> {
    let sound = keys_fit(site, &raw);
    let shape = Shape::new(site, &raw)?;
    let bins = raw.bin.map(|bins| self::bins(site, origin, &shape, &bins.0, raw.package.as_deref()));
    let program = match (raw.url, raw.name) {
        (Some(url), Some(name)) => Some(program(site, &shape, &url, &name, raw.sha256.unwrap_or_default())),
        _ => None,
    };
    let files = raw.file.map(|files| self::files(site, origin, &shape, files));
    let lists = [(Os::Darwin, raw.darwin), (Os::Windows, raw.windows), (Os::Linux, raw.linux)];
    let listed = listed(site, &lists);
    let placed: Vec<(Os, HostFile)> = [super::all(bins)?, super::all(program)?, super::all(files)?, Some(listed?)]
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    let of = |os: Os| {
        let files: Vec<HostFile> = placed.iter().filter(|(its, _)| *its == os).map(|(_, file)| file.clone()).collect();
        let written = lists.iter().any(|(its, list)| *its == os && list.is_some());
        (written || !files.is_empty()).then_some((os, files))
    };
    sound.then_some(HostGroup { files: Os::ALL.into_iter().filter_map(of).collect(), extra: raw.extra })
}

/// Whether every key of a group has something to work on.
fn keys_fit(site: &Site<'_>, raw: &RawHost) -> bool {
    let fetched = raw.url.is_some();
    let built = raw.bin.is_some() || fetched;
    let everywhere = matches!(raw.file, Some(RawHostFiles::Everywhere(_)));
    let placed = built || raw.file.is_some();
    let needs: [(&str, bool, bool, &str); 9] = [
        ("package", raw.package.is_some(), raw.bin.is_some(), "`bin`"),
        ("name", raw.name.is_some(), fetched, "`url`"),
        ("sha256", raw.sha256.is_some(), fetched, "`url`"),
        ("fallback", raw.fallback.is_some(), built, "`bin` or `url`"),
        ("all-arches", raw.all_arches, built, "`bin` or `url`"),
        ("os", raw.os.is_some(), built || everywhere, "`bin`, `url` or a `file` without systems of its own"),
        ("path", raw.path.is_some(), placed, "`bin`, `url` or `file`"),
        ("url", fetched && raw.name.is_none(), false, "`name = \"…\"`, which the program is called by"),
        ("url", fetched && raw.sha256.is_none(), false, "`sha256 = { darwin-amd64 = \"…\", … }`"),
    ];
    let mut sound = true;
    for (key, set, enough, needed) in needs {
        if set && !enough {
            site.key(key).wrong::<()>(format_args!("`{key}` needs {needed}"));
            sound = false;
        }
    }
    let listed = raw.darwin.is_some() || raw.windows.is_some() || raw.linux.is_some();
    if !placed && !listed && raw.extra.is_empty() && sound {
        site.wrong_help::<()>("the group lists no file", "set `bin`, `url`, `file`, or `darwin`, `windows`, `linux`");
        sound = false;
    }
    if raw.all_arches && raw.file.is_some() {
        let help = "put `file` into a `[[host]]` of its own";
        site.key("all-arches").wrong_help::<()>("a `file` is the same for every CPU", help);
        sound = false;
    }
    sound
}

fn bins(site: &Site<'_>, origin: &Origin, shape: &Shape, names: &[String], package: Option<&str>) -> Option<Placed> {
    let at = site.key("bin");
    if names.is_empty() {
        return at.wrong_help("no binary is named", "leave the key out");
    }
    let bin = |name: &String| {
        let bin = backend::find_bin(&at, origin, name, package)?;
        let spread = Spread { name, default: "/{os}/{bin}{exe}", is_bin: true };
        shape.spread(site, &spread, &HostSource::Bin(bin.clone()))
    };
    Some(every(names.iter().map(bin))?.concat())
}

fn program(
    site: &Site<'_>,
    shape: &Shape,
    url: &str,
    name: &str,
    sha256: std::collections::BTreeMap<String, String>,
) -> Option<Placed> {
    let checked = site.key("name").take(FileName::new(name));
    let download = download(site, shape, url, checked?, sha256)?;
    let spread = Spread { name, default: "/{os}/{name}{exe}", is_bin: false };
    shape.spread(site, &spread, &HostSource::Download(download))
}

fn files(site: &Site<'_>, origin: &Origin, shape: &Shape, raw: RawHostFiles) -> Option<Placed> {
    let site_of = |os: Option<Os>| os.map_or_else(|| site.key("file"), |os| site.key("file").key(os.as_str()));
    let of_os = |os: Os, at: &Site<'_>, files: &OneOrMany| -> Option<Placed> {
        if files.0.is_empty() {
            return at.wrong_help("no file is named", "leave the key out");
        }
        every(files.0.iter().map(|text| {
            let source = words::source(at, origin, text)?;
            let (path, value) = shape.place_file(site, os, words::file_name(text))?;
            let source = HostSource::File(source);
            Some((os, HostFile { path, value, source, arch: None, fallback: Default::default() }))
        }))
    };
    match raw {
        RawHostFiles::Everywhere(files) => {
            // The same mistake is told once, not for each system.
            let mut placed = Vec::new();
            for os in &shape.systems {
                placed.extend(of_os(*os, &site_of(None), &files)?);
            }
            Some(placed)
        }
        RawHostFiles::PerOs(systems) => {
            let placed = systems.iter().map(|(os, files)| match os.parse::<Os>() {
                Ok(os) => of_os(os, &site_of(Some(os)), files),
                Err(_) => site.key("file").key(os).wrong_help(format_args!("unknown key `{os}`"), known_systems(os)),
            });
            Some(every(placed)?.concat())
        }
    }
}

/// What to write instead of a word that names no operating system.
pub(super) fn known_systems(word: &str) -> String {
    let meant = match word {
        "macos" | "mac" | "osx" | "apple" => Some("darwin"),
        "win" | "win32" | "win64" => Some("windows"),
        _ => nearest(word, Os::ALL.map(Os::as_str)),
    };
    meant.map_or_else(|| "known are `darwin`, `windows`, `linux`".to_owned(), |os| format!("did you mean `{os}`?"))
}

fn listed(site: &Site<'_>, lists: &[(Os, Option<Vec<String>>)]) -> Option<Placed> {
    let file = |os: Os, index: usize, value: &String| {
        let path = words::image_path(&site.key(os.as_str()).index(index), value)?;
        let source = HostSource::Listed;
        Some((os, HostFile { path, value: value.clone(), source, arch: None, fallback: Default::default() }))
    };
    let files = lists
        .iter()
        .flat_map(|(os, list)| list.iter().flatten().enumerate().map(move |(index, value)| file(*os, index, value)));
    every(files)
}
