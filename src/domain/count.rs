//! Numbers with their nouns.

/// A number and its noun: `1 error`, `2 errors`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_is_singular() {
        assert_eq!([0, 1, 2].map(|number| super::count(number, "byte")), ["0 bytes", "1 byte", "2 bytes"]);
    }
}
