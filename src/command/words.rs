//! Numbers as Cargo writes them for people.

use std::time::Instant;

/// The time since `started`: `1.23s`.
#[must_use]
pub fn seconds(started: Instant) -> String {
    format!("{:.2}s", started.elapsed().as_secs_f64())
}

/// A number of bytes: `1.2MiB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let steps = (count.max(1).ilog2() / 10).min(4);
    #[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
    let scaled = count as f64 / f64::from(1 << (10 * steps.min(3))) / if steps == 4 { 1024.0 } else { 1.0 };
    if steps == 0 { format!("{count}B") } else { format!("{scaled:.1}{}", UNITS[steps as usize]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (count, text) in [(0, "0B"), (1023, "1023B"), (1024, "1.0KiB"), (1 << 20, "1.0MiB"), (3 << 40, "3.0TiB")] {
            assert_eq!(bytes(count), text);
        }
    }
}
