//! What a registry answered, read with suspicion.

use std::fmt::Write;

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, LINK, RANGE};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::redact;
use crate::domain::Digest;

/// The most of a server's words that is repeated, in characters.
const MAX_WORDS: usize = 300;

/// The most of a body that is searched for them, in bytes.
const MAX_READ: usize = 64 << 10;

/// An answer with its whole body.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// Who answered, after redirects.
    pub url: Url,
    /// The body; of answers that are no success at most its beginning.
    pub body: Vec<u8>,
}

/// Why a server refuses, as it may write it: registries in `errors` (the distribution specification), token servers in
/// `error` and `error_description` (RFC 6749, 5.2), Docker Hub's in `details`, and others in `message` or `detail`.
#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    errors: Vec<Fault>,
    error: Option<Said>,
    error_description: Option<Said>,
    message: Option<Said>,
    details: Option<Said>,
    detail: Option<Said>,
}

#[derive(Deserialize)]
struct Fault {
    code: Option<Said>,
    message: Option<Said>,
}

/// A text. Whatever else stands in its place is passed over, so that the rest is read nevertheless.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Text(String),
    Other(IgnoredAny),
}

impl Refusal {
    /// What it says, each thing in the words that follow one another.
    fn words(self) -> String {
        let Refusal { errors, error, error_description, message, details, detail } = self;
        let errors = errors.into_iter().map(|fault| [fault.code, fault.message]);
        let others = [[error, error_description], [None, message], [None, details], [None, detail]];
        let said = errors.chain(others).map(|two| {
            two.into_iter()
                .flatten()
                .filter_map(Said::text)
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(": ")
        });
        said.filter(|words| !words.is_empty()).collect::<Vec<_>>().join("; ")
    }
}

impl Said {
    fn text(self) -> Option<String> {
        if let Said::Text(text) = self { Some(text) } else { None }
    }
}

impl Answer {
    /// The status as a number.
    pub fn code(&self) -> u16 {
        self.status.as_u16()
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// The digest the registry has for what was asked for.
    pub fn digest(&self) -> Option<Digest> {
        self.header("docker-content-digest")?.parse().ok()
    }

    /// The media type without its parameters.
    pub fn media_type(&self) -> Option<String> {
        let text = self.header(CONTENT_TYPE.as_str())?.split(';').next()?.trim();
        let plain = !text.is_empty() && text.len() <= 255 && text.bytes().all(|b| b.is_ascii_graphic());
        plain.then(|| text.to_owned())
    }

    /// The length of the body that a GET would have.
    pub fn length(&self) -> Option<u64> {
        self.header(CONTENT_LENGTH.as_str())?.parse().ok()
    }

    /// How many bytes of an upload are there, by `Range: 0-99`. A registry that has none says `0-0`, as it says
    /// of one byte; who asks knows which.
    pub fn held(&self) -> Option<u64> {
        let range = self.header(RANGE.as_str())?;
        let (start, end) = range.strip_prefix("bytes=").unwrap_or(range).split_once('-')?;
        let end: u64 = end.parse().ok()?;
        (start == "0").then(|| if end == 0 { 0 } else { end.saturating_add(1) })
    }

    /// The address of the next page, by `Link: <address>; rel="next"`, which may stand among others (RFC 8288).
    pub fn next_page(&self) -> Option<&str> {
        let headers = self.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
        // Whatever stands before the first `<` belongs to none of them.
        let links = headers.flat_map(|header| header.split('<').skip(1)).filter_map(|link| link.split_once('>'));
        links.into_iter().find_map(|(address, parameters)| is_next(parameters).then_some(address))
    }

    /// The smallest piece that the registry takes, in bytes.
    pub fn smallest_piece(&self) -> Option<u64> {
        self.header("oci-chunk-min-length")?.parse().ok()
    }

    /// The codes of the errors in the body.
    pub fn error_codes(&self) -> Vec<String> {
        let errors = self.refusal().map_or_else(Vec::new, |refusal| refusal.errors);
        errors.into_iter().filter_map(|fault| fault.code?.text()).collect()
    }

    fn refusal(&self) -> Option<Refusal> {
        // The body of an answer that should have been a success may be large.
        let beginning = &self.body[..self.body.len().min(MAX_READ)];
        match serde_json::from_slice(beginning) {
            // Only the beginning of it was read, or sent.
            Err(error) if error.is_eof() => completed(beginning),
            refusal => refusal.ok(),
        }
    }

    /// The status and what the registry said, fit for one line of a terminal, without the `secrets` that it must
    /// not have heard.
    pub fn words(&self, secrets: &[String]) -> String {
        let mut text = self.status.as_str().to_owned();
        if let Some(reason) = self.status.canonical_reason() {
            let _ = write!(text, " {reason}");
        }
        let said = self.refusal().map_or_else(String::new, Refusal::words);
        let said = if said.is_empty() { self.plain_words() } else { said };
        // Before anything is cut: half a secret is one too.
        let said = clean(&redact::hide(&said, secrets));
        if said.is_empty() { text } else { format!("{text}: {said}") }
    }

    /// A body that is neither JSON nor a page for browsers.
    fn plain_words(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let text = text.trim_start();
        if text.starts_with(['<', '{', '[']) || text.contains('\u{fffd}') { String::new() } else { text.to_owned() }
    }
}

/// Whether the parameters of a link say that it leads to the next page. A relation may have more than one word.
fn is_next(parameters: &str) -> bool {
    parameters.split(';').filter_map(|one| one.split_once('=')).any(|(name, value)| {
        let value = value.trim_matches([' ', '\t', ',', '"']);
        name.trim().eq_ignore_ascii_case("rel")
            && value.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("next"))
    })
}

