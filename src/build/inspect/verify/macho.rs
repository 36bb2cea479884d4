//! What Macs start, and what they kill.

use std::collections::BTreeMap;

use super::{Expectation, Finding, error, verify_kind, warning};
use crate::build::inspect::{Signature, Slice};
use crate::domain::Arch;

pub(super) fn verify(slice: &Slice, expected: &Expectation) -> Vec<Finding> {
    let mut findings = Vec::from_iter(verify_kind(slice.kind, expected.role));
    if let (Some(minimum), Some(wanted)) = (slice.minimum, expected.macos_minimum)
        && minimum > wanted
    {
        findings.push(error(
            format!("it needs macOS {minimum}; {wanted} is wanted"),
            "build it with MACOSX_DEPLOYMENT_TARGET set to that version, or raise `macos-minimum`",
        ));
    }
    let mut libraries = BTreeMap::new();
    for name in &slice.libraries {
        *libraries.entry(name.as_str()).or_insert(0_usize) += 1;
    }
    for (name, times) in libraries {
        if times > 1 {
            findings.push(error(
                format!("it loads {name} twice, at which macOS 26 aborts"),
                "link it with zig 0.16 or with Apple's linker",
            ));
        }
        findings.extend(verify_dylib(name));
    }
    findings.extend(verify_signature(&slice.signature, expected.platform.arch));
    findings
}

fn verify_dylib(name: &str) -> Option<Finding> {
    if name.starts_with("/usr/lib/") || name.starts_with("/System/") {
        None
    } else if name.starts_with("@executable_path/") || name.starts_with("@loader_path/") {
        Some(warning(
            format!("it needs {name}, a file beside it"),
            "check that this file is among the host files, or link the library statically",
        ))
    } else {
        Some(error(
            format!("it needs {name}, which users' machines do not have"),
            "link the library statically; many `-sys` crates have a `vendored`, `static` or `bundled` feature",
        ))
    }
}

fn verify_signature(signature: &Signature, arch: Arch) -> Option<Finding> {
    const SIGN: &str = "sign it last, after anything that changes it: `codesign -f -s -` or `rcodesign sign`";
    match signature {
        Signature::Valid { .. } => None,
        Signature::Absent if arch == Arch::Amd64 => None,
        Signature::Absent => Some(error("it is not signed, and no arm64 Mac starts such a program", SIGN)),
        Signature::Broken { why } => {
            Some(error(format!("its signature is broken, and macOS kills such a program: {why}"), SIGN))
        }
        Signature::Unchecked { why } => Some(warning(format!("its signature could not be checked: {why}"), SIGN)),
    }
}
