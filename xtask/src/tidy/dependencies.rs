//! Every dependency is there for a reason, and the crate docs say which.

use super::Finding;
use super::source::Source;

/// Finds dependencies in the manifest that the docs have no line ``* `name`: why`` for.
pub fn check(manifest: &Source, docs: &Source) -> Vec<Finding> {
    let missing = names(&manifest.text).into_iter().filter(|(_, name)| !is_explained(&docs.text, name));
    missing
        .map(|(line, name)| {
            manifest.finding_in_line(line, format!("{} does not say why: `//! * `{name}`: …`", docs.path))
        })
        .collect()
}

fn is_explained(docs: &str, name: &str) -> bool {
    let items = docs.lines().filter_map(|line| line.strip_prefix("//! ")?.trim_start().strip_prefix(['*', '-']));
    items.map(str::trim_start).any(|item| {
        // One line may explain packages that belong together: `* `a`, `b`: why`.
        item.split_once(':').is_some_and(|(names, _)| names.contains(&format!("`{name}`")))
    })
}

/// The names in `[dependencies]`, `[dev-dependencies]` and the like, each with its line.
fn names(manifest: &str) -> Vec<(usize, &str)> {
    let (mut names, mut inside) = (Vec::new(), false);
    for (number, line) in manifest.lines().enumerate() {
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end().trim_end_matches(']');
            inside = header.ends_with("dependencies");
            if let Some((table, name)) = header.rsplit_once('.')
                && table.ends_with("dependencies")
            {
                names.push((number + 1, name));
            }
        } else if inside
            && let Some((name, _)) = line.split_once('=')
            && !line.starts_with([' ', '#', ']', '}'])
        {
            names.push((number + 1, name.split('.').next().unwrap_or(name).trim()));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[package]\nname = \"x\"\n[dependencies]\n# why = 1\ntar = \"1\"\nserde.workspace = true\n\
        clap = { features = [\n    \"derive\" ] }\n[dev-dependencies]\nescargot = \"1\"\n[target.'cfg(unix)'.dependencies.nix]\nversion = \"1\"\n";

    #[test]
    fn names_are_read() {
        let names: Vec<&str> = names(MANIFEST).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["tar", "serde", "clap", "escargot", "nix"]);
    }

    #[test]
    fn an_unexplained_dependency_is_found() {
        let docs = "//! * `tar`: archives\n//! - `serde`, `clap`: words\n//! * `escargot`: tests\n/// * `nix`: not the crate's docs\n";
        let found = check(&Source::new("Cargo.toml", MANIFEST.to_owned()), &Source::new("src/lib.rs", docs.to_owned()));
        assert_eq!(found.iter().map(|found| found.line).collect::<Vec<_>>(), [11]);
    }
}
