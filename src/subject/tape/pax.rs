//! What members say about the one that follows: long names, sizes, holes.

use super::Member;
use super::header::{Extends, Header};

/// What was said about the next member.
#[derive(Debug, Default)]
pub(super) struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    /// The length of a file with holes, in PAX.
    full_size: Option<u64>,
    sparse: bool,
}

impl Extension {
    /// Takes what a member says.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add(&mut self, what: Extends, bytes: &[u8]) -> Result<(), &'static str> {
        let name = || bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        match what {
            Extends::Path => self.path = Some(name()),
            Extends::Link => self.link = Some(name()),
            Extends::Records => self.records(bytes)?,
            Extends::Everything => {}
        }
        Ok(())
    }

    fn records(&mut self, mut bytes: &[u8]) -> Result<(), &'static str> {
        while let Some(blank) = bytes.iter().position(|byte| *byte == b' ') {
            let broken = "has extensions that are none";
            let length: usize =
                std::str::from_utf8(&bytes[..blank]).ok().and_then(|digits| digits.parse().ok()).ok_or(broken)?;
            // The length counts itself, the blank and the line break.
            let record = bytes.get(blank + 1..length).and_then(|record| record.strip_suffix(b"\n")).ok_or(broken)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or(broken)?;
            self.record(&record[..equals], &record[equals + 1..])?;
            bytes = &bytes[length..];
        }
        Ok(())
    }

    fn record(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        let number = || {
            let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            digits.and_then(|digits| digits.parse().ok()).ok_or("has an extension that is no number")
        };
        match key {
            b"path" => self.path = Some(value.to_vec()),
            b"linkpath" => self.link = Some(value.to_vec()),
            b"size" => self.size = Some(number()?),
            b"GNU.sparse.name" => (self.path, self.sparse) = (Some(value.to_vec()), true),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => (self.full_size, self.sparse) = (Some(number()?), true),
            _ => self.sparse |= key.starts_with(b"GNU.sparse."),
        }
        Ok(())
    }

    /// The member of a header, and how many bytes of data follow it.
    pub fn complete(self, header: Header) -> (Member, u64) {
        let path = self.path.unwrap_or_else(|| header.path.clone());
        let kind = header.kind(&path);
        let stored = if header.is_header_only() { 0 } else { self.size.unwrap_or(header.size) };
        let full = self.full_size.or_else(|| header.sparse.as_ref().map(|sparse| sparse.size));
        let member = Member {
            path,
            link: self.link.unwrap_or(header.link),
            kind,
            mode: header.mode,
            size: full.unwrap_or(stored),
            sparse: self.sparse || header.sparse.is_some(),
            offset: 0,
        };
        (member, stored)
    }
}
