//! Programs of somebody else: where they are and what they must hash to.

use std::collections::BTreeMap;

use super::spread::Shape;
use super::{template, words};
use crate::domain::{Digest, FileName, Platform};
use crate::manifest::de::list;
use crate::manifest::extension::Download;
use crate::manifest::mistake::Site;

pub(super) fn download(
    site: &Site<'_>,
    shape: &Shape,
    url: &str,
    name: FileName,
    sha256: BTreeMap<String, String>,
) -> Option<Download> {
    let url = checked_url(&site.key("url"), url, &name);
    let sha256 = hashes(&site.key("sha256"), shape, sha256);
    let (url, sha256) = (url?, sha256?);
    // One address has one content: two hashes for it can never both be right.
    let mut seen: BTreeMap<String, (Platform, Digest)> = BTreeMap::new();
    for (platform, digest) in &sha256 {
        let address = address(&url, *platform);
        if let Some((other, _)) = seen.get(&address).filter(|(_, known)| known != digest) {
            return site.key("url").wrong_help(
                format_args!("`{address}` is the URL for {other} and for {platform}, which have different hashes"),
                "put `{os}` and `{arch}` into the URL, or use one `[[host]]` for each URL",
            );
        }
        seen.insert(address, (*platform, *digest));
    }
    Some(Download { name, url, sha256 })
}

/// The URL of a platform's file.
fn address(url: &str, platform: Platform) -> String {
    let filled = url.replace("{os}", platform.os.as_str()).replace("{arch}", platform.arch.as_str());
    filled.replace("{exe}", platform.os.exe_suffix())
}

fn checked_url(site: &Site<'_>, url: &str, name: &FileName) -> Option<String> {
    let kept = [("os", "{os}"), ("arch", "{arch}"), ("exe", "{exe}"), ("name", name.as_str())];
    let url = words::url(site, &site.take(template::fill(url, &kept))?)?;
    let Some(rest) = url.strip_prefix("http://") else { return Some(url) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    // A program on this machine may be served without TLS, by a test or a local mirror.
    if ["localhost", "127.0.0.1", "[::1]"].contains(&host) {
        Some(url)
    } else {
        site.wrong_help(format_args!("`{url}` is not encrypted"), "write `https://`")
    }
}

fn hashes(site: &Site<'_>, shape: &Shape, written: BTreeMap<String, String>) -> Option<BTreeMap<Platform, Digest>> {
    let hashes = written.iter().map(|(platform, hash)| {
        let site = site.key(platform);
        let platform = words::platform(&site, platform);
        let digest = site.take(Digest::from_hex(hash.strip_prefix("sha256:").unwrap_or(hash)));
        Some((platform?, digest?))
    });
    let hashes: BTreeMap<Platform, Digest> = super::every(hashes)?.into_iter().collect();
    let missing: Vec<String> =
        shape.needed().filter(|platform| !hashes.contains_key(platform)).map(Platform::dashed).collect();
    if !missing.is_empty() {
        return site.wrong_help(
            format_args!("no hash for {}", list(missing)),
            "add the hashes; or name a stand-in in `fallback`, or fewer systems in `os`",
        );
    }
    let unused = hashes.keys().find(|platform| !shape.needed().any(|needed| needed == **platform));
    match unused {
        Some(platform) => site.key(&platform.dashed()).wrong_help(
            format_args!("nothing is fetched for {platform}"),
            "leave the hash out; `os` or `fallback` leaves the platform out",
        ),
        None => Some(hashes),
    }
}
