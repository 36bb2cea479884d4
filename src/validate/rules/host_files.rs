//! Rules about the files that `host.binaries` lists: that they are there, and what they run on.

use std::collections::{BTreeMap, BTreeSet};

use super::ui::{ends_in, leaves};
use crate::build::inspect::{Detail, Facts, Kind, Signature};
use crate::domain::{Arch, Os};
use crate::validate::findings::{Findings, Place};
use crate::validate::metadata::{Document, HostPath};
use crate::validate::rule::{Level, Needs, Rule};
use crate::validate::tree::{Lookup, Node, NodeKind};
use crate::validate::view::{PlatformView, View};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "E10",
        level: Level::Error,
        private: Some(Level::Error),
        title: "every path of host.binaries is a regular file of every platform's image, and programs are executable",
        why: "Docker Desktop copies each listed file of the user's system; one that is missing in the image of that \
              CPU aborts the installation: `No such container:path`. The modes are kept as they are in the image. \
              Windows on Arm pulls linux/arm64, so Windows files belong in both images.",
        fix: "copy the file to that path in the image of every platform, with `COPY --chmod=0755` if it is a program",
        key: Some("host"),
        needs: Needs::Image,
        source: "lensapp/lens#5565; rancher-sandbox/rancher-desktop#5067; Docker's manual, \
                 extensions-sdk/guides/invoke-host-binaries.md",
        check: files_are_there,
    },
    Rule {
        id: "E12",
        level: Level::Error,
        private: Some(Level::Error),
        title: "host programs have the format of their system",
        why: "Windows runs PE programs (.exe) and .cmd, .bat and .ps1 scripts, macOS Mach-O, Linux ELF; Unix scripts \
              need a `#!` line with Unix line ends. Another system's file fails when the UI first calls it.",
        fix: "list a program that was built for that system",
        key: Some("host"),
        needs: Needs::Image,
        source: "docker/labs-ai-tools-for-devs#282 is of this class; formats: docs of the systems",
        check: formats_fit,
    },
    Rule {
        id: "E13",
        level: Level::Error,
        private: Some(Level::Error),
        title: "host programs run on the CPU of their image",
        why: "An Arm machine pulls linux/arm64 and gets its host programs from there. metadata.json has no place for \
              the CPU, so each image must hold the programs of its own: otherwise `Bad CPU type in executable`. \
              Programs of both CPUs under names that tell them apart are fine, and so are universal ones.",
        fix: "put the program for each CPU under the same path into the image of that CPU (TARGETARCH in a Dockerfile)",
        key: Some("host"),
        needs: Needs::Image,
        source: "docker/labs-ai-tools-for-devs#282; docker/volumes-backup-extension; Docker's manual, extensions/multi-arch.md",
        check: cpus_fit,
    },
    Rule {
        id: "W14",
        level: Level::Warning,
        private: Some(Level::Warning),
        title: "the Windows programs in the linux/arm64 image are for arm64",
        why: "Windows on Arm pulls linux/arm64; an amd64 program runs there emulated and slower. One that is missing \
              there is E10.",
        fix: "build it for windows/arm64 too",
        key: Some("host"),
        needs: Needs::Image,
        source: "docker/roadmap#91 (Docker Desktop for Windows on Arm); docker/extensions-submissions DISTRIBUTION.md",
        check: windows_on_arm,
    },
    Rule {
        id: "W16",
        level: Level::Warning,
        private: Some(Level::Warning),
        title: "darwin programs for arm64 are signed, at least ad hoc",
        why: "Macs with Apple's CPUs kill a program without a valid signature: `Killed: 9`. No certificate is needed.",
        fix: "sign it last of all: `codesign -f -s -` or `rcodesign sign`",
        key: Some("host"),
        needs: Needs::Image,
        source: "rancher-sandbox/rancher-desktop#7021",
        check: darwin_is_signed,
    },
];

/// A host file that is a regular file of a platform's image.
struct HostFile<'a> {
    platform: &'a PlatformView,
    listed: HostPath<'a>,
    node: &'a Node,
    facts: Option<&'a Result<Facts, String>>,
}

impl HostFile<'_> {
    fn place(&self) -> Place {
        let layer = self.platform.layer(self.node.layer);
        Place::key(self.listed.key()).in_layer(layer).on(Some(self.platform))
    }

    /// What is known of its headers.
    fn known(&self) -> Option<&Facts> {
        self.facts?.as_ref().ok()
    }

    /// Whether it would be started: a program or a script, by its content or its name.
    fn is_program(&self) -> bool {
        match self.known().map(|facts| &facts.detail) {
            Some(Detail::Elf(elf)) => elf.kind == Kind::Program,
            Some(Detail::MachO(macho)) => macho.slices.iter().any(|slice| slice.kind == Kind::Program),
            Some(Detail::Pe(pe)) => pe.kind == Kind::Program,
            Some(Detail::Script(_)) => true,
            Some(Detail::Other(_)) | None => self.listed.path.ends_with(".sh"),
        }
    }
}

