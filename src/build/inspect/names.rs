//! The names of libraries that a file asks for, within bounds: all of them may point at one long text.

use std::fmt;

/// The most names of a file, and bytes of all names. Chromium asks for some sixty.
const MAX_NAMES: usize = 4096;
const MAX_BYTES: usize = 64 << 10;

/// Names as they are found.
#[derive(Debug, Default)]
pub(super) struct Names {
    list: Vec<String>,
    bytes: usize,
}

/// A file asks for more than any honest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it asks for too many libraries")
    }
}

impl Names {
    /// Takes a name.
    ///
    /// # Errors
    /// When there are too many, or they are too long.
    pub(super) fn push(&mut self, name: &[u8]) -> Result<(), TooMany> {
        let name = String::from_utf8_lossy(name).into_owned();
        self.bytes += name.len();
        if self.list.len() == MAX_NAMES || self.bytes > MAX_BYTES {
            return Err(TooMany);
        }
        self.list.push(name);
        Ok(())
    }

    /// The names in the file's order.
    pub(super) fn into_list(self) -> Vec<String> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_many_names_nor_long_ones_take_much_memory() {
        for (name, most) in [(&b"libc.so.6"[..], MAX_NAMES), (b"", MAX_NAMES), (&[b'x'; 4095], 16), (&[0xff; 4095], 5)]
        {
            let mut names = Names::default();
            let taken = (0..=MAX_NAMES).take_while(|_| names.push(name).is_ok()).count();
            assert_eq!((taken, names.into_list().len()), (most, most), "{} bytes", name.len());
        }
    }
}
