//! Base64 by RFC 4648, for passwords and tokens.

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// With padding, as HTTP's Basic authentication and Docker's configuration have it.
pub fn standard(bytes: &[u8]) -> String {
    let mut text = encode(bytes, STANDARD);
    text.extend(std::iter::repeat_n('=', (4 - text.len() % 4) % 4));
    text
}

/// Without padding, as tokens have it.
pub fn url_safe(bytes: &[u8]) -> String {
    encode(bytes, URL_SAFE)
}

fn encode(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().zip([16, 8, 0]).map(|(byte, shift)| u32::from(*byte) << shift).sum::<u32>();
        let letters = [18, 12, 6, 0].map(|shift| char::from(alphabet[(group >> shift & 63) as usize]));
        text.extend(&letters[..=chunk.len()]);
    }
    text
}

#[test]
fn the_examples_of_the_rfc() {
    for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
        assert_eq!(standard(plain.as_bytes()), encoded);
    }
    assert_eq!(url_safe(&[0xfb, 0xff]), "-_8");
}
