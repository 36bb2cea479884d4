//! Cargo's JSON messages to paths of binaries. Pure over what Cargo prints.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use cargo_metadata::{Message, TargetKind};

use crate::domain::TargetTriple;

/// A binary that Cargo made or found fresh: its package's id, its name, its triple.
pub type Built = BTreeMap<(String, String, TargetTriple), PathBuf>;

/// Reads the messages of one Cargo call to their end.
///
/// `printed` is the target folder as Cargo names it in the messages, `local` the same folder on this machine;
/// they differ for `cross`, whose container has it at `/target`. Lines that are no message are passed over,
/// as Cargo's own documentation asks: build scripts' output may stand between.
pub fn read(lines: &mut dyn BufRead, printed: &Path, local: &Path) -> Built {
    let mut built = Built::new();
    for message in Message::parse_stream(lines).map_while(Result::ok) {
        let Message::CompilerArtifact(artifact) = message else { continue };
        let is_bin = artifact.target.kind.contains(&TargetKind::Bin);
        let Some(executable) = artifact.executable.filter(|_| is_bin) else { continue };
        let relative = [printed, local].into_iter().find_map(|root| executable.as_std_path().strip_prefix(root).ok());
        // The messages carry no triple; it is the first folder below the target folder.
        let triple = relative.and_then(|path| TargetTriple::new(path.iter().next()?.to_str()?).ok());
        if let (Some(relative), Some(triple)) = (relative, triple) {
            built.insert((artifact.package_id.repr, artifact.target.name, triple), local.join(relative));
        }
    }
    built
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = concat!(
        r#"not json"#,
        "\n",
        r#"{"reason":"compiler-artifact","package_id":"path+file:///ext#app@0.1.0","manifest_path":"/ext/Cargo.toml","target":{"kind":["bin"],"crate_types":["bin"],"name":"tool","src_path":"/ext/src/main.rs","edition":"2021","doc":true,"doctest":false,"test":true},"profile":{"opt_level":"3","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false},"features":[],"filenames":["/target/x86_64-pc-windows-gnu/release/tool.exe"],"executable":"/target/x86_64-pc-windows-gnu/release/tool.exe","fresh":false}"#,
        "\n",
        r#"{"reason":"compiler-artifact","package_id":"path+file:///ext#app@0.1.0","manifest_path":"/ext/Cargo.toml","target":{"kind":["custom-build"],"crate_types":["bin"],"name":"build-script-build","src_path":"/ext/build.rs","edition":"2021","doc":false,"doctest":false,"test":false},"profile":{"opt_level":"0","debuginfo":0,"debug_assertions":true,"overflow_checks":true,"test":false},"features":[],"filenames":["/target/release/build/app-1/build-script-build"],"executable":null,"fresh":false}"#,
        "\n",
        r#"{"reason":"build-finished","success":true}"#,
        "\n"
    );

    #[test]
    fn containers_paths_are_mapped_back() {
        let built = read(&mut LINES.as_bytes(), Path::new("/target"), Path::new("/ext/target/dext/cross"));
        let paths: Vec<String> = built.values().map(|path| path.display().to_string()).collect();
        assert_eq!(paths, ["/ext/target/dext/cross/x86_64-pc-windows-gnu/release/tool.exe"]);
        assert_eq!(built.keys().next().map(|key| key.1.as_str()), Some("tool"));
    }

    #[test]
    fn binaries_elsewhere_are_not_ours() {
        assert!(read(&mut LINES.as_bytes(), Path::new("/elsewhere"), Path::new("/elsewhere")).is_empty());
    }
}
