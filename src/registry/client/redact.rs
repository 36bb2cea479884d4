//! What a server must not make us print: secrets that it was sent and repeats, in whatever spelling.

use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD, Engine};

/// What stands where a secret stood.
const REDACTED: &str = "<redacted>";

/// The shortest piece of base64 that is looked for, in characters. What is shorter stands in other words too.
const MIN_PIECE: usize = 6;

/// The shortest beginning of a secret that is looked for at the end of a text, in bytes.
const MIN_BEGINNING: usize = 4;

/// How much of a text is told, in bytes. What a server writes may be made to be slow to search.
const MAX_TOLD: usize = 4 << 10;

/// Secrets that were shown to servers, each with what base64 makes of it, the longest first: a pair goes as a whole
/// before the password that ends it.
#[derive(Debug, Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Adds a password or token.
    pub fn learn(&mut self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        let pieces = encoded(secret).into_iter().chain(pieces(secret)).filter(|piece| piece.len() >= MIN_PIECE);
        self.add(pieces.chain([secret.to_owned()]));
    }

    /// Adds a user and a password or token as the scheme `Basic` sends them: `user:password` in base64.
    pub fn learn_pair(&mut self, pair: &str) {
        // A colon alone is a pair of which nobody made a secret.
        if pair.len() > 1 {
            self.add(encoded(pair).into_iter().chain([pair.to_owned()]));
        }
    }

    /// Adds the user and password that stand in the address of a proxy, or the user alone, who is then a token.
    pub fn learn_proxy(&mut self, address: &str) {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        let Some((pair, _)) = rest.rsplit_once('@') else { return };
        // What the proxy is sent is decoded; what it repeats may be the one or the other.
        for pair in [pair.to_owned(), decoded(pair)] {
            let (user, password) = pair.split_once(':').unwrap_or((&pair, ""));
            self.learn(if password.is_empty() { user } else { password });
            self.learn_pair(&format!("{user}:{password}"));
        }
    }

    fn add(&mut self, secrets: impl IntoIterator<Item = String>) {
        self.0.extend(secrets);
        self.0.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.0.dedup();
    }

    /// All that is looked for.
    pub fn known(&self) -> &[String] {
        &self.0
    }
}

/// The text without the secrets, however they are spelled in it. Of a text that is too long for people, the
/// beginning.
pub fn hide(text: &str, secrets: &[String]) -> String {
    let (mut told, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next().filter(|_| told.len() < MAX_TOLD) {
        // A body that breaks off may do so within a secret.
        let begins = rest.len() >= MIN_BEGINNING && secrets.iter().any(|secret| secret.starts_with(rest));
        match secrets.iter().find_map(|secret| without(rest, secret)).or_else(|| begins.then_some("")) {
            Some(after) => {
                told.push_str(REDACTED);
                rest = after;
            }
            None => {
                told.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    told
}

/// A text in which `%2B` stands for `+`. What comes out and is no Unicode is replaced.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What base64 makes of a text, in its two alphabets, with and without padding.
fn encoded(text: &str) -> [String; 4] {
    [
        BASE64_STANDARD.encode(text),
        BASE64_STANDARD_NO_PAD.encode(text),
        BASE64_URL_SAFE.encode(text),
        BASE64_URL_SAFE_NO_PAD.encode(text),
    ]
}

/// What base64 makes of a text in the middle of something longer: one piece for each of the three places at which it
/// can begin within a group of three bytes, without the characters that depend on what stands beside it.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    (0..3).flat_map(move |before| {
        let whole = "\0".repeat(before) + text;
        let (first, last) = ((before * 8).div_ceil(6), whole.len() * 8 / 6);
        [BASE64_STANDARD.encode(&whole), BASE64_URL_SAFE.encode(&whole)]
            .map(|encoded| encoded.get(first..last).unwrap_or_default().to_owned())
    })
}

/// What follows `secret` at the beginning of a text.
fn without<'t>(text: &'t str, secret: &str) -> Option<&'t str> {
    let mut rests = vec![text];
    for c in secret.chars() {
        // Where there are backslashes, one text can be read in more than one way.
        rests = rests.into_iter().flat_map(|rest| readings(rest, c)).collect();
        rests.sort_by_key(|rest| rest.len());
        rests.dedup_by_key(|rest| rest.len());
        if rests.is_empty() {
            return None;
        }
    }
    rests.first().copied()
}

/// What can follow a character, which may be written as it is, or as queries and forms, JSON or HTML write it.
fn readings(text: &str, c: char) -> impl Iterator<Item = &str> {
    let spelled = match text.as_bytes().first() {
        Some(b'+') if c == ' ' => text.get(1..),
        Some(b'%') => without_percent(text, c),
        Some(b'\\') => without_backslash(text, c),
        Some(b'&') => without_entity(text, c),
        _ => None,
    };
    text.strip_prefix(c).into_iter().chain(spelled)
}

/// `%2B`, also where the percent sign has itself been encoded: `%252B`.
fn without_percent(text: &str, c: char) -> Option<&str> {
    let mut buffer = [0; 4];
    c.encode_utf8(&mut buffer).bytes().try_fold(text, |text, byte| {
        let mut rest = text.strip_prefix('%')?;
        loop {
            let (digits, after) = rest.split_at_checked(2)?;
            if u8::from_str_radix(digits, 16) == Ok(byte) {
                return Some(after);
            }
            rest = rest.strip_prefix("25")?;
        }
    })
}

