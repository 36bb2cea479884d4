//! Whether the files of an extension get along with each other.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::domain::{ImagePath, Os};
use crate::manifest::extension::{Extension, HostFile, HostSource};
use crate::manifest::mistake::{KeyPath, Site};

/// Where Docker Desktop looks for what `bundle::metadata` writes.
const METADATA: &str = "/metadata.json";

/// What lands at a path. Two claims are one if they bring the same bytes to every image.
#[derive(Debug, PartialEq)]
enum Content<'a> {
    File(&'a Path),
    Folder,
    Backend,
    Host(Os, &'a HostFile),
}

/// A path, who wants it, and for what.
struct Claim<'a> {
    site: Site<'a>,
    path: &'a ImagePath,
    content: Content<'a>,
    /// The system of a host file.
    os: Option<Os>,
}

impl Claim<'_> {
    /// The key in the table.
    fn name(&self) -> KeyPath {
        self.site.path.in_table()
    }
}

/// Notes paths that two files want, and host files that Docker Desktop would copy over each other.
pub(super) fn check(site: &Site<'_>, extension: &Extension) {
    paths(&claims(site, extension));
    for (index, file) in extension.files.iter().enumerate() {
        generated(&site.key("files").index(index), &file.path);
    }
    host_names(&site.key("host"), extension);
}

/// Docker Desktop unpacks on file systems that do not tell `A` from `a`.
fn folded(path: &ImagePath) -> String {
    path.as_str().to_lowercase()
}

fn generated(site: &Site<'_>, path: &ImagePath) -> bool {
    let taken = folded(path) == METADATA;
    if taken {
        site.wrong_help::<()>(format_args!("`{METADATA}` is generated from this table"), "choose another path");
    }
    taken
}

fn paths(claims: &[Claim<'_>]) {
    let mut taken: BTreeMap<String, &Claim<'_>> = BTreeMap::new();
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    for claim in claims {
        if generated(&claim.site, claim.path) {
            continue;
        }
        let known = *taken.entry(folded(claim.path)).or_insert(claim);
        // Two host files of one system are told by their names.
        let same_system = claim.os.is_some() && claim.os == known.os;
        let pair = (claim.site.path.to_string(), known.site.path.to_string());
        if known.content != claim.content && !same_system && told.insert(pair) {
            conflict(claim, known);
        }
    }
    for claim in claims {
        let mut above = std::iter::successors(claim.path.parent(), ImagePath::parent);
        let file = above.find_map(|above| taken.get(&folded(&above)).filter(|known| known.content != Content::Folder));
        if let Some(file) = file {
            claim.site.wrong_help::<()>(
                format_args!("`{}` would lie below the file `{}` of `{}`", claim.path, file.path, file.name()),
                "give one of them another path",
            );
        }
    }
}

fn conflict(claim: &Claim<'_>, known: &Claim<'_>) {
    let path = claim.path;
    match (claim.os, known.os) {
        (Some(os), Some(other)) => claim.site.wrong_help::<()>(
            format_args!("`{path}` is the path of different files on {other} and on {os}"),
            "add `{os}` to `path`",
        ),
        _ => claim.site.wrong_help(
            format_args!("`{path}` is also the path of `{}`", known.name()),
            "give one of them another path",
        ),
    };
}

/// Every file whose path is known from the table, and the UI's folder. What `files` brings may be a folder,
/// so it is left to the bundle, which sees the disk; what a group only lists comes from elsewhere.
fn claims<'a>(site: &Site<'a>, extension: &'a Extension) -> Vec<Claim<'a>> {
    let mut claims = Vec::new();
    let mut claim = |site, path, content| claims.push(Claim { site, path, content, os: None });
    if let Some(icon) = &extension.icon {
        claim(site.key("icon"), &icon.path, Content::File(&icon.source));
    }
    if let Some(ui) = &extension.ui {
        claim(site.key("ui").key("root"), &ui.path, Content::Folder);
    }
    if let Some(compose) = extension.vm.as_ref().and_then(|vm| vm.composefile.as_ref()) {
        claim(site.key("vm").key("composefile"), &compose.path, Content::File(&compose.source));
    }
    if let Some((_, path)) = extension.vm.as_ref().and_then(|vm| vm.bin.as_ref()) {
        claim(site.key("vm").key("bin"), path, Content::Backend);
    }
    for (index, os, file) in host_files(extension) {
        let content = match &file.source {
            HostSource::Listed => continue,
            HostSource::File(source) => Content::File(source),
            HostSource::Bin(_) | HostSource::Download(_) => Content::Host(os, file),
        };
        claims.push(Claim { site: site.key("host").index(index), path: &file.path, content, os: Some(os) });
    }
    claims
}

fn host_files(extension: &Extension) -> impl Iterator<Item = (usize, Os, &HostFile)> {
    extension.host.iter().flatten().enumerate().flat_map(|(index, group)| {
        group.files.iter().flat_map(move |(os, files)| files.iter().map(move |file| (index, *os, file)))
    })
}

/// Two host files of one name on a system: the group of the second, the group and path of the first.
struct Doubled<'a> {
    index: usize,
    path: &'a ImagePath,
    first: (usize, &'a ImagePath),
    systems: Vec<&'static str>,
}

/// Docker Desktop copies every host file to `<extension>/host/<file name>`, so that of two files with one
/// name the last wins.
///
/// Source: the `docker cp` lines in lensapp/lens#5565; other hosts do the same.
fn host_names(site: &Site<'_>, extension: &Extension) {
    let mut names: BTreeMap<(Os, String), (usize, &ImagePath)> = BTreeMap::new();
    let mut doubled: BTreeMap<(usize, usize, String), Doubled<'_>> = BTreeMap::new();
    for (index, os, file) in host_files(extension) {
        let path = &file.path;
        let name = if os == Os::Linux { path.file_name().to_owned() } else { path.file_name().to_lowercase() };
        let stem = name.strip_suffix(os.exe_suffix()).unwrap_or(&name).to_owned();
        match names.entry((os, name)) {
            Entry::Vacant(entry) => drop(entry.insert((index, path))),
            Entry::Occupied(entry) => {
                let first = *entry.get();
                let new = Doubled { index, path, first, systems: Vec::new() };
                doubled.entry((index, first.0, stem)).or_insert(new).systems.push(os.as_str());
            }
        }
    }
    for Doubled { index, path, first: (group, first), mut systems } in doubled.into_values() {
        systems.dedup();
        let systems = systems.join(", ");
        let other = if group == index { String::new() } else { format!(" of `{}`", site.index(group).path.in_table()) };
        let what = if path == first {
            format!("`{path}` is the path of two files on {systems}")
        } else {
            format!("on {systems}, `{path}` and `{first}`{other} both become `host/{}`", path.file_name())
        };
        let help = "Docker Desktop copies all host files into one folder; give them different names";
        site.index(index).wrong_help::<()>(what, help);
    }
}
