//! The backend in Docker Desktop's virtual machine, and the binaries that a table can name.

use super::{all, every, words};
use crate::domain::{BinName, FileName, Reference};
use crate::manifest::de::list;
use crate::manifest::extension::{Base, BinRef, Origin, PlacedFile, SCRATCH, Vm};
use crate::manifest::mistake::{Site, nearest};
use crate::manifest::raw::{RawBase, RawPlaced, RawVm, StringOr};

/// What Docker Desktop replaces by the extension's own image.
///
/// Source: Docker's manual, `extensions-sdk/build/backend-extension-tutorial.md`.
pub(super) const OWN_IMAGE: &str = "${DESKTOP_PLUGIN_IMAGE}";

pub(super) fn vm(site: &Site<'_>, origin: &Origin, raw: RawVm) -> Option<Vm> {
    let has_image = raw.bin.is_some() || raw.base.is_some();
    let runs = has_image || raw.image.is_some() || raw.composefile.is_some() || !raw.extra.is_empty();
    if !runs && raw.socket.is_some() {
        site.key("socket")
            .wrong_help::<()>("nothing runs that could listen on the socket", "set `bin`, `image` or `composefile`");
    }
    for (key, set) in [("path", raw.path.is_some()), ("package", raw.package.is_some())] {
        if set && raw.bin.is_none() {
            site.key(key).wrong::<()>(format_args!("`{key}` needs `bin`"));
        }
    }
    if raw.args.is_some() && !has_image {
        site.key("args").wrong::<()>("`args` needs `bin` or `base`");
    }
    let bin = raw.bin.map(|bin| {
        let found = find_bin(&site.key("bin"), origin, &bin, raw.package.as_deref());
        let path = match &raw.path {
            Some(path) => words::image_path(&site.key("path"), path),
            None => found.as_ref().and_then(|bin| words::image_path(&site.key("bin"), bin.name.as_str())),
        };
        Some((found?, path?))
    });
    let args = site.key("args");
    let args =
        every(raw.args.unwrap_or_default().into_iter().enumerate().map(|(index, arg)| match arg.contains('\0') {
            true => args.index(index).wrong("the argument has a NUL character"),
            false => Some(arg),
        }));
    let base = raw.base.map_or(Some(Base::Scratch), |raw| base(&site.key("base"), origin, raw));
    let socket = raw.socket.map(|socket| site.key("socket").take(FileName::new(&socket)));
    let composefile = raw.composefile.map(|file| composefile(&site.key("composefile"), origin, file));
    let default_image = (has_image && composefile.is_none()).then(|| OWN_IMAGE.to_owned());
    let image = raw.image.or(default_image).map(|image| vm_image(&site.key("image"), image));
    Some(Vm {
        bin: all(bin)?,
        args: args?,
        base: base?,
        socket: all(socket)?,
        image: all(image)?,
        composefile: all(composefile)?,
        extra: raw.extra,
    })
}

fn base(site: &Site<'_>, origin: &Origin, raw: RawBase) -> Option<Base> {
    match raw {
        StringOr::Text(text) if text == SCRATCH => Some(Base::Scratch),
        StringOr::Text(text) if text.starts_with('.') || text.starts_with('/') => site.wrong_help(
            format_args!("`{text}` is no image reference"),
            format_args!("for an OCI layout on this machine write `base = {{ layout = \"{text}\" }}`"),
        ),
        StringOr::Text(text) => site.take(Reference::parse(&text)).map(Base::Registry),
        StringOr::Table(raw) => {
            let layout = words::source(&site.key("layout"), origin, &raw.layout);
            let tag = raw.tag.map(|tag| words::line(&site.key("tag"), tag));
            Some(Base::Layout(layout?, all(tag)?))
        }
    }
}

/// A bare source keeps its path in the image; metadata.json gets it as it is written.
fn composefile(site: &Site<'_>, origin: &Origin, raw: RawPlaced) -> Option<PlacedFile> {
    words::placed(site, origin, raw, |text| (text.trim_start_matches('/').to_owned(), text.to_owned()))
}

fn vm_image(site: &Site<'_>, image: String) -> Option<String> {
    match Reference::parse(&image) {
        _ if image == OWN_IMAGE => Some(image),
        Ok(_) => Some(image),
        Err(error) => site.wrong_help(error, format_args!("the extension's own image is `{OWN_IMAGE}`")),
    }
}

/// Finds a Cargo binary: in the package that is named, else in the table's own, else in the only member that
/// has one of that name.
pub(super) fn find_bin(site: &Site<'_>, origin: &Origin, name: &str, package: Option<&str>) -> Option<BinRef> {
    let bin = site.take(BinName::new(name))?;
    if let Some(package) = package {
        return bin_of_package(site, origin, bin, package);
    }
    let mut packages: Vec<&str> =
        origin.bins.iter().filter(|known| known.name == bin).map(|known| known.package.as_str()).collect();
    packages.sort_unstable();
    let own = packages.iter().find(|package| Some(**package) == origin.package.as_deref());
    match (own, packages.as_slice()) {
        (Some(package), _) | (None, [package]) => Some(BinRef { package: (*package).to_owned(), name: bin }),
        (None, []) => unknown_bin(site, &bin, origin.bins.iter().map(|known| known.name.as_str()).collect()),
        (None, packages) => site.wrong_help(
            format_args!("several packages have a binary `{bin}`: {}", list(packages)),
            "say which with `package = \"…\"`",
        ),
    }
}

fn bin_of_package(site: &Site<'_>, origin: &Origin, bin: BinName, package: &str) -> Option<BinRef> {
    let names: Vec<&str> =
        origin.bins.iter().filter(|known| known.package == package).map(|known| known.name.as_str()).collect();
    if names.contains(&bin.as_str()) {
        return Some(BinRef { package: package.to_owned(), name: bin });
    }
    if !names.is_empty() {
        return unknown_bin(site, &bin, names);
    }
    let packages: std::collections::BTreeSet<&str> = origin.bins.iter().map(|known| known.package.as_str()).collect();
    site.wrong_help(
        format_args!("no package `{package}` with a binary is in the workspace"),
        match nearest(package, packages.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("packages with binaries are {}", list(packages)),
        },
    )
}

fn unknown_bin<T>(site: &Site<'_>, bin: &BinName, mut known: Vec<&str>) -> Option<T> {
    known.sort_unstable();
    known.dedup();
    let help = match nearest(bin.as_str(), known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "add `src/main.rs` or a `[[bin]]`".to_owned(),
        None => format!("binaries are {}", list(known)),
    };
    site.wrong_help(format_args!("there is no binary `{bin}`"), help)
}