fn host_files(view: &View) -> impl Iterator<Item = HostFile<'_>> {
    view.platforms().iter().flat_map(host_files_of)
}

fn host_files_of(platform: &PlatformView) -> impl Iterator<Item = HostFile<'_>> {
    let listed = platform.metadata.document().map(Document::host_paths).unwrap_or_default();
    listed.into_iter().filter_map(move |listed| match platform.files.lookup(listed.path) {
        Lookup::Found { path, node, .. } if node.kind == NodeKind::File => {
            Some(HostFile { platform, listed, node, facts: platform.programs.get(&path) })
        }
        _ => None,
    })
}

fn files_are_there(view: &View, out: &mut Findings<'_>) {
    for (platform, document) in view.whole() {
        for listed in document.host_paths() {
            if let Some(why) = not_a_file(platform, listed.path) {
                let place = Place::key(listed.key()).on(Some(platform));
                out.error(place, format!("the {} file `{}` {why}", listed.os, listed.path));
            }
        }
    }
    for file in host_files(view) {
        // Windows has no such bits.
        if file.listed.os != Os::Windows && file.node.mode & 0o111 == 0 && file.is_program() {
            let HostPath { os, path, .. } = file.listed;
            let message =
                format!("the {os} program `{path}` has mode {:04o}: nobody may execute it", file.node.mode & 0o7777);
            out.error_help(file.place(), message, "copy it with mode 0755: `COPY --chmod=0755`");
        }
    }
}

fn not_a_file(platform: &PlatformView, path: &str) -> Option<String> {
    let drive = path.as_bytes().get(1) == Some(&b':') || path.contains('\\');
    if drive {
        return Some("is a path of a Windows machine, not of the image".to_owned());
    }
    if leaves(path) {
        return Some("leads out of the image".to_owned());
    }
    match platform.files.lookup(path) {
        Lookup::Found { node, .. } if node.kind == NodeKind::File => None,
        Lookup::Found { node, .. } => Some(format!("is {}", node.kind.noun())),
        Lookup::Absent => Some("is not in the image".to_owned()),
        Lookup::Loop => Some("is a link that leads to itself".to_owned()),
    }
}

fn formats_fit(view: &View, out: &mut Findings<'_>) {
    for file in host_files(view) {
        let HostPath { os, path, .. } = file.listed;
        let why = match file.facts {
            Some(Ok(facts)) => misfit(facts, os, path),
            Some(Err(why)) => Some(why.clone()),
            None => None,
        };
        if let Some(why) = why {
            out.error(file.place(), format!("the {os} file `{path}`: {why}"));
        }
    }
}

/// Why a system cannot use a file, whatever the CPU.
fn misfit(facts: &Facts, os: Os, path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let it_is = || Some(format!("it is {}, which no {os} machine runs", facts.noun()));
    match (&facts.detail, os) {
        (Detail::Elf(_), Os::Linux) | (Detail::MachO(_), Os::Darwin) => None,
        // Drivers and screen savers are programs too, by their headers.
        (Detail::Pe(pe), Os::Windows)
            if pe.kind == Kind::Program && !ends_in(&name, &[".exe", ".com", ".scr", ".sys"]) =>
        {
            Some("it is a PE whose name does not end in .exe, without which Windows does not start it".to_owned())
        }
        (Detail::Pe(_), Os::Windows) => None,
        (Detail::Elf(_) | Detail::MachO(_) | Detail::Pe(_), _) => it_is(),
        (Detail::Script(_), os) if facts.platforms.iter().all(|platform| platform.os != os) => it_is(),
        (Detail::Script(script), _) if script.carriage_return => {
            Some(format!("its `#!` line ends in CR LF, so that `{}\\r` is looked for", script.interpreter))
        }
        (Detail::Script(_), _) => None,
        // Data may be of any kind; but what has the name of a program and is a web page was fetched wrongly.
        (Detail::Other(other), os) => {
            let text_or_unknown = ["a text file without a `#!` line", "a file of an unknown format"];
            let named_exe = os == Os::Windows && name.ends_with(".exe");
            let suspicious = !name.contains('.') && !text_or_unknown.contains(&other.looks_like);
            (named_exe || suspicious).then(|| format!("it is {}, not a program", other.looks_like))
        }
    }
}

fn cpus_fit(view: &View, out: &mut Findings<'_>) {
    for platform in view.platforms() {
        let Some(arch) = platform.arch() else { continue };
        let listed = stems(platform, |facts, os| !runs_elsewhere(facts, os, arch));
        let there = programs_for(platform, arch);
        for file in host_files_of(platform) {
            let HostPath { os, path, .. } = file.listed;
            let Some(facts) = file.known().filter(|facts| runs_elsewhere(facts, os, arch)) else { continue };
            let key = (os, without_cpu(path));
            // Programs of both CPUs under names that tell them apart: the UI chooses.
            if listed.contains(&key) {
                continue;
            }
            let message = format!("the {os} program `{path}` is {}, not for {os}/{arch}", facts.noun());
            match there.get(&key) {
                Some(other) => {
                    let help = format!("`/{other}` in the same image is for {os}/{arch}: copy that one to `{path}`");
                    out.error_help(file.place(), message, help);
                }
                None => out.error(file.place(), message),
            }
        }
    }
}

