//! One block of a tar: the header of a member.

/// The bytes of a block.
pub(super) const BLOCK: usize = 512;

/// What is said of bytes that are no header.
pub(super) const NO_HEADER: &str = "is no header of a tar, or a damaged one";

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// A regular file.
    File,
    /// A second name of a file.
    HardLink,
    /// A symbolic link.
    Symlink,
    /// A folder.
    Dir,
    /// A device, pipe, or something else without content.
    Special,
}

/// What a member says about the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extends {
    /// PAX records.
    Records,
    /// PAX records for all members to come.
    Everything,
    /// GNU's long path.
    Path,
    /// GNU's long target of a link.
    Link,
}

/// The map of a file with holes, in GNU's old format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sparse {
    /// The file's length with its holes.
    pub size: u64,
    /// Whether further blocks of the map follow.
    pub continued: bool,
}

/// The fields of a header that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub path: Vec<u8>,
    pub link: Vec<u8>,
    pub flag: u8,
    pub mode: u32,
    pub size: u64,
    pub sparse: Option<Sparse>,
}

impl Header {
    /// Reads a block that is not all zeros.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(block: &[u8; BLOCK]) -> Result<Self, &'static str> {
        let stated = number(&block[148..156]);
        if !stated.is_some_and(|stated| sums(block).contains(&stated)) {
            return Err(NO_HEADER);
        }
        let flag = block[156];
        let gnu = &block[257..265] == b"ustar  \0";
        let posix = &block[257..262] == b"ustar" && !gnu;
        let mut path = text(&block[..100]).to_vec();
        let prefix = text(&block[345..500]);
        if posix && !prefix.is_empty() {
            path = [prefix, b"/", &path].concat();
        }
        let sparse = (flag == b'S').then(|| -> Result<Sparse, &'static str> {
            let size = number(&block[483..495]).ok_or("has no number for its full size")?;
            Ok(Sparse { size, continued: block[482] != 0 })
        });
        Ok(Header {
            path,
            link: text(&block[157..257]).to_vec(),
            flag,
            mode: u32::try_from(number(&block[100..108]).unwrap_or(0) & 0o7777).unwrap_or(0),
            size: number(&block[124..136]).ok_or("has no number for its size")?,
            sparse: sparse.transpose()?,
        })
    }

    /// What it says about the next member, if it is no member itself.
    pub fn extends(&self) -> Option<Extends> {
        match self.flag {
            b'x' => Some(Extends::Records),
            b'g' => Some(Extends::Everything),
            b'L' => Some(Extends::Path),
            b'K' => Some(Extends::Link),
            _ => None,
        }
    }

    /// What it is. An old archive tells a folder by its last character.
    pub fn kind(&self, path: &[u8]) -> Kind {
        match self.flag {
            0 if path.ends_with(b"/") => Kind::Dir,
            0 | b'0' | b'7' | b'S' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::Symlink,
            b'5' => Kind::Dir,
            _ => Kind::Special,
        }
    }

    /// Whether no data follow, whatever the size says; so it is in Go's `archive/tar`.
    pub fn is_header_only(&self) -> bool {
        (b'1'..=b'6').contains(&self.flag)
    }
}

/// The field up to its first zero.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// An octal number between blanks and zeros, or GNU's big-endian binary one.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] == 0x80 {
        let (high, low) = field[1..].split_at((field.len() - 1).saturating_sub(8));
        return high
            .iter()
            .all(|byte| *byte == 0)
            .then(|| low.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)));
    }
    let digits = text(field).trim_ascii();
    digits.iter().try_fold(0_u64, |sum, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 8)?;
        sum.checked_mul(8)?.checked_add(u64::from(digit))
    })
}

/// The sums of a block's bytes, without sign and with, as some old programs took them.
fn sums(block: &[u8; BLOCK]) -> [u64; 2] {
    let bytes = || block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
    let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
    // A negative sum stands in no header.
    [bytes().map(u64::from).sum(), u64::try_from(signed).unwrap_or(u64::MAX)]
}
