//! Hides what differs from run to run: folders, times, sizes of compiled programs, digests.

/// What words end with.
const SEPARATORS: [char; 8] = [' ', '\n', '(', ')', '`', ',', '"', '@'];

/// What to hide, in order.
#[derive(Debug, Clone, Default)]
pub struct Redactions(Vec<(String, &'static str)>);

impl Redactions {
    /// Hides times, sizes and digests only.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hides a text too.
    pub fn hide(mut self, text: &str, name: &'static str) -> Self {
        self.0.push((text.to_owned(), name));
        self
    }

    /// The text as it is on every machine.
    pub fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (secret, name) in &self.0 {
            text = text.replace(secret, name);
        }
        // Tests run at the same time, and Cargo says so when it has to wait for another one's.
        let waits = |line: &str| line.contains("Blocking waiting for file lock on package cache");
        let text: String = text.split_inclusive('\n').filter(|line| !waits(line)).collect();
        let mut out = String::with_capacity(text.len());
        for piece in text.split_inclusive(SEPARATORS) {
            let word = piece.trim_end_matches(SEPARATORS);
            out += class(word).unwrap_or(word);
            out += &piece[word.len()..];
        }
        out
    }
}

fn class(word: &str) -> Option<&'static str> {
    let number = |text: &str| text.contains(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok();
    let is_digest = |hex: &str| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    if word.strip_prefix("sha256:").is_some_and(is_digest) {
        return Some("sha256:[DIGEST]");
    }
    if word.strip_suffix('s').is_some_and(|seconds| seconds.contains('.') && number(seconds)) {
        return Some("[TIME]");
    }
    let units = ["KiB", "MiB", "GiB", "B"];
    units.iter().any(|unit| word.strip_suffix(unit).is_some_and(number)).then_some("[SIZE]")
}

#[test]
fn what_differs_is_hidden() {
    let digest = "0123456789abcdef".repeat(4);
    let text = format!("Packaged /tmp/x (1.2MiB) sha256:{digest} in 0.31s, 0.31 stays\n");
    let hidden = Redactions::new().hide("/tmp/x", "[ROOT]").apply(&text);
    assert_eq!(hidden, "Packaged [ROOT] ([SIZE]) sha256:[DIGEST] in [TIME], 0.31 stays\n");
}
