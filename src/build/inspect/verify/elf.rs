//! What Linux machines have, and what they do not.

use super::{Expectation, Finding, error, verify_kind, warning};
use crate::build::inspect::Elf;

pub(super) fn verify(elf: &Elf, expected: &Expectation) -> Vec<Finding> {
    let mut findings = Vec::from_iter(verify_kind(elf.kind, expected.role));
    if expected.must_be_static && !elf.is_static() {
        let needs = elf.interpreter.iter().chain(&elf.libraries).cloned().collect::<Vec<_>>().join(", ");
        findings.push(error(
            format!("it is not static: it needs {needs}"),
            "build it for a `-musl` triple, or take a base image that has what it needs",
        ));
        return findings;
    }
    if let (Some(needed), Some(floor)) = (elf.glibc, expected.glibc_floor)
        && needed > floor
    {
        findings.push(error(
            format!("it needs glibc {needed}; at most {floor} is wanted"),
            "link it with zig against the older glibc, build it for a `-musl` triple, or raise `glibc`",
        ));
    }
    findings.extend(elf.interpreter.as_deref().and_then(verify_loader));
    findings.extend(elf.libraries.iter().filter(|name| !is_c_library(name)).map(|name| {
        warning(format!("it needs {name}, which not every Linux machine has"), "link the library statically")
    }));
    findings
}

/// Whether a library comes with the C library, or, as libgcc_s does, with every system that has glibc.
fn is_c_library(name: &str) -> bool {
    const STEMS: &str = "libc libm libdl libpthread librt libutil libresolv libgcc_s ld-linux-x86-64 ld-linux-aarch64";
    name.starts_with("libc.musl-")
        || name.split_once(".so").is_some_and(|(stem, _)| STEMS.split_whitespace().any(|known| known == stem))
}

fn verify_loader(loader: &str) -> Option<Finding> {
    const USUAL: [&str; 2] = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];
    if USUAL.contains(&loader) {
        None
    } else if loader.starts_with("/lib/ld-musl-") {
        Some(warning(
            format!("it is started by {loader}, which only systems with musl have"),
            "link it statically (`-C target-feature=+crt-static`)",
        ))
    } else {
        Some(warning(
            format!("it is started by {loader}, which other machines do not have"),
            "build it for a `-musl` triple, or with a toolchain whose loader stands in its usual place",
        ))
    }
}
