//! Pictures by their first bytes: whether a file is one, and how large. Pure.

/// What a picture says of its width and height in pixels; nothing for one that can have any.
pub type Size = Option<(u32, u32)>;

/// The size of a picture that begins so; `None` if it is none.
///
/// PNG: W3C PNG section 11.2.2; JPEG: ITU T.81 section B.2.2; GIF and WebP are known by their names only.
#[must_use]
pub fn read(head: &[u8]) -> Option<Size> {
    match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] => Some(png(rest)),
        [0xff, 0xd8, 0xff, ..] => Some(jpeg(&head[2..])),
        [b'G', b'I', b'F', b'8', ..] => Some(None),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(None),
        _ => is_svg(head).then_some(None),
    }
}

fn png(chunk: &[u8]) -> Size {
    let number = |at: usize| Some(u32::from_be_bytes(chunk.get(at..at + 4)?.try_into().ok()?));
    (chunk.get(4..8)? == b"IHDR").then_some((number(8)?, number(12)?))
}

/// The size in the frame header, behind any number of other segments.
fn jpeg(mut rest: &[u8]) -> Size {
    loop {
        let [0xff, marker, after @ ..] = rest else { return None };
        match marker {
            // Fill bytes, and markers without a segment.
            0xff => rest = &rest[1..],
            0x01 | 0xd0..=0xd8 => rest = after,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let pair = |at: usize| Some(u32::from(u16::from_be_bytes(after.get(at..at + 2)?.try_into().ok()?)));
                return Some((pair(5)?, pair(3)?));
            }
            _ => {
                let length = usize::from(u16::from_be_bytes(after.get(..2)?.try_into().ok()?));
                rest = after.get(length.max(2)..)?;
            }
        }
    }
}

/// Whether a text has an `svg` element near its beginning, behind a declaration, a doctype and comments.
fn is_svg(head: &[u8]) -> bool {
    let head = &head[..head.len().min(4096)];
    let text = String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)).to_ascii_lowercase();
    let page = text.contains("<html") || text.contains("<!doctype html");
    text.trim_start().starts_with('<') && text.contains("<svg") && !page
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x09\x60\0\0\x06\x40\x08\x06";

    #[test]
    fn sizes_are_read() {
        let jpeg = b"\xff\xd8\xff\xe0\0\x04JF\xff\xff\xc4\0\x03x\xff\xc2\0\x11\x08\x06\x40\x09\x60\x03";
        for (head, found) in [
            (PNG, Some(Some((2400, 1600)))),
            (jpeg.as_slice(), Some(Some((2400, 1600)))),
            (b"GIF89a", Some(None)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(None)),
            (b"<?xml version=\"1.0\"?>\n<!-- x --><svg xmlns=\"y\">", Some(None)),
            (b"<!DOCTYPE html><html><svg>", None),
            (b"Not Found", None),
            (b"", None),
        ] {
            assert_eq!(read(head), found, "{head:?}");
        }
    }

    #[test]
    fn every_beginning_of_a_picture_is_read_without_a_panic() {
        let jpeg = b"\xff\xd8\xff\xe0\0\0\xff\xe1\xff\xff\xff\xda";
        for head in [PNG, jpeg.as_slice()] {
            for length in 0..head.len() {
                let found = read(&head[..length]);
                assert!(length < 12 || found.is_some());
            }
        }
        assert_eq!(read(&PNG[..20]), Some(None));
        assert_eq!(read(jpeg), Some(None));
    }
}
