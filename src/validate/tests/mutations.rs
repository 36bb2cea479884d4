//! Bytes that are nearly right: no reader and no rule panics at them, and none takes long.

use crate::validate::compose;
use crate::validate::constraint::{Constraint, NEWEST, version_of_tag};
use crate::validate::testing::{Example, clean_metadata};

/// Xorshift, so that every run tries the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).expect("below a usize")
    }

    /// The bytes with some of them changed, doubled, taken away or replaced by signs that mean something.
    fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        const SIGNS: [&[u8]; 16] = [
            b"{", b"}", b"[", b"]", b"\"", b":", b",", b"null", b"\\u", b"&a ", b"*a", b"/..", b"\xff", b"\n", b"- ",
            b"1e9",
        ];
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let end = bytes.len().min(at + self.below(12));
            let sign = SIGNS[self.below(SIGNS.len())];
            match self.below(4) {
                0 => drop(bytes.splice(at..at, sign.iter().copied())),
                1 => drop(bytes.splice(at..end, [])),
                2 => drop(bytes.splice(at..end, sign.iter().copied())),
                _ => {
                    let part = bytes[at..end].to_vec();
                    drop(bytes.splice(at..at, part));
                }
            }
        }
        bytes
    }
}

#[test]
fn nearly_right_bytes_make_nobody_panic() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let metadata = serde_json::to_vec(&clean_metadata()).expect("JSON");
    let text = b"x: &a {image: 'b'}\nservices:\n  tool:\n    <<: *a\n    volumes: ['/a:/b:ro']\n    command: [a, b]\n";
    for _ in 0..150 {
        let mut it = Example::clean();
        it.raw(&dice.mutate(&metadata));
        let compose = String::from_utf8_lossy(&dice.mutate(text)).into_owned();
        it.compose(&compose);
        for draft in &mut it.platforms {
            for value in draft.labels.values_mut() {
                *value = String::from_utf8_lossy(&dice.mutate(value.as_bytes())).into_owned();
            }
        }
        let findings = crate::validate::validate(&it.view(), &crate::validate::Settings::default());
        assert!(findings.len() < 1000);
    }
    for _ in 0..5_000 {
        let _ = compose::parse(&String::from_utf8_lossy(&dice.mutate(text)));
        let constraint = String::from_utf8_lossy(&dice.mutate(b">= 1.4.7, < 2.0 || ^v0.x")).into_owned();
        let _ = Constraint::parse(&constraint).map(|it| (it.exact().cloned(), it.is_above(&NEWEST)));
        let _ = version_of_tag(&constraint);
    }
}
