//! Looking for secrets where none may be.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The secret and what base64 makes of it in the middle of something longer: one text for each of the three
/// places at which it can begin within a group of three bytes.
pub fn traces(secret: &str) -> Vec<String> {
    let encoded = (0..3).map(|before| {
        let text = STANDARD.encode(format!("{}{secret}", "\0".repeat(before)));
        // The characters at both ends depend on what stands beside the secret.
        let (first, last) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
        text[first..last].to_owned()
    });
    std::iter::once(secret.to_owned()).chain(encoded).collect()
}

/// Fails if a text gives a secret away.
#[track_caller]
pub fn assert_untold(text: &str, secret: &str) {
    for trace in traces(secret) {
        assert!(!text.contains(&trace), "`{trace}` is told in:\n{text}");
    }
}

#[test]
fn a_secret_is_found_wherever_it_stands() {
    for before in ["", "a", "ab", "user:", "öl"] {
        for after in ["", "x", "xy", "xyz"] {
            let encoded = STANDARD.encode(format!("{before}hunter2{after}"));
            assert!(traces("hunter2").iter().any(|trace| encoded.contains(trace)), "{before}…{after}: {encoded}");
        }
    }
}