/// Systems and names, without the words for CPUs in them, of the listed files whose headers say `fits`.
fn stems(platform: &PlatformView, fits: impl Fn(&Facts, Os) -> bool) -> BTreeSet<(Os, String)> {
    let files = host_files_of(platform);
    let files = files.filter(|file| file.known().is_some_and(|facts| fits(facts, file.listed.os)));
    files.map(|file| (file.listed.os, without_cpu(file.listed.path))).collect()
}

/// The programs of an image for users' machines of a CPU, listed or not, under the same names.
fn programs_for(platform: &PlatformView, arch: Arch) -> BTreeMap<(Os, String), &str> {
    let known = platform.programs.iter().filter_map(|(path, facts)| Some((path, facts.as_ref().ok()?)));
    let binaries = known.filter(|(_, facts)| !matches!(facts.detail, Detail::Script(_)));
    let systems = binaries.flat_map(|(path, facts)| {
        let fitting = facts.platforms.iter().filter(move |platform| platform.arch == arch);
        fitting.map(move |platform| ((platform.os, without_cpu(path)), path.as_str()))
    });
    systems.collect()
}

/// Whether a program of the right system does not start on a CPU. Windows runs amd64 and 386 programs on arm64
/// (which is W14), and 386 on amd64; everything else starts on its own CPU only.
fn runs_elsewhere(facts: &Facts, os: Os, arch: Arch) -> bool {
    let fits = facts.platforms.iter().any(|platform| platform.os == os && platform.arch == arch);
    match (&facts.detail, os) {
        (Detail::Elf(_), Os::Linux) | (Detail::MachO(_), Os::Darwin) => !fits,
        (Detail::Pe(pe), Os::Windows) => !fits && !matches!(pe.machine.cpu.as_str(), "amd64" | "386"),
        _ => false,
    }
}

/// A path without the words for CPUs in it.
fn without_cpu(path: &str) -> String {
    const CPUS: [&str; 14] = [
        "amd64",
        "arm64",
        "x86_64",
        "x86-64",
        "aarch64",
        "x64",
        "i386",
        "386",
        "intel",
        "silicon",
        "universal",
        "amd",
        "arm",
        "x86",
    ];
    let mut path = path.trim_start_matches("./").trim_start_matches('/').to_ascii_lowercase();
    for cpu in CPUS {
        let mut from = 0;
        while let Some(at) = path[from..].find(cpu).map(|at| from + at) {
            let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            let whole = !is_letter(path[..at].chars().next_back()) && !is_letter(path[at + cpu.len()..].chars().next());
            if whole {
                path.replace_range(at..at + cpu.len(), "");
            }
            from = if whole { at } else { at + cpu.len() };
        }
    }
    path.retain(|c| !matches!(c, '-' | '_' | '/'));
    path
}

fn windows_on_arm(view: &View, out: &mut Findings<'_>) {
    let native = |facts: &Facts| matches!(&facts.detail, Detail::Pe(pe) if pe.machine.cpu == "arm64");
    for platform in view.platforms().iter().filter(|platform| platform.arch() == Some(Arch::Arm64)) {
        let listed = stems(platform, |facts, os| os == Os::Windows && native(facts));
        for file in host_files_of(platform).filter(|file| file.listed.os == Os::Windows) {
            let Some(facts @ Facts { detail: Detail::Pe(pe), .. }) = file.known() else { continue };
            let chosen = native(facts) || listed.contains(&(Os::Windows, without_cpu(file.listed.path)));
            if !chosen && pe.kind == Kind::Program {
                let message = format!("the Windows program `{}` is for {} only", file.listed.path, pe.machine);
                out.warning(file.place(), message);
            }
        }
    }
}

fn darwin_is_signed(view: &View, out: &mut Findings<'_>) {
    for file in host_files(view).filter(|file| file.listed.os == Os::Darwin) {
        let Some(Facts { detail: Detail::MachO(macho), .. }) = file.known() else { continue };
        let arm = macho.slices.iter().find(|slice| slice.machine.cpu == "arm64");
        let why = match arm.map(|slice| &slice.signature) {
            Some(Signature::Absent) => "is not signed".to_owned(),
            Some(Signature::Broken { why }) => format!("has a broken signature: {why}"),
            _ => continue,
        };
        out.warning(file.place(), format!("the darwin program `{}` for arm64 {why}", file.listed.path));
    }
}

#[cfg(test)]
pub(super) mod cases;
