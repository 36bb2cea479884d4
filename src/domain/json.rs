//! JSON that somebody else wrote, within bounds.

use serde::de::DeserializeOwned;

/// How many values a document about an extension may have: its metadata.json, or a label that holds JSON. Real ones have
/// less than a thousand; the longest lists that `cargo dext` looks at, with 2,000 host files, have 4,000 for the files
/// and their lists. As a tree, a value of three bytes takes up to 700 bytes of memory.
pub const MAX_VALUES: usize = 10_000;

/// Why a text was not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// More values than are read.
    #[error("it has {found} values; {most} are read at most")]
    TooMany {
        /// How many it has.
        found: usize,
        /// How many are read.
        most: usize,
    },
    /// No JSON, or other JSON than was asked for.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Reads JSON of at most `most` values. serde_json refuses to nest more than 128 deep, so no text can exhaust the stack.
///
/// # Errors
/// When it has more, is no JSON, or other JSON.
pub fn read<T: DeserializeOwned>(text: &[u8], most: usize) -> Result<T, Unread> {
    match values(text) {
        found if found > most => Err(Unread::TooMany { found, most }),
        _ => Ok(serde_json::from_slice(text)?),
    }
}

/// How many values a JSON text has, counted without reading them; an empty list or object counts for two. Of a text that
/// is no JSON, as many at least as a reader meets before it sees that.
#[must_use]
pub fn values(text: &[u8]) -> usize {
    let (mut found, mut quoted, mut escaped) = (1, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            // Each value but the outermost comes after one of these.
            b'[' | b'{' | b',' if !quoted => found += 1,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn values_are_counted_wherever_they_stand() {
        for (text, count) in [
            ("1", 1),
            ("[1, 2]", 3),
            (r#"{"a": 1, "b": [true, null]}"#, 5),
            (r#"["a,b[{", "\",\\", "]"]"#, 4),
            (r#"["é\\", "\\\"[,"]"#, 3),
            ("[[[[", 5),
            ("[]", 2),
            ("", 1),
        ] {
            assert_eq!(values(text.as_bytes()), count, "{text}");
        }
    }

    #[test]
    fn what_is_read_has_no_more_than_was_asked_for() {
        assert_eq!(read::<Value>(b"[0,0]", 3).expect("three values"), serde_json::json!([0, 0]));
        let too_many = read::<Value>(b"[0,0,0]", 3).expect_err("four values");
        assert_eq!(too_many.to_string(), "it has 4 values; 3 are read at most");
        assert!(matches!(read::<Vec<u8>>(b"{}", 3), Err(Unread::Json(_))));
    }
}