/// Reads a refusal whose document breaks off, in a text or behind one: at most in the `detail` of the last error.
fn completed(beginning: &[u8]) -> Option<Refusal> {
    let text = String::from_utf8_lossy(beginning);
    // A character that is cut in two, and a backslash whose character is missing.
    let text = text.trim_end_matches(['\u{fffd}', '\\']);
    let ends = [r#""}"#, "}", r#""}]}"#, r#""}}]}"#, "}]}", "}}]}", "]}"];
    ends.iter().find_map(|end| serde_json::from_str(&format!("{text}{end}")).ok())
}

/// A server's words on one line, without characters that steer a terminal, and not too many.
pub(crate) fn clean(words: &str) -> String {
    // Besides the control characters those that turn the direction of writing around, or are not seen.
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let words: String = words.chars().take(4 * MAX_WORDS).map(|c| if steers(c) { ' ' } else { c }).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &[u8]) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: headers
                .iter()
                .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect(),
            url: Url::parse("http://localhost/").expect("a URL"),
            body: body.to_vec(),
        }
    }

    #[test]
    fn words_are_those_of_the_registry_made_harmless() {
        let long = format!(r#"{{"errors":[{{"code":"DENIED","message":"{}"}}]}}"#, "x".repeat(1000));
        for (body, words) in [
            ("", "403 Forbidden".to_owned()),
            (r#"{"errors":[{"code":"DENIED","message":"no","detail":{}}]}"#, "403 Forbidden: DENIED: no".to_owned()),
            (r#"{"errors":[{"code":"A"},{"message":"b"}]}"#, "403 Forbidden: A; b".to_owned()),
            (r#"{"errors":[{"message":"a\u001b[31m\nb\u202ec"}]}"#, "403 Forbidden: a [31m b c".to_owned()),
            // Docker Hub's token server, OAuth's, and others.
            (
                r#"{"details":"incorrect username or password"}"#,
                "403 Forbidden: incorrect username or password".to_owned(),
            ),
            (
                r#"{"error":"invalid_grant","error_description":"gone"}"#,
                "403 Forbidden: invalid_grant: gone".to_owned(),
            ),
            (r#"{"error":"invalid_grant","state":[1]}"#, "403 Forbidden: invalid_grant".to_owned()),
            (r#"{"message":"no\u001b[2J\nway","status":403}"#, "403 Forbidden: no [2J way".to_owned()),
            (r#"{"errors":[{"code":"A","message":7}],"message":"b","detail":{}}"#, "403 Forbidden: A; b".to_owned()),
            (r#"{"detail":"not here","error":null}"#, "403 Forbidden: not here".to_owned()),
            (r#"{"details":"incorrect user"#, "403 Forbidden: incorrect user".to_owned()),
            (r#"{"token":"x"}"#, "403 Forbidden".to_owned()),
            ("<html><body>x", "403 Forbidden".to_owned()),
            ("go away\r\n", "403 Forbidden: go away".to_owned()),
            (r#"{"errors":"no list"}"#, "403 Forbidden".to_owned()),
            (&long, format!("403 Forbidden: DENIED: {}…", "x".repeat(MAX_WORDS - "DENIED: ".len()))),
        ] {
            assert_eq!(answer(403, &[], body.as_bytes()).words(&[]), words);
        }
        assert_eq!(answer(599, &[], b"\xff\xfe").words(&[]), "599");
    }

    #[test]
    fn the_beginning_of_a_long_refusal_counts() {
        let whole = r#"{"errors":[{"code":"DENIED","message":"no \\ ş","detail":{"a":"b"}}]}"#;
        let least = whole.find(" ş").expect("it is there");
        for end in least..=whole.len() {
            let words = answer(403, &[], &whole.as_bytes()[..end]).words(&[]);
            // Between two parts there is nothing that an end could be put to.
            assert!(words.starts_with("403 Forbidden: DENIED: no") || words == "403 Forbidden", "{end}: {words}");
        }
        let long = format!(r#"{{"errors":[{{"code":"DENIED","message":"{}"#, "x".repeat(64 << 10));
        let words = format!("403 Forbidden: DENIED: {}…", "x".repeat(MAX_WORDS - "DENIED: ".len()));
        assert_eq!(answer(403, &[], long.as_bytes()).words(&[]), words);
    }

    #[test]
    fn no_secret_is_repeated_and_no_half_of_one() {
        let secret = "s3cret".repeat(100);
        let mut secrets = redact::Secrets::default();
        secrets.learn(&secret);
        for body in [
            format!("you said {secret}"),
            format!(r#"{{"errors":[{{"message":"you said {secret}"}}]}}"#),
            format!(r#"{{"details":"you said {secret}"}}"#),
            // It may break off.
            format!("you said {}", &secret[..secret.len() / 2]),
            format!(r#"{{"details":"you said {}"#, &secret[..secret.len() / 2]),
        ] {
            assert_eq!(answer(403, &[], body.as_bytes()).words(secrets.known()), "403 Forbidden: you said <redacted>");
        }
    }

    #[test]
    fn ranges_of_uploads_are_read() {
        for (range, held) in [
            ("0-99", Some(100)),
            ("bytes=0-99", Some(100)),
            ("0-0", Some(0)),
            ("0-18446744073709551615", Some(u64::MAX)),
            ("1-99", None),
            ("0-", None),
            ("99", None),
            ("0-99999999999999999999", None),
        ] {
            assert_eq!(answer(202, &[("range", range)], b"").held(), held, "{range}");
        }
    }

    #[test]
    fn the_next_page_is_found() {
        for (link, next) in [
            (r#"</v2/a/tags/list?last=b&n=2>; rel="next""#, Some("/v2/a/tags/list?last=b&n=2")),
            ("</x>;rel=next", Some("/x")),
            (r#"</x>; rel="prev""#, None),
            (r#"</x>; rel="prev", </y,z>; rel="next", </w>; rel="last""#, Some("/y,z")),
            (r#"</x>; rel="prev",</y>;rel=next,</w>;rel=last"#, Some("/y")),
            (r#"</x>; title="next"; REL = "last Next""#, Some("/x")),
            (r#"</x>; title="a; rel"; rel="nextpage""#, None),
            ("<<<>;;=;rel=>", None),
            ("/x; rel=next", None),
            ("<", None),
        ] {
            assert_eq!(answer(200, &[("link", link)], b"").next_page(), next, "{link}");
        }
    }

    #[test]
    fn media_types_lose_their_parameters_and_their_tricks() {
        for (header, media_type) in [
            ("application/json; charset=utf-8", Some("application/json")),
            ("text/plain", Some("text/plain")),
            (" ; x", None),
            ("a b", None),
        ] {
            let answer = answer(200, &[("content-type", header)], b"");
            assert_eq!(answer.media_type().as_deref(), media_type);
        }
    }
}
