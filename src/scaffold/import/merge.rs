//! The table in a Cargo.toml that exists: every byte of it stays, and the table follows at its end.

use toml_edit::{DocumentMut, Item, Table};

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

/// The text of `manifest` with `table`, the text of `[key]`, at its end.
///
/// # Errors
/// When there is such a table already, or the manifest cannot hold it.
pub fn merged(manifest: &str, key: &str, table: &str) -> Result<String, NoPlace> {
    let broken = |error: toml_edit::TomlError| NoPlace::Broken(error.to_string());
    let mut document: DocumentMut = manifest.parse().map_err(broken)?;
    let (above, name) = key.rsplit_once('.').unwrap_or(("", key));
    let opened = open(document.as_table_mut(), above.split('.').filter(|step| !step.is_empty()), name)?;
    let text = if opened { document.to_string() } else { manifest.to_owned() };
    let gap = match text.as_str() {
        "" => "",
        text if text.ends_with("\n\n") || text.ends_with("\n\r\n") => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let text = format!("{text}{gap}{table}");
    text.parse::<DocumentMut>().map_err(broken)?;
    Ok(text)
}

/// Makes every table on the way one that a header can add to, and says whether anything had to be changed for that.
fn open<'a>(root: &mut Table, steps: impl Iterator<Item = &'a str>, name: &str) -> Result<bool, NoPlace> {
    let (mut at, mut changed) = (root, false);
    for step in steps {
        let Some((mut key, item)) = at.get_key_value_mut(step) else { return Ok(changed) };
        let closed = item.is_inline_table() || item.as_table().is_some_and(Table::is_dotted);
        if closed {
            let mut table = std::mem::take(item).into_table().map_err(|_| NoPlace::NoTable)?;
            table.set_dotted(false);
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

    const KEY: &str = "package.metadata.extension";
    const TABLE: &str = "[package.metadata.extension]\ntitle = \"X\"\n";

    #[test]
    fn every_byte_stays() {
        for manifest in [
            "",
            "[package]\nname = \"x\"",
            "# first\n[package] # one\nname = 'x'   # two\n\n\n[dependencies]\n# last\n",
            "[package]\r\nname = \"x\"\r\n",
            "[package]\nname = \"x\"\n[package.metadata.docs.rs]\nall-features = true\n\n",
            "[package.metadata]\na = 1\n[package]\nname = \"x\"\n",
        ] {
            let text = merged(manifest, KEY, TABLE).expect(manifest);
            assert!(text.starts_with(manifest) && text.ends_with(TABLE), "{text}");
        }
    }

    #[test]
    fn tables_that_are_closed_are_opened() {
        for (manifest, opened) in [
            (
                "[package]\nname = \"x\"\nmetadata = { a = 1 }\n",
                "[package]\nname = \"x\"\n\n[package.metadata]\na = 1\n",
            ),
            ("[package]\nmetadata.a = 1\nname = \"x\"\n", "[package]\nname = \"x\"\n\n[package.metadata]\na = 1\n"),
            ("package.name = \"x\" # it\n[lib]\n", "[package]\nname = \"x\" # it\n[lib]\n"),
        ] {
            assert_eq!(merged(manifest, KEY, TABLE), Ok(format!("{opened}\n{TABLE}")), "{manifest}");
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
