//! One source spread over the operating systems and CPUs of its group.

use std::collections::BTreeMap;

use super::host::known_systems;
use super::{template, words};
use crate::domain::{Arch, ImagePath, Os, Platform};
use crate::manifest::extension::{HostFile, HostSource};
use crate::manifest::mistake::Site;
use crate::manifest::raw::RawHost;

/// What a group says of all its sources.
#[derive(Debug)]
pub(super) struct Shape {
    /// The operating systems.
    pub(super) systems: Vec<Os>,
    /// Platforms that stand in for others.
    pub(super) fallback: BTreeMap<Platform, Platform>,
    path: Option<String>,
    all_arches: bool,
}

/// What a source is called in the template of its path.
#[derive(Debug)]
pub(super) struct Spread<'a> {
    /// Its name without `.exe`.
    pub(super) name: &'a str,
    /// The template, if the group has none.
    pub(super) default: &'static str,
    /// Whether it is a Cargo binary, whose name is also `{bin}`.
    pub(super) is_bin: bool,
}

impl Shape {
    pub(super) fn new(site: &Site<'_>, raw: &RawHost) -> Option<Self> {
        let systems = match &raw.os {
            None => Some(Os::ALL.to_vec()),
            Some(words) => systems(&site.key("os"), &words.0),
        };
        let fallback = fallback(&site.key("fallback"), systems.as_deref(), raw.fallback.iter().flatten());
        let cpu_in_path = raw.path.as_deref().is_some_and(|path| template::has(path, "arch"));
        let at = if raw.path.is_some() { site.key("path") } else { site.key("all-arches") };
        let built = raw.bin.is_some() || raw.url.is_some();
        if raw.all_arches && built && !cpu_in_path {
            return at.wrong_help(
                "`all-arches` puts the files of both CPUs into every image, but both would land at one path",
                "add `{arch}` to `path`, as in `path = \"/{os}/{name}-{arch}{exe}\"`",
            );
        }
        // Files are the same for every CPU, and have their own message.
        if cpu_in_path && built && !raw.all_arches {
            return at.wrong_help(
                "the path has `{arch}`, but metadata.json has no slot for a CPU: it is the same in every image",
                "leave `{arch}` out, and each image gets the file for its own CPU at that path; or set \
                 `all-arches = true` to put the files of both CPUs into every image",
            );
        }
        Some(Shape { systems: systems?, fallback: fallback?, path: raw.path.clone(), all_arches: raw.all_arches })
    }

    /// The platforms that a file of their own is needed for.
    pub(super) fn needed(&self) -> impl Iterator<Item = Platform> {
        let platforms = Platform::ALL.into_iter().filter(|platform| self.systems.contains(&platform.os));
        platforms.filter(|platform| !self.fallback.contains_key(platform))
    }

    /// The files that a source makes on the systems of the group.
    pub(super) fn spread(
        &self,
        site: &Site<'_>,
        spread: &Spread<'_>,
        source: &HostSource,
    ) -> Option<Vec<(Os, HostFile)>> {
        let arches: &[Option<Arch>] = if self.all_arches { &Arch::ALL.map(Some) } else { &[None] };
        let mut files = Vec::new();
        for os in &self.systems {
            for arch in arches {
                let (path, value) = self.place(site, spread, *os, *arch)?;
                let fallback = self.fallback.iter().filter(|(of, _)| of.os == *os).map(|(of, by)| (*of, *by)).collect();
                files.push((*os, HostFile { path, value, source: source.clone(), arch: *arch, fallback }));
            }
        }
        Some(files)
    }

    /// Where a file of this machine lands.
    pub(super) fn place_file(&self, site: &Site<'_>, os: Os, file: &str) -> Option<(ImagePath, String)> {
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| if stem.is_empty() { file } else { stem });
        let known = [("os", os.as_str()), ("file", file), ("name", stem)];
        self.fill(site, "/{os}/{file}", "file", &known)
    }

    fn place(&self, site: &Site<'_>, spread: &Spread<'_>, os: Os, arch: Option<Arch>) -> Option<(ImagePath, String)> {
        let file = format!("{}{}", spread.name, os.exe_suffix());
        let mut known =
            vec![("os", os.as_str()), ("name", spread.name), ("file", file.as_str()), ("exe", os.exe_suffix())];
        known.extend(spread.is_bin.then_some(("bin", spread.name)));
        known.extend(arch.map(|arch| ("arch", arch.as_str())));
        self.fill(site, spread.default, if spread.is_bin { "bin" } else { "name" }, &known)
    }

    /// Fills the group's template or the default one; a mistake stands at the key that the path came from.
    fn fill(&self, site: &Site<'_>, default: &str, key: &str, known: &[(&str, &str)]) -> Option<(ImagePath, String)> {
        let site = if self.path.is_some() { site.key("path") } else { site.key(key) };
        let value = site.take(template::fill(self.path.as_deref().unwrap_or(default), known))?;
        Some((words::image_path(&site, &value)?, value))
    }
}

fn systems(site: &Site<'_>, words: &[String]) -> Option<Vec<Os>> {
    if words.is_empty() {
        return site.wrong_help("no operating system is named", "leave the key out for all three");
    }
    let systems = words.iter().enumerate().map(|(index, word)| match word.parse::<Os>() {
        Ok(os) => Some(os),
        Err(_) => site.index(index).wrong_help(format_args!("`{word}` is no operating system"), known_systems(word)),
    });
    let mut systems: Vec<Os> = super::every(systems)?;
    systems.sort_unstable();
    systems.dedup();
    Some(systems)
}

fn fallback<'a>(
    site: &Site<'_>,
    systems: Option<&[Os]>,
    written: impl Iterator<Item = (&'a String, &'a String)>,
) -> Option<BTreeMap<Platform, Platform>> {
    let pairs = super::every(written.map(|(of, by)| {
        let site = site.key(of);
        let of = words::platform(&site, of);
        let by = words::platform(&site, by);
        Some((site, of?, by?))
    }))?;
    let map: BTreeMap<Platform, Platform> = pairs.iter().map(|(_, of, by)| (*of, *by)).collect();
    for (site, of, by) in &pairs {
        if of.os != by.os || of == by {
            return site.wrong(format_args!("`{}` cannot stand in for `{}`", by.dashed(), of.dashed()));
        }
        if map.contains_key(by) {
            return site.wrong(format_args!("`{}` is itself replaced by another platform", by.dashed()));
        }
        if systems.is_some_and(|systems| !systems.contains(&of.os)) {
            return site.wrong_help(format_args!("the group has no files for {}", of.os), "leave the key out");
        }
    }
    Some(map)
}
