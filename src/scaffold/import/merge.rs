//! The table in a Cargo.toml that exists: every byte of it stays, and the table follows at its end.

use toml_edit::{Decor, DocumentMut, Item, RawString, Table};

/// The byte order mark, which Windows' editors put at the start of a file.
const MARK: char = '\u{feff}';

/// Why a table has no place in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPlace {
    /// The manifest is no TOML.
    Broken(String),
    /// The table is there.
    Taken,
    /// A key of the way to it is something else than a table.
    NoTable,
}

/// The text of `manifest` with `table`, the text of `[key]`, at its end, in the manifest's own line ends. What was there
/// stays byte for byte, unless an inline table is on the way: no header can add to that, so it gets one of its own.
///
/// # Errors
/// When there is such a table already, or the manifest cannot hold it.
pub fn merged(manifest: &str, key: &str, table: &str) -> Result<String, NoPlace> {
    let broken = |error: toml_edit::TomlError| NoPlace::Broken(error.to_string());
    // The mark belongs to the file, not to the document.
    let (mark, text) = if manifest.starts_with(MARK) { manifest.split_at(MARK.len_utf8()) } else { ("", manifest) };
    let mut document: DocumentMut = text.parse().map_err(broken)?;
    let (above, name) = key.rsplit_once('.').unwrap_or(("", key));
    let opened = open(document.as_table_mut(), above.split('.').filter(|step| !step.is_empty()), name)?;
    let text = if opened { document.to_string() } else { text.to_owned() };
    let gap = match text.as_str() {
        "" => "",
        text if text.ends_with("\n\n") || text.ends_with("\n\r\n") => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let added = format!("{gap}{table}");
    let text = match (has_windows_lines(manifest), opened) {
        (false, _) => text + &added,
        (true, false) => text + &windows_lines(&added),
        // Whatever was written anew has the other line ends.
        (true, true) => windows_lines(&(text + &added)),
    };
    text.parse::<DocumentMut>().map_err(broken)?;
    Ok(format!("{mark}{text}"))
}

/// Whether every line ends as on Windows.
fn has_windows_lines(text: &str) -> bool {
    text.contains('\n') && text.split_inclusive('\n').all(|line| line.ends_with("\r\n") || !line.ends_with('\n'))
}

fn windows_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// Makes every inline table on the way one that a header can add to, and says whether there was one.
fn open<'a>(root: &mut Table, steps: impl Iterator<Item = &'a str>, name: &str) -> Result<bool, NoPlace> {
    let (mut at, mut changed) = (root, false);
    for step in steps {
        let Some((mut key, item)) = at.get_key_value_mut(step) else { return Ok(changed) };
        if item.is_inline_table() {
            let comments = |text: Option<&RawString>| text.and_then(RawString::as_str).unwrap_or_default().to_owned();
            let above = comments(key.leaf_decor().prefix());
            let behind = comments(item.as_value().and_then(|value| value.decor().suffix()));
            let mut table = std::mem::take(item).into_table().map_err(|_| NoPlace::NoTable)?;
            table.set_dotted(false);
            *table.decor_mut() = Decor::new(format!("\n{}", above.trim_start_matches('\n')), behind);
            *item = Item::Table(table);
            // The blanks around a key do not belong into a header.
            key.leaf_decor_mut().clear();
            key.dotted_decor_mut().clear();
            changed = true;
        }
        at = item.as_table_mut().ok_or(NoPlace::NoTable)?;
    }
    if at.contains_key(name) { Err(NoPlace::Taken) } else { Ok(changed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::testing;

    const KEY: &str = "package.metadata.extension";
    const TABLE: &str = "[package.metadata.extension]\ntitle = \"X\"\n";

    #[test]
    fn every_byte_stays() {
        for manifest in [
            "",
            "[package]\nname = \"x\"",
            "# first\n[package] # one\nname = 'x'   # two\n\n\n[dependencies]\n# last\n",
            "[package]\nname = \"x\"\n[package.metadata.docs.rs]\nall-features = true\n\n",
            "[package.metadata]\na = 1\n[package]\nname = \"x\"\n",
            "[package]\nmetadata.a = 1\nname = \"x\"\n",
            "package.name = \"x\" # it\npackage.metadata.a.b = 1\n[lib]\n",
            "\u{feff}[package]\nname = \"x\"\n",
            "[package]\r\nname = \"x\"\n",
        ] {
            let text = merged(manifest, KEY, TABLE).expect(manifest);
            assert!(text.starts_with(manifest) && text.ends_with(TABLE), "{text}");
        }
    }

    #[test]
    fn line_ends_are_those_of_the_manifest() {
        let windows = TABLE.replace('\n', "\r\n");
        for (manifest, merged_with) in [
            ("[package]\r\nname = \"x\"\r\n", format!("[package]\r\nname = \"x\"\r\n\r\n{windows}")),
            ("[package]\r\nname = \"x\"", format!("[package]\r\nname = \"x\"\r\n\r\n{windows}")),
            ("[package]\r\n\r\n", format!("[package]\r\n\r\n{windows}")),
            (
                "\u{feff}[package]\r\nmetadata = { a = 1 }\r\n",
                format!("\u{feff}[package]\r\n\r\n[package.metadata]\r\na = 1\r\n\r\n{windows}"),
            ),
        ] {
            assert_eq!(merged(manifest, KEY, TABLE), Ok(merged_with), "{manifest:?}");
        }
    }

    #[test]
    fn inline_tables_are_opened() {
        for (manifest, opened) in [
            (
                "[package]\nname = \"x\"\nmetadata = { a = 1 }\n",
                "[package]\nname = \"x\"\n\n[package.metadata]\na = 1\n",
            ),
            (
                "[package]\nname = \"x\"\n\n# why\nmetadata = { a = 1 } # what\nversion = \"1.0.0\"\n[lib]\n",
                "[package]\nname = \"x\"\nversion = \"1.0.0\"\n\n# why\n[package.metadata] # what\na = 1\n[lib]\n",
            ),
            ("package = { name = \"x\" } # it\n\n[lib]\n", "\n[package] # it\nname = \"x\"\n\n[lib]\n"),
        ] {
            assert_eq!(merged(manifest, KEY, TABLE), Ok(format!("{opened}\n{TABLE}")), "{manifest}");
        }
    }

    /// What a manifest says, without the extension and without tables that are there for it alone.
    fn said(manifest: &str) -> serde_json::Value {
        let mut said = testing::json(manifest.trim_start_matches(MARK));
        let package = said["package"].as_object_mut().expect("every manifest here has a package");
        if let Some(metadata) = package.get_mut("metadata").and_then(serde_json::Value::as_object_mut) {
            metadata.remove("extension");
            if metadata.is_empty() {
                package.remove("metadata");
            }
        }
        said
    }

    /// Every manifest that can be made of some parts.
    fn manifests() -> Vec<String> {
        let parts: [&[&str]; 4] = [
            &["", "# first\n\n", "\u{feff}", "[profile.release] # fast\nstrip = true\n\n"],
            &["[package]\nname = \"x\"\n", "[ package ] # it\nname='x'\nlicense-file = '''\n1'''\n"],
            &[
                "",
                "metadata.a.b = 1 # dotted\n",
                "metadata.docs.rs = { all-features = true }\n",
                "[package.metadata]\na = 1\n",
                "[package.metadata.docs.rs]\na = [\n  1, # one\n]\n",
                "[[package.metadata.several]]\n[[package.metadata.several]]\na = 1\n",
                "metadata = {}\n",
                "  metadata = { a = { b = 1 }, c = 'd' } # inline\n",
                "# above\nmetadata = { a.b = 1 }\nversion = '1'\n",
            ],
            &["", "\n", "\n\n", "\n[dependencies]\n# none", "[[bin]]\nname = \"x\"\n", "[workspace]\nmetadata.a=1\n"],
        ];
        let unix = parts.iter().fold(vec![String::new()], |before, part| {
            before.iter().flat_map(|before| part.iter().map(move |part| format!("{before}{part}"))).collect()
        });
        unix.iter().map(|text| windows_lines(text)).chain(unix.clone()).collect()
    }

    #[test]
    fn whatever_a_manifest_is_made_of_is_said_as_before() {
        let all = manifests();
        assert_eq!(all.len(), 864);
        for manifest in all {
            let text = merged(&manifest, KEY, TABLE).expect(&manifest);
            assert_eq!(said(&text), said(&manifest), "{manifest:?} became {text:?}");
            let written = testing::json(text.trim_start_matches(MARK));
            assert_eq!(written.pointer("/package/metadata/extension/title"), Some(&"X".into()), "{text:?}");
            let inline = manifest.contains("metadata = {");
            assert!(inline || text.starts_with(&manifest), "{manifest:?} became {text:?}");
            assert_eq!(has_windows_lines(&text), has_windows_lines(&manifest), "{manifest:?} became {text:?}");
            assert_eq!(text.matches('#').count(), manifest.matches('#').count(), "{manifest:?} became {text:?}");
            assert_eq!(text.starts_with(MARK), manifest.starts_with(MARK));
        }
    }

    #[test]
    fn a_table_that_is_there_stays() {
        for (manifest, why) in [
            ("[package.metadata.extension]\n", NoPlace::Taken),
            ("[package]\nmetadata.extension.title = 1\n", NoPlace::Taken),
            ("package = { metadata = { extension = 1 } }", NoPlace::Taken),
            ("package = 1", NoPlace::NoTable),
            ("[[package]]\n", NoPlace::NoTable),
        ] {
            assert_eq!(merged(manifest, KEY, TABLE), Err(why), "{manifest}");
        }
        assert!(matches!(merged("[package", KEY, TABLE), Err(NoPlace::Broken(_))));
    }
}
