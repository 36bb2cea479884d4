//! Base64 by RFC 4648, as passwords and tokens have it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// With padding, as HTTP's Basic authentication and Docker's configuration have it.
pub fn standard(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Without padding, as tokens have it.
pub fn url_safe(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What base64 with padding stands for.
pub fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).expect("base64")
}
