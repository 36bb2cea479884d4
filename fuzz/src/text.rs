//! What is asked of texts, and how one input holds several of them.

/// Checks that a text can be shown to people: a terminal takes it for nothing but text.
///
/// # Panics
/// When it has a control character other than the end of a line.
pub fn printable(text: &str) {
    let control = text.chars().find(|c| c.is_control() && *c != '\n');
    assert!(control.is_none(), "a text for people has {control:?}: {text:?}");
}

/// Checks that an error can be shown to people, and is no longer than a screen.
///
/// # Panics
/// When it is, or has a control character.
pub fn error(error: &(impl cargo_dext::domain::Explain + std::fmt::Display + std::fmt::Debug)) {
    let texts = [Some(error.to_string()), error.place(), error.help()];
    for text in texts.into_iter().flatten() {
        assert!(text.len() <= 16 << 10, "an error of {} bytes: {text:.200}", text.len());
    }
    drop(format!("{error:?}"));
}

/// The parts of an input, which lines of `%%` separate.
#[must_use]
pub fn parts(data: &[u8]) -> Vec<&[u8]> {
    const MARK: &[u8] = b"\n%%\n";
    let mut parts = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(MARK.len()).position(|window| window == MARK) {
        parts.push(&rest[..at]);
        rest = &rest[at + MARK.len()..];
    }
    parts.push(rest);
    parts
}
