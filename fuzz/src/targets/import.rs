//! `import`: a folder with a metadata.json and a Dockerfile becomes a table. The first part of an input is the
//! metadata.json, the second the Dockerfile, and the third a Cargo.toml that the table is added to.

use cargo_dext::scaffold::import::{Target, folder, import, merge};

use crate::scratch::Scratch;
use crate::text;

/// Files that a Dockerfile may copy.
const FILES: [(&str, &[u8]); 5] = [
    ("icon.svg", b"<svg/>"),
    ("compose.yaml", b"services: {}\n"),
    ("ui/index.html", b"<html></html>"),
    ("host/linux/tool", b"#!/bin/sh\n"),
    ("host/windows/tool.cmd", b"@echo off\r\n"),
];

/// Reads a folder, makes the table, and adds it to a Cargo.toml.
pub fn run(data: &[u8]) {
    let mut parts = text::parts(data).into_iter();
    let mut scratch = Scratch::new();
    FILES.iter().for_each(|(path, bytes)| drop(scratch.write(path, bytes)));
    scratch.write("metadata.json", parts.next().unwrap_or_default());
    if let Some(dockerfile) = parts.next() {
        scratch.write("Dockerfile", dockerfile);
    }
    let manifest = parts.next().map(String::from_utf8_lossy).unwrap_or_default();
    match folder::read(scratch.path()) {
        Err(error) => text::error(&error),
        Ok(imported) => match import(&imported, &Target::imagined(scratch.path())) {
            Err(error) => text::error(&error),
            Ok(made) => {
                let table = made.toml("package.metadata.extension");
                merge::merged("", "package.metadata.extension", &table).expect("a table is TOML");
                drop(merge::merged(&manifest, "package.metadata.extension", &table));
                for source in made.sources() {
                    assert!(!source.split('/').any(|step| step == ".."), "{source} leads out of the folder");
                }
            }
        },
    }
    scratch.untouched();
}