/// `\"`, `\/`, `\n` or `\u002b`, also where the backslash has itself been doubled.
fn without_backslash(text: &str, c: char) -> Option<&str> {
    let short = match c {
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        '"' | '/' | '\'' => c,
        _ => '\0',
    };
    if c == '\\'
        && let Some(rest) = ["\\\\\\\\", "\\\\"].iter().find_map(|run| text.strip_prefix(run))
    {
        return Some(rest);
    }
    if let Some(rest) = text.trim_start_matches('\\').strip_prefix(short) {
        return Some(rest);
    }
    let mut buffer = [0; 2];
    c.encode_utf16(&mut buffer).iter().try_fold(text, |text, unit| {
        let (digits, after) =
            text.strip_prefix('\\')?.trim_start_matches('\\').strip_prefix('u')?.split_at_checked(4)?;
        (u16::from_str_radix(digits, 16) == Ok(*unit)).then_some(after)
    })
}

/// `&amp;`, `&#43;` or `&#x2b;`.
fn without_entity(text: &str, c: char) -> Option<&str> {
    let (name, after) = text.strip_prefix('&')?.split_once(';')?;
    let named = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    };
    let number = || {
        let number = name.strip_prefix('#')?;
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        code.ok().and_then(char::from_u32)
    };
    (named.or_else(number) == Some(c)).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.learn("p+w/\"d=\\ ş&");
        secrets.learn_pair("ann:p+w/\"d=\\ ş&");
        secrets
    }

    #[test]
    fn secrets_are_hidden_in_every_spelling() {
        let pair = "ann:p+w/\"d=\\ ş&";
        let [padded, bare, safe, safe_bare] = encoded(pair);
        for spelling in [
            "p+w/\"d=\\ ş&",
            // Queries and forms, in both cases, with either space, and twice.
            "p%2Bw%2F%22d%3D%5C+%C5%9F%26",
            "p%2bw%2f%22d%3d%5c%20%c5%9f%26",
            "p%252Bw%252F%2522d%253D%255C%2520%25C5%259F%2526",
            "p+w/%22d=%5C%20%C5%9F&",
            // JSON, as serde writes it, as others do, and in a text of JSON.
            r#"p+w/\"d=\\ ş&"#,
            r#"p\u002bw\/\u0022d\u003D\u005c\u0020\u015f\u0026"#,
            r#"p+w\\/\\\"d=\\\\ \\u015f&"#,
            // HTML.
            "p&#43;w/&quot;d&#x3D;\\ &#351;&amp;",
            &padded,
            &bare,
            &safe,
            &safe_bare,
            &padded.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"),
            &padded.replace('/', r"\/"),
        ] {
            let told = hide(&format!("bad header Basic {spelling}, sir"), secrets().known());
            assert_eq!(told, "bad header Basic <redacted>, sir", "{spelling}");
        }
    }

    #[test]
    fn a_secret_inside_of_something_else_in_base64_is_hidden() {
        let mut secrets = Secrets::default();
        secrets.learn("hunter2");
        for before in ["", "a", "ab", "user:", "öl"] {
            for engine in [BASE64_STANDARD, BASE64_URL_SAFE] {
                let encoded = engine.encode(format!("{before}hunter2 and more"));
                assert!(hide(&encoded, secrets.known()).contains(REDACTED), "{before}: {encoded}");
            }
        }
    }

    #[test]
    fn the_longest_secret_goes_first() {
        let mut secrets = Secrets::default();
        for secret in ["secret", "secret-and-more", "", "a-secret"] {
            secrets.learn(secret);
        }
        assert_eq!(hide("secret-and-more a-secret secret", secrets.known()), "<redacted> <redacted> <redacted>");
    }

    #[test]
    fn what_a_proxy_is_shown_is_hidden() {
        for (address, shown, told) in [
            ("http://pu:pr0xy@127.0.0.1:3128", "pu:pr0xy, pr0xy, cHU6cHIweHk=", "<redacted>, <redacted>, <redacted>"),
            ("pu:pr0xy@host", "pu:pr0xy, host", "<redacted>, host"),
            ("http://p%75:o%20%C5%9Fe@host", "pu:o şe, o%20%C5%9Fe", "<redacted>, <redacted>"),
            ("http://pu:a@b@host", "pu:a@b", "<redacted>"),
            ("http://pu:%zz%@host", "%zz%", "<redacted>"),
            ("http://t0ken@host", "t0ken: t0ken host", "<redacted> <redacted> host"),
            ("http://host:3128", "host:3128", "host:3128"),
        ] {
            let mut secrets = Secrets::default();
            secrets.learn_proxy(address);
            let basic = BASE64_STANDARD.encode(decoded(shown.split(", ").next().unwrap_or_default()));
            assert_eq!(hide(shown, secrets.known()), told, "{address}");
            assert!(!told.starts_with("<redacted>,") || hide(&basic, secrets.known()) == "<redacted>", "{address}");
        }
    }

    #[test]
    fn other_words_stay() {
        for text in [
            "",
            "ann",
            "p+w",
            "p+w/ is other",
            "%",
            "%2",
            "%2B",
            "\\",
            r"\u00",
            "&",
            "&#;",
            "&;",
            "ş%C5",
            "DENIED: no +",
        ] {
            assert_eq!(hide(text, secrets().known()), text);
        }
    }
}
