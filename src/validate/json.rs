//! From a key of a JSON text to where it stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::locate::Location;

/// How deep values are followed. What nests deeper was refused before anybody asked.
const MAX_DEPTH: usize = 128;

/// The places of keys, each by its path, and of all keys above them. The text is read once, however many keys are
/// asked for. It must be JSON; of another text, some places or none are told.
pub(super) fn places(text: &str, keys: &BTreeSet<String>) -> BTreeMap<String, Location> {
    let mut reader = Reader { text, at: 0, path: String::new(), keys, found: BTreeMap::new() };
    // Where the text is no JSON, what was found so far is all there is.
    let _ = reader.value(0);
    let mut offsets: Vec<(usize, String)> = reader.found.into_iter().map(|(path, at)| (at, path)).collect();
    offsets.sort_unstable();
    let (mut line, mut start, mut passed) = (1, 0, 0);
    let located = offsets.into_iter().map(|(at, path)| {
        let between = &text[passed..at];
        line += between.matches('\n').count();
        start = between.rfind('\n').map_or(start, |end| passed + end + 1);
        passed = at;
        (path, Location { line, column: text[start..at].chars().count() + 1 })
    });
    located.collect()
}

/// The place of a key, or of the nearest one above it that is there.
pub(super) fn nearest(places: &BTreeMap<String, Location>, key: &str) -> Option<Location> {
    let mut key = key;
    loop {
        if let Some(place) = places.get(key) {
            return Some(*place);
        }
        key = &key[..key.rfind(['.', '['])?];
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    path: String,
    keys: &'a BTreeSet<String>,
    found: BTreeMap<String, usize>,
}

impl<'a> Reader<'a> {
    /// Reads a value that somebody asked for, or for something in it; none where the text is no JSON.
    fn value(&mut self, depth: usize) -> Option<()> {
        self.blanks();
        match self.peek()? {
            b'{' if depth < MAX_DEPTH => self.object(depth),
            b'[' if depth < MAX_DEPTH => self.list(depth),
            _ => self.skip(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        loop {
            self.blanks();
            if self.takes(b'}') {
                return Some(());
            }
            let start = self.at;
            let name = self.name()?;
            self.blanks();
            self.takes(b':').then_some(())?;
            let before = self.path.len();
            if before > 0 {
                self.path.push('.');
            }
            self.path.push_str(&name);
            self.below(start, depth)?;
            self.path.truncate(before);
            self.blanks();
            self.takes(b',');
        }
    }

    fn list(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        for nth in 0.. {
            self.blanks();
            if self.takes(b']') {
                break;
            }
            let before = self.path.len();
            self.path.push_str(&format!("[{nth}]"));
            self.below(self.at, depth)?;
            self.path.truncate(before);
            self.blanks();
            self.takes(b',');
        }
        Some(())
    }

    /// Reads what is at the path, which was named at `start`.
    fn below(&mut self, start: usize, depth: usize) -> Option<()> {
        let is_asked = self.keys.contains(&self.path);
        let starts = |step: char| {
            let start = format!("{}{step}", self.path);
            self.keys.range(start.clone()..).next().is_some_and(|key| key.starts_with(&start))
        };
        let leads_on = starts('.') || starts('[');
        if !is_asked && !leads_on {
            self.blanks();
            return self.skip();
        }
        if self.found.insert(self.path.clone(), start).is_some() {
            // Of a key that occurs twice the last one counts, and nothing that stood in the first.
            let path = &self.path;
            self.found.retain(|known, _| !known.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '['])));
        }
        self.value(depth + 1)
    }

    /// Passes over a value.
    fn skip(&mut self) -> Option<()> {
        let mut open = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.pass_text()?,
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' if open > 0 => {
                    open -= 1;
                    self.at += 1;
                }
                _ if open > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    let rest = &self.text.as_bytes()[self.at..];
                    let end = rest.iter().position(|byte| b",]} \t\r\n".contains(byte)).unwrap_or(rest.len());
                    // Something that is no value must not be read for ever.
                    (end > 0).then_some(())?;
                    self.at += end;
                }
            }
            if open == 0 {
                return Some(());
            }
        }
    }

    /// The text of a key.
    fn name(&mut self) -> Option<String> {
        let start = self.at;
        self.pass_text()?;
        serde_json::from_str(&self.text[start..self.at]).ok()
    }

    fn pass_text(&mut self) -> Option<()> {
        self.takes(b'"').then_some(())?;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(())
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
  "icon": "é", "é": {"x": [1, {"path": "]}\"{["}]},
  "host": {
    "binaries": [
      { "darwin": [{ "path": "/a" }, { "path": "/b" }] },
      {}
    ]
  },
  "a\u0062": [[], [[ 7 ]]],
  "twice": { "old": 1 },
	"twice": { "new": 2 }
}
"#;

    fn place(text: &str, key: &str) -> Option<String> {
        let keys = BTreeSet::from([key.to_owned(), "icon".to_owned()]);
        nearest(&places(text, &keys), key).map(|place| place.to_string())
    }

    #[test]
    fn keys_are_found_at_their_lines() {
        for (key, found) in [
            ("icon", Some("2:3")),
            ("é", Some("2:16")),
            ("é.x[1].path", Some("2:32")),
            ("host", Some("3:3")),
            ("host.binaries[0].darwin[1].path", Some("5:40")),
            ("host.binaries[1]", Some("6:7")),
            ("host.binaries[1].linux", Some("6:7")),
            ("host.binaries[2].linux", Some("4:5")),
            ("hos", None),
            ("gone.too", None),
            ("ab[1][0][0]", Some("9:22")),
            ("twice.new", Some("11:13")),
            ("twice.old", Some("11:2")),
        ] {
            assert_eq!(place(TEXT, key).as_deref(), found, "{key}");
            let windows = TEXT.replace('\n', "\r\n");
            assert_eq!(place(&windows, key).as_deref(), found, "{key}");
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for end in (0..TEXT.len()).filter(|end| TEXT.is_char_boundary(*end)) {
            place(&TEXT[..end], "host.binaries[0].darwin[1].path");
            place(&TEXT[end..], "a");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(300), "}".repeat(300));
        assert_eq!(place(&deep, &vec!["a"; 300].join(".")).as_deref(), Some("1:637"));
        for text in ["", "{", "{\"", "{\"a", "{\"a\\", "{\"a\":", "[,]", "{,}", "]", "{\"a\" 1}"] {
            place(text, "a.b");
        }
    }

    #[test]
    fn many_keys_take_one_reading() {
        let text =
            format!("{{{}\"z\": 1}}", (0..5_000).map(|nth| format!("\"k{nth}\": [{nth}],\n")).collect::<String>());
        let keys: BTreeSet<String> = (0..5_000).map(|nth| format!("k{nth}[0]")).collect();
        let places = places(&text, &keys);
        assert_eq!(places.len(), 10_000);
        assert_eq!(places["k4999[0]"].line, 5_000);
    }
}
