//! Layers as they are packed: gzip, zstd, or not at all, told by their first bytes as Docker and containerd
//! tell it, because media types lie.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use serde::Serialize;

/// How bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Packing {
    /// Not at all.
    Plain,
    /// RFC 1952, in any number of members.
    Gzip,
    /// RFC 8878, in any number of frames.
    Zstd,
}

/// The most that zstd may look back, in bytes: what `zstd -d` takes by itself is 128 MiB; levels up to 19 need 8.
const ZSTD_WINDOW: u64 = 32 << 20;

/// Bytes of a window that any decoder must have (RFC 8878, section 3.1.1.1.2).
const SMALL_WINDOW: u64 = 8 << 20;

impl Packing {
    /// How a stream is packed that begins so.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Packing::Zstd,
            _ => Packing::Plain,
        }
    }

    /// How a media type says that a layer is packed; `None` where it is no layer's.
    #[must_use]
    pub fn announced(media_type: &str) -> Option<Self> {
        if !media_type.contains("layer") && !media_type.contains("rootfs") {
            return None;
        }
        Some(match media_type.rsplit(['+', '.']).next() {
            Some("gzip") => Packing::Gzip,
            Some("zstd") => Packing::Zstd,
            _ => Packing::Plain,
        })
    }
}

/// Unpacks a stream. `grow` is told how many bytes of memory are needed beyond some MiB, and may refuse them.
///
/// # Errors
/// When nothing can be read.
pub(super) fn unpack<'a>(
    mut packed: impl BufRead + 'a,
    grow: impl FnMut(u64) -> io::Result<()> + 'a,
) -> io::Result<(Packing, Box<dyn Read + 'a>)> {
    let packing = Packing::of(packed.fill_buf()?);
    let reader: Box<dyn Read> = match packing {
        Packing::Plain => Box::new(packed),
        Packing::Gzip => Box::new(MultiGzDecoder::new(packed)),
        Packing::Zstd => {
            Box::new(Zstd { packed, decoder: FrameDecoder::new(), inside: false, window: SMALL_WINDOW, grow })
        }
    };
    Ok((packing, reader))
}

/// Frames of zstd, one after the other. `ruzstd`'s own reader ends with the first one.
struct Zstd<R, G> {
    packed: R,
    decoder: FrameDecoder,
    inside: bool,
    /// The largest window so far.
    window: u64,
    grow: G,
}

impl<R: BufRead, G: FnMut(u64) -> io::Result<()>> Zstd<R, G> {
    /// Enters the next frame; `false` at the end.
    fn enter(&mut self) -> io::Result<bool> {
        self.decoder.set_max_window_size(ZSTD_WINDOW);
        loop {
            let head = self.packed.fill_buf()?;
            if head.is_empty() {
                return Ok(false);
            }
            let window = window(head).min(ZSTD_WINDOW);
            if window > self.window {
                (self.grow)(window - self.window)?;
                self.window = window;
            }
            match self.decoder.reset(&mut self.packed) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let passed = io::copy(&mut self.packed.by_ref().take(length.into()), &mut io::sink())?;
                    if passed < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(broken(&error)),
            }
        }
    }
}

/// What `ruzstd` says of a frame: that it ends too early says only an error deep in its own.
fn broken(error: &(dyn std::error::Error + 'static)) -> io::Error {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    let ended = causes
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::UnexpectedEof));
    if ended {
        return io::ErrorKind::UnexpectedEof.into();
    }
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

/// How far back a frame looks that begins so (RFC 8878, section 3.1.1.1); as far as can be, where not all of its header
/// is there.
fn window(head: &[u8]) -> u64 {
    const SINGLE_SEGMENT: u8 = 0x20;
    match head {
        [0x28, 0xb5, 0x2f, 0xfd, descriptor, window, ..] if descriptor & SINGLE_SEGMENT == 0 => {
            let base = 1_u64 << (10 + (window >> 3));
            base + base / 8 * u64::from(window & 7)
        }
        // The window is the content, whose length follows the number of a dictionary.
        [0x28, 0xb5, 0x2f, 0xfd, descriptor, rest @ ..] if descriptor & SINGLE_SEGMENT != 0 => {
            let start = [0, 1, 2, 4][usize::from(descriptor & 3)];
            let length = 1 << (descriptor >> 6);
            let Some(bytes) = rest.get(start..start + length) else { return u64::MAX };
            let size = bytes.iter().rev().fold(0, |size, byte| (size << 8) | u64::from(*byte));
            if length == 2 { size + 256 } else { size }
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => u64::MAX,
        _ => 0,
    }
}

impl<R: BufRead, G: FnMut(u64) -> io::Result<()>> Read for Zstd<R, G> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside {
                if !self.enter()? {
                    return Ok(0);
                }
                self.inside = true;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let decoded = self.decoder.decode_blocks(&mut self.packed, BlockDecodingStrategy::UptoBlocks(1));
                decoded.map_err(|error| broken(&error))?;
            }
            match self.decoder.read(buffer)? {
                0 => self.inside = false,
                read => return Ok(read),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_says_how_far_it_looks_back() {
        let head = |descriptor: u8, window: u8| [0x28, 0xb5, 0x2f, 0xfd, descriptor, window];
        for (bytes, found) in [
            (&head(0, 0)[..], 1 << 10),
            (&head(0x84, 13 << 3), 8 << 20),
            (&head(0, (15 << 3) | 4), 48 << 20),
            (&head(0x20, 200), 200),
            (&[&head(0x61, 9)[..], &[1, 2]].concat(), 0x201 + 256),
            (&head(0x60, 1), u64::MAX),
            (&head(0, 0)[..5], u64::MAX),
            (&[0x50, 0x2a, 0x4d, 0x18, 1, 0], 0),
            (b"", 0),
        ] {
            assert_eq!(window(bytes), found, "{bytes:?}");
        }
    }

    #[test]
    fn memory_for_a_large_window_can_be_refused() {
        // The largest window that is taken, and one block without compression that is the last.
        let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0, 15 << 3][..], &[0b11_001, 0, 0], b"abc"].concat();
        let read = |allowed: u64| {
            let grow = |more: u64| if more <= allowed { Ok(()) } else { Err(io::Error::other("no room")) };
            let mut text = String::new();
            unpack(&*frame, grow)?.1.read_to_string(&mut text).map(|_| text)
        };
        assert_eq!(read(24 << 20).expect("unpacked"), "abc");
        assert_eq!(read((24 << 20) - 1).expect_err("refused").to_string(), "no room");
    }
}
